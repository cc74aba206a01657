"""What to relax when nothing can be planned: one wish, and what it gains when it really is relaxed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.city import DOMAINS
from recommender.routing.outing import Pause
from recommender.routing.route import RouteRelaxation
from tests.recommender.outing_town import (
    CHILD,
    FAR_END,
    city,
    day,
    drop_in,
    plan,
    rows,
    sat,
    session,
    session_rows,
)
from tests.recommender.towns import themes

AFTERNOON = day("12:00", "18:00")


def test_a_later_home_by_time_and_what_it_gains() -> None:
    town = city(session("bees", "16:00", "17:40"), session("clay", "17:00", "18:00"))
    found = plan(town, AFTERNOON)
    assert not found.routes
    # Either of them, home at 18:10: half an hour more is enough.
    assert found.relax == RouteRelaxation("until", float(sat("18:30")), 1)
    assert len(plan(town, day("12:00", "18:30")).routes[0].stops) == found.relax.gains


def test_an_earlier_start() -> None:
    town = city(session("robots", "12:10", "13:00"))
    found = plan(town, AFTERNOON)
    assert found.relax == RouteRelaxation("from", float(sat("11:30")), 1)


def test_even_the_way_home_is_too_long() -> None:
    town = city(session("clay", "13:00", "14:00"))
    found = plan(town, day("12:40", "13:00"), end=FAR_END)
    assert not found.routes
    assert found.relax is not None
    assert found.relax.step == "until"


def test_more_money() -> None:
    town = city(session("clay", "13:00", "14:00"))
    found = plan(town, AFTERNOON, max_price=1.0)
    assert found.relax == RouteRelaxation("max_price", 5.0, 1)


def test_something_may_cost_money_at_all() -> None:
    town = city(session("clay", "13:00", "14:00"))
    found = plan(town, AFTERNOON, asked={"free_only": True})
    assert found.relax == RouteRelaxation("free_only", None, 1)


def test_a_longer_way() -> None:
    town = city(session("robots", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    found = plan(town, AFTERNOON, asked={"max_minutes": 12.0})
    assert found.relax == RouteRelaxation("travel", 20.0, 1)


def test_fewer_domains_and_how_many() -> None:
    town = city(session("robots", "13:00", "14:00"), session("clay", "15:00", "16:00"))
    found = plan(town, AFTERNOON, min_domains=5)
    assert len(DOMAINS) > 5
    assert found.relax == RouteRelaxation("min_domains", 2.0, 2)


def test_a_pinned_stop_that_is_closed_names_the_pin() -> None:
    town = city(
        session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"), session("bees", "03:00", "04:00")
    )
    found = plan(town, AFTERNOON, pinned=rows(town, "bees"))
    assert not found.routes
    assert found.relax == RouteRelaxation("pinned", None, 2)
    assert [(one.activity, one.why) for one in found.left_out] == [(int(rows(town, "bees")[0]), "closed_then")]


def test_of_two_pins_that_cannot_both_be_one_goes() -> None:
    town = city(
        session("clay", "13:00", "14:00"), session("robots", "13:30", "14:30"), session("bees", "16:00", "17:00")
    )
    found = plan(town, AFTERNOON, pinned=rows(town, "clay"), pinned_sessions=session_rows(town, "robots 07 13:30"))
    assert found.relax == RouteRelaxation("pinned", None, 2)


def test_more_stops_for_more_pins() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    found = plan(town, AFTERNOON, pinned=rows(town, "clay", "robots"), max_stops=1)
    assert found.relax == RouteRelaxation("max_stops", 2.0, 2)


def test_no_pause_or_a_shorter_stay() -> None:
    town = city(session("clay", "12:15", "17:45"))
    found = plan(town, AFTERNOON, pauses=(Pause(sat("13:00"), sat("14:00"), 30),))
    assert found.relax == RouteRelaxation("pauses", None, 1)
    short = city(drop_in("clay", "12:00", "20:00"))
    found = plan(short, day("12:00", "13:10"), visit_minutes=60.0)
    assert found.relax is not None
    assert found.relax.step == "until"
    closing = city(drop_in("clay", "12:00", "12:58"), drop_in("robots", "12:00", "12:58"))
    found = plan(closing, AFTERNOON, visit_minutes=58.0)
    assert found.relax is not None
    assert found.relax.step in ("from", "visit_minutes")


def test_what_was_excluded_or_filtered_away() -> None:
    town = city(session("clay", "13:00", "14:00"))
    assert plan(town, AFTERNOON, excluded=rows(town, "clay")).relax == RouteRelaxation("excluded", None, 1)
    culture = np.array([DOMAINS.index("nature")], dtype=np.int8)
    assert plan(town, AFTERNOON, asked={"domains": culture}).relax == RouteRelaxation("domains", None, 1)
    named = city(session("clay", "13:00", "14:00"), themes=[{"theme_id": "art"}])
    wanted = themes(named, "art")
    assert plan(named, AFTERNOON, asked={"themes": wanted}).relax == RouteRelaxation("themes", None, 1)


def test_nothing_helps_where_nothing_is_on() -> None:
    town = city(session("clay", "03:00", "04:00"), session("stars", "13:00", "14:00"))
    found = plan(town, AFTERNOON)
    assert not found.routes
    assert found.relax is None
    assert plan(town, AFTERNOON, passport=replace(CHILD, age_low=3.0, age_high=3.0)).relax is None


def test_a_route_needs_no_relaxation() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "13:00", "14:00"))
    assert plan(town, AFTERNOON).relax is None
