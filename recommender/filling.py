"""Filling a list one by one from a pool: each time with what adds most to what stands there already."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from recommender.city import Bool, Float32, Float64, Int32, Int64
from recommender.product import compiled

SMOOTH = 0.01
"""Share of a learner's own mix that is blended into a list's, so that no theme is infinitely missed."""
ROUNDING = 1e-9
"""Gains that differ by less are reckoned in full."""


@compiled
def narrow_shares(
    activities: Int32, first: NDArray[np.integer], theme: NDArray[np.integer], share: Float32, broad: Bool
) -> tuple[Int64, Float64]:
    """Shares of the narrowest themes alone, each row summing to 1; a row that has none stays as it was.

    Who has been to one concert knows "culture" by then; theatre is new all the same.

    Parameters
    ----------
    broad : bool, shape (n_themes,)
        Themes that have narrower ones.

    Returns
    -------
    begins : int64, shape (n + 1,)
    shares : float64
        Of row i: ``shares[begins[i]:begins[i + 1]]``, for the same themes in the same order.
    """
    begins = np.zeros(len(activities) + 1, dtype=np.int64)
    for one in range(len(activities)):
        begins[one + 1] = begins[one] + first[activities[one] + 1] - first[activities[one]]
    shares = np.empty(begins[-1])
    for one in range(len(activities)):
        whole, start = np.float64(0), first[activities[one]]
        n = begins[one + 1] - begins[one]
        for entry in range(start, start + n):
            if not broad[theme[entry]]:
                whole += np.float64(share[entry])
        for k in range(n):
            own = np.float64(share[start + k])
            if whole > 0:
                own = np.float64(0) if broad[theme[start + k]] else own / whole
            shares[begins[one] + k] = own
    return begins, shares


@compiled
def share_of(
    chosen: Int64,
    activities: Int32,
    first: NDArray[np.integer],
    theme: NDArray[np.integer],
    begins: Int64,
    shares: Float64,
    among: Bool,
) -> Float64:
    """How much of each of some places in the pool is about some themes, by ``narrow_shares``. Shape (len(chosen),)."""
    out = np.zeros(len(chosen))
    for place in range(len(chosen)):
        one = chosen[place]
        for k in range(begins[one + 1] - begins[one]):
            if among[theme[first[activities[one]] + k]]:
                out[place] += shares[begins[one] + k]
    return out


@compiled
def filled(
    activities: Int32, first: NDArray[np.integer], theme: NDArray[np.integer], share: Float32,
    begins: Int64, narrow: Float64, fits: Float64, novelty: Float64, mix: Float64,
    again: float, wonder: float, once: float, calibrate: float, places: int,
) -> Int64:  # fmt: skip
    """Places in the pool, in the order in which they were chosen; of equal ones the first.

    Each time what adds most: its fit, less ``again`` for themes that are on the list, and ``wonder`` for what is new
    there, which fades by ``once`` with every taste, less ``calibrate`` for each nat between the list's themes and the
    learner's own ``mix``.

    Parameters
    ----------
    activities : int32, shape (n,)
        Rows of the pool in the sparse matrix of theme shares, ``first``, ``theme``, ``share``.
    begins, narrow
        See ``narrow_shares``.
    fits : float64, shape (n,)
    novelty, mix : float64, shape (n_themes,)
    """
    n, width = len(activities), len(mix)
    chosen = np.empty(min(places, n), dtype=np.int64)
    # But for the mix, what somebody gains by an activity only falls as the list grows.
    before = np.full(n, math.inf)
    free = np.ones(n, dtype=np.bool_)
    so_far, still_new, usual, absent = np.zeros(width), np.zeros(width), np.zeros(width), np.zeros(width)
    # However much of a theme an activity holds, it helps the mix no more than the most that one of the pool holds.
    most_of, helps, most_help = np.zeros(width), np.zeros(width), 0.0
    for one in range(n):
        for entry in range(first[activities[one]], first[activities[one] + 1]):
            most_of[theme[entry]] = max(most_of[theme[entry]], np.float64(share[entry]))
    for t in range(width):
        if wonder > 0:
            still_new[t] = novelty[t] * math.exp(-once * so_far[t])
        if calibrate > 0 and mix[t] > 0:
            absent[t] = _missed(mix[t], 0.0)
    for turn in range(len(chosen)):
        common, share_of_list = 0.0, 1 / (turn + 1)
        if calibrate > 0:
            for t in range(width):
                if mix[t] > 0:
                    usual[t] = _missed(mix[t], so_far[t] * share_of_list) if so_far[t] > 0 else absent[t]
                    common += usual[t]
        # What a theme helps only falls as the list grows too, so it need not be reckoned anew each time.
        if calibrate > 0 and turn & (turn - 1) == 0:
            most_help = 0.0
            for t in range(width):
                if mix[t] > 0 and most_of[t] > 0:
                    helps[t] = usual[t] - _missed(mix[t], (so_far[t] + most_of[t]) * share_of_list)
                    most_help = max(most_help, helps[t])
        most, best = -math.inf, -1
        for one in range(n):
            if not free[one]:
                continue
            length = begins[one + 1] - begins[one]
            if before[one] - calibrate * (common - length * most_help) < most - ROUNDING:
                continue
            gain, repeats, finds, distance, at_least = fits[one], 0.0, 0.0, common, common
            start = first[activities[one]]
            for k in range(length):
                t, own = theme[start + k], np.float64(share[start + k])
                repeats += own * so_far[t]
                finds += narrow[begins[one] + k] * still_new[t]
                at_least -= helps[t]
            gain = before[one] = gain - again * repeats + wonder * finds
            if calibrate > 0:
                if gain - calibrate * at_least < most - ROUNDING:
                    continue
                for k in range(length):
                    t = theme[start + k]
                    if mix[t] > 0:
                        there = (so_far[t] + np.float64(share[start + k])) * share_of_list
                        distance += _missed(mix[t], there) - usual[t]
                gain -= calibrate * distance
            if gain > most:
                most, best = gain, one
        free[best] = False
        chosen[turn] = best
        start = first[activities[best]]
        for entry in range(start, first[activities[best] + 1]):
            t = theme[entry]
            so_far[t] += np.float64(share[entry])
            if wonder > 0:
                still_new[t] = novelty[t] * math.exp(-once * so_far[t])
    return chosen


@compiled
def _missed(wanted: float, there: float) -> float:
    """One theme's part of the Kullback–Leibler divergence of a list's themes from a mix."""
    return wanted * math.log(wanted / ((1 - SMOOTH) * there + SMOOTH * wanted))
