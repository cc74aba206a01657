"""What is visited now, by people of about the same age."""

from __future__ import annotations

import numpy as np

from recommender.city import Bool, Float32, Float64
from recommender.model import AGE_BANDS
from training.config import Popular
from training.interactions import Interactions

DAY = 86_400


def fit_popular(stamps: Interactions, n_activities: int, settings: Popular) -> Float32:
    """Log share of recent visitors per age band, shrunk in two steps: band → everybody now → everybody ever.

    Recent means the last ``settings.days`` before the last stamp. Learners are counted, not their visits: whoever
    comes every week counts once, and nobody can stamp an activity up the lists alone. Each share counts
    ``settings.prior`` visitors spread as the wider group's, so a band with few of them follows everybody's taste.

    Returns
    -------
    float32, shape (n_age_bands + 1, n_activities)
        Each row with mean 0 and spread 1 over the activities; the last row is for everybody. All 0
        when there are no stamps.
    """
    if not len(stamps.activity):
        return np.zeros((len(AGE_BANDS) + 1, n_activities), dtype=np.float32)
    ever = np.bincount(stamps.matrix.indices, minlength=n_activities).astype(np.float64)
    recent = stamps.at > stamps.at.max() - settings.days * DAY
    prior = max(settings.prior, 1e-6)
    share = _shrunk(ever, np.full(n_activities, 1 / max(n_activities, 1)), n_activities)
    share = _shrunk(_visitors(stamps, recent, n_activities), share, prior)
    band = np.searchsorted(AGE_BANDS, stamps.age, side="right") - 1
    band_of_stamp = np.where(np.isnan(stamps.age), -1, band)[stamps.learner]
    rows = [
        _shrunk(_visitors(stamps, recent & (band_of_stamp == index), n_activities), share, prior)
        for index in range(len(AGE_BANDS))
    ]
    scores = np.log(np.array([*rows, share]))
    spread = scores.std(axis=1, keepdims=True)
    standardised: Float32 = ((scores - scores.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-9)).astype(
        np.float32
    )
    return standardised


def _visitors(stamps: Interactions, which: Bool, n_activities: int) -> Float64:
    """How many different learners some of the stamps are of, for each activity."""
    pairs = np.unique(stamps.learner[which].astype(np.int64) * n_activities + stamps.activity[which])
    return np.bincount(pairs % n_activities, minlength=n_activities).astype(np.float64)


def _shrunk(counts: Float64, wider: Float64, prior: float) -> Float64:
    share: Float64 = (counts + prior * wider) / (counts.sum() + prior)
    return share
