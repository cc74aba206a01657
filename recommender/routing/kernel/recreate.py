"""Fill a route up: of all visits that still fit, again and again the one that is worth most for its time."""

from __future__ import annotations

import numpy as np

from recommender.city import Float64, Int32
from recommender.routing.kernel.dice import draw
from recommender.routing.kernel.schedule import begin_at, insert
from recommender.routing.kernel.state import DOMAINS_MET, EFFORT, N_OUT, Fixed, Int64, Work, compiled, inlined
from recommender.routing.problem import UInt64

# Where there are budgets beside time, time need not be what is scarce: in this share of the fills prize alone counts.
FLAT = 0.3
# Of several days chance takes away at most this share of what an insertion is worth.
MOST_JITTER = 0.9


@inlined
def allowed(fixed: Fixed, work: Work, visit: int) -> bool:
    """Whether group and budgets leave room for a visit."""
    short = work.taken[fixed.group[visit]] > 0
    for r in range(len(work.left)):
        if fixed.use[visit, r] > work.left[r]:
            short = True
    return not short


@compiled
def unlocked(requires: UInt64, awards: UInt64, tour: Int32, length: Int64, visit: int) -> tuple[int, int]:
    """The first day and place behind which a visit has the badges it asks for; a day too many when nowhere."""
    need = requires[visit]
    for day in range(len(length)):
        for i in range(1, length[day] + 1):
            need &= ~awards[tour[day, i]]
            if need == 0:
                return day, i
    return len(length), 0


@compiled
def scan_gap(
    away: Float64,
    home: Float64,
    first: Float64,
    last: Float64,
    cost: Float64,
    cost_at: Int64,
    moment: float,
    bound: float,
    next_begin: float,
    straight: float,
    weight: float,
    at: int,
) -> None:
    """Note for all visits at once whether the gap behind place ``at`` is their cheapest.

    Free of branches and over whole rows, so that the processor takes many visits in one step; visits with one window.
    """
    detour, shift = weight, 1.0 - weight
    for visit in range(len(cost)):
        arrival = moment + away[visit]
        begin = arrival if arrival > first[visit] else first[visit]
        reach = begin + home[visit]
        late = reach - next_begin
        price = detour * (away[visit] + home[visit] - straight) + shift * (late if late > 0.0 else 0.0)
        better = (arrival <= last[visit]) & (reach <= bound) & (price < cost[visit])
        cost[visit] = price if better else cost[visit]
        cost_at[visit] = at if better else cost_at[visit]


@compiled
def scan_gap_windows(
    away: Float64,
    home: Float64,
    opens: Float64,
    closes: Float64,
    start: Float64,
    cost: Float64,
    cost_at: Int64,
    moment: float,
    bound: float,
    next_begin: float,
    straight: float,
    weight: float,
    at: int,
) -> None:
    """The same for visits with several windows."""
    detour, shift = weight, 1.0 - weight
    for visit in range(len(cost)):
        start[visit] = np.inf
    for w in range(len(opens) - 1, -1, -1):
        for visit in range(len(cost)):
            arrival = moment + away[visit]
            begin = arrival if arrival > opens[w, visit] else opens[w, visit]
            start[visit] = begin if arrival <= closes[w, visit] else start[visit]
    for visit in range(len(cost)):
        reach = start[visit] + home[visit]
        late = reach - next_begin
        price = detour * (away[visit] + home[visit] - straight) + shift * (late if late > 0.0 else 0.0)
        better = (reach <= bound) & (price < cost[visit])
        cost[visit] = price if better else cost[visit]
        cost_at[visit] = at if better else cost_at[visit]


@compiled
def scan_day(fixed: Fixed, work: Work, day: int, weight: float) -> None:
    """What each visit would cost in its cheapest gap of a day; infinite where it fits nowhere."""
    n = len(fixed.prize)
    length = work.length[day]
    cost, cost_at = work.cost[day], work.cost_at[day]
    single = fixed.opens.shape[1] == 1
    for visit in range(n):
        cost[visit] = np.inf
    for i in range(length + 1):
        before, after = work.tour[day, i], work.tour[day, i + 1]
        moment, bound, next_begin = work.begin[day, i], work.latest[day, i + 1], work.begin[day, i + 1]
        straight = fixed.go[before, after]
        if straight == np.inf:
            straight, next_begin = 0.0, moment
        elif bound - moment - straight < fixed.least:
            continue
        away, home = fixed.go[before, :n], fixed.come[after, :n]
        if single:
            scan_gap(
                away, home, fixed.first[day], fixed.last[day], cost, cost_at,
                moment, bound, next_begin, straight, weight, i,
            )  # fmt: skip
        else:
            scan_gap_windows(
                away, home, fixed.opens[day], fixed.closes[day], work.start, cost, cost_at,
                moment, bound, next_begin, straight, weight, i,
            )  # fmt: skip
    work.tally[EFFORT] += (length + 1) * n
    work.stale[day] = 0
    if fixed.has_badges:
        for k in range(work.tally[N_OUT]):
            visit = work.out[k]
            if fixed.requires[visit]:
                scan_locked(fixed, work, day, visit, weight)


@inlined
def scan_locked(fixed: Fixed, work: Work, day: int, visit: int, weight: float) -> None:
    """The same for one visit that asks for badges: only behind the visits that give them."""
    from_day, from_at = unlocked(fixed.requires, fixed.awards, work.tour, work.length, visit)
    work.cost[day, visit] = np.inf
    if day < from_day:
        return
    for i in range(from_at if day == from_day else 0, work.length[day] + 1):
        before, after = work.tour[day, i], work.tour[day, i + 1]
        arrival = work.begin[day, i] + fixed.come[visit, before]
        reach = begin_at(fixed.opens, fixed.closes, day, visit, arrival) + fixed.go[visit, after]
        if reach <= work.latest[day, i + 1]:
            price = weight * (fixed.come[visit, before] + fixed.go[visit, after])
            if fixed.go[before, after] < np.inf:
                price -= weight * fixed.go[before, after]
                price += (1.0 - weight) * max(reach - work.begin[day, i + 1], 0.0)
            if price < work.cost[day, visit]:
                work.cost[day, visit], work.cost_at[day, visit] = price, i


@compiled
def recreate(fixed: Fixed, work: Work, exponent: int, noise: float, skip: float, weight: float) -> None:
    """Insert until nothing fits.

    ``exponent`` and ``weight`` say what counts, ``noise`` how much chance has a say (above 1 some visits are passed over),
    ``skip`` how often a visit is passed over anyhow.
    """
    appeal, cost, fit, lure, dice, out = fixed.appeal, work.cost, work.fit, work.lure, work.dice, work.out
    days = len(work.length)
    for day in range(days):
        if work.stale[day] or fixed.has_badges:
            scan_day(fixed, work, day, weight)
    fits = 0
    for k in range(work.tally[N_OUT]):
        visit = out[k]
        lowest = np.inf
        for day in range(days):
            lowest = min(lowest, cost[day, visit])
        if lowest == np.inf and not (fixed.has_badges and fixed.requires[visit]):
            continue
        wanted = fixed.pinned[fixed.group[visit]] or fixed.domain[visit] >= 0
        if (appeal[exponent, visit] <= 0.0 or (skip > 0.0 and draw(dice) < skip)) and not wanted:
            continue
        if allowed(fixed, work, visit):
            fit[fits] = visit
            fits += 1
            lure[visit] = appeal[exponent, visit] * (1.0 - noise * draw(dice))
    jitter = min(0.5 * noise, MOST_JITTER) if days > 1 else 0.0
    flat = fixed.tight and noise > 0.0 and draw(dice) < FLAT
    while fits > 0:
        highest, found, there = 0.0, -1, -1
        short = work.tally[DOMAINS_MET] < fixed.min_domains
        for k in range(fits):
            visit = fit[k]
            for day in range(days):
                if cost[day, visit] < np.inf:
                    value = lure[visit] / (1.0 if flat else cost[day, visit] + 1e-6)
                    if fixed.pinned[fixed.group[visit]]:
                        value = (max(value, 0.0) + 1.0) * 1e12
                    elif short and fixed.domain[visit] >= 0 and work.met[fixed.domain[visit]] == 0:
                        value = (max(value, 0.0) + 1.0) * 1e6
                    if jitter > 0.0:
                        value *= 1.0 - jitter * draw(dice)
                    if value > highest:
                        highest, found, there = value, k, day
        if found < 0:
            break
        made = fit[found]
        fits -= 1
        fit[found] = fit[fits]
        if not insert(fixed, work, made, there, work.cost_at[there, made]):
            continue
        work.touched[there] = 1
        scan_day(fixed, work, there, weight)
        if fixed.has_badges and fixed.awards[made]:
            for day in range(there + 1, days):
                scan_day(fixed, work, day, weight)
        kept = 0
        for k in range(fits):
            visit = fit[k]
            fit[kept] = visit
            if allowed(fixed, work, visit):
                lowest = np.inf
                for day in range(days):
                    lowest = min(lowest, cost[day, visit])
                if lowest < np.inf or (fixed.has_badges and fixed.requires[visit]):
                    kept += 1
        fits = kept
