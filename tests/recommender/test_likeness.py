from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recommender.likeness import likeness, strongest


def unit(rows) -> sparse.csr_array:
    dense = np.array(rows, dtype=np.float32)
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    return sparse.csr_array(np.divide(dense, length, out=np.zeros_like(dense), where=length > 0))


def plain_likeness(candidates, activities, stamped, neighbours, own):
    """The definition, entry by entry."""
    cosines = candidates.toarray().astype(float) @ activities.toarray().T
    cosines[:, ~stamped] = 0
    for row, itself in enumerate(own):
        cosines[row, itself] = 0
    squared = cosines**2
    total = squared.sum(axis=1, keepdims=True)
    weights = squared / np.sqrt(np.where(total > 0, total, 1))
    for row in weights:
        if (row > 0).sum() > neighbours:
            row[row <= np.sort(row)[::-1][neighbours]] = 0
    return weights.T


@given(st.integers(0, 1000), st.integers(1, 12))
def test_likeness_is_its_definition(seed, neighbours):
    rng = np.random.default_rng(seed)
    activities = unit(rng.random((10, 5)) * (rng.random((10, 5)) < 0.5))
    stamped, own = rng.random(10) < 0.7, rng.permutation(10)[:6].astype(np.int32)
    weights, scale = likeness(sparse.csr_array(activities[own]), activities, stamped, neighbours, own)
    assert weights.shape == (10, 6)
    assert weights.dtype == scale.dtype == np.float32
    assert weights.toarray() == pytest.approx(
        plain_likeness(activities[own], activities, stamped, neighbours, own), abs=1e-5
    )


@pytest.mark.parametrize(
    ("activities", "features", "kept"), [(700, 40, 1), (700, 40, 30), (600, 8, 200), (300, 400, 500)]
)
def test_many_activities_keep_the_bits_of_sparse_products(activities, features, kept):
    rng = np.random.default_rng(activities + kept)
    rows = unit(rng.integers(0, 3, (activities, features)) * (rng.random((activities, features)) < 0.4))
    stamped, own = rng.random(activities) < 0.8, np.arange(activities, dtype=np.int32)
    squared = sparse.csr_array(rows @ rows.T @ sparse.diags_array(stamped.astype(np.float32)))
    squared.data **= 2
    squared.setdiag(0)
    total = squared.astype(np.float64).sum(axis=1)
    divisor = np.sqrt(np.where(total > 0, total, 1)).astype(np.float32)
    expected = strongest(sparse.csr_array(sparse.diags_array(1 / divisor) @ squared), kept)
    with ThreadPoolExecutor(3) as pool:
        weights, scale = likeness(rows, rows, stamped, kept, own, share_out=pool.map)
    assert np.array_equal(scale, divisor)
    assert np.array_equal(weights.toarray(), expected.toarray().T)


def test_an_activity_does_not_resemble_itself_but_its_twin_does():
    same = unit([[1, 1], [1, 1], [0, 1]])
    everything = np.arange(3, dtype=np.int32)
    weights, _ = likeness(same, same, np.ones(3, dtype=bool), 5, everything)
    assert weights.diagonal().tolist() == [0, 0, 0]
    assert weights[0, 1] == weights[1, 0] > weights[2, 0] > 0


def test_only_what_can_be_in_a_passport_is_a_neighbour():
    same = unit([[1, 0]] * 3)
    weights, _ = likeness(same, same, np.array([True, False, False]), 5, np.arange(3, dtype=np.int32))
    assert weights.toarray().nonzero()[0].tolist() == [0, 0]


def test_a_short_common_description_does_not_end_up_on_every_list():
    rng = np.random.default_rng(0)
    activities = unit(np.vstack([np.eye(20) + (rng.random((20, 20)) < 0.1), np.ones((1, 20))]))
    weights, scale = likeness(activities, activities, np.ones(21, dtype=bool), 50, np.arange(21, dtype=np.int32))
    assert scale[20] == scale.max()
    assert weights[:, [20]].max() < weights.max()


def test_the_scale_found_earlier_is_used_when_there_are_more_activities():
    activities = unit([[1, 0], [1, 1], [0, 1], [2, 1]])
    own = np.arange(4, dtype=np.int32)
    whole, scale = likeness(activities, activities, np.ones(4, dtype=bool), 9, own)
    part, _ = likeness(activities, sparse.csr_array(activities[3:]), np.ones(1, dtype=bool), 9, scale=scale)
    assert part.toarray()[0, :3] == pytest.approx(whole.toarray()[3, :3])


def test_what_resembles_nothing_gets_nothing_and_a_scale_of_one():
    activities = unit([[1, 0], [0, 0], [0, 1]])
    weights, scale = likeness(activities, activities, np.ones(3, dtype=bool), 5, np.arange(3, dtype=np.int32))
    assert weights.nnz == 0
    assert scale.tolist() == [1, 1, 1]


def test_no_candidates_and_nothing_stamped_are_fine():
    activities = unit([[1, 0], [1, 1]])
    weights, scale = likeness(sparse.csr_array(activities[:0]), activities, np.ones(2, dtype=bool), 5)
    assert (weights.shape, scale.shape) == ((2, 0), (0,))
    weights, scale = likeness(activities, activities, np.zeros(2, dtype=bool), 5)
    assert (weights.shape, weights.nnz, scale.tolist()) == ((2, 2), 0, [1, 1])


@pytest.mark.parametrize(
    ("row", "most", "kept"),
    [
        ([5, 1, 3, 4], 2, [5, 0, 0, 4]),
        ([5, 1, 3, 4], 4, [5, 1, 3, 4]),
        ([2, 5, 2, 2], 2, [0, 5, 0, 0]),  # three are level at the boundary: none of them says anything
        ([2, 2, 2, 2], 3, [0, 0, 0, 0]),
        ([2, 2, 2, 2], 4, [2, 2, 2, 2]),
        ([0, 7, 0, 1], 1, [0, 7, 0, 0]),
    ],
)
def test_ties_at_the_boundary_are_dropped(row, most, kept):
    assert strongest(sparse.csr_array(np.array([row], dtype=float)), most).toarray().tolist() == [kept]


@given(st.lists(st.lists(st.integers(0, 6), min_size=7, max_size=7), min_size=1, max_size=5), st.integers(1, 8))
def test_at_most_so_many_are_kept_and_none_is_stronger_than_one_that_is(rows, most):
    dense = np.array(rows, dtype=float)
    kept = strongest(sparse.csr_array(dense), most).toarray()
    assert ((kept > 0).sum(axis=1) <= most).all()
    for before, after in zip(dense, kept, strict=True):
        assert set(after[after > 0]) <= set(before)
        dropped = before[(before > 0) & (after == 0)]
        assert not len(dropped) or not (after > 0).any() or after[after > 0].min() > dropped.max()
        if (before > 0).sum() <= most:
            assert after.tolist() == before.tolist()
