"""The one recipe: the API, the batch export and the evaluation all call it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat

import numpy as np

from recommender.answer import Answer, Recommendation
from recommender.city import Catalogue, Float32, Int64
from recommender.context import Context, context_of
from recommender.eligibility import Eligible, Pool, eligible, open_pool
from recommender.interest import InterestProfile, profile_of
from recommender.passport import Passport, Request
from recommender.ranking import slot_of, top
from recommender.reasons import reasons_for
from recommender.release import Release
from recommender.scoring import blend

BLOCK_SCORES = 8_000_000
"""Scores held at once per source: the block of learners shrinks as the catalogue grows."""


def recommend(passport: Passport, catalogue: Catalogue, release: Release | None, request: Request) -> Answer:
    """Rank what a learner can take part in.

    Parameters
    ----------
    passport : Passport
        In rows of the catalogue.
    release : Release or None
        One that does not stand in the catalogue's rows is extended first, which is slow: callers who
        serve many requests do that once. None gives the plain agenda, soonest first.

    Returns
    -------
    Answer
        Possibly without recommendations; then ``funnel`` and ``relax`` say why.
    """
    return next(recommend_many([passport], catalogue, release, request))


def recommend_many(
    passports: Iterable[Passport],
    catalogue: Catalogue,
    release: Release | None,
    request: Request | Iterable[Request],
) -> Iterator[Answer]:
    """``recommend`` for many learners, in blocks: same recipe, bounded memory.

    Parameters
    ----------
    request : Request or iterable of Request
        One for all, or one per passport.

    Yields
    ------
    Answer
        One per passport, in their order.
    """
    if release is not None and not release.fits(catalogue):
        release = release.extended(catalogue)
    requests = repeat(request) if isinstance(request, Request) else request
    shared = open_pool(catalogue, request) if isinstance(request, Request) else None
    pairs = zip(passports, requests, strict=False)
    size = int(np.clip(BLOCK_SCORES // max(len(catalogue.activities), 1), 1, 512))
    while block := list(islice(pairs, size)):
        yield from _answer_block(block, catalogue, release, shared)


def _answer_block(
    block: Sequence[tuple[Passport, Request]], catalogue: Catalogue, release: Release | None, shared: Pool | None
) -> Iterator[Answer]:
    passed = [
        eligible(passport, catalogue, request, shared or open_pool(catalogue, request)) for passport, request in block
    ]
    if release is None:
        for (passport, request), can in zip(block, passed, strict=True):
            yield _agenda(passport, catalogue, request, can)
        return
    rows = np.unique(np.concatenate([can.activities for can in passed]))
    passports = [passport for passport, _ in block]
    profile = profile_of(passports, catalogue, release.model)
    sources = blend(passports, profile, catalogue, release.model, rows)
    for learner, ((passport, request), can) in enumerate(zip(block, passed, strict=True)):
        place = np.searchsorted(rows, can.activities)
        parts = {source: values[learner, place] for source, values in sources.items()}
        context = context_of(passport, catalogue, request, release.model, can)
        alone = profile.of(learner) if request.explain else profile
        yield _ranked(passport, catalogue, release, request, can, parts, context, alone)


def _ranked(
    passport: Passport,
    catalogue: Catalogue,
    release: Release,
    request: Request,
    can: Eligible,
    parts: dict[str, Float32],
    context: Context,
    profile: InterestProfile,
) -> Answer:
    parts = parts | context.parts
    total: Float32 = np.add.reduce(list(parts.values()), axis=0, dtype=np.float32)
    order = top(total, can.activities, request.count)
    recommendations = []
    for rank, position in enumerate(order.tolist(), start=1):
        activity = int(can.activities[position])
        own = {source: float(values[position]) for source, values in parts.items()} if request.explain else {}
        why = (
            reasons_for(activity, own, position, context, passport, profile, catalogue, release.model)
            if request.explain
            else ()
        )
        session = int(context.session[position])
        recommendations.append(
            Recommendation(
                rank=rank,
                activity=activity,
                session=session,
                venue=int(catalogue.sessions.venue[session]),
                travel_minutes=float(context.minutes[position]),
                score=float(total[position]),
                slot=slot_of(bool(context.station[position] >= 0)),
                not_known=tuple(name for name, unsure in can.not_known.items() if unsure[position]),
                reasons=why,
                parts=own,
            )
        )
    fallback = {"stamps": "personalised", "wishes": "wishes", "none": "popular_nearby"}[passport.basis]
    return Answer(request.at, passport.basis, fallback, tuple(recommendations), can.funnel, can.relax)


def _agenda(passport: Passport, catalogue: Catalogue, request: Request, can: Eligible) -> Answer:
    """What is on, soonest first: the answer when there is no model to rank with."""
    start = catalogue.sessions.start[can.sessions[can.first]] if len(can.first) else np.empty(0, dtype=np.int64)
    order: Int64 = np.lexsort((can.activities, start))[: request.count]
    recommendations = tuple(
        Recommendation(
            rank=rank,
            activity=int(can.activities[position]),
            session=int(can.sessions[can.first[position]]),
            venue=int(catalogue.sessions.venue[can.sessions[can.first[position]]]),
            travel_minutes=float(can.minutes[can.first[position]]),
            score=0.0,
            not_known=tuple(name for name, unsure in can.not_known.items() if unsure[position]),
        )
        for rank, position in enumerate(order.tolist(), start=1)
    )
    return Answer(request.at, passport.basis, "agenda", recommendations, can.funnel, can.relax)
