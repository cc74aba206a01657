"""From a profile to one score per activity: sources standardised per learner and blended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from recommender.beliefs import Beliefs, belief_scores, beliefs_of
from recommender.city import Catalogue, Float32, Int32, Int64
from recommender.context import Context, context_of
from recommender.eligibility import Eligible
from recommender.interest import InterestProfile, Scores, from_factors, from_neighbours, profile_of, wish_scores
from recommender.model import AGE_BANDS, Model
from recommender.passport import Passport, Request
from recommender.product import mean_and_spread


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
    """

    passport: Passport
    request: Request
    can: Eligible
    context: Context
    profile: InterestProfile
    beliefs: Beliefs
    total: Float32
    _sources: dict[str, Float32] = field(repr=False)
    _place: Int64 = field(repr=False)

    def sources(self, positions: Int64) -> dict[str, Float32]:
        """What every source but the context added to some of the eligible activities."""
        return {source: values[self._place[positions]] for source, values in self._sources.items()}


def score_block(
    block: Sequence[tuple[Passport, Request]], passed: Sequence[Eligible], catalogue: Catalogue, model: Model
) -> Iterator[Scored]:
    """Score what each of a block of learners may do.

    Parameters
    ----------
    passed : sequence of Eligible
        One per learner.
    """
    rows = _union([can.activities for can in passed], len(catalogue.activities))
    passports = [passport for passport, _ in block]
    profile = profile_of(passports, catalogue, model)
    beliefs = beliefs_of(passports, [request.at for _, request in block], model)
    company = [request.company for _, request in block]
    sources = blend(passports, company, profile, beliefs, catalogue, model, rows)
    interest = np.zeros((len(block), len(rows)), dtype=np.float32)
    for values in sources.values():
        interest += values
    column = np.zeros(len(catalogue.activities), dtype=np.int64)
    column[rows] = np.arange(len(rows))
    for learner, ((passport, request), can) in enumerate(zip(block, passed, strict=True)):
        place = column[can.activities]
        context = context_of(passport, catalogue, request, model, can)
        own = {source: values[learner] for source, values in sources.items()}
        total = interest[learner, place] + context.total
        yield Scored(passport, request, can, context, profile.of(learner), beliefs.of(learner), total, own, place)


def _union(several: Sequence[Int32], n: int) -> Int32:
    """Every row that stands in one of them, ascending."""
    stands = np.zeros(n, dtype=np.bool_)
    for rows in several:
        stands[rows] = True
    return np.flatnonzero(stands).astype(np.int32)


def blend(
    passports: Sequence[Passport],
    company: Sequence[tuple[float, ...]],
    profile: InterestProfile,
    beliefs: Beliefs,
    catalogue: Catalogue,
    model: Model,
    rows: Int32,
) -> dict[str, Float32]:
    """What every source but ``context`` adds to each activity's score.

    Each source is standardised per learner over the release's reference activities, never over what passed
    this request's filters, and weighted. A source that knows nothing about a learner adds 0 throughout.

    Parameters
    ----------
    company : sequence of tuple of float
        Ages of those who come along with each learner.
    rows : int32, shape (n_rows,)
        Activities to score.

    Returns
    -------
    mapping of source to float32, shape (n_learners, n_rows)
    """
    stamped = profile.history.nnz > 0
    scores: dict[str, Float32] = {}
    for source, (score, of_stamps) in _scorers(passports, company, profile, beliefs, catalogue, model, rows).items():
        weight = np.float32(model.source_weights[source])
        if not weight or (of_stamps and not stamped):
            scores[source] = np.zeros((len(passports), len(rows)), dtype=np.float32)
            continue
        values = scores[source] = score()
        values *= weight
    return scores


def _scorers(
    passports: Sequence[Passport],
    company: Sequence[tuple[float, ...]],
    profile: InterestProfile,
    beliefs: Beliefs,
    catalogue: Catalogue,
    model: Model,
    rows: Int32,
) -> dict[str, tuple[Callable[[], Float32], bool]]:
    """How each source but ``context`` scores, unweighted, and whether it rests on stamps alone."""
    # What nobody has visited has no visits to reason from: als and graph are silent, not against.
    visited = model.visited[rows]

    def als() -> Float32:
        return from_factors(profile.als, model.als.activities, model.als.moments, rows).standardised() * visited

    def graph() -> Float32:
        near = from_neighbours(profile.history, model.graph.weights, model.reference, rows).standardised()
        near += from_factors(profile.low_pass, model.low_pass.activities, model.low_pass.moments, rows).standardised()
        near *= np.float32(0.5)
        return near * visited

    def metadata() -> Float32:
        factors = model.metadata
        return from_factors(profile.als, factors.activities, factors.moments, rows).standardised()

    def similar() -> Float32:
        return from_neighbours(profile.history, model.similar.weights, model.reference, rows).standardised()

    return {
        "als": (als, True),
        "graph": (graph, True),
        "metadata": (metadata, True),
        "similar": (similar, True),
        "themes": (lambda: belief_scores(beliefs, passports, model, rows).standardised(), False),
        "popular": (lambda: _popular_with(passports, company, model, rows), False),
        "wishes": (lambda: wish_scores(profile.wishes, model, rows), False),
        "places": (lambda: place_scores(profile, catalogue, model, rows).standardised(), True),
    }


def _popular_with(
    passports: Sequence[Passport], company: Sequence[tuple[float, ...]], model: Model, rows: Int32
) -> Float32:
    """Popularity among people of the learner's age; in company, among those of the age that is served least."""
    popular = model.popular[np.ix_(_bands(passport.age_low for passport in passports), rows)]
    for learner, ages in enumerate(company):
        if ages:
            theirs = model.popular[np.ix_(_bands(ages), rows)].min(axis=0)
            popular[learner] = np.minimum(popular[learner], theirs)
    return popular


def _bands(ages: Iterable[float]) -> Int32:
    """Row of ``Model.popular`` for each age; the last one where it is not known."""
    years = np.fromiter(ages, dtype=np.float64)
    band = np.searchsorted(AGE_BANDS, years, side="right") - 1
    return np.where(np.isnan(years), len(AGE_BANDS), band).astype(np.int32)


def place_scores(profile: InterestProfile, catalogue: Catalogue, model: Model, rows: Int32) -> Scores:
    """Closeness of an activity's venue to the venues a learner has been to, by ``Model.place_kernel``.

    Mean and spread are over the city's venues. An activity whose place is not known scores that mean.
    """
    venue = catalogue.activities.venue
    history, n_venues = profile.history, len(catalogue.venues.ids)
    been = venue[history.indices]
    known = np.flatnonzero(been >= 0)
    learner = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))[known]
    there = sparse.coo_array((history.data[known], (learner, been[known])), shape=(history.shape[0], n_venues))
    closeness = np.asarray((sparse.csr_array(there) @ model.place_kernel).toarray(), dtype=np.float32)
    if not n_venues:
        nothing = np.zeros(len(closeness))
        return Scores(np.zeros((len(closeness), len(rows)), dtype=np.float32), nothing, nothing)
    mean, spread = mean_and_spread(closeness, np.arange(n_venues, dtype=np.int32))
    located = np.append(~np.isnan(catalogue.venues.lat), False)[venue[rows]]
    raw = np.where(located, closeness[:, venue[rows]], mean[:, None]).astype(np.float32)
    return Scores(raw, mean, spread)
