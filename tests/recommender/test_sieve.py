"""The pass that puts all filters together: blocks that end in the middle, and what is said of who does not pass."""

import numpy as np
import pytest

from recommender import sieve
from recommender.eligibility import _asked, open_pool
from recommender.sieve import STEPS, missed, sieved
from tests.recommender.random_requests import drawn


@pytest.fixture(scope="module")
def asked(crowd_catalogue):
    return [
        (_asked(passport, crowd_catalogue, request), open_pool(crowd_catalogue, request), request)
        for passport, request in drawn(crowd_catalogue, 60, seed=8)
    ]


def test_what_every_filter_leaves_is_what_misses_none_up_to_it(crowd_catalogue, asked):
    from recommender.reach import way_from

    columns = crowd_catalogue.filters
    held = crowd_catalogue.session_columns
    records = held.alone, crowd_catalogue.activity_columns.records, held.records
    way = way_from(None, crowd_catalogue.travel["walk"], None)
    narrow = 0
    for one, pool, _ in asked:
        counts, activities, *_ = sieved(pool.session, pool.activity, one, columns, *records, way)
        misses = missed(pool.activity, one, columns)
        for step in range(len(STEPS)):
            if one.steps >> step & 1:
                assert counts[step, 0] == (misses & ((2 << step) - 1) == 0).sum()
            else:
                assert not (misses >> step & 1).any()
        assert activities.tolist() == np.flatnonzero(misses == 0).tolist()
        narrow += counts[0, 0] > len(activities)
    assert narrow > 20


def test_where_a_block_ends_makes_no_difference(crowd_catalogue, asked):
    """The same filters through blocks of seven rows, by the code as it reads before it is compiled."""
    whole = [missed(pool.activity, one, crowd_catalogue.filters) for one, pool, _ in asked]
    again = []
    for one, pool, _ in asked:
        marks, found = sieve._marked(one, crowd_catalogue.filters), (~pool.activity).astype(np.uint16)
        fits = np.empty(7, dtype=bool)
        for begin in range(0, len(found), 7):
            end = min(begin + 7, len(found))
            for step in range(1, len(STEPS)):
                if one.steps >> step & 1:
                    sieve._fits(step, begin, end, one, crowd_catalogue.filters, marks, fits)
                    found[begin:end] |= (~fits[: end - begin]).astype(np.uint16) << step
        again.append(found)
    assert all((ours == theirs).all() for ours, theirs in zip(whole, again, strict=True))
