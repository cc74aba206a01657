"""Weeks and days on the city's own clocks, and when somebody who drops in could come."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recommender.city import UNKNOWN, Catalogue, Clock, Int64
from recommender.routing.hours import OpenHours
from recommender.routing.journey.wish import JourneyWish

DAY, WEEK = 86_400, 7
SATURDAY, AFTERNOON = 5, 14 * 3600
DOORS = (10 * 3600, 20 * 3600)
"""Seconds of the day between which a door that is said to be always open is visited."""
VISIT = 5400
"""Seconds that a visit lasts where somebody may come and go, or as long as the door is open where that is shorter."""
SHORTEST = 1800
"""A visit that is shorter is not worth the way, unless the session itself is."""


def days_of(clock: Clock, at: Int64) -> Int64:
    """Days since 1 January 1970 on the city's own clocks. Same shape as ``at``."""
    days: Int64 = clock.local(at) // DAY
    return days


def weeks_of(days: Int64) -> Int64:
    """Weeks, Monday to Sunday; 1 January 1970 was a Thursday. Same shape."""
    weeks: Int64 = (days + 3) // WEEK
    return weeks


def moment_of(clock: Clock, local: int) -> int:
    """Seconds since 1970 UTC of a time on the city's own clocks; where they show it twice, one of the two."""
    guess = local - int(clock.local(np.array([local], dtype=np.int64))[0] - local)
    return local - int(clock.local(np.array([guess], dtype=np.int64))[0] - guess)


@dataclass(frozen=True)
class Horizon:
    """The weeks of a journey.

    Attributes
    ----------
    first : int
        Number of the first week since 1970.
    weeks : int
    opens, closes : int
        Seconds since 1970 UTC: from the later of the moment of asking and the beginning, until Monday after the last week.
    midnights : tuple of int
        When each day of the weeks begins, and the day after the last one; seconds since 1970 UTC.
    """

    first: int
    weeks: int
    opens: int
    closes: int
    midnights: tuple[int, ...]

    @property
    def week_ends(self) -> Int64:
        """When each week ends. Shape (weeks,), seconds since 1970 UTC."""
        return np.array(self.midnights[WEEK::WEEK], dtype=np.int64)

    @classmethod
    def of(cls, catalogue: Catalogue, wish: JourneyWish, at: int) -> Horizon:
        """The weeks that a wish speaks of."""
        begins = np.array([wish.begins], dtype=np.int64)
        first = int(weeks_of(days_of(catalogue.clock, begins))[0])
        monday = first * WEEK - 3
        days = range(monday, monday + wish.weeks * WEEK + 1)
        midnights = tuple(moment_of(catalogue.clock, day * DAY) for day in days)
        return cls(first, wish.weeks, max(at, wish.begins), midnights[-1], midnights)


class DropIns:
    """When somebody could come to sessions where one may drop in: one proposal a week, on Saturday and in the afternoon
    where that can be.
    """

    def __init__(self, clock: Clock, horizon: Horizon, hours: OpenHours | None) -> None:
        self._clock, self._horizon, self._hours = clock, horizon, hours
        self._found: dict[tuple[int, int, int, int], list[tuple[int, int, bool]]] = {}

    def visits(self, start: int, end: int, venue: int) -> list[tuple[int, int, bool]]:
        """Begin and end of each proposal, and whether it is known that the door is open then.

        Parameters
        ----------
        start, end : int
            Of the session, seconds since 1970 UTC.
        venue : int
            Row, or ``UNKNOWN``.
        """
        least = min(SHORTEST, end - start)
        start, end = max(start, self._horizon.opens), min(end, self._horizon.closes)
        said = self._hours is not None and venue >= 0 and bool(self._hours.known[venue])
        asked = (start, end, venue if said else UNKNOWN, least)
        if asked not in self._found:
            self._found[asked] = self._proposals(*asked) if start < end else []
        return self._found[asked]

    def _proposals(self, start: int, end: int, venue: int, least: int) -> list[tuple[int, int, bool]]:
        midnights = self._horizon.midnights
        best: dict[int, tuple[tuple[bool, bool], int, int, bool]] = {}
        known = venue != UNKNOWN or end - start <= DAY
        for day in range(max(bisect_right(midnights, start) - 1, 0), len(midnights) - 1):
            if midnights[day] >= end:
                break
            afternoon = self._moment(day, AFTERNOON)
            for opens, closes in self._doors(day, start, end, venue):
                stay = min(VISIT, closes - opens)
                begin = min(max(afternoon, opens), closes - stay)
                rank = (day % WEEK != SATURDAY, begin != afternoon)
                if stay >= least and (day // WEEK not in best or rank < best[day // WEEK][0]):
                    best[day // WEEK] = (rank, begin, begin + stay, known)
        return [(begin, until, sure) for _, begin, until, sure in best.values()]

    def _doors(self, day: int, start: int, end: int, venue: int) -> Iterator[tuple[int, int]]:
        """When the door is open on one day of the weeks, within the session."""
        low, high = max(self._horizon.midnights[day], start), min(self._horizon.midnights[day + 1], end)
        doors = [(low, high)]
        if self._hours is not None and venue != UNKNOWN:
            places = range(*np.searchsorted(self._hours.venue, [venue, venue + 1]).tolist())
            doors = [(int(self._hours.opens[place]), int(self._hours.closes[place])) for place in places]
        elif end - start > DAY:
            doors = [(self._moment(day, DOORS[0]), self._moment(day, DOORS[1]))]
        for opens, closes in doors:
            if max(opens, low) < min(closes, high):
                yield max(opens, low), min(closes, high)

    def _moment(self, day: int, clock: int) -> int:
        return moment_of(self._clock, (self._horizon.first * WEEK - 3 + day) * DAY + clock)
