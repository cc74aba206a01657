"""A second and a third route that really are different, and still good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recommender.city import Bool
from recommender.routing.problem import Problem
from recommender.routing.searching import Found, Search, best_of, worth
from recommender.routing.telling import Days

LEAST_WORTH = 0.6
"""An alternative that brings less than this share of the best route's prize is none."""
TRIES = 3


Stops = frozenset[int]
"""Groups of a problem that a route visits of its own choice."""


def alternatives(found: Found, pinned: Sequence[int], most: int, search: Search) -> list[Days]:
    """The best route, and behind it the best of those that share at most half of their stops with each one before.

    Parameters
    ----------
    pinned : sequence of int
        Activities that every route must hold: they do not count as shared.
    most : int
        So many routes at most; fewer where the others are bad.

    Returns
    -------
    list of routes, best first; empty when there is none.
    """
    if found.days is None:
        return []
    posed, routes, best = found.posed, [found.days], worth(found.posed, found.days)
    own = np.isin(posed.visits.activity[posed.kept], pinned, invert=True)
    before = [_chosen(posed.problem, own, found.days)]
    while len(routes) < most and before[0]:
        days = _different(found, own, before, search)
        if days is None or worth(posed, days) < LEAST_WORTH * best:
            break
        routes.append(days)
        before.append(_chosen(posed.problem, own, days))
    return [routes[0], *sorted(routes[1:], key=lambda days: -worth(posed, days))]


def _chosen(problem: Problem, own: Bool, days: Days) -> Stops:
    return frozenset(int(problem.group[row]) for order in days for row in order if row < len(own) and own[row])


def _different(found: Found, own: Bool, before: Sequence[Stops], search: Search) -> Days | None:
    """The best route of which, and of each earlier one, at least half of the stops are not in the other."""
    problem, limits = found.posed.problem, [len(stops) // 2 for stops in before]
    for _ in range(TRIES):
        days = best_of(found.posed, _sharing(problem, before, limits), search)
        stops = frozenset() if days is None else _chosen(problem, own, days)
        if not stops:
            return None
        tighter = [min(limit, len(stops) // 2) for limit in limits]
        if all(len(stops & earlier) <= limit for earlier, limit in zip(before, tighter, strict=True)):
            return days
        # It is shorter than the earlier ones, so that half of it is less.
        limits = tighter
    return None


def _sharing(problem: Problem, before: Sequence[Stops], limits: Sequence[int]) -> Problem:
    """The problem with a budget for what may be shared with each earlier route."""
    use = np.array([np.isin(problem.group, list(stops)) for stops in before], dtype=np.float64)
    use = use if problem.use is None else np.concatenate([problem.use, use])
    return replace(problem, use=use, limit=np.concatenate([problem.limit, np.array(limits, dtype=np.float64)]))
