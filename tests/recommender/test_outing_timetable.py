"""Outings by bus: how long a way takes depends on when one leaves, and no bus is missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.city import Float64
from recommender.passport import Request
from recommender.routing.outing import OutingWish, plan_outing
from recommender.routing.route import Routes
from tests.conftest import AS_OF
from tests.recommender.outing_town import CHILD, city, day, drop_in, sat, session, told, ways, why


@dataclass(frozen=True)
class Bus:
    """Leaves every so many minutes, from everywhere at once, along the road: ten minutes to the next venue."""

    every: int = 30
    last: int = sat("23:30")

    def between(self, lat: Float64, lon: Float64, to_lat: Float64, to_lon: Float64, mode: str, at: int) -> Float64:
        ride = np.abs(lat[:, None] - to_lat[None, :]) * 1000
        wait = -at % (self.every * 60) / 60 if at <= self.last else np.inf
        return np.where(ride > 0, ride + wait, 0.0)


def by_bus(town, bus: Bus, *days: tuple[int, int], **wish: object) -> Routes:  # type: ignore[no-untyped-def]
    wanted = OutingWish(days=days, **wish)  # type: ignore[arg-type]
    return plan_outing(CHILD, town, None, Request(at=AS_OF, mode="transit"), wanted, bus)


AFTERNOON = day("12:00", "18:00")


def test_one_waits_at_home_and_not_at_the_stop() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    route = by_bus(town, Bus(), AFTERNOON).routes[0]
    assert told(town, route) == ["clay 13:00-14:00", "bees 15:00-16:00"]
    # The bus of 12:30 and that of 14:30, for which one leaves the clay a minute before.
    assert ways(route) == ["home 12:30-12:40 0", "0 14:29-14:50 1", "1 16:00-16:30 home"]
    assert [leg.minutes for leg in route.legs] == [10, 21, 30]


def test_a_bus_that_comes_too_late_takes_the_stop_out() -> None:
    # On paper ten minutes, but the bus of 14:30 arrives at 14:40.
    town = city(session("clay", "13:00", "14:05"), session("robots", "14:30", "15:00"))
    found = by_bus(town, Bus(), AFTERNOON)
    assert [len(route.stops) for route in found.routes[:1]] == [1]
    assert len(by_bus(town, Bus(every=5), AFTERNOON).routes[0].stops) == 2


def test_after_the_last_bus_nobody_gets_home() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    found = by_bus(town, Bus(last=sat("15:00")), AFTERNOON)
    assert told(town, found.routes[0]) == ["clay 13:00-14:00"]
    assert set(why(town, found)) == {"robots"}


def test_no_way_is_longer_than_asked_with_the_wait_for_the_bus() -> None:
    # Asked at ten past nine on Monday, when one would wait twenty minutes for a bus; on Saturday at noon it is there.
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    request = Request(at=AS_OF + 600, mode="transit", max_minutes=12.0)
    found = plan_outing(CHILD, town, None, request, OutingWish(days=(AFTERNOON,)), Bus())
    assert told(town, found.routes[0]) == ["clay 13:00-14:00"]
    assert all(leg.minutes <= 12 for leg in found.routes[0].legs)
    assert why(town, found) == {"bees": "too_far"}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["clay", "robots", "bees", "paint"]), st.integers(0, 20), st.booleans()), max_size=6
    ),
    st.sampled_from([7, 20, 30, 45]),
)
def test_no_bus_is_missed(held: list[tuple[str, int, bool]], every: int) -> None:
    made = {}
    for name, quarter, drops in held:
        start, end = (f"{12 + q // 4:02d}:{q % 4 * 15:02d}" for q in (quarter, min(quarter + 3, 24)))
        made[name, start] = (drop_in if drops else session)(name, start, end)
    # Every leg is asked of the bus again at the moment of leaving: the validator raises when one is missed.
    by_bus(city(*made.values()), Bus(every=every), AFTERNOON, max_stops=3)
