"""Many comparisons at once: the more of them are made, the surer each has to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Float64, Int64
from training.evaluation.score import paired_p
from training.evaluation.uncertainty import Bounds, Interval, intervals


@dataclass(frozen=True)
class Lead:
    """How far one list leads another: the paired difference, its p, and its p among all that were compared."""

    difference: Interval
    p: float
    holm: float


def holm(p: Float64) -> Float64:
    """p-values as they count when all of them are looked at (Holm 1979, Scandinavian Journal of Statistics 6, 65–70).

    The i-th smallest of m becomes the largest of (m − j + 1) · p(j) over j ≤ i, at most 1. Whatever is called a difference at
    0.05 then holds for all of them together: the chance of even one false alarm is at most 5%.

    Parameters
    ----------
    p : float64, shape (n,)
        NaN where nothing could be tested: such a test does not count, and stays NaN.

    Returns
    -------
    float64, shape (n,)
    """
    p = np.asarray(p, dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    weight = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(weight * p[order]), 1.0)
    return adjusted


def compare(
    leads: Float64, draws: int, seed: int, cluster: Int64 | None = None, bounds: Bounds = (-1.0, 1.0)
) -> list[Lead]:
    """One list beside several others, on one figure.

    Parameters
    ----------
    leads : float64, shape (n_rows, n_others)
        The list's figure minus each other's, per learner; NaN where not defined.
    draws, seed, cluster, bounds
        See ``intervals``.
    """
    found = intervals(leads, draws, seed, cluster, bounds)
    p = np.array([paired_p(column, cluster, bounds) for column in leads.T])
    adjusted = holm(p)
    return [Lead(*parts) for parts in zip(found, p.tolist(), adjusted.tolist(), strict=True)]
