"""Journeys whose best answer can be seen by eye."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.city import Catalogue, always_open
from recommender.errors import BadInput, UnknownName
from recommender.passport import NOBODY, Passport, Request
from recommender.routing.journey import JourneyWish, SolveLimit, plan_journey
from recommender.travel import GreatCircle
from tests.conftest import AS_OF, moment
from tests.recommender.journey_town import (
    DAY,
    HOME,
    activity,
    city_of,
    names,
    plan,
    saturday,
    session,
    stamped,
    why,
)


def robots(**more: object) -> Catalogue:
    """Start in week 0 or 1, two cores in weeks 1 and 2, a finish in week 3; and a painting in every week."""
    return city_of(
        [
            activity("first", "robots", "start", "lib"),
            activity("wires", "robots", "core", "museum"),
            activity("code", "robots", "core", "lib", awards="coder"),
            activity("match", "robots", "finish", "maker", requires="coder", awards="robot-maker"),
            activity("paint", "art", "core", "lib", price=4.0),
        ],
        [
            session("first", saturday(0)),
            session("first", saturday(1)),
            session("wires", saturday(1)),
            session("code", saturday(2)),
            session("match", saturday(3)),
            *(session("paint", saturday(week, 14)) for week in range(4)),
        ],
        **more,
    )


def test_start_core_finish_and_a_badge() -> None:
    city = robots()
    found = plan(city)
    assert names(city, found) == ["first", "wires", "code", "match"]
    route = found.routes[0]
    assert [stop.role for stop in route.stops] == ["start", "core", "core", "finish"]
    assert route.badges == ("coder", "robot-maker")
    assert route.proven
    assert route.gap == 0.0
    assert (route.price, route.domains) == (0.0, (0, 1, 3))
    assert found.relax is None
    assert why(city, found) == {"paint": "week_full"}


def test_the_same_request_gives_the_same_journey() -> None:
    city = robots()
    one, other = plan(city, sessions_per_week=2, alternatives=3), plan(city, sessions_per_week=2, alternatives=3)
    assert one == other


def test_two_a_week_hold_more() -> None:
    city = robots()
    assert sorted(names(city, plan(city, sessions_per_week=2))) == ["code", "first", "match", "paint", "wires"]


def test_rest_weeks_and_holidays_stay_free() -> None:
    city = robots()
    assert names(city, plan(city, rest_weeks=(1,))) == ["first", "code", "match"]
    holiday = (moment(saturday(3)) - 1, moment(saturday(3, 14)) + 1)
    found = plan(city, holidays=(holiday,))
    assert names(city, found)[:2] == ["first", "wires"]
    assert len(names(city, found)) == 3
    assert why(city, found)["match"] == "holiday"
    assert why(city, plan(city, rest_weeks=(3,)))["match"] == "rest_week"


def test_a_week_is_the_citys_own() -> None:
    """A journey that begins on Sunday evening has one evening in week 0."""
    city = city_of([activity("late", "art"), activity("early", "art")], [
        session("late", "2026-03-08 23:30"), session("early", "2026-03-09 00:30"),
    ])  # fmt: skip
    sunday = moment("2026-03-08 20:00")
    assert names(city, plan(city, begins=sunday, weeks=1)) == ["late"]
    assert names(city, plan(city, begins=sunday, weeks=2)) == ["late", "early"]


def test_a_finish_must_use_something() -> None:
    city = city_of(
        [activity("paint", "art"), activity("match", "robots", "finish"), activity("show", "art", "finish")],
        [session("paint", saturday(0)), session("match", saturday(1)), session("show", saturday(2))],
    )
    found = plan(city)
    assert names(city, found) == ["paint", "show"]
    assert why(city, found) == {"match": "one_finish"}
    assert names(city, plan(city, excluded=["show"])) == ["paint"]
    assert why(city, plan(city, excluded=["show"]))["match"] == "uses_nothing"
    assert names(city, plan(city, pinned=["match"])) == ["paint", "match"]


def test_what_is_not_known_to_be_a_stage_is_core_only() -> None:
    city = city_of(
        [activity("open", "art", ""), activity("first", "art", "start"), activity("last", "art", "finish")],
        [session("open", saturday(0)), session("first", saturday(1)), session("open", saturday(2)),
         session("last", saturday(3))],
    )  # fmt: skip
    found = plan(city)
    assert names(city, found) == ["first", "open", "last"]
    assert [stop.stage for stop in found.routes[0].stops] == [0, -1, 2]
    assert [stop.role for stop in found.routes[0].stops] == ["start", "core", "finish"]


def test_a_badge_must_be_had_before_it_is_asked_for() -> None:
    late = city_of(
        [activity("code", "robots", awards="coder"), activity("club", "robots", requires="coder")],
        [session("club", saturday(0)), session("code", saturday(1))],
    )
    found = plan(late)
    assert names(late, found) == ["code"]
    assert why(late, found) == {"club": "prerequisite"}
    assert names(late, plan(late, Passport(badges=frozenset({"coder"})))) == ["club", "code"]


def test_a_circle_of_prerequisites_is_named() -> None:
    city = city_of(
        [
            activity("hen", "art", requires="egg", awards="chick"),
            activity("egg", "art", requires="chick", awards="egg"),
            activity("wait", "art", requires="chick"),
            activity("never", "art", requires="nothing"),
            activity("paint", "art"),
        ],
        [session(name, saturday(week)) for week, name in enumerate(("hen", "egg", "wait", "never"))]
        + [session("paint", saturday(0))],
    )
    found = plan(city)
    assert names(city, found) == ["paint"]
    circle = {"hen": "prerequisite_cycle", "egg": "prerequisite_cycle"}
    assert why(city, found) == circle | {"wait": "prerequisite", "never": "prerequisite"}
    none = plan(city, badge="egg")
    assert not none.routes
    assert none.relax is not None
    assert none.relax.step == "goal"
    assert why(city, none)["egg"] == "prerequisite_cycle"
    in_hand = names(city, plan(city, Passport(badges=frozenset({"chick"})), weeks=3, excluded=["paint"]))
    assert in_hand == ["egg", "wait"]


def test_a_goal_badge_brings_its_whole_chain() -> None:
    city = robots()
    found = plan(city, badge="robot-maker", max_stops=3)
    assert "code" in names(city, found)
    assert names(city, found)[-1] == "match"
    assert "robot-maker" in found.routes[0].badges


def test_a_goal_badge_at_the_end_of_a_line_needs_all_its_stations() -> None:
    city = robots(lines={"robot-line": ("first", "wires", "code")}, badges={"robot-line": "rider"})
    found = plan(city, badge="rider", max_stops=3)
    assert names(city, found) == ["first", "wires", "code"]
    assert found.routes[0].badges == ("coder", "rider")
    assert names(city, plan(city, stamped(city, "first", "wires"), badge="rider", max_stops=1)) == ["code"]
    assert not plan(city, badge="rider", max_stops=2).routes
    assert not plan(city, badge="rider", excluded=["wires"]).routes


def test_a_goal_line_is_ridden_in_order_and_no_station_is_skipped() -> None:
    city = city_of(
        [activity(name, "robots", "") for name in ("one", "two", "three")] + [activity("paint", "art", "")],
        [session("two", saturday(0)), session("one", saturday(1)), session("three", saturday(2)),
         session("two", saturday(3)), session("paint", saturday(3))],
        lines={"line": ("one", "two", "three")},
    )  # fmt: skip
    found = plan(city, line=0)
    assert names(city, found) == ["one", "two"]
    assert why(city, found) == {"three": "station_order", "paint": "week_full"}
    assert [stop.role for stop in found.routes[0].stops] == ["station", "station"]
    assert names(city, plan(city, excluded=["two"], line=0)) == ["one", "three", "paint"]


def test_a_line_that_was_begun_goes_on_with_its_next_station() -> None:
    city = city_of(
        [activity(name, "robots", "") for name in ("one", "two", "three")],
        [session("two", saturday(1)), session("three", saturday(0))],
        lines={"line": ("one", "two", "three")},
    )
    assert names(city, plan(city, stamped(city, "one"))) == ["two"]
    # Nobody has begun it: then its order holds, but nothing must come first.
    assert names(city, plan(city, max_stops=1, pinned=["three"])) == ["three"]


def test_a_line_against_the_stages_is_right() -> None:
    city = city_of(
        [activity("one", "robots", "finish"), activity("two", "robots", "start")],
        [session("one", saturday(0)), session("two", saturday(1))],
        lines={"line": ("one", "two")},
    )
    assert names(city, plan(city, line=0)) == ["one", "two"]
    assert len(names(city, plan(city))) == 1


def test_changing_lines_at_a_venue_of_both_is_an_interchange() -> None:
    city = city_of(
        [
            activity("a1", "robots", "", "lib"),
            activity("a2", "robots", "", "maker"),
            activity("b1", "art", "", "maker"),
            activity("b2", "art", "", "museum"),
        ],
        [session(name, saturday(week)) for week, name in enumerate(("a1", "b1", "b2"))],
        lines={"a": ("a1", "a2"), "b": ("b1", "b2")},
    )
    found = plan(city)
    assert [stop.role for stop in found.routes[0].stops] == ["station", "interchange", "station"]


def test_most_stops_touch_the_goal_or_what_is_narrower() -> None:
    city = robots()
    tech = city.themes.ids.row("tech")
    assert names(city, plan(city, theme=tech, sessions_per_week=2)).count("paint") == 1
    art = plan(city, theme=city.themes.ids.row("art"))
    assert names(city, art) == ["paint"]
    assert set(why(city, art).values()) == {"goal"}


def test_so_many_domains_at_least() -> None:
    city = robots()
    found = plan(city, min_domains=3, max_stops=3)
    assert "wires" in names(city, found)
    assert len(found.routes[0].domains) == 3
    impossible = plan(city, min_domains=4)
    assert not impossible.routes
    assert impossible.relax is not None
    assert (impossible.relax.step, impossible.relax.to, impossible.relax.gains) == ("min_domains", 3.0, 4)


def test_the_budget_is_kept_and_an_unknown_price_does_not_fit_in_one() -> None:
    city = city_of(
        [
            activity("cheap", "art", price=2.5),
            activity("dear", "art", price=2.6),
            activity("secret", "art", price=None),
        ],
        [session("cheap", saturday(0)), session("dear", saturday(1)), session("secret", saturday(2))],
    )
    found = plan(city, max_price=5.0)
    assert len(names(city, found)) == 1
    assert sorted(why(city, found).values()) == ["price", "price"]
    everything = plan(city)
    assert np.isnan(everything.routes[0].price)
    assert plan(city, max_price=5.1).routes[0].price == pytest.approx(5.1)


def test_two_of_one_day_need_time_for_the_way() -> None:
    city = city_of(
        [
            activity("near", "art", venue="lib"),
            activity("away", "art", venue="far"),
            activity("next", "art", venue="lib"),
        ],
        [session("near", saturday(0, 10)), session("away", saturday(0, 11)), session("next", saturday(0, 11))],
    )
    home = Passport(home=HOME)
    found = plan(city, home, sessions_per_week=3)
    assert names(city, found) == ["near", "next"]
    assert why(city, found) == {"away": "no_time"}
    legs = found.routes[0].legs
    assert [(leg.from_stop, leg.to_stop) for leg in legs] == [(None, 0), (0, 1), (1, None)]
    assert legs[1].minutes == 0.0


def test_nobody_is_sent_to_an_unknown_place_and_elsewhere_on_one_day() -> None:
    city = city_of(
        [activity("near", "art", venue="lib"), activity("where", "art", venue="")],
        [session("near", saturday(0, 10)), session("where", saturday(0, 15))],
    )
    assert len(names(city, plan(city, sessions_per_week=2))) == 1


def test_somebody_who_drops_in_comes_on_a_saturday_afternoon() -> None:
    city = city_of(
        [activity("open", "art", venue="museum")],
        [session("open", "2026-03-02 09:00", 24 * 20, drop_in=1.0)],
    )
    found = plan(city)
    [stop] = found.routes[0].stops
    assert (stop.begin, stop.end - stop.begin) == (moment("2026-03-07 14:00"), 5400)
    assert stop.not_known == ("hours",)


def test_nobody_drops_in_for_the_last_few_minutes() -> None:
    city = city_of(
        [activity("open", "art", venue="museum"), activity("short", "art", venue="museum")],
        [session("open", saturday(0), 2, drop_in=1.0), session("short", saturday(0), 0.25, drop_in=1.0)],
    )
    assert names(city, plan(city, request=Request(at=moment(saturday(0)) + 5400), weeks=1)) == ["open"]
    assert names(city, plan(city, request=Request(at=moment(saturday(0)) + 5401), weeks=1)) == []
    assert names(city, plan(city, excluded=["open"])) == ["short"]


def test_a_city_without_sessions_has_journeys_too() -> None:
    made = robots()
    city = replace(made, sessions=always_open(made.activities.venue, made.venues))
    found = plan(city, weeks=5)
    assert len(names(city, found)) == 5
    assert names(city, found)[0] == "first"
    assert names(city, found)[-1] == "match"
    assert {stop.not_known for stop in found.routes[0].stops} == {("hours",)}


def test_alternatives_differ_in_half_of_their_stops() -> None:
    many = [activity(f"a-{number}", "art", "") for number in range(12)]
    city = city_of(many, [session(f"a-{number}", saturday(number % 4, 9 + number // 4)) for number in range(12)])
    found = plan(city, alternatives=3)
    assert len(found.routes) == 3
    chosen = [set(names(city, found, which)) for which in range(3)]
    for one in range(3):
        for other in range(one):
            assert len(chosen[one] & chosen[other]) <= 2


def test_what_is_pinned_is_in_every_alternative_and_does_not_count() -> None:
    many = [activity(f"a-{number}", "art", "") for number in range(8)]
    city = city_of(many, [session(f"a-{number}", saturday(number % 4, 9 + number // 4)) for number in range(8)])
    found = plan(city, alternatives=2, pinned=["a-0", "a-1"])
    one, other = (set(names(city, found, which)) for which in range(2))
    assert {"a-0", "a-1"} <= one & other
    assert len(one & other) <= 3
    assert len(plan(city, alternatives=2, pinned=["a-0"], max_stops=1).routes) == 1


def test_what_is_pinned_is_in_it_and_what_is_excluded_is_not() -> None:
    city = robots()
    found = plan(city, pinned=["paint"], excluded=["wires"])
    assert "paint" in names(city, found)
    assert "wires" not in names(city, found)
    assert why(city, found)["wires"] == "excluded"


def test_what_is_pinned_may_be_something_done_before() -> None:
    city = robots()
    passport = stamped(city, "first", "wires")
    assert "first" not in names(city, plan(city, passport))
    assert "first" in names(city, plan(city, passport, pinned=["first"]))
    assert "wires" not in names(city, plan(city, passport, pinned=["first"]))


def test_an_impossible_pin_says_so() -> None:
    city = robots()
    found = plan(city, pinned=["match"], excluded=["code"])
    assert not found.routes
    assert found.relax is not None
    assert found.relax.step in ("pinned", "excluded")
    assert why(city, found)["match"] == "prerequisite"


@pytest.mark.parametrize(
    ("wish", "step", "to"),
    [
        ({"min_stops": 5}, "sessions_per_week", 2.0),
        ({"rest_weeks": (0, 1, 2, 3)}, "rest_weeks", None),
        ({"pinned": ["paint"], "max_price": 3.0}, "max_price", 4.0),
        ({"weeks": 1, "badge": "robot-maker"}, "goal", None),
        ({"holidays": ((AS_OF, AS_OF + 40 * DAY),)}, "holidays", None),
    ],
)
def test_an_impossible_wish_names_what_to_relax(wish: dict[str, object], step: str, to: float | None) -> None:
    city = robots()
    found = plan(city, **wish)
    assert not found.routes
    assert found.relax is not None
    assert (found.relax.step, found.relax.to) == (step, to)
    assert found.relax.gains > 0


def test_filters_that_leave_nothing_are_what_to_relax() -> None:
    city = robots()
    found = plan(city, Passport(home=HOME), Request(at=AS_OF, max_minutes=0.5))
    assert not found.routes
    assert found.relax is not None
    assert found.relax.step == "travel"


def test_whoever_asks_too_late_or_for_what_is_not_there_is_told() -> None:
    city = robots()
    with pytest.raises(BadInput, match="the last one is over"):
        plan(city, begins=AS_OF - 60 * DAY)
    with pytest.raises(UnknownName, match="no badge 'wizard'"):
        plan(city, badge="wizard")
    with pytest.raises(BadInput, match="goal theme: row 99"):
        plan(city, theme=99)
    with pytest.raises(BadInput, match="goal line: row 0"):
        plan(city, line=0)
    wish = JourneyWish(begins=AS_OF, pinned=np.array([99], dtype=np.int32))
    with pytest.raises(BadInput, match="pinned: row 99"):
        plan_journey(NOBODY, city, None, Request(at=AS_OF), wish, GreatCircle(city.travel))


def test_nothing_is_planned_that_one_cannot_be_at_anymore() -> None:
    city = robots()
    at = moment(saturday(0)) - 60
    found = plan(city, Passport(home=HOME), Request(at=at), weeks=1)
    assert names(city, found) == ["paint"]
    assert why(city, found)["first"] == "no_time"


def test_an_empty_city_answers() -> None:
    city = city_of([activity("never", "art")], [])
    found = plan(city)
    assert (found.routes, found.left_out, found.relax) == ((), (), None)


def test_a_limit_that_is_too_short_says_that_it_cut_in_or_answers_all_the_same() -> None:
    city = robots()
    wish = JourneyWish(begins=AS_OF, weeks=4, min_domains=0)
    found = plan_journey(NOBODY, city, None, Request(at=AS_OF), wish, GreatCircle(city.travel), SolveLimit(1.0, 1e-9))
    assert found.cut
    assert all(not route.proven for route in found.routes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weeks", 0),
        ("weeks", 54),
        ("sessions_per_week", 8),
        ("min_domains", 8),
        ("min_stops", 0),
        ("max_stops", 0),
        ("alternatives", 4),
        ("rest_weeks", (8,)),
        ("holidays", ((5, 5),)),
        ("max_price", -1.0),
        ("max_price", float("nan")),
        ("pinned", np.array([-1], dtype=np.int32)),
    ],
)
def test_a_wish_outside_its_range_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=field):
        JourneyWish(begins=AS_OF, **{field: value})


def test_a_wish_that_contradicts_itself_is_refused() -> None:
    row = np.array([1], dtype=np.int32)
    with pytest.raises(BadInput, match="pinned and excluded: activity row 1"):
        JourneyWish(begins=AS_OF, pinned=row, excluded=row)
    with pytest.raises(BadInput, match="goal: one theme, one line or one badge"):
        JourneyWish(begins=AS_OF, theme=0, badge="coder")
    for limit in ({"deterministic": 0.0}, {"seconds": -1.0}):
        with pytest.raises(BadInput, match=next(iter(limit))):
            SolveLimit(**limit)
