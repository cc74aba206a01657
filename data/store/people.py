"""What people's own rows go through, inside a transaction that somebody else opened: stamps, feedback, edits, erasure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from data.columns import ACTIVITY, AT, LEARNER, SESSION
from data.store import city as city_rows
from data.store import schema
from data.store.rows import upsert, write_new

WORDS = ("wishes", "avoid", "less")
"""What a learner says about themes; once edited here, a load does not write over it."""
EDITABLE = ("age", "home_lat", "home_lon", "languages", *WORDS, "badges", "muted")


@dataclass(frozen=True)
class NewStamp:
    """A stamp as an app gives it; ``""`` where not known. ``at`` is seconds since 1970 UTC."""

    learner: str
    activity: str
    at: int
    session: str = ""
    chosen_by: str = ""


@dataclass(frozen=True)
class NewFeedback:
    """What a learner said of an activity. ``kind`` is one of ``schema.KINDS`` but ``shown``."""

    learner: str
    activity: str
    at: int
    kind: str
    request_id: str = ""


@dataclass(frozen=True)
class Rejected:
    """An entry that was not taken, in the columns of the quarantine; ``record`` is it as JSON."""

    source: str
    row: str
    field: str
    value: str
    expected: str
    record: str


def _put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Write rows over what has the same key, and count the new ones.

    What is there already is the exception. So everything goes in that is new, which for a single stamp is one statement,
    and only where something was there the rows are written once more.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    new = write_new(connection, table, names, [tuple(row[name] for name in names) for row in rows])
    if new < len(rows):
        connection.execute(upsert(connection, table, keep_known=True), rows)
    return new


def add_stamps(connection: Connection, city: str, stamps: Iterable[NewStamp]) -> int:
    """Keep stamps, one per learner, activity and time; how many of them are new."""
    rows = {
        (stamp.learner, stamp.at, stamp.activity): {
            "city": city,
            LEARNER: stamp.learner,
            AT: stamp.at,
            ACTIVITY: stamp.activity,
            SESSION: stamp.session or None,
            "chosen_by": stamp.chosen_by or None,
            "enjoyed": None,
        }
        for stamp in stamps
    }
    return _put(connection, schema.stamps, list(rows.values()))


def add_feedback(connection: Connection, city: str, feedback: Iterable[NewFeedback]) -> int:
    """Keep feedback, each once; how many are new."""
    nothing = dict.fromkeys(("release", "rank", "slot", "probability", SESSION))
    rows = {
        (one.learner, one.at, one.request_id, one.activity, one.kind): nothing
        | {
            "city": city,
            LEARNER: one.learner,
            AT: one.at,
            "request_id": one.request_id,
            ACTIVITY: one.activity,
            "kind": one.kind,
        }
        for one in feedback
    }
    return _put(connection, schema.feedback, list(rows.values()))


def reject(connection: Connection, city: str, rejected: Iterable[Rejected]) -> None:
    """Keep what was not taken, with how often it came."""
    city_rows.add_quarantine(connection, city, [astuple(one) for one in rejected])


def known_among(connection: Connection, city: str, learners: Collection[str]) -> set[str]:
    """Those who have a passport or a stamp."""
    names = sorted(learners)
    found: set[str] = set()
    for table in (schema.passports, schema.stamps):
        query = select(table.c[LEARNER]).where(table.c.city == city, table.c[LEARNER].in_(names)).distinct()
        found.update(connection.execute(query).scalars())
    return found


def edit(connection: Connection, city: str, learner: str, changes: Mapping[str, Any], fresh_from: int | None) -> None:
    """Change what a learner's passport says; makes the row of somebody who has stamps alone.

    Parameters
    ----------
    changes : mapping of column name to value
        Canonical values of ``EDITABLE`` columns; None for "not known".
    fresh_from : int or None
        A fresh start: stamps before this moment no longer count in the profile, and what was said of activities
        until then goes.
    """
    table = schema.passports
    values = dict(changes)
    if values.keys() & set(WORDS):
        values["edited"] = True
    if fresh_from is not None:
        values["counts_from"] = fresh_from
        said = schema.feedback.c
        connection.execute(
            delete(schema.feedback).where(
                said.city == city, said[LEARNER] == learner, said.kind != schema.SHOWN, said[AT] <= fresh_from
            )
        )
    mine = (table.c.city == city, table.c[LEARNER] == learner)
    if connection.execute(select(table.c.position).where(*mine)).first() is None:
        last = select(func.coalesce(func.max(table.c.position), -1) + 1).where(table.c.city == city)
        position = connection.execute(last).scalar_one()
        connection.execute(insert(table).values(city=city, learner_id=learner, position=position, **values))
    elif values:
        connection.execute(update(table).where(*mine).values(**values))


def erase(connection: Connection, city: str, learner: str, at: int) -> bool:
    """Remove every trace of a learner, and note that somebody was erased, not who.

    Returns
    -------
    bool
        Whether there was anything to erase.
    """
    removed = 0
    for table in (schema.stamps, schema.feedback, schema.passports):
        mine = (table.c.city == city, table.c[LEARNER] == learner)
        removed += connection.execute(delete(table).where(*mine)).rowcount
    removed += _erase_rejected(connection, city, learner)
    if removed:
        connection.execute(insert(schema.erasures).values(city=city, number=erased(connection, city) + 1, at=at))
    return bool(removed)


def _erase_rejected(connection: Connection, city: str, learner: str) -> int:
    """Remove what was rejected of a learner: such rows are kept as they came, as JSON."""
    table = schema.quarantine.c
    named = f'"{LEARNER}": {json.dumps(learner, ensure_ascii=False)}'
    # The database's search does not know capitals from small letters everywhere; what it finds is looked at again.
    query = select(table.digest, table.record).where(table.city == city, table.record.contains(named, autoescape=True))
    mine = [digest for digest, record in connection.execute(query) if named in record]
    if mine:
        connection.execute(delete(schema.quarantine).where(table.city == city, table.digest.in_(mine)))
    return len(mine)


def erased(connection: Connection, city: str) -> int:
    """How many people were erased from a city so far."""
    table = schema.erasures.c
    return int(connection.execute(select(func.count()).where(table.city == city)).scalar_one())
