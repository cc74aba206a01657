"""Score intervals of means that cannot leave a range: recall, NDCG, a difference of two.

The interval holds every θ with (θ̂ − θ)² ≤ t² θ(1 − θ) ÷ n*, on the range from 0 to 1: Wilson's (1927,
doi:10.1080/01621459.1927.10502953) with t for the degrees of freedom, at the effective number of learners n* = θ̂(1 − θ̂) ÷ v
(Korn & Graubard 1998; Franco et al. 2019 on how it covers, doi:10.1093/jssam/smy019).

v is the variance of the mean over clusters, as it would be with five more learners. Where most score nothing and a few much,
a sample without those few is low and looks sure of it, and an interval made from what it shows is too short (Chen, Chen & Chen 2010,
doi:10.1002/cjs.10077). So as many of the five as of the others stand at an end of the range, and there they count as a
yes or a no, whose variance θ̂(1 − θ̂) is the largest that a mean of θ̂ allows (Bhatia & Davis 2000, doi:10.2307/2589180); the rest
of the five are spread as the sample is. Nothing changes for a share of people (they all are a yes or a no) nor for a figure of
which nobody stands at an end, and with hundreds of learners hardly anything for the others.

It never leaves the range, holds the mean, and nobody among 30 still means "perhaps a tenth".
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from recommender.city import Float64, Int64
from training.evaluation.moments import by_cluster, moments

MORE = 5.0
"""Imaginary learners: chosen in two simulated towns, tried in six others (``python -m benchmarks.statistics coverage``)."""


def score_limits(
    sums: Float64, rows: Float64, low: Float64, high: Float64, level: float, more: float = MORE
) -> tuple[Float64, Float64]:
    """Score interval of bounded means (see the top of this file).

    Where everybody stands at the same end of the range, every cluster counts as one trial; where everybody has the same value
    inside it, the interval is that value.

    Parameters
    ----------
    sums, rows : float64, shape (n_clusters, n_figures)
        From ``by_cluster``.
    low, high : float64, shape (n_figures,)
        The range of each figure.
    level : float
    more : float
        Imaginary learners; 0 where a cluster is many rows, of which yes-or-no answers of whole clusters are no likeness.

    Returns
    -------
    low, high : float64, shape (n_figures,)
        NaN with fewer than two clusters.
    """
    mean, trials, clusters = _trials(sums, rows, low, high, more)
    width, few = high - low, clusters < 2
    share = (mean - low) / width
    steps = stats.t.ppf((1 + level) / 2, np.where(few, 1, clusters - 1.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        pull = np.where(np.isinf(trials), 0.0, steps**2 / trials)
        middle = (share + pull / 2) / (1 + pull)
        half = np.sqrt(np.maximum(share * (1 - share), 0) * pull + pull**2 / 4) / (1 + pull)
    ends = []
    for limit in (middle - half, middle + half):
        found = low + width * np.clip(limit, 0, 1)
        ends.append(np.where(few, np.nan, found))
    # Rounding may put the value itself a hair outside.
    return np.fmin(ends[0], np.where(few, np.nan, mean)), np.fmax(ends[1], np.where(few, np.nan, mean))


def paired_p(differences: Float64, cluster: Int64 | None = None, bounds: tuple[float, float] = (-1.0, 1.0)) -> float:
    """Two-sided p of "no difference": the level at which the score interval of the difference just touches 0.

    Parameters
    ----------
    differences : float64, shape (n_rows,)
        One list minus another; NaN where not defined.
    cluster : int64, shape (n_rows,), or None
        Whose row it is; None: every row is somebody else's.
    bounds : (low, high)
        Of the difference.

    Returns
    -------
    float
        NaN with fewer than two clusters; 1.0 where both lists are alike for everybody.
    """
    sums, rows = by_cluster(np.asarray(differences, dtype=np.float64)[:, None], cluster)
    low, width = bounds[0], bounds[1] - bounds[0]
    means, all_trials, clusters = _trials(sums, rows, np.array([low]), np.array([bounds[1]]), MORE)
    mean, trials = float(means[0]), float(all_trials[0])
    if clusters[0] < 2:
        return float("nan")
    if mean == 0:
        return 1.0
    if np.isinf(trials):
        return 0.0
    share, none = (mean - low) / width, -low / width
    distance = abs(share - none) * np.sqrt(trials / (none * (1 - none)))
    return float(2 * stats.t.sf(distance, clusters[0] - 1))


def _trials(sums: Float64, rows: Float64, low: Float64, high: Float64, more: float) -> tuple[Float64, Float64, Int64]:
    """Means, how many yes-or-no trials would make each as sure as it is, and clusters.

    Trials are infinite where everybody inside the range is alike.
    """
    found = moments(sums, rows)
    width = high - low
    share, spread = (found.mean - low) / width, found.variance / width**2
    inside = (share > 0) & (share < 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = share * (1 - share)
        weight = _at_an_end(sums, rows, low, high) * more / (found.clusters + more)
        spread = spread + weight * np.maximum(whole / (found.clusters - 1) - spread, 0)
        trials: Float64 = np.where(inside, whole / spread, found.clusters.astype(np.float64))
    return found.mean, trials, found.clusters


def _at_an_end(sums: Float64, rows: Float64, low: Float64, high: Float64) -> Float64:
    """Share of clusters all of whose rows stand at the same end of the range; NaN where there are none."""
    hair = 1e-9 * (high - low) * rows
    there = (np.abs(sums - low * rows) <= hair) | (np.abs(high * rows - sums) <= hair)
    found: Float64 = (there & (rows > 0)).sum(axis=0) / (rows > 0).sum(axis=0)
    return found
