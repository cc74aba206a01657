"""Hold a journey to the rules by the validator, before it leaves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.city import UNKNOWN, Place
from recommender.routing.journey.ask import Asked
from recommender.routing.journey.times import SHORTEST
from recommender.routing.route import Route
from recommender.routing.validator import Rules, check_journey
from recommender.travel import travel_minutes


def checked(asked: Asked, route: Route) -> Route:
    """The route, when nothing is wrong with it.

    Raises
    ------
    RuntimeError
        When the validator sees a violation: a mistake of ours, not of the caller's.
    """
    wrong = check_journey(asked.catalogue, route, rules_of(asked))
    if wrong:
        raise RuntimeError(f"a journey that breaks its rules: {'; '.join(wrong)}")
    return route


def rules_of(asked: Asked) -> Rules:
    """Everything that was asked, in the validator's own words."""
    passport, request, wish, catalogue = asked.passport, asked.request, asked.wish, asked.catalogue
    stamped = frozenset(passport.stamps.activity.tolist())
    finished = {
        badge
        for badge, stations in zip(catalogue.lines.badge, catalogue.lines.stations, strict=True)
        if badge and set(stations.tolist()) <= stamped
    }
    return Rules(
        at=request.at,
        ages=((passport.age_low, passport.age_high), *((age, age) for age in request.company)),
        languages=passport.languages,
        held=frozenset(passport.badges | finished),
        done=frozenset() if request.include_stamped else stamped - frozenset(wish.pinned.tolist()),
        stamped=stamped,
        avoid=frozenset(passport.avoid.tolist()),
        themes=frozenset(request.themes.tolist()),
        domains=frozenset(request.domains.tolist()) if len(request.domains) else None,
        candidates=None if request.candidates is None else frozenset(request.candidates.tolist()),
        free_only=request.free_only,
        access=request.access,
        line=request.line,
        start=asked.start,
        farthest=request.max_minutes,
        far=lambda here, there, at: _estimate(asked, here, there),
        mode=asked.mode,
        travel=lambda here, there, at: _between(asked, here, there),
        opening=_opening(asked),
        visit_seconds=SHORTEST,
        max_price=wish.max_price,
        min_stops=wish.min_stops,
        max_stops=wish.max_stops,
        min_domains=wish.min_domains,
        pinned=frozenset(wish.pinned.tolist()),
        excluded=frozenset(wish.excluded.tolist()),
        begins=wish.begins,
        weeks=wish.weeks,
        per_week=wish.sessions_per_week,
        rest_weeks=wish.rest_weeks,
        holidays=wish.holidays,
        goal_theme=wish.theme,
        goal_line=wish.line,
        goal_badge=wish.badge,
    )


def _between(asked: Asked, here: Place, there: Place) -> float:
    lat, lon, to_lat, to_lon = (np.array([value]) for value in (here.lat, here.lon, there.lat, there.lon))
    return float(asked.travel.between(lat, lon, to_lat, to_lon, asked.mode, asked.departs)[0, 0])


def _estimate(asked: Asked, here: Place, there: Place) -> float:
    mode = asked.catalogue.travel[asked.mode]
    return float(travel_minutes(here, np.array([there.lat]), np.array([there.lon]), mode)[0])


def _opening(asked: Asked) -> dict[int, Sequence[tuple[int, int]]]:
    if asked.hours is None:
        return {}
    opening: dict[int, list[tuple[int, int]]] = {venue: [] for venue in np.flatnonzero(asked.hours.known).tolist()}
    for venue, opens, closes in zip(asked.hours.venue, asked.hours.opens, asked.hours.closes, strict=True):
        if venue != UNKNOWN:
            opening[int(venue)].append((int(opens), int(closes)))
    return dict(opening)
