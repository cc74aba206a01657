"""Every rule is broken once, in one way, on a route that is otherwise good; the validator names it and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.translate import catalogue_from
from recommender.city import Catalogue
from recommender.routing.route import Leg, Route
from recommender.routing.validator import Pause, Rules, check_journey, check_outing
from tests.conftest import moment
from tests.recommender import way_town
from tests.recommender.way_town import HOME, HOUR, rest, stop

SEVEN = "2026-03-07"


@pytest.fixture(scope="module")
def city() -> Catalogue:
    return catalogue_from(way_town.tables())


def row(city: Catalogue, name: str) -> int:
    return city.activities.ids.row(name)


def rules_of(city: Catalogue, **more: object) -> Rules:
    return Rules(
        **{
            "at": moment("2026-03-02 09:00"),
            "ages": ((9.0, 9.0), (38.0, 38.0)),
            "languages": ("nl",),
            "start": HOME,
            "mode": "bike",
            "travel": lambda here, there, at: way_town.minutes(city, here, there),
            "visit_seconds": HOUR,
            "min_domains": 3,
            **more,
        }
    )


def outing_rules(city: Catalogue, **more: object) -> Rules:
    afternoon = (moment(f"{SEVEN} 09:00"), moment(f"{SEVEN} 17:00"))
    pause = Pause(moment(f"{SEVEN} 11:00"), moment(f"{SEVEN} 12:00"), 900)
    return rules_of(city, **{"day_parts": (afternoon,), "end": HOME, "pauses": (pause,), **more})


def journey_rules(city: Catalogue, **more: object) -> Rules:
    wanted = {"begins": moment("2026-03-02 09:00"), "weeks": 5, "goal_badge": "robot-badge"}
    return rules_of(city, **{**wanted, "needs_start": True, "needs_finish": True, **more})


def with_stop(route: Route, i: int, **changed: object) -> Route:
    stops = list(route.stops)
    stops[i] = replace(stops[i], **changed)
    return replace(route, stops=tuple(stops))


def with_leg(route: Route, i: int, **changed: object) -> Route:
    legs = list(route.legs)
    legs[i] = replace(legs[i], **changed)
    return replace(route, legs=tuple(legs))


def test_a_good_outing_and_a_good_journey_have_no_violations(city: Catalogue) -> None:
    assert check_outing(city, way_town.outing(city), outing_rules(city)) == ()
    assert check_journey(city, way_town.journey(city), journey_rules(city)) == ()


OUTING_RULES = {
    "not for an age": {"ages": ((5.0, 5.0),)},
    "is in 'nl'": {"languages": ("ar",)},
    "touches a theme to avoid": {"avoid": frozenset({2})},
    "has none of the themes": {"themes": frozenset({0})},
    "is not of the domains": {"domains": frozenset({0, 1})},
    "none of the candidates": {"candidates": frozenset({0, 1})},
    "is not free": {"free_only": True},
    "does not meet 'wheelchair'": {"access": ("wheelchair",)},
    "no station of line 1": {"line": 1},
    "was done before": {"done": frozenset({0})},
    "is excluded": {"excluded": frozenset({1})},
    "is pinned and missing": {"pinned": frozenset({3})},
    "more than 2": {"max_stops": 2},
    "fewer than 4": {"min_stops": 4},
    "is above 3.5": {"max_price": 3.5},
    "domains: 3, fewer": {"min_domains": 4},
    "lies in none of the day parts": {"day_parts": ((moment(f"{SEVEN} 09:00"), moment(f"{SEVEN} 13:30")),)},
    "before a day part opens": {"day_parts": ((moment(f"{SEVEN} 10:00"), moment(f"{SEVEN} 17:00")),)},
    "pause: none of 1200 s": {"pauses": (Pause(moment(f"{SEVEN} 11:00"), moment(f"{SEVEN} 12:00"), 1200),)},
    "begins from": {"pauses": (Pause(moment(f"{SEVEN} 11:01"), moment(f"{SEVEN} 12:00"), 900),)},
    "is closed then": {"opening": {2: ((moment(f"{SEVEN} 13:01"), moment(f"{SEVEN} 17:00")),)}},
    "is too short": {"visit_seconds": HOUR + 1},
    "by 'bike', not 'walk'": {"mode": "walk"},
    "are needed": {"travel": lambda here, there, at: 25.0},
    "nan are needed": {"travel": lambda here, there, at: float("nan")},
    "inf are needed": {"travel": lambda here, there, at: float("inf")},
    "minutes away, more than 4": {"farthest": 4.0},
    "before the moment of asking": {"at": moment(f"{SEVEN} 10:01")},
    "from or to a place that nobody knows": {"end": None},
}


@pytest.mark.parametrize(("said", "changed"), OUTING_RULES.items())
def test_another_wish_makes_a_good_outing_wrong(city: Catalogue, said: str, changed: dict[str, object]) -> None:
    found = check_outing(city, way_town.outing(city), outing_rules(city, **changed))
    assert found
    assert any(said in one for one in found), found


def test_every_theme_asked_for_counts_through_a_narrower_one(city: Catalogue) -> None:
    tech = outing_rules(city, themes=frozenset({city.themes.ids.row("tech")}))
    assert check_outing(city, way_town.outing(city), tech) == (
        f"stop 3: activity {row(city, 'paint')} has none of the themes",
    )


def test_an_adult_may_come_along_with_a_child_but_not_alone(city: Catalogue) -> None:
    assert check_outing(city, way_town.outing(city), outing_rules(city, ages=((38.0, 38.0), (9.0, 9.0)))) == ()
    assert len(check_outing(city, way_town.outing(city), outing_rules(city, ages=((38.0, 38.0),)))) == 3


BROKEN_OUTINGS = {
    "is no outing": lambda city, route: replace(route, kind="journey"),
    "is no activity": lambda city, route: with_stop(route, 0, session=-1),
    "is no pause": lambda city, route: with_stop(route, 1, activity=2),
    "is no walk": lambda city, route: with_stop(route, 0, kind="walk"),
    "is not of activity": lambda city, route: with_stop(route, 0, session=city.sessions.ids.index("build-0")),
    "is not at venue": lambda city, route: with_stop(route, 0, venue=2),
    "arrives, begins and ends": lambda city, route: with_stop(route, 3, end=route.stops[3].begin - 1),
    "where the session is from": lambda city, route: with_stop(route, 2, end=route.stops[2].end + 60),
    "outside the session's window": lambda city, route: with_stop(route, 3, arrive=moment(f"{SEVEN} 09:50"), begin=moment(f"{SEVEN} 09:50")),
    "begins before the one before it": lambda city, route: with_stop(route, 1, begin=moment(f"{SEVEN} 11:00") - 60),
    "price: says": lambda city, route: replace(route, price=5.0),
    "domains: says": lambda city, route: replace(route, domains=(0, 1, 2)),
    "badges: says []": lambda city, route: replace(route, badges=()),
    "badges: says ['art'": lambda city, route: replace(route, badges=("maker", "art")),
    "leg to 0: 2 of them": lambda city, route: replace(route, legs=(*route.legs, route.legs[0])),
    "leg to 2: 0 of them": lambda city, route: replace(route, legs=(route.legs[0], *route.legs[2:])),
    "leg home on day 0: 0 of them": lambda city, route: replace(route, legs=route.legs[:3]),
    "there are no such stops": lambda city, route: replace(route, legs=(*route.legs, replace(route.legs[0], to_stop=9))),
    "arrives too late": lambda city, route: with_leg(route, 2, arrive=route.legs[2].arrive + 60),
    "leaves before what is before": lambda city, route: with_leg(route, 1, leave=moment(f"{SEVEN} 11:10")),
    "do not fit in": lambda city, route: with_leg(route, 1, leave=route.legs[1].leave + 120),
    "minutes, where": lambda city, route: with_leg(route, 1, minutes=0.5),
    "from None": lambda city, route: with_leg(route, 2, from_stop=None),
    "home: from 2": lambda city, route: with_leg(route, 3, from_stop=2),
    "taken where one is": lambda city, route: replace(route, legs=(*route.legs, replace(route.legs[0], to_stop=1))),
}  # fmt: skip


@pytest.mark.parametrize(("said", "broken"), BROKEN_OUTINGS.items())
def test_a_broken_outing_is_seen(city: Catalogue, said: str, broken) -> None:  # type: ignore[no-untyped-def]
    found = check_outing(city, broken(city, way_town.outing(city)), outing_rules(city))
    assert any(said in one for one in found), found


def swapped(city: Catalogue, i: int, name: str, **more: object) -> Route:
    """The good journey with another session at one of its stops, and the way there."""
    route = way_town.journey(city)
    stops, legs = list(route.stops), list(route.legs)
    stops[i] = replace(stop(city, name, role=stops[i].role), **more)
    legs[i] = way_town.leg(city, None, i, HOME, way_town.place(city, stops[i]), stops[i].begin)
    return replace(route, stops=tuple(stops), legs=tuple(legs))


def made_of(city: Catalogue, *names: str) -> Route:
    """A journey of a few whole sessions, and nothing else wrong with it than their order and choice."""
    stops = tuple(
        stop(city, name) if name != "paint-0" else stop(city, name, moment(f"{SEVEN} 13:00"), moment(f"{SEVEN} 14:00"))
        for name in names
    )
    located = [visit.venue != city.venues.ids.row("nowhere") for visit in stops]
    legs: list[Leg] = []
    for i, visit in enumerate(stops):
        if located[i]:
            legs.append(way_town.leg(city, None, i, HOME, way_town.place(city, visit), visit.begin))
    chosen = [visit.activity for visit in stops]
    price = sum(float(city.activities.price[activity]) for activity in chosen)
    domains = tuple(sorted({int(city.activities.domain[activity]) for activity in chosen}))
    badges = tuple(dict.fromkeys(badge for activity in chosen for badge in city.activities.awards[activity]))
    return Route("journey", stops, tuple(legs), 0.0, price, domains, badges)


OPEN = {"goal_badge": "", "needs_start": False, "needs_finish": False, "min_domains": 1, "languages": (), "per_week": 9}

JOURNEY_RULES = {
    "before the journey begins": {"begins": moment(f"{SEVEN} 10:30")},
    "in week 4 of 4": {"weeks": 4},
    "in rest week 2": {"rest_weeks": (2,)},
    "in a holiday": {"holidays": ((moment("2026-03-14 11:59"), moment("2026-03-15 00:00")),)},
    "badge 'wizard' is not earned": {"goal_badge": "wizard"},
    "no station of line 'robot-line'": {"goal_line": 0, "stamped": frozenset({0, 1, 3})},
}


@pytest.mark.parametrize(("said", "changed"), JOURNEY_RULES.items())
def test_another_wish_makes_a_good_journey_wrong(city: Catalogue, said: str, changed: dict[str, object]) -> None:
    line = city.lines.ids.row("robot-line")
    changed = {name: line if name == "goal_line" else value for name, value in changed.items()}
    found = check_journey(city, way_town.journey(city), journey_rules(city, **changed))
    assert [one for one in found if said in one], found
    assert all(said in one or "badge" in one for one in found), found


@pytest.mark.parametrize(
    ("said", "names", "changed"),
    [
        ("week 0: 2 stops, more than 1", ("first-0", "build-0"), {"per_week": 1}),
        ("start after core", ("build-1", "first-3"), {}),
        ("out of order", ("build-1", "first-3"), {}),
        ("core after finish", ("first-0", "build-0", "show-0", "paint-2"), {}),
        ("is cancelled or full", ("build-off",), {}),
        ("asks for badge 'maker'", ("first-0", "show-4"), {}),
        ("a finish that uses nothing", ("paint-0", "zoo-4"), {}),
        ("the first stop is no start", ("paint-0",), {"needs_start": True}),
        ("the last stop is no finish", ("first-0", "paint-2"), {"needs_finish": True}),
        ("1 of 2 stops touch theme", ("first-0", "paint-2"), {"goal_theme": 0}),
        ("nobody knows where it is", ("first-0", "build-1", "zoo-1"), {}),
        ("stop 1: nobody knows where it is, or where the one before", ("zoo-early", "build-1"), {}),
        ("leg to 1: from None", ("first-0", "build-0"), {}),
    ],
)
def test_a_broken_journey_is_seen(city: Catalogue, said: str, names: tuple[str, ...], changed: dict) -> None:
    found = check_journey(city, made_of(city, *names), journey_rules(city, **{**OPEN, **changed}))
    assert any(said in one for one in found), found


def test_an_activity_comes_once(city: Catalogue) -> None:
    found = check_journey(city, made_of(city, "first-0", "first-3"), journey_rules(city, **OPEN))
    assert f"activity {row(city, 'first')} is in it twice" in found


def test_a_finish_that_was_asked_for_needs_to_use_nothing(city: Catalogue) -> None:
    route = made_of(city, "paint-0", "zoo-4")
    for asked in ({"pinned": frozenset({row(city, "zoo")})}, {"goal_line": city.lines.ids.row("art-line")}):
        assert check_journey(city, route, journey_rules(city, **{**OPEN, **asked})) == ()


def test_a_badge_in_hand_opens_what_asks_for_it_and_is_used_by_its_finish(city: Catalogue) -> None:
    route = made_of(city, "show-4")
    held = {**OPEN, "held": frozenset({"maker"}), "stamped": frozenset({0, 1})}
    assert check_journey(city, route, journey_rules(city, **held)) == ()
    assert check_journey(city, route, journey_rules(city, **OPEN)) == (
        "stop 0: asks for badge 'maker', which nothing before it gives",
        "stop 0: a finish that uses nothing that came before it",
    )


@pytest.mark.parametrize(
    ("i", "role", "said"),
    [
        (0, "core", "role 'core', where its stage is start"),
        (2, "finish", "role 'finish', where its stage is core"),
        (2, "interchange", "no line that came before has a station"),
        (1, "hero", "is none of start"),
    ],
)
def test_a_role_is_true(city: Catalogue, i: int, role: str, said: str) -> None:
    found = check_journey(city, with_stop(way_town.journey(city), i, role=role), journey_rules(city))
    assert len(found) == 1
    assert said in found[0]


def test_a_role_of_station_needs_a_line(city: Catalogue) -> None:
    alone = catalogue_from(replace(way_town.tables(), lines=way_town.tables().lines.iloc[:0]))
    found = check_journey(alone, way_town.journey(alone), journey_rules(alone))
    assert "stop 1: is a station of no line" in found


def test_a_stage_and_a_pause_are_read_in_the_catalogue(city: Catalogue) -> None:
    assert "says stage 2" in check_journey(city, with_stop(way_town.journey(city), 0, stage=2), journey_rules(city))[0]
    route = way_town.journey(city)
    paused = replace(route, stops=(rest(moment(f"{SEVEN} 09:00"), 60), *route.stops))
    assert check_journey(city, paused, journey_rules(city)) == ("stop 0: a journey has no pauses",)
    assert "is no journey" in check_journey(city, replace(route, kind="outing"), journey_rules(city))[0]


def test_a_week_is_the_citys_own_also_when_the_clocks_change(city: Catalogue) -> None:
    """Monday 00:30 in summer time is Sunday in UTC."""
    later = moment("2026-03-30 00:30") - HOUR
    found = check_journey(city, way_town.journey(city), journey_rules(city, begins=later))
    assert "stop 3: in week 0 of 5" not in found
    assert sum("before the journey begins" in one for one in found) == 3
    assert sum("in week -" in one for one in found) == 3
