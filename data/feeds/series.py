"""From "every Tuesday until June, except the 15th" to dated sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from recommender.errors import BadInput

ASSUMED_LENGTH = timedelta(hours=2)
ASSUMED_OPEN, ASSUMED_CLOSE = time(10), time(20)
LONGEST = timedelta(days=20 * 366)
MOST_SESSIONS = 200
NO_END = "no end is given: two hours are assumed"
BACKWARDS = "an end not before the start"
NO_HOUR = "no hour is given: a drop-in from 10:00 to 20:00 is assumed"


@dataclass(frozen=True)
class Occurrence:
    """One dated session: local start and end with offset; ``drop_in`` when one may come whenever between them.

    ``origin`` names, per column of a session, what was assumed.
    """

    start: datetime
    end: datetime
    drop_in: bool
    status: str = "scheduled"
    origin: Mapping[str, str] = field(default_factory=dict)


def between(
    start: datetime | date, end: datetime | date | None, zone: ZoneInfo, length: timedelta | None = None
) -> Occurrence:
    """The session between two moments or days, of which the end may not be known.

    A day without an hour, or one that starts and ends at midnight, is a drop-in from 10:00 to 20:00. Without an end
    it lasts ``length``, or two hours when that is not known either.

    Raises
    ------
    BadInput
        When it ends before it starts, or lasts more than twenty years.
    """
    if not isinstance(start, datetime) or (start.time() == time() and end in (None, start) and not length):
        first = start.date() if isinstance(start, datetime) else start
        last = end.date() if isinstance(end, datetime) else end or first
        found = Occurrence(
            datetime.combine(first, ASSUMED_OPEN, zone),
            datetime.combine(max(first, last), ASSUMED_CLOSE, zone),
            True,
            origin={"start": NO_HOUR, "end": NO_HOUR},
        )
        if last < first:
            raise BadInput(BACKWARDS)
    elif isinstance(end, datetime) and end != start:
        whole_days = start.time() == time() and end.time() >= time(23, 59)
        found = Occurrence(start, end, whole_days)
    elif end is not None and not isinstance(end, datetime) and end > start.date():
        found = Occurrence(start, datetime.combine(end, ASSUMED_CLOSE, zone), False, origin={"end": NO_END})
    else:
        # Through UTC: two hours stay two hours when the clock changes.
        last_moment = (start.astimezone(UTC) + (length or ASSUMED_LENGTH)).astimezone(zone)
        found = Occurrence(start, last_moment, False, origin={} if length else {"end": NO_END})
    if found.end < found.start:
        raise BadInput(BACKWARDS)
    if found.end - found.start > LONGEST:
        raise BadInput("an end within twenty years of the start")
    return found


def near(found: Sequence[Occurrence], now: datetime) -> list[Occurrence]:
    """At most ``MOST_SESSIONS`` of them, given in order: the next ones, and where those are fewer, the last before."""
    ahead = [session for session in found if session.end >= now][:MOST_SESSIONS]
    behind = [session for session in found if session.end < now]
    room = MOST_SESSIONS - len(ahead)
    return (behind[-room:] if room else []) + ahead


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
                Occurrence(
                    datetime.combine(day, ASSUMED_OPEN, zone),
                    datetime.combine(day, ASSUMED_CLOSE, zone),
                    True,
                    origin={"start": NO_HOUR, "end": NO_HOUR},
                )
                for day in self.days()
            ]
        # Through UTC: an hour that the clock skips in March moves on, and two hours stay two hours.
        starts = (datetime.combine(day, self.at, zone).astimezone(UTC) for day in self.days())
        return [
            Occurrence(start.astimezone(zone), (start + ASSUMED_LENGTH).astimezone(zone), False, origin={"end": NO_END})
            for start in starts
        ]
