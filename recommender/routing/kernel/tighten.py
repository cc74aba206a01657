"""Tolls under which the bound is low, by subgradient steps."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel.bound import bound, settle, total
from recommender.routing.kernel.moments import Moments
from recommender.routing.kernel.narrow import narrow
from recommender.routing.kernel.state import Fixed, borrowed, compiled
from recommender.routing.kernel.tolls import FAR, FRUITLESS, LENGTH, LOOKED, LOWEST, TAKEN, Tolls

# So many steps are taken at most. Behind so many each, ways are left out.
MOST_STEPS, NARROW = 60, 10
# After so many without a bound that is lower by this share of what is left, the next ones are shorter, by this factor.
PATIENCE, LOWER, SHORTER = 3, 1e-4, 0.7
# A step keeps so much of the direction of the one before it: without, they go to and fro.
KEPT = 0.5
# Behind so many each, a bound that is farther off than this share (of several days less) waits for a better route. Where
# there are few ways a tree is small whatever the bound.
LOOK, TOO_FAR, FEW_WAYS = 20, 0.27, 20_000


@compiled
def walk(fixed: Fixed, moments: Moments, tolls: Tolls) -> float:
    """Head for what the relaxed route leaves of each rule, and a little for where one was heading; the square of the length.

    Camerini, Fratta and Maffioli, "On improving relaxation methods by modified gradient techniques" (10.1007/BFb0120697).
    """
    slack, toll, heading = tolls.slack, tolls.toll, tolls.heading
    slack[:] = tolls.most
    cheap = np.argsort(toll[tolls.domain : tolls.badge], kind="mergesort")
    for k in range(min(fixed.min_domains, len(cheap))):
        slack[tolls.domain + cheap[k]] = -1.0
    days = len(fixed.day_opens)
    for day in range(days):
        k = len(tolls.gain) - days + day
        while tolls.via[k] >= 0:
            k = moments.to[tolls.via[k]]
            item = moments.item[k]
            for e in range(tolls.first[item], tolls.first[item + 1]):
                slack[tolls.rule[e]] -= tolls.share[e]
    square = 0.0
    for row in range(len(slack)):
        heading[row] = slack[row] + KEPT * heading[row]
        if not tolls.exact[row] and toll[row] <= 0.0 and heading[row] > 0.0:
            heading[row] = 0.0
        square += heading[row] * heading[row]
    return square


@compiled
def tighten(whole: Fixed, when: Moments, money: Tolls, aim: float, target: float, most_looked: int) -> bool:
    """Look for tolls under which the bound is low, for so many ways looked at; whether to go on later.

    Ways that no route above ``aim`` takes are left out meanwhile. Where the bound is still far after ``LOOK`` steps, the
    tally says so until it is called again.
    """
    fixed, moments, tolls = borrowed(whole), borrowed(when), borrowed(money)
    figure, tally, toll = tolls.figure, tolls.tally, tolls.toll
    tally[FAR] = 0
    until = tally[LOOKED] + most_looked
    while tally[LOOKED] < until and tally[TAKEN] < MOST_STEPS:
        tally[TAKEN] += 1
        tally[LOOKED] += moments.edge[-1] + len(tolls.gain)
        value = bound(fixed, moments, tolls)
        tally[FRUITLESS] += 1
        if value < figure[LOWEST]:
            if figure[LOWEST] - value > LOWER * abs(value - aim):
                tally[FRUITLESS] = 0
            figure[LOWEST] = value
            tolls.lowest[:] = toll
        if tally[FRUITLESS] == PATIENCE:
            figure[LENGTH] *= SHORTER
            tally[FRUITLESS] = 0
        square = walk(fixed, moments, tolls)
        if square <= 0.0 or figure[LOWEST] <= aim:
            tally[TAKEN] = MOST_STEPS
            break
        by = figure[LENGTH] * max(value - target, 1e-3 * abs(value)) / square
        for row in range(len(toll)):
            toll[row] -= by * tolls.heading[row]
            if not tolls.exact[row] and toll[row] < 0.0:
                toll[row] = 0.0
        if tally[TAKEN] % NARROW == 0:
            narrow(moments, tolls, value, aim)
        far = (1.0 + TOO_FAR / np.sqrt(len(fixed.day_opens))) * aim < figure[LOWEST] and moments.edge[-1] > FEW_WAYS
        if tally[TAKEN] % LOOK == 0 and aim > 0.0 and far:
            tally[FAR] = 1
            break
    more = tally[TAKEN] < MOST_STEPS
    if not more:
        settle(fixed, moments, tolls)
        narrow(moments, tolls, total(fixed, tolls), aim)
    return bool(more)
