"""The client asks for every address of the contract, with its names, and reads every answer of a running service."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest

from api.client import Leerlijn, ProblemError, asked, client
from api.settings import Settings
from tests.api.conftest import Placed, Served, serve

pytestmark = pytest.mark.usefixtures("ready_to_plan")
VISIT = {"learner": "n-1", "activity": "stars", "at": "2026-02-01T20:00:00+01:00"}


@pytest.fixture
def served(settle: Callable[..., Placed], tmp_path: Path) -> Iterator[Served]:
    with serve(Settings(home=settle(tmp_path).path)) as served:
        yield served


@pytest.fixture
def town(served: Served) -> Iterator[Leerlijn]:
    with Leerlijn(str(served.http.base_url), timeout=60) as town:
        yield town


def test_every_address_has_a_method_and_no_method_asks_elsewhere(served: Served) -> None:
    document = served.http.get("/openapi.json").json()
    promised = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    called = set()
    for node in ast.walk(ast.parse(inspect.getsource(client))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("_told", "_ask", "_kept")
        ):
            words = [ast.unparse(argument) for argument in node.args]
            paths = [word for word in words if "/" in word or "_page" in word]
            methods = [word.strip("'") for word in words if word.strip("'") in ("GET", "POST", "PATCH", "DELETE")] or [
                "POST"
            ]
            called |= {
                (methods[0], re.sub(r"_page\(.*\)", "/v1/learners/{learner}", path).strip("'")) for path in paths
            }
    assert called == promised


@pytest.mark.parametrize(
    "name",
    ["Point", "GivenStamp", "GivenPassport", "Travel", "Companion", "Goal", "Question", "OutingQuestion", "JourneyQuestion",
     "LinesQuestion", "StampIn", "FeedbackIn", "Changes"],
)  # fmt: skip
def test_the_names_are_those_of_the_contract(served: Served, name: str) -> None:
    schema = served.http.get("/openapi.json").json()["components"]["schemas"][name]
    assert set(get_type_hints(getattr(asked, name))) == set(schema["properties"]) - {"kind"} | (
        {"kind"} if name == "FeedbackIn" else set()
    )
    if name not in ("OutingQuestion", "JourneyQuestion"):
        assert getattr(asked, name).__required_keys__ == set(schema.get("required", ()))


def test_lists_and_routes(town: Leerlijn) -> None:
    answer = town.recommendations(passport={"age": 9, "wishes": ["space"]}, count=3, lang="en")
    assert answer.fallback == "wishes"
    assert answer.recommendations[0].reasons[0].text
    when: Any = {"from": "2026-03-07T09:00:00+01:00"}
    place = {"lat": 51.77, "lon": 5.53}
    outing = town.outing(until="2026-03-07T17:00:00+01:00", travel={"from": place}, **when)  # type: ignore[typeddict-item]
    assert outing.routes[0].stops
    journey = town.journey(weeks=3, goal={"theme": "robots"})
    assert journey.kind == "journey"
    text = town.calendar("outing", {**when, "until": "2026-03-07T17:00:00+01:00", "travel": {"from": place}})
    assert text.startswith("BEGIN:VCALENDAR")


def test_the_city(town: Leerlijn) -> None:
    assert len(list(town.activities())) == 8
    assert {one.id for one in town.activities(theme="animals")} == {"birds", "pond", "farm"}
    assert town.themes(lang="en").themes[0].label == "Technology"
    assert town.lines().lines[0].id == "robot-line"
    assert town.progress(learner="r-1").lines[0].progress is not None
    assert town.metro_map().startswith(("<svg", "<?xml"))
    assert town.release().release == "20260302T080000Z-one"
    assert (town.alive().status, town.ready().status) == ("alive", "ready")
    assert "leerlijn_release" in town.metrics()


def test_a_learner(town: Leerlijn) -> None:
    assert town.stamps([VISIT]).new == 1  # type: ignore[list-item]
    assert town.stamps([VISIT]).new == 0  # type: ignore[list-item]
    assert town.feedback([{**VISIT, "kind": "more_like_this"}]).kept == 1  # type: ignore[list-item]
    assert town.learner("n-1").stamps[0].activity == "stars"
    assert town.change("n-1", muted=True).muted
    town.erase("n-1")
    with pytest.raises(ProblemError) as gone:
        town.learner("n-1")
    assert gone.value.problem.status == 404
    with pytest.raises(ProblemError, match="404"):
        town.learner("../r-1/?x=é")


def test_an_error_names_its_fields(town: Leerlijn) -> None:
    with pytest.raises(ProblemError) as error:
        town.recommendations(passport={"wishes": ["spac"]})
    assert error.value.problem.errors[0].field == "passport.wishes[0]"
    assert error.value.problem.request_id in str(error.value)


def test_it_comes_back_when_it_is_told_to_and_gives_up_in_time() -> None:
    waited: list[float] = []
    problem = {"type": "x", "title": "t", "status": 503, "detail": "d", "request_id": "r"}
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["idempotency-key"])
        if len(sent) % 4:
            return httpx.Response(503, json=problem, headers={"Retry-After": "5"})
        return httpx.Response(200, json={"kept": 1, "new": 1, "rejected": []})

    town = Leerlijn("http://x", "k", transport=httpx.MockTransport(answer), wait=waited.append)
    assert town.stamps([VISIT]).kept == 1  # type: ignore[list-item]
    assert waited == [5.0] * 3
    assert len(set(sent)) == 1, "the same key, so that it is kept once"
    with pytest.raises(ProblemError) as error:
        Leerlijn("http://x", transport=httpx.MockTransport(answer), patience=7, wait=waited.append).stamps([VISIT])  # type: ignore[list-item]
    assert error.value.retry_after == 5.0
    assert waited == [5.0] * 4


def test_an_answer_of_something_in_between_is_a_problem_too() -> None:
    proxy = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>"))
    with pytest.raises(ProblemError, match="did not come from Leerlijn") as error:
        Leerlijn("http://x", transport=proxy).alive()
    assert json.loads(error.value.problem.model_dump_json())["status"] == 502
