"""When each visit of a day begins: as early as the order allows, or without waiting at a closed door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from recommender.city import Float64
from recommender.routing.problem import Problem

SPARE = 300.0
"""Seconds by which to be early where a door opens, or a session begins, at a moment of its own."""

Windows = list[list[list[tuple[float, float]]]]


@dataclass(frozen=True, eq=False)
class Times:
    """The times of a problem as plain lists, which one visit after the other reads faster than arrays.

    ``windows[day][visit]`` ascend; ``travel`` also has the start of a day (row ``n``) and its end (row ``n + 1``).
    """

    windows: Windows
    service: list[float]
    travel: list[list[float]]
    day_opens: list[float]
    day_closes: list[float]

    def earliest(self, day: int, order: Sequence[int]) -> list[float] | None:
        """When each visit begins at the earliest; None when one of them, or the way home, is too late."""
        n, at, found = len(self.service), self.day_opens[day], []
        here, windows = n, self.windows[day]
        for visit in order:
            at = _from(windows[visit], at + self.travel[here][visit])
            if at == inf:
                return None
            found.append(at)
            at += self.service[visit]
            here = visit
        return found if at + self.travel[here][n + 1] <= self.day_closes[day] else None

    def unhurried(self, day: int, order: Sequence[int]) -> list[float]:
        """When each visit begins, for who rather stays longer where they are than waits before a door.

        The last visit begins as early as it can; everything before it as late as it can and still be in time for the
        next, where that one has to be waited for anyway.

        Raises
        ------
        ValueError
            When the order cannot be kept.
        """
        begins = self.earliest(day, order)
        if begins is None:
            raise ValueError(f"day {day}: {list(order)} cannot be visited in this order")
        for place in range(len(order) - 2, -1, -1):
            visit, following = order[place], order[place + 1]
            takes = self.service[visit] + self.travel[visit][following]
            bound = begins[place + 1] - takes - self.spare(day, following, begins[place + 1])
            begins[place] = max(_until(self.windows[day][visit], bound), begins[place])
        return begins

    def spare(self, day: int, visit: int, begin: float) -> float:
        """How early to be: ``SPARE`` where a visit begins at the moment that its window opens, else not at all."""
        return SPARE if any(begin == opens for opens, _ in self.windows[day][visit]) else 0.0


def times_of(problem: Problem) -> Times:
    """The times of a problem."""
    return Times(
        windows=windows_of(problem.opens, problem.closes),
        service=problem.service.tolist(),
        travel=problem.travel.tolist(),
        day_opens=problem.day_opens.tolist(),
        day_closes=problem.day_closes.tolist(),
    )


def windows_of(opens: Float64, closes: Float64) -> Windows:
    """Windows as pairs, per day and visit; those that are no window left out."""
    return [
        [
            [(first, last) for first, last in zip(*window, strict=True) if first <= last]
            for window in zip(*both, strict=True)
        ]
        for both in zip(opens.tolist(), closes.tolist(), strict=True)
    ]


def _from(windows: Sequence[tuple[float, float]], at: float) -> float:
    """The first moment from ``at`` on at which a visit may begin; infinite when there is none."""
    for opens, closes in windows:
        if at <= closes:
            return max(at, opens)
    return inf


def _until(windows: Sequence[tuple[float, float]], at: float) -> float:
    """The last moment up to ``at`` at which a visit may begin; minus infinite when there is none."""
    found = -inf
    for opens, closes in windows:
        if opens <= at:
            found = min(at, closes)
    return found
