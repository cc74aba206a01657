"""Which themes lead to which: what somebody visits next beyond what others of their age do at that time.

Season and age decide most of what is visited: what is on, and for whom. Both are taken out first, by comparing every visit
with those of people of the same age in the same weeks. What is left says how one theme leads to another.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recommender.city import Bool, Float64, Int64
from recommender.model import AGE_BANDS
from training.interactions import Interactions

RIDGE = 300.0
"""Visits' worth of doubt about every link between themes."""
SAME_TIME = 20 * 86_400
"""Visits no further apart than this, in seconds, had about the same to choose from …"""
SHRINK = 5.0
"""… and where they are few, what that age visits all year counts as so many visits."""
MOST_VISITS = 300_000
"""In a large city only every so many learners are heard: the links are few, and memory is not."""
_ENOUGH = 0.2
"""A theme counts as known when it made up this share of something visited."""


def fit_adjacency(stamps: Interactions, theme_shares: sparse.csr_array) -> tuple[Float64, Float64, Float64]:
    """Linear ridge regression of what a next visit is about, beyond what was usual, on what was known before.

    Interest is taken to spread both ways: what two themes add to each other, as a share of how often each is met,
    is averaged.

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
    before, touched, usual = _visits(stamps, theme_shares)
    if not len(before) or not n_themes:
        return np.full(n_themes, 1 / max(n_themes, 1)), np.zeros(n_themes), np.zeros((n_themes, n_themes))
    still_new = ~before
    base = (touched & still_new).sum(axis=0) / np.maximum(still_new.sum(axis=0), 1)
    known, rate = before.mean(axis=0), touched.mean(axis=0)
    centred = before - known
    links = np.linalg.solve(centred.T @ centred + RIDGE * np.eye(n_themes), centred.T @ (touched - usual))
    lift = np.divide(links, rate, out=np.zeros_like(links), where=rate > 0)
    adjacency = (lift + lift.T) / 2 * base
    np.fill_diagonal(adjacency, 0.0)
    return base, known, adjacency


def _visits(stamps: Interactions, theme_shares: sparse.csr_array) -> tuple[Bool, Bool, Float64]:
    """For every visit after a learner's first: themes known before, themes touched, and how often those are usually.

    Each of shape (n_visits, n_themes).
    """
    every = one_in(len(stamps.learner) if stamps.of is None else stamps.of)
    heard = np.flatnonzero(stamps.learner % every == 0)
    order = heard[np.lexsort((stamps.activity[heard], stamps.at[heard], stamps.learner[heard]))]
    learner = stamps.learner[order]
    touched = (theme_shares.toarray() >= _ENOUGH)[stamps.activity[order]]
    earlier = np.cumsum(touched, axis=0, dtype=np.int32) - touched
    first = np.ones(len(learner), dtype=np.bool_)
    first[1:] = learner[1:] != learner[:-1]
    start = np.maximum.accumulate(np.where(first, np.arange(len(learner)), 0))
    known = earlier > earlier[start]
    later = ~first
    return known[later], touched[later], _usual(stamps.at[order], stamps.age[learner], touched)[later]


def one_in(stamps: int) -> int:
    """Of how many learners one is heard, in a city of so many stamps."""
    return -(-stamps // MOST_VISITS) or 1


def _usual(at: Int64, age: Float64, touched: Bool) -> Float64:
    """What other visits by people of the same age, at about the same time, touched. Shape (n_visits, n_themes), 0 to 1."""
    usual = np.zeros(touched.shape)
    band = np.where(np.isnan(age), -1, np.searchsorted(AGE_BANDS, age, side="right"))
    for same_age in np.unique(band):
        rows = np.flatnonzero(band == same_age)
        rows = rows[np.argsort(at[rows], kind="stable")]
        so_far = np.zeros((len(rows) + 1, touched.shape[1]), dtype=np.int32)
        np.cumsum(touched[rows], axis=0, out=so_far[1:])
        low = np.searchsorted(at[rows], at[rows] - SAME_TIME)
        high = np.searchsorted(at[rows], at[rows] + SAME_TIME, side="right")
        others = so_far[high] - so_far[low] - touched[rows]
        all_year = SHRINK * touched[rows].mean(axis=0)
        usual[rows] = (others + all_year) / (high - low - 1 + SHRINK)[:, None]
    return usual
