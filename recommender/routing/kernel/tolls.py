"""How much a route can be worth at most: rules are lifted, and breaking them costs a toll instead.

Lagrangian relaxation, its tolls by subgradient steps, over a relaxed space of states: Christofides, Mingozzi and Toth,
"State-space relaxation procedures for the computation of bounds to routing problems" (10.1002/net.3230110207).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float64, Int32
from recommender.routing.kernel.budgets import shares_of
from recommender.routing.kernel.moments import Moments
from recommender.routing.kernel.state import Fixed, Int64

# The first subgradient step, in shares of the way to the aim.
FIRST_LENGTH = 1.5
# Places in ``Tolls.figure`` and ``Tolls.tally``.
LOWEST, LENGTH = range(2)
TAKEN, FRUITLESS, LOOKED, FAR = range(4)


class Tolls(NamedTuple):
    """Rules as rows of ``share`` times visits at most ``most``, and what breaking each costs.

    An item is a visit on a day, and has a share in rules ``rule[first[item] : first[item + 1]]``. Rules in order: groups,
    budgets, domains from row ``domain`` on, and from row ``badge`` on who asks for one. Where ``exact``, the toll may be
    negative; ``lowest`` are the tolls of the lowest bound, ``slack`` is what the relaxed route leaves of each rule, and
    ``heading`` where the tolls go, but for their sign.

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
    heading: Float64
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
    budget = [shares_of(used, limit, fixed.group) for used, limit in zip(fixed.use.T, fixed.limit, strict=True)]
    use = np.array(budget).reshape(budgets, n).T
    # A visit counts for one on average, whatever the unit of the budget.
    scale = np.array([used[used > 0].mean() if (used > 0).any() else 1.0 for used in use.T])
    rows, taken = np.nonzero(use)
    known = np.flatnonzero(fixed.domain >= 0) if domains else np.empty(0, dtype=np.int64)
    once = [
        (np.arange(n), fixed.group.astype(np.int64), np.ones(n)),
        (rows, groups + taken, use[rows, taken] / scale[taken]),
        (known, domain + fixed.domain[known], np.full(len(known), -1.0)),
    ]
    shares = [(visits + day * n, rule, share) for visits, rule, share in once for day in range(days)]
    asking = _badge_rules(fixed, badge)
    item, rule, share = (np.concatenate(part) for part in zip(*shares, *asking, strict=True))
    order = np.argsort(item, kind="stable")
    rules = badge + len(asking)
    most = np.zeros(rules)
    most[:groups], most[groups:domain] = 1.0, 1.0 / scale
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
        heading=np.zeros(rules),
        net=np.zeros(days * n),
        gain=np.zeros(states),
        worth=np.zeros(states),
        other=np.zeros(states),
        after=np.zeros(states, dtype=np.int32),
        via=np.zeros(states, dtype=np.int64),
        figure=np.array([np.inf, FIRST_LENGTH]),
        tally=np.zeros(4, dtype=np.int64),
    )


def _badge_rules(fixed: Fixed, row: int) -> list[tuple[Int64, Int64, Float64]]:
    """A group that asks for a badge is up to a day not visited more often than what gives it, on days before, or on the same in time."""
    days, n = fixed.first.shape
    latest = np.minimum(fixed.last, fixed.day_closes[:, None] - fixed.go[:n, n + 1])
    soonest = np.maximum(fixed.first, fixed.day_opens[:, None] + fixed.go[n, :n])
    rules: list[tuple[Int64, Int64, Float64]] = []
    visits = np.flatnonzero(fixed.requires)
    for badge, group in sorted({(bit, fixed.group[j]) for j in visits for bit in _bits(fixed.requires[j])}):
        asking = visits[(fixed.group[visits] == group) & (fixed.requires[visits] & badge > 0)]
        giving = np.flatnonzero((fixed.awards & badge > 0) & (fixed.group != group))
        ends = soonest[:, giving, None] + fixed.go[np.ix_(giving, asking)]
        for day in range(days):
            given = giving[(ends[day] <= latest[day, asking]).any(axis=1)]
            gives = [*(giving + earlier * n for earlier in range(day)), given + day * n]
            asks = np.concatenate([asking + earlier * n for earlier in range(day + 1)])
            items = np.concatenate([*gives, asks])
            share = np.full(len(items), -1.0)
            share[len(items) - len(asks) :] = 1.0
            rules.append((items, np.full(len(items), row + len(rules)), share))
    return rules


def _bits(badges: np.uint64) -> list[np.uint64]:
    """Each badge of a set alone."""
    return [np.uint64(1 << bit) for bit in range(64) if int(badges) >> bit & 1]
