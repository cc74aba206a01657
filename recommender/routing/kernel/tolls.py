"""How much a route can be worth at most: rules are lifted, and breaking them costs a toll instead.

Lagrangian relaxation, its tolls by subgradient steps, over a relaxed space of states: Christofides, Mingozzi and Toth,
"State-space relaxation procedures for the computation of bounds to routing problems" (10.1002/net.3230110207).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float64, Int32
from recommender.routing.kernel.moments import Moments
from recommender.routing.kernel.state import Fixed, Int64, borrowed, compiled

# So many steps are taken at most. After so many without a lower bound the next ones are shorter, by this factor.
MOST_STEPS, PATIENCE, SHORTER = 80, 4, 0.6
# After so many of them a bound that is farther off than this share is left alone: a tree below it would be too large. Where
# there are few ways a tree is small whatever the bound.
LOOK, FAR, FEW_WAYS = 20, 0.25, 20_000
# Places in ``Tolls.figure`` and ``Tolls.tally``.
LOWEST, LENGTH = range(2)
TAKEN, FRUITLESS, LOOKED, HOPELESS = range(4)


class Tolls(NamedTuple):
    """Rules as rows of ``share`` times visits at most ``most``, and what breaking each costs.

    Visit j has a share in rules ``rule[first[j]:first[j + 1]]``. Rules in order: groups, budgets, domains from row
    ``domain`` on, visits that ask for badges from row ``badge`` on. Where ``exact``, the toll may be negative. ``net`` is a
    prize without tolls; ``gain[k]`` is the most that can follow moment k, ``worth[k]`` adds its own net prize, and ``via[k]`` is
    the way to take. ``lowest`` are the tolls of the lowest bound.
    """

    first: Int64
    rule: Int32
    share: Float64
    most: Float64
    exact: NDArray[np.uint8]
    domain: int
    badge: int
    toll: Float64
    lowest: Float64
    slack: Float64
    net: Float64
    gain: Float64
    worth: Float64
    via: Int64
    figure: Float64
    tally: Int64


def tolls_of(fixed: Fixed, moments: Moments) -> Tolls:
    """Every rule with a toll of nothing."""
    n, budgets = len(fixed.prize), len(fixed.limit)
    groups = int(fixed.group.max()) + 1
    domains = int(fixed.domain.max()) + 1 if fixed.min_domains > 0 else 0
    asking = np.flatnonzero(fixed.requires)
    domain, badge = groups + budgets, groups + budgets + domains
    shares = np.zeros((n, badge + len(asking)))
    shares[np.arange(n), fixed.group] = 1.0
    # A visit counts for one on average, whatever the unit of the budget.
    scale = np.array([used[used > 0].mean() if (used > 0).any() else 1.0 for used in fixed.use.T])
    shares[:, groups:domain] = fixed.use / scale
    known = np.flatnonzero(fixed.domain >= 0) if domains else np.empty(0, dtype=np.int64)
    shares[known, domain + fixed.domain[known]] = -1.0
    for row, visit in enumerate(asking):
        gives = (fixed.awards & fixed.requires[visit] > 0) & (fixed.group != fixed.group[visit])
        shares[gives, badge + row] -= 1.0
        shares[visit, badge + row] += 1.0
    rules = shares.shape[1]
    most = np.zeros(rules)
    most[:groups], most[groups:domain] = 1.0, fixed.limit / scale
    exact = np.zeros(rules, dtype=np.uint8)
    exact[:groups] = fixed.pinned[:groups]
    visits, rule = np.nonzero(shares)
    states = len(moments.home)
    return Tolls(
        first=np.searchsorted(visits, np.arange(n + 1)).astype(np.int64),
        rule=rule.astype(np.int32),
        share=shares[visits, rule],
        most=most,
        exact=exact,
        domain=domain,
        badge=badge,
        toll=np.zeros(rules),
        lowest=np.zeros(rules),
        slack=np.zeros(rules),
        net=np.zeros(n),
        gain=np.zeros(states),
        worth=np.zeros(states),
        via=np.zeros(states, dtype=np.int64),
        figure=np.array([np.inf, 1.0]),
        tally=np.zeros(4, dtype=np.int64),
    )


@compiled
def bound(fixed: Fixed, moments: Moments, tolls: Tolls) -> float:
    """The most a route can be worth with tolls in the place of rules; sets what there is to gain from each moment."""
    net, gain, worth, via, toll = tolls.net, tolls.gain, tolls.worth, tolls.via, tolls.toll
    n, days = len(fixed.prize), len(fixed.day_opens)
    for j in range(n):
        left = fixed.prize[j]
        for e in range(tolls.first[j], tolls.first[j + 1]):
            left -= tolls.share[e] * toll[tolls.rule[e]]
        net[j] = left
    last = len(gain) - days
    for k in range(len(gain)):
        most, through = -moments.home[k], -1
        for e in range(moments.edge[k], moments.edge[k + 1]):
            value = worth[moments.to[e]] - moments.far[e]
            if value > most:
                most, through = value, e
        gain[k], via[k] = most, through
        worth[k] = most + net[moments.visit[k]] if k < last else most
    total = base(fixed, tolls)
    for day in range(days):
        total += gain[last + day]
    return total


@compiled
def base(fixed: Fixed, tolls: Tolls) -> float:
    """The tolls that are not to be paid when nothing is visited; of the domains asked for, the cheapest."""
    total = 0.0
    for row in range(tolls.domain):
        total += tolls.most[row] * tolls.toll[row]
    cheap = np.sort(tolls.toll[tolls.domain : tolls.badge])
    for k in range(min(fixed.min_domains, len(cheap))):
        total -= cheap[k]
    return total


@compiled
def walk(fixed: Fixed, moments: Moments, tolls: Tolls) -> float:
    """What the relaxed route leaves of each rule, as a direction; the square of its length."""
    slack, toll = tolls.slack, tolls.toll
    slack[:] = tolls.most
    cheap = np.argsort(toll[tolls.domain : tolls.badge], kind="mergesort")
    for k in range(min(fixed.min_domains, len(cheap))):
        slack[tolls.domain + cheap[k]] = -1.0
    days = len(fixed.day_opens)
    for day in range(days):
        k = len(tolls.gain) - days + day
        while tolls.via[k] >= 0:
            k = moments.to[tolls.via[k]]
            j = moments.visit[k]
            for e in range(tolls.first[j], tolls.first[j + 1]):
                slack[tolls.rule[e]] -= tolls.share[e]
    square = 0.0
    for row in range(len(slack)):
        if not tolls.exact[row] and toll[row] <= 0.0 and slack[row] > 0.0:
            slack[row] = 0.0
        square += slack[row] * slack[row]
    return square


@compiled
def tighten(whole: Fixed, when: Moments, money: Tolls, aim: float, target: float, most_looked: int) -> bool:
    """Look for tolls under which the bound is low, for so many ways looked at; whether to go on later."""
    fixed, moments, tolls = borrowed(whole), borrowed(when), borrowed(money)
    figure, tally, toll = tolls.figure, tolls.tally, tolls.toll
    until = tally[LOOKED] + most_looked
    while tally[LOOKED] < until and tally[TAKEN] < MOST_STEPS:
        tally[TAKEN] += 1
        tally[LOOKED] += len(moments.to) + len(tolls.gain)
        value = bound(fixed, moments, tolls)
        if value < figure[LOWEST]:
            figure[LOWEST] = value
            tolls.lowest[:] = toll
            tally[FRUITLESS] = 0
        else:
            tally[FRUITLESS] += 1
            if tally[FRUITLESS] == PATIENCE:
                figure[LENGTH] *= SHORTER
                tally[FRUITLESS] = 0
        far = (1.0 + FAR) * aim < figure[LOWEST] and len(moments.to) > FEW_WAYS
        if tally[TAKEN] == LOOK and aim > 0.0 and far:
            tally[HOPELESS] = 1
            return False
        square = walk(fixed, moments, tolls)
        if square <= 0.0 or figure[LOWEST] <= aim:
            tally[TAKEN] = MOST_STEPS
            break
        by = figure[LENGTH] * max(value - target, 1e-3 * abs(value)) / square
        for row in range(len(toll)):
            toll[row] -= by * tolls.slack[row]
            if not tolls.exact[row] and toll[row] < 0.0:
                toll[row] = 0.0
    more = tally[TAKEN] < MOST_STEPS
    if not more:
        toll[:] = tolls.lowest
        bound(fixed, moments, tolls)
    return bool(more)
