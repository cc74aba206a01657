"""When each visit of a day begins: as early as the order allows, or without waiting at a closed door."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.routing.problem import Problem

SPARE = 300.0
"""Seconds by which to be early where a door opens, or a session begins, at a moment of its own."""


def earliest(problem: Problem, day: int, order: Sequence[int]) -> list[float] | None:
    """When each visit begins at the earliest.

    Parameters
    ----------
    order : sequence of int
        Rows of the problem.

    Returns
    -------
    list of float or None
        One moment per visit; None when one of them, or the way home, is too late.
    """
    n = len(problem)
    at, here, found = float(problem.day_opens[day]), n, []
    for visit in order:
        at = _from(problem, day, visit, at + float(problem.travel[here, visit]))
        if at == np.inf:
            return None
        found.append(at)
        at, here = at + float(problem.service[visit]), visit
    return found if at + float(problem.travel[here, n + 1]) <= problem.day_closes[day] else None


def unhurried(problem: Problem, day: int, order: Sequence[int]) -> list[float]:
    """When each visit begins, for who rather stays longer where they are than waits before a door.

    The last visit begins as early as it can; everything before it as late as it can and still be in time for the next,
    where that one has to be waited for anyway.

    Raises
    ------
    ValueError
        When the order cannot be kept.
    """
    begins = earliest(problem, day, order)
    if begins is None:
        raise ValueError(f"day {day}: {list(order)} cannot be visited in this order")
    for place in range(len(order) - 2, -1, -1):
        visit, following = order[place], order[place + 1]
        takes = float(problem.service[visit] + problem.travel[visit, following])
        bound = begins[place + 1] - takes - spare(problem, day, following, begins[place + 1])
        begins[place] = max(_until(problem, day, visit, bound), begins[place])
    return begins


def spare(problem: Problem, day: int, visit: int, begin: float) -> float:
    """How early to be: ``SPARE`` where a visit begins at the moment that its window opens, else not at all."""
    return SPARE if (problem.opens[day, visit] == begin).any() else 0.0


def _from(problem: Problem, day: int, visit: int, at: float) -> float:
    """The first moment from ``at`` on at which a visit may begin; infinite when there is none."""
    for opens, closes in zip(problem.opens[day, visit].tolist(), problem.closes[day, visit].tolist(), strict=True):
        if at <= closes:
            return max(at, opens)
    return np.inf


def _until(problem: Problem, day: int, visit: int, at: float) -> float:
    """The last moment up to ``at`` at which a visit may begin; minus infinite when there is none."""
    found = -np.inf
    for opens, closes in zip(problem.opens[day, visit].tolist(), problem.closes[day, visit].tolist(), strict=True):
        if opens <= at:
            found = min(at, closes)
    return found
