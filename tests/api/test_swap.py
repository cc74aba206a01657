"""What gave way to something new is let go of at once: a service that swaps all day does not grow."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.settings import Settings
from data.home import Home
from data.store import Store
from data.tables import Tables
from tests.api.conftest import ASK, Served, serve

pytestmark = pytest.mark.usefixtures("ready_to_plan")
FIRST, SECOND = "20260302T080000Z-one", "20260303T080000Z-two"
CITY = "klein-oss"
OUTING = {
    "kind": "outing",
    "from": "2026-03-07T09:00:00+01:00",
    "until": "2026-03-07T17:00:00+01:00",
    "travel": {"from": {"lat": 51.77, "lon": 5.53}, "mode": "walk"},
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only what is in no circle goes: in a worker that was forked the collector may not come by for hundreds of swaps."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def ask_everything(served: Served) -> None:
    for path in ("/", "/lines", "/v1/lines", "/v1/lines.svg", "/v1/release", "/v1/activities", "/v1/learners/r-1"):
        assert served.http.get(path).status_code == 200, path
    for path, question in (
        (ASK, {"learner": "r-1", "lang": "en"}),
        (ASK, {"passport": {"age": 8, "wishes": ["animals"]}}),
        ("/v1/lines", {"learner": "r-1"}),
        ("/v1/routes", OUTING),
        ("/v1/routes", {"kind": "journey", "weeks": 4, "learner": "r-1"}),
    ):
        answer = served.http.post(path, json=question)
        assert answer.status_code == 200, answer.text


def look(served: Served) -> None:
    """Let the service see whether there is something new, and wait until it is in service."""
    before = served.service.cities[CITY].live
    for _ in range(2000):
        served.ask()
        if served.service.cities[CITY].live is not before:
            return
    raise AssertionError("nothing new came into service")


@pytest.mark.usefixtures("no_collector")
def test_what_was_in_service_before_is_gone(settle: Callable[..., Home], tiny: Tables, tmp_path: Path) -> None:
    home = settle(tmp_path, releases=(SECOND, FIRST))
    with serve(Settings(home=home.path, refresh_seconds=0.01, route_seconds=0.5)) as served:
        ask_everything(served)
        live = served.service.cities[CITY].live
        assert live.release is not None
        old = {
            "city": weakref.ref(live),
            "release": weakref.ref(live.release),
            "model": weakref.ref(live.release.model),
        }
        catalogue = weakref.ref(live.catalogue)
        del live
        home.point(CITY, SECOND)
        look(served)
        assert served.ask()["release"] == SECOND
        assert [name for name, one in old.items() if one() is not None] == []
        ask_everything(served)
        with Store(home.store_url) as store:
            store.save(replace(tiny, city=replace(tiny.city, name="Oss aan de Maas")))
        look(served)
        assert catalogue() is None
