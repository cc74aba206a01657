"""EASE, a linear model from what somebody visited to what else they visit, in closed form."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import linalg, sparse

from recommender.city import Float32
from recommender.likeness import strongest
from training.sources.stacking import stack

_BLOCK = 512


def fit_ease(matrix: sparse.csr_array, regularisation: float, neighbours: int) -> sparse.csr_array:
    """The weights of EASE (Steck 2019, doi:10.1145/3308558.3313710) above 0, the strongest kept per stamped activity.

    With X the visits, 0 or 1, and P = (XᵀX + λI)⁻¹, entry (s, i) is -P[s, i] / P[i, i]. Where learners are fewer than
    activities it is had from the smaller matrix: by Woodbury's identity P = (I - Xᵀ(XXᵀ + λI)⁻¹X) / λ.

    Parameters
    ----------
    matrix : sparse array, shape (n_learners, n_activities), float32
        Stamps; any weight above 0 is one visit.
    regularisation : float
        λ, above 0.
    neighbours : int
        At most so many weights of an activity are kept, as ``strongest`` keeps them.

    Returns
    -------
    sparse array, shape (n_activities, n_activities), float32
        What a stamp at s adds to i; rows and columns of activities never visited are empty.
    """
    n = matrix.shape[1]
    visited = np.flatnonzero(np.asarray(matrix.sum(axis=0)).ravel() > 0).astype(np.int32)
    visits = sparse.csr_array(matrix[:, visited], dtype=np.float32)
    visits.eliminate_zeros()
    visits.data[:] = 1
    part = _from_learners if visits.shape[0] < visits.shape[1] else _from_activities
    rows = [strongest(block, neighbours) for block in part(visits, regularisation)]
    near = stack(rows, len(visited)).tocoo()
    return sparse.csr_array(
        sparse.coo_array((near.data, (visited[near.row], visited[near.col])), shape=(n, n)), dtype=np.float32
    )


def _from_activities(visits: sparse.csr_array, regularisation: float) -> Iterator[sparse.csr_array]:
    inverse = _inverse_of_gram(sparse.csr_array(visits.T), regularisation)
    diagonal = np.diag(inverse)
    for start in range(0, len(inverse), _BLOCK):
        yield _positive(-inverse[start : start + _BLOCK] / diagonal, start)


def _from_learners(visits: sparse.csr_array, regularisation: float) -> Iterator[sparse.csr_array]:
    inverse = _inverse_of_gram(visits, regularisation)
    by_activity = sparse.csr_array(visits.T)
    starts = range(0, visits.shape[1], _BLOCK)

    def spread(start: int) -> Float32:
        return np.asarray(by_activity[start : start + _BLOCK] @ inverse, dtype=np.float32)

    own = [1 - by_activity[s : s + _BLOCK].multiply(spread(s)).sum(axis=1) for s in starts]
    diagonal = np.concatenate([np.asarray(block).ravel() for block in own])
    for start in starts:
        yield _positive(np.asarray((by_activity @ spread(start).T).T) / diagonal, start)


def _inverse_of_gram(rows: sparse.csr_array, regularisation: float) -> Float32:
    gram = np.asarray((rows @ rows.T).toarray(), dtype=np.float32)
    gram.flat[:: len(gram) + 1] += np.float32(regularisation)
    inverse: Float32 = linalg.inv(gram, overwrite_a=True, check_finite=False, assume_a="pos")
    return inverse


def _positive(weights: Float32, start: int) -> sparse.csr_array:
    """A block of weights, from row ``start`` on, without those below 0 and an activity's own."""
    rows = np.arange(len(weights))
    weights[rows, start + rows] = 0
    return sparse.csr_array(np.maximum(weights, 0), dtype=np.float32)
