"""Sums whose last bit depends on nothing but their own terms."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.model import SOURCES
from recommender.passport import Passport
from recommender.product import FEW, along, products, row_totals, spread_of
from recommender.recommend import recommend, recommend_many
from tests.recommender.towns import ask, visits


@pytest.mark.parametrize("width", [0, 1, 15, 16, 17, 100, 128, 131, 256])
def test_a_product_is_the_same_to_the_last_bit_alone_and_in_any_block(width):
    rng = np.random.default_rng(width)
    vectors = rng.normal(size=(FEW + 9, width)).astype(np.float32)
    activities = rng.normal(size=(150, width)).astype(np.float32)
    rows = np.arange(150, dtype=np.int32)
    whole = products(vectors, activities, rows)
    assert whole == pytest.approx(vectors.astype(float) @ activities.T.astype(float), abs=1e-4)
    for learner in range(len(vectors)):
        some = np.sort(rng.permutation(150)[: rng.integers(1, 150)]).astype(np.int32)
        assert np.array_equal(products(vectors[[learner]], activities, some)[0], whole[learner, some])
    order = rng.permutation(len(vectors))
    some = rng.permutation(150)[:70].astype(np.int32)
    assert np.array_equal(products(vectors[order], activities, some), whole[order][:, some])


def test_the_order_of_the_sum_can_be_told_from_another():
    """Else the test above could not fail: BLAS does not give these bits."""
    rng = np.random.default_rng(5)
    vectors, activities = rng.normal(size=(20, 256)).astype(np.float32), rng.normal(size=(90, 256)).astype(np.float32)
    found = products(vectors, activities, np.arange(90, dtype=np.int32))
    assert not np.array_equal(found, np.cumsum(vectors[:, None] * activities, axis=2, dtype=np.float32)[:, :, -1])


def test_sums_over_rows_are_what_they_say():
    rng = np.random.default_rng(6)
    one, square = rng.normal(size=5), rng.normal(size=(5, 5))
    assert along(one, square[0], square) == pytest.approx((one @ square[0], one @ square @ one))
    values = rng.normal(size=70).astype(np.float32)
    assert spread_of(values) == pytest.approx(values.std(dtype=float))
    assert spread_of(values[:0]) == 0
    matrix, total = sparse.csr_array(rng.random((6, 9)) * (rng.random((6, 9)) < 0.5), dtype=np.float32), np.zeros(9)
    rows, weights = np.array([4, 1, 4], dtype=np.int32), rng.normal(size=3)
    row_totals(rows, weights, matrix.indptr, matrix.indices, matrix.data, total)
    assert total == pytest.approx(weights @ matrix.toarray()[rows])


def bits(answer):
    return {
        entry.activity: (np.float32(entry.score).tobytes(), {name: float(part) for name, part in entry.parts.items()})
        for entry in answer.recommendations
    }


def test_scores_do_not_depend_on_the_block_or_on_threads(crowd_catalogue, crowd_release):
    rng = np.random.default_rng(4)
    names = crowd_catalogue.activities.ids.names
    passports = [
        Passport(stamps=visits(crowd_catalogue, *rng.choice(names, size=rng.integers(1, 30), replace=False)))
        for _ in range(40)
    ]
    weights = dict.fromkeys(SOURCES, 0.7)
    release = replace(crowd_release, model=replace(crowd_release.model, source_weights=weights))
    request = ask(count=len(names))
    with threadpool_limits(1):
        alone = [bits(recommend(passport, crowd_catalogue, release, request)) for passport in passports]
    assert all(alone)
    order = rng.permutation(40).tolist()
    for threads in (1, 2):
        with threadpool_limits(threads):
            together = recommend_many([passports[row] for row in order], crowd_catalogue, release, request)
            assert [bits(answer) for answer in together] == [alone[row] for row in order]
