"""What a learner may come to like, theme by theme: evidence from stamps over a learned prior.

Belief in theme t is Beta(κπ_t + S_t, κ(1−π_t) + F_t). S_t counts stamps, halved every 180 days, F_t only what was
explicitly put aside, never absence. The prior π_t is the adjacent possible: how first visits to t follow from
the themes somebody already knows, learned from everybody's passports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float32, Float64, Int32, Int64
from recommender.fused import NEARLY_NOTHING
from recommender.interest import moments_along, stamp_weights
from recommender.model import Model
from recommender.passport import Passport
from recommender.product import compiled, row_totals

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
    against = np.zeros(evidence.shape)
    for row, passport in enumerate(passports):
        against[row, passport.less] = PUT_ASIDE
        if len(passport.declined):
            against[row] += _themes_of(passport.declined, model)
    prior, mean = np.zeros(evidence.shape), np.empty(evidence.shape)
    _believe(evidence, against, model.theme_base, model.theme_known, model.theme_adjacency, prior, mean)
    return Beliefs(prior, mean, evidence)


@compiled
def _believe(
    evidence: Float64,
    against: Float64,
    base: Float64,
    known: Float64,
    adjacency: Float64,
    prior: Float64,
    mean: Float64,
) -> None:
    """Fill in priors and means, each learner's by itself: ``prior`` comes as 0."""
    for row in range(len(evidence)):
        for theme in range(len(base)):
            weight = min(evidence[row, theme], 1.0) - known[theme]
            for other in range(len(base)):
                prior[row, other] += weight * adjacency[theme, other]
        for theme in range(len(base)):
            prior[row, theme] = min(max(base[theme] + prior[row, theme], LEAST), MOST)
            seen = PRIOR_STRENGTH * prior[row, theme] + evidence[row, theme]
            mean[row, theme] = seen / (PRIOR_STRENGTH + evidence[row, theme] + against[row, theme])


def _themes_of(activities: Int32, model: Model) -> Float64:
    """How much of each theme some activities hold together. Shape (n_themes,)."""
    shares, total = model.theme_shares, np.zeros(model.theme_shares.shape[1])
    row_totals(activities, np.ones(len(activities)), shares.indptr, shares.indices, shares.data, total)
    return total


def _evidence(passport: Passport, now: int, model: Model) -> Float64:
    shares, total = model.theme_shares, np.zeros(model.theme_shares.shape[1])
    stamps, weights = passport.stamps, stamp_weights(passport.stamps.chosen_by)
    _remembered(stamps.activity, weights, stamps.at, now, shares.indptr, shares.indices, shares.data, total)
    return total


@compiled
def _remembered(
    activities: Int32, weights: Float32, at: Int64, now: int, first: NDArray[np.integer], theme: NDArray[np.integer],
    share: Float32, out: Float64,
) -> None:  # fmt: skip
    """Add up the themes of stamps, each times its weight and what time has left of it: half every 180 days."""
    for one in range(len(activities)):
        left = weights[one] * 0.5 ** (max(now - at[one], 0) / (HALF_LIFE_DAYS * DAY))
        for entry in range(first[activities[one]], first[activities[one] + 1]):
            out[theme[entry]] += left * share[entry]


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
