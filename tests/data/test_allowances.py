"""A key's bucket of tokens: what comes in, what can be taken, and that two takers never get more than there is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.store import Store
from data.store.allowances import lease
from data.tables import Tables

CITY = "klein-oss"


@pytest.fixture
def store(store_url: str, tiny: Tables) -> Iterator[Store]:
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        yield store


def take(store: Store, want: int, at: float, back: int = 0, key: str = "k") -> tuple[int, float]:
    with store.transaction() as connection:
        return lease(connection, CITY, key, want, rate=2.0, burst=10.0, at=at, back=back)


def test_a_bucket_begins_full_and_fills_with_time(store: Store) -> None:
    assert take(store, 4, at=100.0) == (4, 6.0)
    assert take(store, 9, at=100.0) == (6, 0.0)
    assert take(store, 1, at=100.0) == (0, 0.0)
    assert take(store, 9, at=101.25) == (2, 0.5)
    assert take(store, 99, at=1e6) == (10, 0.0), "never more than it holds"


def test_what_was_not_spent_comes_back_and_a_clock_that_goes_back_brings_nothing(store: Store) -> None:
    assert take(store, 10, at=100.0) == (10, 0.0)
    assert take(store, 0, at=50.0, back=3) == (0, 3.0)
    assert take(store, 5, at=100.0) == (3, 0.0)
    assert take(store, 0, at=100.0, back=99) == (0, 10.0)


def test_keys_have_buckets_of_their_own(store: Store) -> None:
    assert take(store, 10, at=1.0) == (10, 0.0)
    assert take(store, 1, at=1.0, key="other") == (1, 9.0)


def test_many_at_once_take_no_more_than_there_is(store: Store) -> None:
    def worker(_: int) -> int:
        with Store(store.engine.url.render_as_string(hide_password=False)) as own:
            return sum(take(own, 1, at=100.0)[0] for _ in range(5))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(worker, range(4))) == 10
