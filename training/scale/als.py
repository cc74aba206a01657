"""ALS by blocks of rows: what a half-step makes of a row depends on the other side alone, so blocks may be anywhere.

The learners' half-step goes by blocks of learners with the factors of the activities sent to each, the activities' by
blocks of activities with those of the learners. Rows are dealt out like cards: of two blocks each gets every second row, so that
long and short rows come to about the same work. However many blocks there are, the bits are those of all rows at once.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.city import Float32
from training.scale.engine import Engine, Lost

TRIES = 5
"""As often is begun anew when processes are lost that held a part."""
_DRAWN = 1000
"""Rows of a block for which numbers are drawn at a time."""


def alternate(
    by_learner: sparse.csr_matrix, factors: int, regularisation: float, iterations: int, seed: int, engine: Engine
) -> Float32:
    """The activities' factors after so many rounds of implicit's ALS (conjugate gradients), begun as implicit begins.

    Parameters
    ----------
    by_learner : sparse matrix, shape (n_learners, n_activities), float32
        Confidences: α times the weight of a stamp.

    Returns
    -------
    float32, shape (n_activities, factors)

    Raises
    ------
    Lost
        When processes went away ``TRIES`` times.
    """
    for left in reversed(range(TRIES)):
        try:
            with threadpool_limits(1, "blas"):  # beside implicit's own threads others cost up to ten times the time
                return _alternate(by_learner, factors, regularisation, iterations, seed, engine)
        except Lost:
            if not left:
                raise
    raise AssertionError


def _alternate(
    by_learner: sparse.csr_matrix, factors: int, regularisation: float, iterations: int, seed: int, engine: Engine
) -> Float32:
    (n_learners, n_activities), count = by_learner.shape, engine.blocks
    shape = max(by_learner.shape), factors
    rooms = [None] if count == 1 else engine.together(np.empty, [(shape, np.float32)] * count)

    def begun(n_rows: int, before: int) -> list[Any]:
        return engine.together(begin, [(seed, before, n_rows, factors, place, count) for place in range(count)])

    def solved(rows: list[Any], own: list[Any], other: list[Any]) -> list[Any]:
        settings = engine.elsewhere, regularisation, engine.threads
        return engine.together(half_step, [(*one, *settings, other) for one in zip(rows, own, rooms, strict=True)])

    stamped, visited = engine.hold(_dealt(by_learner, count)), list[Any]()
    learners, activities = begun(n_learners, 0), begun(n_activities, n_learners)
    for _ in range(iterations):
        learners = solved(stamped, learners, activities)
        visited = visited or engine.hold(_dealt(by_learner.T.tocsr(), count))  # others solve meanwhile
        activities = solved(visited, activities, learners)
    return whole(engine.fetch(activities), np.empty((n_activities, factors), dtype=np.float32))


def _dealt(rows: sparse.csr_matrix, count: int) -> list[sparse.csr_matrix]:
    return [rows] if count == 1 else [rows[place::count] for place in range(count)]


def whole(parts: list[Float32], room: Float32 | None) -> Float32:
    """Rows that were dealt out, in their order again, in the first rows of ``room``; one part is the whole already."""
    if len(parts) == 1 or room is None:
        return parts[0]
    together: Float32 = _writable(room)[: sum(len(part) for part in parts)]
    for place, part in enumerate(parts):
        together[place :: len(parts)] = part
    return together


def begin(seed: int, before: int, n_rows: int, factors: int, place: int, count: int) -> Float32:
    """What the rows of a block begin with: those numbers of one long row of them that they would get in one block.

    Parameters
    ----------
    before : int
        Rows of which the numbers come first.
    place, count : int
        Every so many rows from ``place`` on are the block's.

    Returns
    -------
    float32, shape (the block's rows, factors)
    """
    bits = np.random.PCG64(seed)
    bits.advance(before * factors // 2)  # 64 bits at a time, which are two numbers
    rng = np.random.Generator(bits)
    rng.random(before * factors % 2, dtype=np.float32)
    start = np.empty((len(range(place, n_rows, count)), factors), dtype=np.float32)
    for low in range(0, len(start), _DRAWN):
        rows = min(_DRAWN * count, n_rows - low * count)
        start[low : low + _DRAWN] = rng.random((rows, factors), dtype=np.float32)[place::count]
    start *= 0.01
    return start


def half_step(
    rows: sparse.csr_matrix,
    own: Float32,
    room: Float32 | None,
    keep: bool,
    regularisation: float,
    threads: int,
    other: list[Float32],
) -> Float32:
    """The factors of a block of rows, solved for with those of the other side.

    Whatever comes from elsewhere may be read-only, which implicit refuses: it is copied first.

    Parameters
    ----------
    rows : sparse matrix, shape (n_rows, n_others), float32
    own : float32, shape (n_rows, n_factors)
        Where conjugate gradients start.
    room : float32, at least n_others × n_factors, or None
        Where the other side is put together, whatever stood there: memory that is new costs more time than filling it.
    keep : bool
        True leaves ``own`` as it is, for a task that may have to be done again; False solves in its place.
    other : list of float32, shape (n, n_factors)
        The whole other side, as its rows were dealt out.
    """
    rows = sparse.csr_matrix((_writable(rows.data), _writable(rows.indices), _writable(rows.indptr)), shape=rows.shape)
    solved: Float32 = own.copy() if keep else _writable(own)
    others = _writable(whole(other, room))
    with threadpool_limits(1, "blas") if keep else nullcontext():  # in this process that is so already
        AlternatingLeastSquares(factors=own.shape[1], num_threads=threads).solver(
            rows, solved, others, regularisation, num_threads=threads
        )
    return solved


def _writable(array: Any) -> Any:
    # What came over a wire may also begin anywhere, and sums come out otherwise in the last bit: ALS makes much of that.
    return np.require(array, requirements=["C_CONTIGUOUS", "ALIGNED", "WRITEABLE"])
