"""From a profile to one score per activity: sources standardised per learner and blended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.beliefs import Beliefs, believed, liking
from recommender.city import Bool, Catalogue, Float32, Float64, Int8, Int32, Int64
from recommender.columns import Records
from recommender.context import Around, Context, around_of, surroundings
from recommender.eligibility import Eligible
from recommender.fused import ALS, GRAPH, METADATA, SHIFTS, blended, scattered
from recommender.interest import InterestProfile, folded_in, spread_along, together
from recommender.model import AGE_BANDS, INTEREST, Blending, Folding, Model
from recommender.passport import Passport, Request
from recommender.product import compiled, multiply

SOURCE_ROWS = {name: row for row, name in enumerate(INTEREST)}
_AT_ITS_OWN = np.empty(0, dtype=np.int64)


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
    profile, beliefs = known(block, catalogue, model)
    rows, column = _union([can.activities for can in passed], len(catalogue.activities))
    raw = _products(profile.als, profile.low_pass, model.folding, model.blending.weight, rows)
    columns = model.blending, catalogue.activity_columns.records, catalogue.session_columns.records
    for learner, ((passport, request), can) in enumerate(zip(block, passed, strict=True)):
        place = _AT_ITS_OWN if column is None else column[can.activities]
        own, believed, stamps = profile.of(learner), beliefs.of(learner), passport.stamps
        said = len(stamps) + len(passport.liked) + len(passport.declined) > 0
        sources, total, session, minutes, around, station = _scored(
            can.activities, can.sessions, can.first, can.minutes, can.not_known["language"], place, raw, learner,
            own.stamped, own.weights, own.als[0], own.low_pass[0], own.wishes[0], believed.mean[0], said,
            _bands((passport.age_low, *request.company)), stamps.activity, stamps.at,
            around_of(passport, catalogue, request), *columns,
        )  # fmt: skip
        yield Scored(passport, request, can, Context(session, minutes, around, station), own, believed, total, sources)


def known(
    block: Sequence[tuple[Passport, Request]], catalogue: Catalogue, model: Model
) -> tuple[InterestProfile, Beliefs]:
    """What is known of a block of learners: their interest, and what they may come to like by the moment they ask."""
    n, n_themes, folding = len(block), len(model.theme_base), model.folding
    als, low_pass = np.zeros((n, model.als_inverse.shape[0])), np.zeros((n, model.low_pass.activities.shape[1]))
    wishes = np.zeros((n, len(catalogue.themes.ids)), dtype=np.float32)
    prior, mean, evidence = np.zeros((n, n_themes)), np.empty((n, n_themes)), np.zeros((n, n_themes))
    histories = []
    for learner, (passport, request) in enumerate(block):
        stamps = passport.stamps
        history = _known(
            stamps.activity, stamps.at, stamps.chosen_by, passport.wishes, passport.liked, passport.declined, passport.less,
            int(request.at), learner, folding, als, low_pass, wishes, prior, mean, evidence,
        )  # fmt: skip
        histories.append(history)
    return InterestProfile(*together(histories), als, low_pass, wishes), Beliefs(prior, mean, evidence)


@compiled
def _known(
    activity: Int32, at: Int64, chosen_by: Int8, wished: Int32, liked: Int32, declined: Int32, less: Int32,
    now: int, learner: int, model: Folding, als: Float64, low_pass: Float64, wishes: Float32,
    prior: Float64, mean: Float64, evidence: Float64,
) -> tuple[Int32, Float32]:  # fmt: skip
    believed(
        activity, at, chosen_by, liked, declined, less, now, model, prior[learner], mean[learner], evidence[learner]
    )
    return folded_in(activity, chosen_by, wished, model, als[learner], low_pass[learner], wishes[learner])


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


@compiled
def _products(als: Float64, low_pass: Float64, model: Folding, weight: Float32, rows: Int32) -> Float32:
    """Vectors times factors: als, metadata and low pass. Shape (3, n_learners, n_rows)."""
    raw = np.zeros((3, len(als), len(rows)), dtype=np.float32)
    if not als.any() and not low_pass.any():
        return raw
    vectors = als.astype(np.float32)
    if weight[ALS] != 0:
        multiply(vectors, model.als, rows, raw[0])
    if weight[METADATA] != 0:
        multiply(vectors, model.metadata, rows, raw[1])
    if weight[GRAPH] != 0:
        multiply(low_pass.astype(np.float32), model.low_pass, rows, raw[2])
    return raw


@compiled
def _scored(
    rows: Int32, sessions: Int32, first: Int32, minutes: Float64, language_unknown: Bool,
    place: Int64, raw: Float32, learner: int, stamped: Int32, weights: Float32, als: Float64, low_pass: Float64,
    wished: Float32, mean: Float64, said: bool, bands: Int32, visited: Int32, visited_at: Int64,
    asked: Around, model: Blending, activity: Records, held: Records,
) -> tuple[Float32, Float32, Int32, Float64, Float32, Int32]:  # fmt: skip
    """What every source adds to each activity's score, their sum with the circumstances, and these, as in ``Context``.

    Each source is standardised per learner over the release's reference activities, never over what passed
    this request's filters, and weighted. A source that knows nothing about a learner adds 0 throughout. An activity
    whose place is not known scores the mean of closeness over the city's venues.

    Parameters
    ----------
    place : int64, shape (n,)
        Column of ``raw`` of each row; empty where each stands at its own.
    raw : float32, shape (3, n_learners, n_raw)
        Products with factors.
    stamped, weights
        Activities somebody was at, each once, and what that says.
    visited, visited_at
        The stamps themselves.
    """
    n_stamped = len(stamped)
    some = min(n_stamped, 1)
    near = np.zeros(some * len(activity), dtype=np.float32)
    similar = np.zeros(some * len(activity), dtype=np.float32)
    closeness = np.zeros(some * (len(model.places[0]) - 1), dtype=np.float32)
    middle, spread = np.zeros(SHIFTS), np.zeros(SHIFTS)
    middle[5], spread[5] = liking(mean, said, *model.liking)
    if n_stamped:
        middle[1], spread[1] = scattered(stamped, weights, *model.graph, model.counts, model.n_counted, near)
        middle[4], spread[4] = scattered(stamped, weights, *model.similar, model.counts, model.n_counted, similar)
        been, everywhere = np.empty(n_stamped, dtype=np.int32), np.empty(0, dtype=np.bool_)
        venue = activity["venue"]
        for one in range(n_stamped):
            been[one] = venue[stamped[one]]
        middle[6], spread[6] = scattered(been, weights, *model.places, everywhere, len(closeness), closeness)
        middle[0], spread[0] = spread_along(als, *model.als)
        middle[2], spread[2] = spread_along(low_pass, *model.low_pass)
        middle[3], spread[3] = spread_along(als, *model.metadata)
    scale = np.zeros(SHIFTS, dtype=np.float32)
    for one in range(SHIFTS):
        if spread[one] > 1e-9:
            scale[one] = 1 / spread[one]
    sources, total = np.empty((len(model.weight), len(rows)), dtype=np.float32), np.empty(len(rows), dtype=np.float32)
    blended(
        rows, place, raw, learner, near, similar, closeness, middle.astype(np.float32), scale, model.weight,
        model.visited, model.themes, mean.astype(np.float32), wished, model.popular, bands, activity, sources, total,
    )  # fmt: skip
    best, takes, around, station = surroundings(
        rows, sessions, first, minutes, language_unknown, visited, visited_at, asked, model.around, activity, held
    )
    for one in range(len(rows)):
        circumstances = np.float32(0)
        for part in range(len(around)):
            circumstances += around[part, one]
        total[one] += circumstances
    return sources, total, best, takes, around, station


def _bands(ages: Iterable[float]) -> Int32:
    """Row of ``Model.popular`` for each age; the last one where it is not known."""
    last = len(AGE_BANDS)
    return np.array([bisect_right(AGE_BANDS, age) - 1 if age == age else last for age in ages], dtype=np.int32)
