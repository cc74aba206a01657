"""Every outing is held against what was asked before it leaves, by rules that share no code with the planning."""

from __future__ import annotations

import math

import numpy as np

from recommender.city import Place
from recommender.routing import validator
from recommender.routing.outing.asking import Asked
from recommender.routing.route import Route


def check(asked: Asked, route: Route) -> None:
    """Let a route pass.

    Raises
    ------
    RuntimeError
        When the route breaks a rule: a mistake of ours, never the asker's.
    """
    broken = list(validator.check_outing(asked.catalogue, route, rules_of(asked)))
    sessions = {stop.session for stop in route.stops}
    broken += [f"session {row} is pinned and missing" for row in asked.wish.pinned_sessions if row not in sessions]
    if broken:
        raise RuntimeError(f"a planned outing is not what was asked for: {'; '.join(broken)}")


def rules_of(asked: Asked) -> validator.Rules:
    """What was asked, in the validator's words."""
    passport, request, wish = asked.passport, asked.request, asked.wish
    stamped = frozenset(passport.stamps.activity.tolist())
    pinned = frozenset(asked.pinned.tolist())

    def travel(start: Place, end: Place, at: int) -> float:
        if start == end:
            return 0.0
        lat, lon, to_lat, to_lon = (np.array([degrees]) for degrees in (start.lat, start.lon, end.lat, end.lon))
        return float(asked.travel.between(lat, lon, to_lat, to_lon, asked.mode, at)[0, 0])

    return validator.Rules(
        at=request.at,
        ages=((passport.age_low, passport.age_high), *((age, age) for age in request.company)),
        languages=passport.languages,
        held=passport.badges,
        done=frozenset() if request.include_stamped else stamped - pinned,
        stamped=stamped,
        avoid=frozenset(passport.avoid.tolist()),
        themes=frozenset(request.themes.tolist()),
        domains=frozenset(request.domains.tolist()) if len(request.domains) else None,
        candidates=None if request.candidates is None else frozenset(request.candidates.tolist()),
        free_only=request.free_only,
        access=request.access,
        line=request.line,
        start=asked.start,
        end=asked.end,
        farthest=request.max_minutes,
        # By timetable it matters when; nobody means the moment of asking.
        far=lambda here, there, at: travel(here, there, asked.days[0][0]),
        mode=asked.mode,
        travel=travel,
        opening=_opening(asked),
        visit_seconds=math.ceil(wish.visit_minutes * 60),
        max_price=wish.max_price,
        min_stops=1,
        max_stops=wish.max_stops,
        min_domains=wish.min_domains,
        pinned=pinned,
        excluded=frozenset(wish.excluded.tolist()),
        day_parts=wish.days,
        pauses=tuple(validator.Pause(rest.opens, rest.closes, math.ceil(rest.minutes * 60)) for rest in wish.pauses),
    )


def _opening(asked: Asked) -> dict[int, list[tuple[int, int]]]:
    if asked.hours is None:
        return {}
    found: dict[int, list[tuple[int, int]]] = {int(venue): [] for venue in np.flatnonzero(asked.hours.known)}
    columns = asked.hours.venue.tolist(), asked.hours.opens.tolist(), asked.hours.closes.tolist()
    for venue, opens, closes in zip(*columns, strict=True):
        found[venue].append((opens, closes))
    return found
