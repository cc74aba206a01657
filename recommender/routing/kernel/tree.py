"""Every route that may still be better than the best one known, visit by visit, most promising first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float64, Int32
from recommender.routing.kernel.bound import base
from recommender.routing.kernel.moments import Moments, step_of
from recommender.routing.kernel.schedule import begin_at
from recommender.routing.kernel.state import (
    BEST_PRIZE,
    BEST_TIME,
    BEST_WORTH,
    Fixed,
    Int64,
    Work,
    borrowed,
    compiled,
    inlined,
)
from recommender.routing.kernel.tolls import Tolls
from recommender.routing.problem import UInt64

# So many sets of visits are remembered, with when the last of them began; a power of two.
REMEMBERED = 1 << 15
# What is not more than this share of a prize better is not better: sums are rounded.
ROUNDING = 1e-11
# Places in ``Tree.tally`` and ``Tree.figure``.
DEPTH, PINS, DOMAINS, OPENED, SEEN = range(5)
AIM, CLOSE = range(2)
# Not opened yet. A node costs as much as so many places looked at in the search, and each of its ways.
FRESH, NODE, WAY = -1, 25, 1
_SPREAD = np.uint64(11400714819323198485)


class Tree(NamedTuple):
    """The route from the root down to the node in hand, one level a visit; ``n`` stands for the start of a day.

    ``child[level]`` are the visits that may follow, ``up[level]`` the most a route with each can be worth, from high to low;
    ``following`` of them from ``next`` on are still to be tried. ``sum`` is net prize less way, ``key`` the set of visits.
    ``kept``, ``since`` and ``spent`` remember sets: when the last visit begins, and the way so far.
    """

    visit: Int32
    day: Int32
    begin: Float64
    sum: Float64
    prize: Float64
    way: Float64
    badges: UInt64
    key: UInt64
    following: Int64
    next: Int64
    child: Int32
    up: Float64
    left: Float64
    taken: NDArray[np.uint8]
    met: Int32
    later: Float64
    mark: UInt64
    kept: UInt64
    since: Float64
    spent: Float64
    tally: Int64
    figure: Float64


def tree_of(fixed: Fixed, moments: Moments) -> Tree:
    """The root alone."""
    n, days = len(fixed.prize), len(fixed.day_opens)
    groups = len(np.unique(fixed.group))
    levels, widest = groups + days + 1, int(np.diff(moments.edge).max(initial=0)) + 1
    visit = np.zeros(levels, dtype=np.int32)
    visit[0] = n
    begin = np.zeros(levels)
    begin[0] = fixed.day_opens[0]
    following = np.zeros(levels, dtype=np.int64)
    following[0] = FRESH
    scale = float(fixed.prize.max())
    whole = np.zeros(levels, dtype=np.uint64)
    return Tree(
        visit=visit,
        day=np.zeros(levels, dtype=np.int32),
        begin=begin,
        sum=np.zeros(levels),
        prize=np.zeros(levels),
        way=np.zeros(levels),
        badges=whole.copy(),
        key=whole,
        following=following,
        next=np.zeros(levels, dtype=np.int64),
        child=np.zeros((levels, widest), dtype=np.int32),
        up=np.zeros((levels, widest)),
        left=np.tile(fixed.limit, (levels, 1)),
        taken=np.zeros(n, dtype=np.uint8),
        met=np.zeros(n, dtype=np.int32),
        later=np.zeros(days + 1),
        mark=np.random.SeedSequence(0).generate_state(n + days + 1, np.uint64).astype(np.uint64),
        kept=np.zeros(REMEMBERED, dtype=np.uint64),
        since=np.zeros(REMEMBERED),
        spent=np.zeros(REMEMBERED),
        tally=np.zeros(5, dtype=np.int64),
        # A route that meets every wish and brings nothing is better than none.
        figure=np.array([-2.0 * moments.thrift * float((fixed.day_closes - fixed.day_opens).sum()), ROUNDING * scale]),
    )


@inlined
def book(fixed: Fixed, tree: Tree, visit: int, sign: int) -> None:
    """Take a visit into the route (1) or out of it (-1): group, pin and domain."""
    group, domain, tally = fixed.group[visit], fixed.domain[visit], tree.tally
    tree.taken[group] = sign > 0
    tally[PINS] += sign * fixed.pinned[group]
    if domain >= 0:
        if sign < 0:
            tree.met[domain] -= 1
        if tree.met[domain] == 0:
            tally[DOMAINS] += sign
        if sign > 0:
            tree.met[domain] += 1


@inlined
def add(tree: Tree, level: int, children: int, visit: int, up: float) -> int:
    """Put a child where its promise belongs; how many there are now."""
    at = children
    while at > 0 and tree.up[level, at - 1] < up:
        tree.up[level, at], tree.child[level, at] = tree.up[level, at - 1], tree.child[level, at - 1]
        at -= 1
    tree.up[level, at], tree.child[level, at] = up, visit
    return children + 1


@inlined
def note(fixed: Fixed, work: Work, tree: Tree, level: int, way: float) -> None:
    """Let the route in hand be the best."""
    value, n = work.value, len(fixed.prize)
    value[BEST_WORTH], value[BEST_PRIZE], value[BEST_TIME] = tree.prize[level], tree.prize[level], way
    for day in range(len(work.length)):
        work.best_length[day] = 0
    for k in range(1, level + 1):
        if tree.visit[k] < n:
            day = tree.day[k]
            work.best_length[day] += 1
            work.best_tour[day, work.best_length[day]] = tree.visit[k]
    for day in range(len(work.length)):
        work.best_tour[day, work.best_length[day] + 1] = n + 1


@inlined
def open_node(fixed: Fixed, work: Work, moments: Moments, tolls: Tolls, tree: Tree, level: int) -> None:
    """See whether the route in hand is the best so far, and what may follow it."""
    n, tally, figure = len(fixed.prize), tree.tally, tree.figure
    here, day, time = tree.visit[level], tree.day[level], tree.begin[level]
    home = fixed.go[here, n + 1] if here < n else 0.0
    if tally[PINS] == fixed.n_pinned and tally[DOMAINS] >= fixed.min_domains:
        way = tree.way[level] + home
        value = tree.prize[level] - moments.thrift * way
        if value > figure[AIM] + figure[CLOSE]:
            figure[AIM] = value
            note(fixed, work, tree, level, way)
    least = figure[AIM] + figure[CLOSE]
    last = len(moments.home) - len(fixed.day_opens)
    k = moments.at[day, here, step_of(fixed.day_opens[day], moments.step, time)] if here < n else last + day
    rest = tree.sum[level] + tree.later[day + 1]
    children = 0
    for e in range(moments.edge[k], moments.edge[k + 1]):
        to = moments.to[e]
        j = moments.visit[to]
        if rest + tolls.net[moments.item[to]] + tolls.gain[to] - moments.far[e] <= least:
            continue
        if tree.taken[fixed.group[j]] or fixed.requires[j] & ~tree.badges[level]:
            continue
        short = False
        for r in range(tree.left.shape[1]):
            short |= fixed.use[j, r] > tree.left[level, r]
        if short:
            continue
        begin = begin_at(fixed.opens, fixed.closes, day, j, time + fixed.go[here, j])
        if begin + fixed.go[j, n + 1] > fixed.day_closes[day]:
            continue
        to = moments.at[day, j, step_of(fixed.day_opens[day], moments.step, begin)]
        # What would follow best may be had already; then what follows next best counts.
        next_group = tolls.after[to]
        had = next_group >= 0 and tree.taken[next_group]
        up = rest + tolls.net[moments.item[to]] + (tolls.other[to] if had else tolls.gain[to]) - moments.far[e]
        if up > least:
            children = add(tree, level, children, j, up)
    if day + 1 < len(fixed.day_opens):
        up = rest - moments.thrift * home
        if up > least:
            children = add(tree, level, children, n, up)
    tree.following[level], tree.next[level] = children, 0
    tally[OPENED] += 1
    tally[SEEN] += NODE + WAY * (moments.edge[k + 1] - moments.edge[k])


@inlined
def descend(fixed: Fixed, moments: Moments, tolls: Tolls, tree: Tree, level: int, child: int) -> bool:
    """Go down to a child; False where the same visits, the same one last, were had before and no later."""
    n = len(fixed.prize)
    here, day, below = tree.visit[level], tree.day[level], level + 1
    if child == n:
        home = fixed.go[here, n + 1] if here < n else 0.0
        day += 1
        begin, way, key = fixed.day_opens[day], tree.way[level] + home, tree.key[level]
        total = tree.sum[level] - moments.thrift * home
        known = key ^ tree.mark[n + day]
    else:
        begin = begin_at(fixed.opens, fixed.closes, day, child, tree.begin[level] + fixed.go[here, child])
        way, key = tree.way[level] + fixed.go[here, child], tree.key[level] ^ tree.mark[child]
        total = tree.sum[level] + tolls.net[day * n + child] - moments.thrift * fixed.go[here, child]
        known = key ^ (tree.mark[child] * _SPREAD) ^ tree.mark[n + day]
    slot = known & np.uint64(REMEMBERED - 1)
    if tree.kept[slot] == known and tree.since[slot] <= begin and tree.spent[slot] <= way:
        return False
    tree.kept[slot], tree.since[slot], tree.spent[slot] = known, begin, way
    tree.visit[below], tree.day[below], tree.begin[below], tree.way[below] = child, day, begin, way
    tree.sum[below], tree.key[below], tree.following[below] = total, key, FRESH
    tree.prize[below], tree.badges[below] = tree.prize[level], tree.badges[level]
    for r in range(tree.left.shape[1]):
        tree.left[below, r] = tree.left[level, r] - (fixed.use[child, r] if child < n else 0.0)
    if child < n:
        tree.prize[below] += fixed.prize[child]
        tree.badges[below] |= fixed.awards[child]
        book(fixed, tree, child, 1)
    return True


@compiled
def grow(whole: Fixed, hand: Work, when: Moments, money: Tolls, grown: Tree, most_seen: int) -> bool:
    """Go on through the tree for so many places looked at; whether there is more of it.

    A better route becomes the best of ``hand``; one found there meanwhile raises the bar here.
    """
    fixed, work, moments, tolls, tree = (
        borrowed(whole),
        borrowed(hand),
        borrowed(when),
        borrowed(money),
        borrowed(grown),
    )
    n, days, tally, figure = len(fixed.prize), len(fixed.day_opens), tree.tally, tree.figure
    if work.value[BEST_WORTH] >= 0.0:
        figure[AIM] = max(figure[AIM], work.value[BEST_PRIZE] - moments.thrift * work.value[BEST_TIME])
    if tally[OPENED] == 0:
        tree.sum[0] = base(fixed, tolls)
        for day in range(days - 1, -1, -1):
            tree.later[day] = tree.later[day + 1] + tolls.gain[len(tolls.gain) - days + day]
    until = tally[SEEN] + most_seen
    while tally[DEPTH] >= 0 and tally[SEEN] < until:
        level = tally[DEPTH]
        if tree.following[level] == FRESH:
            open_node(fixed, work, moments, tolls, tree, level)
        tally[SEEN] += WAY
        at = tree.next[level]
        if at < tree.following[level] and tree.up[level, at] > figure[AIM] + figure[CLOSE]:
            tree.next[level] += 1
            if descend(fixed, moments, tolls, tree, level, tree.child[level, at]):
                tally[DEPTH] += 1
        else:
            if level > 0 and tree.visit[level] < n:
                book(fixed, tree, tree.visit[level], -1)
            tally[DEPTH] -= 1
    return bool(tally[DEPTH] >= 0)


def through(tree: Tree) -> float:
    """The share of the tree that is done, when all that may follow a visit takes as long: a guess, and too low at first."""
    done, share = 0.0, 1.0
    for level in range(int(tree.tally[DEPTH]) + 1):
        following = int(tree.following[level])
        if following <= 0:
            break
        done += share * max(int(tree.next[level]) - 1, 0) / following
        share /= following
    return done
