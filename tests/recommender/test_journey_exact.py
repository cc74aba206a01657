"""The best journey of tiny random cities, found by trying everything that the validator lets pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from benchmarks.cities import DAY, HOUR, MONDAY, Oddities, random_city
from recommender.city import Catalogue
from recommender.passport import Request
from recommender.routing.journey import JourneyWish, SolveLimit, solutions
from recommender.routing.journey.ask import Asked, ask
from recommender.routing.journey.model import RESOLUTION, STATION, STEP_SHARE, VARIETY
from recommender.routing.journey.pose import pose
from recommender.routing.journey.problem import JourneySolution
from recommender.routing.journey.solve import Work
from recommender.routing.route import Leg, Route, Stop
from recommender.routing.validator import Rules, check_journey
from recommender.travel import GreatCircle
from tests.recommender.journey_town import HOME, stamped

NUMBER = int(os.environ.get("LEERLIJN_EXACT", "12"))
WEEKS = 4
ODD = Oddities(unknown=0.1, drop_in=0.0, off=0.05, asks=0.3, several_days=0.02)


def a_city(rng: np.random.Generator) -> Catalogue:
    """Seven activities, at most thirteen sessions."""
    made = random_city(rng, 7, WEEKS, ODD)
    some = np.sort(rng.choice(len(made.sessions), min(len(made.sessions), 13), replace=False))
    rows = {
        name: getattr(made.sessions, name)[some]
        for name in ("activity", "venue", "start", "end", "lat", "lon", "capacity_left", "status", "drop_in")
    }
    return replace(made, sessions=replace(made.sessions, ids=tuple(f"s-{i}" for i in range(len(some))), **rows))


def a_wish(rng: np.random.Generator, city: Catalogue) -> JourneyWish:
    badges = {badge for given in city.activities.awards for badge in given} | set(city.lines.badge)
    goal = rng.integers(5)
    return JourneyWish(
        begins=MONDAY,
        weeks=WEEKS,
        sessions_per_week=int(rng.integers(1, 3)),
        min_domains=int(rng.integers(0, 3)),
        theme=int(rng.integers(len(city.themes.ids))) if goal == 0 else None,
        line=0 if goal == 1 else None,
        badge=str(rng.choice(sorted(badges - {""}))) if goal == 2 and badges - {""} else "",
        rest_weeks=(1,) if rng.random() < 0.3 else (),
        max_price=10.0 if rng.random() < 0.3 else None,
        max_stops=3 if rng.random() < 0.3 else None,
    )


def every_route(asked: Asked) -> Iterator[Route]:
    """Every set of sessions in order of time, with the ways between them."""
    city, limit = asked.catalogue, asked.wish.sessions_per_week * WEEKS
    order = np.lexsort((asked.can.sessions, city.sessions.start[asked.can.sessions]))
    sessions = asked.can.sessions[order].tolist()
    for size in range(1, min(limit, 7) + 1):
        for chosen in combinations(sessions, size):
            if len({int(city.sessions.activity[row]) for row in chosen}) == size:
                yield as_route(asked, chosen)


def as_route(asked: Asked, chosen: tuple[int, ...]) -> Route:
    city, table, activities = asked.catalogue, asked.catalogue.sessions, asked.catalogue.activities
    stops, legs = list[Stop](), list[Leg]()
    here = (HOME.lat, HOME.lon)
    for i, row in enumerate(chosen):
        start, end, activity = int(table.start[row]), int(table.end[row]), int(table.activity[row])
        stage = int(activities.stage[activity])
        stops.append(Stop("activity", activity, row, int(table.venue[row]), start, start, end, stage=stage))
        there = (float(table.lat[row]), float(table.lon[row]))
        before = i and (start + HOUR) // DAY == (stops[i - 1].begin + HOUR) // DAY
        here = here if before else (HOME.lat, HOME.lon)
        if not np.isnan([*here, *there]).any():
            points = [np.array([value]) for value in (*here, *there)]
            minutes = float(asked.travel.between(*points, "bike", 0)[0, 0])
            leave = start - int(np.ceil(minutes * 60))
            legs.append(Leg(i - 1 if before else None, i, "bike", minutes, leave, start))
        here = there
    rows = [stop.activity for stop in stops]
    price = float(sum(float(activities.price[row]) for row in rows))
    domains = tuple(sorted({int(activities.domain[row]) for row in rows} - {-1}))
    earned = [badge for row in rows for badge in activities.awards[row]]
    for line, stations in enumerate(city.lines.stations):
        if city.lines.badge[line] and set(stations.tolist()) <= {*rows, *asked.stamped}:
            earned.append(city.lines.badge[line])
    return Route("journey", tuple(stops), tuple(legs), 0.0, price, domains, tuple(dict.fromkeys(earned)))


def beyond_the_validator(asked: Asked, route: Route, rules: Rules) -> bool:
    """What the engine asks of itself besides: one finish, for whoever does not ask for more; no station skipped of a line
    that was begun, or that the goal needs; with a theme as goal no finish beside it.
    """
    city, wish = asked.catalogue, asked.wish
    rows = [stop.activity for stop in route.stops]
    open_to = set(asked.can.activities.tolist())
    finishes = [row for row in rows if city.activities.stage[row] == 2]
    if len(finishes) > 1 and wish.line is None and not wish.badge:
        return False
    for line, stations in enumerate(city.lines.stations):
        left = [row for row in stations.tolist() if row not in rules.stamped]
        ridden = [row for row in left if row in rows]
        whole = len(left) < len(stations) or line == wish.line
        whole |= bool(wish.badge) and city.lines.badge[line] == wish.badge and not ends_with(city, line, wish.badge)
        if whole and ridden:
            needed = left[: left.index(ridden[-1])]
            if any(row in open_to and row not in rows and can_be(asked, row) for row in needed):
                return False
    if wish.theme is not None:
        topics = city.activities.themes[finishes, :].toarray() > 0
        own = [t for t in range(topics.shape[1]) if t == wish.theme or city.themes.parent[t] == wish.theme]
        return bool(topics[:, own].any(axis=1).all())
    return True


def ends_with(city: Catalogue, line: int, badge: str) -> bool:
    return badge in city.activities.awards[int(city.lines.stations[line][-1])]


def can_be(asked: Asked, row: int) -> bool:
    """Whether an activity is in the problem at all."""
    posed = pose(asked)
    return row in asked.can.activities[posed.position].tolist()


def worth(asked: Asked, route: Route, max_stops: int, best: float) -> int:
    """What the engine makes as large as possible, written down again."""
    place = {row: i for i, row in enumerate(asked.can.activities.tolist())}
    chosen = {stop.activity for stop in route.stops}
    if asked.wish.line is not None:
        # Where the line goes against the stages, its stations have none.
        stations = asked.catalogue.lines.stations[asked.wish.line]
        own = [1 if stage < 0 else int(stage) for stage in asked.catalogue.activities.stage[stations]]
        loose = set(stations.tolist()) if own != sorted(own) else set()
        chosen -= loose
    stages = {int(asked.catalogue.activities.stage[row]) for row in chosen}
    step = round(RESOLUTION * max(STEP_SHARE * max_stops, 1))
    total = sum(max(round(RESOLUTION * float(asked.prize[place[s.activity]]) / best), 1) for s in route.stops)
    total += step * ((0 in stages) + (2 in stages)) + round(RESOLUTION * VARIETY) * len(route.domains)
    if asked.wish.sessions_per_week > 1:
        total += round(RESOLUTION * VARIETY) * len({(stop.begin - MONDAY) // (7 * DAY) for stop in route.stops})
    if asked.wish.line is not None:
        line = set(asked.catalogue.lines.stations[asked.wish.line].tolist()) - asked.stamped
        total += round(RESOLUTION * STATION) * len(line & {stop.activity for stop in route.stops})
    return total


@pytest.mark.parametrize("seed", range(NUMBER))
def test_no_journey_is_better_than_the_proven_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    city = a_city(rng)
    wish = a_wish(rng, city)
    passport = stamped(city, *(f"a-{row}" for row in rng.choice(7, rng.integers(0, 2), replace=False)), home=HOME)
    travel = GreatCircle(city.travel)
    asked = ask(passport, city, None, Request(at=MONDAY), wish, travel, None)
    asked = replace(asked, prize=rng.exponential(1.0, len(asked.prize)))
    posed = pose(asked)
    found = next(iter(solutions(posed, Work(SolveLimit(5.0)), 1)), JourneySolution())
    rules = Rules(
        at=MONDAY, held=passport.badges, done=asked.stamped, stamped=asked.stamped, start=HOME, mode="bike",
        travel=lambda here, there, at: float(
            travel.between(*(np.array([v]) for v in (here.lat, here.lon, there.lat, there.lon)), "bike", at)[0, 0]
        ),
        max_price=wish.max_price, min_stops=1, max_stops=wish.max_stops, min_domains=wish.min_domains, begins=MONDAY,
        weeks=WEEKS, per_week=wish.sessions_per_week, rest_weeks=wish.rest_weeks, goal_theme=wish.theme,
        goal_line=wish.line, goal_badge=wish.badge,
    )  # fmt: skip
    best = float(asked.prize[posed.position].max(initial=1e-9))
    most = max(
        (
            worth(asked, route, posed.problem.max_stops, best)
            for route in every_route(asked)
            if check_journey(city, route, rules) == () and beyond_the_validator(asked, route, rules)
        ),
        default=0,
    )
    assert found.proven or not most
    assert round(found.value) == most
