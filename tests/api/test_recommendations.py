"""``POST /v1/recommendations``: who asks, what comes back, and that it comes back the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.shapes.answer import AnswerShape
from data.store import schema
from tests.api.conftest import ASK, Served, problem

HOME = {"lat": 51.764, "lon": 5.523}
ROBOT = {"activity": "robot-start", "at": "2026-02-07T16:00:00+01:00", "chosen_by": "self"}


def names(answer: dict[str, Any]) -> list[str]:
    return [one["activity"]["id"] for one in answer["recommendations"]]


def passport(**more: Any) -> dict[str, Any]:
    return {"passport": {"age": 9.5, "languages": ["nl"], "home": HOME, **more}}


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"learner": "r-1"},
    {"learner": "a-2"},
    {"learner": "n-1", "lang": "en"},
    passport(),
    passport(wishes=["animals"], avoid=["robots"]),
    passport(stamps=[ROBOT], badges=["robot-builder"]),
    {"passport": {"age": "6-8"}, "count": 1},
    {"passport": {}, "at": "2026-03-08T00:00:00Z"},
    {"window": {"from": "2026-03-07T00:00:00+01:00", "until": "2026-03-08T00:00:00+01:00"}},
    {"window": {"until": "2026-03-02T09:00:01+01:00"}},
    passport() | {"travel": {"mode": "walk", "max_minutes": 15, "from": {"lat": 51.7, "lon": 5.5}}},
    {"with": [{"age": 5}, {"age": 38}], "free_only": True},
    {"access": ["wheelchair", "a need nobody meets"]},
    {"themes": ["tech"], "domains": ["library", "education"]},
    {"line": "robot-line", "curiosity": 1},
    {"learner": None, "passport": None, "window": None, "travel": None, "lang": None, "line": None, "at": None},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_every_answer_has_the_documented_shape(oss: Served, question: dict[str, Any]) -> None:
    answer = oss.http.post(ASK, json=question)
    assert answer.status_code == 200, answer.text
    AnswerShape.model_validate_json(answer.content)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_same_question_gets_the_same_bytes(oss: Served, question: dict[str, Any]) -> None:
    def ask() -> bytes:
        answer = oss.http.post(ASK, json=question)
        return answer.content.replace(answer.headers["x-request-id"].encode(), b"")

    assert ask() == ask()


def test_a_known_learner_is_answered_from_the_store(oss: Served) -> None:
    answer = oss.ask(learner="r-1")
    assert answer["basis"] == "stamps"
    assert answer["fallback"] == "personalised"
    assert names(answer)[0] == "robot-match"
    assert not {"robot-start", "robot-code"} & set(names(answer))


def test_the_same_passport_inline_gets_the_same_list_as_from_the_store(oss: Served) -> None:
    stamps = [ROBOT, {"activity": "robot-code", "at": "2026-02-11T16:00:00+01:00", "chosen_by": "self"}]
    inline = oss.ask(passport={"age": 9.5, "home": {"lat": 51.76, "lon": 5.52}, "languages": ["nl"], "stamps": stamps})
    known = oss.ask(learner="r-1")
    assert inline.pop("request_id") != known.pop("request_id")
    assert inline == known


def test_a_stamp_in_the_request_changes_the_answer(oss: Served) -> None:
    birds = {"activity": "birds", "at": "2026-02-15T11:00:00+01:00"}
    assert names(oss.ask(**passport(stamps=[ROBOT]))) != names(oss.ask(**passport(stamps=[birds])))


def test_without_a_passport_everybody_gets_the_same_list(oss: Served) -> None:
    bare, empty, odd = oss.ask(), oss.ask(passport={}), oss.ask(passport={"badges": []})
    assert names(bare) == names(empty) == names(odd)
    assert bare["basis"] == "none"


def test_a_wish_is_the_basis_until_there_are_stamps(oss: Served) -> None:
    answer = oss.ask(passport={"wishes": ["animals"]})
    assert (answer["basis"], answer["fallback"]) == ("wishes", "wishes")
    assert {"birds", "pond", "farm"} == set(names(answer)[:3])


def test_the_home_is_rounded_before_it_is_used(oss: Served) -> None:
    near, nearer = {"lat": 51.7649, "lon": 5.5249}, {"lat": 51.7551, "lon": 5.5151}
    left, right = (oss.ask(passport={"home": home}) for home in (near, nearer))
    assert left["recommendations"] == right["recommendations"]


def test_the_answer_says_which_moment_it_is_for(oss: Served) -> None:
    assert (oss.ask()["at"], oss.ask()["at_source"]) == ("2026-03-02T09:00:00+01:00", "as_of")
    asked = oss.ask(at="2026-03-07T23:00:00Z")
    assert (asked["at"], asked["at_source"]) == ("2026-03-08T00:00:00+01:00", "request")
    assert "robot-start" not in names(asked)


def test_a_known_learner_asked_about_the_past_has_no_later_stamps(oss: Served) -> None:
    assert "robot-start" in names(oss.ask(learner="r-1", at="2026-01-01T00:00:00Z"))


def test_stamps_that_the_city_does_not_know_are_counted(oss: Served) -> None:
    lost = [{"activity": f"gone-{n}", "at": "2025-01-01T00:00:00Z"} for n in range(3)]
    answer = oss.ask(**passport(stamps=[*lost, ROBOT]))
    assert answer["stamps_not_found"] == 3
    assert answer["basis"] == "stamps"
    assert oss.ask(**passport(stamps=lost))["basis"] == "none"


def test_a_stamp_sent_twice_counts_once_and_order_does_not_matter(oss: Served) -> None:
    second = {"activity": "paint", "at": "2026-01-24T12:00:00+01:00"}
    once, twice = oss.ask(**passport(stamps=[ROBOT, second])), oss.ask(**passport(stamps=[second, ROBOT, ROBOT]))
    assert once["recommendations"] == twice["recommendations"]


def test_an_impossible_wish_says_what_to_relax(oss: Served) -> None:
    answer = oss.ask(**passport(), travel={"mode": "walk", "max_minutes": 1})
    assert answer["recommendations"] == []
    assert answer["relax"]["step"] == "travel"
    assert answer["relax"]["gains"] > 0
    assert answer["funnel"][-1] == {
        "step": "travel",
        "left": 0,
        "not_known": 0,
        "text": answer["funnel"][-1]["text"],
    }


def test_not_known_is_null_and_named(oss: Served) -> None:
    answer = oss.ask(**passport(), count=100)
    paint = next(one for one in answer["recommendations"] if one["activity"]["id"] == "paint")
    assert paint["activity"]["price"] is None
    assert paint["activity"]["access"] is None
    assert set(paint["not_known"]) == {"age", "language", "price"}
    stars = next(one for one in answer["recommendations"] if one["activity"]["id"] == "stars")
    assert stars["venue"]["lat"] is None
    assert stars["session"]["place"] == {"lat": 51.79, "lon": 5.54}


def test_texts_come_in_the_language_asked_for(oss: Served) -> None:
    def text(lang: str | None, header: str) -> tuple[str, str]:
        question = {"learner": "r-1"} | ({"lang": lang} if lang else {})
        answer = oss.http.post(ASK, json=question, headers={"Accept-Language": header})
        first = answer.json()["recommendations"][0]
        return answer.headers["content-language"], first["activity"]["themes"][0]["label"]

    assert text("en", "nl")[0] == "en"
    assert text(None, "fr, en;q=0.5, nl;q=0.8")[0] == "nl"
    assert text(None, "en-GB;q=0.9, nl;q=0.1")[0] == "en"
    for unusable in ("fr", "", "*", ";;;q=x", "nl;q=-1", "q=1" * 1000):
        assert text(None, unusable)[0] == "nl"


def test_reasons_speak_the_language(oss: Served) -> None:
    dutch, english = oss.ask(learner="r-1", lang="nl"), oss.ask(learner="r-1", lang="en")
    assert names(dutch) == names(english)
    assert dutch["recommendations"][0]["reasons"][0]["text"] != english["recommendations"][0]["reasons"][0]["text"]


def test_a_stranger_is_not_found_and_not_repeated(oss: Served) -> None:
    found = problem(oss.http.post(ASK, json={"learner": "p-somebody"}), 404)
    assert "send the passport along" in found["detail"]
    assert "p-somebody" not in str(found)


def test_what_a_known_learner_was_shown_is_recorded_and_nobody_else(oss: Served) -> None:
    answer = oss.ask(learner="a-1", count=2)
    oss.ask(**passport(stamps=[ROBOT]))
    oss.ask()
    asyncio.run(wait(oss))
    with oss.service.store.engine.connect() as connection:
        rows = connection.execute(schema.feedback.select()).mappings().all()
    assert {row["learner_id"] for row in rows} <= {"r-1", "r-2", "r-3", "a-1", "a-2", "n-1"}
    mine = sorted((row for row in rows if row["request_id"] == answer["request_id"]), key=lambda row: row["rank"])
    assert [(row["activity_id"], row["session_id"], row["probability"], row["slot"]) for row in mine] == [
        (one["activity"]["id"], one["session"]["id"], one["probability"], one["slot"])
        for one in answer["recommendations"]
    ]
    assert {row["release"] for row in mine} == {answer["release"]}
    assert {row["learner_id"] for row in mine} == {"a-1"}


async def wait(oss: Served) -> None:
    for _ in range(200):
        if oss.service.writer.idle:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was shown is still waiting")
