"""From what a feed says to validated tables, with every origin kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from data.columns import ACTIVITIES, SESSIONS, VENUES, Table
from data.feeds.mapping import CategoryMapping
from data.feeds.places import SWAPPED
from data.feeds.records import Reading, Rejected, Row, raw
from data.tables import ORIGIN_COLUMNS, QUARANTINE_COLUMNS, CitySettings, Tables
from data.validation import validate

ONCE = "each activity once; its newest record is kept, or the first where none is newer"


def once(rows: Sequence[Row], key: str) -> list[Row]:
    """Rows with the same id as one: the first one's values, and later ones only where it says nothing."""
    found: dict[str, Row] = {}
    for row in rows:
        name = row.values[key]
        before = found.get(name)
        if before is None:
            found[name] = row
        else:
            more = {column: value for column, value in row.values.items() if value and not before.values.get(column)}
            if more:
                origin = {column: text for column, text in row.origin.items() if column in more}
                found[name] = replace(
                    before, values={**before.values, **more}, origin={**before.origin, **origin}
                )  # fmt: skip
    return list(found.values())


def _changed(row: Row) -> float:
    """When a record was last changed, in seconds since 1970; before everything else when it does not say."""
    try:
        moment = datetime.fromisoformat(row.version)
    except ValueError:
        return -math.inf
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def unrepeated(reading: Reading) -> Reading:
    """Each activity by its newest record: one line in quarantine for every other, and none of its sessions."""
    newest: dict[str, Row] = {}
    repeats: dict[tuple[str, int], Row] = {}
    for row in reading.activities:
        before = newest.setdefault(row.values["activity_id"], row)
        if before is not row:
            kept, lost = (row, before) if _changed(row) > _changed(before) else (before, row)
            newest[row.values["activity_id"]] = kept
            repeats[lost.source, lost.line] = lost
    if not repeats:
        return reading
    again = [
        Rejected(row.line, "activity_id", row.values["activity_id"], ONCE, raw(dict(row.values)), row.source)
        for row in repeats.values()
    ]
    return replace(
        reading,
        activities=list(newest.values()),
        sessions=[row for row in reading.sessions if (row.source, row.line) not in repeats],
        rejected=[*reading.rejected, *again],
    )


def _validated(
    table: Table, rows: Sequence[Row], known: dict[str, set[str]]
) -> tuple[pd.DataFrame, pd.DataFrame, list[Row]]:
    """Usable rows, quarantine lines that name each row's own file and line, and the rows that were kept."""
    columns = {name: [row.values.get(name, "") for row in rows] for name in table.names}
    frame = pd.DataFrame(columns, columns=list(table.names), dtype="str")
    kept, lost = validate(table, frame, "", known, lines=np.arange(len(rows), dtype=np.int64))
    if len(lost):
        places = [rows[int(place)] for place in lost["row"]]
        lost["source"] = pd.Series([row.source for row in places], dtype="str")
        lost["row"] = pd.Series([str(row.line) for row in places], dtype="str")
    # The first row with an id is the one that is kept.
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.values.get(table.key[0], ""), row)
    return kept, lost, [first[name] for name in kept[table.key[0]]]


def origins_of(table: Table, rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Lines of ``Tables.origins``: for each activity its records, for every row what its record does not say."""
    lines = []
    for row in rows:
        name = row.values[table.key[0]]
        if table is ACTIVITIES:
            lines += [(table.name, name, "", place) for place in (f"{row.source}, {row.line}", *row.also)]
        lines += [(table.name, name, column, text) for column, text in row.origin.items()]
    return lines


def quarantine_of(rejected: Sequence[Rejected], source: str) -> pd.DataFrame:
    """Quarantine lines of what could not be read."""
    rows = [
        (bad.source or source, str(bad.line), bad.field, bad.value, bad.expected, bad.record) for bad in rejected
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS), dtype="str")


def notes_of(reading: Reading, source: str, head: str = "") -> tuple[str, ...]:
    """What a person should know about a reading, the most frequent of the unmapped words first."""
    first = head or (
        f"{source}: {reading.records} records became {len(reading.activities)} activities with "
        f"{len(reading.sessions)} sessions"
    )
    notes = [first, *(f"{source}: {what}: {number}" for what, number in reading.counts.items() if number)]
    if reading.unmapped:
        words = ", ".join(f"{name} {number}" for name, number in reading.unmapped.most_common())
        notes.append(f"{source}: activities in categories without a theme of their own: {words}")
    return tuple(notes)


def tables_of(reading: Reading, mapping: CategoryMapping, city: CitySettings, source: str, head: str = "") -> Tables:
    """Validated tables of a feed.

    Parameters
    ----------
    reading : Reading
        All its rows, in the order in which they were met.
    mapping : CategoryMapping
        Whose theme list is the city's.
    city : CitySettings
    source : str
        File or folder name, for notes.
    head : str
        The first note, when it is another than how many records became how many activities.
    """
    reading = unrepeated(reading)
    known: dict[str, set[str]] = {"themes": set(mapping.themes["theme_id"])}
    frames: dict[str, pd.DataFrame] = {}
    lost = [quarantine_of(reading.rejected, source)]
    origins: list[tuple[str, str, str, str]] = []
    for table, rows in (
        (VENUES, once(reading.venues, "venue_id")),
        (ACTIVITIES, reading.activities),
        (SESSIONS, reading.sessions),
    ):
        frames[table.name], problems, kept = _validated(table, rows, known)
        known[table.name] = set(frames[table.name][table.key[0]])
        lost.append(problems)
        origins += origins_of(table, kept)
        if table is VENUES:
            exchanged = sum(row.origin.get("lat") == SWAPPED for row in kept)
            reading.counts["venues whose latitude and longitude were exchanged"] += exchanged
    return Tables(
        city=city,
        themes=mapping.themes,
        venues=frames["venues"],
        activities=frames["activities"],
        sessions=frames["sessions"],
        quarantine=pd.concat(lost, ignore_index=True),
        notes=notes_of(reading, source, head),
        origins=pd.DataFrame(origins, columns=list(ORIGIN_COLUMNS), dtype="str"),
        records=reading.records,
    )
