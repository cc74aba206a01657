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
LOOK, FAR, FEW_WAYS = 20, 0.27, 20_000
# In the place of a group: the way home comes after a moment.
HOME = -2
# Places in ``Tolls.figure`` and ``Tolls.tally``.
LOWEST, LENGTH = range(2)
TAKEN, FRUITLESS, LOOKED, HOPELESS = range(4)


class Tolls(NamedTuple):
    """Rules as rows of ``share`` times visits at most ``most``, and what breaking each costs.

    An item is a visit on a day, and has a share in rules ``rule[first[item] : first[item + 1]]``. Rules in order: groups,
    budgets, domains from row ``domain`` on, and from row ``badge`` on who asks for one. Where ``exact``, the toll may be
    negative; ``lowest`` are the tolls of the lowest bound, and ``slack`` is what the relaxed route leaves of each rule.

    ``net`` is an item's prize without tolls. ``gain[k]`` is the most that can follow moment k, first by way ``via[k]``;
    ``worth[k]`` adds its own net prize. In the end ``gain`` comes from going to group ``after[k]`` next (or ``HOME``), and
    ``other[k]`` is the most that can follow otherwise.
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
    other: Float64
    after: Int32
    via: Int64
    figure: Float64
    tally: Int64


def tolls_of(fixed: Fixed, moments: Moments) -> Tolls:
    """Every rule with a toll of nothing."""
    days, n = fixed.first.shape
    groups, budgets = int(fixed.group.max()) + 1, len(fixed.limit)
    domains = int(fixed.domain.max()) + 1 if fixed.min_domains > 0 else 0
    domain, badge = groups + budgets, groups + budgets + domains
    # A visit counts for one on average, whatever the unit of the budget.
    scale = np.array([used[used > 0].mean() if (used > 0).any() else 1.0 for used in fixed.use.T])
    rows, taken = np.nonzero(fixed.use)
    known = np.flatnonzero(fixed.domain >= 0) if domains else np.empty(0, dtype=np.int64)
    once = [
        (np.arange(n), fixed.group.astype(np.int64), np.ones(n)),
        (rows, groups + taken, fixed.use[rows, taken] / scale[taken]),
        (known, domain + fixed.domain[known], np.full(len(known), -1.0)),
    ]
    shares = [(visits + day * n, rule, share) for visits, rule, share in once for day in range(days)]
    asking = _badge_rules(fixed, badge)
    item, rule, share = (np.concatenate(part) for part in zip(*shares, *asking, strict=True))
    order = np.argsort(item, kind="stable")
    rules = badge + len(asking)
    most = np.zeros(rules)
    most[:groups], most[groups:domain] = 1.0, fixed.limit / scale
    exact = np.zeros(rules, dtype=np.uint8)
    exact[:groups] = fixed.pinned[:groups]
    states = len(moments.home)
    return Tolls(
        first=np.searchsorted(item[order], np.arange(days * n + 1)).astype(np.int64),
        rule=rule[order].astype(np.int32),
        share=share[order],
        most=most,
        exact=exact,
        domain=domain,
        badge=badge,
        toll=np.zeros(rules),
        lowest=np.zeros(rules),
        slack=np.zeros(rules),
        net=np.zeros(days * n),
        gain=np.zeros(states),
        worth=np.zeros(states),
        other=np.zeros(states),
        after=np.zeros(states, dtype=np.int32),
        via=np.zeros(states, dtype=np.int64),
        figure=np.array([np.inf, 1.0]),
        tally=np.zeros(4, dtype=np.int64),
    )


def _badge_rules(fixed: Fixed, row: int) -> list[tuple[Int64, Int64, Float64]]:
    """Who asks for a badge up to a day is not visited more often than those who give it, on days before, or on the same in time."""
    days, n = fixed.first.shape
    latest = np.minimum(fixed.last, fixed.day_closes[:, None] - fixed.go[:n, n + 1])
    soonest = np.maximum(fixed.first, fixed.day_opens[:, None] + fixed.go[n, :n])
    rules: list[tuple[Int64, Int64, Float64]] = []
    for visit in np.flatnonzero(fixed.requires):
        gives = (fixed.awards & fixed.requires[visit] > 0) & (fixed.group != fixed.group[visit])
        for day in range(days):
            before = gives & (soonest[day] + fixed.go[:n, visit] <= latest[day, visit])
            given = [np.flatnonzero(gives) + earlier * n for earlier in range(day)] + [np.flatnonzero(before) + day * n]
            items = np.concatenate([*given, visit + n * np.arange(day + 1)])
            share = np.full(len(items), -1.0)
            share[-day - 1 :] = 1.0
            rules.append((items, np.full(len(items), row + len(rules)), share))
    return rules


@compiled
def bound(fixed: Fixed, moments: Moments, tolls: Tolls) -> float:
    """The most a route can be worth with tolls in the place of rules; sets what there is to gain from each moment."""
    net, gain, worth, via = tolls.net, tolls.gain, tolls.worth, tolls.via
    n, days = len(fixed.prize), len(fixed.day_opens)
    for item in range(len(net)):
        left = fixed.prize[item % n]
        for e in range(tolls.first[item], tolls.first[item + 1]):
            left -= tolls.share[e] * tolls.toll[tolls.rule[e]]
        net[item] = left
    last = len(gain) - days
    for k in range(len(gain)):
        most, through = -moments.home[k], -1
        for e in range(moments.edge[k], moments.edge[k + 1]):
            value = worth[moments.to[e]] - moments.far[e]
            if value > most:
                most, through = value, e
        gain[k], via[k] = most, through
        worth[k] = most + (net[moments.item[k]] if k < last else 0.0)
    total = base(fixed, tolls)
    for day in range(days):
        total += gain[last + day]
    return total


@compiled
def settle(fixed: Fixed, moments: Moments, tolls: Tolls) -> None:
    """The same for the best tolls, where a group does not follow the next but one; and what else there is to gain.

    Houck, Picard, Queyranne and Vemuganti, "The travelling salesman problem as a constrained shortest path problem"
    (Opsearch 17, 1980).
    """
    net, gain, other, after = tolls.net, tolls.gain, tolls.other, tolls.after
    tolls.toll[:] = tolls.lowest
    bound(fixed, moments, tolls)
    for k in range(len(gain)):
        own, first = moments.group[k], HOME
        most, second = -moments.home[k], -np.inf
        for e in range(moments.edge[k], moments.edge[k + 1]):
            to = moments.to[e]
            value = net[moments.item[to]] + (other[to] if after[to] == own else gain[to]) - moments.far[e]
            if value > second:
                group = moments.group[to]
                if value > most:
                    second = second if group == first else most
                    most, first = value, group
                elif group != first:
                    second = value
        gain[k], other[k], after[k] = most, second, first


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
            item = moments.item[k]
            for e in range(tolls.first[item], tolls.first[item + 1]):
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
        far = (1.0 + FAR / np.sqrt(len(fixed.day_opens))) * aim < figure[LOWEST] and len(moments.to) > FEW_WAYS
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
        settle(fixed, moments, tolls)
    return bool(more)
