"""The database freezes: every process of a real PostgreSQL is stopped, and moves again."""

from __future__ import annotations

import time
from pathlib import Path

from api.settings import Settings
from data.home import Home
from data.store import Store
from data.tables import Tables
from recommender.release import Release, save_release
from tests import postgres
from tests.api.conftest import ASK, problem, serve

STAMP = {"learner": "n-1", "activity": "stars", "at": "2026-03-01T20:00:00+01:00"}


def test_nobody_gets_an_error_and_it_recovers_by_itself(tiny: Tables, release: Release, tmp_path: Path) -> None:
    with postgres.server() as server:
        url = server.new_database()
        home = Home(tmp_path)
        with Store(url) as store:
            store.create()
            store.save(tiny)
        save_release(release, home.releases("klein-oss"), name="20260302T080000Z-one")
        home.point("klein-oss", "20260302T080000Z-one")
        with serve(Settings(home=home.path, database_url=url, refresh_seconds=0.05, store_seconds=1.0)) as served:
            served.service.writer.patience = 0.3
            assert served.ask(learner="r-1")["basis"] == "stamps"
            with server.frozen():
                for _ in range(3):
                    away = served.ask(learner="r-1")
                    assert (away["degraded"], away["basis"], away["fallback"]) == (True, "none", "popular_nearby")
                    # Nobody can say whether a child asks: nothing that is not known to be for children.
                    ages = [one["activity"]["age_min"] for one in away["recommendations"]]
                    assert all(age is not None and age <= 6 for age in ages)
                assert served.ask(passport={"age": 8})["basis"] == "none"
                refused = served.http.post("/v1/stamps", json=[STAMP])
                assert problem(refused, 503)["type"] == "urn:leerlijn:problem:store-away"
                assert refused.headers["retry-after"] == "5"
            patience = time.monotonic() + 30
            while served.http.post(ASK, json={"learner": "r-1"}).json()["degraded"]:
                assert time.monotonic() < patience, "it did not recover"
                time.sleep(0.05)
            assert served.http.post("/v1/stamps", json=[STAMP]).status_code == 200
            # What was refused may have been kept after all; it is there once.
            assert len(served.http.get("/v1/learners/n-1").json()["stamps"]) == 1
