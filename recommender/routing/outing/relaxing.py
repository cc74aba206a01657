"""What to ask for instead: the one wish whose relaxing brings most stops, found by planning again with it relaxed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recommender.eligibility import TRAVEL_LADDER
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.wish import DAY_MINUTES, MOST_STOPS
from recommender.routing.route import RouteRelaxation

HOURS = (0.5, 1.0, 2.0, 4.0)
PRICES = (2.5, 5.0, 10.0, 20.0, 50.0, 100.0)
STAYS = (45.0, 30.0, 20.0)

Rung = tuple[float | None, Asked]
"""A new value of a wish, and the question with it."""


def relaxation(asked: Asked, stops: Callable[[Asked], int]) -> RouteRelaxation | None:
    """The relaxation that gains most for a request that brings no route.

    Of one wish's rungs it is the mildest that brings at least half of what the strongest brings; of equal wishes the one
    that stands first in ``_ladders``.

    Parameters
    ----------
    stops : callable
        Plans, and counts the stops; 0 where there is no route.

    Returns
    -------
    RouteRelaxation or None
        None when no single relaxation helps.
    """
    found: list[RouteRelaxation] = []
    for step, rungs in _ladders(asked):
        most = stops(rungs[-1][1])
        if most:
            to, gains = _mildest(rungs, most, stops)
            found.append(RouteRelaxation(step, to, gains))
    return max(found, key=lambda one: one.gains, default=None)


def _mildest(rungs: Sequence[Rung], most: int, stops: Callable[[Asked], int]) -> tuple[float | None, int]:
    """The first rung that brings at least half of the strongest one."""
    for to, question in rungs[:-1]:
        gains = stops(question)
        if 2 * gains >= most:
            return to, gains
    return rungs[-1][0], most


def _ladders(asked: Asked) -> Iterator[tuple[str, Sequence[Rung]]]:
    """Every wish that can be relaxed, with its rungs from mild to strong."""
    wish, request = asked.wish, asked.request
    ladders: dict[str, list[Rung]] = {
        "until": _later(asked),
        "from": _earlier(asked),
        "max_stops": [
            (more, _wishing(asked, max_stops=more))
            for more in range(wish.max_stops + 1, MOST_STOPS + 1)
            if more == max(len(asked.pinned), wish.min_domains)
        ],
        "travel": [
            (rung, replace(asked, request=replace(request, max_minutes=rung)))
            for rung in TRAVEL_LADDER
            if request.max_minutes is not None and rung > request.max_minutes
        ],
        "max_price": [
            (price, _wishing(asked, max_price=price))
            for price in PRICES
            if wish.max_price is not None and price > wish.max_price
        ],
        "visit_minutes": [(stay, _wishing(asked, visit_minutes=stay)) for stay in STAYS if stay < wish.visit_minutes],
        "min_domains": [
            (float(fewer), _wishing(asked, min_domains=fewer)) for fewer in range(wish.min_domains - 1, -1, -1)
        ],
        "pauses": [(None, _wishing(asked, pauses=()))] if wish.pauses else [],
        "excluded": [(None, _wishing(asked, excluded=wish.excluded[:0]))] if len(wish.excluded) else [],
    }
    yield from ((step, rungs) for step, rungs in ladders.items() if rungs)
    yield from (("pinned", [(None, question)]) for question in _fewer_pins(asked))
    yield from ((step, [(None, question)]) for step, question in _without_filters(asked))


def _wishing(asked: Asked, **changed: Any) -> Asked:
    return replace(asked, wish=replace(asked.wish, **changed))


def _later(asked: Asked) -> list[Rung]:
    """Every day ends later, at most when the next one begins."""
    days = asked.wish.days
    nexts = [*(opens for opens, _ in days[1:]), np.inf]
    found: list[Rung] = []
    for hours in HOURS:
        longer = tuple(
            (opens, int(min(closes + hours * 3600, following, opens + DAY_MINUTES * 60)))
            for (opens, closes), following in zip(days, nexts, strict=True)
        )
        if longer != days:
            found.append((float(longer[-1][1]), _wishing(asked, days=longer)))
    return found


def _earlier(asked: Asked) -> list[Rung]:
    """Every day begins earlier, at most when the one before it ends, and not before the moment of asking."""
    days = asked.wish.days
    befores = [asked.request.at, *(max(closes, asked.request.at) for _, closes in days[:-1])]
    found: list[Rung] = []
    for hours in HOURS:
        longer = tuple(
            (min(opens, int(max(opens - hours * 3600, before, closes - DAY_MINUTES * 60))), closes)
            for (opens, closes), before in zip(days, befores, strict=True)
        )
        if longer != days:
            found.append((float(longer[0][0]), _wishing(asked, days=longer)))
    return found


def _fewer_pins(asked: Asked) -> Iterator[Asked]:
    """Every pin dropped on its own, then all of them."""
    wish = asked.wish
    n = len(wish.pinned) + len(wish.pinned_sessions)
    for at in range(len(wish.pinned)):
        yield _wishing(asked, pinned=np.delete(wish.pinned, at))
    for at in range(len(wish.pinned_sessions)):
        yield _wishing(asked, pinned_sessions=np.delete(wish.pinned_sessions, at))
    if n > 1:
        yield _wishing(asked, pinned=wish.pinned[:0], pinned_sessions=wish.pinned_sessions[:0])


def _without_filters(asked: Asked) -> Iterator[tuple[str, Asked]]:
    """Each of the request's own filters dropped; nobody is asked to be older, or to need less."""
    request, passport = asked.request, asked.passport
    if request.free_only:
        yield "free_only", replace(asked, request=replace(request, free_only=False))
    if len(request.themes):
        yield "themes", replace(asked, request=replace(request, themes=request.themes[:0]))
    if len(request.domains):
        yield "domains", replace(asked, request=replace(request, domains=request.domains[:0]))
    if request.line is not None:
        yield "line", replace(asked, request=replace(request, line=None))
    if request.company:
        yield "company", replace(asked, request=replace(request, company=()))
    if len(passport.avoid):
        yield "avoid", replace(asked, passport=replace(passport, avoid=passport.avoid[:0]))
