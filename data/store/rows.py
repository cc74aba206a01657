"""Frames to rows for the database and back: ``""`` and NaN become NULL, NULL becomes ``""`` and NaN."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import chain, islice
from typing import Any, cast

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, Insert, MetaData, Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from data.columns import Column
from data.tables import dtype_of

BLOCK = 50_000
FETCH = 500
"""Rows asked for at once: fewer than make Python look through all of them for circles, which takes twice the reading."""
PIECES = 1_000
"""Blocks that are joined to one array."""
FEW = 200
"""Rows for which a statement each is as quick as anything."""


def values_out(values: pd.Series, column: Column) -> list[Any]:
    """A column's values as the database takes them."""
    kind = dtype_of(column)
    if kind == "str":
        return [value or None for value in values.tolist()]
    if kind == "int64":
        return values.tolist()
    convert = {"flag": bool, "whole": int}.get(column.kind, float)
    return [None if value != value else convert(value) for value in values.tolist()]


def _type_of(column: Column) -> pa.DataType:
    kind = dtype_of(column)
    return pa.string() if kind == "str" else pa.int64() if kind == "int64" else pa.float64()


def _array_in(values: Sequence[Any], column: Column, kind: pa.DataType) -> pa.Array:
    if column.kind == "flag":
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, kind)


def _series(arrays: Sequence[pa.Array], column: Column) -> pd.Series:
    """A column of the database, NULL filled up with what stands for "not known"."""
    kind = dtype_of(column)
    if not arrays:
        return pd.Series(dtype=kind)
    whole = pa.chunked_array(arrays)
    if whole.null_count:
        whole = whole.fill_null("" if kind == "str" else float("nan"))
    return pd.Series(whole, dtype="str") if kind == "str" else pd.Series(whole.to_numpy(), dtype=kind)


def frame_in(blocks: Iterable[Sequence[Sequence[Any]]], columns: Sequence[Column]) -> pd.DataFrame:
    """Blocks of rows of the database, with one value for every column, as a canonical frame.

    Each block becomes columns before the next one is read, so that few Python values live at a time.
    """
    kinds = [_type_of(column) for column in columns]
    pieces: list[list[pa.Array]] = [[] for _ in columns]
    whole: list[list[pa.Array]] = [[] for _ in columns]

    def join() -> None:
        for piece, arrays in zip(pieces, whole, strict=True):
            if piece:
                arrays.append(pa.concat_arrays(piece))
                piece.clear()

    for number, block in enumerate(blocks, 1):
        for values, column, kind, piece in zip(zip(*block, strict=True), columns, kinds, pieces, strict=True):
            piece.append(_array_in(values, column, kind))
        if not number % PIECES:
            join()
    join()
    return pd.DataFrame({column.name: _series(found, column) for column, found in zip(columns, whole, strict=True)})


@contextmanager
def _fetched(connection: Connection, query: Select[Any]) -> Iterator[Iterator[Sequence[Sequence[Any]]]]:
    """The rows of a query, ``FETCH`` at a time."""
    compiled = query.compile(dialect=connection.dialect)
    given: Any = compiled.params
    driver: Any = connection.connection.driver_connection
    if compiled.positional:
        given = tuple(given[name] for name in compiled.positiontup or ())
    # A named cursor stays on the server, so that a large answer does not come all at once.
    cursor = driver.cursor(name="read") if connection.dialect.name == "postgresql" else driver.cursor()
    with closing(cursor):
        cursor.execute(str(compiled), given)
        yield iter(lambda: cursor.fetchmany(FETCH), [])


def read(connection: Connection, query: Select[Any], columns: Sequence[Column]) -> pd.DataFrame:
    """What a query finds as a canonical frame, in blocks and straight from the driver: a row of SQLAlchemy's own for
    each would take three times as long, and all rows at once several times the memory.
    """
    with _fetched(connection, query) as blocks:
        return frame_in(blocks, columns)


def read_parts(
    connection: Connection, query: Select[Any], columns: Sequence[Column], rows: int
) -> Iterator[pd.DataFrame]:
    """``read`` for what does not fit in memory: one frame of about so many rows after another, none when there are no rows."""
    with _fetched(connection, query) as blocks:
        for first in blocks:
            yield frame_in(chain([first], islice(blocks, max(rows // FETCH, 1) - 1)), columns)


def upsert(
    connection: Connection,
    table: Table,
    keep_known: bool = False,
    again: Callable[[Any], Mapping[str, Any]] | None = None,
    leave: Collection[str] = (),
) -> Insert:
    """An insert that writes over the row with the same key.

    Parameters
    ----------
    connection : Connection
        Whose dialect is spoken.
    table : Table
        Where it is written to.
    keep_known : bool
        True keeps what was known where the new row says nothing.
    again : callable or None
        From the new row to what columns become on a second insert, where that is not the new value.
    leave : collection of str
        Columns that a second insert leaves as they are.
    """
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    new, old = insert.excluded, table.c
    others = [column.name for column in table.columns if not column.primary_key and column.name not in leave]
    values = {name: func.coalesce(new[name], old[name]) if keep_known else new[name] for name in others}
    key = list(table.primary_key.columns)
    statement: Insert = insert.on_conflict_do_update(
        index_elements=key, set_=values | dict(again(new) if again else {})
    )
    return statement


@lru_cache(maxsize=64)
def _insert_new(dialect: str, table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join(["%s" if dialect == "postgresql" else "?"] * len(names))
    listed = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table}" ({listed}) VALUES ({marks}) ON CONFLICT DO NOTHING'


def write_new(connection: Connection, table: Table, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> int:
    """Insert a few rows where none has the same key; how many went in."""
    sql = _insert_new(connection.dialect.name, str(table.name), names)
    done = connection.exec_driver_sql(sql, rows[0] if len(rows) == 1 else rows)
    return int(done.rowcount)


def write(connection: Connection, statement: Insert, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Run an insert for many rows, a block at a time.

    Where the driver takes values by position the compiled statement goes to it as it is: per row that is a
    fifth of the work of a dictionary.

    Parameters
    ----------
    connection : Connection
        In the middle of a transaction.
    statement : Insert
        Of one row.
    names : sequence of str
        The columns the rows have values for.
    rows : iterable of sequences
        Values as the database takes them, in the order of ``names``; plain types only (no JSON).
    """
    if connection.dialect.name == "postgresql":
        _copy(connection, statement, names, rows)
        return
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(names))
    place = [names.index(name) for name in compiled.positiontup or ()]
    as_given = place == list(range(len(names)))
    rest: Iterator[Sequence[Any]] = iter(rows)
    while block := list(islice(rest, BLOCK)):
        if as_given:
            connection.exec_driver_sql(str(compiled), [tuple(row) for row in block])
        else:
            connection.exec_driver_sql(str(compiled), [tuple(row[at] for at in place) for row in block])


def _copy(connection: Connection, statement: Insert, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """``write`` for PostgreSQL: many rows go in by COPY, next to the table first where they may write over others."""
    table, rest = cast(Table, statement.table), iter(rows)
    key = [names.index(column.name) for column in table.primary_key]
    aside: Table | None = None
    while block := list(islice(rest, BLOCK)):
        # One statement may not write over the same row twice, and a few rows are not worth a table.
        if len(block) < FEW or len({tuple(row[at] for at in key) for row in block}) < len(block):
            connection.execute(statement, [dict(zip(names, row, strict=True)) for row in block])
            continue
        if statement._post_values_clause is None:
            _copy_into(connection, str(table.name), names, block)
            continue
        if aside is None:
            aside = table.to_metadata(MetaData(), name="incoming")
            connection.exec_driver_sql(
                f'CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT * FROM "{table.name}" LIMIT 0'
            )
        _copy_into(connection, "incoming", names, block)
        connection.execute(statement.from_select(list(names), select(*(aside.c[name] for name in names))))
        connection.exec_driver_sql("TRUNCATE incoming")
    if aside is not None:
        connection.exec_driver_sql("DROP TABLE incoming")


def _copy_into(connection: Connection, table: str, names: Sequence[str], block: list[Sequence[Any]]) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
        for row in block:
            copy.write_row(row)
