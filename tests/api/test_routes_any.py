"""Whatever is asked of a route: a clear refusal, or an answer that keeps to what was asked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.shapes.route_answer import RoutesShape
from tests.api.conftest import Served, problem
from tests.api.test_routes import ROUTES, moment, visits

pytestmark = pytest.mark.usefixtures("ready_to_plan")
MIDNIGHT = datetime.fromisoformat("2026-03-02T00:00:00+01:00")
IDS = st.sampled_from(["robot-start", "robot-code", "robot-match", "stars", "birds", "pond", "farm", "paint"])
SESSIONS = st.sampled_from(["s-start", "s-pond", "s-birds", "s-paint", "s-paint-full", "s-birds-off"])
POINTS = st.fixed_dictionaries({"lat": st.floats(51.73, 51.8), "lon": st.floats(5.5, 5.6)})
AWAY = st.fixed_dictionaries({"lat": st.floats(-90, 90), "lon": st.floats(-180, 180)})
MOMENTS = st.integers(0, 24 * 16).map(lambda hours: (MIDNIGHT + timedelta(hours=hours)).isoformat())
PAUSES = st.fixed_dictionaries(
    {
        "from": st.just("2026-03-07T11:00:00+01:00"),
        "until": st.sampled_from(["2026-03-07T12:00:00+01:00", "2026-03-07T15:00:00+01:00"]),
        "minutes": st.sampled_from([1, 30, 90.5]),
    }
)
PASSPORTS = st.fixed_dictionaries(
    {"home": st.one_of(POINTS, POINTS, POINTS, AWAY)},
    optional={
        "age": st.sampled_from([0, 4, 8.5, 12, 40, "6-8"]),
        "languages": st.just(["nl"]),
        "wishes": st.lists(st.sampled_from(["robots", "animals", "space"]), max_size=2),
        "avoid": st.lists(st.sampled_from(["robots", "art"]), max_size=1),
        "badges": st.just(["robot-builder"]),
    },
)
SHARED = {
    "travel": st.fixed_dictionaries(
        {},
        optional={
            "mode": st.sampled_from(["walk", "bike", "car"]),
            "max_minutes": st.sampled_from([1, 20, 90]),
            "from": POINTS,
        },
    ),
    "with": st.lists(st.fixed_dictionaries({"age": st.sampled_from([3, 8, 38])}), max_size=2),
    "free_only": st.booleans(),
    "domains": st.lists(st.sampled_from(["nature", "education", "culture"]), max_size=2),
    "max_price": st.sampled_from([0, 2.5, 5]),
    "min_domains": st.integers(0, 3),
    "pinned": st.lists(st.one_of(IDS, SESSIONS), max_size=2),
    "excluded": st.lists(IDS, max_size=2),
    "curiosity": st.sampled_from([0, 0.5, 1]),
    "alternatives": st.integers(1, 3),
    "at": st.sampled_from(["2026-03-01T09:00:00+01:00", "2026-03-07T12:00:00+01:00"]),
}
OF_OUTINGS = {
    **SHARED,
    "max_stops": st.integers(1, 4),
    "pauses": st.lists(PAUSES, max_size=2),
    "end": POINTS,
    "visit_minutes": st.sampled_from([1, 45, 600]),
}
OF_JOURNEYS = {
    **SHARED,
    "weeks": st.integers(1, 5),
    "sessions_per_week": st.integers(1, 3),
    "goal": st.sampled_from([{"theme": "tech"}, {"line": "robot-line"}, {"badge": "robot-builder"}]),
    "rest_weeks": st.lists(st.integers(1, 2), max_size=2),
    "holidays": st.just([{"from": "2026-03-07"}]) | st.just([{"from": "2026-03-01", "until": "2026-03-06"}]),
    "from": MOMENTS,
}


@st.composite
def outings(draw: st.DrawFn) -> dict[str, Any]:
    """A day part in which something may be on, and up to three wishes."""
    leave = MIDNIGHT + timedelta(
        days=draw(st.sampled_from([1, 2, 4, 5, 5, 6, 6, 9, 12])), hours=draw(st.integers(6, 14))
    )
    until = leave + timedelta(hours=draw(st.integers(-1, 14)))
    names = draw(st.lists(st.sampled_from(sorted(OF_OUTINGS)), max_size=3, unique=True))
    question = {"kind": "outing", "passport": draw(PASSPORTS), "from": leave.isoformat(), "until": until.isoformat()}
    return question | {name: draw(OF_OUTINGS[name]) for name in names}


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, Any]:
    """Some weeks and up to three wishes."""
    names = draw(st.lists(st.sampled_from(sorted(OF_JOURNEYS)), max_size=3, unique=True))
    question = {"kind": "journey", "passport": draw(PASSPORTS), "min_domains": 0}
    return question | {name: draw(OF_JOURNEYS[name]) for name in names}


HURRIED = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def answered(served: Served, question: dict[str, Any]) -> dict[str, Any] | None:
    answer = served.http.post(ROUTES, json=question)
    if answer.status_code != 200:
        assert problem(answer, 422)["errors"], (question, answer.text)
        return None
    RoutesShape.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def check(question: dict[str, Any], found: dict[str, Any]) -> None:
    """What every route must keep to, by its own account of itself."""
    for route in found["routes"]:
        stops = route["stops"]
        made = visits(route)
        assert len(made) == len(set(made))
        assert not set(made) & set(question.get("excluded", ()))
        assert {name for name in question.get("pinned", ()) if not name.startswith("s-")} <= set(made)
        sessions = {stop["session"]["id"] for stop in stops if stop["session"]}
        assert {name for name in question.get("pinned", ()) if name.startswith("s-")} <= sessions
        prices = [stop["activity"]["price"] for stop in stops if stop["activity"]]
        if "max_price" in question:
            assert sum(prices) <= question["max_price"] + 1e-9
        if question.get("free_only"):
            assert set(prices) <= {0.0}
        for before, after in pairwise(stops):
            assert moment(before["end"]) <= moment(after["begin"])
        for stop in stops:
            assert moment(stop["arrive"]) <= moment(stop["begin"]) <= moment(stop["end"])
            assert moment(stop["begin"]) >= moment(found["at"])
            if stop["kind"] == "pause":
                continue
            if stop["session"] and not stop["session"]["drop_in"]:
                assert (stop["begin"], stop["end"]) == (stop["session"]["start"], stop["session"]["end"])
        if question["kind"] == "outing":
            assert len(made) <= question.get("max_stops", 4)
            ends = [leg["arrive"] for leg in route["legs"]] + [stop["end"] for stop in stops]
            assert max(map(moment, ends)) <= moment(question["until"])
            assert min(moment(leg["leave"]) for leg in route["legs"]) >= moment(question["from"])
    if not found["routes"] and question["kind"] == "outing":
        assert found["relax"] is None or found["relax"]["text"].endswith(".")


@HURRIED
@given(question=outings())
def test_an_outing_keeps_to_what_was_asked(oss: Served, question: dict[str, Any]) -> None:
    found = answered(oss, question)
    if found is not None:
        check(question, found)


@HURRIED
@given(question=journeys())
def test_a_journey_keeps_to_what_was_asked(oss: Served, question: dict[str, Any]) -> None:
    found = answered(oss, question)
    if found is not None:
        check(question, found)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | MOMENTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["from", "until", "lat", "lon", "theme"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = (
    "days",
    "from",
    "until",
    "end",
    "pauses",
    "pinned",
    "goal",
    "weeks",
    "rest_weeks",
    "holidays",
    "max_stops",
    "passport",
    "travel",
)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["outing", "journey", "trip", None]),
    rest=st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5),
)
def test_nothing_that_is_sent_breaks_the_service(oss: Served, kind: str | None, rest: dict[str, Any]) -> None:
    content = json.dumps({"kind": kind, **rest})
    answer = oss.http.post(ROUTES, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 422), (content, answer.text)
    if answer.status_code != 200:
        problem(answer, answer.status_code)
