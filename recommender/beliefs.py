"""What a learner may come to like, theme by theme: evidence from stamps over a learned prior.

Belief in theme t is Beta(κπ_t + S_t, κ(1−π_t) + F_t). S_t counts stamps, halved every 180 days, F_t only what was
explicitly put aside, never absence. The prior π_t is the adjacent possible: how first visits to t follow from
the themes somebody already knows, learned from everybody's passports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import Float64, Int8, Int32, Int64
from recommender.fused import NEARLY_NOTHING
from recommender.interest import spread_along, stamp_weight
from recommender.model import Folding, Model
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
        if len(self.mean) == 1:
            return self
        one = slice(learner, learner + 1)
        return Beliefs(self.prior[one], self.mean[one], self.evidence[one])


def beliefs_of(passports: Sequence[Passport], at: Sequence[int], model: Model) -> Beliefs:
    """Beliefs at a moment each.

    Parameters
    ----------
    at : sequence of int
        Seconds since 1970 UTC, one per passport.
    """
    shape = len(passports), len(model.theme_base)
    prior, mean, evidence = np.zeros(shape), np.empty(shape), np.zeros(shape)
    for row, (passport, now) in enumerate(zip(passports, at, strict=True)):
        stamps = passport.stamps
        believed(
            stamps.activity, stamps.at, stamps.chosen_by, passport.liked, passport.declined, passport.less,
            now, model.folding, prior[row], mean[row], evidence[row],
        )  # fmt: skip
    return Beliefs(prior, mean, evidence)


@compiled
def believed(
    activity: Int32, at: Int64, chosen_by: Int8, liked: Int32, declined: Int32, less: Int32,
    now: int, model: Folding, prior: Float64, mean: Float64, evidence: Float64,
) -> None:  # fmt: skip
    """Beliefs of one learner: fill a row of each of the three last; prior and evidence come as 0."""
    themes, n = (model.theme_first, model.theme, model.share), len(model.base)
    for one in range(len(activity)):  # half of a visit is left every 180 days
        left = stamp_weight(chosen_by[one]) * 0.5 ** (max(now - at[one], 0) / (HALF_LIFE_DAYS * DAY))
        for entry in range(model.theme_first[activity[one]], model.theme_first[activity[one] + 1]):
            evidence[model.theme[entry]] += left * model.share[entry]
    against = np.zeros(n)
    if len(liked):
        more = np.zeros(n)
        row_totals(liked, np.ones(len(liked)), *themes, more)
        for theme in range(n):
            evidence[theme] += LIKED * more[theme]
    for theme in less:
        against[theme] = PUT_ASIDE
    if len(declined):
        aside = np.zeros(n)
        row_totals(declined, np.ones(len(declined)), *themes, aside)
        for theme in range(n):
            against[theme] += aside[theme]
    for theme in range(n):
        weight = min(evidence[theme], 1.0) - model.known[theme]
        for other in range(n):
            prior[other] += weight * model.adjacency[theme, other]
    for theme in range(n):
        prior[theme] = min(max(model.base[theme] + prior[theme], LEAST), MOST)
        seen = PRIOR_STRENGTH * prior[theme] + evidence[theme]
        mean[theme] = seen / (PRIOR_STRENGTH + evidence[theme] + against[theme])


@compiled
def liking(mean: Float64, said: bool, over: Float64, covariance: Float64) -> tuple[float, float]:
    """Mean and spread, over the reference activities, of what one learner is expected to like.

    An activity's score is the beliefs in its themes, weighted by its theme shares. A learner who ``said`` nothing, by
    stamps or otherwise, has no belief of their own, and a spread of 0.

    Parameters
    ----------
    mean : float64, shape (n_themes,)
        The learner's beliefs.
    over, covariance
        See ``Model.theme_moments``.
    """
    middle, spread = spread_along(mean.astype(np.float32).astype(np.float64), over, covariance)
    return middle, spread if said and spread**2 > NEARLY_NOTHING * middle**2 else 0.0
