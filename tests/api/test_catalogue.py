"""What an app shows choices with: activities, themes, lines."""

from __future__ import annotations

from typing import Any

import pytest

from api.shapes.answer import ActivitiesShape, ThemesShape
from api.shapes.lines import LinesShape
from tests.api.conftest import Served, problem


def get(oss: Served, path: str, **query: Any) -> dict[str, Any]:
    answer = oss.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    shape = {"/v1/activities": ActivitiesShape, "/v1/themes": ThemesShape, "/v1/lines": LinesShape}[path]
    shape.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    return body


def ids(page: dict[str, Any]) -> list[str]:
    return [activity["id"] for activity in page["activities"]]


def test_pages_of_activities_make_up_the_whole(oss: Served) -> None:
    whole = get(oss, "/v1/activities")
    assert whole["total"] == len(ids(whole)) == 8
    assert whole["next"] is None
    pages, offset = [], 0
    while offset is not None:
        page = get(oss, "/v1/activities", limit=3, offset=offset)
        pages += ids(page)
        offset = page["next"]
    assert pages == ids(whole)
    assert get(oss, "/v1/activities", offset=8)["activities"] == []


def test_a_broad_theme_holds_the_narrower_ones(oss: Served) -> None:
    assert ids(get(oss, "/v1/activities", theme="animals")) == ["birds", "pond", "farm"]
    assert set(ids(get(oss, "/v1/activities", theme="tech"))) == {"robot-start", "robot-code", "robot-match", "stars"}


def test_filters_work_together(oss: Served) -> None:
    assert ids(get(oss, "/v1/activities", domain="library")) == ["robot-code"]
    assert ids(get(oss, "/v1/activities", domain="library", theme="animals")) == []


def test_themes_come_with_their_names_and_parents(oss: Served) -> None:
    themes = {theme["id"]: theme for theme in get(oss, "/v1/themes", lang="en")["themes"]}
    assert themes["robots"] == {
        "id": "robots",
        "parent": "tech",
        "label": "Robots",
        "labels": {"nl": "Robots", "en": "Robots"},
    }
    assert themes["outdoors"]["label"] == "Outdoors"
    assert themes["outdoors"]["parent"] is None


def test_lines_come_with_their_stations_in_order(oss: Served) -> None:
    (line,) = get(oss, "/v1/lines")["lines"]
    assert (line["theme"], line["badge"]) == ("robots", "robot-builder")
    assert [stop["activity"] for stop in line["stations"]] == ["robot-start", "robot-code", "robot-match"]
    assert [stop["station"] for stop in line["stations"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/v1/activities", {"limit": "0"}, "query.limit"),
        ("/v1/activities", {"limit": "501"}, "query.limit"),
        ("/v1/activities", {"limit": "many"}, "query.limit"),
        ("/v1/activities", {"limit": "NaN"}, "query.limit"),
        ("/v1/activities", {"offset": "-1"}, "query.offset"),
        ("/v1/activities", {"offset": "9223372036854775808"}, "query.offset"),
        ("/v1/activities", {"theme": ""}, "query.theme"),
        ("/v1/activities", {"theme": "dinosaurs"}, "query.theme"),
        ("/v1/activities", {"domain": "pub"}, "query.domain"),
        ("/v1/activities", {"name": "Jan"}, "query.name"),
        ("/v1/themes", {"lang": "xx"}, "lang"),
        ("/v1/lines", {"lang": "not a language"}, "query.lang"),
        ("/v1/lines", {"theme": "robots"}, "query.theme"),
    ],
)
def test_a_query_that_does_not_fit_is_named(oss: Served, path: str, query: dict[str, str], field: str) -> None:
    found = problem(oss.http.get(path, params=query), 422)
    assert [error["field"] for error in found["errors"]] == [field]
    assert "Jan" not in str(found)
