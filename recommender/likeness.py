"""How much activities resemble each other, judged by their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.city import UNKNOWN, Bool, Float32, Int32, Int64
from recommender.product import compiled, unsigned

_BLOCK = 256
"""Candidates that are compared one after another before what was found is put away."""


def likeness(
    candidates: sparse.csr_array,
    activities: sparse.csr_array,
    stamped: Bool,
    neighbours: int,
    own: Int32 | None = None,
    scale: Float32 | None = None,
    share_out: Callable[..., Iterable[Any]] = map,
) -> tuple[sparse.csr_array, Float32]:
    """Which stamped activities each candidate resembles most.

    Each candidate keeps its nearest neighbours by squared cosine, divided by the root of the sum over all
    of them. Without that division a candidate with a short, common description resembles everything a
    little and ends up on every list (hubness: Radovanović, Nanopoulos & Ivanović, JMLR 11, 2010).

    In memory are, beside what goes in and comes out, the transpose of the stamped activities and one number for each of them
    and each block that is under way.

    Parameters
    ----------
    candidates : sparse array, shape (n_candidates, n_features), float32
        Rows of length 1 or 0.
    activities : sparse array, shape (n_activities, n_features), float32
    stamped : bool, shape (n_activities,)
        Those that can stand in somebody's passport; only they are neighbours.
    neighbours : int
        Kept per candidate.
    own : int32, shape (n_candidates,), optional
        Row of each candidate among the activities: an activity does not resemble itself.
    scale : float32, shape (n_candidates,), optional
        Divisors found earlier, over more activities than these.
    share_out : callable
        As ``map``, which goes by one block after another; that of a pool of threads gives the same.

    Returns
    -------
    weights : sparse array, shape (n_activities, n_candidates), float32
        Entry (s, i): what a stamp at s adds to candidate i.
    scale : float32, shape (n_candidates,)
        The divisor of each candidate; 1 where it resembles nothing.
    """
    n = candidates.shape[0]
    pool = np.flatnonzero(stamped).astype(np.int32)
    column = np.full(activities.shape[0], UNKNOWN, dtype=np.int32)
    column[pool] = np.arange(len(pool), dtype=np.int32)
    itself = np.full(n, UNKNOWN, dtype=np.int32) if own is None else column[own]
    divisor = np.zeros(n, dtype=np.float32) if scale is None else scale
    described, across = _plain(candidates), _plain(sparse.csr_array(activities[pool].T))
    most = min(neighbours, len(pool))

    def compared(low: int) -> tuple[Int64, Int32, Float32]:
        high = min(low + _BLOCK, n)
        counts = np.zeros(high - low, dtype=np.int64)
        near = np.empty((high - low) * most, dtype=np.int32)
        weights = np.empty(len(near), dtype=np.float32)
        _nearest(low, *described, *across, itself, divisor, scale is None, pool, most, counts, near, weights)
        return counts, near[: counts.sum()].copy(), weights[: counts.sum()].copy()

    found = list(share_out(compared, range(0, n, _BLOCK)))
    if not found:
        return sparse.csr_array((activities.shape[0], 0), dtype=np.float32), divisor
    counts, near, weights = (np.concatenate(parts) for parts in zip(*found, strict=True))
    del found
    # Row by candidate, which is column by column of what was asked for.
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32 if len(near) < 2**31 else np.int64)
    by_candidate = sparse.csc_array((weights, near, first), shape=(activities.shape[0], n))
    return sparse.csr_array(by_candidate), divisor


def _plain(matrix: sparse.csr_array) -> tuple[Int64, NDArray[np.unsignedinteger], Float32]:
    """A sparse matrix in the one form that is compiled for."""
    return matrix.indptr.astype(np.int64), unsigned(matrix.indices.astype(np.int32, copy=False)), matrix.data


@compiled
def _nearest(
    low: int,
    candidate: Int64,
    feature: NDArray[np.unsignedinteger],
    value: Float32,
    first: Int64,
    place: NDArray[np.unsignedinteger],
    across: Float32,
    itself: Int32,
    divisor: Float32,
    unscaled: bool,
    pool: Int32,
    most: int,
    counts: Int64,
    near: Int32,
    weights: Float32,
) -> None:
    """Fill in the neighbours of ``len(counts)`` candidates from row ``low`` on, and their divisors where ``unscaled``."""
    sums, filled = np.empty(len(pool), dtype=np.float32), 0
    largest = np.empty(most + 1, dtype=np.float32)
    for row in range(low, low + len(counts)):
        sums[:] = 0
        for entry in range(candidate[row], candidate[row + 1]):
            share = value[entry]
            for other in range(first[feature[entry]], first[feature[entry] + 1]):
                sums[place[other]] += share * across[other]
        if itself[row] >= 0:
            sums[itself[row]] = 0
        total = 0.0
        for one in range(len(sums)):
            sums[one] *= sums[one]
            total += np.float64(sums[one])
        if unscaled:
            divisor[row] = np.sqrt(total) if total > 0 else 1.0
        inverse = np.float32(1) / divisor[row]
        largest[:] = 0
        for one in range(len(sums)):
            sums[one] *= inverse
            if sums[one] > largest[0]:
                _replace_least(largest, sums[one])
        # The first one left out, or 0: what is level with it is left out too, as in ``strongest``.
        least = largest[0]
        before = filled
        for one in range(len(sums)):
            if sums[one] > least:
                near[filled], weights[filled] = pool[one], sums[one]
                filled += 1
        counts[row - low] = filled - before


@compiled
def _replace_least(heap: Float32, value: float) -> None:
    """Take the least out of a heap, which stands first, and put a larger value in (Williams 1964, "Algorithm 232: Heapsort")."""
    place = 0
    while 2 * place + 1 < len(heap):
        child = 2 * place + 1
        if child + 1 < len(heap) and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = value


def strongest(values: sparse.csr_array, most: int) -> sparse.csr_array:
    """The largest entries of every row; at most ``most`` of them.

    Entries level with the first one left out are left out too: where hundreds of activities are equally
    near, none of them says anything.

    Parameters
    ----------
    values : sparse array, shape (n_rows, n_columns), not negative
        Changed in place.
    """
    lengths = np.diff(values.indptr)
    for row in np.flatnonzero(lengths > most):
        entries = values.data[values.indptr[row] : values.indptr[row + 1]]
        entries[entries <= -np.partition(-entries, most)[most]] = 0
    values.eliminate_zeros()
    return values
