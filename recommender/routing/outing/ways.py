"""The ways of a day: when to leave for each stop, and for the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from recommender.routing.outing.asking import Asked
from recommender.routing.outing.posing import Posed, whole_minutes

TIMETABLES = "transit"
"""The one mode whose minutes depend on when one leaves."""
PROBES = 4


@dataclass(frozen=True)
class Way:
    """From place to place, behind the so-manieth stop of the day (None: from the start of the day); ``leave`` in
    seconds since the base.
    """

    start: int
    end: int
    after: int | None
    leave: float
    minutes: float = 0.0

    @property
    def arrive(self) -> float:
        return self.leave + self.minutes * 60


class TooSlow(Exception):
    """A way takes longer at that moment than was reckoned with. ``way`` says how long."""

    def __init__(self, way: Way) -> None:
        super().__init__(f"{way.minutes:g} minutes from place {way.start} to {way.end}")
        self.way = way


@dataclass(frozen=True)
class DayWays:
    """How one gets around on a day.

    Attributes
    ----------
    arrive : tuple of float
        At each stop, pauses included.
    to : tuple of Way or None
        The way to each visit, of no minutes where one is there already. None for a pause: it is taken before one leaves,
        or after one has arrived where the next visit is.
    home : Way
        To the end.
    """

    arrive: tuple[float, ...]
    to: tuple[Way | None, ...]
    home: Way


def ways_of(asked: Asked, posed: Posed, day: int, order: Sequence[int]) -> DayWays:
    """The ways of a day on which something is done.

    Parameters
    ----------
    order : sequence of int
        Rows of the problem.

    Raises
    ------
    TooSlow
        When a timetable has nothing that arrives in time.
    """
    place, free, after = 0, posed.times.day_opens[day], None
    under_way: Way | None = None
    arrive: list[float] = []
    to: list[Way | None] = []
    for at, (row, begin) in enumerate(zip(order, posed.times.unhurried(day, order), strict=True)):
        there = int(posed.place[row])
        if there != place:
            spare = posed.times.spare(day, row, begin)
            under_way = _way(asked, posed, Way(place, there, after, free), begin, spare)
            free = under_way.arrive
        elif after is None:
            free = begin
        arrive.append(free)
        is_pause = row >= len(posed)
        to.append(None if is_pause else under_way or Way(there, there, after, free))
        under_way = under_way if is_pause else None
        place, free, after = there, begin + posed.times.service[row], at
    home = under_way or _home(asked, posed, Way(place, 1, after, free), posed.times.day_closes[day])
    return DayWays(tuple(arrive), tuple(to), home)


def _way(asked: Asked, posed: Posed, way: Way, begin: float, spare: float) -> Way:
    """Leave as late as possible; by a timetable as late as ``PROBES`` questions can tell."""
    takes = float(posed.minutes[way.start, way.end])
    planned = replace(way, leave=max(way.leave, begin - spare - takes * 60), minutes=takes)
    if asked.mode != TIMETABLES:
        return planned
    first = _by_timetable(asked, posed, planned)
    suited = _by_timetable(asked, posed, replace(first, leave=max(way.leave, begin - spare - first.minutes * 60)))
    tried = [first, suited]
    if not any(one.arrive <= begin for one in tried):
        tried.append(_by_timetable(asked, posed, way))
    in_time = [one for one in tried if one.arrive <= begin]
    if not in_time:
        raise TooSlow(tried[-1])
    best = max(in_time, key=lambda one: one.leave)
    late = min((one.leave for one in tried if one.leave > best.leave), default=best.leave)
    for _ in range(PROBES):
        between = (best.leave + late) // 120 * 60
        if not best.leave < between < late:
            break
        one = _by_timetable(asked, posed, replace(way, leave=between))
        best, late = (one, late) if one.arrive <= begin else (best, between)
    return best


def _home(asked: Asked, posed: Posed, way: Way, closes: float) -> Way:
    if asked.mode != TIMETABLES:
        return replace(way, minutes=float(posed.minutes[way.start, way.end]))
    found = _by_timetable(asked, posed, way)
    if found.arrive > closes:
        raise TooSlow(found)
    return found


def _by_timetable(asked: Asked, posed: Posed, way: Way) -> Way:
    """The same way with the minutes that it takes for who leaves at that moment."""
    start, end = np.array([way.start]), np.array([way.end])
    at = asked.base + int(way.leave)
    minutes = asked.travel.between(posed.lat[start], posed.lon[start], posed.lat[end], posed.lon[end], asked.mode, at)
    return replace(way, minutes=float(whole_minutes(asked, minutes)[0, 0]))


def slower(posed: Posed, way: Way) -> Posed:
    """The same problem with a way that takes longer, so that the next search reckons with it."""
    minutes = posed.minutes.copy()
    # One minute more than what was reckoned with, at least: else the same route comes back.
    longer = max(way.minutes, minutes[way.start, way.end] + 1.0)
    minutes[way.start, way.end] = longer if longer < inf else inf
    everywhere = np.concatenate([posed.place, [0, 1]])
    problem = replace(posed.problem, travel=minutes[np.ix_(everywhere, everywhere)] * 60)
    return replace(posed, problem=problem, minutes=minutes)
