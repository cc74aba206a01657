"""Entries of a city's agenda to validated tables: merged into activities, dated, mapped to themes, counted."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.columns import ACTIVITIES, SESSIONS, VENUES, Table
from data.feeds.mapping import CategoryMapping
from data.feeds.series import Occurrence, Series
from data.feeds.spanish import plain, status
from data.tables import QUARANTINE_COLUMNS, CitySettings, Tables
from data.validation import validate
from data.values import shortest

MOST_SESSIONS = 200
MORNING = time(7)


@dataclass(frozen=True)
class Rejected:
    """An entry, or one field of it, that cannot be used: a line for quarantine."""

    line: int
    field: str
    value: str
    expected: str
    record: str


@dataclass(frozen=True)
class Entry:
    """One entry of the agenda, in our words. Texts are ``""`` and numbers NaN where not known.

    ``accessible`` is ``"true"``, ``"false"`` or ``""``; ``family`` whether families are named as its public.
    """

    line: int
    id: str
    title: str
    description: str
    category: str
    family: bool
    price: float
    ages: tuple[float, float]
    venue: str
    district: str
    lat: str
    lon: str
    accessible: str
    language: str
    when: Series

    @property
    def same(self) -> tuple[object, ...]:
        """Entries with equal values here are sessions of one activity."""
        return plain(self.title), self.venue, self.category, shortest(self.price), *map(shortest, self.ages)


def slug(text: str) -> str:
    """An id made of a name: ``Biblioteca Ángel González (Latina)`` → ``biblioteca-angel-gonzalez-latina``."""
    return re.sub("[^a-z0-9]+", "-", plain(text)).strip("-")


def _known(number: float) -> str:
    return "" if math.isnan(number) else shortest(round(number, 2))


def published(entries: Sequence[Entry]) -> date | None:
    """The day the agenda came out: that of its first single event (an agenda drops what is over), else None."""
    single = [entry.when.first for entry in entries if not entry.when.weekdays]
    return min(single or [entry.when.first for entry in entries], default=None)


def _venue(entry: Entry, mapping: CategoryMapping) -> dict[str, str]:
    return {
        "venue_id": slug(entry.venue),
        "name": entry.venue,
        "domain": mapping.domain(entry.venue),
        "lat": entry.lat,
        "lon": entry.lon,
        "area": entry.district,
        "accessible": entry.accessible,
    }


def _near(found: list[Occurrence], now: datetime) -> list[Occurrence]:
    """At most ``MOST_SESSIONS``: the next ones, and where those are fewer, the last ones before."""
    ahead = [session for session in found if session.end >= now][:MOST_SESSIONS]
    behind = [session for session in found if session.end < now]
    room = MOST_SESSIONS - len(ahead)
    return (behind[-room:] if room else []) + ahead


def _validated(
    table: Table, rows: list[dict[str, str]], lines: list[int], source: str, known: dict[str, set[str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.DataFrame(rows, columns=list(table.names), dtype="str")
    return validate(table, frame, source, known, lines=np.array(lines, dtype=np.int64))


def tables_from(
    entries: Sequence[Entry],
    rejected: Iterable[Rejected],
    mapping: CategoryMapping,
    city: CitySettings,
    source: str,
) -> Tables:
    """Validated tables of an agenda; ``as_of`` becomes the morning of the day it was published.

    Parameters
    ----------
    entries : sequence of Entry
        In the order of the file.
    rejected : iterable of Rejected
        What could not be read, for quarantine.
    mapping : CategoryMapping
        The city's themes, and what its categories, words and venue names mean.
    city : CitySettings
        Without ``as_of``.
    source : str
        File name, for quarantine and notes.
    """
    zone = ZoneInfo(city.time_zone)
    day = published(entries)
    now = datetime.combine(day or date(1970, 1, 1), MORNING, zone)
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.same, []).append(entry)

    count: Counter[str] = Counter()
    unmapped: Counter[str] = Counter()
    venues: dict[str, tuple[dict[str, str], int]] = {}
    activities, sessions = [], []
    activity_lines, session_lines = [], []
    for group in groups.values():
        head = group[0]
        themes, form = mapping.of_category(head.category)
        if not themes:
            unmapped[head.category or "(none)"] += 1
            themes, word_form = mapping.of_words("title", head.title)
            form = form or word_form
            count["themes from words in the title"] += bool(themes)
            if not themes:
                themes, _ = mapping.of_words("venue", head.venue)
                count["themes from the name of the venue"] += bool(themes)
            count["without theme"] += not themes
        if head.venue:
            venues.setdefault(slug(head.venue), (_venue(head, mapping), head.line))
        count["without age"] += all(map(math.isnan, head.ages))
        count["without price"] += math.isnan(head.price)
        activities.append(
            {
                "activity_id": head.id,
                "title": head.title,
                "description": max((entry.description for entry in group), key=len),
                "language": head.language,
                "themes": themes,
                "venue_id": slug(head.venue),
                "age_min": _known(head.ages[0]),
                "age_max": _known(head.ages[1]),
                "price": _known(head.price),
                "form": form,
                "company": "family" if any(entry.family for entry in group) else "",
            }
        )
        activity_lines.append(head.line)

        dated = {found.start: (found, entry) for entry in reversed(group) for found in entry.when.occurrences(zone)}
        kept = _near([found for _, (found, _) in sorted(dated.items())], now)
        count["further sessions left out"] += len(dated) - len(kept)
        count["sessions with an assumed end"] += sum(not found.drop_in for found in kept)
        count["sessions without an hour"] += sum(found.drop_in for found in kept)
        for found in kept:
            entry = dated[found.start][1]
            sessions.append(
                {
                    "session_id": f"{entry.id}-{found.start:%Y%m%dT%H%M}",
                    "activity_id": head.id,
                    "start": found.start.isoformat(),
                    "end": found.end.isoformat(),
                    "status": status(head.title),
                    "drop_in": "true" if found.drop_in else "false",
                }
            )
            session_lines.append(entry.line)

    known: dict[str, set[str]] = {"themes": set(mapping.themes["theme_id"])}
    venue_rows = list(venues.values())
    frames: dict[str, pd.DataFrame] = {}
    lost = [_lines(rejected, source)]
    for table, rows, lines in (
        (VENUES, [row for row, _ in venue_rows], [line for _, line in venue_rows]),
        (ACTIVITIES, activities, activity_lines),
        (SESSIONS, sessions, session_lines),
    ):
        frames[table.name], problems = _validated(table, rows, lines, source, known)
        known[table.name] = set(frames[table.name][table.key[0]])
        lost.append(problems)

    count["venues without a domain"] = int((frames["venues"]["domain"] == "").sum())
    head_line = f"{source}: {len(entries)} entries became {len(activities)} activities with {len(sessions)} sessions"
    notes = [head_line, *(f"{source}: {what}: {number}" for what, number in count.items() if number)]
    if unmapped:
        words = ", ".join(f"{name} {number}" for name, number in unmapped.most_common())
        notes.append(f"{source}: activities in categories without a theme of their own: {words}")
    return Tables(
        city=replace(city, as_of=int(now.timestamp()) if day else None),
        themes=mapping.themes,
        venues=frames["venues"],
        activities=frames["activities"],
        sessions=frames["sessions"],
        quarantine=pd.concat(lost, ignore_index=True),
        notes=tuple(notes),
    )


def _lines(rejected: Iterable[Rejected], source: str) -> pd.DataFrame:
    rows = [(source, str(bad.line), bad.field, bad.value, bad.expected, bad.record) for bad in rejected]
    return pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS), dtype="str")
