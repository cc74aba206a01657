"""Which stamp and which theme speak loudest for each activity of a list, and which parts of its score are worth saying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ahead import fetch
from recommender.city import UNKNOWN, Bool, Float32, Float64, Int32, Int64
from recommender.product import compiled

_LINE = 16
"""Neighbours that the memory hands over at a time."""


@compiled
def strongest_stamps(
    stamped: Int32,
    weights: Float32,
    first: NDArray[np.integer],
    near: NDArray[np.integer],
    closeness: Float32,
    place: NDArray[np.integer],
    n: int,
) -> Int64:
    """For each of ``n`` activities, the stamp that speaks for it most by its neighbours, of equal ones the first.

    Parameters
    ----------
    stamped, weights : shape (n_stamped,)
    first, near, closeness
        A sparse matrix, whose row s holds what a stamp at s adds: ``closeness[first[s]:first[s + 1]]`` in the columns
        ``near[...]``.
    place : shape (n_activities,)
        Which of the activities each row is, counted from 1; 0 for none.

    Returns
    -------
    int64, shape (n,)
        ``UNKNOWN`` where no stamp does.
    """
    most, found = np.zeros(n, dtype=np.float32), np.full(n, UNKNOWN, dtype=np.int64)
    for one in range(len(stamped)):
        begin, end = np.int64(first[stamped[one]]), np.int64(first[stamped[one] + 1])
        ahead = np.int64(first[stamped[one + 1]]) - begin if one + 1 < len(stamped) else 0
        whole = end - (end - begin) % _LINE
        for line in range(begin, whole, _LINE):
            fetch(near, line + ahead)
            some = False
            for k in range(_LINE):  # hardly ever one of them
                some |= place[near[line + k]] != 0
            if some:
                _louder(line, line + _LINE, stamped[one], weights[one], near, closeness, place, most, found)
        _louder(whole, end, stamped[one], weights[one], near, closeness, place, most, found)
    return found


@compiled
def _louder(
    begin: int | np.int64, end: int | np.int64, stamp: np.int32, weight: np.float32, near: NDArray[np.integer], closeness: Float32,
    place: NDArray[np.integer], most: Float32, found: Int64,
) -> None:  # fmt: skip
    for entry in range(begin, end):
        at = place[near[entry]]
        if at:
            says = weight * closeness[entry]
            if says > most[at - 1]:
                most[at - 1], found[at - 1] = says, stamp


@compiled
def strongest_themes(
    activities: Int32, first: NDArray[np.integer], theme: NDArray[np.integer], share: Float32, loudness: Float64
) -> Int64:
    """For each activity, the theme whose share times its loudness is largest, of equal ones the first.

    Parameters
    ----------
    first, theme, share
        Themes of every activity, as a sparse matrix.
    loudness : float64, shape (n_themes,)

    Returns
    -------
    int64, shape (len(activities),)
        ``UNKNOWN`` where all are 0.
    """
    found = np.full(len(activities), UNKNOWN, dtype=np.int64)
    for one in range(len(activities)):
        most = 0.0
        for entry in range(first[activities[one]], first[activities[one] + 1]):
            says = share[entry] * loudness[theme[entry]]
            if says > most or (says == most and says > 0 and theme[entry] < found[one]):
                most, found[one] = says, theme[entry]
    return found


@compiled
def strongest_parts(
    values: Float64, part: Int64, more: Int64, silent: Bool, most: int, least: float
) -> tuple[Float64, Int64]:
    """What each reason gains for each activity, and which are given: those that gain most, of equal ones the first.

    Parameters
    ----------
    values : float64, shape (n, n_parts)
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
            gain = values[one, part[code]] + (values[one, more[code]] if more[code] != UNKNOWN else 0.0)
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
