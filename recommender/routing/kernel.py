"""The search: ruin a part of the route, fill it up again, and keep what is not much worse."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel_dice import below, draw
from recommender.routing.kernel_recreate import recreate
from recommender.routing.kernel_ruin import ruin
from recommender.routing.kernel_schedule import backward, forward, mark_in, mark_out, way
from recommender.routing.kernel_state import (
    BEST_PRIZE,
    BEST_TIME,
    BEST_WORTH,
    CYCLE,
    CYCLE_END,
    DOMAINS_MET,
    EFFORT,
    ITERATION,
    KEPT_WORTH,
    N_OUT,
    PINS_MET,
    PRIZE,
    Fixed,
    Work,
    borrowed,
    compiled,
    inlined,
)


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
    recreate(fixed, work, 1, 0.0, 0.0, 0.5)
    keep(work, True)
    value = worth(fixed, work)
    work.value[KEPT_WORTH] = -np.inf
    note_best(work, value, way(fixed, work))


@compiled
def run(fixed: Fixed, work: Work, most_iterations: int, most_effort: int) -> None:
    """Do what ``search`` says."""
    count, value, settings, dice = work.tally, work.value, work.settings, work.dice
    days = len(work.length)
    count[EFFORT] = 0
    while count[ITERATION] < most_iterations and count[EFFORT] < most_effort:
        if count[ITERATION] >= count[CYCLE_END]:
            count[CYCLE] += 1
            count[CYCLE_END] = count[ITERATION] + int(settings[10] * settings[11] ** (count[CYCLE] - 1))
            value[8] = 1.0 / max(count[CYCLE_END] - count[ITERATION], 1)
            load_best(fixed, work)
            keep(work, True)
            value[KEPT_WORTH] = value[BEST_WORTH] - settings[9] * value[BEST_TIME]
        count[ITERATION] += 1
        count[EFFORT] += 2000
        for day in range(days):
            work.touched[day] = 0
        ruin(fixed, work)
        exponent = int(settings[12]) + below(dice, int(settings[13]))
        weight = settings[16] + (settings[17] - settings[16]) * draw(dice)
        recreate(fixed, work, exponent, settings[14] * draw(dice), settings[15], weight)
        gained = worth(fixed, work)
        time = way(fixed, work)
        new = gained - settings[9] * time
        made = max(len(fixed.prize) - count[N_OUT], 1)
        left = (count[CYCLE_END] - count[ITERATION]) * value[8]
        heat = (settings[8] + (settings[7] - settings[8]) * left) * value[PRIZE] / made
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
