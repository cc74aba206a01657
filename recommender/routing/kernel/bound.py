"""The bound for given tolls: a longest path through moments, and what there is to gain from each."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel.moments import Moments
from recommender.routing.kernel.state import Fixed, compiled, inlined
from recommender.routing.kernel.tolls import Tolls

# In the place of a group: the way home comes after a moment.
HOME = -2


@compiled
def base(fixed: Fixed, tolls: Tolls) -> float:
    """The tolls that are not to be paid when nothing is visited; of the domains asked for, the cheapest."""
    paid = 0.0
    for row in range(tolls.domain):
        paid += tolls.most[row] * tolls.toll[row]
    cheap = np.sort(tolls.toll[tolls.domain : tolls.badge])
    for k in range(min(fixed.min_domains, len(cheap))):
        paid -= cheap[k]
    return paid


@inlined
def total(fixed: Fixed, tolls: Tolls) -> float:
    """The bound, when it is known what there is to gain from the starts of the days."""
    most = base(fixed, tolls)
    for day in range(len(fixed.day_opens)):
        most += tolls.gain[len(tolls.gain) - 1 - day]
    return most


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
    return total(fixed, tolls)


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
