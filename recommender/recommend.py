"""The one recipe: the API, the batch export and the evaluation all call it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, repeat
from types import MappingProxyType

import numpy as np

from recommender.answer import Answer, Reason, Recommendation
from recommender.city import UNKNOWN, Catalogue, Int64, Place
from recommender.context import context_of
from recommender.eligibility import Eligible, Pool, eligible, open_pool
from recommender.entries import entries_of, unsure_of
from recommender.listing import listed
from recommender.model import Model
from recommender.passport import NOBODY, Passport, Request, Stamps
from recommender.ranking import Places
from recommender.reasons import explained
from recommender.release import Release
from recommender.scoring import Scored, score_block

BLOCK_SCORES = 8_000_000
"""Scores held at once per source: the block of learners shrinks as the catalogue grows."""

FALLBACK = {"stamps": "personalised", "wishes": "wishes", "none": "popular_nearby"}
"""What a list is made with, by what the passport offers."""

_NO_PARTS: Mapping[str, float] = MappingProxyType({})


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

    Raises
    ------
    ValueError
        When there are not as many requests as passports.
    """
    if release is not None:
        release = _standing(release, catalogue)
    requests = repeat(request) if isinstance(request, Request) else request
    shared = open_pool(catalogue, request) if isinstance(request, Request) else None
    pairs = zip(passports, requests, strict=not isinstance(request, Request))
    size = min(max(BLOCK_SCORES // max(len(catalogue.activities), 1), 1), 512)
    while block := list(islice(pairs, size)):
        yield from _answer_block(block, catalogue, release, shared)


def scored(passport: Passport, catalogue: Catalogue, release: Release, request: Request) -> Scored:
    """Score everything that one learner may take part in: what a list ranks by, and a route takes its prizes from.

    Parameters
    ----------
    passport : Passport
        In rows of the catalogue.
    release : Release
        As for ``recommend``.
    """
    block = [(passport, request)]
    return next(score_block(block, _passed(block, catalogue), catalogue, _standing(release, catalogue).model))


def warm_up(catalogue: Catalogue, release: Release | None) -> None:
    """Lay out the catalogue's columns and compile everything, so that no request has to wait for either.

    Call it when a catalogue or a release comes into service; what was compiled before is read from disk.
    """
    n = min(len(catalogue.activities), 3)
    if not n:
        return
    some = np.arange(n, dtype=np.int32)
    then = np.zeros(n, dtype=np.int64)
    passport = Passport(
        age_low=30.0,
        age_high=30.0,
        home=Place(0.0, 0.0),
        languages=("nl",),
        stamps=Stamps(some, then, np.zeros(n, dtype=np.int8)),
    )
    request = Request(at=0, include_stamped=True, seed=1, themes=np.empty(0, dtype=np.int32))
    for who, asked in (
        (passport, request),
        (passport, replace(request, opens=1, themes=some[: len(catalogue.themes.ids)], max_minutes=1.0)),
        (NOBODY, replace(request, policy="relevance")),
    ):
        recommend(who, catalogue, release, asked)


def _standing(release: Release, catalogue: Catalogue) -> Release:
    """The release in the catalogue's own rows."""
    return release if release.fits(catalogue) else release.extended(catalogue)


def _passed(
    block: Sequence[tuple[Passport, Request]], catalogue: Catalogue, shared: Pool | None = None
) -> list[Eligible]:
    return [
        eligible(passport, catalogue, request, shared or open_pool(catalogue, request)) for passport, request in block
    ]


def _answer_block(
    block: Sequence[tuple[Passport, Request]], catalogue: Catalogue, release: Release | None, shared: Pool | None
) -> Iterator[Answer]:
    can = _passed(block, catalogue, shared)
    if release is None:
        for (passport, request), its in zip(block, can, strict=True):
            yield _agenda(passport, catalogue, request, its)
        return
    for one in score_block(block, can, catalogue, release.model):
        yield _ranked(one, catalogue, release.model)


def _ranked(scored: Scored, catalogue: Catalogue, model: Model) -> Answer:
    places, request = listed(scored, catalogue, model), scored.request
    shown, at = _as_shown(scored, places, catalogue, model)
    told: tuple[Sequence[tuple[Reason, ...]], Sequence[Mapping[str, float]]] = ([()] * len(at), [_NO_PARTS] * len(at))
    if request.explain:
        told = explained(at, shown.can.activities, shown.every_source, shown.context, shown.profile, catalogue, model)
    entries = entries_of(places, at, shown, *told, catalogue)
    return _answer(scored.passport, request, scored.can, FALLBACK[scored.passport.basis], entries)


def _as_shown(scored: Scored, places: Places, catalogue: Catalogue, model: Model) -> tuple[Scored, Int64]:
    """What the places of a list show, and where each stands in it: where one shows another session than the best one,
    the circumstances are those of that session.
    """
    other = [place for place, session in enumerate(places.session.tolist()) if session != UNKNOWN]
    if not other:
        return scored, places.position
    can, session, position = scored.can, places.session[other], places.position[other]
    apart = replace(
        can,
        activities=can.activities[position],
        sessions=can.sessions[session],
        first=np.arange(len(other), dtype=can.first.dtype),
        minutes=can.minutes[session],
        not_known={name: unsure[position] for name, unsure in can.not_known.items()},
    )
    theirs = context_of(scored.passport, catalogue, scored.request, model, apart)
    shown = scored.at(places.position)
    usual = shown.context
    sessions, minutes, rows = usual.session.copy(), usual.minutes.copy(), usual.rows.copy()
    sessions[other], minutes[other], rows[:, other] = theirs.session, theirs.minutes, theirs.rows
    context = replace(usual, session=sessions, minutes=minutes, rows=rows)
    total = shown.total + (context.total - usual.total)
    return replace(shown, context=context, total=total), np.arange(len(places.position))


def _agenda(passport: Passport, catalogue: Catalogue, request: Request, can: Eligible) -> Answer:
    """What is on, soonest first: the answer when there is no model to rank with."""
    soonest = can.sessions[can.first]
    order = np.lexsort((can.activities, catalogue.sessions.start[soonest]))[: request.count]
    venue, minutes = catalogue.sessions.venue[soonest[order]].tolist(), can.minutes[can.first[order]].tolist()
    rows = zip(
        can.activities[order].tolist(), soonest[order].tolist(), venue, minutes, unsure_of(can, order), strict=True
    )
    entries = tuple(
        Recommendation(rank, activity, session, there, way, not_known=not_known)
        for rank, (activity, session, there, way, not_known) in enumerate(rows, start=1)
    )
    return _answer(passport, request, can, "agenda", entries)


def _answer(
    passport: Passport, request: Request, can: Eligible, fallback: str, listed: tuple[Recommendation, ...]
) -> Answer:
    return Answer(request.at, passport.basis, fallback, listed, can.funnel, can.relax)
