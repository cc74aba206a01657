"""People added to a city that is there: its catalogue stays as it is, and what is not known writes over nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pandas as pd
from sqlalchemy import Connection, Table, case, func, select

from data.columns import LEARNER, PASSPORTS
from data.store import schema
from data.store.city import add_quarantine, save_stamps
from data.store.rows import upsert, values_out, write
from data.tables import QUARANTINE_COLUMNS, Tables
from data.words import split

_WORDS = ("wishes", "avoid", "less")
_OWN = ("edited", "muted", "counts_from")
_ASKED = 5_000
"""So many learners are asked for in one query: a database takes only so many values."""


def add(connection: Connection, tables: Tables) -> None:
    """Write passports, stamps and rejected rows of a city that is there; see ``Store.add``."""
    city = tables.city.id
    _add_passports(connection, city, tables.passports)
    save_stamps(connection, city, tables.stamps)
    rejected = tables.quarantine[list(QUARANTINE_COLUMNS)].itertuples(index=False)
    add_quarantine(connection, city, rejected, first=_next(connection, schema.quarantine, city))


def _next(connection: Connection, table: Table, city: str) -> int:
    """The place behind all rows of a city."""
    last = select(func.coalesce(func.max(table.c.position), -1) + 1).where(table.c.city == city)
    return int(connection.execute(last).scalar_one())


def _blocks(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while block := list(islice(rest, _ASKED)):
        yield block


def _with_earlier_badges(connection: Connection, city: str, passports: pd.DataFrame) -> list[str]:
    """Badges of each passport, those that the store knows first."""
    table = schema.passports.c
    earned = dict(zip(passports[LEARNER].tolist(), passports["badges"].tolist(), strict=True))
    before: dict[str, str] = {}
    for names in _blocks(name for name, badges in earned.items() if badges):
        query = select(table[LEARNER], table.badges).where(table.city == city, table[LEARNER].in_(names))
        # Held until the end: whoever changes the same passport meanwhile waits.
        before.update((name, badges or "") for name, badges in connection.execute(query.with_for_update()))
    joined = (dict.fromkeys((*split(before.get(name, "")), *split(badges))) for name, badges in earned.items())
    return [";".join(badges) for badges in joined]


def _add_passports(connection: Connection, city: str, passports: pd.DataFrame) -> None:
    own, first = schema.passports.c, _next(connection, schema.passports, city)
    statement = upsert(
        connection,
        schema.passports,
        keep_known=True,
        # What learners said here in their own words stays theirs.
        again=lambda new: {
            name: case((own.edited, own[name]), else_=func.coalesce(new[name], own[name])) for name in _WORDS
        },
        leave=("position", *_OWN),
    )
    frame = passports.assign(badges=pd.Series(_with_earlier_badges(connection, city, passports), dtype="str"))
    values: list[Sequence[object]] = [values_out(frame[column.name], column) for column in PASSPORTS.columns]
    n = len(frame)
    rows = zip([city] * n, *values, range(first, first + n), strict=True)
    write(connection, statement, ("city", *PASSPORTS.names, "position"), rows)
