"""Questions that cannot be answered: each is refused by name, or answered without a route."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.translate import catalogue_from
from recommender.city import Place
from recommender.errors import BadInput
from recommender.routing.outing import OpenHours, OutingWish, Pause
from tests.recommender.outing_town import (
    CHILD,
    Road,
    city,
    day,
    plan,
    rows,
    sat,
    session,
    session_rows,
    tables,
    told,
    why,
)
from tests.recommender.towns import town as any_town

NOON, SIX = sat("12:00"), sat("18:00")
AFTERNOON = (NOON, SIX)


def whole(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"days": ()}, "days: 0 is not from 1 to 14"),
        ({"days": ((SIX, NOON),)}, f"days: until {NOON} is not after from {SIX}"),
        ({"days": ((NOON, NOON),)}, "is not after"),
        ({"days": ((NOON, NOON + 90_000),)}, "more than 24 hours"),
        ({"days": ((NOON, SIX), (NOON + 60, SIX + 60))}, "begins before the one before it ends"),
        ({"max_stops": 0}, "max_stops: 0 is not from 1 to 20"),
        ({"max_price": -1.0}, "max_price: -1.0"),
        ({"max_price": float("nan")}, "max_price: nan"),
        ({"max_price": float("inf")}, "max_price: inf"),
        ({"min_domains": 8}, "min_domains: 8 is not from 0 to 7"),
        ({"alternatives": 0}, "alternatives: 0"),
        ({"visit_minutes": 0.0}, "visit_minutes: 0.0 is not above 0"),
        ({"visit_minutes": float("nan")}, "visit_minutes: nan"),
        ({"pinned": whole(-1)}, "pinned: holds a row below 0"),
        ({"excluded": whole(-1)}, "excluded: holds a row below 0"),
        ({"pinned": whole(2, 1), "excluded": whole(1)}, "activity row 1 stands in both"),
        ({"end": Place(91.0, 5.0)}, "end: 91.0, 5.0 is no place on earth"),
        ({"end": Place(float("nan"), 5.0)}, "end: nan"),
        ({"pauses": (Pause(SIX + 60, SIX + 120, 5.0),)}, "pauses: one that begins from"),
        ({"pauses": (Pause(NOON, SIX, 5.0),) * 11}, "pauses: 11 is not from 0 to 10"),
    ],
)
def test_a_wish_outside_its_range_is_refused_by_name(wish: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says.replace("(", r"\(")):
        OutingWish(**{"days": (AFTERNOON,), **wish})  # type: ignore[arg-type]


@pytest.mark.parametrize("minutes", [0.0, -5.0, float("nan"), 1e9])
def test_a_pause_takes_time_and_not_all_of_it(minutes: float) -> None:
    with pytest.raises(BadInput, match="pauses"):
        Pause(NOON, SIX, minutes)


def test_a_pause_does_not_end_before_it_starts() -> None:
    with pytest.raises(BadInput, match="ends before it starts"):
        Pause(SIX, NOON, 10.0)


def test_what_only_the_catalogue_knows_is_refused_by_name() -> None:
    town = city(session("clay", "13:00", "14:00"), session("clay", "15:00", "16:00"))
    with pytest.raises(BadInput, match="start: nobody knows"):
        plan(town, AFTERNOON, passport=replace(CHILD, home=None))
    with pytest.raises(BadInput, match="start: nan"):
        plan(town, AFTERNOON, passport=replace(CHILD, home=Place(float("nan"), 5.0)))
    with pytest.raises(BadInput, match="pinned: row 99"):
        plan(town, AFTERNOON, pinned=whole(99))
    with pytest.raises(BadInput, match="pinned_sessions: row 99"):
        plan(town, AFTERNOON, pinned_sessions=whole(99))
    with pytest.raises(BadInput, match="stands in both"):
        plan(town, AFTERNOON, pinned_sessions=whole(0), excluded=rows(town, "clay"))
    with pytest.raises(BadInput, match="two of them are of one activity"):
        plan(town, AFTERNOON, pinned_sessions=session_rows(town, "clay 07 13:00", "clay 07 15:00"))
    with pytest.raises(BadInput, match="before the moment of asking"):
        plan(town, AFTERNOON, asked={"at": SIX})


def test_a_start_of_its_own_will_do_without_a_home() -> None:
    town = city(session("clay", "13:00", "14:00"))
    found = plan(town, AFTERNOON, passport=replace(CHILD, home=None), asked={"start": Place(52.02, 5.0)})
    assert [leg.minutes for leg in found.routes[0].legs] == [10, 10]


def test_an_empty_city_and_one_without_places_get_a_clear_answer() -> None:
    empty = catalogue_from(any_town([]))
    found = plan(empty, AFTERNOON)
    assert (found.routes, found.left_out, found.relax) == ((), (), None)
    nowhere = city(session("stars", "13:00", "14:00"))
    found = plan(nowhere, AFTERNOON)
    assert not found.routes
    assert why(nowhere, found) == {"stars": "no_place"}
    pinned = plan(nowhere, AFTERNOON, pinned=rows(nowhere, "stars"))
    assert why(nowhere, pinned) == {"stars": "no_place"}


def test_a_home_by_time_that_cannot_be_met() -> None:
    town = city(session("clay", "13:00", "14:00"))
    found = plan(town, day("13:00", "13:05"))
    assert not found.routes


def test_ways_that_do_not_exist_lead_nowhere() -> None:
    class Island(Road):
        def between(self, lat, lon, to_lat, to_lon, mode, at):  # type: ignore[no-untyped-def]
            minutes = super().between(lat, lon, to_lat, to_lon, mode, at)
            return np.where(minutes > 15, np.nan, minutes)

    from recommender.passport import Request
    from recommender.routing.outing import plan_outing
    from tests.conftest import AS_OF

    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    found = plan_outing(CHILD, town, None, Request(at=AS_OF), OutingWish(days=(AFTERNOON,)), Island())
    assert told(town, found.routes[0]) == ["clay 13:00-14:00"]
    assert why(town, found) == {"bees": "too_far"}


def test_ten_thousand_candidates() -> None:
    rng = np.random.default_rng(5)
    n = 10_000
    venues = [{"venue_id": f"v-{i}", "lat": 52.0 + i / 4e4, "lon": 5.0, "domain": "culture"} for i in range(400)]
    activities = [{"activity_id": f"a-{i:05d}", "title": "x", "venue_id": f"v-{i % 400}"} for i in range(n)]
    hours = rng.integers(12, 17, n)
    held = [session(f"a-{i:05d}", f"{hour}:00", f"{hour}:30") for i, hour in enumerate(hours.tolist())]
    town = catalogue_from(tables(held, activities=activities, venues=venues))
    found = plan(town, AFTERNOON, pinned=rows(town, "a-09999"))
    assert len(found.routes[0].stops) == 4
    assert rows(town, "a-09999")[0] in [stop.activity for stop in found.routes[0].stops]
    assert len(found.left_out) <= 10


def test_opening_hours_check_themselves() -> None:
    known = np.array([True, False])
    at = np.array([NOON], dtype=np.int64)
    good = {"venue": whole(0), "opens": at, "closes": at + 60, "known": known}
    OpenHours(**good)
    for name, value, says in (
        ("closes", at, "ends before it starts"),
        ("venue", whole(1), "not known"),
        ("venue", whole(2), "no venue"),
        ("opens", np.array([NOON, NOON]), "needs a venue, a start and an end"),
    ):
        with pytest.raises(BadInput, match=says):
            OpenHours(**{**good, name: value})
