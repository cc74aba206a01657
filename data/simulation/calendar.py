"""Seasons, school holidays and days off of a simulated town, and local hours as moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from dateutil.easter import easter  # type: ignore[import-untyped]

from recommender.city import Int64

NAMES = {3: "spring", 6: "summer", 9: "autumn", 12: "winter"}
# The south of the Netherlands, rounded to the same days every year: first and last day as (month, day).
HOLIDAYS = (
    ((2, 14), (2, 22)),
    ((4, 25), (5, 3)),
    ((7, 8), (8, 20)),
    ((10, 11), (10, 19)),
    ((12, 20), (12, 31)),
    ((1, 1), (1, 4)),
)
_OFF = ((1, 1), (4, 27), (5, 5), (12, 5), (12, 24), (12, 25), (12, 26), (12, 31))
DARK = {1: "18:30", 2: "19:00", 3: "19:30", 4: "20:45", 5: "21:30", 6: "22:00", 7: "22:00", 8: "21:15"}
DARK |= {9: "20:15", 10: "19:30", 11: "18:30", 12: "18:00"}
ZONE = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class Season:
    """One season: ``start`` is its first day, ``end`` the first day after it; ``number`` counts from 0."""

    number: int
    name: str
    start: date
    end: date

    def days(self) -> Iterator[date]:
        """Its days on which anything takes place."""
        day = self.start
        while day < self.end:
            if not day_off(day):
                yield day
            day += timedelta(1)


def seasons(first: str, count: int) -> tuple[Season, ...]:
    """Seasons of three months, one after another.

    Parameters
    ----------
    first : str
        Year and month, ``2025-06``.
    count : int
    """
    year, month = (int(part) for part in first.split("-"))
    starts = [date(year + (month + 3 * i - 1) // 12, (month + 3 * i - 1) % 12 + 1, 1) for i in range(count + 1)]
    return tuple(Season(i, NAMES[starts[i].month], starts[i], starts[i + 1]) for i in range(count))


def school_holiday(day: date) -> bool:
    """Whether children are free from school all week."""
    return any(low <= (day.month, day.day) <= high for low, high in HOLIDAYS)


def day_off(day: date) -> bool:
    """Whether nothing takes place in town."""
    around_easter = (day - easter(day.year)).days
    return (day.month, day.day) in _OFF or around_easter in (0, 1, 39, 49, 50)


def moment(day: date, clock: str, zone: ZoneInfo = ZONE) -> int:
    """Seconds since 1970 UTC of a local hour such as ``"15:30"``."""
    return int(datetime.combine(day, time.fromisoformat(clock), zone).timestamp())


def daily(since: int, until: int, clock: str, zone: ZoneInfo) -> Int64:
    """One moment a day at a local hour, from the day of ``since`` up to but not including ``until``.

    Returns
    -------
    int64, shape (n_days,), seconds since 1970 UTC
    """
    day, found = datetime.fromtimestamp(since, zone).date(), []
    while (now := moment(day, clock, zone)) < until:
        found.append(now)
        day += timedelta(1)
    return np.array(found, dtype=np.int64)


def midway(season: Season, share: float) -> int:
    """Noon of the day on which a share of the season has passed, seconds since 1970 UTC."""
    passed = round((season.end - season.start).days * share)
    return moment(season.start + timedelta(passed), "12:00")
