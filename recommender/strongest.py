"""Which stamp and which theme speak loudest for each activity of a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.city import UNKNOWN, Bool, Float32, Float64, Int32, Int64
from recommender.product import compiled, unsigned

_FEW = 255
"""Up to so many activities are told apart in one byte."""


def strongest_stamps(
    stamped: Int32, weights: Float32, matrices: Sequence[sparse.csr_array], activities: Int32
) -> Int32:
    """For each activity, the stamp that speaks for it most by its neighbours, of equal ones the first.

    Parameters
    ----------
    stamped, weights : shape (n_stamped,)
    matrices : sequence of sparse arrays, each of shape (n_activities, n_activities)
        Row s holds what a stamp at s adds.

    Returns
    -------
    int32, shape (len(matrices), len(activities))
        ``UNKNOWN`` where no stamp does.
    """
    found = np.full((len(matrices), len(activities)), UNKNOWN, dtype=np.int32)
    if len(stamped):
        place = np.zeros(matrices[0].shape[1], dtype=np.uint8 if len(activities) <= _FEW else np.int32)
        place[activities] = np.arange(1, len(activities) + 1)
        for matrix, speaks in zip(matrices, found, strict=True):
            _strongest_stamps(stamped, weights, matrix.indptr, unsigned(matrix.indices), matrix.data, place, speaks)
    return found


@compiled
def _strongest_stamps(
    stamped: Int32,
    weights: Float32,
    first: NDArray[np.integer],
    near: NDArray[np.integer],
    closeness: Float32,
    place: NDArray[np.integer],
    found: Int32,
) -> None:
    most = np.zeros(len(found), dtype=np.float32)
    for one in range(len(stamped)):
        for entry in range(first[stamped[one]], first[stamped[one] + 1]):
            at = place[near[entry]]
            if at:
                says = weights[one] * closeness[entry]
                if says > most[at - 1]:
                    most[at - 1], found[at - 1] = says, stamped[one]


def strongest_themes(shares: sparse.csr_array, activities: Int32, loudness: NDArray[np.floating]) -> Int32:
    """For each activity, the theme whose share times its loudness is largest, of equal ones the first.

    Parameters
    ----------
    shares : sparse array, shape (n_activities, n_themes)
    loudness : shape (n_themes,)

    Returns
    -------
    int32, shape (len(activities),)
        ``UNKNOWN`` where all are 0.
    """
    found = np.full(len(activities), UNKNOWN, dtype=np.int32)
    _strongest_themes(activities, shares.indptr, shares.indices, shares.data, loudness.astype(np.float64), found)
    return found


@compiled
def _strongest_themes(
    activities: Int32,
    first: NDArray[np.integer],
    theme: NDArray[np.integer],
    share: Float32,
    loudness: NDArray[np.float64],
    found: Int32,
) -> None:
    for one in range(len(activities)):
        most = 0.0
        for entry in range(first[activities[one]], first[activities[one] + 1]):
            says = share[entry] * loudness[theme[entry]]
            if says > most or (says == most and says > 0 and theme[entry] < found[one]):
                most, found[one] = says, theme[entry]


@compiled
def strongest_parts(
    values: Float64, part: Int64, more: Int64, silent: Bool, most: int, least: float
) -> tuple[Float64, Int64]:
    """What each reason gains for each activity, and which are given: those that gain most, of equal ones the first.

    Parameters
    ----------
    values : float64, shape (n_parts, n)
        What the parts of each score add to it.
    part, more : int64, shape (n_reasons,)
        The part that each reason puts in words, and a second one, ``UNKNOWN`` for none.
    silent : bool, shape (n_reasons, n)
        Where a reason has nothing to name, and gains nothing.
    most, least
        How many are given at most, and what they gain at least.

    Returns
    -------
    gains : float64, shape (n, n_reasons)
    given : int64, shape (n, most)
        Strongest first; ``UNKNOWN`` where there are no more.
    """
    gains, given = np.zeros((silent.shape[1], len(part))), np.full((silent.shape[1], most), UNKNOWN)
    for one in range(silent.shape[1]):
        for code in range(len(part)):
            if silent[code, one]:
                continue
            gain = values[part[code], one] + (values[more[code], one] if more[code] != UNKNOWN else 0.0)
            gains[one, code] = gain
            if gain < least:
                continue
            place = most  # behind what gains as much, before what gains less, which moves down
            while place > 0 and (given[one, place - 1] == UNKNOWN or gains[one, given[one, place - 1]] < gain):
                place -= 1
                if place + 1 < most:
                    given[one, place + 1] = given[one, place]
            if place < most:
                given[one, place] = code
    return gains, given
