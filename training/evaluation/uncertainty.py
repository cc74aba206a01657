"""How sure a figure is: the paired bootstrap over learners.

Every draw picks as many learners as there are, with replacement, and the *same* learners for every
model and metric, so differences between models are compared on equal terms (Efron & Tibshirani 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Float64

LEVEL = 0.95
_BLOCK_CELLS = 20_000_000


@dataclass(frozen=True)
class Interval:
    """A mean over learners with its 95% percentile interval.

    ``n`` counts the learners for whom the figure is defined; with none, ``value``, ``low`` and ``high`` are NaN.
    """

    value: float
    low: float
    high: float
    n: int


def bootstrap_means(values: Float64, draws: int, seed: int) -> Float64:
    """Means of resampled learners.

    Parameters
    ----------
    values : float64, shape (n_learners, n_figures)
        NaN where a figure is not defined for a learner; each mean is over the learners who have it.
    draws : int
        How many samples of learners are drawn.
    seed : int
        The same seed draws the same learners, whatever the figures are.

    Returns
    -------
    float64, shape (draws, n_figures)
        NaN where a draw holds nobody who has the figure.
    """
    n, m = values.shape
    means = np.full((draws, m), np.nan)
    if not n or not m:
        return means
    defined = ~np.isnan(values)
    stacked = np.hstack([np.where(defined, values, 0.0), defined])
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK_CELLS // n)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        picked = rng.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(picked.ravel(), minlength=size * n).reshape(size, n).astype(float)
        sums = times @ stacked
        np.divide(sums[:, :m], sums[:, m:], out=means[start : start + size], where=sums[:, m:] > 0)
    return means


def intervals(values: Float64, draws: int, seed: int) -> list[Interval]:
    """Mean and 95% interval of each column of ``values`` (see ``bootstrap_means``).

    For the difference of two models, hand in the difference per learner: that is what makes it paired.
    """
    means = bootstrap_means(values, draws, seed)
    tail = (1 - LEVEL) / 2
    found = []
    for column, drawn in zip(values.T, means.T, strict=True):
        n = int((~np.isnan(column)).sum())
        if not n:
            found.append(Interval(float("nan"), float("nan"), float("nan"), 0))
            continue
        low, high = np.nanquantile(drawn, [tail, 1 - tail])
        found.append(Interval(float(np.nanmean(column)), float(low), float(high), n))
    return found
