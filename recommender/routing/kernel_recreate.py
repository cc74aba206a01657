"""Fill a route up: of all visits that still fit, again and again the one that is worth most for its time."""

from __future__ import annotations

import numpy as np

from recommender.city import Float64, Int32
from recommender.routing.kernel_dice import draw
from recommender.routing.kernel_schedule import insert
from recommender.routing.kernel_state import DOMAINS_MET, EFFORT, N_OUT, Fixed, Int64, Work, compiled, inlined
from recommender.routing.problem import UInt64


@inlined
def allowed(use: Float64, left: Float64, visit: int) -> bool:
    """Whether the budgets leave room for a visit."""
    fits = True
    for r in range(len(left)):
        if use[visit, r] > left[r]:
            fits = False
    return fits


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


@inlined
def best_place(
    go: Float64,
    come: Float64,
    opens: Float64,
    closes: Float64,
    tour: Int32,
    begin: Float64,
    latest: Float64,
    visit: int,
    day: int,
    start: int,
    length: int,
    first: float,
    last: float,
    weight: float,
) -> tuple[float, int]:
    """Where in a day a visit costs least; infinite cost when nowhere.

    The cost is a mix of the detour with its service and of how much later the next visit begins.
    """
    best, place = np.inf, -1
    windows = opens.shape[2]
    for i in range(start, length + 1):
        if begin[day, i] > last:
            break
        bound = latest[day, i + 1]
        if bound < first:
            continue
        before, after = tour[day, i], tour[day, i + 1]
        arrival = begin[day, i] + come[visit, before]
        if arrival > last:
            continue
        if windows == 1:
            time = max(arrival, first)
        else:
            w = 0
            while arrival > closes[day, visit, w]:
                w += 1
            time = max(arrival, opens[day, visit, w])
        time += go[visit, after]
        if time > bound:
            continue
        detour = come[visit, before] + go[visit, after]
        straight = go[before, after]
        if straight < np.inf:
            detour -= straight
        cost = weight * detour + (1.0 - weight) * max(time - begin[day, i + 1], 0.0)
        if cost < best:
            best, place = cost, i
    return best, place


@compiled
def recreate(fixed: Fixed, work: Work, exponent: int, noise: float, skip: float, weight: float) -> None:
    """Insert until nothing fits.

    ``exponent`` and ``weight`` say what counts, ``noise`` how much chance has a say, ``skip`` how often a visit is
    passed over.
    """
    go, come, opens, closes, firsts, lasts = fixed.go, fixed.come, fixed.opens, fixed.closes, fixed.first, fixed.last
    group, pinned, domain, use, requires = fixed.group, fixed.pinned, fixed.domain, fixed.use, fixed.requires
    appeals, awards = fixed.appeal, fixed.awards
    tour, begin, latest, lengths, touched = work.tour, work.begin, work.latest, work.length, work.touched
    taken, left, met, out, count, dice = work.taken, work.left, work.met, work.out, work.tally, work.dice
    fit, fit_day, fit_at, fit_cost, chosen = work.fit, work.fit_day, work.fit_at, work.fit_cost, work.chosen
    badges, coupled, days = fixed.has_badges, fixed.coupled, len(work.length)
    fits = 0
    effort = 0
    for k in range(count[N_OUT]):
        visit = out[k]
        wanted = pinned[group[visit]] or domain[visit] >= 0
        if (appeals[exponent, visit] <= 0.0 or (skip > 0.0 and draw(dice) < skip)) and not wanted:
            continue
        if taken[group[visit]] > 0 or not allowed(use, left, visit):
            continue
        from_day, from_at = 0, 0
        if badges and requires[visit]:
            from_day, from_at = unlocked(requires, awards, tour, lengths, visit)
        everywhere = coupled or chosen[visit] == 1
        best, best_day, best_at = np.inf, -1, -1
        for day in range(from_day, days):
            if (everywhere or touched[day]) and firsts[day, visit] < np.inf:
                effort += lengths[day] + 1
                cost, at = best_place(
                    go,
                    come,
                    opens,
                    closes,
                    tour,
                    begin,
                    latest,
                    visit,
                    day,
                    from_at if day == from_day else 0,
                    lengths[day],
                    firsts[day, visit],
                    lasts[day, visit],
                    weight,
                )
                if cost < best:
                    best, best_day, best_at = cost, day, at
        if best_day >= 0 or (badges and requires[visit]):
            fit[fits], fit_day[visit], fit_at[visit], fit_cost[visit] = visit, best_day, best_at, best
            fits += 1
    while fits > 0:
        highest, found = -1.0, -1
        short = count[DOMAINS_MET] < fixed.min_domains
        for k in range(fits):
            visit = fit[k]
            if fit_day[visit] < 0:
                continue
            value = appeals[exponent, visit] / (fit_cost[visit] + 1e-6) * (1.0 - noise * draw(dice))
            if pinned[group[visit]]:
                value = (value + 1.0) * 1e12
            elif short and domain[visit] >= 0 and met[domain[visit]] == 0:
                value = (value + 1.0) * 1e6
            if value > highest:
                highest, found = value, k
        if found < 0:
            break
        made = fit[found]
        there = fit_day[made]
        fits -= 1
        fit[found] = fit[fits]
        if highest <= 0.0 or not insert(fixed, work, made, there, fit_at[made]):
            continue
        touched[there] = 1
        kept = 0
        for k in range(fits):
            visit = fit[k]
            if taken[group[visit]] > 0 or not allowed(use, left, visit):
                continue
            if badges or fit_day[visit] == there:
                from_day, from_at = 0, 0
                if badges and requires[visit]:
                    from_day, from_at = unlocked(requires, awards, tour, lengths, visit)
                best, best_day, best_at = np.inf, -1, -1
                for day in range(from_day, days):
                    if firsts[day, visit] < np.inf:
                        effort += lengths[day] + 1
                        cost, at = best_place(
                            go,
                            come,
                            opens,
                            closes,
                            tour,
                            begin,
                            latest,
                            visit,
                            day,
                            from_at if day == from_day else 0,
                            lengths[day],
                            firsts[day, visit],
                            lasts[day, visit],
                            weight,
                        )
                        if cost < best:
                            best, best_day, best_at = cost, day, at
                if best_day < 0 and not (badges and requires[visit]):
                    continue
                fit_day[visit], fit_at[visit], fit_cost[visit] = best_day, best_at, best
            fit[kept] = visit
            kept += 1
        fits = kept
    count[EFFORT] += effort
