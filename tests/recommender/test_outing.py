"""What an outing looks like: stops in time, ways between them, and everything that was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.passports import passports_from
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Catalogue
from recommender.passport import Request
from recommender.release import Release
from recommender.routing.outing import OpenHours, OutingWish, Pause, plan_outing
from recommender.travel import GreatCircle
from tests.conftest import AS_OF
from tests.recommender.outing_town import (
    CHILD,
    FAR_END,
    SUNDAY,
    city,
    day,
    drop_in,
    plan,
    rows,
    sat,
    session,
    session_rows,
    tables,
    told,
    ways,
)
from tests.recommender.towns import visits

AFTERNOON = day("12:00", "18:00")


def test_two_sessions_one_after_the_other_with_the_ways_between_them() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    route = plan(town, AFTERNOON).routes[0]
    assert told(town, route) == ["clay 13:00-14:00", "bees 15:00-16:00"]
    # Ten minutes to clay, twenty on to the bees, thirty home; five to spare before a session begins.
    assert ways(route) == ["home 12:45-12:55 0", "0 14:35-14:55 1", "1 16:00-16:30 home"]
    assert [leg.minutes for leg in route.legs] == [10, 20, 30]
    assert route.price == 7.5
    assert [stop.arrive for stop in route.stops] == [leg.arrive for leg in route.legs[:2]]


def test_who_can_drop_in_before_a_session_leaves_home_later_instead_of_waiting_at_the_door() -> None:
    town = city(drop_in("clay", "09:00", "18:00"), session("robots", "16:00", "17:00"))
    route = plan(town, day("12:00", "17:30")).routes[0]
    assert told(town, route) == ["clay 14:45-15:45", "robots 16:00-17:00"]
    assert ways(route) == ["home 14:35-14:45 0", "0 15:45-15:55 1", "1 17:00-17:20 home"]


def test_a_session_that_cannot_be_reached_or_left_in_time_is_no_stop() -> None:
    town = city(
        session("bees", "12:20", "13:00"), session("robots", "16:45", "17:45"), session("clay", "14:00", "15:00")
    )
    assert told(town, plan(town, AFTERNOON).routes[0]) == ["clay 14:00-15:00"]


def test_one_session_of_an_activity() -> None:
    town = city(*(session("robots", f"{hour}:00", f"{hour}:40") for hour in (13, 14, 15)))
    assert len(plan(town, AFTERNOON).routes[0].stops) == 1


def test_a_visit_to_a_drop_in_session_lasts_as_long_as_asked_or_as_the_session() -> None:
    town = city(drop_in("clay", "12:30", "13:00"), drop_in("bees", "12:00", "18:00"))
    route = plan(town, AFTERNOON, visit_minutes=90.0).routes[0]
    assert told(town, route) == ["clay 12:30-13:00", "bees 13:20-14:50"]


def test_budgets_of_stops_and_money_hold() -> None:
    town = city(
        session("clay", "13:00", "14:00"), session("robots", "14:30", "15:00"), session("bees", "15:30", "16:00")
    )
    assert len(plan(town, AFTERNOON).routes[0].stops) == 3
    assert len(plan(town, AFTERNOON, max_stops=2).routes[0].stops) == 2
    assert told(town, plan(town, AFTERNOON, max_price=2.5).routes[0]) == ["robots 14:30-15:00", "bees 15:30-16:00"]
    assert plan(town, AFTERNOON, max_price=7.5).routes[0].price == 7.5


def test_what_has_no_known_price_is_free_for_nobody_but_stays_without_a_budget() -> None:
    town = city(session("paint", "13:00", "14:00"))
    route = plan(town, AFTERNOON).routes[0]
    assert np.isnan(route.price)
    assert route.stops[0].not_known == ("age", "price")
    assert not plan(town, AFTERNOON, max_price=100.0).routes


def test_a_badge_is_earned_before_it_is_asked_for() -> None:
    town = city(session("exam", "13:00", "14:00"), session("robots", "14:00", "15:00"))
    assert told(town, plan(town, AFTERNOON).routes[0]) == ["robots 14:00-15:00"]
    later = city(session("exam", "15:00", "16:00"), session("robots", "14:00", "15:00"))
    route = plan(later, AFTERNOON).routes[0]
    assert told(later, route) == ["robots 14:00-15:00", "exam 15:00-16:00"]
    assert route.badges == ("maker",)
    held = replace(CHILD, badges=frozenset({"maker"}))
    assert len(plan(town, AFTERNOON, passport=held).routes[0].stops) == 2


def test_the_badge_of_a_line_that_is_finished_counts_as_held() -> None:
    line = [{"line_id": "makers", "name": "Makers", "station": 1.0, "activity_id": "clay", "badge": "maker"}]
    town = catalogue_from(replace(tables([session("exam", "13:00", "14:00")]), lines=_lines(line)))
    assert not plan(town, AFTERNOON).routes
    assert plan(town, AFTERNOON, passport=replace(CHILD, stamps=visits(town, "clay"))).routes


def _lines(records: list[dict[str, object]]) -> object:
    from data.columns import LINES
    from data.tables import frame_of

    return frame_of(LINES, records)


def test_so_many_domains() -> None:
    town = city(
        session("robots", "14:00", "15:00"),
        session("exam", "15:00", "16:00"),
        session("clay", "14:30", "15:30"),
    )
    maker = replace(CHILD, badges=frozenset({"maker"}))
    assert plan(town, AFTERNOON, passport=maker).routes[0].domains == (3,)
    assert len(plan(town, AFTERNOON, passport=maker, min_domains=1).routes[0].stops) == 2
    assert not plan(town, AFTERNOON, passport=maker, min_domains=2).routes


def test_pinned_stays_and_excluded_goes() -> None:
    town = city(
        session("clay", "14:00", "15:00"), session("robots", "14:00", "15:00"), session("bees", "14:00", "15:00")
    )
    for name in ("clay", "robots", "bees"):
        found = plan(town, AFTERNOON, pinned=rows(town, name), alternatives=3)
        assert [told(town, route) for route in found.routes] == [[f"{name} 14:00-15:00"]]
    found = plan(town, AFTERNOON, excluded=rows(town, "clay", "bees"))
    assert [told(town, route) for route in found.routes] == [["robots 14:00-15:00"]]


def test_a_pinned_session_and_no_other_of_its_activity() -> None:
    town = city(session("clay", "13:00", "14:00"), session("clay", "16:00", "17:00"))
    for name in ("clay 07 13:00", "clay 07 16:00"):
        found = plan(town, AFTERNOON, pinned_sessions=session_rows(town, name))
        assert [stop.session for stop in found.routes[0].stops] == session_rows(town, name).tolist()


def test_somebody_may_pin_what_they_did_before() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    again = replace(CHILD, stamps=visits(town, "clay", "robots"))
    assert not plan(town, AFTERNOON, passport=again).routes
    found = plan(town, AFTERNOON, passport=again, pinned=rows(town, "clay"))
    assert told(town, found.routes[0]) == ["clay 13:00-14:00"]


def test_a_pause_where_one_is() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:30", "16:30"))
    route = plan(town, AFTERNOON, pauses=(Pause(sat("14:00"), sat("14:30"), 30),)).routes[0]
    assert told(town, route) == ["clay 13:00-14:00", "pause 14:30-15:00", "bees 15:30-16:30"]
    # The pause has no way of its own: one leaves from it.
    assert ways(route) == ["home 12:45-12:55 0", "1 15:05-15:25 2", "2 16:30-17:00 home"]
    assert route.stops[1].venue == town.venues.ids.row("pottery")


def test_a_pause_after_arriving_where_there_is_no_time_for_it_before() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    route = plan(town, AFTERNOON, pauses=(Pause(sat("14:20"), sat("14:30"), 30),)).routes[0]
    assert told(town, route) == ["clay 13:00-14:00", "pause 14:25-14:55", "bees 15:00-16:00"]
    assert ways(route) == ["home 12:45-12:55 0", "0 14:05-14:25 2", "2 16:00-16:30 home"]


def test_a_pause_uses_no_stop_and_no_time_for_it_means_no_route() -> None:
    town = city(session("clay", "13:00", "14:00"))
    pause = Pause(sat("13:10"), sat("13:20"), 15)
    assert len(plan(town, AFTERNOON, max_stops=1, pauses=(Pause(sat("14:00"), sat("15:00"), 15),)).routes[0].stops) == 2
    found = plan(town, AFTERNOON, pinned=rows(town, "clay"), pauses=(pause,))
    assert not found.routes
    assert found.relax is not None
    assert found.relax.step == "pauses"


def test_an_outing_that_ends_elsewhere() -> None:
    town = city(session("bees", "13:00", "17:55"))
    assert not plan(town, AFTERNOON).routes
    route = plan(town, AFTERNOON, end=FAR_END).routes[0]
    assert ways(route) == ["home 12:25-12:55 0", "0 17:55-17:55 home"]


def test_several_days_each_from_home_to_home() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "13:00", "14:00", SUNDAY))
    route = plan(town, AFTERNOON, day("12:00", "18:00", SUNDAY)).routes[0]
    assert told(town, route) == ["clay 13:00-14:00", "robots 13:00-14:00"]
    assert [(leg.from_stop, leg.to_stop) for leg in route.legs] == [(None, 0), (0, None), (None, 1), (1, None)]
    once = plan(town, AFTERNOON, day("12:00", "18:00", SUNDAY), max_stops=1).routes[0]
    assert len(once.stops) == 1


def test_nothing_is_planned_before_the_moment_of_asking() -> None:
    town = city(drop_in("clay", "09:00", "18:00"), session("robots", "13:00", "14:00"))
    found = plan(town, AFTERNOON, asked={"at": sat("14:30")})
    assert told(town, found.routes[0]) == ["clay 14:40-15:40"]


def hours_of(town: Catalogue, **spans: list[tuple[str, str]]) -> OpenHours:
    known = np.isin(np.arange(len(town.venues.ids)), [town.venues.ids.row(name) for name in spans])
    intervals = sorted((town.venues.ids.row(name), sat(a), sat(b)) for name, own in spans.items() for a, b in own)
    columns = np.array(intervals, dtype=np.int64).reshape(-1, 3)
    return OpenHours(columns[:, 0].astype(np.int32), columns[:, 1].copy(), columns[:, 2].copy(), known)


def test_a_drop_in_visit_lies_within_opening_hours_where_they_are_known() -> None:
    town = city(drop_in("clay", "09:00", "18:00"), session("bees", "12:30", "13:00"))
    hours = hours_of(town, pottery=[("12:00", "13:30"), ("15:00", "16:30")], garden=[])
    route = plan(town, AFTERNOON, hours=hours).routes[0]
    # Back from the bees at 13:20, too late for an hour before the lunch break. That the garden is closed then does not
    # matter: the session says that it takes place.
    assert told(town, route) == ["bees 12:30-13:00", "clay 15:00-16:00"]


def test_a_city_without_sessions_is_open_when_its_venues_are() -> None:
    town = catalogue_from(tables(None))
    hours = hours_of(town, pottery=[("13:00", "14:30")], workshop=[], garden=[("15:00", "17:00")])
    route = plan(town, AFTERNOON, hours=hours).routes[0]
    assert [one.split()[1] for one in told(town, route)] == ["13:30-14:30", "15:00-16:00"]
    assert all("hours" not in stop.not_known for stop in route.stops)
    free = plan(town, AFTERNOON).routes[0]
    assert len(free.stops) == 4
    assert all("hours" in stop.not_known for stop in free.stops)


def test_travel_no_longer_than_asked_on_every_way() -> None:
    town = city(
        session("clay", "13:00", "14:00"), session("robots", "14:30", "15:00"), session("bees", "16:00", "17:00")
    )
    found = plan(town, AFTERNOON, asked={"max_minutes": 20.0})
    assert told(town, found.routes[0]) == ["clay 13:00-14:00", "robots 14:30-15:00"]


def test_only_what_suits_everybody_who_comes() -> None:
    activities = [
        {"activity_id": "clay", "title": "clay", "venue_id": "pottery", "age_min": 8.0, "age_max": 12.0},
        {"activity_id": "robots", "title": "robots", "venue_id": "workshop", "age_min": 4.0, "age_max": 12.0},
    ]
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"), activities=activities)
    assert len(plan(town, AFTERNOON).routes[0].stops) == 2
    assert told(town, plan(town, AFTERNOON, asked={"company": (5.0,)}).routes[0]) == ["robots 15:00-16:00"]


def test_alternatives_differ_in_at_least_half_of_their_stops() -> None:
    halls = [{"venue_id": f"hall-{n}", "domain": "culture", "lat": 52.01, "lon": 5.0} for n in range(4)]
    shows = [{"activity_id": f"show-{n}", "title": "show", "venue_id": f"hall-{n}", "price": 0.0} for n in range(4)]
    town = city(
        *(
            session(f"show-{n}", start, end)
            for n in range(4)
            for start, end in (("13:00", "14:00"), ("15:00", "16:00"))
        ),
        venues=halls,
        activities=shows,
    )
    found = plan(town, AFTERNOON, alternatives=3)
    assert len(found.routes) == 3
    for one in found.routes:
        assert len(one.stops) == 2
        for other in found.routes:
            shared = {stop.activity for stop in one.stops} & {stop.activity for stop in other.stops}
            assert one is other or len(shared) <= 1


def test_there_are_fewer_alternatives_rather_than_bad_ones() -> None:
    town = city(
        session("clay", "13:00", "14:00"), session("robots", "14:30", "15:00"), session("bees", "15:30", "16:00")
    )
    # Whatever shares at most one of its stops with the best has one or two stops, not three.
    found = plan(town, AFTERNOON, alternatives=3)
    assert len(found.routes) == 1
    assert len(plan(town, AFTERNOON, max_stops=1, alternatives=3).routes) == 3
    assert len(plan(town, AFTERNOON, max_stops=1, alternatives=2).routes) == 2


def test_equal_questions_get_equal_answers() -> None:
    town = catalogue_from(tables(None))
    assert repr(plan(town, AFTERNOON)) == repr(plan(town, AFTERNOON))


@pytest.mark.parametrize("learner", ["r-1", "a-1"])
def test_stops_carry_the_recipe_s_own_reasons(
    tiny: Tables, tiny_catalogue: Catalogue, tiny_release: Release, learner: str
) -> None:
    passport = next(passport for _, passport in passports_from(tiny, tiny_catalogue, [learner]))
    request = Request(at=AS_OF, include_stamped=True)
    wish = OutingWish(days=(day("09:00", "18:00"), day("09:00", "18:00", SUNDAY)))
    travel = GreatCircle(tiny_catalogue.travel)
    found = plan_outing(passport, tiny_catalogue, tiny_release, request, wish, travel)
    assert found.fallback == "personalised"
    assert found.basis == "stamps"
    stops = found.routes[0].stops
    assert stops
    for stop in stops:
        assert stop.prize > 0
        assert all(reason.gain > 0 for reason in stop.reasons)
    codes = {reason.code for stop in stops for reason in stop.reasons}
    assert codes & {"like_stamp", "theme", "together_with"}
    silent = plan_outing(passport, tiny_catalogue, tiny_release, replace(request, explain=False), wish, travel)
    assert all(not stop.reasons for stop in silent.routes[0].stops)
    assert [stop.activity for stop in silent.routes[0].stops] == [stop.activity for stop in stops]
