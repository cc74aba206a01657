"""How sure a figure is: 95% intervals over learners that hold what they promise, also for few of them.

A figure is a mean over learners. Whoever stands in several rows (several rolling cuts, one household) is *one*
piece of evidence: a cluster. Two kinds of figures, two intervals, both two-sided and both chosen on measured coverage
(``python -m benchmarks.statistics coverage``; percentiles of a bootstrap cover 86 to 94% with 30 learners):

=======================  ==========================================================================================
a figure with bounds     score interval at the effective number of learners n* = θ̂(1 − θ̂) ÷ v, with v the variance of
(recall, NDCG, a         the mean over clusters and n* shrunk by (z ÷ t)² for the degrees of freedom: where
difference of two)       (θ̂ − θ)² = z² θ(1 − θ) ÷ n* (Wilson 1927, doi:10.1080/01621459.1927.10502953; Korn & Graubard
                         1998 for n*; Franco et al. 2019 on how it covers, doi:10.1093/jssam/smy019). It never leaves the
                         bounds, and nobody among 30 still means "perhaps a tenth"
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
from scipy import stats

from recommender.city import DOMAINS, Float64, Int64

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


@dataclass(frozen=True, eq=False)
class Moments:
    """Means over rows, with the variance over clusters. All of shape (n_figures,).

    ``mean`` is NaN where nobody has the figure; ``variance`` (of the mean) where fewer than two clusters have it.
    """

    mean: Float64
    variance: Float64
    clusters: Int64


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


def by_cluster(values: Float64, cluster: Int64 | None) -> tuple[Float64, Float64]:
    """Sums and numbers of defined rows.

    Returns
    -------
    sums, rows : float64, shape (n_clusters, n_figures)
        Clusters in ascending order; without ``cluster`` every row is its own.
    """
    defined = ~np.isnan(values)
    known = np.where(defined, values, 0.0)
    if cluster is None:
        return known, defined.astype(np.float64)
    _, place = np.unique(np.asarray(cluster), return_inverse=True)
    shape = (int(place.max(initial=-1)) + 1, values.shape[1])
    sums, rows = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, place, known)
    np.add.at(rows, place, defined.astype(np.float64))
    return sums, rows


def moments(sums: Float64, rows: Float64) -> Moments:
    """Mean of each figure and its variance by linearisation: (G ÷ (G − 1)) Σ (sum − mean · rows)² ÷ (Σ rows)².

    Parameters
    ----------
    sums, rows : float64, shape (n_clusters, n_figures)
        From ``by_cluster``.
    """
    total = rows.sum(axis=0)
    clusters = (rows > 0).sum(axis=0).astype(np.int64)
    mean = np.divide(sums.sum(axis=0), total, out=np.full(len(total), np.nan), where=total > 0)
    squares = ((sums - np.nan_to_num(mean) * rows) ** 2).sum(axis=0)
    scale = np.divide(clusters, (clusters - 1.0) * total**2, out=np.full(len(total), np.nan), where=clusters > 1)
    return Moments(mean, squares * scale, clusters)


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
        low[held], high[held] = score_limits(
            found.mean[held], found.variance[held], found.clusters[held], ends[:, 0], ends[:, 1], level
        )
    if not held.all():
        low[~held], high[~held] = _studentised(sums[:, ~held], rows[:, ~held], draws, seed, level)
    return [
        Interval(float(found.mean[i]), float(low[i]), float(high[i]), int(found.clusters[i])) for i in range(n_figures)
    ]


def score_limits(
    mean: Float64, variance: Float64, clusters: Int64, low: Float64, high: Float64, level: float = LEVEL
) -> tuple[Float64, Float64]:
    """Score interval of bounded means (see the top of this file). All of shape (n_figures,).

    Where everybody stands at the same end of the range, every cluster counts as one trial; where everybody has the same value
    inside it, the interval is that value. NaN with fewer than two clusters.
    """
    width = high - low
    share, spread = (mean - low) / width, variance / width**2
    trials = _trials(share, spread, clusters)
    few = clusters < 2
    steps = stats.t.ppf((1 + level) / 2, np.where(few, 1, clusters - 1.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        # z² ÷ (n* (z ÷ t)²) = t² ÷ n*
        pull = np.where(np.isinf(trials), 0.0, steps**2 / trials)
        middle = (share + pull / 2) / (1 + pull)
        half = np.sqrt(np.maximum(share * (1 - share), 0) * pull + pull**2 / 4) / (1 + pull)
    ends = []
    for limit in (middle - half, middle + half):
        found = low + width * np.clip(limit, 0, 1)
        ends.append(np.where(few, np.nan, found))
    # Rounding may put the value itself a hair outside.
    return np.fmin(ends[0], np.where(few, np.nan, mean)), np.fmax(ends[1], np.where(few, np.nan, mean))


def paired_p(differences: Float64, cluster: Int64 | None = None, bounds: Bounds = (-1.0, 1.0)) -> float:
    """Two-sided p of "no difference": the level at which the score interval of the difference just touches 0.

    Parameters
    ----------
    differences : float64, shape (n_rows,)
        One list minus another; NaN where not defined.
    cluster : int64, shape (n_rows,), or None
        See ``intervals``.
    bounds : (low, high)
        Of the difference.

    Returns
    -------
    float
        NaN with fewer than two clusters; 1.0 where both lists are alike for everybody.
    """
    found = moments(*by_cluster(np.asarray(differences, dtype=np.float64)[:, None], cluster))
    mean, clusters = float(found.mean[0]), int(found.clusters[0])
    if clusters < 2:
        return float("nan")
    if mean == 0:
        return 1.0
    low, width = bounds[0], bounds[1] - bounds[0]
    share, none = (mean - low) / width, -low / width
    trials = float(_trials(np.array([share]), found.variance / width**2, found.clusters)[0])
    if np.isinf(trials):
        return 0.0
    distance = abs(share - none) * np.sqrt(trials / (none * (1 - none)))
    return float(2 * stats.t.sf(distance, clusters - 1))


def _trials(share: Float64, spread: Float64, clusters: Int64) -> Float64:
    """How many yes-or-no trials would make a mean as sure as it is; infinite where everybody inside the range is alike."""
    inside = (share > 0) & (share < 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        trials: Float64 = np.where(inside, share * (1 - share) / spread, clusters.astype(np.float64))
    return trials


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
