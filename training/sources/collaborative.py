"""What visits say of visits: matrix factorisation and the co-visit graph."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import linalg, sparse
from sklearn.utils.extmath import randomized_svd

from recommender.city import Bool, Float32, Float64
from recommender.errors import LeerlijnError
from recommender.likeness import strongest
from recommender.model import Factors, Neighbours, moments_of
from training.config import Als, Graph
from training.scale.als import alternate
from training.scale.engine import Engine, Threads
from training.sources.ease import fit_ease
from training.sources.stacking import stack

SHARE_OF_ACTIVITIES = 4
"""Factors are at most a quarter of the activities: more only learn the stamps by heart."""

_BLOCK = 512
LARGEST_AT_ONCE = 300_000
"""With more learners than this the singular vectors are found over blocks of them: nothing is as long as the learners are many."""
_LEARNERS = 20_000
_OVERSAMPLES, _ROUNDS = 10, 4
_LEVEL = 1e-4
"""Singular values that differ by less than this share, and values below it, are level."""


def fit_als(
    matrix: sparse.csr_array, settings: Als, seed: int, threads: int, engine: Engine | None = None
) -> tuple[Float32, Float64]:
    """Implicit-feedback ALS (Hu, Koren & Volinsky 2008, doi:10.1109/ICDM.2008.22).

    Parameters
    ----------
    engine : Engine or None
        Where blocks of rows are solved; None: here, with so many threads. The factors are the same, bit by bit.

    Returns
    -------
    factors : float32, shape (n_activities, n_factors)
        Rows of activities never visited are 0.
    inverse : float64, shape (n_factors, n_factors)
        Inverse of their Gram matrix plus regularisation, for folding a learner in.
    """
    visited = np.asarray(matrix.sum(axis=0)).ravel() > 0
    width = max(1, min(settings.factors, int(visited.sum()) // SHARE_OF_ACTIVITIES))
    factors = np.zeros((matrix.shape[1], width), dtype=np.float32)
    if visited.any():
        damped = _damped(_of_activities(matrix, visited), settings.damping)
        damped.data *= np.float32(settings.alpha)
        factors[visited] = alternate(
            damped, width, settings.regularisation, settings.iterations, seed, engine or Threads(threads)
        )
        if not np.isfinite(factors).all():
            raise LeerlijnError("als: the factors are no numbers; lower als.alpha, or raise als.regularisation")
    gram = factors.T.astype(np.float64) @ factors
    inverse: Float64 = np.asarray(np.linalg.inv(gram + settings.regularisation * np.eye(width)), dtype=np.float64)
    return factors, inverse


def _of_activities(matrix: sparse.csr_array, wanted: Bool) -> sparse.csr_array:
    """Some columns, with values of their own."""
    if not wanted.all():
        return matrix[:, wanted]
    return sparse.csr_array((matrix.data.copy(), matrix.indices, matrix.indptr), shape=matrix.shape)


def _damped(matrix: sparse.csr_array, damping: float) -> sparse.csr_matrix:
    """The stamps, each weighing less the more visits its activity has had; their mean weight stays what it was.

    Written over the matrix itself, which may be large.
    """
    damped = sparse.csr_matrix(matrix, dtype=np.float32)
    usual = damped.data.mean(dtype=np.float64)
    by_activity = np.power(np.asarray(matrix.sum(axis=0)).ravel(), -damping).astype(np.float32)
    damped.data *= by_activity[damped.indices]
    damped.data *= np.float32(usual / damped.data.mean(dtype=np.float64))
    return damped


def fit_graph(
    matrix: sparse.csr_array, settings: Graph, seed: int, threads: int = 1
) -> tuple[Neighbours, Factors, Float32]:
    """GF-CF, a graph filter on co-visits (Shen et al. 2021, doi:10.1145/3459637.3482264), closed form; of its linear part
    EASE takes the place where there are few enough learners or activities for it.

    Returns
    -------
    near : Neighbours
        EASE's weights or the normalised co-visit matrix, the strongest ``settings.neighbours`` kept per stamped activity.
    low_pass : Factors
        Right singular vectors of the normalised stamps times the root of the degree; a column of 0 for a vector
        that is level with the first one left out.
    degree : float32, shape (n_activities,)
    """
    per_learner = np.asarray(matrix.sum(axis=1)).ravel()
    degree = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
    normalised = _normalised(matrix, _inverse_root(per_learner), _inverse_root(degree))
    rank = min(settings.rank, int((degree > 0).sum()) // SHARE_OF_ACTIVITIES, min(matrix.shape) - 1)
    vectors = np.zeros((matrix.shape[1], max(rank, 1)), dtype=np.float32)
    if rank >= 1:
        if matrix.shape[0] > LARGEST_AT_ONCE:
            values, rows_of = right_singular(normalised, rank + 1, seed, threads)
        else:
            _, values, rows_of = randomized_svd(normalised, rank + 1, random_state=seed, n_iter=_ROUNDS)
        # Of vectors level with the first one left out, rounding alone would choose: as in ``strongest``, none stays.
        stays = values[:rank] > values[rank] * (1 + _LEVEL) + _LEVEL
        vectors[:, stays] = rows_of[:rank][stays].T
    factors = vectors * np.sqrt(degree)[:, None]
    if min(matrix.shape[0], int((degree > 0).sum())) <= settings.ease_limit:
        near = fit_ease(matrix, settings.ease, settings.neighbours)
    else:
        near = _co_visits(normalised, settings.neighbours)
    return Neighbours(near), Factors(factors, moments_of(factors[degree > 0])), degree


def _normalised(matrix: sparse.csr_array, by_learner: Float32, by_activity: Float32) -> sparse.csr_array:
    """Every entry times what belongs to its row and its column; the places of the entries are shared with the matrix."""
    if matrix.shape[0] <= LARGEST_AT_ONCE:
        return sparse.csr_array(
            sparse.diags_array(by_learner) @ matrix @ sparse.diags_array(by_activity), dtype=np.float32
        )
    data = matrix.data * by_activity[matrix.indices]
    for start in range(0, matrix.shape[0], _LEARNERS):
        rows = slice(matrix.indptr[start], matrix.indptr[min(start + _LEARNERS, matrix.shape[0])])
        data[rows] *= np.repeat(
            by_learner[start : start + _LEARNERS], np.diff(matrix.indptr[start : start + _LEARNERS + 1])
        )
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def right_singular(matrix: sparse.csr_array, count: int, seed: int, threads: int) -> tuple[Float32, Float32]:
    """Largest singular values and their right vectors, by subspace iteration (Halko, Martinsson & Tropp 2011,
    doi:10.1137/090771806) on the activities' side: what is kept is as large as activities times vectors.

    The same for any number of threads: blocks of learners are summed in their order.

    Returns
    -------
    values : float32, shape (count,)
        Descending.
    vectors : float32, shape (count, n_activities)
    """
    rng = np.random.default_rng(seed)
    width = min(count + _OVERSAMPLES, matrix.shape[1])
    basis = rng.standard_normal((matrix.shape[1], width), dtype=np.float32)
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_ROUNDS + 1):
            basis, _ = linalg.qr(
                _gram_times(matrix, basis, pool, threads), mode="economic", overwrite_a=True, check_finite=False
            )
        squares, turn = np.linalg.eigh(basis.T @ _gram_times(matrix, basis, pool, threads))
    best = np.argsort(-squares, kind="stable")[:count]
    values: Float32 = np.sqrt(np.maximum(squares[best], 0)).astype(np.float32)
    return values, np.ascontiguousarray((basis @ turn[:, best]).T, dtype=np.float32)


def _gram_times(matrix: sparse.csr_array, columns: Float32, pool: ThreadPoolExecutor, threads: int) -> Float32:
    """``matrix.T @ matrix @ columns``, learners block by block."""

    def of(start: int) -> Float32:
        block = matrix[start : start + _LEARNERS]
        part: Float32 = block.T @ (block @ columns)
        return part

    total = np.zeros_like(columns)
    starts = list(range(0, matrix.shape[0], _LEARNERS))
    for first in range(0, len(starts), threads):  # no more of them in memory than there are threads
        for part in pool.map(of, starts[first : first + threads]):
            total += part
    return total


def _co_visits(normalised: sparse.csr_array, neighbours: int) -> sparse.csr_array:
    by_activity = sparse.csr_array(normalised.T)
    rows = [
        strongest(sparse.csr_array(by_activity[start : start + _BLOCK] @ normalised), neighbours)
        for start in range(0, normalised.shape[1], _BLOCK)
    ]
    return stack(rows, normalised.shape[1])


def _inverse_root(values: Float32) -> Float32:
    inverse: Float32 = np.where(values > 0, 1 / np.sqrt(np.maximum(values, 1e-12)), 0).astype(np.float32)
    return inverse
