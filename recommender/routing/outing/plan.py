"""An outing of one day part, or several, across several venues."""

from __future__ import annotations

from recommender.city import Catalogue
from recommender.passport import Passport, Request
from recommender.recommend import FALLBACK
from recommender.release import Release
from recommender.routing.hours import OpenHours
from recommender.routing.outing.alternatives import alternatives
from recommender.routing.outing.asking import Asked
from recommender.routing.outing.checking import check
from recommender.routing.outing.leftout import left_out
from recommender.routing.outing.relaxing import relaxation
from recommender.routing.outing.searching import find
from recommender.routing.outing.telling import told
from recommender.routing.outing.units import as_tuned, back
from recommender.routing.outing.wish import OutingWish
from recommender.routing.problem import MaxIterations, Problem, Solution, StoppingCriterion
from recommender.routing.route import Routes
from recommender.routing.solve import solve
from recommender.travel import TravelTimes

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
    """Plan an outing from what a learner may take part in, scored by the recipe.

    Parameters
    ----------
    passport : Passport
        In rows of the catalogue.
    release : Release or None
        As for ``recommend``; None gives every visit the same prize, so that a route is as many stops as fit.
    request : Request
        Who comes along, how one travels, and every filter. Its window, count and policy are not looked at: the days
        and the pure score count. ``max_minutes`` holds for every single way, and from the start to every stop.
    wish : OutingWish
    travel : TravelTimes
    hours : OpenHours or None
        Of the venues in the span of the days; None: nobody knows.
    stop : StoppingCriterion
        When each search ends; an iteration count gives the same routes every time. One criterion is asked by every
        search of the request, so a deadline holds for all of them together; a criterion that cuts a search short for
        the sake of time says so in an attribute ``cut``.
    seed : int

    Returns
    -------
    Routes
        Without a route when the request cannot be met, and then ``relax`` says which wish to change.

    Raises
    ------
    BadInput
        When the start is not known, a row is not of the catalogue, or every day is over.
    """
    asked = Asked(passport, catalogue, release, request, wish, travel, hours).checked()

    def search(problem: Problem) -> Solution:
        tuned, *factors = as_tuned(problem)
        return back(solve(tuned, stop, seed), *factors)

    found = find(asked, search)
    answer = tuple(told(asked, route.posed, route.days or ()) for route in alternatives(asked, found, search))
    for route in answer:
        check(asked, route)
    return Routes(
        at=request.at,
        basis=passport.basis,
        fallback=FALLBACK[passport.basis] if release is not None else "agenda",
        routes=answer,
        left_out=left_out(asked, found, search),
        relax=None if answer else relaxation(asked, lambda other: len(find(other, search).made)),
        cut=bool(getattr(stop, "cut", False)),
    )
