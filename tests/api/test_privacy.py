"""Nothing of a passport that travels with a request stays behind, and no log names anybody."""

from __future__ import annotations

import functools
import gc
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from api.settings import Settings
from data.home import Home
from data.store import Store, schema
from tests.api.conftest import ASK, problem, serve

MARKS = ("51.7777", "5.4444", "badge-of-nobody", "9.8765", "gone-activity-77")


def test_nothing_of_an_inline_passport_is_kept(
    settle: Callable[..., Home], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = settle(tmp_path)
    passport = {
        "age": 9.8765,
        "home": {"lat": 51.7777, "lon": 5.4444},
        "badges": ["badge-of-nobody"],
        "stamps": [{"activity": "gone-activity-77", "at": "2026-01-01T00:00:00Z"}],
    }
    with caplog.at_level(logging.DEBUG), serve(Settings(home=home.path)) as served:
        for _ in range(50):
            assert served.http.post(ASK, json={"passport": passport}).status_code == 200
        served.http.post(ASK, json={"passport": passport | {"name": "badge-of-nobody"}})
        served.http.get(f"/v1/{MARKS[2]}?{MARKS[2]}")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for mark in MARKS:
                assert mark.encode() not in content, (path, mark)
    with Store(home.store_url) as store, store.engine.connect() as connection:
        kept = "".join(
            str(row) for table in schema.METADATA.sorted_tables for row in connection.execute(table.select())
        )
    assert "Klein-Oss" in kept
    for mark in MARKS:
        assert mark not in kept
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith(("http", "hpack")))
    assert "/v1/recommendations 200" in ours
    for mark in MARKS:
        assert mark not in ours


def fractions_kept() -> set[str]:
    """Numbers with a fraction that some cache of this process knows its results by."""
    caches = [one for one in gc.get_objects() if type(one) is functools._lru_cache_wrapper]
    keys = (key for cache in caches for key in gc.get_referents(cache) if isinstance(key, tuple))
    return {str(part) for key in keys for part in key if isinstance(part, float) and not part.is_integer()}


def test_no_cache_holds_how_far_somebodys_home_is(settle: Callable[..., Home], tmp_path: Path) -> None:
    lent = {"age": 8, "home": {"lat": 51.77, "lon": 5.53}}
    with serve(Settings(home=settle(tmp_path).path)) as served:
        served.ask(passport={"age": 8}, count=50)
        before = fractions_kept()
        answer = served.ask(passport=lent, count=50)
        assert any(one["travel_minutes"] for one in answer["recommendations"])
        assert fractions_kept() == before


def test_no_log_names_a_learner_even_when_something_breaks(
    settle: Callable[..., Home], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = settle(tmp_path)
    with caplog.at_level(logging.DEBUG), serve(Settings(home=home.path)) as served:
        assert served.http.post(ASK, json={"learner": "r-1"}).status_code == 200
        assert served.http.post(ASK, json={"learner": "r-999"}).status_code == 404
        with served.service.store.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE stamps")
        away = served.http.post(ASK, json={"learner": "r-1"})
        assert (away.status_code, away.json()["degraded"], away.json()["basis"]) == (200, True, "none")
        assert "r-1" not in away.text
        stamp = {"learner": "r-1", "activity": "stars", "at": "2026-03-02T08:00:00+01:00"}
        broken = served.http.post("/v1/stamps", json=[stamp])
        assert problem(broken, 503)["type"] == "urn:leerlijn:problem:store-away"
        assert broken.headers["retry-after"] == "5"
        assert "r-1" not in broken.text
        assert "stamps" not in broken.text
        assert served.http.post(ASK, json={}).status_code == 200
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("leerlijn"))
    assert "StoreAway" in ours
    assert "r-1" not in ours
    assert "r-999" not in ours
