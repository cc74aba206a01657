"""What a learner may come to like, theme by theme: evidence from stamps over a learned prior.

Belief in theme t is Beta(κπ_t + S_t, κ(1−π_t) + F_t). S_t counts stamps, halved every 180 days, F_t only what was
explicitly put aside, never absence. The prior π_t is the adjacent possible: how first visits to t follow from
the themes somebody already knows, learned from everybody's passports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.city import Float64, Int32, Int64
from recommender.interest import Scores, stamp_weights
from recommender.model import Model
from recommender.passport import Passport
from recommender.product import mean_and_spread, times

DAY = 86_400
HALF_LIFE_DAYS = 180.0
PRIOR_STRENGTH = 3.0
"""κ: the prior counts as much as three visits."""
LIKED = 0.5
"""What "more like this" counts for its themes, in visits: as much as a visit that somebody else chose."""
LEAST, MOST = 0.005, 0.6
"""A prior is never surer than this."""
PUT_ASIDE = 2.0
"""What "less of this" counts against a theme."""


@dataclass(frozen=True, eq=False)
class Beliefs:
    """Beliefs of a block of learners.

    Attributes
    ----------
    prior, mean : float64, shape (n_learners, n_themes)
        π and the belief's mean, in (0, 1).
    evidence : float64, shape (n_learners, n_themes)
        S: decayed, weighted visits.
    """

    prior: Float64
    mean: Float64
    evidence: Float64

    def of(self, learner: int) -> Beliefs:
        """One learner's own, as a block of one."""
        one = slice(learner, learner + 1)
        return Beliefs(self.prior[one], self.mean[one], self.evidence[one])


def beliefs_of(passports: Sequence[Passport], at: Sequence[int], model: Model) -> Beliefs:
    """Beliefs at a moment each.

    Parameters
    ----------
    at : sequence of int
        Seconds since 1970 UTC, one per passport.
    """
    evidence = _evidence(passports, at, model.theme_shares)
    for row, passport in enumerate(passports):
        if len(passport.liked):
            evidence[row] += LIKED * _themes_of(passport.liked, model)
    known = np.minimum(evidence, 1.0)
    prior = np.clip(model.theme_base + times(known - model.theme_known, model.theme_adjacency), LEAST, MOST)
    against = np.zeros_like(evidence)
    for row, passport in enumerate(passports):
        against[row, passport.less] = PUT_ASIDE
        if len(passport.declined):
            against[row] += _themes_of(passport.declined, model)
    mean = (PRIOR_STRENGTH * prior + evidence) / (PRIOR_STRENGTH + evidence + against)
    return Beliefs(prior, mean, evidence)


def _themes_of(activities: Int32, model: Model) -> Float64:
    """How much of each theme some activities hold together. Shape (n_themes,)."""
    together: Float64 = np.asarray(model.theme_shares[activities].sum(axis=0), dtype=np.float64).ravel()
    return together


def _evidence(passports: Sequence[Passport], at: Sequence[int], shares: sparse.csr_array) -> Float64:
    lengths = [len(passport.stamps) for passport in passports]
    learner = np.repeat(np.arange(len(passports)), lengths)
    none: Int32 = np.empty(0, dtype=np.int32)
    activity = np.concatenate([none, *(passport.stamps.activity for passport in passports)])
    weights = [
        stamp_weights(passport.stamps.chosen_by) * decay(now - passport.stamps.at)
        for passport, now in zip(passports, at, strict=True)
    ]
    data = np.concatenate([np.empty(0), *weights])
    history = sparse.csr_array(sparse.coo_array((data, (learner, activity)), shape=(len(passports), shares.shape[0])))
    return np.asarray((history @ shares).toarray(), dtype=np.float64)


def decay(seconds: Int64) -> Float64:
    """What is left of a stamp's weight after some time: half every 180 days; 1 for the future."""
    left: Float64 = 0.5 ** (np.maximum(seconds, 0) / (HALF_LIFE_DAYS * DAY))
    return left


def belief_scores(beliefs: Beliefs, passports: Sequence[Passport], model: Model, rows: Int32) -> Scores:
    """Expected liking of each activity: its themes' beliefs, weighted by its theme shares.

    Mean and spread are exact over the reference activities. A learner without stamps has no belief of
    their own, and a spread of 0, unless they said what they like or do not.
    """
    everything = np.ascontiguousarray((model.theme_shares @ beliefs.mean.astype(np.float32).T).T, dtype=np.float32)
    mean, spread = mean_and_spread(everything, model.reference)
    said = [len(one.stamps) + len(one.liked) + len(one.declined) for one in passports]
    silent = np.array(said, dtype=np.int64) == 0
    return Scores(everything[:, rows], mean, np.where(silent, 0.0, spread))
