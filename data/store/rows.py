"""Frames to rows for the database and back: ``""`` and NaN become NULL, NULL becomes ``""`` and NaN."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Insert, Table, func
from sqlalchemy.dialects import postgresql, sqlite

from data.columns import Column
from data.tables import dtype_of

BLOCK = 50_000


def values_out(values: pd.Series, column: Column) -> list[Any]:
    """A column's values as the database takes them."""
    kind = dtype_of(column)
    if kind == "str":
        return [value or None for value in values.tolist()]
    if kind == "int64":
        return values.tolist()
    convert = {"flag": bool, "whole": int}.get(column.kind, float)
    return [None if value != value else convert(value) for value in values.tolist()]


def values_in(values: Iterable[Any], column: Column) -> pd.Series:
    """A column of the database as a canonical series."""
    kind = dtype_of(column)
    if kind == "str":
        return pd.Series(["" if value is None else value for value in values], dtype="str")
    if kind == "int64":
        return pd.Series(list(values), dtype="int64")
    return pd.Series([float("nan") if value is None else float(value) for value in values], dtype="float64")


def frame_in(rows: Sequence[Sequence[Any]], columns: Sequence[Column]) -> pd.DataFrame:
    """Rows of the database, with one value for every column, as a canonical frame."""
    by_column = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pd.DataFrame(
        {column.name: values_in(values, column) for column, values in zip(columns, by_column, strict=True)}
    )


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
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(names))
    order = compiled.positiontup if compiled.positional else None
    place = [names.index(name) for name in order] if order is not None else []
    as_given = place == list(range(len(names)))
    rest: Iterator[Sequence[Any]] = iter(rows)
    while block := list(islice(rest, BLOCK)):
        if order is None:
            connection.execute(statement, [dict(zip(names, row, strict=True)) for row in block])
        elif as_given:
            connection.exec_driver_sql(str(compiled), [tuple(row) for row in block])
        else:
            connection.exec_driver_sql(str(compiled), [tuple(row[at] for at in place) for row in block])
