"""Random questions for routes over small random cities, and the rules that follow from each of them.

The rules are written down here a second time, from the question alone, so that a mistake in how the engine hands them to
its own check is seen too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from benchmarks.cities import DAY, HOUR, MONDAY, Oddities, random_city, random_hours, random_passport
from recommender.city import Catalogue, Int32, Place
from recommender.errors import BadInput
from recommender.passport import Passport, Request
from recommender.routing.hours import OpenHours
from recommender.routing.journey import JourneyWish, SolveLimit, plan_journey, solutions
from recommender.routing.journey.ask import ask
from recommender.routing.journey.pose import pose
from recommender.routing.journey.route import route_of
from recommender.routing.journey.solve import Work
from recommender.routing.outing import OutingWish, plan_outing
from recommender.routing.outing.wish import Pause as Rest
from recommender.routing.problem import MaxIterations
from recommender.routing.route import Route
from recommender.routing.validator import Pause, Rules, check_journey, check_outing
from recommender.travel import GreatCircle

CITIES = 40
WEEKS = 8


@lru_cache(maxsize=CITIES)
def city(number: int) -> tuple[Catalogue, OpenHours]:
    """One of forty cities of 20 to 160 activities; the last ones without sessions."""
    rng = np.random.default_rng(number)
    odd = Oddities(unknown=0.12, drop_in=0.2, off=0.06, asks=0.15, several_days=0.02)
    made = random_city(rng, int(rng.integers(20, 161)), WEEKS, odd, always=number >= CITIES - 3)
    return made, random_hours(rng, made, WEEKS + 1)


@dataclass(frozen=True, eq=False)
class Question:
    catalogue: Catalogue = field(repr=False)
    hours: OpenHours | None = field(repr=False)
    passport: Passport
    request: Request
    travel: GreatCircle = field(repr=False)


SEEDS = st.integers(0, 2**32 - 1)
"""Each stands for one question."""


def _question(rng: np.random.Generator) -> Question:
    """Who asks, in which city, with which filters."""
    catalogue, hours = city(int(rng.integers(CITIES)))
    passport = random_passport(rng, catalogue)
    request = Request(
        at=MONDAY + int(rng.integers(0, 600)) * 900,
        mode=str(rng.choice(["", "walk", "bike", "car"])),
        max_minutes=[None, None, None, None, None, 12.0, 30.0][rng.integers(7)],
        company=[(), (), (), (), (), (8.0,), (38.0,), (4.0, 38.0)][rng.integers(8)],
        free_only=bool(rng.random() < 0.1),
        access=("wheelchair",) if rng.random() < 0.1 else (),
        domains=np.arange(4 if rng.random() < 0.1 else 0, dtype=np.int8),
        include_stamped=bool(rng.random() < 0.3),
    )
    if request.max_minutes is not None and passport.home is None:
        request = replace(request, start=Place(51.765, 5.52))
    known = hours if rng.random() < 0.5 else None
    return Question(catalogue, known, passport, request, GreatCircle(catalogue.travel))


def _named(rng: np.random.Generator, n: int, chance: float) -> tuple[Int32, Int32]:
    """Activities that are pinned, and others that are excluded."""
    rows = rng.permutation(n).astype(np.int32)
    pinned = int(rng.integers(1, 3)) if rng.random() < chance else 0
    return rows[:pinned], rows[pinned : pinned + int(rng.integers(0, 4))]


def _journey(seed: int) -> tuple[Question, JourneyWish]:
    rng = np.random.default_rng(seed)
    question = _question(rng)
    catalogue = question.catalogue
    weeks = int(rng.choice([1, 2, 3, 4, 6, 8]))
    pinned, excluded = _named(rng, len(catalogue.activities), 0.2)
    badges = {badge for badges in catalogue.activities.awards for badge in badges} | set(catalogue.lines.badge)
    goal = rng.choice(["none", "theme", "line", "badge"], p=[0.55, 0.15, 0.15, 0.15])
    low = int(rng.choice([1, 1, 1, 1, 2, 3]))
    free = rng.choice(50, int(rng.integers(0, 3)), replace=False).tolist()
    return question, JourneyWish(
        begins=question.request.at + int(rng.integers(-3, 10)) * DAY,
        weeks=weeks,
        sessions_per_week=int(rng.choice([1, 1, 2, 3])),
        min_domains=int(rng.choice([0, 0, 1, 2, 2, 3])),
        theme=int(rng.integers(len(catalogue.themes.ids))) if goal == "theme" else None,
        line=int(rng.integers(len(catalogue.lines.ids))) if goal == "line" else None,
        badge=str(rng.choice(sorted(badges - {""}))) if goal == "badge" else "",
        rest_weeks=tuple(rng.choice(weeks, int(rng.integers(0, min(weeks, 3))), replace=False).tolist()),
        holidays=tuple((MONDAY + day * DAY, MONDAY + (day + 3) * DAY) for day in free),
        pinned=pinned,
        excluded=excluded,
        max_price=[None, None, None, 0.0, 7.5, 20.0][rng.integers(6)],
        min_stops=low,
        max_stops=[None, None, low, low + 4][rng.integers(4)],
        alternatives=int(rng.integers(1, 4)),
    )


def _outing(seed: int) -> tuple[Question, OutingWish]:
    rng = np.random.default_rng(seed)
    question = _question(rng)
    if question.passport.home is None:
        question = replace(question, request=replace(question.request, start=Place(51.77, 5.51)))
    first = MONDAY + (int(rng.integers(1, WEEKS)) * 7 + int(rng.choice([5, 5, 5, 2, 6]))) * DAY
    days = []
    for day in range(int(rng.choice([1, 1, 1, 2, 3]))):
        opens = first + day * DAY + int(rng.integers(8, 14)) * HOUR
        days.append((opens, opens + int(rng.integers(2, 11)) * HOUR))
    pinned, excluded = _named(rng, len(question.catalogue.activities), 0.1)
    noon = int(rng.integers(days[0][0], days[0][1] - HOUR))
    rests = (Rest(noon, noon + HOUR, float(rng.choice([15.0, 30.0]))),) if rng.random() < 0.3 else ()
    return question, OutingWish(
        days=tuple(days),
        end=Place(51.77, 5.53) if rng.random() < 0.3 else None,
        max_stops=int(rng.integers(1, 7)),
        max_price=[None, None, None, 0.0, 7.5][rng.integers(5)],
        min_domains=int(rng.choice([0, 0, 1, 2, 3])),
        pauses=rests,
        pinned=pinned,
        excluded=excluded,
        visit_minutes=float(rng.choice([30.0, 60.0, 90.5])),
        alternatives=int(rng.integers(1, 4)),
    )


def _shared(question: Question, pinned: Int32) -> dict[str, object]:
    passport, request, catalogue = question.passport, question.request, question.catalogue
    stamps = set(passport.stamps.activity.tolist())
    mode = request.mode or catalogue.default_mode
    speed = catalogue.travel[mode]
    opening: dict[int, list[tuple[int, int]]] = {}
    if question.hours is not None:
        opening = {venue: [] for venue, known in enumerate(question.hours.known.tolist()) if known}
        for place, venue in enumerate(question.hours.venue.tolist()):
            opening[venue].append((int(question.hours.opens[place]), int(question.hours.closes[place])))

    def straight(here: Place, there: Place, at: int) -> float:
        one = [np.array([value]) for value in (here.lat, here.lon, there.lat, there.lon)]
        return float(question.travel.between(*one, mode, at)[0, 0])

    return {
        "at": request.at,
        "ages": ((passport.age_low, passport.age_high), *((age, age) for age in request.company)),
        "languages": passport.languages,
        "held": passport.badges,
        "done": frozenset() if request.include_stamped else frozenset(stamps - set(pinned.tolist())),
        "stamped": frozenset(stamps),
        "avoid": frozenset(passport.avoid.tolist()),
        "domains": frozenset(request.domains.tolist()) if len(request.domains) else None,
        "free_only": request.free_only,
        "access": request.access,
        "start": request.start or passport.home,
        "farthest": request.max_minutes,
        "far": lambda here, there, at: straight(here, there, at) + (speed.fixed_minutes if here == there else 0.0),
        "mode": mode,
        "travel": straight,
        "opening": opening,
        "pinned": frozenset(pinned.tolist()),
    }


def journey_rules(question: Question, wish: JourneyWish) -> Rules:
    """What a journey is held to."""
    return Rules(
        **_shared(question, wish.pinned),
        visit_seconds=1800,
        max_price=wish.max_price,
        min_stops=wish.min_stops,
        max_stops=wish.max_stops,
        min_domains=wish.min_domains,
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


def outing_rules(question: Question, wish: OutingWish) -> Rules:
    """What an outing is held to."""
    rules = _shared(question, wish.pinned)
    start = question.request.start or question.passport.home
    return Rules(
        **rules,
        end=wish.end or start,
        visit_seconds=int(wish.visit_minutes * 60),
        max_price=wish.max_price,
        min_stops=1,
        max_stops=wish.max_stops,
        min_domains=wish.min_domains,
        excluded=frozenset(wish.excluded.tolist()),
        day_parts=wish.days,
        pauses=tuple(Pause(rest.opens, rest.closes, int(rest.minutes * 60)) for rest in wish.pauses),
    )


def planned_journeys(seed: int) -> Sequence[Route] | None:
    """The routes of one random question, each without a violation; None when the question itself is refused.

    Half of them by the whole recipe, where every activity is worth the same; half with prizes of their own.
    """
    q, wish = _journey(seed)
    rules = journey_rules(q, wish)
    limit = SolveLimit(0.5)
    try:
        if seed % 2:
            found = plan_journey(q.passport, q.catalogue, None, q.request, wish, q.travel, limit, hours=q.hours)
            assert len(found.routes) <= wish.alternatives
            routes = found.routes
        else:
            asked = ask(q.passport, q.catalogue, None, q.request, wish, q.travel, q.hours)
            drawn = np.random.default_rng(seed).exponential(1.0, len(asked.prize))
            posed = pose(replace(asked, prize=drawn))
            found_too = solutions(posed, Work(limit), wish.alternatives)
            routes = tuple(route_of(replace(asked, prize=drawn), posed, one, None) for one in found_too)
    except BadInput:
        return None
    for route in routes:
        assert check_journey(q.catalogue, route, rules) == ()
    _genuine(routes, wish.pinned)
    return routes


def planned_outings(seed: int) -> Sequence[Route] | None:
    """As ``planned_journeys``."""
    q, wish = _outing(seed)
    try:
        # Long enough for a proof to have its turn.
        stop = MaxIterations(200)
        found = plan_outing(q.passport, q.catalogue, None, q.request, wish, q.travel, q.hours, stop=stop)
    except BadInput:
        return None
    for route in found.routes:
        assert check_outing(q.catalogue, route, outing_rules(q, wish)) == ()
    _genuine(found.routes, wish.pinned)
    return found.routes


def _genuine(routes: Sequence[Route], pinned: Int32) -> None:
    """Any two routes differ in at least half of the stops of either, those apart that are in every route."""
    fixed = {-1, *pinned.tolist()}
    chosen = [{stop.activity for stop in route.stops} - fixed for route in routes]
    for one, other in combinations(chosen, 2):
        assert 2 * len(one & other) <= min(len(one), len(other))
