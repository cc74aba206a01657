"""For a journey that cannot be: the one wish that gains most stops when it is relaxed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from recommender.city import Int32
from recommender.routing.journey.ask import Asked
from recommender.routing.journey.pose import Posed
from recommender.routing.journey.problem import JourneySolution
from recommender.routing.journey.wish import MOST_PER_WEEK, MOST_WEEKS, JourneyWish
from recommender.routing.route import RouteRelaxation

FILTERS = {"price": "free_only", "travel": "travel"}
"""Names of what the filters of a list call differently."""


def relaxation(
    asked: Asked, again: Callable[[JourneyWish], tuple[Asked, Posed, JourneySolution]], over: Callable[[], bool]
) -> RouteRelaxation | None:
    """What to ask for instead.

    Parameters
    ----------
    again : callable
        Plans with another wish.
    over : callable
        Whether there is no time left to look further.

    Returns
    -------
    RouteRelaxation or None
        None when no single wish, and not all of them together, would bring a journey.
    """
    if asked.can.relax is not None:
        found = asked.can.relax
        if found.step == "open in window":
            return RouteRelaxation("weeks", None, found.gains)
        return RouteRelaxation(FILTERS.get(found.step, "filters"), found.to, found.gains)
    best: RouteRelaxation | None = None
    for step, wish in _relaxed(asked.wish):
        if over():
            break
        then, posed, solution = again(wish)
        gains = len(solution.visits)
        if gains > (best.gains if best is not None else 0):
            best = RouteRelaxation(step, _to(step, wish, then, posed, solution), gains)
    if best is not None or over():
        return best
    everything = _no_goal(replace(asked.wish, pinned=_none(), max_price=None, min_domains=0, min_stops=1))
    gains = len(again(everything)[2].visits)
    return RouteRelaxation("filters", None, gains) if gains else None


def _relaxed(wish: JourneyWish) -> Iterator[tuple[str, JourneyWish]]:
    """Every single thing that can be given up, what costs least first."""
    if wish.min_domains:
        yield "min_domains", replace(wish, min_domains=0)
    if wish.min_stops > 1:
        yield "min_stops", replace(wish, min_stops=1)
    if wish.rest_weeks:
        yield "rest_weeks", replace(wish, rest_weeks=())
    if wish.holidays:
        yield "holidays", replace(wish, holidays=())
    if wish.sessions_per_week < MOST_PER_WEEK:
        yield "sessions_per_week", replace(wish, sessions_per_week=wish.sessions_per_week + 1)
    if wish.weeks < MOST_WEEKS:
        yield "weeks", replace(wish, weeks=min(2 * wish.weeks, MOST_WEEKS))
    if wish.max_price is not None:
        yield "max_price", replace(wish, max_price=None)
    if len(wish.excluded):
        yield "excluded", replace(wish, excluded=_none())
    if len(wish.pinned):
        yield "pinned", replace(wish, pinned=_none())
    if wish.theme is not None or wish.line is not None or wish.badge:
        yield "goal", _no_goal(wish)


def _no_goal(wish: JourneyWish) -> JourneyWish:
    return replace(wish, theme=None, line=None, badge="")


def _none() -> Int32:
    return np.empty(0, dtype=np.int32)


def _to(step: str, wish: JourneyWish, asked: Asked, posed: Posed, solution: JourneySolution) -> float | None:
    """The new value, where the wish has one."""
    chosen = posed.problem.activity[list(solution.visits)]
    if step == "min_domains":
        return float(len(set(posed.problem.domain[chosen].tolist()) - {-1}))
    if step == "min_stops":
        return float(len(chosen))
    if step == "max_price":
        price = float(asked.catalogue.activities.price[asked.can.activities[posed.position[chosen]]].sum())
        return None if np.isnan(price) else round(price, 2)
    return {"weeks": float(wish.weeks), "sessions_per_week": float(wish.sessions_per_week)}.get(step)
