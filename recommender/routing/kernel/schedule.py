"""Times along a day, and putting a visit in or taking it out."""

from __future__ import annotations

import numpy as np

from recommender.city import Float64, Int32
from recommender.routing.kernel.state import (
    DOMAINS_MET,
    N_OUT,
    PINS_MET,
    PRIZE,
    Fixed,
    Work,
    inlined,
)


@inlined
def begin_at(opens: Float64, closes: Float64, day: int, visit: int, arrival: float) -> float:
    """The first moment at or after ``arrival`` at which a visit may begin; infinite when it is too late."""
    moment = np.inf
    for w in range(opens.shape[1] - 1, -1, -1):
        if arrival <= closes[day, w, visit]:
            moment = max(arrival, opens[day, w, visit])
    return moment


@inlined
def begin_by(opens: Float64, closes: Float64, day: int, visit: int, bound: float) -> float:
    """The last moment at or before ``bound`` at which a visit may begin; minus infinity when there is none."""
    moment = -np.inf
    for w in range(opens.shape[1]):
        if bound >= opens[day, w, visit]:
            moment = min(bound, closes[day, w, visit])
    return moment


@inlined
def forward(fixed: Fixed, work: Work, day: int, at: int) -> bool:
    """Recompute when visits begin, from place ``at`` on; whether all can."""
    n = len(fixed.prize)
    tour, begin, come, opens, closes = work.tour, work.begin, fixed.come, fixed.opens, fixed.closes
    begin[day, 0] = fixed.day_opens[day]
    last = work.length[day] + 1
    moment = begin[day, at - 1]
    before = tour[day, at - 1]
    for i in range(at, last):
        visit = tour[day, i]
        moment = begin_at(opens, closes, day, visit, moment + come[visit, before])
        begin[day, i] = moment
        before = visit
        if moment == np.inf:
            return False
    begin[day, last] = moment + come[n + 1, before]
    return bool(begin[day, last] <= fixed.day_closes[day])


@inlined
def backward(fixed: Fixed, work: Work, day: int) -> None:
    """Recompute until when visits may begin."""
    tour, latest, go, opens, closes = work.tour, work.latest, fixed.go, fixed.opens, fixed.closes
    last = work.length[day] + 1
    bound = fixed.day_closes[day]
    latest[day, last] = bound
    after = tour[day, last]
    for i in range(last - 1, 0, -1):
        visit = tour[day, i]
        bound = begin_by(opens, closes, day, visit, bound - go[visit, after])
        latest[day, i] = bound
        after = visit


@inlined
def swap(out: Int32, slot: Int32, visit: int, to: int) -> None:
    """Bring a visit to place ``to`` of ``out``: what is not made stands before what is made."""
    other, old = out[to], slot[visit]
    out[old], slot[other] = other, old
    out[to], slot[visit] = visit, to


@inlined
def mark_in(fixed: Fixed, work: Work, visit: int, day: int) -> None:
    """Book a visit as made: prize, group, budgets, domain."""
    count = work.tally
    work.place[visit] = day
    count[N_OUT] -= 1
    swap(work.out, work.slot, visit, count[N_OUT])
    group = fixed.group[visit]
    if work.taken[group] == 0:
        count[PINS_MET] += fixed.pinned[group]
    work.taken[group] += 1
    for r in range(len(work.left)):
        work.left[r] -= fixed.use[visit, r]
    domain = fixed.domain[visit]
    if domain >= 0:
        if work.met[domain] == 0:
            count[DOMAINS_MET] += 1
        work.met[domain] += 1
    work.value[PRIZE] += fixed.prize[visit]


@inlined
def mark_out(fixed: Fixed, work: Work, visit: int) -> None:
    """Book a visit as not made."""
    count = work.tally
    work.place[visit] = -1
    swap(work.out, work.slot, visit, count[N_OUT])
    count[N_OUT] += 1
    group = fixed.group[visit]
    work.taken[group] -= 1
    if work.taken[group] == 0:
        count[PINS_MET] -= fixed.pinned[group]
    for r in range(len(work.left)):
        work.left[r] += fixed.use[visit, r]
    domain = fixed.domain[visit]
    if domain >= 0:
        work.met[domain] -= 1
        if work.met[domain] == 0:
            count[DOMAINS_MET] -= 1
    work.value[PRIZE] -= fixed.prize[visit]


@inlined
def insert(fixed: Fixed, work: Work, visit: int, day: int, at: int) -> bool:
    """Put a visit behind place ``at``; undone, and False, when rounding makes it late after all."""
    tour = work.tour[day]
    length = work.length[day]
    for i in range(length + 1, at, -1):
        tour[i + 1] = tour[i]
    tour[at + 1] = visit
    work.length[day] = length + 1
    if not forward(fixed, work, day, at + 1):
        for i in range(at + 1, length + 2):
            tour[i] = tour[i + 1]
        work.length[day] = length
        forward(fixed, work, day, at + 1)
        return False
    backward(fixed, work, day)
    work.stale[day] = 1
    mark_in(fixed, work, visit, day)
    return True


@inlined
def tidy(fixed: Fixed, work: Work, day: int) -> None:
    """Close the gaps that visits marked as not made left in a day, and bring its times up to date.

    Where a detour is quicker than the straight way, a visit less can make a day too long: then it is emptied.
    """
    tour = work.tour[day]
    length = work.length[day]
    kept = 0
    for i in range(1, length + 2):
        visit = tour[i]
        if i == length + 1 or work.place[visit] == day:
            kept += 1
            tour[kept] = visit
    work.length[day] = kept - 1
    if not forward(fixed, work, day, 1) and kept > 1:
        for i in range(1, kept):
            mark_out(fixed, work, tour[i])
        tour[1] = tour[kept]
        work.length[day] = 0
        kept = 1
        forward(fixed, work, day, 1)
    backward(fixed, work, day)
    work.stale[day] = 1


@inlined
def way(fixed: Fixed, work: Work) -> float:
    """Travel and service of all days."""
    total = 0.0
    for day in range(len(work.length)):
        if work.length[day] == 0:
            continue
        for i in range(work.length[day] + 1):
            total += fixed.go[work.tour[day, i], work.tour[day, i + 1]]
    return total
