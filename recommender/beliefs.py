"""What a learner may come to like, theme by theme: evidence from stamps over a learned prior.

Belief in theme t is Beta(κπ_t + S_t, κ(1−π_t) + F_t). S_t counts stamps, halved every 180 days, F_t only what was
explicitly put aside, never absence. The prior π_t is the adjacent possible: how first visits to t follow from
the themes somebody already knows, learned from everybody's passports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import Float64, Int32, Int64
from recommender.fused import NEARLY_NOTHING
from recommender.interest import moments_along, stamp_weights
from recommender.model import Model
from recommender.passport import Passport
from recommender.product import row_totals, times

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
    evidence = np.zeros((len(passports), len(model.theme_base)))
    for row, (passport, now) in enumerate(zip(passports, at, strict=True)):
        evidence[row] = _evidence(passport, now, model)
        if len(passport.liked):
            evidence[row] += LIKED * _themes_of(passport.liked, model)
    known = np.minimum(evidence, 1.0)
    prior = model.theme_base + times(known - model.theme_known, model.theme_adjacency)
    prior = np.minimum(np.maximum(prior, LEAST), MOST)
    against = np.zeros_like(evidence)
    for row, passport in enumerate(passports):
        against[row, passport.less] = PUT_ASIDE
        if len(passport.declined):
            against[row] += _themes_of(passport.declined, model)
    mean = (PRIOR_STRENGTH * prior + evidence) / (PRIOR_STRENGTH + evidence + against)
    return Beliefs(prior, mean, evidence)


def _themes_of(activities: Int32, model: Model) -> Float64:
    """How much of each theme some activities hold together. Shape (n_themes,)."""
    return _together(activities, np.ones(len(activities)), model)


def _together(activities: Int32, weights: Float64, model: Model) -> Float64:
    """The themes of some activities added up, each times its weight. Shape (n_themes,)."""
    shares, total = model.theme_shares, np.zeros(model.theme_shares.shape[1])
    row_totals(activities, weights, shares.indptr, shares.indices, shares.data, total)
    return total


def _evidence(passport: Passport, now: int, model: Model) -> Float64:
    weights = stamp_weights(passport.stamps.chosen_by) * decay(now - passport.stamps.at)
    return _together(passport.stamps.activity, weights, model)


def decay(seconds: Int64) -> Float64:
    """What is left of a stamp's weight after some time: half every 180 days; 1 for the future."""
    left: Float64 = 0.5 ** (np.maximum(seconds, 0) / (HALF_LIFE_DAYS * DAY))
    return left


def belief_moments(beliefs: Beliefs, passport: Passport, model: Model) -> tuple[float, float]:
    """Mean and spread, over the reference activities, of what one learner is expected to like.

    An activity's score is the beliefs in its themes, weighted by its theme shares. A learner without stamps has no
    belief of their own, and a spread of 0, unless they said what they like or do not.

    Parameters
    ----------
    beliefs : Beliefs
        A block of one.
    """
    mean, spread = moments_along(beliefs.mean[0].astype(np.float32).astype(np.float64), model.theme_moments)
    said = len(passport.stamps) + len(passport.liked) + len(passport.declined)
    return mean, spread if said and spread**2 > NEARLY_NOTHING * mean**2 else 0.0
