"""How well the same activity is found in a second feed: Madrid's agenda against a copy of it that says it differently.

The copy has other ids, titles as another editor would write them, points some metres off and starts a minute or two off. As
many activities again are changed so that they are *not* the same: another part of a series, another hour, another place,
other ages. Merging one of those is the mistake that must not happen.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np

from data.columns import ACTIVITY, SESSION, VENUE
from data.feeds import madrid
from data.feeds.same import pairs
from data.tables import Tables

SAME = (
    "as it is",
    "capitals and CANCELADO",
    "a slip of the pen",
    "the venue in the title",
    "other order of words",
    "without articles",
)
OTHER = ("another part", "another hour", "another place", "another age", "another word")
_ARTICLES = {"el", "la", "los", "las", "de", "del", "un", "una", "y", "en"}


def _slip(title: str, draw: random.Random) -> str:
    words = title.split()
    long = [place for place, word in enumerate(words) if len(word) > 6 and word.isalpha()]
    if not long:
        return title
    place = draw.choice(long)
    at = draw.randrange(2, len(words[place]) - 2)
    words[place] = words[place][:at] + words[place][at + 1 :]
    return " ".join(words)


def _retold(title: str, venue: str, how: str, draw: random.Random) -> str:
    words = title.split()
    return {
        "as it is": title,
        "capitals and CANCELADO": f"{title.upper()} - CANCELADO",
        "a slip of the pen": _slip(title, draw),
        "the venue in the title": f"{title} en {venue}",
        "other order of words": " ".join([*words[1:], *words[:1]]),
        "without articles": " ".join(word for word in words if word.lower() not in _ARTICLES) or title,
        "another part": f"{title} 2",
        "another word": f"{title} avanzado",
    }.get(how, title)


def copy_of(tables: Tables, ways: tuple[str, ...], seed: int) -> tuple[Tables, dict[str, str]]:
    """The same city told differently, each activity in one of the ways; and which way, by the original's id."""
    draw = random.Random(seed)
    activities, sessions, venues = tables.activities.copy(), tables.sessions.copy(), tables.venues.copy()
    names = dict(zip(venues[VENUE], venues["name"], strict=True))
    chosen = {name: draw.choice(ways) for name in activities[ACTIVITY]}
    activities["title"] = [
        _retold(title, names.get(venue, ""), chosen[name], draw)
        for name, title, venue in zip(activities[ACTIVITY], activities["title"], activities[VENUE], strict=True)
    ]
    age = np.array([chosen[name] == "another age" for name in activities[ACTIVITY]])
    activities.loc[age, ["age_min", "age_max"]] = [[40.0, 60.0]]
    hour = np.array([chosen[name] == "another hour" for name in sessions[ACTIVITY]])
    shift = np.where(hour, 5 * 3600, 60 * np.array([draw.randrange(3) for _ in range(len(sessions))]))
    sessions["start"], sessions["end"] = sessions["start"] + shift, sessions["end"] + shift
    # A day without an hour is open all day: five hours later is not another time.
    sessions.loc[hour, "drop_in"] = 0.0
    venues["lat"] = venues["lat"] + 0.0004
    far = venues.assign(**{VENUE: venues[VENUE] + "-far", "lat": venues["lat"] + 0.05})
    moved = [chosen[name] == "another place" for name in activities[ACTIVITY]]
    activities.loc[moved, VENUE] = activities.loc[moved, VENUE] + "-far"
    for frame, keys in ((activities, (ACTIVITY,)), (sessions, (ACTIVITY, SESSION))):
        for key in keys:
            frame[key] = "copy-" + frame[key]
    all_venues = np.concatenate([venues.to_numpy(object), far.to_numpy(object)])
    both = venues.iloc[:0].reindex(range(len(all_venues)))
    for place, name in enumerate(venues.columns):
        both[name] = list(all_venues[:, place])
    return replace(
        tables, activities=activities, sessions=sessions, venues=both.astype(venues.dtypes.to_dict())
    ), chosen


def measure(root: Path, seed: int = 0) -> list[tuple[str, int, int, int]]:
    """For each way: activities with a place told so, found to be the same, and merged with another than their original."""
    tables = madrid.read(root / "madrid" / "agenda-eventos-culturales-100_2022-01.csv")
    said = tables.activities[ACTIVITY][tables.activities["age_min"].notna()]
    rows = []
    for ways in (SAME, OTHER):
        copied, chosen = copy_of(tables, ways, seed)
        found = [(pair.first, pair.second.removeprefix("copy-")) for pair in pairs(tables, copied) if not pair.why_not]
        placed = set(tables.activities[ACTIVITY][tables.activities[VENUE] != ""])
        for way in ways:
            told = {name for name, how in chosen.items() if how == way and name in placed}
            told &= set(said) if way == "another age" else told
            same = sum(first == second and second in told for first, second in found)
            wrong = sum(first != second and second in told for first, second in found)
            rows.append((way, len(told), same, wrong))
    return rows
