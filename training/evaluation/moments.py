"""Means over rows and how sure they are, where rows of one learner (or one household) are one piece of evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Float64, Int64


@dataclass(frozen=True, eq=False)
class Moments:
    """Means over rows, with the variance over clusters. All of shape (n_figures,).

    ``mean`` is NaN where nobody has the figure; ``variance`` (of the mean) where fewer than two clusters have it.
    """

    mean: Float64
    variance: Float64
    clusters: Int64


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
