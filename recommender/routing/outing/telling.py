"""From a solution to a route: stops with their moments and reasons, the ways between them, and totals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.answer import Reason
from recommender.city import UNKNOWN
from recommender.reasons import explain
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.badges import earned_by
from recommender.routing.outing.posing import Posed
from recommender.routing.outing.settling import Days
from recommender.routing.outing.ways import Way, ways_of
from recommender.routing.route import Leg, Route, Stop


def told(asked: Asked, posed: Posed, days: Days) -> Route:
    """A route from the rows of a problem, with settled pauses."""
    made = [row for order in days for row in order if row < len(posed)]
    reasons = dict(zip(made, _reasons(asked, posed, made), strict=True))
    stops: list[Stop] = []
    legs: list[Leg] = []
    for day, order in enumerate(days):
        if order:
            _tell_day(asked, posed, day, order, reasons, stops, legs)
    activities = asked.catalogue.activities
    chosen = posed.visits.activity[posed.kept[made]].tolist()
    return Route(
        kind="outing",
        stops=tuple(stops),
        legs=tuple(legs),
        prize=float(posed.problem.prize[made].sum()),
        price=float(activities.price[chosen].astype(np.float64).sum()),
        domains=tuple(sorted({int(activities.domain[row]) for row in chosen} - {UNKNOWN})),
        badges=earned_by(asked, chosen),
    )


def _tell_day(
    asked: Asked,
    posed: Posed,
    day: int,
    order: Sequence[int],
    reasons: dict[int, tuple[Reason, ...]],
    stops: list[Stop],
    legs: list[Leg],
) -> None:
    """Add one day: one way to every visit, and one to the end. A pause lies before or behind a way."""
    first, ways = len(stops), ways_of(asked, posed, day, order)
    for at, (row, begin) in enumerate(zip(order, posed.times.unhurried(day, order), strict=True)):
        way = ways.to[at]
        if way is not None:
            legs.append(_leg(asked, way, first, first + at))
        stops.append(_stop(asked, posed, order, at, ways.arrive[at], begin, reasons.get(row, ())))
    legs.append(_leg(asked, ways.home, first, None))


def _leg(asked: Asked, way: Way, first: int, to_stop: int | None) -> Leg:
    from_stop = None if way.after is None else first + way.after
    return Leg(from_stop, to_stop, asked.mode, way.minutes, asked.base + int(way.leave), asked.base + int(way.arrive))


def _stop(
    asked: Asked, posed: Posed, order: Sequence[int], at: int, arrive: float, begin: float, reasons: tuple[Reason, ...]
) -> Stop:
    row = order[at]
    base, end = asked.base, int(begin + float(posed.problem.service[row]))
    when = base + int(arrive), base + int(begin), base + end
    if row >= len(posed):
        return Stop("pause", UNKNOWN, UNKNOWN, _venue_there(asked, posed, order, at), *when)
    visits, visit = posed.visits, int(posed.kept[row])
    activity, position = int(visits.activity[visit]), int(visits.position[visit])
    not_known = [name for name, unsure in visits.can.not_known.items() if unsure[position]]
    return Stop(
        "activity",
        activity,
        int(visits.session[visit]),
        int(asked.catalogue.sessions.venue[visits.session[visit]]),
        *when,
        score=float(visits.score[visit]),
        prize=float(visits.prize[visit]),
        stage=int(asked.catalogue.activities.stage[activity]),
        reasons=reasons,
        not_known=tuple(not_known + ["hours"] * bool(visits.hours_unknown[visit])),
    )


def _venue_there(asked: Asked, posed: Posed, order: Sequence[int], at: int) -> int:
    """The venue of a visit at the place of a pause, ``UNKNOWN`` where there is none."""
    same = (row for row in order if row < len(posed) and posed.place[row] == posed.place[order[at]])
    venues = asked.catalogue.sessions.venue
    return next((int(venues[posed.visits.session[posed.kept[row]]]) for row in same), UNKNOWN)


def _reasons(asked: Asked, posed: Posed, made: Sequence[int]) -> list[tuple[Reason, ...]]:
    """The recipe's own reasons for every visit, with the circumstances of its very session."""
    visits, rows = posed.visits, posed.kept[list(made)]
    if visits.scored is None or visits.context is None or asked.release is None or not asked.request.explain:
        return [()] * len(made)
    why = explain(
        visits.activity[rows],
        visits.scored.sources(visits.position[rows]),
        visits.context.at(rows),
        visits.scored.profile,
        asked.catalogue,
        asked.release.model,
    )
    return [found.reasons for found in why]
