"""What a journey is asked to be: weeks, goal, stops that must be there, and how long a search may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from recommender.city import DOMAINS, Int32
from recommender.errors import BadInput

MOST_WEEKS, MOST_PER_WEEK, MOST_STOPS, MOST_ALTERNATIVES = 53, 7, 60, 3


def _no_rows() -> Int32:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True)
class SolveLimit:
    """How much work a search may do.

    Attributes
    ----------
    deterministic : float
        Units of CP-SAT's own work per route, about seconds on a slow core. The same request with the same limit
        gives the same journey, on a busy machine too.
    seconds : float or None
        Wall time for the whole answer; where it cuts in, ``Routes.cut`` says so. None: no cap.
    clock : callable or None
        Seconds of a clock that does not go back. None: only solving itself counts, by the solver's own clock.

    Raises
    ------
    BadInput
        When a limit is not above 0.
    """

    deterministic: float = 0.8
    seconds: float | None = None
    clock: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        for name in ("deterministic", "seconds"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value > 0):
                raise BadInput(f"{name}: {value} is not above 0")


@dataclass(frozen=True, eq=False)
class JourneyWish:
    """A route of several weeks along start, core and finish.

    Attributes
    ----------
    begins : int
        Seconds since 1970 UTC. The week in which it lies, Monday to Sunday on the city's own clocks, is week 0;
        nothing is planned before it.
    weeks, sessions_per_week : int
    min_domains : int
        So many different domains, at least.
    theme, line : int or None
        The goal, as a row of the catalogue. One goal at most, badge included.
    badge : str
        The goal, as a badge to earn; ``""`` for none.
    rest_weeks : tuple of int
        Weeks without anything, counted from 0.
    holidays : tuple of (int, int)
        From and until, seconds since 1970 UTC: nothing that overlaps one is planned.
    pinned, excluded : int32
        Activity rows that must and must not be in it.
    max_price : float or None
        Euros for the whole journey; an activity of unknown price is then left out.
    min_stops, max_stops : int
        ``max_stops`` None: as many as the weeks allow.
    alternatives : int
        So many routes at most, the best one included.

    Raises
    ------
    BadInput
        When a value is outside its range, or two of them contradict.
    """

    begins: int
    weeks: int = 8
    sessions_per_week: int = 1
    min_domains: int = 2
    theme: int | None = None
    line: int | None = None
    badge: str = ""
    rest_weeks: tuple[int, ...] = ()
    holidays: tuple[tuple[int, int], ...] = ()
    pinned: Int32 = field(default_factory=_no_rows)
    excluded: Int32 = field(default_factory=_no_rows)
    max_price: float | None = None
    min_stops: int = 1
    max_stops: int | None = None
    alternatives: int = 2

    def __post_init__(self) -> None:
        _between("weeks", self.weeks, 1, MOST_WEEKS)
        _between("sessions_per_week", self.sessions_per_week, 1, MOST_PER_WEEK)
        _between("min_domains", self.min_domains, 0, len(DOMAINS))
        _between("min_stops", self.min_stops, 1, MOST_STOPS)
        if self.max_stops is not None:
            _between("max_stops", self.max_stops, self.min_stops, MOST_STOPS)
        _between("alternatives", self.alternatives, 1, MOST_ALTERNATIVES)
        for week in self.rest_weeks:
            _between("rest_weeks", week, 0, self.weeks - 1)
        for start, end in self.holidays:
            if end <= start:
                raise BadInput(f"holidays: one from {start} until {end} ends before it starts")
        if self.max_price is not None and not (isfinite(self.max_price) and self.max_price >= 0):
            raise BadInput(f"max_price: {self.max_price} is not an amount of 0 or more")
        for name in ("pinned", "excluded"):
            if (getattr(self, name) < 0).any():
                raise BadInput(f"{name}: holds a row below 0; rows of the catalogue are expected")
        both = np.intersect1d(self.pinned, self.excluded)
        if len(both):
            raise BadInput(f"pinned and excluded: activity row {both[0]} stands in both")
        if (self.theme is not None) + (self.line is not None) + bool(self.badge) > 1:
            raise BadInput("goal: one theme, one line or one badge is expected, not several")

    @property
    def span(self) -> tuple[int, int]:
        """From the beginning to a moment at which the last week is over, seconds since 1970 UTC."""
        return self.begins, self.begins + (self.weeks * 7 + 1) * 86_400


def _between(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadInput(f"{name}: {value} is not from {low} to {high}")
