"""Stamps, feedback and learners' own pages, on a real SQLite and a real PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from data.home import Home
from data.store import Shown, Store, people, schema
from data.tables import Tables
from recommender.release import Release, save_release
from tests.api.conftest import ASK, Served, problem, serve

STAMP = {"learner": "n-1", "activity": "stars", "at": "2026-03-01T20:00:00+01:00", "chosen_by": "self"}


@pytest.fixture
def served(store_url: str, tiny: Tables, release: Release, tmp_path: Path) -> Iterator[Served]:
    """Klein-Oss in a store of its own, on each database."""
    home = Home(tmp_path / "home")
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
    save_release(release, home.releases("klein-oss"), name="20260302T080000Z-one")
    home.point("klein-oss", "20260302T080000Z-one")
    with serve(Settings(home=home.path, database_url=store_url)) as served:
        yield served


def send(served: Served, path: str, body: Any, **headers: str) -> dict[str, Any]:
    answer = served.http.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows(served: Served, table: str) -> list[dict[str, Any]]:
    with served.service.store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(schema.METADATA.tables[table].select()).mappings()]


def listed(served: Served, learner: str) -> list[str]:
    return [one["activity"]["id"] for one in served.ask(learner=learner)["recommendations"]]


def test_a_stamp_counts_in_the_very_next_answer_and_once(served: Served) -> None:
    assert "stars" in listed(served, "n-1")
    assert send(served, "/v1/stamps", [STAMP, STAMP]) == {"kept": 2, "new": 1, "rejected": []}
    assert "stars" not in listed(served, "n-1")
    assert served.ask(learner="n-1")["basis"] == "stamps"
    assert send(served, "/v1/stamps", [STAMP])["new"] == 0
    assert sum(row["learner_id"] == "n-1" for row in rows(served, "stamps")) == 1


def test_a_stamp_makes_a_learner(served: Served) -> None:
    problem(served.http.post(ASK, json={"learner": "new"}), 404)
    send(served, "/v1/stamps", [STAMP | {"learner": "new"}])
    assert served.ask(learner="new")["basis"] == "stamps"


def test_what_cannot_be_taken_is_told_and_kept_apart_and_the_rest_counts(served: Served) -> None:
    answer = send(
        served,
        "/v1/stamps",
        [STAMP, STAMP | {"activity": "nowhere"}, STAMP | {"at": "2150-01-01T00:00:00Z"}, STAMP | {"session": "gone"}],
    )
    assert (answer["kept"], answer["new"]) == (2, 1)
    assert [one["field"] for one in answer["rejected"]] == ["[1].activity", "[2].at"]
    kept = rows(served, "quarantine")
    assert {(row["source"], row["field"], row["value"]) for row in kept} == {
        ("POST /v1/stamps", "activity", "nowhere"),
        ("POST /v1/stamps", "at", "2150-01-01T01:00:00+01:00"),
    }
    served.service.store.load("klein-oss")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ([{"learner": "x"}], "[0].activity"),
        ([STAMP | {"at": "yesterday"}], "[0].at"),
        ([STAMP | {"chosen_by": "robot"}], "[0].chosen_by"),
        ([STAMP | {"school": "De Regenboog"}], "[0].school"),
        ({"learner": "x"}, "body"),
    ],
)
def test_a_stamp_that_is_none_is_refused_with_its_field(served: Served, body: Any, field: str) -> None:
    found = problem(served.http.post("/v1/stamps", json=body), 422)
    assert found["errors"][0]["field"] == field
    assert "Regenboog" not in str(found)


def test_a_batch_sent_again_under_its_key_gets_its_answer_again(served: Served) -> None:
    first = send(served, "/v1/stamps", [STAMP], **{"Idempotency-Key": "k-1"})
    assert first["new"] == 1
    assert send(served, "/v1/stamps", [STAMP], **{"Idempotency-Key": "k-1"}) == first
    other = served.http.post("/v1/stamps", json=[STAMP | {"learner": "x"}], headers={"Idempotency-Key": "k-1"})
    assert "another body" in problem(other, 422)["detail"]
    assert all("n-1" not in str(row) for row in rows(served, "retries"))


def test_a_hundred_at_once_are_all_kept(served: Served) -> None:
    def one(number: int) -> int:
        return int(send(served, "/v1/stamps", [STAMP | {"learner": f"l-{number}"}])["new"])

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(100))) == 100
    assert sum(row["learner_id"].startswith("l-") for row in rows(served, "stamps")) == 100


def test_feedback_is_kept_once(served: Served) -> None:
    said = {"learner": "r-1", "activity": "stars", "kind": "not_for_me", "at": "2026-03-01T20:00:00+01:00"}
    assert send(served, "/v1/feedback", [said]) == {"kept": 1, "new": 1, "rejected": []}
    assert send(served, "/v1/feedback", [said])["new"] == 0
    assert served.http.get("/v1/learners/r-1").json()["said"] == [
        {"activity": "stars", "kind": "not_for_me", "at": "2026-03-01T20:00:00+01:00"}
    ]


def test_what_is_not_for_me_is_not_shown_again_and_its_theme_counts_for_less(served: Served) -> None:
    def scores() -> dict[str, float]:
        return {one["activity"]["id"]: one["score"] for one in served.ask(learner="r-1")["recommendations"]}

    said = {"learner": "r-1", "activity": "birds", "kind": "not_for_me", "at": "2026-03-01T20:00:00+01:00"}
    before = scores()
    assert {"birds", "pond", "farm"} <= before.keys()
    send(served, "/v1/feedback", [said])
    after = scores()
    assert "birds" not in after
    assert after["farm"] - after["robot-match"] < before["farm"] - before["robot-match"]
    # The last word counts.
    send(served, "/v1/feedback", [said | {"kind": "more_like_this", "at": "2026-03-02T08:00:00+01:00"}])
    last = scores()
    assert "birds" in last
    assert last["farm"] - last["robot-match"] > before["farm"] - before["robot-match"]


def test_a_learner_sees_in_plain_words_what_is_kept(served: Served) -> None:
    page = served.http.get("/v1/learners/r-2", headers={"Accept-Language": "en"}).json()
    assert (page["age"], page["home"], page["languages"]) == (8.0, {"lat": 51.77, "lon": 5.53}, ["nl", "ar"])
    assert page["text"] == "The ideas come from 2 visits on your passport."
    assert page["themes"][0] == {
        "id": "robots", "label": "Robots", "visits": 2, "text": "You went 2 times to something about Robots."
    }  # fmt: skip
    assert [(stamp["activity"], stamp["chosen_by"], stamp["counts"]) for stamp in page["stamps"]] == [
        ("robot-start", "self", True),
        ("robot-code", "family", True),
    ]
    problem(served.http.get("/v1/learners/nobody"), 404)


def test_a_wish_that_is_changed_counts_at_once_and_survives_a_load(served: Served, tiny: Tables) -> None:
    changed = served.http.patch("/v1/learners/a-1", json={"wishes": ["space"], "avoid": [], "age": "6-8"})
    assert changed.status_code == 200, changed.text
    assert [theme["id"] for theme in changed.json()["wishes"]] == ["space"]
    assert changed.json()["age"] == "6-8"
    assert "robot-code" in listed(served, "a-1")  # robots are no longer avoided
    served.service.store.save(tiny)
    page = served.http.get("/v1/learners/a-1").json()
    assert ([theme["id"] for theme in page["wishes"]], page["avoid"]) == (["space"], [])
    assert page["age"] == 7.0  # the passport system knows the age best
    wrong = served.http.patch("/v1/learners/a-1", json={"wishes": ["robotss"]})
    assert "did you mean robots" in problem(wrong, 422)["errors"][0]["detail"]


def test_a_muted_learner_gets_the_list_of_somebody_unknown_of_that_age(served: Served) -> None:
    alike = {"age": 9.5, "home": {"lat": 51.76, "lon": 5.52}, "languages": ["nl"]}
    assert served.http.patch("/v1/learners/r-1", json={"muted": True}).status_code == 200
    answer = served.ask(learner="r-1")
    stranger = served.ask(passport=alike)
    assert answer["basis"] == "none"
    undrawn = [[one["activity"]["id"] for one in given["recommendations"]] for given in (answer, stranger)]
    assert set(undrawn[0]) == set(undrawn[1])
    assert [one["score"] for one in answer["recommendations"][:3]] == [
        one["score"] for one in stranger["recommendations"][:3]
    ]
    served.http.patch("/v1/learners/r-1", json={"muted": False})
    assert served.ask(learner="r-1")["basis"] == "stamps"


def test_a_fresh_start_forgets_what_counted_and_keeps_the_stamps(served: Served) -> None:
    said = {"learner": "r-1", "activity": "stars", "kind": "not_for_me", "at": "2026-03-01T20:00:00+01:00"}
    send(served, "/v1/feedback", [said])
    page = served.http.patch("/v1/learners/r-1", json={"reset": True}).json()
    assert [stamp["counts"] for stamp in page["stamps"]] == [False, False]
    assert (page["said"], page["themes"]) == ([], [])
    assert served.ask(learner="r-1")["basis"] == "none"
    send(served, "/v1/stamps", [STAMP | {"learner": "r-1", "at": "2026-03-02T10:00:00+01:00"}])
    assert served.ask(learner="r-1")["basis"] == "stamps"


def test_erasure_removes_every_trace_and_says_only_that_it_was_done(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.ask(learner="r-1")
    send(served, "/v1/stamps", [STAMP | {"learner": "r-1"}, STAMP | {"learner": "r-1", "activity": "nowhere"}])
    send(served, "/v1/stamps", [STAMP | {"learner": "r-10", "activity": "nowhere"}])
    said = {"learner": "r-1", "activity": "stars", "kind": "enjoyed", "at": "2026-03-01T20:00:00+01:00"}
    send(served, "/v1/feedback", [said])
    with caplog.at_level(logging.INFO):
        assert served.http.delete("/v1/learners/r-1").status_code == 204
    for table in schema.METADATA.sorted_tables:
        assert all('"r-1"' not in str(row).replace("'", '"') for row in rows(served, table.name)), table.name
    assert len(rows(served, "quarantine")) == 1  # the other one's
    problem(served.http.get("/v1/learners/r-1"), 404)
    problem(served.http.post(ASK, json={"learner": "r-1"}), 404)
    (note,) = rows(served, "erasures")
    assert (note["city"], note["number"]) == ("klein-oss", 1)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("leerlijn")]
    assert any("was erased" in line for line in ours)
    assert all("r-1" not in line for line in ours)
    assert served.http.delete("/v1/learners/r-1").status_code == 204
    assert len(rows(served, "erasures")) == 1


def test_what_is_shown_to_somebody_who_was_erased_meanwhile_is_not_kept(served: Served) -> None:
    store = served.service.store
    with store.transaction() as connection:
        people.erase(connection, "klein-oss", "r-1", 1)
    shown = [Shown("klein-oss", who, "q", 1, "r", (("stars", "", 1, "interest", 1.0),)) for who in ("r-1", "r-2")]
    store.record_shown(shown)
    assert {row["learner_id"] for row in rows(served, "feedback")} == {"r-2"}


def test_people_of_another_city_stay_out_of_sight(served: Served, tiny: Tables) -> None:
    other = replace(tiny, city=replace(tiny.city, id="groot-oss"))
    served.service.store.save(other)
    served.http.delete("/v1/learners/r-1")
    send(served, "/v1/stamps", [STAMP])
    assert served.service.store.passport("groot-oss", "r-1") is not None
    stamps = [row for row in rows(served, "stamps") if row["city"] == "groot-oss"]
    assert len(stamps) == len(tiny.stamps)
