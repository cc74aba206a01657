"""How much a key may ask, alone and with several workers, and what happens to it when the store is away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.limits import Bucket, Limits, Rate
from api.settings import Settings
from data.store import Store, keys
from data.store.keys import Key
from data.tables import Tables
from recommender.release import Release, save_release
from tests.api.conftest import ASK, Placed, Served, problem, serve

NOW = 1_800_000_000.0
KEY = Key("k", "klein-oss", ("recommend",), "", 0, None, None)
OTHER = replace(KEY, id="other")
LIST = "/v1/recommendations"


def allowed(limits: Limits, times: int, now: float = NOW, key: Key = KEY, path: str = LIST) -> int:
    """How many of so many requests at one moment are let through."""

    async def ask() -> int:
        found = [await limits.take(key, path, now) for _ in range(times)]
        return sum(one is None or not one.wait for one in found)

    return asyncio.run(ask())


def test_a_bucket_holds_a_burst_and_fills_with_time() -> None:
    bucket = Bucket(Rate(2.0, 5), 5, NOW)
    assert [bucket.take(1, NOW).left for _ in range(5)] == [4, 3, 2, 1, 0]
    refused = bucket.take(1, NOW)
    assert (refused.left, refused.wait) == (0, 0.5)
    assert bucket.take(1, NOW - 100).wait, "a clock that goes back brings nothing in"
    assert not bucket.take(1, NOW + 0.5).wait
    assert [bool(bucket.take(1, NOW + 1000).wait) for _ in range(6)] == [False] * 5 + [True]


def test_what_is_left_is_told_as_the_draft_has_it() -> None:
    bucket = Bucket(Rate(2.0, 5), 5, NOW)
    assert bucket.take(2, NOW).headers == {"RateLimit-Policy": '"key";q=5;w=3', "RateLimit": '"key";r=3;t=1'}
    assert bucket.take(4, NOW).headers["Retry-After"] == "1"
    assert bucket.take(5, NOW).headers["Retry-After"] == "1"


def test_every_key_has_a_bucket_of_its_own_and_a_route_takes_more() -> None:
    limits = Limits(Rate(1.0, 25))
    assert allowed(limits, 40) == 25
    assert allowed(limits, 40, key=OTHER, path="/v1/routes") == 2
    assert allowed(limits, 40, key=OTHER) == 5
    assert allowed(limits, 40, now=NOW + 10) == 10


def test_without_a_rate_there_is_no_limit_and_a_small_burst_still_lets_a_route_through() -> None:
    assert allowed(Limits(Rate(0.0, 1)), 1000) == 1000
    assert allowed(Limits(Rate(1.0, 3)), 5, path="/v1/routes") == 1


@pytest.fixture
def store(store_url: str, tiny: Tables) -> Iterator[Store]:
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        yield store


def test_workers_together_let_through_no_more_than_one_would(store: Store) -> None:
    workers = [Limits(Rate(10.0, 40), store, workers=4) for _ in range(4)]
    through = sum(allowed(limits, 30) for limits in workers)
    assert through == 40
    later = sum(allowed(limits, 30, now=NOW + 2) for limits in workers)
    assert later == 20
    assert sum(allowed(limits, 3, key=OTHER) for limits in workers) == 12


def test_one_busy_worker_gets_nearly_all_of_it(store: Store) -> None:
    busy, *others = [Limits(Rate(10.0, 40), store, workers=4) for _ in range(4)]
    for limits in others:
        assert allowed(limits, 1) == 1
    assert 28 <= allowed(busy, 100) <= 37  # each of the others holds the rest of what it took at a time


def test_when_the_store_is_away_every_worker_goes_by_its_own_part(store: Store) -> None:
    limits = Limits(Rate(10.0, 40), store, workers=4)
    assert allowed(limits, 1) == 1
    store.downgrade("base")
    first = allowed(limits, 100)
    assert 10 <= first <= 12  # what it held, and then a quarter of the whole
    assert allowed(limits, 100, now=NOW + 1) == 2
    store.upgrade()


# Over HTTP


@pytest.fixture
def keyed(place: object, tiny: Tables, release: Release, tmp_path: Path) -> Iterator[tuple[Served, str, list[float]]]:
    home: Placed = place(tmp_path)  # type: ignore[operator]
    with Store(home.store_url) as store:
        store.create()
        store.save(replace(tiny, city=replace(tiny.city, origin="own")))
        with store.transaction() as connection:
            key = keys.create(connection, "klein-oss", ["recommend"], "", int(NOW) - 10, None)
    save_release(release, home.releases("klein-oss"), name="one")
    home.point("klein-oss", "one")
    now = [NOW]
    settings = Settings(home=home.path, mode="keys", rate_per_second=0.5, rate_burst=3)
    with serve(settings, clock=lambda: now[0]) as served:
        yield served, key, now


def test_whoever_asks_too_much_is_told_when_to_come_back(keyed: tuple[Served, str, list[float]]) -> None:
    served, key, now = keyed

    def ask() -> httpx.Response:
        return served.http.post(ASK, json={"count": 1}, headers={"Authorization": f"Bearer {key}"})

    left = []
    for _ in range(3):
        answer = ask()
        assert answer.status_code == 200
        left.append(re.findall(r"r=(\d+)", answer.headers["RateLimit"])[0])
        assert answer.headers["RateLimit-Policy"] == '"key";q=3;w=6'
    assert left == ["2", "1", "0"]
    refused = ask()
    assert problem(refused, 429)["type"] == "urn:leerlijn:problem:too-much"
    assert refused.headers["Retry-After"] == "2"
    assert refused.headers["RateLimit"] == '"key";r=0;t=6'
    now[0] += 2
    assert ask().status_code == 200
    assert ask().status_code == 429


def test_health_and_the_contract_cost_nothing(keyed: tuple[Served, str, list[float]]) -> None:
    for _ in range(10):
        for path in ("/health/live", "/health/ready", "/openapi.json"):
            answer = keyed[0].http.get(path)
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers
