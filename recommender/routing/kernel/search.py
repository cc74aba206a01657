"""The search: ruin a part of the route, fill it up again, and keep what is not much worse."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel.dice import below, draw
from recommender.routing.kernel.recreate import recreate
from recommender.routing.kernel.ruin import ruin
from recommender.routing.kernel.schedule import backward, forward, mark_in, mark_out, way
from recommender.routing.kernel.state import (
    BEST_PRIZE,
    BEST_TIME,
    BEST_WORTH,
    CYCLE,
    CYCLE_END,
    DEAR,
    DOMAINS_MET,
    EFFORT,
    EXPONENTS,
    ITERATION,
    KEPT_WORTH,
    N_OUT,
    PINS_MET,
    PRIZE,
    STEP,
    Fixed,
    Work,
    borrowed,
    compiled,
    inlined,
)

# All settings were chosen by short and long runs on instances of several kinds; see benchmarks/README.md.
# The first cooling takes so many iterations, every next one so many times as many.
FIRST_CYCLE, GROWTH = 1500, 1.5
# Before it come short ones, each from a drawn fill: a town with far quarters is decided by the quarter one begins in.
PROBES, PROBE = 4, 250
# A route that is worth less by this share of a mean prize is taken with chance 1/e: at the start and end of a cooling.
HOT, COLD = 0.6, 0.05
# All the time there is, in shares of the best prize: equal prizes are told apart by it.
ALL_TIME = 0.01
# Of the others every third starts from a drawn fill too instead of the best route. The first probe takes the best of so
# many fills, all others a single one, so that they differ; in large problems about so many places are looked at at most.
FRESH_EVERY, FIRST_TRIES, TRIES, FRESH_EFFORT = 3, 8, 1, 400_000
# Chance has at most this say in what is inserted next, and that where there are budgets beside time, for the best rate of
# prize per minute misleads there; so often is a visit passed over.
NOISE, NOISE_TIGHT, SKIP = 0.8, 4.0, 0.05
# What an iteration costs in places looked at, beside those.
ITERATION_EFFORT = 2000


@inlined
def worth(fixed: Fixed, work: Work) -> float:
    """What the search maximises: prize, a little for time saved, and before all else pins and domains."""
    missing = fixed.n_pinned - work.tally[PINS_MET]
    short = max(fixed.min_domains - work.tally[DOMAINS_MET], 0)
    return float(work.value[PRIZE] - fixed.unmet * (missing * (fixed.min_domains + 1) + short))


@inlined
def keep(work: Work, everything: bool) -> None:
    """Let the route in work be the one kept."""
    for day in range(len(work.length)):
        if everything or work.touched[day]:
            length = work.length[day]
            work.kept_length[day] = length
            for i in range(length + 2):
                work.kept_tour[day, i] = work.tour[day, i]
                work.kept_begin[day, i] = work.begin[day, i]
                work.kept_latest[day, i] = work.latest[day, i]
    for r in range(len(work.left)):
        work.kept_left[r] = work.left[r]


@inlined
def undo(fixed: Fixed, work: Work) -> None:
    """Go back to the route kept."""
    for day in range(len(work.length)):
        if work.touched[day]:
            # Most visits are where they were: only those that are not are booked anew.
            for i in range(1, work.kept_length[day] + 1):
                work.back[work.kept_tour[day, i]] = 1
    for day in range(len(work.length)):
        if work.touched[day]:
            for i in range(1, work.length[day] + 1):
                visit = work.tour[day, i]
                if work.back[visit] == 0:
                    mark_out(fixed, work, visit)
    for day in range(len(work.length)):
        if work.touched[day]:
            length = work.kept_length[day]
            work.length[day] = length
            work.stale[day] = 1
            for i in range(length + 2):
                work.tour[day, i] = work.kept_tour[day, i]
                work.begin[day, i] = work.kept_begin[day, i]
                work.latest[day, i] = work.kept_latest[day, i]
            for i in range(1, length + 1):
                visit = work.tour[day, i]
                work.back[visit] = 0
                if work.place[visit] < 0:
                    mark_in(fixed, work, visit, day)
                else:
                    work.place[visit] = day
    for r in range(len(work.left)):
        work.left[r] = work.kept_left[r]


@inlined
def load_best(fixed: Fixed, work: Work) -> None:
    """Take the best route into work."""
    for day in range(len(work.length)):
        for i in range(1, work.length[day] + 1):
            mark_out(fixed, work, work.tour[day, i])
    for day in range(len(work.length)):
        length = work.best_length[day]
        work.length[day] = length
        for i in range(length + 2):
            work.tour[day, i] = work.best_tour[day, i]
        for i in range(1, length + 1):
            mark_in(fixed, work, work.tour[day, i], day)
        forward(fixed, work, day, 1)
        backward(fixed, work, day)
        work.stale[day] = 1


@inlined
def note_best(work: Work, value: float, time: float) -> None:
    """Remember the route in work as the best."""
    work.value[BEST_WORTH], work.value[BEST_TIME], work.value[BEST_PRIZE] = value, time, work.value[PRIZE]
    for day in range(len(work.length)):
        work.best_length[day] = work.length[day]
        for i in range(work.length[day] + 2):
            work.best_tour[day, i] = work.tour[day, i]


@compiled
def start(fixed: Fixed, work: Work) -> None:
    """The greedy fill, from nothing."""
    for day in range(len(work.length)):
        work.touched[day] = 1
        forward(fixed, work, day, 1)
        backward(fixed, work, day)
    recreate(fixed, work, 0, 0.0, 0.0, 0.5)
    keep(work, True)
    value = worth(fixed, work)
    work.value[KEPT_WORTH] = -np.inf
    note_best(work, value, way(fixed, work))


@compiled
def start_afresh(fixed: Fixed, work: Work, dear: float, tries: int) -> None:
    """Take the best of some drawn fills from nothing into work: which corner of town to go to is decided here."""
    dice, count, value = work.dice, work.tally, work.value
    value[KEPT_WORTH] = -np.inf
    noise = NOISE_TIGHT if fixed.tight else NOISE
    before = count[EFFORT]
    for _ in range(tries):
        if count[EFFORT] - before > FRESH_EFFORT:
            break
        for day in range(len(work.length)):
            for i in range(1, work.length[day] + 1):
                mark_out(fixed, work, work.tour[day, i])
            work.length[day] = 0
            work.tour[day, 1] = len(fixed.prize) + 1
            forward(fixed, work, day, 1)
            backward(fixed, work, day)
            work.touched[day], work.stale[day] = 1, 1
        exponent = below(dice, len(EXPONENTS))
        recreate(fixed, work, exponent, noise * draw(dice), SKIP, draw(dice))
        gained, time = worth(fixed, work), way(fixed, work)
        if gained - dear * time > value[KEPT_WORTH]:
            value[KEPT_WORTH] = gained - dear * time
            keep(work, True)
        if gained > value[BEST_WORTH]:
            note_best(work, gained, time)
    undo(fixed, work)


@compiled
def run(fixed: Fixed, work: Work, most_iterations: int, most_effort: int) -> None:
    """Do what ``search`` says."""
    count, value, dice = work.tally, work.value, work.dice
    days = len(work.length)
    noise = NOISE_TIGHT if fixed.tight else NOISE
    until = count[EFFORT] + most_effort
    while count[ITERATION] < most_iterations and count[EFFORT] < until:
        if count[ITERATION] >= count[CYCLE_END]:
            count[CYCLE] += 1
            cooling = count[CYCLE] - PROBES
            length = PROBE if cooling <= 0 else int(FIRST_CYCLE * GROWTH ** (cooling - 1))
            count[CYCLE_END] = count[ITERATION] + length
            value[STEP] = 1.0 / max(count[CYCLE_END] - count[ITERATION], 1)
            # What a unit of time is worth, so that equal prizes are told apart by it.
            dear = ALL_TIME * value[BEST_PRIZE] / max(fixed.day_closes.sum() - fixed.day_opens.sum(), 1e-9)
            value[DEAR] = dear
            if cooling <= 0 or cooling % FRESH_EVERY == 0:
                start_afresh(fixed, work, dear, FIRST_TRIES if count[CYCLE] == 1 else TRIES)
            else:
                load_best(fixed, work)
                keep(work, True)
                value[KEPT_WORTH] = value[BEST_WORTH] - dear * value[BEST_TIME]
        count[ITERATION] += 1
        count[EFFORT] += ITERATION_EFFORT
        for day in range(days):
            work.touched[day] = 0
        ruin(fixed, work)
        exponent = below(dice, len(EXPONENTS))
        recreate(fixed, work, exponent, noise * draw(dice), SKIP, draw(dice))
        gained = worth(fixed, work)
        time = way(fixed, work)
        new = gained - value[DEAR] * time
        made = max(len(fixed.prize) - count[N_OUT], 1)
        left = (count[CYCLE_END] - count[ITERATION]) * value[STEP]
        heat = (COLD + (HOT - COLD) * left) * value[PRIZE] / made
        if new >= value[KEPT_WORTH] + heat * np.log(1.0 - draw(dice)):
            value[KEPT_WORTH] = new
            keep(work, False)
            if gained > value[BEST_WORTH] or (gained == value[BEST_WORTH] and time < value[BEST_TIME]):
                note_best(work, gained, time)
        else:
            undo(fixed, work)


@compiled
def search(fixed: Fixed, work: Work, most_iterations: int, most_effort: int) -> None:
    """Ruin and recreate, until so many iterations are done in all or so many places were looked at in this call."""
    run(borrowed(fixed), borrowed(work), most_iterations, most_effort)
