"""Which themes lead to which: how first visits to a theme follow from the themes somebody already knows."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recommender.city import Float64
from training.interactions import Interactions

RIDGE = 30.0
"""Visits' worth of doubt about every link between themes."""
MOST_VISITS = 300_000
"""In a large city only every so many learners are heard: the links are few, and memory is not."""
_ENOUGH = 0.2
"""A theme counts as known when it made up this share of something visited."""


def fit_adjacency(stamps: Interactions, theme_shares: sparse.csr_array) -> tuple[Float64, Float64, Float64]:
    """Linear ridge regression of what a next visit is about, given it is new, on what was known before.

    Parameters
    ----------
    theme_shares : sparse array, shape (n_activities, n_themes)

    Returns
    -------
    base : float64, shape (n_themes,)
        How often a visit touches a theme that its visitor did not know.
    known : float64, shape (n_themes,)
        How many knew each theme at such a visit: the point the links are measured from.
    adjacency : float64, shape (n_themes, n_themes)
        Entry (s, t): what knowing s adds to the chance that the next visit touches t.
    """
    n_themes = theme_shares.shape[1]
    before, touched, open_ = _visits(stamps, theme_shares)
    if not len(before) or not n_themes:
        return np.full(n_themes, 1 / max(n_themes, 1)), np.zeros(n_themes), np.zeros((n_themes, n_themes))
    base = (touched * open_).sum(axis=0) / np.maximum(open_.sum(axis=0), 1)
    known = before.mean(axis=0)
    centred = before - known
    gram = centred.T @ centred + RIDGE * np.eye(n_themes)
    # Only visits by people to whom theme t was still new say how it is found.
    surprise = (touched - base) * open_
    adjacency = np.linalg.solve(gram, centred.T @ surprise)
    np.fill_diagonal(adjacency, 0.0)
    return base, known, adjacency


def _visits(stamps: Interactions, theme_shares: sparse.csr_array) -> tuple[Float64, Float64, Float64]:
    """For every visit after a learner's first: themes known before, themes touched, themes still new.

    Each of shape (n_visits, n_themes), 0 or 1.
    """
    every = -(-len(stamps.learner) // MOST_VISITS) or 1
    heard = np.flatnonzero(stamps.learner % every == 0)
    order = heard[np.lexsort((stamps.activity[heard], stamps.at[heard], stamps.learner[heard]))]
    learner = stamps.learner[order]
    touched = np.asarray(theme_shares[stamps.activity[order]].toarray() >= _ENOUGH, dtype=np.float64)
    total = np.cumsum(touched, axis=0)
    first = np.ones(len(learner), dtype=np.bool_)
    first[1:] = learner[1:] != learner[:-1]
    start = np.maximum.accumulate(np.where(first, np.arange(len(learner)), 0))
    earlier = total - touched
    known = np.minimum(earlier - earlier[start], 1.0)
    later = ~first
    return known[later], touched[later], 1 - known[later]
