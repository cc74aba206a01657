"""From a solution to a route: stops with their moments and reasons, the ways between them, and totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recommender.answer import Reason
from recommender.city import UNKNOWN
from recommender.reasons import explain
from recommender.routing.asking import Asked
from recommender.routing.badges import earned_by
from recommender.routing.posing import Posed
from recommender.routing.route import Leg, Route, Stop

Days = tuple[tuple[int, ...], ...]
"""Rows of a problem, in order, for every day."""


def settled(posed: Posed, days: Days) -> Days | None:
    """The same with every pause at the place that one comes from, or goes to; None when that cannot be.

    A search may rest anywhere on the way.
    """
    rests = {(number, place): row for row, (number, place) in enumerate(_rests(posed), start=len(posed))}
    found = []
    for day, order in enumerate(days):
        settling = list(order)
        for at in range(len(settling)):
            if settling[at] < len(posed):
                continue
            number = int(posed.pause[settling[at] - len(posed)])
            ends = _place_before(posed, settling, at), _place_after(posed, settling, at)
            tries = [[*settling[:at], rests[number, end], *settling[at + 1 :]] for end in ends]
            settling = next((tried for tried in tries if posed.times.earliest(day, tried) is not None), [])
            if not settling:
                return None
        found.append(tuple(settling))
    return tuple(found)


def _rests(posed: Posed) -> list[tuple[int, int]]:
    places = posed.place[len(posed) :].tolist()
    return list(zip(posed.pause.tolist(), places, strict=True))


def _place_before(posed: Posed, order: Sequence[int], at: int) -> int:
    return int(posed.place[order[at - 1]]) if at else 0


def _place_after(posed: Posed, order: Sequence[int], at: int) -> int:
    """Where the next visit is; behind the last one the end, which is place 0 when it is the start."""
    following = next((row for row in order[at + 1 :] if row < len(posed)), None)
    if following is not None:
        return int(posed.place[following])
    return 1 if 1 in posed.place[len(posed) :] else 0


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
    problem = posed.problem
    place, free, before = 0, float(problem.day_opens[day]), None
    way: Leg | None = None
    for at, (row, begin) in enumerate(zip(order, posed.times.unhurried(day, order), strict=True)):
        there = int(posed.place[row])
        if place != there:
            takes = float(posed.minutes[place, there])
            leave = max(free, begin - takes * 60 - posed.times.spare(day, row, begin))
            way = Leg(before, None, asked.mode, takes, asked.base + int(leave), asked.base + int(leave + takes * 60))
            free = leave + takes * 60
        arrive = begin if before is None and way is None else free
        before = len(stops)
        if row < len(posed):
            way = way or _no_way(asked, before - 1 if at else None, arrive)
            legs.append(replace(way, to_stop=before))
            way = None
        stops.append(_stop(asked, posed, order, at, arrive, begin, reasons.get(row, ())))
        place, free = there, begin + float(problem.service[row])
    if way is None:
        takes = float(posed.minutes[place, 1])
        way = Leg(before, None, asked.mode, takes, asked.base + int(free), asked.base + int(free + takes * 60))
    legs.append(way)


def _no_way(asked: Asked, before: int | None, at: float) -> Leg:
    """Between two visits at one place."""
    return Leg(before, None, asked.mode, 0.0, asked.base + int(at), asked.base + int(at))


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
