"""What an outing is asked to be: when, how much, with which stops and pauses."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

import numpy as np

from recommender.city import DOMAINS, Int32, Place
from recommender.errors import BadInput

MOST_DAYS, MOST_STOPS, MOST_ALTERNATIVES, MOST_PAUSES = 14, 20, 5, 10
DAY_MINUTES = 1440.0
LONGER = 4 * 3600
"""Seconds by which days are made longer at both ends, to see whether time is what is missing."""


def _no_rows() -> Int32:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True)
class Pause:
    """A rest, wherever one is then: it begins between ``opens`` and ``closes`` (seconds since 1970 UTC).

    Raises
    ------
    BadInput
        When ``closes`` lies before ``opens``, or it takes no time.
    """

    opens: int
    closes: int
    minutes: float

    def __post_init__(self) -> None:
        if self.closes < self.opens:
            raise BadInput(f"pauses: one that begins from {self.opens} to {self.closes} ends before it starts")
        if not 0 < self.minutes <= DAY_MINUTES:
            raise BadInput(f"pauses: {self.minutes} minutes is not above 0 and at most {DAY_MINUTES:g}")


@dataclass(frozen=True, eq=False)
class OutingWish:
    """A route of one day part, or of several.

    Attributes
    ----------
    days : tuple of (from, until)
        Every day part, ascending, seconds since 1970 UTC: leave no sooner, be at the end no later.
    end : Place or None
        Where every day ends. None: where it started.
    max_stops : int
        Visits over all days together; pauses do not count.
    max_price : float or None
        Euros for the learner, all stops together; an activity of unknown price is then left out.
    min_domains : int
        So many different domains, at least.
    pauses : tuple of Pause
    pinned, excluded : int32
        Activity rows that must and must not be in it.
    pinned_sessions : int32
        Session rows that must be in it.
    visit_minutes : float
        How long one stays at a drop-in session that lasts longer than that.
    alternatives : int
        So many routes at most, the best one included.

    Raises
    ------
    BadInput
        When a value is outside its range, or two of them contradict.
    """

    days: tuple[tuple[int, int], ...]
    end: Place | None = None
    max_stops: int = 4
    max_price: float | None = None
    min_domains: int = 0
    pauses: tuple[Pause, ...] = ()
    pinned: Int32 = field(default_factory=_no_rows)
    pinned_sessions: Int32 = field(default_factory=_no_rows)
    excluded: Int32 = field(default_factory=_no_rows)
    visit_minutes: float = 60.0
    alternatives: int = 3

    @property
    def span(self) -> tuple[int, int]:
        """From when until when opening hours are of use: an answer may say that longer days would help."""
        return self.days[0][0] - LONGER, self.days[-1][1] + LONGER

    def __post_init__(self) -> None:
        _between("days", len(self.days), 1, MOST_DAYS)
        for opens, closes in self.days:
            if closes <= opens:
                raise BadInput(f"days: until {closes} is not after from {opens}")
            if closes - opens > DAY_MINUTES * 60:
                raise BadInput(f"days: from {opens} until {closes} is more than 24 hours; give every day on its own")
        for (_, before), (after, _) in pairwise(self.days):
            if after < before:
                raise BadInput(f"days: the one from {after} begins before the one before it ends, at {before}")
        _between("max_stops", self.max_stops, 1, MOST_STOPS)
        _between("min_domains", self.min_domains, 0, len(DOMAINS))
        _between("alternatives", self.alternatives, 1, MOST_ALTERNATIVES)
        _between("pauses", len(self.pauses), 0, MOST_PAUSES)
        if self.max_price is not None and not (isfinite(self.max_price) and self.max_price >= 0):
            raise BadInput(f"max_price: {self.max_price} is not an amount of 0 or more")
        if not 0 < self.visit_minutes <= DAY_MINUTES:
            raise BadInput(f"visit_minutes: {self.visit_minutes} is not above 0 and at most {DAY_MINUTES:g}")
        for name in ("pinned", "pinned_sessions", "excluded"):
            if (getattr(self, name) < 0).any():
                raise BadInput(f"{name}: holds a row below 0; rows of the catalogue are expected")
        both = np.intersect1d(self.pinned, self.excluded)
        if len(both):
            raise BadInput(f"pinned and excluded: activity row {both[0]} stands in both")
        if self.end is not None and not (abs(self.end.lat) <= 90 and abs(self.end.lon) <= 180):
            raise BadInput(f"end: {self.end.lat}, {self.end.lon} is no place on earth, in degrees")
        for pause in self.pauses:
            if not any(pause.opens < closes and opens <= pause.closes for opens, closes in self.days):
                raise BadInput(f"pauses: one that begins from {pause.opens} to {pause.closes} lies in none of the days")


def _between(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadInput(f"{name}: {value} is not from {low} to {high}")
