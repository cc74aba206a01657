"""A journey of weeks: start, core and finish, across domains, to a badge or a theme."""

from __future__ import annotations

import numpy as np

from recommender.city import Catalogue
from recommender.passport import Passport, Request
from recommender.recommend import FALLBACK
from recommender.release import Release
from recommender.routing.hours import OpenHours
from recommender.routing.journey.ask import Asked, ask
from recommender.routing.journey.check import checked
from recommender.routing.journey.greedy import complete, greedy
from recommender.routing.journey.model import build
from recommender.routing.journey.pose import Posed, pose
from recommender.routing.journey.problem import JourneySolution
from recommender.routing.journey.relax import relaxation
from recommender.routing.journey.route import route_of
from recommender.routing.journey.solve import Work, differ, solve
from recommender.routing.journey.why import left_out
from recommender.routing.journey.wish import JourneyWish, SolveLimit
from recommender.routing.route import Routes
from recommender.travel import TravelTimes

GENUINE = 0.5
"""An alternative has at least this share of the best journey's stops."""


RELAX_WORK = 0.3
"""Work for each wish that is tried to be relaxed."""


def plan_journey(
    passport: Passport,
    catalogue: Catalogue,
    release: Release | None,
    request: Request,
    wish: JourneyWish,
    travel: TravelTimes,
    limit: SolveLimit | None = None,
    seed: int = 0,
    *,
    hours: OpenHours | None = None,
) -> Routes:
    """Plan a journey from what a learner may take part in, scored by the recipe.

    Every stop counts the prize of its score; a start, a finish that uses what came before it, one more domain, a
    station of the goal's line and, where a week may hold several stops, one more week count beside it
    (``journey_model``). Travel times are those of the first day.

    Parameters
    ----------
    release : Release or None
        None: every activity is worth the same.
    limit : SolveLimit or None
        None: its defaults.
    seed : int
        Of the solver; the same request with the same seed gives the same journey, unless ``cut``.
    hours : OpenHours or None
        When venues are open, for sessions where one may drop in.

    Returns
    -------
    Routes
        Possibly without a route; then ``relax`` says what would make one possible.

    Raises
    ------
    BadInput
        When a row of the wish is not of the catalogue, or the weeks are over before the moment of asking.
    """
    if release is not None and not release.fits(catalogue):
        release = release.extended(catalogue)
    work = Work(limit or SolveLimit(), seed)
    asked = ask(passport, catalogue, release, request, wish, travel, hours)
    posed = pose(asked)
    found = solutions(posed, work, wish.alternatives)
    model = release.model if release is not None else None
    routes = tuple(checked(asked, route_of(asked, posed, one, model)) for one in found)

    def again(other: JourneyWish) -> tuple[Asked, Posed, JourneySolution]:
        work.deterministic = min(work.deterministic, RELAX_WORK)
        then = ask(passport, catalogue, release, request, other, travel, hours)
        its = pose(then)
        return then, its, next(iter(solutions(its, work, 1)), JourneySolution())

    return Routes(
        at=request.at,
        basis=passport.basis,
        fallback=FALLBACK[passport.basis] if release is not None else "agenda",
        routes=routes,
        left_out=left_out(asked, posed, found[0] if found else JourneySolution()),
        relax=None if routes else relaxation(asked, again, lambda: work.over),
        cut=work.cut,
    )


def solutions(posed: Posed, work: Work, most: int) -> list[JourneySolution]:
    """The best journey, and alternatives to it that differ in at least half of their stops; none when impossible."""
    problem = posed.problem
    if posed.missing or not len(problem.activity):
        return []
    whole, hint = build(problem), greedy(problem)
    found = [solve(whole, problem, work, hint)]
    if not found[0].found:
        # Not proven impossible, only not found in time: then the first journey is better than none.
        return [] if found[0].impossible or not complete(problem, hint) else [JourneySolution(hint, bound=np.inf)]
    while len(found) < most and not problem.pinned[problem.activity[list(found[0].visits)]].all() and not work.over:
        differ(whole, problem, found[-1].visits)
        other = solve(whole, problem, work, _without(problem.activity, found[-1].visits, hint))
        if not other.found or len(other.visits) < GENUINE * len(found[0].visits):
            break
        found.append(other)
    return found


def _without(activity: np.ndarray, visits: tuple[int, ...], hint: tuple[int, ...]) -> tuple[int, ...]:
    """A hint that leaves out what was chosen before."""
    taken = set(activity[list(visits)].tolist())
    return tuple(visit for visit in hint if int(activity[visit]) not in taken)
