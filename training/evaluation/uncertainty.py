"""How sure a figure is: 95% intervals over learners that hold what they promise, also for few of them.

A figure is a mean over learners. Whoever stands in several rows (several rolling cuts, one household) is *one*
piece of evidence: a cluster. Two kinds of figures, two intervals, both two-sided and both chosen on measured coverage
(``python -m benchmarks.statistics coverage``; percentiles of a bootstrap cover 86 to 94% with 30 learners):

=======================  ==========================================================================================
a figure with bounds     score interval at the effective number of learners (``score.py``)
(recall, NDCG, a
difference of two)
a figure without         studentised bootstrap over clusters (Efron & Tibshirani 1993, §12.5, doi:10.1201/9780429246593)
=======================  ==========================================================================================

Every draw picks as many clusters as there are, with replacement, and the *same* ones for every model and metric, so
differences between models are compared on equal terms; the score interval of a difference is paired because it is
made from the difference per learner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import DOMAINS, Float64, Int64
from training.evaluation.moments import by_cluster, moments
from training.evaluation.score import score_limits

LEVEL = 0.95
Bounds = tuple[float, float]
_BLOCK_CELLS = 20_000_000
_SMOOTH = 2.0
"""Clusters' worth of spread added to every draw, so that a draw in which everybody is alike does not stretch the interval
without end."""


@dataclass(frozen=True)
class Interval:
    """A mean over learners with its interval.

    ``n`` counts the clusters (learners, unless told otherwise) for whom the figure is defined. With none, ``value``,
    ``low`` and ``high`` are NaN; with one, ``low`` and ``high`` are: one learner says nothing about others.
    """

    value: float
    low: float
    high: float
    n: int


def bounds_of(figure: str, difference: bool = False) -> Bounds | None:
    """Between what a figure of the evaluation must lie, None when nothing bounds it.

    Parameters
    ----------
    figure : str
        ``recall@10``, ``domains@10``, ``novelty@10`` …
    difference : bool
        Whether it is one list's figure minus another's.
    """
    name = figure.partition("@")[0]
    if name in ("novelty", "activities", "supply"):
        return None
    top = float(len(DOMAINS)) if name == "domains" else 1.0
    return (-top if difference else 0.0, top)


def intervals(
    values: Float64,
    draws: int,
    seed: int,
    cluster: Int64 | None = None,
    bounds: Bounds | Sequence[Bounds | None] | None = None,
    level: float = LEVEL,
) -> list[Interval]:
    """Mean and interval of each column of ``values``.

    For the difference of two models, hand in the difference per learner: that is what makes it paired.

    Parameters
    ----------
    values : float64, shape (n_rows, n_figures)
        NaN where a figure is not defined; each mean is over the rows that have it.
    draws : int
        Samples of clusters for figures without bounds.
    seed : int
        The same seed draws the same clusters, whatever the figures are.
    cluster : int64, shape (n_rows,), or None
        Whose row it is; None: every row is somebody else's.
    bounds : (low, high), or one such pair or None for each figure, or None
        What a figure cannot leave (see ``bounds_of``); None: nothing bounds any of them.
    level : float
        0.95 unless several intervals have to hold at once.
    """
    n_figures = values.shape[1]
    each: list[Bounds | None]
    if bounds is None or (len(bounds) == 2 and isinstance(bounds[0], (int, float))):
        each = [bounds] * n_figures  # type: ignore[list-item]
    else:
        each = list(bounds)  # type: ignore[arg-type]
    sums, rows = by_cluster(values, cluster)
    found = moments(sums, rows)
    low, high = np.full(n_figures, np.nan), np.full(n_figures, np.nan)
    held = np.array([pair is not None for pair in each], dtype=np.bool_)
    if held.any():
        ends = np.array([pair for pair in each if pair is not None], dtype=np.float64)
        low[held], high[held] = score_limits(sums[:, held], rows[:, held], ends[:, 0], ends[:, 1], level)
    if not held.all():
        low[~held], high[~held] = _studentised(sums[:, ~held], rows[:, ~held], draws, seed, level)
    return [
        Interval(float(found.mean[i]), float(low[i]), float(high[i]), int(found.clusters[i])) for i in range(n_figures)
    ]


def _drawn(n: int, draws: int, seed: int, columns: Float64) -> Float64:
    """Sums of each column over every sample of clusters. Shape (draws, n_columns)."""
    rng = np.random.default_rng(seed)
    sums = np.empty((draws, columns.shape[1]))
    block = max(1, _BLOCK_CELLS // n)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        picked = rng.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
        times = np.bincount(picked.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
        sums[start : start + size] = times @ columns
    return sums


def bootstrap_means(values: Float64, draws: int, seed: int, cluster: Int64 | None = None) -> Float64:
    """Means of resampled learners, for statistics that are made of several means.

    Parameters
    ----------
    values : float64, shape (n_rows, n_figures)
        NaN where a figure is not defined for a learner; each mean is over the rows that have it.
    draws : int
        How many samples of learners are drawn.
    seed : int
        The same seed draws the same learners, whatever the figures are.
    cluster : int64, shape (n_rows,), or None
        See ``intervals``.

    Returns
    -------
    float64, shape (draws, n_figures)
        NaN where a draw holds nobody who has the figure.
    """
    m = values.shape[1]
    means = np.full((draws, m), np.nan)
    sums, rows = by_cluster(values, cluster)
    if not len(sums) or not m:
        return means
    drawn = _drawn(len(sums), draws, seed, np.hstack([sums, rows]))
    np.divide(drawn[:, :m], drawn[:, m:], out=means, where=drawn[:, m:] > 0)
    return means


def _studentised(sums: Float64, rows: Float64, draws: int, seed: int, level: float) -> tuple[Float64, Float64]:
    found, m = moments(sums, rows), sums.shape[1]
    low, high = np.full(m, np.nan), np.full(m, np.nan)
    able = found.clusters > 1
    if not able.any():
        return low, high
    rest, rows, variance = (sums - np.nan_to_num(found.mean) * rows)[:, able], rows[:, able], found.variance[able]
    n, kept = found.clusters[able].astype(np.float64), int(able.sum())
    drawn = _drawn(len(rest), draws, seed, np.hstack([rest, rows, rest**2, rest * rows, rows**2]))
    e, d, ee, ed, dd = (drawn[:, kept * i : kept * (i + 1)] for i in range(5))
    with np.errstate(invalid="ignore", divide="ignore"):
        off = e / d
        spread = (ee - 2 * off * ed + off**2 * dd) / d**2 * n / (n - 1)
        smooth = variance * _SMOOTH / n
        steps = off / np.sqrt(np.maximum(spread, 0) + smooth)
    # Nobody varies, so neither do the draws.
    steps = np.where(variance > 0, steps, 0.0)
    # Where no draw holds anybody with the figure there is nothing to take a quantile of; with 2 clusters that is a quarter.
    ends = np.nanquantile(steps, [(1 + level) / 2, (1 - level) / 2], axis=0)
    low[able], high[able] = found.mean[able] - ends * np.sqrt(variance + smooth)
    return low, high
