"""Two cities of two feeds as one: the same activity once, with both sources named; everything else kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from data.columns import ACTIVITIES, ACTIVITY, AT, LEARNER, SESSION, SESSIONS, THEME, VENUE, VENUES, Table
from data.feeds.same import MINUTES, Pair, doubtful, pairs
from data.tables import ORIGIN_COLUMNS, Tables, frame_of

MOST_TOLD = 20
Names = Mapping[str, str]
Record = dict[str, Any]
_KEYS = ((VENUES, VENUE), (ACTIVITIES, ACTIVITY), (SESSIONS, SESSION))
_AGES = ("age_min", "age_max")


def _records(frame: pd.DataFrame) -> list[Record]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _unknown(value: object) -> bool:
    return value == "" or (isinstance(value, float) and math.isnan(value))


def _mapped(values: pd.Series, names: Names) -> pd.Series:
    return pd.Series([names.get(name, name) for name in values], index=values.index, dtype="str")


def _with_names(frame: pd.DataFrame, names: Mapping[str, Names]) -> pd.DataFrame:
    """Ids in all columns that hold them, under their new names."""
    return frame.assign(**{key: _mapped(frame[key], names[key]) for _, key in _KEYS if key in frame and names.get(key)})


def _renamed(tables: Tables, label: str, taken: Tables) -> Tables:
    """The same, with the label before ids that the other city has too: the same id need not be the same thing."""
    names: dict[str, Names] = {}
    for table, key in _KEYS:
        others = set(taken.frame(table)[key])
        names[key] = {name: f"{label}-{name}" for name in tables.frame(table)[key] if name in others}
    frames = {
        name: _with_names(getattr(tables, name), names)
        for name in ("venues", "activities", "sessions", "stamps", "lines")
    }
    by_table = {table.name: names[key] for table, key in _KEYS}
    ids = [by_table.get(table, {}).get(name, name) for table, name in _pairs_of(tables.origins)]
    origins = tables.origins.assign(id=pd.Series(ids, index=tables.origins.index, dtype="str"))
    return replace(
        tables,
        venues=frames["venues"],
        activities=frames["activities"],
        sessions=frames["sessions"],
        stamps=frames["stamps"],
        lines=frames["lines"],
        origins=origins,
    )


def _pairs_of(origins: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(origins["table"].tolist(), origins["id"].tolist(), strict=True))


def _filled(
    table: Table, key: str, first: pd.DataFrame, second: pd.DataFrame, same: Iterable[tuple[str, str]]
) -> tuple[pd.DataFrame, list[tuple[str, str, str]]]:
    """Rows of the first with what only their counterparts know; and table, id and column of every value taken over."""
    rows = _records(first)
    mine = {row[key]: row for row in rows}
    others = {row[key]: row for row in _records(second)}
    taken = []
    for name, counterpart in same:
        row, more = mine[name], others[counterpart]
        knows_age = not all(_unknown(row.get(column, "")) for column in _AGES)
        for column, value in more.items():
            # The venue is mapped, not copied; and half of one age range with half of another would be a third.
            if column == VENUE or (knows_age and column in _AGES):
                continue
            if _unknown(row[column]) and not _unknown(value):
                row[column] = value
                taken.append((table.name, name, column))
    return frame_of(table, rows), taken


def _venues_of(first: Tables, second: Tables, same: Mapping[str, str]) -> dict[str, str]:
    """Venues of the second that are venues of the first: those at which the same activities take place."""
    mine = dict(zip(first.activities[ACTIVITY], first.activities[VENUE], strict=True))
    theirs = dict(zip(second.activities[ACTIVITY], second.activities[VENUE], strict=True))
    found: dict[str, set[str]] = {}
    for name, counterpart in same.items():
        if mine[name] and theirs[counterpart]:
            found.setdefault(theirs[counterpart], set()).add(mine[name])
    return {venue: targets.pop() for venue, targets in found.items() if len(targets) == 1}


def _sessions(first: Tables, second: Tables, back: Names, venues: Names) -> tuple[pd.DataFrame, dict[str, str]]:
    """Sessions of both, each once; and which of the second are which of the first."""
    own = dict(zip(first.activities[ACTIVITY], first.activities[VENUE], strict=True))
    at = dict(zip(second.activities[ACTIVITY], second.activities[VENUE], strict=True))
    mine = _records(first.sessions)
    by_activity: dict[str, list[Record]] = {}
    for row in mine:
        by_activity.setdefault(row[ACTIVITY], []).append(row)
    same: dict[str, str] = {}
    rest = []
    for row in _records(second.sessions):
        activity = back.get(row[ACTIVITY], row[ACTIVITY])
        there = row[VENUE] or at.get(row[ACTIVITY], "")
        there = venues.get(there, there)
        if row[ACTIVITY] not in back:
            rest.append({**row, VENUE: venues.get(row[VENUE], row[VENUE])})
            continue
        counterpart = min(by_activity.get(activity, ()), key=lambda one: abs(one["start"] - row["start"]), default=None)
        if counterpart is None or abs(counterpart["start"] - row["start"]) > MINUTES * 60:
            rest.append({**row, ACTIVITY: activity, VENUE: "" if there == own[activity] else there})
            continue
        same[row[SESSION]] = counterpart[SESSION]
        # Whoever says that it is off has heard more than whoever does not.
        if row["status"] == "cancelled" or _unknown(counterpart["status"]):
            counterpart["status"] = row["status"]
        if _unknown(counterpart["capacity_left"]):
            counterpart["capacity_left"] = row["capacity_left"]
    return frame_of(SESSIONS, [*mine, *rest]), same


def _told(found: Sequence[Pair], first: Tables, second: Tables, labels: tuple[str, str]) -> list[str]:
    titles = dict(zip(first.activities[ACTIVITY], first.activities["title"], strict=True))
    others = dict(zip(second.activities[ACTIVITY], second.activities["title"], strict=True))
    doubts = doubtful(found)
    lines = [
        f"perhaps the same, kept twice: {titles[pair.first]!r} ({labels[0]}, {pair.first}) and "
        f"{others[pair.second]!r} ({labels[1]}, {pair.second}): {pair.why_not}"
        for pair in doubts[:MOST_TOLD]
    ]
    if len(doubts) > MOST_TOLD:
        lines.append(f"perhaps the same, kept twice: {len(doubts) - MOST_TOLD} more pairs")
    return lines


def _labelled(origins: pd.DataFrame, label: str) -> pd.DataFrame:
    """Places of records with the name of their feed before them, unless one stands there already."""
    texts = [
        f"{label}: {text}" if not field and ": " not in text else text
        for field, text in zip(origins["field"], origins["origin"], strict=True)
    ]
    return origins.assign(origin=pd.Series(texts, index=origins.index, dtype="str"))


def _origins(
    first: Tables,
    second: Tables,
    gone: Mapping[str, Names],
    taken: Sequence[tuple[str, str, str]],
    labels: tuple[str, str],
) -> pd.DataFrame:
    """Origins of both. Of what was merged away only where it stood is kept, and what was taken over from it."""
    places = _pairs_of(second.origins)
    away = [name in gone.get(table, {}) for table, name in places]
    ids = [gone.get(table, {}).get(name, name) for table, name in places]
    theirs = second.origins.assign(id=pd.Series(ids, index=second.origins.index, dtype="str"))
    keep = [not lost or field == "" for lost, field in zip(away, theirs["field"], strict=True)]
    filled = pd.DataFrame(
        [(*place, f"only {labels[1]} says it") for place in taken], columns=list(ORIGIN_COLUMNS), dtype="str"
    )  # fmt: skip
    return pd.concat(
        [_labelled(first.origins, labels[0]), _labelled(theirs[keep], labels[1]), filled], ignore_index=True
    )  # fmt: skip


def merge(first: Tables, second: Tables, labels: tuple[str, str]) -> Tables:
    """One city out of two: the first wins where both know, the second fills in what the first does not say.

    Parameters
    ----------
    first, second : Tables
    labels : (str, str)
        What the two feeds are called: in origins, in notes, and before ids of the second that the first has too.

    Returns
    -------
    Tables
        Every activity names in ``origins`` each record that says it; what is only alike stands in ``notes``.
    """
    second = _renamed(second, labels[1], first)
    found = pairs(first, second)
    same = {pair.first: pair.second for pair in found if not pair.why_not}
    back = {other: name for name, other in same.items()}
    venues = _venues_of(first, second, same)
    activities, taken = _filled(ACTIVITIES, ACTIVITY, first.activities, second.activities, same.items())
    # A venue of the first may have several counterparts; the first that knows something is asked.
    counterparts = ((target, venue) for venue, target in venues.items())
    places, more = _filled(VENUES, VENUE, first.venues, second.venues, counterparts)
    rest = second.activities[~second.activities[ACTIVITY].isin(set(back))]
    sessions, same_sessions = _sessions(first, second, back, venues)
    names = {ACTIVITY: back, SESSION: same_sessions}
    gone = {"venues": venues, "activities": back, "sessions": same_sessions}
    themes = pd.concat([first.themes, second.themes[~second.themes[THEME].isin(set(first.themes[THEME]))]])
    return replace(
        first,
        themes=themes.fillna("").astype("str").reset_index(drop=True),
        venues=pd.concat([places, second.venues[~second.venues[VENUE].isin(set(venues))]], ignore_index=True),
        activities=pd.concat([activities, rest.assign(**{VENUE: _mapped(rest[VENUE], venues)})], ignore_index=True),
        sessions=sessions,
        passports=pd.concat([first.passports, second.passports], ignore_index=True).drop_duplicates(
            LEARNER, ignore_index=True
        ),
        stamps=pd.concat([first.stamps, _with_names(second.stamps, names)]).drop_duplicates(
            [LEARNER, ACTIVITY, AT], ignore_index=True
        ),
        lines=pd.concat([first.lines, _with_names(second.lines, names)], ignore_index=True),
        quarantine=pd.concat([first.quarantine, second.quarantine], ignore_index=True),
        notes=(
            *first.notes,
            *second.notes,
            f"{labels[0]} and {labels[1]}: {len(same)} activities are the same, with {len(same_sessions)} sessions",
            *_told(found, first, second, labels),
        ),
        origins=_origins(first, second, gone, [*taken, *more], labels),
        records=first.records + second.records,
        has_sessions=first.has_sessions or second.has_sessions,
    )
