"""Several domains on one list, and one place that is drawn."""

from __future__ import annotations

import numpy as np

from recommender.city import UNKNOWN, Bool, Float64, Int8, Int32, Int64
from recommender.columns import Records
from recommender.product import compiled
from recommender.ranking import DRAWN, INTEREST, NEW_DIRECTION, NEXT_STATION, one_of

FLOOR = 3
"""At least this many domains among ten places, where so many are there."""
DRAWN_FROM = 10
DRAWN_PLACE = 10
"""The drawn place is the tenth, or the last of a shorter list; lists under five have none."""


@compiled
def broaden(
    n: int,
    position: Int64,
    kind: Int8,
    probability: Float64,
    session: Int64,
    pool: Int64,
    rows: Int32,
    activity: Records,
) -> None:
    """Swap the last of the commonest domain for the best of a missing one, until the floor is reached.

    Parameters
    ----------
    n : int
        How many places there are; see ``ranking.Places`` for the four columns, which are changed in place.
    pool : int64
        What may come in, best first, the places themselves included.
    rows : int32, shape (n_eligible,)
    """
    head, most, domains = min(n, DRAWN_PLACE), 127, activity["domain"]
    count = np.zeros(most + 1, dtype=np.int64)
    while True:
        count[:] = 0
        met = 0
        for place in range(head):
            domain = domains[rows[position[place]]]
            count[domain] += 1  # what is not known stands at the end
            met += domain >= 0 and count[domain] == 1
        if met >= min(FLOOR, n):
            return
        missing = np.int64(UNKNOWN)
        for one in pool:
            domain = domains[rows[one]]
            if domain >= 0 and count[domain] == 0:
                missing = one
                break
        common = UNKNOWN
        for domain in range(most):
            if count[domain] > 0 and count[domain] >= count[common]:
                common = domain
        last = UNKNOWN
        for place in range(1, head):
            moves = kind[place] == INTEREST or kind[place] == NEW_DIRECTION
            if moves and domains[rows[position[place]]] == common:
                last = place
        if missing < 0 or count[common] < 2 or last < 0:
            return
        for below in range(n):
            if position[below] == missing:
                position[below], kind[last], kind[below] = position[last], kind[below], kind[last]
                probability[last], probability[below] = probability[below], probability[last]
                session[last], session[below] = session[below], session[last]
                break
        else:
            kind[last], probability[last], session[last] = INTEREST, 1.0, UNKNOWN
        position[last] = missing


@compiled
def draw(
    n: int, position: Int64, kind: Int8, probability: Float64, session: Int64,
    pool: Int64, age_unknown: Bool, station: Int32, bits: np.uint64,
) -> int:  # fmt: skip
    """One place drawn evenly from the next best whose age is known to fit; how many places there are then.

    Parameters
    ----------
    n, position, kind, probability, session
        See ``broaden``; with room for one more.
    age_unknown, station : shape (n_eligible,)
    bits : uint64
        Of the draw, see ``ranking.scrambled``.
    """
    taken = np.zeros(len(station), dtype=np.bool_)
    taken[position[:n]] = True
    safe, n_safe, next_best = np.empty(DRAWN_FROM, dtype=np.int64), 0, np.int64(UNKNOWN)
    for one in pool:
        if taken[one]:
            continue
        if next_best < 0:
            next_best = one
        if not age_unknown[one]:
            safe[n_safe] = one
            n_safe += 1
            if n_safe == DRAWN_FROM:
                break
    if next_best < 0:
        return n
    place = min(DRAWN_PLACE, n + 1) - 1 if n_safe else n
    for later in range(n, place, -1):
        position[later], kind[later] = position[later - 1], kind[later - 1]
        probability[later], session[later] = probability[later - 1], session[later - 1]
    session[place] = UNKNOWN
    if n_safe:
        position[place], kind[place], probability[place] = safe[one_of(bits, n_safe)], DRAWN, 1 / n_safe
    else:
        position[place], probability[place] = next_best, 1.0
        kind[place] = NEXT_STATION if station[next_best] != UNKNOWN else INTEREST
    return n + 1
