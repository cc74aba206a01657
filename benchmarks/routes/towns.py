"""Random afternoons in a town as problems, with every constraint at once: whole minutes, whole cents, whole prizes."""

from __future__ import annotations

import numpy as np

from recommender.routing.problem import Problem

AFTERNOON = (780, 1110)
"""Thirteen o'clock to half past six."""


def random_problem(seed: int, n: int) -> Problem:
    """A problem of ``n`` sessions in some twenty venues.

    Two in three begin at a fixed moment, the others are doors that are open for hours, some with a lunch break. An
    activity has one to three sessions. One afternoon, in one town out of four two. Money, stops, visits of one kind; two
    badges that one in twelve gives and one in twelve asks for; one or two pinned activities in half of the towns; up to
    three domains.
    """
    rng = np.random.default_rng([n, seed])
    days = 2 if seed % 4 == 3 else 1
    venues = rng.integers(0, 4000, (20, 2))
    at = rng.integers(0, 20, n)
    home = rng.integers(1000, 3000, (1, 2))
    points = np.vstack([venues[at], home, home])
    # On a bicycle, 250 metres a minute; rounded up, so that the direct way stays the shortest.
    metres = np.abs(points[:, None] - points[None]).sum(axis=2)
    travel = np.ceil(metres / 250)
    group = np.zeros(n, dtype=np.int32)
    for row in range(1, n):
        group[row] = group[row - 1] + (rng.random() < 0.65)
    n_groups = int(group[-1]) + 1
    opens = np.full((days, n, 2), np.nan)
    closes = opens.copy()
    service = np.zeros(n)
    for row in range(n):
        day = int(rng.integers(days))
        if rng.random() < 0.67:
            service[row] = rng.choice([30, 45, 60, 90])
            begin = AFTERNOON[0] + 15 * int(rng.integers(0, 18))
            opens[day, row, 0] = closes[day, row, 0] = begin
            continue
        service[row] = rng.choice([20, 30, 40])
        for door in range(days):
            first = AFTERNOON[0] + int(rng.integers(0, 60))
            last = first + int(rng.integers(60, 220))
            opens[door, row, 0], closes[door, row, 0] = first, last
            if rng.random() < 0.4:
                noon = first + int(rng.integers(20, 40))
                closes[door, row, 0], opens[door, row, 1], closes[door, row, 1] = noon, noon + 30, max(last, noon + 31)
    price = rng.choice([0, 0, 0, 250, 500, 795], n_groups)[group]
    kind = (rng.integers(0, 4, n_groups) == 0)[group]
    badge = rng.integers(0, 24, n_groups)[group]
    awards = np.where(badge < 2, 1 << badge, 0).astype(np.uint64)
    requires = np.where((badge >= 2) & (badge < 4), 1 << (badge % 2), 0).astype(np.uint64)
    prize = rng.integers(1, 60, n_groups)[group] + rng.integers(1, 40, n)
    pinned = rng.choice(n_groups, int(rng.integers(1, 3)), replace=False) if seed % 2 else np.empty(0)
    return Problem(
        prize=prize.astype(np.float64),
        service=service,
        opens=opens,
        closes=closes,
        travel=travel,
        day_opens=np.full(days, float(AFTERNOON[0])),
        day_closes=np.full(days, float(AFTERNOON[1])),
        group=group,
        pinned=np.sort(pinned).astype(np.int32),
        use=np.stack([np.ones(n), price.astype(np.float64), kind.astype(np.float64)]),
        limit=np.array([float(rng.integers(3, 7)) * days, float(rng.integers(2, 16)) * 100, 2.0]),
        awards=awards,
        requires=requires,
        domain=rng.integers(-1, 7, n_groups)[group].astype(np.int32),
        min_domains=int(rng.integers(0, 4)),
    )
