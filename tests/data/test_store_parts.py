"""A city's stamps part by part are those that come all at once, on SQLite and on PostgreSQL."""

from dataclasses import replace

import pandas as pd
import pytest

from data.columns import STAMPS
from data.store import Store
from data.store.people import edit
from data.tables import empty


@pytest.fixture
def store(store_url, tiny):
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        store.save(
            replace(tiny, city=replace(tiny.city, id="nobody-there"), stamps=empty(STAMPS), passports=tiny.passports)
        )
        yield store


@pytest.mark.parametrize("counting", [False, True])
def test_parts_are_the_stamps_in_the_same_order(store, tiny, counting, monkeypatch):
    monkeypatch.setattr("data.store.rows.FETCH", 2)
    city = tiny.city.id
    with store.transaction() as connection:
        edit(connection, city, "r-1", {"muted": True}, None)
    parts = list(store.stamps(city, counting, rows=4))
    whole = store.load(city, counting=counting).stamps
    assert len(parts) > 1
    assert max(len(part) for part in parts) <= 4
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    assert ("r-1" in set(whole["learner_id"])) != counting


def test_a_city_without_stamps_has_no_parts(store):
    assert list(store.stamps("nobody-there")) == []


def test_sizes_are_those_of_every_city(store, tiny):
    assert store.sizes() == {tiny.city.id: len(tiny.stamps), "nobody-there": 0}


def test_stamps_can_be_left_out_and_the_rest_is_the_same(store, tiny):
    whole, without = (store.load(tiny.city.id, stamps=stamps) for stamps in (True, False))
    assert len(whole.stamps)
    assert not len(without.stamps)
    assert (without.stamps.dtypes == whole.stamps.dtypes).all()
    pd.testing.assert_frame_equal(without.passports, whole.passports)
    pd.testing.assert_frame_equal(without.activities, whole.activities)
