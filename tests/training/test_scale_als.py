"""ALS by blocks is implicit's own, bit by bit, wherever the blocks were and whatever was lost on the way."""

import numpy as np
import pytest
from implicit.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.scale.als import TRIES, alternate, begin, half_step, whole
from training.scale.engine import Lost, Threads

FACTORS, ROUNDS = 16, 6


class Cut(Threads):
    """Parts that come back as from a wire: at an address that is no multiple of anything, and perhaps read-only."""

    elsewhere = True

    def __init__(self, blocks, writeable=False, threads=1):
        super().__init__(threads)
        self.blocks, self.writeable = blocks, writeable

    def hold(self, parts):
        return [sent(part, self.writeable) for part in parts]

    def together(self, work, parts):
        return self.hold([work(*part) for part in parts])


class Losing(Cut):
    """Somebody is lost at some of the times that values are fetched."""

    def __init__(self, times):
        super().__init__(3)
        self.left = times

    def fetch(self, held):
        if self.left:
            self.left -= 1
            raise Lost("a worker is gone")
        return super().fetch(held)


def sent(part, writeable):
    if sparse.issparse(part):
        arrays = tuple(sent(array, writeable) for array in (part.data, part.indices, part.indptr))
        return sparse.csr_matrix(arrays, shape=part.shape)
    room = np.empty(part.nbytes + 3, dtype=np.uint8)
    away = np.frombuffer(room, part.dtype, part.size, offset=3).reshape(part.shape)
    away[...] = part
    away.flags.writeable = writeable
    return away


@pytest.fixture(scope="module")
def stamps():
    rng = np.random.default_rng(0)
    shape, size = (700, 150), 9_000
    where = (rng.integers(shape[0], size=size), (150 * rng.random(size) ** 2).astype(int))
    return sparse.csr_matrix((np.ones(size, dtype=np.float32), where), shape)


@pytest.fixture(scope="module")
def expected(stamps):
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=FACTORS, alpha=40.0, regularization=5.0, iterations=ROUNDS, random_state=3, num_threads=1
        )
        model.fit(stamps, show_progress=False)
    return model.item_factors


@pytest.mark.parametrize(
    "engine",
    [Threads(1), Threads(3), Cut(3), Cut(1), Cut(1, writeable=True), Cut(2, threads=2), Cut(200), Losing(TRIES - 1)],
    ids=["one", "threads", "three", "whole", "whole, writeable", "two", "more than activities", "losing"],
)
def test_factors_are_those_of_implicit(stamps, expected, engine):
    confidence = stamps * np.float32(40)
    before = confidence.copy()
    np.testing.assert_array_equal(alternate(confidence, FACTORS, 5.0, ROUNDS, 3, engine), expected)
    assert abs(confidence - before).max() == 0


def test_who_is_lost_every_time_is_given_up(stamps):
    with pytest.raises(Lost):
        alternate(stamps, FACTORS, 5.0, 1, 3, Losing(TRIES))


def test_a_step_that_may_be_done_again_leaves_where_it_began(stamps):
    rng = np.random.default_rng(1)
    own, other = (rng.random((size, FACTORS), dtype=np.float32) for size in stamps.shape)
    before, room = own.copy(), np.full((999, FACTORS), np.nan, dtype=np.float32)
    once = half_step(stamps, own, None, True, 5.0, 1, [other])
    np.testing.assert_array_equal(own, before)
    np.testing.assert_array_equal(
        half_step(stamps, own, room, True, 5.0, 1, [other[::3], other[1::3], other[2::3]]), once
    )
    assert np.abs(once - before).max() > 0.1


@pytest.mark.parametrize("factors", [FACTORS, 7])
@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_blocks_begin_as_all_rows_would_and_become_the_whole_again(count, factors, monkeypatch):
    monkeypatch.setattr("training.scale.als._DRAWN", 20)
    rng = np.random.default_rng(3)
    first, second = (rng.random((size, factors), dtype=np.float32) * np.float32(0.01) for size in (151, 80))
    for before, rows in ((0, first), (151, second)):
        parts = [begin(3, before, len(rows), factors, place, count) for place in range(count)]
        np.testing.assert_array_equal(whole(parts, np.empty((200, factors), dtype=np.float32)), rows)
