"""A first journey, put together visit by visit: where the solver begins, and what is left when it finds nothing in time."""

from __future__ import annotations

import numpy as np

from recommender.city import STAGES, UNKNOWN
from recommender.routing.journey.model import by, in_time
from recommender.routing.journey.problem import JourneyProblem

START, CORE, FINISH = range(len(STAGES))


def greedy(problem: JourneyProblem) -> tuple[int, ...]:
    """Visits that go together, in order of time; not always all that was asked for.

    What is pinned comes first, then stations of the goal's line, then the earliest start, then by prize, at last
    the latest finish.
    """
    visits = by(problem.activity, len(problem))
    line = {station: place for place, station in enumerate(problem.goal_line or ())}
    rank = [
        (
            not problem.pinned[activity],
            line.get(activity, len(line)),
            problem.stage[activity] == FINISH,
            problem.stage[activity] != START or not problem.touches[activity],
            problem.themed and not problem.touches[activity],
            -problem.prize[activity],
        )
        for activity in range(len(problem))
    ]
    made: list[int] = []
    starts = 0
    for activity in sorted(range(len(problem)), key=rank.__getitem__):
        if len(made) >= problem.max_stops:
            break
        start = problem.stage[activity] == START and not problem.pinned[activity]
        if start and starts:
            continue
        order = visits[activity][::-1] if problem.stage[activity] == FINISH else visits[activity]
        found = next((visit for visit in order if fits(problem, made, visit)), None)
        if found is not None:
            made.append(found)
            starts += start
    return tuple(sorted(made))


def fits(problem: JourneyProblem, made: list[int], visit: int) -> bool:
    """Whether a visit goes together with those that are made."""
    activity, week = int(problem.activity[visit]), problem.week[visit]
    if sum(problem.week[other] == week for other in made) >= problem.per_week:
        return False
    if any(not apart(problem, visit, other) for other in made):
        return False
    chosen = problem.activity[made]
    if problem.budget is not None and problem.cents[chosen].sum() + problem.cents[activity] > problem.budget:
        return False
    if problem.themed and not problem.touches[activity]:
        touching = int(problem.touches[chosen].sum())
        if 2 * touching <= len(made) + 1:
            return False
    return missing(problem, made, visit) == ""


def missing(problem: JourneyProblem, made: list[int], visit: int) -> str:
    """What a visit still lacks: ``prerequisite``, ``station_order``, ``one_finish``, ``uses_nothing``, or ``""``."""
    activity = int(problem.activity[visit])
    before = {int(problem.activity[other]) for other in made if problem.end[other] <= problem.begin[visit]}
    chosen = {int(problem.activity[other]) for other in made}
    if not all(before.intersection(givers) for givers in problem.needs[activity]):
        return "prerequisite"
    for chain in problem.chains:
        if activity in chain.stations:
            place = chain.stations.index(activity)
            earlier = chosen.intersection(chain.stations[:place])
            if not earlier <= before or (chain.whole and len(earlier) < place):
                return "station_order"
            if before.intersection(chain.stations[place + 1 :]):
                return "station_order"
    if problem.stage[activity] == FINISH:
        finishes = any(problem.stage[other] == FINISH for other in chosen)
        if finishes and problem.goal_badge is None and problem.goal_line is None and not problem.pinned[activity]:
            return "one_finish"
        used = {theme for other in before if problem.stage[other] != FINISH for theme in problem.themes[other]}
        asks = problem.asked_for[activity] or problem.uses_held[activity] or bool(problem.needs[activity])
        if not asks and not used & problem.themes[activity]:
            return "uses_nothing"
    return ""


def apart(problem: JourneyProblem, one: int, other: int) -> bool:
    """Whether two visits can both be made: in order of stages, one after the other, with time for the way."""
    return ordered(problem, one, other) and timely(problem, one, other)


def ordered(problem: JourneyProblem, one: int, other: int) -> bool:
    """Whether two visits are in order of their stages."""
    first, second = (one, other) if problem.begin[one] <= problem.begin[other] else (other, one)
    return bool(problem.stage[problem.activity[first]] <= problem.stage[problem.activity[second]])


def timely(problem: JourneyProblem, one: int, other: int) -> bool:
    """Whether there is time for two visits, and for the way between them where they are on one day."""
    first, second = (one, other) if problem.begin[one] <= problem.begin[other] else (other, one)
    if problem.end[first] > problem.begin[second] or problem.begin[first] == problem.begin[second]:
        return False
    return problem.day[first] != problem.day[second] or in_time(problem, first, second)


def complete(problem: JourneyProblem, made: tuple[int, ...]) -> bool:
    """Whether visits that go together are all that was asked for."""
    chosen = problem.activity[list(made)]
    if not len(made) or not problem.min_stops <= len(made) <= problem.max_stops:
        return False
    if problem.themed and not 2 * int(problem.touches[chosen].sum()) > len(made):
        return False
    wanted = [goal for goal in (problem.goal_line, problem.goal_badge) if goal is not None]
    domains = set(problem.domain[chosen].tolist()) - {UNKNOWN}
    return (
        len(domains) >= problem.min_domains
        and set(np.flatnonzero(problem.pinned).tolist()) <= set(chosen.tolist())
        and all(set(goal) & set(chosen.tolist()) for goal in wanted)
    )
