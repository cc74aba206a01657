"""What a budget leaves in whole visits: no cents are left over that no visit could use."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float64, Int32

# Of more different amounts, or more ways to spend a budget, it is taken as it is.
MOST_AMOUNTS, MOST_SPENDINGS = 8, 4000
# Sums of amounts are rounded.
ROUNDING = 1e-9


def shares_of(use: Float64, limit: float, group: Int32) -> Float64:
    """The share of a budget that each visit takes at least: no set of visits within the budget has more than 1 in all.

    Of 12 euros, visits of 8 and of 5 euros take 1 and 1/2, for neither leaves anything that another could use.

    Weights are lifted one after the other: Padberg, "A note on zero-one programming" (10.1287/opre.23.4.833).

    Parameters
    ----------
    use : float64, shape (n,)
        At least 0; above ``limit`` the visit cannot be made, and what it takes says nothing.
    limit : float
    group : int32, shape (n,)
        At most one visit of a group is made.

    Returns
    -------
    float64, shape (n,)
    """
    if limit <= 0.0:
        return np.zeros(len(use))
    plain = use / limit
    amounts, of = np.unique(use, return_inverse=True)
    real = np.flatnonzero((amounts > 0.0) & (amounts <= limit))
    if not 0 < len(real) <= MOST_AMOUNTS:
        return plain
    groups = np.array([len(np.unique(group[of == k])) for k in real])
    spendings = _spendings(amounts[real], limit * (1.0 + ROUNDING), groups)
    if spendings is None:
        return plain
    spent = spendings @ amounts[real]
    whole = np.floor(amounts[real] / amounts[real[0]] * (1.0 + ROUNDING))
    tries = [_lifted(weight, spendings) for weight in (amounts[real] / spent.max(), whole / (spendings @ whole).max())]
    visits = np.bincount(of, minlength=len(amounts))[real]
    weights = amounts / limit
    weights[real] = max(tries, key=lambda weight: float(weight @ visits))
    return weights[of]


def _spendings(amounts: Float64, limit: float, most: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """How often each amount can be spent together, one way a row; None where there are too many ways."""
    ways, left = np.zeros((1, 0), dtype=np.int64), np.array([limit])
    for amount, own in zip(amounts, most, strict=True):
        times = np.minimum(left // amount, own).astype(np.int64) + 1
        if times.sum() > MOST_SPENDINGS:
            return None
        which = np.repeat(np.arange(len(ways)), times)
        spent = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
        ways, left = np.column_stack([ways[which], spent]), left[which] - spent * amount
    return ways


def _lifted(weight: Float64, spendings: NDArray[np.int64]) -> Float64:
    """Weights as high as they can be, from the highest amount to the lowest."""
    for k in range(len(weight) - 1, -1, -1):
        own = spendings[spendings[:, k] > 0]
        weight[k] += float(((1.0 - own @ weight) / own[:, k]).min(initial=inf))
    return weight
