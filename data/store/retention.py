"""How long rows are kept, and what goes after that: a little at a time, so that a service goes on meanwhile."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from data.columns import AT, LEARNER
from data.store import schema
from data.store.store import Store
from recommender.errors import BadConfig

DAY = 86_400
ALWAYS = "always"
FILE = "retention.toml"
_AT_ONCE = 500
"""Of so many learners, or of so many rows, old rows go in one transaction."""


@dataclass(frozen=True)
class Terms:
    """After how many days something goes; None keeps it until somebody removes it.

    Attributes
    ----------
    stamps : int or None
        By when the visit was.
    said : int or None
        What learners said of activities: ``not_for_me``, ``more_like_this``, ``enjoyed``.
    shown : int or None
        Which lists were shown. They serve to measure, and nothing else.
    quarantine : int or None
        Rejected rows, after they last came in.
    retries : int or None
        Answers to batches, for callers who send one again.
    keys : int or None
        Keys, after they ceased to open anything.
    releases : int or None
        Releases, by when they were made; the one in service and the one before it stay.
    reports : int or None
        Files among a city's reports, after they were written.
    """

    stamps: int | None = 5 * 365
    said: int | None = 3 * 365
    shown: int | None = 400
    quarantine: int | None = 90
    retries: int | None = 1
    keys: int | None = 400
    releases: int | None = 180
    reports: int | None = 400


ROWS = ("stamps", "said", "shown", "quarantine", "retries", "keys")
"""Terms of rows in the store; the others are of files."""
OF_PEOPLE = ("stamps", "said", "shown")


def read_terms(path: Path) -> Terms:
    """Terms from a file with a table ``[keep]``: days, or ``"always"``; what it leaves out keeps its default.

    Raises
    ------
    BadConfig
        With the file, the name and what was expected.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Terms()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: {error}") from None
    keep = told.pop("keep", {})
    known = [field.name for field in fields(Terms)]
    if told or not isinstance(keep, dict) or (unknown := sorted(keep.keys() - {*known})):
        wrong = ", ".join(sorted(told) if told else unknown if isinstance(keep, dict) else ["keep"])
        raise BadConfig(f"{path}: {wrong}: expected a table [keep] with some of {', '.join(known)}")
    values: dict[str, int | None] = {}
    for name, value in keep.items():
        if value == ALWAYS:
            values[name] = None
        elif type(value) is int and value >= 1:
            values[name] = value
        else:
            raise BadConfig(f"{path}: keep.{name}: {value!r} is neither a whole number of days above 0 nor {ALWAYS!r}")
    return Terms(**values)


def _old(name: str, city: str, before: int) -> tuple[Table, ColumnElement[bool]]:
    """Where rows of one kind stand, and which of them are due."""
    if name == "stamps":
        return schema.stamps, (schema.stamps.c.city == city) & (schema.stamps.c[AT] < before)
    if name in ("said", "shown"):
        table = schema.feedback
        kind = table.c.kind == schema.SHOWN if name == "shown" else table.c.kind != schema.SHOWN
        return table, (table.c.city == city) & kind & (table.c[AT] < before)
    if name == "keys":
        table = schema.keys
        # Compared one by one: the smallest of two has another name on every database, and NULL is no moment.
        over = (table.c.expires_at < before) | (table.c.revoked_at < before)
        return table, (table.c.city == city) & over
    table = schema.METADATA.tables[name]
    return table, (table.c.city == city) & (table.c.at < before)


def _before(connection: Connection, name: str, city: str, terms: Terms, now: int) -> int | None:
    """Up to which moment rows of a kind are due; None where none ever is. A city of the past lives by its own now."""
    days: int | None = getattr(terms, name)
    if days is None:
        return None
    if name in OF_PEOPLE:
        as_of = connection.execute(select(schema.cities.c.as_of).where(schema.cities.c.city == city)).scalar_one()
        now = now if as_of is None else min(now, as_of)
    return now - days * DAY


def due(connection: Connection, city: str, terms: Terms, now: int) -> dict[str, int]:
    """How many rows of each kind are older than their term.

    Parameters
    ----------
    now : int
        Seconds since 1970 UTC.
    """
    found = {}
    for name in ROWS:
        before = _before(connection, name, city, terms, now)
        if before is None:
            found[name] = 0
            continue
        table, old = _old(name, city, before)
        found[name] = int(connection.execute(select(func.count()).select_from(table).where(old)).scalar_one())
    return found


def clear(
    store: Store, city: str, terms: Terms, now: int, tell: Callable[[str, int], None] = lambda _name, _rows: None
) -> dict[str, int]:
    """Remove the rows that are older than their term, and give how many of each kind went.

    Each transaction takes a few hundred learners or rows. Whoever is cut off in the middle begins again, and finds the
    rest.

    Parameters
    ----------
    tell : callable
        Told after every transaction: kind, rows gone so far.
    """
    _date_rejected(store, city, now)
    gone = {}
    for name in ROWS:
        gone[name] = 0
        with store.engine.connect() as connection:
            before = _before(connection, name, city, terms, now)
            if before is None:
                continue
            table, old = _old(name, city, before)
            by = table.c[LEARNER] if LEARNER in table.c else list(table.primary_key)[-1]
            names = list(connection.execute(select(by).where(old).distinct().order_by(by)).scalars())
        for first in range(0, len(names), _AT_ONCE):
            with store.transaction() as connection:
                some = by.in_(names[first : first + _AT_ONCE])
                gone[name] += connection.execute(delete(table).where(old, some)).rowcount
            tell(name, gone[name])
    return gone


def _date_rejected(store: Store, city: str, now: int) -> None:
    """Give rejected rows that came in since the last clean-up their moment: the store keeps no clock of its own."""
    table = schema.quarantine
    with store.transaction() as connection:
        connection.execute(update(table).where(table.c.city == city, table.c.at.is_(None)).values(at=now))
