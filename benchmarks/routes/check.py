"""Checks a route against its instance in whole numbers; shares nothing with the engine, not even the distances."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.routes.instances import FINE, Instance
from recommender.errors import BadInput


def distance(instance: Instance, a: int, b: int) -> int:
    """Between two places, truncated, in units of the instance: exact, for coordinates are multiples of 1 / FINE."""
    dx = round(float(instance.x[a]) * FINE) - round(float(instance.x[b]) * FINE)
    dy = round(float(instance.y[a]) * FINE) - round(float(instance.y[b]) * FINE)
    return math.isqrt((dx * dx + dy * dy) * instance.scale**2 // FINE**2)


def score_of(instance: Instance, route: Sequence[Sequence[int]]) -> float:
    """The prize of a route, given as places by day.

    Raises
    ------
    BadInput
        When the route breaks a rule; the message says which.
    """
    seen: set[int] = set()
    if len(route) > instance.days:
        raise BadInput(f"{instance.name}: {len(route)} days, where there are {instance.days}")
    for day, places in enumerate(route):
        moment, here = int(instance.opens[day, 0, 0]), 0
        for place in places:
            if place in seen or not 0 < place < len(instance.node):
                raise BadInput(f"{instance.name}: place {place} twice, or not one of the instance")
            seen.add(place)
            moment = _begin(instance, day, place, moment + distance(instance, here, place))
            moment, here = moment + int(instance.service[place]), place
        if moment + distance(instance, here, 0) > instance.closes[day, 0, 0]:
            raise BadInput(f"{instance.name}: day {day} ends too late")
    for kind, limit in enumerate(instance.limit):
        if sum(float(instance.use[kind, place]) for place in seen) > limit:
            raise BadInput(f"{instance.name}: budget {kind} is overdrawn")
    return sum(float(instance.prize[place]) for place in seen)


def _begin(instance: Instance, day: int, place: int, arrival: int) -> int:
    for opens, closes in zip(instance.opens[day, place], instance.closes[day, place], strict=True):
        if arrival <= closes:
            return max(arrival, int(opens))
    raise BadInput(f"{instance.name}: place {place} is reached after it closed on day {day}")
