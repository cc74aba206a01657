"""Take part of a route out: strings of neighbours in time, single visits, or whole days."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel.dice import below, draw
from recommender.routing.kernel.schedule import mark_out, tidy
from recommender.routing.kernel.state import Fixed, Work, compiled, inlined

# Up to which draw a string, single visits, or poor visits are taken out; above, a whole day.
STRINGS, SINGLES, POOR = 0.75, 0.85, 0.98
# A string has at most so many visits, and at most this share of its day's.
LONGEST, LONGEST_SHARE = 10, 0.6
# So many strings spare some of their middle; each further visit spared is half as likely.
SPARING = 0.5
# On so many days at most a string is taken.
MOST_STRINGS = 4


@inlined
def take_string(fixed: Fixed, work: Work, day: int, centre: int, size: int, spared: int) -> None:
    """Take ``size`` visits around place ``centre`` of a day out, but for ``spared`` in their middle.

    Christiaens and Vanden Berghe, "Slack induction by string removals" (10.1287/trsc.2019.0914).
    """
    length = work.length[day]
    span = min(size + spared, length)
    lowest = max(1, centre - span + 1)
    highest = min(centre, length - span + 1)
    start = lowest + below(work.dice, highest - lowest + 1)
    hole = start + 1 + below(work.dice, max(span - spared - 1, 1))
    for i in range(start, start + span):
        if hole <= i < hole + spared and span > spared:
            continue
        mark_out(fixed, work, work.tour[day, i])
    work.touched[day] = 1


@inlined
def take_any(fixed: Fixed, work: Work, share: float) -> None:
    """Take each visit out with a chance."""
    for day in range(len(work.length)):
        for i in range(1, work.length[day] + 1):
            if draw(work.dice) < share:
                mark_out(fixed, work, work.tour[day, i])
                work.touched[day] = 1


@inlined
def take_poor(fixed: Fixed, work: Work, day: int, most: int) -> None:
    """Take out visits that bring little for their time, drawn."""
    length = work.length[day]
    for _ in range(most):
        worst, found = np.inf, -1
        for i in range(1, length + 1):
            visit = work.tour[day, i]
            if work.place[visit] != day:
                continue
            before, after = work.tour[day, i - 1], work.tour[day, i + 1]
            cost = fixed.go[before, visit] + fixed.go[visit, after]
            if fixed.go[before, after] < np.inf:
                cost -= fixed.go[before, after]
            value = fixed.prize[visit] / (max(cost, 0.0) + 1e-9) * (0.3 + draw(work.dice))
            if value < worst:
                worst, found = value, i
        if found > 0:
            mark_out(fixed, work, work.tour[day, found])
            work.touched[day] = 1


@inlined
def place_of(work: Work, visit: int) -> int:
    """Where in its day a visit stands."""
    day = work.place[visit]
    for i in range(1, work.length[day] + 1):
        if work.tour[day, i] == visit:
            return i
    return -1


@compiled
def drop_orphans(fixed: Fixed, work: Work) -> None:
    """Take out what asks for a badge that nothing before it gives any more."""
    have = np.uint64(0)
    for day in range(len(work.length)):
        dropped = False
        for i in range(1, work.length[day] + 1):
            visit = work.tour[day, i]
            if fixed.requires[visit] & ~have:
                mark_out(fixed, work, visit)
                dropped = True
            else:
                have |= fixed.awards[visit]
        if dropped:
            work.touched[day] = 1
            tidy(fixed, work, day)


@compiled
def ruin(fixed: Fixed, work: Work) -> None:
    """One of the ways above, drawn; then the days that changed are tidied."""
    dice = work.dice
    days = len(work.length)
    made = len(fixed.prize) - work.tally[0]
    if made > 0:
        kind = draw(dice)
        centre = work.out[work.tally[0] + below(dice, made)]
        day = work.place[centre]
        length = work.length[day]
        longest = max(1.0, min(LONGEST, LONGEST_SHARE * length))
        if kind < STRINGS:
            strings = 1
            if days > 1:
                strings += below(dice, min(days, MOST_STRINGS))
            seed = centre
            step = 0
            while strings > 0:
                day = work.place[centre]
                if work.place[centre] >= 0 and work.touched[day] == 0:
                    longest = max(1.0, min(LONGEST, LONGEST_SHARE * work.length[day]))
                    size = 1 + int(draw(dice) * longest)
                    spared = 0
                    if draw(dice) < SPARING and size > 1:
                        spared = 1
                        while draw(dice) < 0.5 and spared + size < work.length[day]:
                            spared += 1
                    take_string(fixed, work, day, place_of(work, centre), size, spared)
                    strings -= 1
                if step >= fixed.near.shape[1]:
                    break
                centre = fixed.near[seed, step]
                step += 1
        elif kind < SINGLES:
            take_any(fixed, work, min(1.0, (1.0 + draw(dice) * longest) / made))
        elif kind < POOR:
            take_poor(fixed, work, day, 1 + int(draw(dice) * longest))
        else:
            for i in range(1, length + 1):
                mark_out(fixed, work, work.tour[day, i])
            work.touched[day] = 1
    for day in range(days):
        if work.touched[day]:
            tidy(fixed, work, day)
    if fixed.has_badges:
        drop_orphans(fixed, work)
