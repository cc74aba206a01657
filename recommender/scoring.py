"""From a profile to one score per activity: sources standardised per learner and blended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.beliefs import Beliefs, belief_moments, beliefs_of
from recommender.city import Catalogue, Float32, Int32, Int64
from recommender.context import Context, context_of
from recommender.eligibility import Eligible
from recommender.fused import SHIFTS, blended
from recommender.interest import InterestProfile, from_neighbours, moments_along, profile_of
from recommender.model import AGE_BANDS, SOURCES, Model
from recommender.passport import Passport, Request
from recommender.product import products

INTEREST = tuple(name for name in SOURCES if name != "context")
"""The sources in the order in which they are added up, and in which ``fused.blended`` reckons them."""

SOURCE_ROWS = {name: row for row, name in enumerate(INTEREST)}


@dataclass(frozen=True, eq=False)
class Scored:
    """One learner's eligible activities with their scores.

    Attributes
    ----------
    can : Eligible
    context : Context
    profile : InterestProfile
        Of this learner alone.
    beliefs : Beliefs
        Of this learner alone.
    total : float32, shape (n_eligible,)
        The sum of all parts: what the list is ranked by.
    every_source : float32, shape (len(INTEREST), n_eligible)
        What every source but the context added.
    """

    passport: Passport
    request: Request
    can: Eligible
    context: Context
    profile: InterestProfile
    beliefs: Beliefs
    total: Float32
    every_source: Float32 = field(repr=False)

    def sources(self, positions: Int64) -> dict[str, Float32]:
        """What every source but the context added to some of the eligible activities."""
        return dict(zip(INTEREST, self.every_source[:, positions], strict=True))

    def at(self, positions: Int64) -> Scored:
        """The same for some of the eligible activities, each with its best session alone."""
        best = self.context.at(positions)
        can = replace(
            self.can,
            activities=self.can.activities[positions],
            sessions=best.session,
            first=np.arange(len(positions), dtype=self.can.first.dtype),
            minutes=best.minutes,
            not_known={name: unsure[positions] for name, unsure in self.can.not_known.items()},
        )
        sources = self.every_source[:, positions]
        return replace(self, can=can, context=best, total=self.total[positions], every_source=sources)


def score_block(
    block: Sequence[tuple[Passport, Request]], passed: Sequence[Eligible], catalogue: Catalogue, model: Model
) -> Iterator[Scored]:
    """Score what each of a block of learners may do.

    Only products with factors are shared by the block: an activity's factors are read once for all of it.

    Parameters
    ----------
    passed : sequence of Eligible
        One per learner.
    """
    passports = [passport for passport, _ in block]
    profile = profile_of(passports, catalogue, model)
    beliefs = beliefs_of(passports, [request.at for _, request in block], model)
    rows, column = _union([can.activities for can in passed], len(catalogue.activities))
    raw = _products(profile, model, rows)
    for learner, ((passport, request), can) in enumerate(zip(block, passed, strict=True)):
        place = np.arange(len(rows)) if column is None else column[can.activities]
        own, believed = profile.of(learner), beliefs.of(learner)
        sources, interest = blend(
            passport, request, own, believed, catalogue, model, can.activities, place, raw[learner]
        )
        context = context_of(passport, catalogue, request, model, can)
        yield Scored(passport, request, can, context, own, believed, interest + context.total, sources)


def _union(several: Sequence[Int32], n: int) -> tuple[Int32, Int64 | None]:
    """Every row that stands in one of them, ascending, and where each stands; None: at its own place."""
    if len(several) == 1:
        return several[0], None
    stands = np.zeros(n, dtype=np.bool_)
    for rows in several:
        stands[rows] = True
    union = np.flatnonzero(stands).astype(np.int32)
    column = np.zeros(n, dtype=np.int64)
    column[union] = np.arange(len(union))
    return union, column


def _products(profile: InterestProfile, model: Model, rows: Int32) -> Float32:
    """Vectors times factors: als, metadata and low pass. Shape (n_learners, 3, n_rows)."""
    raw = np.zeros((len(profile.als), 3, len(rows)), dtype=np.float32)
    if not len(profile.stamped):
        return raw
    als = profile.als.astype(np.float32)
    for place, (name, vectors, factors) in enumerate(
        (
            ("als", als, model.als),
            ("metadata", als, model.metadata),
            ("graph", profile.low_pass.astype(np.float32), model.low_pass),
        )
    ):
        if model.source_weights[name]:
            raw[:, place] = products(vectors, factors.activities, rows)
    return raw


def blend(
    passport: Passport,
    request: Request,
    profile: InterestProfile,
    beliefs: Beliefs,
    catalogue: Catalogue,
    model: Model,
    rows: Int32,
    place: Int64,
    raw: Float32,
) -> tuple[Float32, Float32]:
    """What every source but ``context`` adds to each activity's score.

    Each source is standardised per learner over the release's reference activities, never over what passed
    this request's filters, and weighted. A source that knows nothing about a learner adds 0 throughout.

    Parameters
    ----------
    profile, beliefs
        Of this learner alone.
    rows : int32, shape (n,)
        Activities to score.
    place : int64, shape (n,)
        Column of ``raw`` of each.
    raw : float32, shape (3, n_raw)
        This learner's products with factors.

    Returns
    -------
    sources : float32, shape (len(INTEREST), n)
    total : float32, shape (n,)
    """
    weight, shares = model.source_weights, model.theme_shares
    near = similar = closeness = np.empty(0, dtype=np.float32)
    moments = [(0.0, 0.0)] * SHIFTS
    moments[5] = belief_moments(beliefs, passport, model)
    if len(profile.stamped):
        als, low_pass = profile.als[0], profile.low_pass[0]
        stamps, counts = (profile.stamped, profile.weights), (model.in_reference, len(model.reference))
        near, moments[1] = from_neighbours(*stamps, model.graph.weights, *counts)
        similar, moments[4] = from_neighbours(*stamps, model.similar.weights, *counts)
        closeness, moments[6] = place_scores(profile, catalogue, model)
        moments[0] = moments_along(als, model.als.moments)
        moments[2] = moments_along(low_pass, model.low_pass.moments)
        moments[3] = moments_along(als, model.metadata.moments)
    shift = np.array([mean for mean, _ in moments], dtype=np.float32)
    scale = np.array([1 / spread if spread > 1e-9 else 0.0 for _, spread in moments], dtype=np.float32)
    out, total = np.empty((len(INTEREST), len(rows)), dtype=np.float32), np.empty(len(rows), dtype=np.float32)
    blended(
        rows, place, raw, near, similar, shift, scale,
        np.array([weight[name] for name in INTEREST], dtype=np.float32), model.visited,
        shares.indptr, shares.indices, shares.data, beliefs.mean[0].astype(np.float32), profile.wishes[0],
        model.popular, _bands((passport.age_low, *request.company)), closeness, catalogue.activities.venue,
        catalogue.venues.located, out, total,
    )  # fmt: skip
    return out, total


def _bands(ages: Iterable[float]) -> Int32:
    """Row of ``Model.popular`` for each age; the last one where it is not known."""
    last = len(AGE_BANDS)
    return np.array([bisect_right(AGE_BANDS, age) - 1 if age == age else last for age in ages], dtype=np.int32)


def place_scores(profile: InterestProfile, catalogue: Catalogue, model: Model) -> tuple[Float32, tuple[float, float]]:
    """Closeness of every venue to the venues one learner has been to, by ``Model.place_kernel``.

    Returns
    -------
    closeness : float32, shape (n_venues,)
    mean and spread
        Over the city's venues. An activity whose place is not known scores the mean.
    """
    been, everywhere = catalogue.activities.venue[profile.stamped], np.empty(0, dtype=np.bool_)
    return from_neighbours(been, profile.weights, model.place_kernel, everywhere, len(catalogue.venues.ids))
