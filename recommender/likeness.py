"""How much activities resemble each other, judged by their descriptions."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recommender.city import UNKNOWN, Bool, Float32, Int32

_BLOCK, _CELLS = 512, 4_000_000
"""Candidates that are compared at once, and how many pairs of them and activities at most: products may be dense, and memory is not."""


def likeness(
    candidates: sparse.csr_array,
    activities: sparse.csr_array,
    stamped: Bool,
    neighbours: int,
    own: Int32 | None = None,
    scale: Float32 | None = None,
) -> tuple[sparse.csr_array, Float32]:
    """Which stamped activities each candidate resembles most.

    Each candidate keeps its nearest neighbours by squared cosine, divided by the root of the sum over all
    of them. Without that division a candidate with a short, common description resembles everything a
    little and ends up on every list (hubness: Radovanović, Nanopoulos & Ivanović, JMLR 11, 2010).

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

    Returns
    -------
    weights : sparse array, shape (n_activities, n_candidates), float32
        Entry (s, i): what a stamp at s adds to candidate i.
    scale : float32, shape (n_candidates,)
        The divisor of each candidate; 1 where it resembles nothing.
    """
    pool = np.flatnonzero(stamped).astype(np.int32)
    across = sparse.csr_array(activities[pool].T)
    column = np.full(activities.shape[0], UNKNOWN, dtype=np.int32)
    column[pool] = np.arange(len(pool), dtype=np.int32)
    own_column = np.full(candidates.shape[0], UNKNOWN, dtype=np.int32) if own is None else column[own]
    blocks: list[sparse.csr_array] = []
    scales = [np.empty(0, dtype=np.float32)]
    size = max(1, min(_BLOCK, _CELLS // max(len(pool), 1)))
    for start in range(0, candidates.shape[0], size):
        part = slice(start, start + size)
        squared = _squared_cosines(sparse.csr_array(candidates[part] @ across), own_column[part])
        total = np.asarray(squared.astype(np.float64).sum(axis=1)).ravel()  # whatever the order of the rows
        divisor = np.sqrt(np.where(total > 0, total, 1)).astype(np.float32) if scale is None else scale[part]
        blocks.append(strongest(sparse.csr_array(sparse.diags_array(1 / divisor) @ squared), neighbours))
        scales.append(divisor)
    if not blocks:
        return sparse.csr_array((activities.shape[0], 0), dtype=np.float32), scales[0]
    near = sparse.vstack(blocks, format="csr")
    wide = sparse.csr_array((near.data, pool[near.indices], near.indptr), shape=(near.shape[0], activities.shape[0]))
    return sparse.csr_array(wide.T, dtype=np.float32), np.concatenate(scales)


def _squared_cosines(cosines: sparse.csr_array, own: Int32) -> sparse.csr_array:
    cosines.data **= 2
    cosines.data[cosines.indices == np.repeat(own, np.diff(cosines.indptr))] = 0
    return cosines


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
