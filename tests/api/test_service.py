"""What is in service, who may ask, and what happens when something new, or something broken, comes along."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.service import open_service
from api.settings import Settings
from api.shapes.answer import HealthShape, ReleaseShape
from data.columns import ACTIVITIES, SESSIONS
from data.home import Home
from data.store import OldStore, Store
from data.tables import Tables, frame_of
from recommender.errors import BadConfig, BadInput
from recommender.release import Release, save_release, write_sums
from tests.api.conftest import ASK, Served, placed, problem, serve
from tests.conftest import moment

Settle = Callable[..., Home]
FIRST, SECOND = "20260302T080000Z-one", "20260303T080000Z-two"


def names(answer: dict[str, Any]) -> list[str]:
    return [one["activity"]["id"] for one in answer["recommendations"]]


def until(served: Served, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask until something is so; a change is noticed between two requests."""
    patience = time.monotonic() + 20
    while not true(answer := served.ask()):
        assert time.monotonic() < patience, answer
        time.sleep(0.02)
    return answer


def release_of(served: Served) -> dict[str, Any]:
    answer = served.http.get("/v1/release")
    ReleaseShape.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    return body


def test_what_is_in_service_is_told(oss: Served) -> None:
    told = release_of(oss)
    assert (told["release"], told["degraded"], told["why"]) == (FIRST, False, [])
    assert told["catalogue"] == {"activities": 8, "sessions": 11, "venues": 5, "themes": 6, "lines": 1}
    assert told["manifest"]["city"] == "klein-oss"
    assert "files" not in told["manifest"]


def test_health_tells_alive_from_ready(oss: Served) -> None:
    for path, status in (("/health/live", "alive"), ("/health/ready", "ready")):
        answer = oss.http.get(path)
        HealthShape.model_validate_json(answer.content)
        assert answer.json() == {"status": status, "degraded": False}


def test_without_a_release_the_agenda_answers(settle: Settle, tmp_path: Path) -> None:
    home = settle(tmp_path, releases=())
    with serve(Settings(home=home.path)) as served:
        answer = served.ask(passport={"age": 8, "wishes": ["animals"]})
        assert (answer["release"], answer["fallback"], answer["degraded"]) == (None, "agenda", True)
        assert names(answer)[0] == "paint"
        assert served.http.get("/health/ready").json() == {"status": "ready", "degraded": True}
        assert release_of(served)["why"] == ["no release is published"]


def test_with_nothing_to_give_lists_from_it_is_not_ready_but_alive(
    settle: Settle, tiny: Tables, tmp_path: Path
) -> None:
    empty = {
        "activities": tiny.activities.iloc[:0],
        "sessions": tiny.sessions.iloc[:0],
        "lines": tiny.lines.iloc[:0],
        "stamps": tiny.stamps.iloc[:0],
    }
    home = settle(tmp_path, releases=(), **empty)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        found = problem(served.http.get("/health/ready"), 503)
        assert found["type"] == "urn:leerlijn:problem:not-ready"
        assert served.http.get("/health/live").status_code == 200
        with Store(home.store_url) as store:
            store.save(tiny)
        until(served, lambda _: served.http.get("/health/ready").status_code == 200)
        assert served.http.get("/health/ready").json() == {"status": "ready", "degraded": True}


def test_a_new_release_comes_into_service_without_a_restart(settle: Settle, release: Release, tmp_path: Path) -> None:
    home = settle(tmp_path)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        assert served.ask()["release"] == FIRST
        save_release(release, home.releases("klein-oss"), name=SECOND)
        assert served.ask()["release"] == FIRST
        home.point("klein-oss", SECOND)
        until(served, lambda answer: answer["release"] == SECOND)
        home.rollback("klein-oss")
        until(served, lambda answer: answer["release"] == FIRST)


def test_a_broken_release_is_refused_by_name_and_the_old_one_stays(
    settle: Settle, release: Release, tmp_path: Path
) -> None:
    home = settle(tmp_path)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        before = served.ask(learner="r-1")
        save_release(release, home.releases("klein-oss"), name=SECOND)
        flip(home.releases("klein-oss") / SECOND / "als.npy")
        home.point("klein-oss", SECOND)
        until(served, lambda answer: answer["degraded"])
        after = served.ask(learner="r-1")
        assert after["release"] == FIRST
        assert after["recommendations"] == before["recommendations"]
        (why,) = release_of(served)["why"]
        assert SECOND in why
        assert "als.npy" in why
        assert str(tmp_path) not in why
        home.point("klein-oss", FIRST)
        until(served, lambda answer: not answer["degraded"])


def test_a_start_on_a_broken_release_takes_the_one_before(settle: Settle, tmp_path: Path) -> None:
    home = settle(tmp_path, releases=(FIRST, SECOND))
    (home.releases("klein-oss") / SECOND / "manifest.json").unlink()
    with serve(Settings(home=home.path)) as served:
        answer = served.ask()
        assert (answer["release"], answer["degraded"]) == (FIRST, True)


def test_a_start_on_nothing_but_broken_releases_falls_back_to_the_agenda(settle: Settle, tmp_path: Path) -> None:
    home = settle(tmp_path)
    flip(home.releases("klein-oss") / FIRST / "manifest.json")
    with serve(Settings(home=home.path)) as served:
        answer = served.ask()
        assert (answer["release"], answer["fallback"], answer["degraded"]) == (None, "agenda", True)


def test_a_release_that_is_whole_and_still_makes_no_sense_is_refused(
    settle: Settle, release: Release, tmp_path: Path
) -> None:
    home = settle(tmp_path)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        save_release(release, home.releases("klein-oss"), name=SECOND)
        manifest = home.releases("klein-oss") / SECOND / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"neighbours"', '"neighbors"'))
        write_sums(manifest.parent)
        home.point("klein-oss", SECOND)
        until(served, lambda answer: answer["degraded"])
        assert served.ask()["release"] == FIRST
        assert release_of(served)["why"] == [f"release {SECOND} cannot be used: KeyError in loading it"]


def test_a_catalogue_that_cannot_be_read_leaves_the_old_one_in_service(
    settle: Settle, tiny: Tables, tmp_path: Path
) -> None:
    home = settle(tmp_path)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        before = served.ask(learner="r-1")
        with Store(home.store_url) as store:
            store.save(replace(tiny, city=replace(tiny.city, time_zone="Mars/Olympus")))
        until(served, lambda answer: answer["degraded"])
        assert served.ask(learner="r-1")["recommendations"] == before["recommendations"]
        with Store(home.store_url) as store:
            store.save(tiny)
        until(served, lambda answer: not answer["degraded"])


def test_a_store_that_comes_back_ends_the_trouble(settle: Settle, tmp_path: Path) -> None:
    home = settle(tmp_path)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        for table, away in (("cities", "gone"), ("gone", "cities")):
            with served.service.store.engine.begin() as connection:
                connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {away}")
            until(served, lambda answer, away=away: answer["degraded"] == (away == "gone"))  # type: ignore[misc]
        assert release_of(served)["why"] == []


def test_nobody_notices_a_swap(settle: Settle, tmp_path: Path) -> None:
    home = settle(tmp_path, releases=(FIRST, SECOND))
    with serve(Settings(home=home.path, refresh_seconds=0.01)) as served:
        seen, over = set(), threading.Event()

        def ask_on() -> int:
            asked = 0
            with httpx.Client(base_url=served.http.base_url, timeout=30) as client:
                while not over.is_set():
                    answer = client.post(ASK, json={"learner": "r-1", "count": 1})
                    assert answer.status_code == 200
                    assert not answer.json()["degraded"]
                    seen.add(answer.json()["release"])
                    asked += 1
            return asked

        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask_on) for _ in range(4)]
            for turn in range(20):
                home.point("klein-oss", (FIRST, SECOND)[turn % 2])
                time.sleep(0.05)
            over.set()
            assert sum(one.result() for one in asking) > 20
        assert seen == {FIRST, SECOND}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_new_activity_is_recommended_without_retraining(settle: Settle, tiny: Tables, tmp_path: Path) -> None:
    home = settle(tmp_path)
    with serve(Settings(home=home.path, refresh_seconds=0.05)) as served:
        assert "robot-arm" not in names(served.ask(learner="r-1"))
        rows = [
            *tiny.activities.to_dict("records"),
            {"activity_id": "robot-arm", "title": "Bouw een robotarm", "language": "nl", "themes": "robots:1",
             "venue_id": "maker", "age_min": 6.0, "age_max": 12.0, "price": 0.0},
        ]  # fmt: skip
        start = {"start": moment("2026-03-05 14:00"), "end": moment("2026-03-05 16:00")}
        sessions = [*tiny.sessions.to_dict("records"), {"session_id": "s-arm", "activity_id": "robot-arm", **start}]
        with Store(home.store_url) as store:
            store.save(replace(tiny, activities=frame_of(ACTIVITIES, rows), sessions=frame_of(SESSIONS, sessions)))
        until(served, lambda answer: "robot-arm" in names(answer))
        answer = served.ask(learner="r-1")
        assert "robot-arm" in names(answer)[:3]
        assert answer["release"] == FIRST


def test_by_the_clock_the_answer_changes_with_the_agenda_and_not_in_between(
    settle: Settle, tiny: Tables, tmp_path: Path
) -> None:
    home = settle(tmp_path, city=replace(tiny.city, as_of=None))
    now = [float(moment("2026-03-07 09:59"))]
    with serve(Settings(home=home.path), clock=lambda: now[0]) as served:

        def ask() -> dict[str, Any]:
            answer = served.ask(count=100)
            answer.pop("request_id")
            return answer

        before = ask()
        assert (before["at"], before["at_source"]) == ("2026-03-07T00:00:00+01:00", "clock")
        assert "pond" in names(before)
        now[0] += 59
        assert ask() == before
        now[0] += 2
        started = ask()
        assert started["at"] == "2026-03-07T10:00:01+01:00"
        assert "pond" not in names(started)
        now[0] += 3600
        assert ask() == started
        now[0] = moment("2026-03-08 00:00")
        assert ask()["at"] == "2026-03-08T00:00:00+01:00"


def test_a_city_without_sessions_is_always_open(settle: Settle, tiny: Tables, tmp_path: Path) -> None:
    home = settle(tmp_path, has_sessions=False, sessions=tiny.sessions.iloc[:0])
    with serve(Settings(home=home.path)) as served:
        answer = served.ask(count=100)
        assert len(names(answer)) == 8
        assert {one["session"] for one in answer["recommendations"]} == {None}
        assert served.ask(learner="r-1")["basis"] == "stamps"


def test_a_mode_that_the_city_does_not_know_is_named(settle: Settle, tiny: Tables, tmp_path: Path) -> None:
    travel = {mode: tiny.city.travel[mode] for mode in ("walk", "bike")}
    home = settle(tmp_path, city=replace(tiny.city, travel=travel))
    with serve(Settings(home=home.path)) as served:
        found = problem(served.http.post(ASK, json={"travel": {"mode": "car"}}), 422)
        assert found["errors"] == [{"field": "travel.mode", "detail": "this city knows walk, bike"}]


# Who may ask


def test_with_keys_only_health_and_the_contract_are_open(settle: Settle, tiny: Tables, tmp_path: Path) -> None:
    home = settle(tmp_path, city=replace(tiny.city, origin="own"))
    with serve(Settings(home=home.path, mode="keys")) as served:
        for path in ("/health/live", "/health/ready", "/openapi.json"):
            answer = served.http.get(path)
            assert answer.status_code == 200
            assert "leerlijn-mode" not in answer.headers
            assert "robot" not in answer.text
        for method, path in (
            ("POST", ASK),
            ("GET", "/v1/activities"),
            ("GET", "/v1/release"),
            ("GET", "/"),
            ("GET", "/x"),
        ):
            answer = served.http.request(method, path, json={"learner": "r-1"})
            assert "python -m api serve --mode demo" in problem(answer, 401)["detail"]
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_demo_mode_refuses_a_city_of_its_own(settle: Settle, tiny: Tables, tmp_path: Path) -> None:
    home = settle(tmp_path, city=replace(tiny.city, origin="own"))
    with pytest.raises(BadConfig, match=r"a city of its own, with real people in it.*--mode keys"):
        open_service(placed(Settings(home=home.path)))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_demo_mode_refuses_to_listen_to_others(host: str) -> None:
    with pytest.raises(BadConfig, match=r"this machine alone.*--mode keys"):
        Settings(host=host)
    assert Settings(host=host, mode="keys").host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_demo_mode_listens_to_this_machine(host: str) -> None:
    assert Settings(host=host).demo


def test_the_city_must_be_clear(settle: Settle, tiny: Tables, tmp_path: Path) -> None:
    with pytest.raises(OldStore, match="load a city first"):
        open_service(Settings(home=tmp_path / "empty"))
    home = settle(tmp_path / "two")
    settle(tmp_path / "two", releases=(), city=replace(tiny.city, id="groot-oss"))
    with pytest.raises(BadConfig, match="choose one with --city: groot-oss, klein-oss"):
        open_service(placed(Settings(home=home.path)))
    with pytest.raises(BadInput, match="no city 'oz' in the store; it holds: groot-oss, klein-oss"):
        open_service(placed(Settings(home=home.path, city="oz")))
    service = open_service(placed(Settings(home=home.path, city="klein-oss")))
    assert set(service.cities) == {"klein-oss"}
    service.store.close()
