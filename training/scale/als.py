"""ALS by blocks of rows: what a half-step makes of a row depends on the other side alone, so blocks may be anywhere.

The learners' half-step goes by blocks of learners with the factors of the activities sent to each, the activities' by
blocks of activities with those of the learners. Blocks of whatever size give the same bits as all rows at once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.city import Float32, Int64
from training.scale.engine import Engine, Lost

TRIES = 5
"""As often is begun anew when processes are lost that held a part."""


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
    by_activity = by_learner.T.tocsr()
    for left in reversed(range(TRIES)):
        try:
            return _alternate(by_learner, by_activity, factors, regularisation, iterations, seed, engine)
        except Lost:
            if not left:
                raise
    raise AssertionError


def _alternate(
    by_learner: sparse.csr_matrix,
    by_activity: sparse.csr_matrix,
    factors: int,
    regularisation: float,
    iterations: int,
    seed: int,
    engine: Engine,
) -> Float32:
    rng = np.random.default_rng(seed)
    sides: list[tuple[list[Any], list[Any]]] = []
    for rows in (by_learner, by_activity):
        start = rng.random((rows.shape[0], factors), dtype=np.float32)
        start *= 0.01
        ends = blocks(rows.indptr, factors, engine.blocks)
        spans = [slice(low, high) for low, high in pairwise(ends)]
        parts = [rows] if len(spans) == 1 else [rows[span] for span in spans]
        sides.append((engine.hold(parts), engine.hold([start[span] for span in spans])))
        del start
    (stamped, learners), (visited, activities) = sides
    for _ in range(iterations):
        learners = engine.together(
            half_step,
            [
                (*own, engine.elsewhere, regularisation, engine.threads, activities)
                for own in zip(stamped, learners, strict=True)
            ],
        )
        activities = engine.together(
            half_step,
            [
                (*own, engine.elsewhere, regularisation, engine.threads, learners)
                for own in zip(visited, activities, strict=True)
            ],
        )
    found: Float32 = np.concatenate(engine.fetch(activities))
    return found


def half_step(
    rows: sparse.csr_matrix, own: Float32, keep: bool, regularisation: float, threads: int, other: list[Float32]
) -> Float32:
    """The factors of a block of rows, solved for with those of the other side.

    Whatever comes from elsewhere may be read-only, which implicit refuses: it is copied first.

    Parameters
    ----------
    rows : sparse matrix, shape (n_rows, n_others), float32
    own : float32, shape (n_rows, n_factors)
        Where conjugate gradients start.
    keep : bool
        True leaves ``own`` as it is, for a task that may have to be done again; False solves in its place.
    other : list of float32, shape (n, n_factors)
        The whole other side, in blocks.
    """
    rows = sparse.csr_matrix((_writable(rows.data), _writable(rows.indices), _writable(rows.indptr)), shape=rows.shape)
    solved: Float32 = own.copy() if keep else _writable(own)
    others = _writable(other[0] if len(other) == 1 else np.concatenate(other))
    with threadpool_limits(1, "blas"):  # under implicit's own threads others cost up to ten times the time
        AlternatingLeastSquares(factors=own.shape[1], num_threads=threads).solver(
            rows, solved, others, regularisation, num_threads=threads
        )
    return solved


def _writable(array: Any) -> Any:
    # What came over a wire may also begin anywhere, and sums come out otherwise in the last bit: ALS makes much of that.
    return np.require(array, requirements=["C_CONTIGUOUS", "ALIGNED", "WRITEABLE"])


def blocks(indptr: Int64, factors: int, count: int) -> list[int]:
    """Where to cut rows so that each block is about the same work: a row costs a square of the factors, and each stamp a line.

    A stamp reads its line from far away, which takes about four times as long as its share of the sums alone.

    Returns
    -------
    list of int
        From 0 to the number of rows, ascending; fewer than ``count`` blocks where there are fewer rows.
    """
    n_rows = len(indptr) - 1
    work = indptr[1:].astype(np.float64) * 8 + np.arange(1, n_rows + 1) * float(factors)
    cuts = np.searchsorted(work, work[-1] * np.arange(1, count) / count) if n_rows else np.empty(0, dtype=np.int64)
    return sorted({0, *cuts.tolist(), n_rows})
