"""An outing of one day part across several venues."""

from __future__ import annotations

from recommender.city import Catalogue
from recommender.passport import Passport, Request
from recommender.release import Release
from recommender.routing.hours import OpenHours
from recommender.routing.outing_wish import OutingWish, Pause
from recommender.routing.problem import MaxIterations, StoppingCriterion
from recommender.routing.route import Routes
from recommender.travel import TravelTimes

__all__ = ["DEFAULT_STOP", "OpenHours", "OutingWish", "Pause", "plan_outing"]

DEFAULT_STOP = MaxIterations(2000)


def plan_outing(
    passport: Passport,
    catalogue: Catalogue,
    release: Release | None,
    request: Request,
    wish: OutingWish,
    travel: TravelTimes,
    hours: OpenHours | None = None,
    stop: StoppingCriterion = DEFAULT_STOP,
    seed: int = 0,
) -> Routes:
    """Plan an outing from what a learner may take part in, scored by the recipe."""
    return Routes(request.at, passport.basis, "agenda", (), (), None)
