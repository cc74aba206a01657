"""From "every Tuesday until June, except the 15th" to dated sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from recommender.errors import BadInput

ASSUMED_LENGTH = timedelta(hours=2)
ASSUMED_OPEN, ASSUMED_CLOSE = time(10), time(20)
LONGEST = timedelta(days=20 * 366)


@dataclass(frozen=True)
class Occurrence:
    """One dated session: local start and end with offset; ``drop_in`` when the hour is not known."""

    start: datetime
    end: datetime
    drop_in: bool


@dataclass(frozen=True)
class Series:
    """When something takes place, in local time.

    Attributes
    ----------
    first, last : date
    at : time or None
        The hour it starts, None when nobody says.
    weekdays : frozenset of int
        0 is Monday. Empty: on the first day only.
    every : int
        Each week, or each so many weeks.
    excluded : frozenset of date

    Raises
    ------
    BadInput
        When it ends before it starts, or lasts more than twenty years.
    """

    first: date
    last: date
    at: time | None = None
    weekdays: frozenset[int] = frozenset()
    every: int = 1
    excluded: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadInput(f"a last day not before {self.first}")
        if self.last - self.first > LONGEST:
            raise BadInput(f"a last day within twenty years of {self.first}")
        if self.every < 1:
            raise BadInput("an interval of at least one week")

    def days(self) -> list[date]:
        """The days on which it takes place, in order."""
        if not self.weekdays:
            return [] if self.first in self.excluded else [self.first]
        monday = self.first - timedelta(days=self.first.weekday())
        span = (self.first + timedelta(days=day) for day in range((self.last - self.first).days + 1))
        return [
            day
            for day in span
            if day.weekday() in self.weekdays
            and day not in self.excluded
            and (day - monday).days // 7 % self.every == 0
        ]

    def occurrences(self, zone: ZoneInfo) -> list[Occurrence]:
        """Its sessions. The length is assumed: two hours from a known hour, else the opening hours of a day."""
        if self.at is None:
            return [
                Occurrence(datetime.combine(day, ASSUMED_OPEN, zone), datetime.combine(day, ASSUMED_CLOSE, zone), True)
                for day in self.days()
            ]
        # Through UTC: an hour that the clock skips in March moves on, and two hours stay two hours.
        starts = (datetime.combine(day, self.at, zone).astimezone(UTC) for day in self.days())
        return [
            Occurrence(start.astimezone(zone), (start + ASSUMED_LENGTH).astimezone(zone), False) for start in starts
        ]
