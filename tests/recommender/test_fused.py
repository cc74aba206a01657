"""The passes that put several steps together, each against what it says."""

import numpy as np
import pytest
from scipy import sparse

from recommender.city import UNKNOWN
from recommender.fused import WIDE, scattered
from recommender.product import unsigned
from recommender.reach import opened
from recommender.strongest import strongest_parts


@pytest.mark.parametrize("n", [0, 1, WIDE - 1, WIDE, 3 * WIDE + 5])
@pytest.mark.parametrize("some", [False, True])
def test_rows_are_added_up_with_mean_and_spread_over_what_counts(n, some):
    rng = np.random.default_rng(n)
    matrix = sparse.csr_array(rng.random((6, n)) * (rng.random((6, n)) < 0.5), dtype=np.float32)
    rows, weights = np.array([4, UNKNOWN, 1, 4], dtype=np.int32), rng.random(4, dtype=np.float32)
    counts = rng.random(n) < 0.7 if some else np.empty(0, dtype=bool)
    counted = np.flatnonzero(counts) if some else np.arange(n)
    out = np.zeros(n, dtype=np.float32)
    near = unsigned(matrix.indices)
    found = scattered(rows, weights, matrix.indptr, near, matrix.data, counts, len(counted), out)
    expected = weights[rows >= 0] @ matrix.toarray()[rows[rows >= 0]]
    assert out == pytest.approx(expected, abs=1e-6)
    over = expected[counted].astype(float)
    assert found == pytest.approx((over.mean(), over.std()) if len(over) else (0, 0), abs=1e-6)


def test_values_that_are_all_alike_have_no_spread():
    matrix = sparse.csr_array(np.full((1, 200), 0.1, dtype=np.float32))
    all_, out = np.empty(0, dtype=bool), np.zeros(200, dtype=np.float32)
    one, weight = np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.float32)
    assert scattered(one, weight, matrix.indptr, unsigned(matrix.indices), matrix.data, all_, 200, out)[1] == 0


def test_open_is_what_can_still_be_reached_and_ends_within_the_window():
    until, over_by = np.array([1, 5, 5, 9]), np.array([3, 6, 8, 10])
    assert opened(until, over_by, 5, 8).tolist() == [False, True, True, False]


def test_the_strongest_reasons_come_first_and_of_equal_ones_the_first():
    values = np.array([[0.2, 0.0], [0.5, 0.04], [0.2, 0.9], [0.1, -1.0]])
    silent = np.zeros((4, 2), dtype=bool)
    silent[2, 1] = True
    more = np.array([UNKNOWN, UNKNOWN, UNKNOWN, 0])
    gains, given = strongest_parts(values.T.copy(), np.arange(4), more, silent, 3, 0.05)
    assert gains[0] == pytest.approx([0.2, 0.5, 0.2, 0.1 + 0.2])
    assert given.tolist() == [[1, 3, 0], [UNKNOWN, UNKNOWN, UNKNOWN]]
