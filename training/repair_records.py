"""What the records of a city lack, and which activity waits for which record: rows in quarantine are read again without
what was wrong in them, and whatever is not known is taken to be as good as it can be.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from data.columns import ACTIVITIES, ACTIVITY, SESSIONS, VENUE, VENUES, Table
from data.tables import Tables, frame_of
from data.validation import KEPT_WITHOUT, validate

FIELDS = ("place", "time", "price", "age", "theme", "access")
ABOVE = "at most age_max"
_TABLES = (VENUES, ACTIVITIES, SESSIONS)
_ASKED = {"lat": "place", "lon": "place", "venue_id": "place", "start": "time", "end": "time", "age_min": "age",
          "age_max": "age", "price": "price", "themes": "theme", "access": "access", "accessible": "access"}  # fmt: skip


@dataclass
class Record:
    """A record to mend.

    Attributes
    ----------
    table : str
        ``venues``, ``activities`` or ``sessions``.
    id, title : str
    where : str
        File and line, where that is known.
    says : str
        What stands there now and cannot be used, ``""`` where nothing does.
    fields : set of str
        What has to be filled in or put right: of ``FIELDS``, or a column's own name.
    """

    table: str
    id: str
    title: str
    where: str = ""
    says: str = ""
    fields: set[str] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class Mended:
    """A city as it would be.

    Attributes
    ----------
    tables : Tables
        With the rejected venues, activities and sessions that could be read again.
    records : list of Record
        Rejected rows, and venues that are named and not there.
    venue_of, activity_of : mapping of id to place in ``records``
        For rows that are in ``tables`` only because such a record was mended.
    session_of : mapping of activity id to place in ``records``
        A rejected session of each activity that has one.
    hints : mapping of (table, id) to (where, says)
        What quarantine says of rows that were kept without a value.
    unread : int
        Rejected records that cannot be read as rows of ours; what they would bring nobody can say.
    """

    tables: Tables
    records: list[Record]
    venue_of: Mapping[str, int]
    activity_of: Mapping[str, int]
    session_of: Mapping[str, int]
    hints: Mapping[tuple[str, str], tuple[str, str]]
    unread: int


@dataclass
class _Lost:
    """The quarantine lines of one row."""

    table: Table | None
    where: str
    record: dict[str, str]
    bad: list[tuple[str, str, str]]

    @property
    def rejected(self) -> bool:
        return any(not expected.endswith(KEPT_WITHOUT) for _, _, expected in self.bad)

    @property
    def again(self) -> bool:
        """Whether the row is one too many of another, which nothing is gained by."""
        return any("only once" in expected or expected.startswith("each activity once") for _, _, expected in self.bad)


def _read_record(text: str) -> tuple[Table | None, dict[str, str]]:
    try:
        record = json.loads(text)
    except ValueError:
        return None, {}
    if not isinstance(record, dict):
        return None, {}
    texts = {str(name): value for name, value in record.items() if isinstance(value, str)}
    table = next((table for table in reversed(_TABLES) if {*table.names} <= texts.keys()), None)
    return table, texts


def _lost_rows(quarantine: pd.DataFrame) -> list[_Lost]:
    rows: dict[tuple[str, str, str], _Lost] = {}
    columns = (quarantine[name].tolist() for name in ("source", "row", "field", "value", "expected", "record"))
    for source, row, name, value, expected, text in zip(*columns, strict=True):
        key = (source, row, text)
        if key not in rows:
            rows[key] = _Lost(*_read_record(text)[:1], f"{source}, {row}", _read_record(text)[1], [])
        rows[key].bad.append((name, value, expected))
    return list(rows.values())


def _said(lost: _Lost, rejected: bool = True) -> str:
    told = [(name, value) for name, value, expected in lost.bad if expected.endswith(KEPT_WITHOUT) != rejected]
    return "; ".join(f"{name}: {value}" if value else f"{name}: –" for name, value in dict.fromkeys(told))


def _again(table: Table, lost: list[_Lost], known: Mapping[str, set[str]]) -> tuple[pd.DataFrame, list[_Lost]]:
    """Rejected rows of one table read again without what was wrong, and the line each came from."""
    raws, of = [], []
    for number, one in enumerate(lost):
        if one.table is not table or not one.rejected or one.again:
            continue
        raw = {name: one.record.get(name, "") for name in table.names}
        raw |= {name: "" for name, _, expected in one.bad if name in raw and not expected.endswith(KEPT_WITHOUT)}
        for half, other in (("lat", "lon"), ("lon", "lat")):
            if half in raw and not raw[half]:
                raw[other] = ""
        if any(name == "age_min" and expected == ABOVE for name, _, expected in one.bad):
            raw["age_max"] = ""  # one of the two is wrong, and nobody can say which
        raw[table.key[0]] = raw[table.key[0]] or f"row {number}"
        if table is ACTIVITIES:
            raw["title"] = raw["title"] or "–"
        raws.append(raw)
        of.append(one)
    frame = pd.DataFrame(raws, columns=list(table.names), dtype="str")
    kept, _ = validate(table, frame, "", known, lines=np.arange(len(raws), dtype=np.int64))
    place = {raw[table.key[0]]: number for number, raw in reversed(list(enumerate(raws)))}
    return kept, [of[place[name]] for name in kept[table.key[0]]]


def mended(tables: Tables) -> Mended:
    """Read a city with everything that quarantine holds of its venues, activities and sessions put back."""
    lost = _lost_rows(tables.quarantine)
    records: list[Record] = []
    hints = {
        (one.table.name, one.record[one.table.key[0]]): (one.where, _said(one, rejected=False))
        for one in lost
        if one.table is not None and not one.rejected
    }

    def put(table: Table, one: _Lost, name: str, title: str) -> int:
        asked = {_ASKED.get(column, column) for column, _, expected in one.bad if not expected.endswith(KEPT_WITHOUT)}
        records.append(Record(table.name, name, title, one.where, _said(one), asked))
        return len(records) - 1

    known = {"themes": set(tables.themes["theme_id"])}
    venues, of = _again(VENUES, lost, known)
    fresh = ~venues[VENUE].isin(set(tables.venues[VENUE])).to_numpy(np.bool_)
    venue_of = {
        name: put(VENUES, one, name, title or name)
        for name, title, one, new in zip(venues[VENUE], venues["name"], of, fresh, strict=True)
        if new
    }
    venues = venues[fresh]
    activities_before, missing = _with_venues(tables, lost, {*tables.venues[VENUE], *venues[VENUE]})
    for name in missing:
        records.append(Record(VENUES.name, name, name, fields={"venue"}))
        venue_of[name] = len(records) - 1
    nowhere = frame_of(VENUES, [{VENUE: name, "name": name} for name in missing])
    all_venues = pd.concat([tables.venues, venues, nowhere], ignore_index=True)

    known |= {VENUES.name: set(all_venues[VENUE])}
    activities, of = _again(ACTIVITIES, lost, known)
    fresh = ~activities[ACTIVITY].isin(set(tables.activities[ACTIVITY])).to_numpy(np.bool_)
    activity_of = {
        name: put(ACTIVITIES, one, name, title)
        for name, title, one, new in zip(activities[ACTIVITY], activities["title"], of, fresh, strict=True)
        if new
    }
    all_activities = pd.concat([activities_before, activities[fresh]], ignore_index=True)

    known |= {ACTIVITIES.name: set(all_activities[ACTIVITY])}
    sessions, session_of = _sessions(tables, lost, known, activity_of, put)
    whole = replace(
        tables,
        venues=all_venues,
        activities=all_activities,
        sessions=pd.concat([tables.sessions, sessions], ignore_index=True),
    )
    unread = sum(one.table is None and one.rejected and not _of_people(one) for one in lost)
    return Mended(whole, records, venue_of, activity_of, session_of, hints, unread)


def _of_people(one: _Lost) -> bool:
    return "learner_id" in one.record or "learner" in one.record


def _with_venues(tables: Tables, lost: list[_Lost], known: set[str]) -> tuple[pd.DataFrame, list[str]]:
    """Activities with the venues they name, and those of the venues that nobody knows."""
    named = {
        one.record[ACTIVITY]: value
        for one in lost
        if one.table is ACTIVITIES and not one.rejected
        for name, value, _ in one.bad
        if name == VENUE and value
    }
    if not named:
        return tables.activities, []
    frame = tables.activities.copy()
    wanted = frame[ACTIVITY].map(named).fillna("").astype("str")
    frame[VENUE] = frame[VENUE].where(frame[VENUE] != "", wanted)
    missing = sorted({*wanted[wanted != ""]} - known)
    return frame, missing


def _sessions(
    tables: Tables, lost: list[_Lost], known: Mapping[str, set[str]], activity_of: Mapping[str, int], put: Any
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Sessions that come back with their activity, and a record to mend for each other activity that lost one."""
    back, own = [], {}
    for one in lost:
        if one.table is not SESSIONS or not one.rejected or one.again:
            continue
        activity = one.record.get(ACTIVITY, "")
        if activity in activity_of:
            # It was only its activity that was not there; another thing wrong with it stays so.
            if {name for name, _, expected in one.bad if not expected.endswith(KEPT_WITHOUT)} == {ACTIVITY}:
                back.append({name: one.record.get(name, "") for name in SESSIONS.names})
        elif activity in known[ACTIVITIES.name] and activity not in own:
            own[activity] = one
    frame = pd.DataFrame(back, columns=list(SESSIONS.names), dtype="str")
    kept, _ = validate(SESSIONS, frame, "", known)
    kept = kept[~kept["session_id"].isin(set(tables.sessions["session_id"]))]
    titles = dict(zip(tables.activities[ACTIVITY], tables.activities["title"], strict=True))
    session_of = {
        activity: put(SESSIONS, one, one.record.get("session_id", ""), titles.get(activity, activity))
        for activity, one in own.items()
    }
    return kept, session_of
