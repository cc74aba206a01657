"""Opening hours of a week with its exceptions: as OpenStreetMap text, and as dated drop-ins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.feeds.records import Odd, UnusableError
from data.feeds.said import clock, listed, required
from data.feeds.series import Occurrence
from recommender.errors import BadInput

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
HOLIDAYS = "publicholidays"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST = timedelta(days=20 * 366)

Spans = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Deviation:
    """Days on which other hours hold; ``hours`` by weekday, none at all when it is closed."""

    first: date
    last: date
    hours: Mapping[int, Spans] = field(default_factory=dict)


@dataclass(frozen=True)
class Hours:
    """When something is open.

    Attributes
    ----------
    week : mapping of weekday (0 is Monday) to spans
        A span that closes at or before its opening closes the next day.
    exceptions : sequence of Deviation
        A later one wins.
    """

    week: Mapping[int, Spans] = field(default_factory=dict)
    exceptions: Sequence[Deviation] = ()

    def __bool__(self) -> bool:
        return bool(self.week) or any(exception.hours for exception in self.exceptions)

    def on(self, day: date) -> Spans:
        """The spans of one day."""
        for exception in reversed(self.exceptions):
            if exception.first <= day <= exception.last:
                return exception.hours.get(day.weekday(), ())
        return self.week.get(day.weekday(), ())

    def osm(self) -> str:
        """In OpenStreetMap syntax: ``Mo-Fr 09:00-12:00,13:00-18:00; Sa 10:00-14:00; 2026 Dec 25 off``."""
        rules = [f"{days} {_text(spans)}" for days, spans in _runs(self.week)]
        for exception in self.exceptions:
            when = _dates(exception.first, exception.last)
            rules.append(f"{when} off")
            rules += [f"{when} {days} {_text(spans)}" for days, spans in _runs(exception.hours)]
        return "; ".join(rules)

    def drop_ins(self, first: date, last: date, zone: ZoneInfo) -> list[Occurrence]:
        """Every open span between two days as a drop-in session.

        Raises
        ------
        BadInput
            When the days are more than twenty years apart, or in the wrong order.
        """
        if not timedelta(0) <= last - first <= _LONGEST:
            raise BadInput("a last day not before the first, and within twenty years of it")
        found = []
        for ahead in range((last - first).days + 1):
            day = first + timedelta(days=ahead)
            for opens, closes in self.on(day):
                end = day if closes > opens else day + timedelta(days=1)
                found.append(
                    Occurrence(datetime.combine(day, opens, zone), datetime.combine(end, closes, zone), True)
                )  # fmt: skip
        return found


def _text(spans: Spans) -> str:
    return ",".join(f"{opens:%H:%M}-{'24:00' if closes == time() else f'{closes:%H:%M}'}" for opens, closes in spans)


def _runs(week: Mapping[int, Spans]) -> list[tuple[str, Spans]]:
    """Neighbouring days with equal hours as one: ``Mo-Fr``."""
    runs: list[tuple[int, int, Spans]] = []
    for day in sorted(day for day in week if week[day]):
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == week[day]:
            runs[-1] = (runs[-1][0], day, week[day])
        else:
            runs.append((day, day, week[day]))
    return [(SHORT[low] if low == high else f"{SHORT[low]}-{SHORT[high]}", spans) for low, high, spans in runs]


def _dates(first: date, last: date) -> str:
    low = f"{first.year} {_MONTHS[first.month - 1]} {first.day:02d}"
    high = f"{last.year} {_MONTHS[last.month - 1]} {last.day:02d}"
    return low if first == last else f"{low}-{high}"


def week_of(field: str, rows: Any, odd: Odd) -> dict[int, Spans]:
    """The week out of a list of objects with ``dayOfWeek``, ``opens`` and ``closes`` (schema.org, UiTdatabank).

    A line that cannot be read costs only itself. Public holidays are left out: which days they are is not said.
    """
    week: dict[int, list[tuple[time, time]]] = {}
    for row in listed(rows):
        try:
            opens, closes = clock(f"{field}.opens", row.get("opens")), clock(f"{field}.closes", row.get("closes"))
            names = [required(f"{field}.dayOfWeek", day) for day in listed(row.get("dayOfWeek"))]
            days = [name.rpartition("/")[2].rpartition("#")[2].lower() for name in names]
            if not days or not set(days) <= {*WEEK, HOLIDAYS}:
                raise UnusableError(f"{field}.dayOfWeek", ", ".join(names), f"days out of {', '.join(WEEK)}")
        except UnusableError as bad:
            odd.append(bad.without())
            continue
        for day in days:
            if day != HOLIDAYS:
                week.setdefault(WEEK.index(day), []).append((opens, closes))
    return {day: tuple(sorted(set(spans))) for day, spans in week.items()}
