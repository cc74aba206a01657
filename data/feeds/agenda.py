"""Entries of a city's agenda to validated tables: merged into activities, dated, mapped to themes, counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from data.feeds.mapping import CategoryMapping
from data.feeds.records import Reading, Rejected, Row
from data.feeds.rows import session_rows
from data.feeds.said import slug
from data.feeds.series import Series, near
from data.feeds.spanish import plain, status
from data.feeds.tabled import tables_of
from data.tables import CitySettings, Tables
from data.values import shortest

MORNING = time(7)


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


def _known(number: float) -> str:
    return "" if math.isnan(number) else shortest(round(number, 2))


def published(entries: Sequence[Entry]) -> date | None:
    """The day the agenda came out: that of its first single event (an agenda drops what is over), else None."""
    single = [entry.when.first for entry in entries if not entry.when.weekdays]
    return min(single or [entry.when.first for entry in entries], default=None)


def _venue(entry: Entry, mapping: CategoryMapping, source: str) -> Row:
    values = {
        "venue_id": slug(entry.venue),
        "name": entry.venue,
        "domain": mapping.domain(entry.venue),
        "lat": entry.lat,
        "lon": entry.lon,
        "area": entry.district,
        "accessible": entry.accessible,
    }
    return Row(source, entry.line, values)


def _activity(group: Sequence[Entry], mapping: CategoryMapping, reading: Reading, source: str) -> Row:
    head = group[0]
    origin = {}
    themes, form = mapping.of_category(head.category)
    if not themes:
        reading.unmapped[head.category or "(none)"] += 1
        themes, word_form = mapping.of_words("title", head.title)
        form = form or word_form
        origin = {"themes": "words in its title"} if themes else {}
        reading.counts["themes from words in the title"] += bool(themes)
        if not themes:
            themes, _ = mapping.of_words("venue", head.venue)
            origin = {"themes": "the name of its venue"} if themes else {}
            reading.counts["themes from the name of the venue"] += bool(themes)
        reading.counts["without theme"] += not themes
    reading.counts["without age"] += all(map(math.isnan, head.ages))
    reading.counts["without price"] += math.isnan(head.price)
    values = {
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
    return Row(source, head.line, values, origin, tuple(f"{source}, {entry.line}" for entry in group[1:]))


def _sessions(group: Sequence[Entry], now: datetime, zone: ZoneInfo, reading: Reading, source: str) -> list[Row]:
    head = group[0]
    dated = {found.start: (found, entry) for entry in reversed(group) for found in entry.when.occurrences(zone)}
    kept = near([found for _, (found, _) in sorted(dated.items())], now)
    reading.counts["further sessions left out"] += len(dated) - len(kept)
    reading.counts["sessions with an assumed end"] += sum(not found.drop_in for found in kept)
    reading.counts["sessions without an hour"] += sum(found.drop_in for found in kept)
    rows = []
    for found in kept:
        entry = dated[found.start][1]
        (row,) = session_rows(head.id, [found], source, entry.line, status(head.title))
        name = f"{entry.id}-{found.start:%Y%m%dT%H%M}"
        rows.append(replace(row, values={**row.values, "session_id": name}))
    return rows


def tables_from(
    entries: Sequence[Entry],
    rejected: Iterable[Rejected],
    mapping: CategoryMapping,
    city: CitySettings,
    source: str,
    records: int = 0,
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
    records : int
        How many records the file held.
    """
    zone = ZoneInfo(city.time_zone)
    day = published(entries)
    now = datetime.combine(day or date(1970, 1, 1), MORNING, zone)
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.same, []).append(entry)
    reading = Reading(records=records, rejected=list(rejected))
    for group in groups.values():
        reading.activities.append(_activity(group, mapping, reading, source))
        reading.sessions += _sessions(group, now, zone, reading, source)
        if group[0].venue:
            reading.venues.append(_venue(group[0], mapping, source))
    head = (
        f"{source}: {len(entries)} entries became {len(reading.activities)} activities with "
        f"{len(reading.sessions)} sessions"
    )
    tables = tables_of(
        reading, mapping, replace(city, as_of=int(now.timestamp()) if day else None), source, head
    )  # fmt: skip
    without = int((tables.venues["domain"] == "").sum())
    return replace(
        tables, notes=(*tables.notes, *([f"{source}: venues without a domain: {without}"] if without else []))
    )
