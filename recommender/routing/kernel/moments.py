"""When visits can begin, in small steps of time: the graph along which a proof reckons how much can still be gained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recommender.city import Float64, Int32
from recommender.routing.kernel.schedule import begin_at
from recommender.routing.kernel.state import Fixed, Int64, borrowed, compiled, inlined

# The longest day is divided into so many steps: the first of these that does not make too much of it.
STEPS = (128, 64, 32)
# Beyond so many moments times visits, or ways from moment to moment, a problem is too large to prove anything.
MOST_PAIRS, MOST_WAYS = 600_000, 150_000
# A moment at the very edge of a step belongs to the later one, whatever rounding says.
EDGE = 1e-9
# All the time there is, in shares of the highest prize: so little that it tells equal routes apart and nothing else.
THRIFT = 1e-6


class Moments(NamedTuple):
    """Visits at steps of time, each at the first moment of its step at which it may begin.

    Moments stand in an order in which every way leads back to one that stands before; behind them come the starts of the
    days. Those of a day are ``first[day]`` to ``first[day + 1] - 1``. ``at[day, visit, step]`` is the number of one, or -1; ``visit`` and ``group`` tell of what it is (n, -1: a start), and
    ``item`` is the visit's number when those of the days are counted on. The ways from k are ``edge[k]`` to ``edge[k + 1] - 1`` of ``to`` and of ``far``, the time of each times ``thrift``, as is that of ``home``.
    """

    at: Int32
    visit: Int32
    group: Int32
    item: Int32
    edge: Int64
    to: Int32
    far: Float64
    home: Float64
    first: Int64
    step: float
    thrift: float


@inlined
def step_of(opens: float, step: float, moment: float) -> int:
    """The step of a day to which a moment belongs."""
    return int((moment - opens) / step + EDGE)


@compiled
def fill_moments(whole: Fixed, useful: Int32, step: float, at: Int32, visit: Int32, moment: Float64) -> int:
    """Number the moments, later steps first; how many there are, or -1 when there is no room for all."""
    fixed = borrowed(whole)
    days, n, steps = at.shape
    made = 0
    for day in range(days):
        opens, closes = fixed.day_opens[day], fixed.day_closes[day]
        for q in range(steps - 1, -1, -1):
            low = opens + (q - EDGE) * step
            for i in useful:
                if fixed.last[day, i] < low:
                    continue
                begin = begin_at(fixed.opens, fixed.closes, day, i, max(low, opens + fixed.go[n, i]))
                if begin + fixed.go[i, n + 1] <= closes and step_of(opens, step, begin) <= q:
                    if made == len(moment):
                        return -1
                    at[day, i, q], visit[made], moment[made] = made, i, begin
                    made += 1
    return made


@compiled
def fill_ways(
    whole: Fixed,
    useful: Int32,
    step: float,
    at: Int32,
    visit: Int32,
    moment: Float64,
    first: Int64,
    thrift: float,
    edge: Int64,
    to: Int32,
    far: Float64,
) -> int:
    """The ways from every moment, and from the starts; how many, or -1 when there are too many or one leads nowhere later."""
    fixed = borrowed(whole)
    days, n = at.shape[0], at.shape[1]
    moments = len(moment)
    made = 0
    day = 0
    for k in range(moments + days):
        start = k >= moments
        day = k - moments if start else day
        while not start and k >= first[day + 1]:
            day += 1
        here = n if start else visit[k]
        leave = fixed.day_opens[day] if start else moment[k]
        for j in useful:
            if not start and fixed.group[here] == fixed.group[j]:
                continue
            arrival = leave + fixed.go[here, j]
            if arrival > fixed.last[day, j]:
                continue
            begin = begin_at(fixed.opens, fixed.closes, day, j, arrival)
            if begin + fixed.go[j, n + 1] > fixed.day_closes[day]:
                continue
            other = at[day, j, step_of(fixed.day_opens[day], step, begin)]
            if other < 0 or (other >= k and not start) or made == len(to):
                return -1
            to[made], far[made] = other, thrift * fixed.go[here, j]
            made += 1
        edge[k + 1] = made
    return made


def moments_of(fixed: Fixed) -> Moments | None:
    """Lay out when the visits of a problem can begin.

    Returns
    -------
    Moments or None
        None where it is too large, or where visits take less time than a step.
    """
    n, spans = len(fixed.prize), fixed.day_closes - fixed.day_opens
    longest, useful = float(spans.max(initial=0.0)), useful_of(fixed)
    if not len(useful) or longest <= 0.0:
        return None
    apart = ~np.eye(len(useful), dtype=np.bool_)
    least = float(fixed.go[np.ix_(useful, useful)][apart].min(initial=np.inf))
    soonest = np.maximum(fixed.first, fixed.day_opens[:, None] + fixed.go[n, :n])[:, useful]
    latest = np.minimum(fixed.last, fixed.day_closes[:, None] - fixed.go[:n, n + 1])[:, useful]
    can = (latest >= soonest) & (soonest < np.inf)
    open_for = latest[can] - soonest[can]
    thrift = THRIFT * float(fixed.prize.max()) / max(float(spans.sum()), longest)
    for steps in STEPS:
        step = longest / steps
        room = int((open_for // step + 2).sum())
        if least >= step and room * len(useful) <= MOST_PAIRS:
            found = _laid_out(fixed, useful, step, steps, room, thrift)
            if found is not None:
                return found
    return None


def useful_of(fixed: Fixed) -> Int32:
    """Visits that a best route may hold: good for something, within the budgets, their badges given by some visit."""
    asked = np.bitwise_or.reduce(fixed.requires, initial=np.uint64(0))
    wanted = (fixed.pinned[fixed.group] > 0) | (fixed.domain >= 0) | (fixed.awards & asked > 0)
    affordable = (fixed.use <= fixed.limit).all(axis=1)
    given = np.bitwise_or.reduce(fixed.awards, initial=np.uint64(0))
    return np.flatnonzero(((fixed.appeal[0] > 0) | wanted) & affordable & (fixed.requires & ~given == 0)).astype(
        np.int32
    )


def _laid_out(fixed: Fixed, useful: Int32, step: float, steps: int, room: int, thrift: float) -> Moments | None:
    days, n = fixed.first.shape
    at = np.full((days, n, steps + 1), -1, dtype=np.int32)
    visit, moment = np.full(room + days, n, dtype=np.int32), np.zeros(room)
    count = fill_moments(fixed, useful, step, at, visit, moment)
    if count < 0:
        return None
    visit[count:] = n
    visit, moment = visit[: count + days], moment[:count]
    edge = np.zeros(count + days + 1, dtype=np.int64)
    to, far = np.empty(MOST_WAYS, dtype=np.int32), np.empty(MOST_WAYS)
    # Moments of one day stand together.
    first = np.array([0] + [int((at[: day + 1] >= 0).sum()) for day in range(days)], dtype=np.int64)
    ways = fill_ways(fixed, useful, step, at, visit, moment, first, thrift, edge, to, far)
    if ways < 0:
        return None
    home = thrift * fixed.go[visit, n + 1]
    home[count:] = 0.0
    group = np.full(count + days, -1, dtype=np.int32)
    group[:count] = fixed.group[visit[:count]]
    item = visit + n * np.searchsorted(first[1:], np.arange(count + days), side="right").astype(np.int32)
    return Moments(at, visit, group, item, edge, to[:ways].copy(), far[:ways].copy(), home, first, step, thrift)
