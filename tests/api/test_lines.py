"""Lines: their stations, how far somebody is on them, and the metro map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from api.settings import Settings
from api.shapes.lines import LinesShape
from data.columns import LINES
from data.home import Home
from data.tables import Tables, frame_of
from tests.api.conftest import Served, problem, serve

PATH = "/v1/lines"
SPACE = "{http://www.w3.org/2000/svg}"


def listed(served: Served, question: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = served.http.get(PATH) if question is None else served.http.post(PATH, json=question)
    assert answer.status_code == 200, answer.text
    LinesShape.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    return body


def test_a_line_has_its_stations_with_place_and_next_session(oss: Served) -> None:
    (line,) = listed(oss)["lines"]
    assert (line["letter"], line["theme_label"], line["badge"]) == ("A", "Robots", "robot-builder")
    assert line["progress"] is None
    start, code, match = line["stations"]
    assert [start["venue"]["id"], code["venue"]["id"], match["venue"]["id"]] == ["maker", "lib", "maker"]
    assert [start["sessions_open"], code["sessions_open"], match["sessions_open"]] == [1, 1, 1]
    assert start["next_session"]["id"] == "s-start"  # the one in February is over
    assert [start["done"], start["interchanges"], match["awards"]] == [None, [], ["robot-builder"]]


def test_what_is_on_depends_on_the_moment(oss: Served) -> None:
    late = listed(oss, {"at": "2026-03-08T00:00:00+01:00"})["lines"][0]["stations"]
    assert [station["sessions_open"] for station in late] == [0, 0, 1]
    assert late[0]["next_session"] is None


@pytest.mark.parametrize(
    ("question", "done", "following"),
    [
        ({"learner": "r-1"}, 2, 3),
        ({"learner": "r-3"}, 1, 2),
        ({"passport": {}}, 0, 1),
        ({"passport": {"stamps": [{"activity": "robot-code", "at": "2026-02-11T16:00:00+01:00"}]}}, 1, 1),
    ],
)
def test_progress_counts_stamps(oss: Served, question: dict[str, Any], done: int, following: int) -> None:
    (line,) = listed(oss, question)["lines"]
    assert line["progress"] == {"done": done, "of": 3, "next_station": following, "badge_earned": False}
    assert sum(station["done"] for station in line["stations"]) == done


def test_a_badge_is_earned_at_the_last_station_or_was_brought_along(oss: Served) -> None:
    stamps = [
        {"activity": name, "at": "2026-02-11T16:00:00+01:00"} for name in ("robot-start", "robot-code", "robot-match")
    ]
    for passport in ({"stamps": stamps}, {"badges": ["robot-builder"]}):
        (line,) = listed(oss, {"passport": passport})["lines"]
        assert line["progress"]["badge_earned"] is True
    assert listed(oss, {"passport": {"stamps": stamps}})["lines"][0]["progress"]["next_station"] is None


def test_without_anybody_nobody_s_progress_is_told(oss: Served) -> None:
    (line,) = listed(oss, {})["lines"]
    assert line["progress"] is None
    assert all(station["done"] is None for station in line["stations"])


@pytest.mark.parametrize(
    ("question", "status", "field"),
    [
        ({"learner": "r-999"}, 404, None),
        ({"learner": "r-1", "passport": {}}, 422, "passport"),
        ({"line": "tram-4"}, 422, "line"),
        ({"count": 4}, 422, "count"),
        ({"passport": {"age": "old"}}, 422, "passport.age"),
    ],
)
def test_what_does_not_fit_is_named(oss: Served, question: dict[str, Any], status: int, field: str | None) -> None:
    found = problem(oss.http.post(PATH, json=question), status)
    assert [error["field"] for error in found.get("errors", [])] == ([field] if field else [])


def drawing(served: Served, **query: str) -> ElementTree.Element:
    answer = served.http.get("/v1/lines.svg", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "script" not in answer.headers["content-security-policy"]
    return ElementTree.fromstring(answer.content)


def texts(picture: ElementTree.Element) -> str:
    return " ".join("".join(text.itertext()) for text in picture.iter(f"{SPACE}text"))


def test_the_map_shows_every_venue_of_the_lines_once(oss: Served) -> None:
    picture = drawing(oss)
    stations = [group for group in picture.iter(f"{SPACE}g") if group.get("class") == "station"]
    assert sorted(group.findtext(f"{SPACE}title") or "" for group in stations) == ["Bibliotheek", "Maakplaats"]
    assert "A1 A3" in texts(picture)
    assert "Robotlijn" in texts(picture)


def test_the_map_says_in_words_what_it_shows(oss: Served) -> None:
    picture = drawing(oss, lang="en")
    assert picture.get("role") == "img"
    named = {element.get("id"): element.text or "" for element in picture}
    title, description = (named[name] for name in (picture.get("aria-labelledby") or "").split())
    assert title == "Metro map of the learning lines in Klein-Oss"
    assert "A1 Bouw je eerste robot; A2 Robots programmeren; A3 Robotwedstrijd." in description
    assert drawing(oss, lang="nl").findtext(f"{SPACE}title") != title


def test_the_map_brings_everything_along_and_runs_nothing(oss: Served) -> None:
    picture = drawing(oss)
    tags = {element.tag.removeprefix(SPACE) for element in picture.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "g", "path", "circle", "text", "tspan"}
    values = [value for element in picture.iter() for value in element.attrib.values()]
    values += [style.text or "" for style in picture.iter(f"{SPACE}style")]
    assert not [value for value in values if "url(" in value or "//" in value or "@import" in value]
    assert oss.http.get("/v1/lines.svg").content == oss.http.get("/v1/lines.svg").content


def test_a_map_takes_a_language_and_nothing_else(oss: Served) -> None:
    problem(oss.http.get("/v1/lines.svg", params={"lang": "xx"}), 422)
    problem(oss.http.get("/v1/lines.svg", params={"learner": "r-1"}), 422)


def test_stations_of_two_lines_at_one_venue_are_an_interchange(
    settle: Callable[..., Home], tiny: Tables, tmp_path: Path
) -> None:
    second = [
        {
            "line_id": "space-line",
            "name": "Ruimtelijn",
            "station": float(place),
            "activity_id": activity,
            "theme": "space",
            "badge": "",
        }
        for place, activity in enumerate(("stars", "robot-code"), 1)
    ]
    rows = [*tiny.lines.to_dict("records"), *second]
    home = settle(tmp_path, lines=frame_of(LINES, rows))
    with serve(Settings(home=home.path)) as served:
        by_id = {line["id"]: line for line in listed(served)["lines"]}
        assert by_id["space-line"]["stations"][1]["interchanges"] == [{"line": "robot-line", "station": 2}]
        assert by_id["robot-line"]["stations"][1]["interchanges"] == [{"line": "space-line", "station": 2}]
        assert by_id["space-line"]["progress"] is None
        changes = [path for path in drawing(served).iter(f"{SPACE}path") if "meet" in (path.get("class") or "")]
        assert len(changes) == 1


def test_a_city_without_lines_has_an_empty_list_and_a_map_that_says_so(
    settle: Callable[..., Home], tiny: Tables, tmp_path: Path
) -> None:
    home = settle(tmp_path, lines=frame_of(LINES, []))
    with serve(Settings(home=home.path)) as served:
        assert listed(served)["lines"] == []
        assert "geen leerlijnen" in texts(drawing(served, lang="nl"))
