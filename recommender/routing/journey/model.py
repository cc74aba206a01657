"""The journey as a model of CP-SAT: one boolean per visit, one per activity, and as few constraints as say it all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from recommender.city import STAGES, UNKNOWN, Bool, Int32, Int64
from recommender.routing.journey.problem import JourneyProblem

START, CORE, FINISH = range(len(STAGES))
RESOLUTION = 1000
"""Parts of the best prize in which the objective counts: proven means to within one of them per stop."""
STEP_SHARE = 0.2
"""What a start, and a finish, are worth beside their own prize: the best prize for this share of all stops there could be.
So a journey gives up to about a fifth of its stops to have one, and not the whole journey for one that comes too late."""
STATION = 1.0
"""What a station of the goal's line is worth beside its own prize, in best prizes."""
VARIETY = 0.1
"""What one more domain is worth, and, where a week may hold several stops, one more week with a stop; in best prizes."""


@dataclass(frozen=True, eq=False)
class JourneyModel:
    """A model and its variables. ``made[v]`` is whether visit v is made, ``chosen[a]`` whether activity a is in it."""

    model: cp_model.CpModel
    made: list[cp_model.IntVar]
    chosen: list[cp_model.IntVar]


def build(problem: JourneyProblem) -> JourneyModel:
    """Write a problem down as a model."""
    model = cp_model.CpModel()
    made = [model.new_bool_var("") for _ in range(len(problem.activity))]
    chosen = [model.new_bool_var("") for _ in range(len(problem))]
    visits = by(problem.activity, len(problem))
    for activity, own in enumerate(visits):
        model.add_exactly_one([*(made[visit] for visit in own), ~chosen[activity]])
    whole = JourneyModel(model, made, chosen)
    moment = moments(problem)
    _fill_weeks(whole, problem)
    _keep_apart(whole, problem, moment)
    _order_stages(whole, problem, moment)
    _use_what_was_learned(whole, problem)
    _earn_before(whole, problem, visits)
    _follow_lines(whole, problem, visits, moment)
    terms = _aim(whole, problem)
    best = float(problem.prize.max(initial=1e-9))
    worth = [max(round(RESOLUTION * float(prize) / best), 1) for prize in problem.prize]
    terms += list(zip(chosen, worth, strict=True))
    model.maximize(cp_model.LinearExpr.weighted_sum([term for term, _ in terms], [value for _, value in terms]))
    return whole


def by(values: Int32 | Int64, n: int) -> list[list[int]]:
    """Places of every value from 0 to n - 1."""
    places: list[list[int]] = [[] for _ in range(n)]
    for place, value in enumerate(values.tolist()):
        places[value].append(place)
    return places


def moments(problem: JourneyProblem) -> Int64:
    """Numbers that order visits in time, equal for visits that exclude each other: weeks where a week holds one stop,
    else distinct times. Shape (n_visits,).
    """
    values = problem.week if problem.per_week == 1 else problem.begin
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _fill_weeks(whole: JourneyModel, problem: JourneyProblem) -> None:
    model, made = whole.model, whole.made
    for own in by(problem.week, problem.weeks):
        if problem.per_week == 1:
            model.add_at_most_one([made[visit] for visit in own])
        elif len(own) > problem.per_week:
            model.add(cp_model.LinearExpr.sum([made[visit] for visit in own]) <= problem.per_week)
    total = cp_model.LinearExpr.sum(whole.chosen)
    model.add_linear_constraint(total, problem.min_stops, max(problem.max_stops, problem.min_stops))
    for activity in np.flatnonzero(problem.pinned).tolist():
        model.add_bool_or([whole.chosen[activity]])
    if problem.budget is not None and problem.cents.any():
        model.add(cp_model.LinearExpr.weighted_sum(whole.chosen, problem.cents.tolist()) <= problem.budget)


def _keep_apart(whole: JourneyModel, problem: JourneyProblem, moment: Int64) -> None:
    """No two visits at once, and time to travel between two of one day."""
    model, made = whole.model, whole.made
    if problem.per_week == 1:
        for one in np.flatnonzero(spills(problem.week, problem.week_ends, problem.end)).tolist():
            for other in np.flatnonzero(
                (problem.week > problem.week[one]) & (problem.begin < problem.end[one])
            ).tolist():
                model.add_bool_or([~made[one], ~made[other]])
        return
    for clique in at_once(problem, moment):
        model.add_at_most_one([made[visit] for visit in clique])
    for one, other in too_close(problem):
        model.add_bool_or([~made[one], ~made[other]])


def spills(week: Int64, week_ends: Int64, end: Int64) -> Bool:
    """Which visits go on in the week after. Shape (n_visits,)."""
    beyond: Bool = end > week_ends[week]
    return beyond


def at_once(problem: JourneyProblem, moment: Int64) -> list[list[int]]:
    """Visits that are under way at each moment at which one begins; moments that add nothing are left out."""
    cliques: list[list[int]] = []
    running: list[int] = []
    for own in by(moment, int(moment.max(initial=-1)) + 1):
        now = int(problem.begin[own[0]])
        going = [visit for visit in running if problem.end[visit] > now]
        if cliques and len(going) == len(cliques[-1]):
            cliques.pop()
        running = going + own
        cliques.append(running)
    return [clique for clique in cliques if len(clique) > 1]


def too_close(problem: JourneyProblem) -> Iterable[tuple[int, int]]:
    """Visits of one day, one after the other, with less time between them than the way takes."""
    days, day = np.unique(problem.day, return_inverse=True)
    for own in by(day, len(days)):
        for place, one in enumerate(own):
            for other in own[place + 1 :]:
                if problem.end[one] <= problem.begin[other] and not in_time(problem, one, other):
                    yield one, other


def in_time(problem: JourneyProblem, one: int, other: int) -> bool:
    """Whether somebody can be at the other after the one. False where nobody knows how far it is."""
    gap = int(problem.begin[other] - problem.end[one])
    here, there = int(problem.place[one]), int(problem.place[other])
    if problem.venue[one] == problem.venue[other] != UNKNOWN and here == there:
        return gap >= 0
    if UNKNOWN in (here, there):
        return False
    return bool(gap >= np.ceil(problem.minutes[here, there] * 60))


def _order_stages(whole: JourneyModel, problem: JourneyProblem, moment: Int64) -> None:
    """Start before core before finish: two switches that are turned on once in time."""
    model, made = whole.model, whole.made
    stage = problem.stage[problem.activity]
    n = int(moment.max(initial=-1)) + 1
    for first in (CORE, FINISH):
        early, late = stage < first, stage >= first
        if not early.any() or not late.any():
            continue
        begun = [model.new_bool_var("") for _ in range(n)]
        for before, after in pairwise(begun):
            model.add_implication(before, after)
        for place, own in enumerate(by(moment, n)):
            too_early, too_late = [v for v in own if late[v]], [v for v in own if early[v]]
            if too_early:
                model.add_at_most_one([*(made[visit] for visit in too_early), ~begun[place]])
            if too_late:
                model.add_at_most_one([*(made[visit] for visit in too_late), begun[place]])
    finishes = np.flatnonzero(problem.stage == FINISH).tolist()
    if finishes and problem.goal_badge is None and problem.goal_line is None:
        most = max(int(problem.pinned[finishes].sum()), 1)
        model.add(cp_model.LinearExpr.sum([whole.chosen[activity] for activity in finishes]) <= most)


def _use_what_was_learned(whole: JourneyModel, problem: JourneyProblem) -> None:
    """A finish shares a theme with what comes before it, or asks for a badge that it gives."""
    model, chosen = whole.model, whole.chosen
    free = problem.asked_for | problem.uses_held
    finishes = [a for a in np.flatnonzero(problem.stage == FINISH).tolist() if not free[a]]
    learned = np.flatnonzero(problem.stage != FINISH).tolist()
    themes = {theme for finish in finishes for theme in problem.themes[finish]}
    touched = {theme: model.new_bool_var("") for theme in sorted(themes)}
    for theme, variable in touched.items():
        model.add_bool_or([*(chosen[a] for a in learned if theme in problem.themes[a]), ~variable])
    for finish in finishes:
        giving = {giver for givers in problem.needs[finish] for giver in givers}
        used = [touched[theme] for theme in sorted(problem.themes[finish])]
        model.add_bool_or([*used, *(chosen[giver] for giver in sorted(giving)), ~chosen[finish]])


def _earn_before(whole: JourneyModel, problem: JourneyProblem, visits: Sequence[Sequence[int]]) -> None:
    """By every moment at which something that asks for a badge may begin: no more of it than of what gives the badge."""
    model, made = whole.model, whole.made
    for activity, needs in enumerate(problem.needs):
        for givers in needs:
            giving = [visit for giver in givers for visit in visits[giver]]
            for place, visit in enumerate(visits[activity]):
                asking = visits[activity][: place + 1]
                earned = [giver for giver in giving if problem.end[giver] <= problem.begin[visit]]
                left = [made[giver] for giver in earned]
                model.add(cp_model.LinearExpr.sum([made[a] for a in asking]) <= cp_model.LinearExpr.sum(left))


def _follow_lines(whole: JourneyModel, problem: JourneyProblem, visits: Sequence[Sequence[int]], moment: Int64) -> None:
    """Stations of a line in its order; of some lines no station without those before it."""
    model, made, chosen = whole.model, whole.made, whole.chosen
    for chain in problem.chains:
        for place, station in enumerate(chain.stations):
            if chain.whole and place:
                model.add_implication(chosen[station], chosen[chain.stations[place - 1]])
            later = chain.stations[place + 1 : place + 2] if chain.whole else chain.stations[place + 1 :]
            for after in later:
                for visit in visits[after]:
                    soon = [other for other in visits[after] if moment[other] <= moment[visit]]
                    late = [other for other in visits[station] if moment[other] >= moment[visit]]
                    if late:
                        model.add_at_most_one([made[other] for other in (*soon, *late)])


def _aim(whole: JourneyModel, problem: JourneyProblem) -> list[tuple[cp_model.IntVar, int]]:
    """The goal, the domains, and what is worth something beside the prizes."""
    model, chosen = whole.model, whole.chosen
    terms: list[tuple[cp_model.IntVar, int]] = []
    variety = round(RESOLUTION * VARIETY)
    step = round(RESOLUTION * max(STEP_SHARE * problem.max_stops, 1))
    for stage in (START, FINISH):
        own = np.flatnonzero(problem.stage == stage).tolist()
        if own:
            there = model.new_bool_var("")
            model.add_bool_or([*(chosen[activity] for activity in own), ~there])
            terms.append((there, step))
    domains: dict[int, list[int]] = defaultdict(list)
    for activity, domain in enumerate(problem.domain.tolist()):
        if domain != UNKNOWN:
            domains[domain].append(activity)
    met = [model.new_bool_var("") for _ in domains]
    for variable, own in zip(met, domains.values(), strict=True):
        model.add_bool_or([*(chosen[activity] for activity in own), ~variable])
        terms.append((variable, variety))
    if problem.min_domains:
        model.add(cp_model.LinearExpr.sum(met) >= problem.min_domains)
    if problem.per_week > 1:
        for own in by(problem.week, problem.weeks):
            if own:
                busy = model.new_bool_var("")
                model.add_bool_or([*(whole.made[visit] for visit in own), ~busy])
                terms.append((busy, variety))
    if problem.themed:
        signs = [1 if touches else -1 for touches in problem.touches.tolist()]
        model.add(cp_model.LinearExpr.weighted_sum(chosen, signs) >= 1)
    for wanted in (problem.goal_badge, problem.goal_line):
        if wanted is not None:
            model.add_bool_or([chosen[activity] for activity in wanted])
    terms += [(chosen[station], round(RESOLUTION * STATION)) for station in problem.goal_line or ()]
    return terms
