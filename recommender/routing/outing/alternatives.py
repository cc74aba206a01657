"""A second and a third route that really are different, and still good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from recommender.city import Bool
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.posing import Posed
from recommender.routing.outing.searching import Found, Search, best_of
from recommender.routing.problem import Problem

LEAST_WORTH = 0.6
"""An alternative that brings less than this share of the best route's prize is none."""
TRIES = 3


Stops = frozenset[int]
"""Groups of a problem that a route visits of its own choice."""


def alternatives(asked: Asked, best: Found, search: Search) -> list[Found]:
    """The best route, and behind it the best of those that share at most half of their stops with each one before.

    Stops that the wish pins do not count as shared. There are fewer routes than asked for where the others are bad.

    Returns
    -------
    list of Found, best first; empty when there is no route.
    """
    if best.days is None:
        return []
    routes = [best]
    own = np.isin(best.posed.visits.activity[best.posed.kept], asked.pinned, invert=True)
    while len(routes) < asked.wish.alternatives and _chosen(best, own):
        other = _different(asked, best.posed, own, [_chosen(route, own) for route in routes], search)
        if other is None or other.worth < LEAST_WORTH * best.worth:
            break
        routes.append(other)
    return [best, *sorted(routes[1:], key=lambda route: -route.worth)]


def _chosen(found: Found, own: Bool) -> Stops:
    return frozenset(int(found.posed.problem.group[row]) for row in found.made if own[row])


def _different(asked: Asked, posed: Posed, own: Bool, before: Sequence[Stops], search: Search) -> Found | None:
    """The best route of which, and of each earlier one, at least half of the stops are not in the other."""
    limits = [len(stops) // 2 for stops in before]
    for _ in range(TRIES):
        found = best_of(asked, posed, search, partial(_sharing, before=before, limits=limits))
        stops = _chosen(found, own)
        if not stops:
            return None
        tighter = [min(limit, len(stops) // 2) for limit in limits]
        if all(len(stops & earlier) <= limit for earlier, limit in zip(before, tighter, strict=True)):
            return found
        # It is shorter than the earlier ones, so that half of it is less.
        limits = tighter
    return None


def _sharing(problem: Problem, before: Sequence[Stops], limits: Sequence[int]) -> Problem:
    """The problem with a budget for what may be shared with each earlier route."""
    use = np.array([np.isin(problem.group, list(stops)) for stops in before], dtype=np.float64)
    use = use if problem.use is None else np.concatenate([problem.use, use])
    return replace(problem, use=use, limit=np.concatenate([problem.limit, np.array(limits, dtype=np.float64)]))
