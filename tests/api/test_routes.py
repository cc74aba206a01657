"""``POST /v1/routes``: feasible, explained, the same every time, and clear when it cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from api.shapes.route_answer import RoutesShape
from data.home import Home
from data.messages import languages, load
from data.tables import Tables
from recommender.routing.outing.why import WHY
from tests.api.conftest import Served, problem, serve

pytestmark = pytest.mark.usefixtures("ready_to_plan")
ROUTES = "/v1/routes"
SATURDAY = {"from": "2026-03-07T09:00:00+01:00", "until": "2026-03-07T18:00:00+01:00"}
CENTRE = {"lat": 51.765, "lon": 5.52}
CHILD = {"age": 8.5, "home": CENTRE, "languages": ["nl"], "wishes": ["robots"]}
OUTING: dict[str, Any] = {"kind": "outing", "passport": CHILD, **SATURDAY}
JOURNEY: dict[str, Any] = {"kind": "journey", "passport": CHILD, "weeks": 3, "min_domains": 0}


def plan(served: Served, question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question that must succeed, held against its shape."""
    answer = served.http.post(ROUTES, json=question)
    assert answer.status_code == 200, answer.text
    RoutesShape.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    return body


def visits(route: dict[str, Any]) -> list[str]:
    return [stop["activity"]["id"] for stop in route["stops"] if stop["kind"] == "activity"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_saturday_has_the_two_things_that_are_on(oss: Served) -> None:
    """On that Saturday there are water animals in the forest at ten and a robot in the centre at two."""
    found = plan(oss, OUTING)
    best = found["routes"][0]
    assert visits(best) == ["pond", "robot-start"]
    assert best["totals"]["price"] == 0
    assert best["totals"]["domains"] == ["education", "nature"]
    assert (found["kind"], found["basis"], found["cut"], found["degraded"]) == ("outing", "wishes", False, False)
    assert all(stop["reasons"] for stop in best["stops"])


def test_times_follow_each_other_and_legs_join_the_stops(oss: Served) -> None:
    best = plan(oss, OUTING)["routes"][0]
    clock = moment(SATURDAY["from"])
    for place, stop in enumerate(best["stops"], 1):
        (leg,) = [leg for leg in best["legs"] if leg["to"] == place]
        assert leg["from"] == (place - 1 or None)
        assert clock <= moment(leg["leave"]) <= moment(leg["arrive"]) <= moment(stop["arrive"])
        assert moment(stop["arrive"]) <= moment(stop["begin"]) < moment(stop["end"])
        assert moment(stop["begin"]) >= moment(stop["session"]["start"])
        assert moment(stop["end"]) <= moment(stop["session"]["end"])
        clock = moment(stop["end"])
    home = best["legs"][-1]
    assert home["to"] is None
    assert clock <= moment(home["leave"]) < moment(home["arrive"]) <= moment(SATURDAY["until"])
    minutes = (moment(home["arrive"]) - moment(best["legs"][0]["leave"])).total_seconds() / 60
    assert best["totals"]["minutes"] == pytest.approx(minutes, abs=0.1)
    assert best["totals"]["travel_minutes"] == pytest.approx(sum(leg["minutes"] for leg in best["legs"]), abs=0.2)


def test_the_map_is_a_feature_collection_with_longitude_first(oss: Served) -> None:
    best = plan(oss, OUTING)["routes"][0]
    drawn = best["geojson"]
    assert drawn["type"] == "FeatureCollection"
    stops = [one for one in drawn["features"] if one["properties"]["type"] == "stop"]
    legs = [one for one in drawn["features"] if one["properties"]["type"] == "leg"]
    assert [one["geometry"] for one in stops] == [
        {"type": "Point", "coordinates": [5.59, 51.735]},
        {"type": "Point", "coordinates": [5.525, 51.769]},
    ]
    assert len(legs) == len(best["legs"])
    assert {one["geometry"]["type"] for one in legs} == {"LineString"}
    assert legs[0]["geometry"]["coordinates"] == [[5.52, 51.77], [5.59, 51.735]]  # home as it is used: rounded
    assert legs[-1]["geometry"]["coordinates"][-1] == [5.52, 51.77]
    assert [one["properties"]["stop"] for one in stops] == [1, 2]


def test_a_route_may_end_elsewhere(oss: Served) -> None:
    found = plan(oss, {**OUTING, "end": {"lat": 51.79, "lon": 5.54}})
    legs = [one for one in found["routes"][0]["geojson"]["features"] if one["properties"]["type"] == "leg"]
    assert legs[-1]["geometry"]["coordinates"][-1] == [5.54, 51.79]


def test_the_same_question_has_the_same_answer_byte_for_byte(oss: Served) -> None:
    for question in (OUTING, JOURNEY, {**OUTING, "learner": "r-1", "passport": None}):
        first, second = (oss.http.post(ROUTES, json=question) for _ in range(2))
        assert first.status_code == 200
        assert first.headers["x-request-id"] != second.headers["x-request-id"]
        left, right = (
            answer.content.replace(answer.headers["x-request-id"].encode(), b"") for answer in (first, second)
        )
        assert left == right


def test_a_known_learner_gets_the_next_station(oss: Served) -> None:
    """``r-1`` has been at the first two stations of the robot line; the third and last is on the 14th."""
    found = plan(
        oss, {"kind": "journey", "learner": "r-1", "weeks": 3, "min_domains": 0, "goal": {"line": "robot-line"}}
    )
    assert "robot-match" in [name for route in found["routes"] for name in visits(route)]
    assert found["basis"] == "stamps"
    assert problem(oss.http.post(ROUTES, json={**OUTING, "learner": "r-999", "passport": None}), 404)


def test_a_journey_goes_on_week_by_week_and_says_whether_it_is_proven(oss: Served) -> None:
    found = plan(oss, JOURNEY)
    best = found["routes"][0]
    weeks = [moment(stop["begin"]).isocalendar().week for stop in best["stops"]]
    assert weeks == sorted(set(weeks))
    assert len(weeks) >= 2
    assert best["proven"] is True
    assert best["gap"] == 0
    order = {"start": 0, "core": 1, "finish": 2}
    stages = [order[stop["stage"]] for stop in best["stops"] if stop["stage"]]
    assert stages == sorted(stages)


def test_a_rest_week_and_a_holiday_stay_empty(oss: Served) -> None:
    def days(**more: Any) -> set[str]:
        return {stop["day"] for route in plan(oss, {**JOURNEY, **more})["routes"] for stop in route["stops"]}

    assert any(day <= "2026-03-08" for day in days())
    assert all(day >= "2026-03-09" for day in days(rest_weeks=[1]))
    assert all(day >= "2026-03-09" for day in days(holidays=[{"from": "2026-03-02", "until": "2026-03-08"}]))
    assert "2026-03-14" not in days(holidays=[{"from": "2026-03-14"}])


def test_pinned_and_excluded_are_heard(oss: Served) -> None:
    pinned = plan(oss, {**OUTING, "pinned": ["robot-start"], "max_stops": 1})
    assert visits(pinned["routes"][0]) == ["robot-start"]
    session = plan(oss, {**OUTING, "pinned": ["s-pond"], "max_stops": 1})
    assert visits(session["routes"][0]) == ["pond"]
    without = plan(oss, {**OUTING, "excluded": ["robot-start"]})
    assert visits(without["routes"][0]) == ["pond"]
    assert {one["activity"]: one["why"] for one in without["left_out"]}.get("robot-start") in (None, "excluded")


def test_a_pause_is_a_stop_without_an_activity(oss: Served) -> None:
    pause = {"from": "2026-03-07T12:00:00+01:00", "until": "2026-03-07T13:30:00+01:00", "minutes": 30}
    best = plan(oss, {**OUTING, "pauses": [pause]})["routes"][0]
    (rest,) = [stop for stop in best["stops"] if stop["kind"] == "pause"]
    assert (rest["activity"], rest["session"], rest["reasons"], rest["score"]) == (None, None, [], None)
    assert moment(rest["end"]) - moment(rest["begin"]) == (moment("2026-03-07T00:30") - moment("2026-03-07T00:00"))
    assert best["totals"]["stops"] == 2
    assert len(best["stops"]) == 3


def test_several_days_are_one_outing(oss: Served) -> None:
    days = [SATURDAY, {"from": "2026-03-08T08:00:00+01:00", "until": "2026-03-08T13:00:00+01:00"}]
    best = plan(oss, {"kind": "outing", "passport": CHILD, "days": days})["routes"][0]
    assert {stop["day"] for stop in best["stops"]} == {"2026-03-07", "2026-03-08"}
    assert "birds" in visits(best)


def test_what_is_left_out_has_a_code_and_a_sentence(oss: Served) -> None:
    left = plan(oss, {**OUTING, "max_stops": 1, "lang": "en"})["left_out"]
    assert left
    assert {one["why"] for one in left} <= set(WHY)
    assert all(one["text"].endswith(".") for one in left)
    assert [one["title"] for one in left if one["activity"] == "pond"] == ["Waterdieren vangen"]


def test_an_impossible_request_says_what_to_relax(oss: Served) -> None:
    """At nine in the morning nothing is over before ten; with some hours more there is something."""
    early = {**OUTING, "until": "2026-03-07T10:00:00+01:00", "lang": "nl"}
    found = plan(oss, early)
    assert found["routes"] == []
    assert found["relax"]["step"] == "until"
    assert moment(found["relax"]["to"]) > moment(early["until"])
    assert found["relax"]["gains"] >= 1
    assert "terug" in found["relax"]["text"]
    pinned = plan(oss, {**OUTING, "pinned": ["robot-match"], "lang": "en"})
    assert pinned["routes"] == []
    assert pinned["relax"] is not None
    badge = plan(oss, {**JOURNEY, "weeks": 1, "goal": {"badge": "robot-builder"}})
    assert badge["routes"] == []
    assert badge["relax"]["step"] in ("weeks", "goal", "filters")


def test_reasons_are_in_the_language_asked_for(oss: Served) -> None:
    dutch, english = (plan(oss, {**OUTING, "lang": lang}) for lang in ("nl", "en"))
    texts = [
        {reason["text"] for route in found["routes"] for stop in route["stops"] for reason in stop["reasons"]}
        for found in (dutch, english)
    ]
    assert any("Omdat" in text for text in texts[0])
    assert any("Because" in text for text in texts[1])
    assert texts[0].isdisjoint(texts[1])


def test_filters_hold_for_routes_as_for_lists(oss: Served) -> None:
    assert visits(plan(oss, {**OUTING, "domains": ["nature"]})["routes"][0]) == ["pond"]
    assert visits(plan(oss, {**OUTING, "themes": ["robots"]})["routes"][0]) == ["robot-start"]
    assert plan(oss, {**OUTING, "with": [{"age": 2}]})["routes"] == []


def test_nobody_in_particular_gets_a_route_too(oss: Served) -> None:
    found = plan(oss, {"kind": "outing", **SATURDAY, "travel": {"from": CENTRE, "mode": "walk"}})
    assert found["basis"] == "none"
    assert found["routes"]
    assert {leg["mode"] for leg in found["routes"][0]["legs"]} == {"walk"}


@pytest.mark.parametrize("lang", languages())
def test_every_constraint_has_words(lang: str) -> None:
    messages = load(lang)
    assert set(WHY) <= set(messages.entry("route", "why"))
    assert len({messages.text("route.why", why) for why in WHY}) == len(WHY)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "trip"}, "kind"),
    ({"kind": None}, "kind"),
    ({"kind": "outing", "from": SATURDAY["from"]}, "body"),
    ({"kind": "outing", **SATURDAY}, "travel.from"),
    ({"kind": "outing", **SATURDAY, "passport": {"age": 8}}, "travel.from"),
    ({**OUTING, "days": [SATURDAY]}, "body"),
    ({"kind": "outing", "days": []}, "body"),
    ({**OUTING, "until": "2026-03-07T08:00:00+01:00"}, "until"),
    ({**OUTING, "until": SATURDAY["from"]}, "until"),
    ({**OUTING, "until": "2026-03-09T08:00:00+01:00"}, "until"),
    ({**OUTING, "from": "2026-03-07T09:00:00"}, "from"),
    ({**OUTING, "from": "2026-03-07T09:00:00+25:00"}, "from"),
    ({**OUTING, "from": "2026-03-07T09:00:00 Europe/Amsterdam"}, "from"),
    ({"kind": "outing", "days": [SATURDAY, SATURDAY]}, "days[1].from"),
    ({"kind": "outing", "days": [{"from": SATURDAY["until"], "until": SATURDAY["from"]}]}, "days[0].until"),
    ({"kind": "outing", "days": [{"from": SATURDAY["until"]}]}, "days[0].until"),
    ({**OUTING, "max_stops": 0}, "max_stops"),
    ({**OUTING, "max_stops": 21}, "max_stops"),
    ({**OUTING, "max_price": -1}, "max_price"),
    ({**OUTING, "min_domains": 8}, "min_domains"),
    ({**OUTING, "visit_minutes": 0}, "visit_minutes"),
    ({**OUTING, "alternatives": 0}, "alternatives"),
    ({**OUTING, "alternatives": 6}, "alternatives"),
    ({**OUTING, "end": {"lat": 91, "lon": 0}}, "end.lat"),
    ({**OUTING, "pauses": [{**SATURDAY, "minutes": 0}]}, "pauses[0].minutes"),
    ({**OUTING, "pauses": [{"from": SATURDAY["until"], "until": SATURDAY["from"], "minutes": 5}]}, "pauses[0].until"),
    ({**OUTING, "pauses": [{"from": "2026-03-09T09:00:00Z", "until": "2026-03-09T10:00:00Z", "minutes": 5}]},
     "pauses[0].from"),
    ({**OUTING, "pinned": ["robot-start", "robt-match"]}, "pinned[1]"),
    ({**OUTING, "pinned": ["robot-start"], "excluded": ["robot-start"]}, "pinned[0]"),
    ({**OUTING, "pinned": ["stars", "s-pond"], "excluded": ["pond"]}, "pinned[1]"),
    ({**OUTING, "pinned": ["s-birds", "s-birds-off"]}, "pinned[1]"),
    ({**OUTING, "at": "2026-03-07T18:00:00+01:00"}, "until"),
    ({"kind": "outing", "passport": CHILD, "days": [SATURDAY], "at": "2026-03-08T18:00:00+01:00"}, "days[0].until"),
    ({**JOURNEY, "from": "2025-03-07T18:00:00+01:00"}, "weeks"),
    ({**OUTING, "excluded": ["dinosaurs"]}, "excluded[0]"),
    ({**OUTING, "weeks": 3}, "weeks"),
    ({**OUTING, "count": 3}, "count"),
    ({**OUTING, "travel": {"max_minutes": 0}}, "travel.max_minutes"),
    ({**OUTING, "themes": ["dinosaurs"]}, "themes[0]"),
    ({**OUTING, "passport": {"age": -1}}, "passport.age"),
    ({**OUTING, "lang": "xx"}, "lang"),
    ({**JOURNEY, "weeks": 0}, "weeks"),
    ({**JOURNEY, "weeks": 54}, "weeks"),
    ({**JOURNEY, "sessions_per_week": 8}, "sessions_per_week"),
    ({**JOURNEY, "rest_weeks": [4]}, "rest_weeks[0]"),
    ({**JOURNEY, "rest_weeks": [0]}, "rest_weeks[0]"),
    ({**JOURNEY, "holidays": [{"from": "2026-02-30"}]}, "holidays[0].from"),
    ({**JOURNEY, "holidays": [{"from": "2026-03-05", "until": "2026-03-04"}]}, "holidays[0].until"),
    ({**JOURNEY, "goal": {}}, "goal"),
    ({**JOURNEY, "goal": {"theme": "robots", "line": "robot-line"}}, "goal"),
    ({**JOURNEY, "goal": {"theme": "dinosaurs"}}, "goal.theme"),
    ({**JOURNEY, "goal": {"badge": "dinosaurs"}}, "goal.badge"),
    ({**JOURNEY, "pinned": ["s-pond"]}, "pinned[0]"),
    ({**JOURNEY, "until": SATURDAY["until"]}, "until"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "field"), WRONG, ids=lambda value: value if isinstance(value, str) else None)
def test_what_does_not_fit_is_named_by_its_path(oss: Served, question: dict[str, Any], field: str) -> None:
    found = problem(oss.http.post(ROUTES, json=question), 422)
    assert [error["field"] for error in found["errors"]] == [field]
    assert "dinosaurs" not in json.dumps(found)


def test_who_somebody_is_is_not_wanted_here_either(oss: Served) -> None:
    found = problem(oss.http.post(ROUTES, json={**OUTING, "name": "Jan"}), 422)
    assert found["type"] == "urn:leerlijn:problem:unwanted-data"
    assert "Jan" not in json.dumps(found)


@pytest.mark.parametrize(
    ("content", "status"), [("{", 400), ("[]", 422), ("", 400), ('{"kind": "outing", "kind": "x"}', 422)]
)
def test_what_is_not_json_is_refused(oss: Served, content: str, status: int) -> None:
    answer = oss.http.post(ROUTES, content=content, headers={"Content-Type": "application/json"})
    problem(answer, status)


def test_badges_that_ask_for_each_other_are_named(settle: Callable[..., Home], tiny: Tables, tmp_path: Path) -> None:
    """The second robot station asks for a badge of the third, and the third for one of the second."""
    activities = tiny.activities.copy()
    for name, needs, gives in (("robot-code", "robot-builder", "coder"), ("robot-match", "coder", "robot-builder")):
        activities.loc[activities["activity_id"] == name, ["requires", "awards"]] = [needs, gives]
    home = settle(tmp_path, activities=activities)
    with serve(Settings(home=home.path)) as served:
        found = plan(served, {**JOURNEY, "goal": {"badge": "robot-builder"}, "lang": "en"})
        assert found["routes"] == []
        assert found["relax"]["text"]
        pinned = plan(served, {**JOURNEY, "pinned": ["robot-match"], "lang": "en"})
        assert pinned["routes"] == []
        (why,) = [one for one in pinned["left_out"] if one["activity"] == "robot-match"]
        assert why["why"] == "prerequisite_cycle"
        assert why["text"] == "It asks for a badge that you can only get after it."
        assert plan(served, OUTING)["routes"]


def test_a_place_that_nobody_knows_is_no_stop(oss: Served) -> None:
    """``stars`` is in a mobile lab; its session has a place of its own, and without one it could not be a stop."""
    friday = {"from": "2026-03-06T17:00:00+01:00", "until": "2026-03-06T22:30:00+01:00"}
    best = plan(oss, {**OUTING, **friday})["routes"][0]
    assert visits(best) == ["stars"]
    assert best["geojson"]["features"][0]["geometry"]["coordinates"] == [5.54, 51.79]


def test_nothing_of_a_passport_that_asks_for_a_route_is_kept(
    settle: Callable[..., Home], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = settle(tmp_path)
    marks = ("51.7654", "5.4444", "badge-of-nobody")
    passport = {"age": 8.5, "home": {"lat": 51.7654, "lon": 5.4444}, "badges": ["badge-of-nobody"]}
    with caplog.at_level("DEBUG"), serve(Settings(home=home.path)) as served:
        for question in ({**OUTING, "passport": passport}, {**JOURNEY, "passport": passport}):
            assert plan(served, question)
        assert served.http.post("/v1/lines", json={"passport": passport}).status_code == 200
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("leerlijn"))
    assert "/v1/routes 200" in ours
    for mark in marks:
        assert mark.encode() not in kept
        assert mark not in ours
