"""One question for a journey, with everything that it takes to answer it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.city import Catalogue, Float64, Place
from recommender.context import Context, context_of
from recommender.eligibility import Eligible, eligible, open_pool
from recommender.errors import BadInput, UnknownName
from recommender.passport import Passport, Request
from recommender.recommend import scored
from recommender.release import Release
from recommender.routing.hours import OpenHours
from recommender.routing.journey.times import Horizon
from recommender.routing.journey.wish import JourneyWish
from recommender.routing.prizes import prizes
from recommender.scoring import Scored
from recommender.travel import TravelTimes

LONGEST = 60 * 86_400
"""Seconds that a session lasts at most."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Who asks, what for, and what is known about the city.

    Attributes
    ----------
    can : Eligible
        What suits the learner in these weeks.
    prize : float64, shape (n_eligible,)
    by_session : float64, shape (n_eligible_sessions,)
        A score for each session.
    scored : Scored or None
    context : Context or None
        Of each session.
    """

    passport: Passport
    catalogue: Catalogue
    request: Request
    wish: JourneyWish
    travel: TravelTimes
    hours: OpenHours | None
    can: Eligible
    prize: Float64
    by_session: Float64
    scored: Scored | None = None
    context: Context | None = None

    @property
    def start(self) -> Place | None:
        return self.request.start or self.passport.home

    @property
    def mode(self) -> str:
        return self.request.mode or self.catalogue.default_mode

    @property
    def departs(self) -> int:
        """When ways are measured: on the first day, two hours after the journey may begin."""
        return max(self.wish.begins, self.request.at) + 7200

    @property
    def stamped(self) -> frozenset[int]:
        return frozenset(self.passport.stamps.activity.tolist())


def ask(
    passport: Passport,
    catalogue: Catalogue,
    release: Release | None,
    request: Request,
    wish: JourneyWish,
    travel: TravelTimes,
    hours: OpenHours | None,
) -> Asked:
    """Find what suits the learner in the weeks of a journey, and score it.

    Parameters
    ----------
    release : Release or None
        In the catalogue's rows. None: everything is worth the same.

    Raises
    ------
    BadInput
        When a row of the wish is not of the catalogue, or all weeks are over at the moment of asking.
    """
    horizon = Horizon.of(catalogue, wish, request.at)
    _check(catalogue, request, wish, horizon)
    scope = _scope(passport, request, wish, horizon)
    whole = None if release is None else scored(passport, catalogue, release, scope)
    can = eligible(passport, catalogue, scope, open_pool(catalogue, scope)) if whole is None else whole.can
    position = np.repeat(np.arange(len(can.first)), np.diff(can.first, append=len(can.sessions)))
    context, prize, by_session = None, np.ones(len(can.activities)), np.zeros(len(can.sessions))
    if whole is not None and release is not None:
        apart = replace(
            can,
            activities=can.activities[position],
            first=np.arange(len(position), dtype=np.int32),
            not_known={name: unsure[position] for name, unsure in can.not_known.items()},
        )
        context = context_of(passport, catalogue, scope, release.model, apart)
        prize = prizes(whole.total)
        by_session = ((whole.total - whole.context.total)[position] + context.total).astype(np.float64)
    return Asked(passport, catalogue, request, wish, travel, hours, can, prize, by_session, whole, context)


def _scope(passport: Passport, request: Request, wish: JourneyWish, horizon: Horizon) -> Request:
    """The request for everything that could be a stop: all of the weeks, by pure score.

    What somebody pinned may be something that they did before.
    """
    opens = max(horizon.opens, request.at if request.opens is None else request.opens)
    # What begins in the last week may end after it.
    last = horizon.closes + LONGEST
    closes = last if request.closes is None else min(last, request.closes)
    again = bool(np.isin(wish.pinned, passport.stamps.activity).any())
    return replace(
        request,
        opens=opens,
        closes=max(closes, opens + 1),
        count=1,
        policy="relevance",
        include_stamped=request.include_stamped or again,
    )


def _check(catalogue: Catalogue, request: Request, wish: JourneyWish, horizon: Horizon) -> None:
    n = len(catalogue.activities)
    for name, rows in (("pinned", wish.pinned), ("excluded", wish.excluded)):
        if (rows >= n).any():
            raise BadInput(f"{name}: row {rows.max()} is not in the catalogue, which has {n}")
    for name, row, size in (("theme", wish.theme, catalogue.themes.ids), ("line", wish.line, catalogue.lines.ids)):
        if row is not None and not 0 <= row < len(size):
            raise BadInput(f"goal {name}: row {row} is not in the catalogue, which has {len(size)}")
    awarded = {badge for badges in catalogue.activities.awards for badge in badges}
    if wish.badge and wish.badge not in awarded and wish.badge not in catalogue.lines.badge:
        raise UnknownName("badge", wish.badge)
    if horizon.closes <= request.at:
        raise BadInput(f"weeks: the last one is over at {horizon.closes}, before the moment of asking, {request.at}")
    mode = request.mode or catalogue.default_mode
    if mode not in catalogue.travel:
        raise BadInput(f"travel mode: this city knows no {mode!r}")
