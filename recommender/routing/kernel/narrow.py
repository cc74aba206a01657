"""Ways that no better route takes are left out: what can come before one and what can follow it are too little together."""

from __future__ import annotations

import numpy as np

from recommender.routing.kernel.moments import Moments
from recommender.routing.kernel.state import compiled
from recommender.routing.kernel.tolls import Tolls


@compiled
def narrow(moments: Moments, tolls: Tolls, most: float, aim: float) -> None:
    """Leave out the ways on which no route can be worth more than ``aim``; ``most`` is the bound, and ``gain`` belongs to it.

    A visit can wait: what can be had before one of its moments can be had before every later one too. Overwrites ``worth``.
    """
    gain, net, reach = tolls.gain, tolls.net, tolls.worth
    edge, to, far = moments.edge, moments.to, moments.far
    days = len(moments.first) - 1
    last = len(gain) - days
    carried = np.full(len(net), -np.inf)
    reach[:last] = -np.inf
    for day in range(days):
        start = last + day
        for e in range(edge[start], edge[start + 1]):
            reach[to[e]] = max(reach[to[e]], -far[e])
        for k in range(moments.first[day + 1] - 1, moments.first[day] - 1, -1):
            item = moments.item[k]
            carried[item] = reach[k] = max(carried[item], reach[k])
            before = reach[k] + net[item]
            for e in range(edge[k], edge[k + 1]):
                reach[to[e]] = max(reach[to[e]], before - far[e])
    kept, begin, day = 0, 0, 0
    for k in range(len(gain)):
        start = k >= last
        day = k - last if start else day
        while not start and k >= moments.first[day + 1]:
            day += 1
        others = most - gain[last + day]
        before = others if start else others + reach[k] + net[moments.item[k]]
        end = edge[k + 1]
        for e in range(begin, end):
            if before - far[e] + net[moments.item[to[e]]] + gain[to[e]] > aim:
                to[kept], far[kept] = to[e], far[e]
                kept += 1
        begin = end
        edge[k + 1] = kept
