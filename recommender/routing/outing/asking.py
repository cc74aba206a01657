"""One question for an outing, with everything that it takes to answer it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.city import Catalogue, Place
from recommender.errors import BadInput
from recommender.passport import Passport, Request
from recommender.release import Release
from recommender.routing.hours import OpenHours
from recommender.routing.outing.wish import OutingWish
from recommender.travel import TravelTimes


@dataclass(frozen=True, eq=False)
class Asked:
    """Who asks, what for, and what is known about the city.

    Times of a plan are whole seconds since ``base``, so that they are exact in float64.
    """

    passport: Passport
    catalogue: Catalogue
    release: Release | None
    request: Request
    wish: OutingWish
    travel: TravelTimes
    hours: OpenHours | None

    @property
    def base(self) -> int:
        return self.wish.days[0][0]

    @property
    def days(self) -> tuple[tuple[int, int], ...]:
        """Every day part, no sooner than the moment of asking; one that is over has no length."""
        return tuple((min(max(opens, self.request.at), closes), closes) for opens, closes in self.wish.days)

    @property
    def start(self) -> Place:
        """Where every day begins."""
        place = self.request.start or self.passport.home
        if place is None:
            raise BadInput("start: nobody knows where the outing begins; give a place to leave from, or a home")
        return place

    @property
    def end(self) -> Place:
        """Where every day ends."""
        return self.wish.end or self.start

    @property
    def mode(self) -> str:
        return self.request.mode or self.catalogue.default_mode

    @property
    def scope(self) -> Request:
        """The request for everything that could be a stop: the whole span of the days, by pure score.

        The limit on travel is left to the plan, which knows the real ways. What somebody pinned may be something
        that they did before.
        """
        stamped = self.passport.stamps.activity
        return replace(
            self.request,
            opens=self.wish.days[0][0],
            closes=self.wish.days[-1][1],
            count=1,
            max_minutes=None,
            policy="relevance",
            include_stamped=self.request.include_stamped or bool(np.isin(self.pinned, stamped).any()),
        )

    @property
    def pinned(self) -> np.ndarray:
        """Activity rows that must be visited, each once, ascending."""
        by_session = self.catalogue.sessions.activity[self.wish.pinned_sessions]
        return np.union1d(self.wish.pinned, by_session).astype(np.int32)

    def checked(self) -> Asked:
        """The same, after a look at what only the catalogue knows.

        Raises
        ------
        BadInput
            When the start is not known, a row is not of the catalogue, or every day is over.
        """
        n_activities, n_sessions = len(self.catalogue.activities), len(self.catalogue.sessions)
        for name, rows, n in (
            ("pinned", self.wish.pinned, n_activities),
            ("pinned_sessions", self.wish.pinned_sessions, n_sessions),
            ("excluded", self.wish.excluded, n_activities),
        ):
            if (rows >= n).any():
                raise BadInput(f"{name}: row {rows.max()} is not in the catalogue, which has {n}")
        both = np.intersect1d(self.pinned, self.wish.excluded)
        if len(both):
            raise BadInput(f"pinned and excluded: activity row {both[0]} stands in both")
        if not (abs(self.start.lat) <= 90 and abs(self.start.lon) <= 180):
            raise BadInput(f"start: {self.start.lat}, {self.start.lon} is no place on earth, in degrees")
        if self.mode not in self.catalogue.travel:
            raise BadInput(f"travel mode: this city knows no {self.mode!r}")
        pinned_twice = self.catalogue.sessions.activity[self.wish.pinned_sessions]
        if len(np.unique(pinned_twice)) < len(np.unique(self.wish.pinned_sessions)):
            raise BadInput("pinned_sessions: two of them are of one activity, which is visited once")
        if self.days[-1][1] <= self.request.at:
            raise BadInput(f"days: the last one is over at {self.days[-1][1]}, before the moment of asking")
        if self.release is None or self.release.fits(self.catalogue):
            return self
        return replace(self, release=self.release.extended(self.catalogue))
