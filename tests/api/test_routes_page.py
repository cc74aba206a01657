"""A day out and the lines, as pages over HTTP."""

from __future__ import annotations

import re
from threading import Event

import httpx
import pytest

from tests.api.conftest import Served, problem
from tests.api.test_page import FORM, titles

pytestmark = pytest.mark.usefixtures("ready_to_plan")
SATURDAY = "day=2026-03-07&leave=9&back=18&age=8&place=area%3ACentrum&lang=nl"


def sent(served: Served, form: str) -> httpx.Response:
    return served.http.post("/", content=form, headers=FORM)


def test_the_button_plans_a_route_and_the_form_remembers_it(oss: Served) -> None:
    answer = sent(oss, f"{SATURDAY}&do=route")
    assert titles(answer) == ["Waterdieren vangen", "Bouw je eerste robot"]
    assert '<input type="hidden" name="route" value="1">' in answer.text
    assert titles(sent(oss, f"{SATURDAY}&route=1&do=lang%3Aen")) == titles(answer)
    assert len(titles(sent(oss, f"{SATURDAY}&route=1&do=ideas"))) == 5


def test_the_same_form_has_the_same_page(oss: Served) -> None:
    one, other = (sent(oss, f"{SATURDAY}&do=route").text for _ in range(2))
    assert one == other


def test_who_does_not_say_where_they_start_is_told_where_the_route_does(oss: Served) -> None:
    answer = sent(oss, "day=2026-03-07&leave=9&back=18&lang=en&do=route")
    assert "This route starts in the middle of Klein-Oss." in answer.text
    assert titles(answer)


def test_a_day_is_offered_and_the_weekend_comes_first(oss: Served) -> None:
    page = oss.http.get("/?lang=nl").text
    days = re.findall(r'<option value="(2026-\d\d-\d\d)"', page)
    assert days[0] == "2026-03-07"
    assert len(days) == len(set(days)) == 14


@pytest.mark.parametrize(
    "field", ["day=soon", "day=2026-02-30", "day=9999-01-01", "leave=3", "back=99", "leave=x", "route=yes"]
)
def test_a_wrong_field_is_refused(oss: Served, field: str) -> None:
    problem(sent(oss, f"{field}&do=route"), 422)


def test_while_the_search_is_not_ready_the_page_says_so(oss: Served) -> None:
    ready = Event()
    planning = oss.service.planning
    planning.get_ready(lambda: ready.wait(30) and None)
    try:
        answer = sent(oss, f"{SATURDAY}&do=route")
        assert answer.status_code == 200
        assert "Probeer het over een minuut nog eens." in answer.text
        assert len(titles(answer)) == 5
    finally:
        ready.set()
    while not planning.ready:
        ready.wait(0.01)


def test_the_lines_have_a_page(oss: Served) -> None:
    answer = oss.http.get("/lines", params={"lang": "en"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == "en"
    assert "Learning lines in Klein-Oss" in answer.text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="metro-map"' in answer.text
    assert "A3" in answer.text
    assert "<script" not in answer.text
    assert oss.http.get("/lines", params={"lang": "xx"}).status_code == 200
