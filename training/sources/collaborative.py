"""What visits say of visits: matrix factorisation and the co-visit graph."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from recommender.city import Float32, Float64
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
        damped = _damped(matrix[:, visited], settings.damping)
        damped.data *= np.float32(settings.alpha)
        factors[visited] = alternate(
            damped, width, settings.regularisation, settings.iterations, seed, engine or Threads(threads)
        )
        if not np.isfinite(factors).all():
            raise LeerlijnError("als: the factors are no numbers; lower als.alpha, or raise als.regularisation")
    gram = factors.T.astype(np.float64) @ factors
    inverse: Float64 = np.asarray(np.linalg.inv(gram + settings.regularisation * np.eye(width)), dtype=np.float64)
    return factors, inverse


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


def fit_graph(matrix: sparse.csr_array, settings: Graph, seed: int) -> tuple[Neighbours, Factors, Float32]:
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
    normalised = sparse.csr_array(
        sparse.diags_array(_inverse_root(per_learner)) @ matrix @ sparse.diags_array(_inverse_root(degree)),
        dtype=np.float32,
    )
    rank = min(settings.rank, int((degree > 0).sum()) // SHARE_OF_ACTIVITIES, min(matrix.shape) - 1)
    vectors = np.zeros((matrix.shape[1], max(rank, 1)), dtype=np.float32)
    if rank >= 1:
        _, values, rows_of = randomized_svd(normalised, rank + 1, random_state=seed, n_iter=4)
        # Of vectors level with the first one left out, rounding alone would choose: as in ``strongest``, none stays.
        stays = values[:rank] > values[rank] * (1 + _LEVEL) + _LEVEL
        vectors[:, stays] = rows_of[:rank][stays].T
    factors = vectors * np.sqrt(degree)[:, None]
    if min(matrix.shape[0], int((degree > 0).sum())) <= settings.ease_limit:
        near = fit_ease(matrix, settings.ease, settings.neighbours)
    else:
        near = _co_visits(normalised, settings.neighbours)
    return Neighbours(near), Factors(factors, moments_of(factors[degree > 0])), degree


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
