"""Sums of products in one fixed order: a learner's scores are the same to the last bit, alone and in any block.

BLAS shares a product out by its shape and by the number of threads, so the last bits of a score would depend on who
else is scored at the same time. Here every sum runs in an order that depends on its own length alone. Nothing is
compiled at import; numba compiles on first use and keeps the result on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recommender.ahead import DISTANCE, fetch
from recommender.city import Bool, Float32, Float64, Int32

_Function = TypeVar("_Function", bound=Callable[..., object])

LANES = 16
"""Every product over factors is 16 sums side by side, of each sixteenth factor, added up at the end: what one vector
register holds, so that neither way of computing it below has to wait for the sum before."""
TILE = 64
"""Activities whose factors are turned around at a time."""
FEW = 3
"""Up to so many learners each factor is read anew, for more it is turned around first; the sums are the same."""


def compiled(function: _Function) -> _Function:
    """Compile for the machine on first use; without fast maths, so that no sum is reordered."""
    return cast(_Function, njit(cache=True, nogil=True)(function))


def products(vectors: Float32, activities: Float32, rows: Int32) -> Float32:
    """``vectors @ activities[rows].T``, each entry by itself.

    Parameters
    ----------
    vectors : float32, shape (n_learners, n_factors)
    activities : float32, shape (n_activities, n_factors)
    rows : int32, shape (n_rows,)

    Returns
    -------
    float32, shape (n_learners, n_rows)
        0 where there are no factors.
    """
    out = np.empty((len(vectors), len(rows)), dtype=np.float32)
    multiply(np.ascontiguousarray(vectors), np.ascontiguousarray(activities), rows, out)
    return out


@compiled
def multiply(vectors: Float32, activities: Float32, rows: Int32, out: Float32) -> None:
    """Fill ``out`` with ``products``."""
    if len(vectors) <= FEW:
        _one_by_one(vectors, activities, rows, out)
    else:
        _by_tile(vectors, activities, rows, out)


@compiled
def _one_by_one(vectors: Float32, activities: Float32, rows: Int32, out: Float32) -> None:
    width = vectors.shape[1]
    whole = width - width % LANES
    lane = np.empty(LANES, dtype=np.float32)
    flat = activities.reshape(activities.size)
    for place in range(len(rows)):
        if place + DISTANCE < len(rows):
            begin = np.int64(rows[place + DISTANCE]) * width
            for f in range(0, width, LANES):
                fetch(flat, begin + f)
        row = activities[rows[place]]
        for learner in range(len(vectors)):
            vector = vectors[learner]
            for k in range(LANES):
                lane[k] = 0
            for f in range(0, whole, LANES):
                for k in range(LANES):
                    lane[k] += vector[f + k] * row[f + k]
            for k in range(width - whole):
                lane[k] += vector[whole + k] * row[whole + k]
            total = np.float32(0)
            for k in range(LANES):
                total += lane[k]
            out[learner, place] = total


@compiled
def _by_tile(vectors: Float32, activities: Float32, rows: Int32, out: Float32) -> None:
    """The same sums, many activities side by side: one lane after the other, each from its first factor to its last."""
    n, width = vectors.shape
    tile = np.zeros((width // LANES + 1, TILE), dtype=np.float32)
    totals = np.empty((n, TILE), dtype=np.float32)
    lane = np.empty(TILE, dtype=np.float32)
    for start in range(0, len(rows), TILE):
        there = min(TILE, len(rows) - start)
        totals[:] = 0
        for k in range(LANES):
            deep = (width - k + LANES - 1) // LANES
            for d in range(deep):
                for j in range(there):
                    tile[d, j] = activities[rows[start + j], k + d * LANES]
            for learner in range(n):
                own = vectors[learner, k::LANES]
                for j in range(TILE):
                    lane[j] = 0
                whole = deep - deep % 8
                for d in range(0, whole, 8):
                    t = tile[d : d + 8]
                    a, b, c, e = own[d], own[d + 1], own[d + 2], own[d + 3]
                    p, q, r, s = own[d + 4], own[d + 5], own[d + 6], own[d + 7]
                    for j in range(TILE):
                        upper = (((lane[j] + a * t[0, j]) + b * t[1, j]) + c * t[2, j]) + e * t[3, j]
                        lane[j] = (((upper + p * t[4, j]) + q * t[5, j]) + r * t[6, j]) + s * t[7, j]
                for d in range(whole, deep):
                    for j in range(TILE):
                        lane[j] += own[d] * tile[d, j]
                for j in range(TILE):
                    totals[learner, j] += lane[j]
        for learner in range(n):
            for j in range(there):
                out[learner, start + j] = totals[learner, j]


@compiled
def along(vector: Float64, mean: Float64, covariance: Float64) -> tuple[float, float]:
    """``mean @ vector`` and ``vector @ covariance @ vector``. Shapes (n,), (n,) and (n, n)."""
    n, first, second = len(vector), 0.0, 0.0
    turned = np.zeros(n)
    for inner in range(n):
        first += vector[inner] * mean[inner]
        for column in range(n):
            turned[column] += vector[inner] * covariance[inner, column]
    for column in range(n):
        second += turned[column] * vector[column]
    return first, second


@compiled
def spread_of(values: Float32) -> float:
    """Standard deviation of some values; 0 for none."""
    n, sums = len(values), np.zeros(LANES)
    if n == 0:
        return 0.0
    for place in range(n):
        sums[place % LANES] += np.float64(values[place])
    mean = sums.sum() / n
    sums[:] = 0
    for place in range(n):
        off = np.float64(values[place]) - mean
        sums[place % LANES] += off * off
    return float(np.sqrt(sums.sum() / n))


def unsigned(indices: NDArray[np.integer]) -> NDArray[np.unsignedinteger]:
    """The same indices, none of them below 0: compiled code then need not ask whether one counts from the end."""
    return indices.view(np.uint32 if indices.itemsize == 4 else np.uint64)


@compiled
def row_totals(
    rows: Int32,
    weights: Float64,
    first: NDArray[np.integer],
    columns: NDArray[np.integer],
    values: Float32,
    out: Float64,
) -> None:
    """Add some rows of a sparse matrix, each times its weight, to ``out``: row i holds ``first[i]:first[i + 1]``."""
    for one in range(len(rows)):
        for place in range(first[rows[one]], first[rows[one] + 1]):
            out[columns[place]] += weights[one] * values[place]


@compiled
def add_rows(rows: Int32, weights: Float64, matrix: Float32, out: Float64) -> None:
    """Add some rows of a dense matrix, each times its weight, to ``out``."""
    flat, width = matrix.reshape(matrix.size), matrix.shape[1]
    for one in range(len(rows)):
        if one + DISTANCE < len(rows):
            for f in range(0, width, LANES):
                fetch(flat, np.int64(rows[one + DISTANCE]) * width + f)
        for f in range(width):
            out[f] += weights[one] * matrix[rows[one], f]


@compiled
def pick_rows(rows: Int32, which: Bool, one: Float32, other: Float32, out: Float64) -> None:
    """``one[rows]`` where ``which[rows]``, ``other[rows]`` elsewhere. Shapes (n, width), equal for all three."""
    flat, flat_other, width = one.reshape(one.size), other.reshape(other.size), one.shape[1]
    for place in range(len(rows)):
        if place + DISTANCE < len(rows):
            begin = np.int64(rows[place + DISTANCE]) * width
            chosen = which[rows[place + DISTANCE]]
            for f in range(0, width, LANES):
                if chosen:
                    fetch(flat, begin + f)
                else:
                    fetch(flat_other, begin + f)
        row = rows[place]
        for f in range(width):
            out[place, f] = one[row, f] if which[row] else other[row, f]
