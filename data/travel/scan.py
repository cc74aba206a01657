"""Earliest arrival by connection scan: one pass over the day's connections answers one place to all places.

Dibbelt, Pajor, Strasser and Wagner, "Connection Scan Algorithm", 2018, https://doi.org/10.1145/3274661. Here a walk
between two rides is one walk from stop to stop; so arrivals by vehicle and the moments at which one can board are
kept apart, and walks need not be transitively closed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

NEVER = np.int64(1) << np.int64(60)
_LOOK_EVERY = 512


@njit(cache=True, nogil=True)
def scan(
    begin: int,
    from_stop: Any,
    to_stop: Any,
    depart: Any,
    arrive: Any,
    trip: Any,
    board: Any,
    alight: Any,
    change: Any,
    walk_first: Any,
    walk_to: Any,
    walk_seconds: Any,
    out_first: Any,
    out_place: Any,
    out_seconds: Any,
    ready: Any,
    reached: Any,
    riding: Any,
    best: Any,
) -> None:
    """Improve ``best`` in place: the earliest arrival at every place.

    Parameters
    ----------
    begin : int
        The first connection that may be taken.
    from_stop, to_stop : int32, shape (n_connections,)
        Connections in the order of their departure; those of one trip in the order of the trip.
    depart, arrive : int64, shape (n_connections,)
        Moments, in seconds.
    trip : int32, shape (n_connections,)
    board, alight : bool, shape (n_connections,)
        Whether one may get on at its start, and off at its end.
    change : int64, shape (n_stops,)
        Seconds at least between getting off and getting on at the same stop; ``NEVER`` where it is forbidden.
    walk_first, walk_to, walk_seconds : int64, shapes (n_stops + 1,), (n_walks,), (n_walks,)
        Walks from stop to stop, by their start; the time to change included.
    out_first, out_place, out_seconds : int64, shapes (n_stops + 1,), (n_outs,), (n_outs,)
        Walks from stops to places.
    ready : int64, shape (n_stops,)
        When one can board at a stop; on the way in, by walking there from the start.
    reached : int64, shape (n_stops,)
        Filled with ``NEVER``: when one arrives there by vehicle.
    riding : bool, shape (n_trips,)
        All false: whether one is on a trip.
    best : int64, shape (n_places,)
        On the way in, the arrival on foot.
    """
    latest = int(NEVER)
    for row in range(begin, len(depart)):
        if (row - begin) % _LOOK_EVERY == 0:
            # What departs after everybody has arrived helps nobody.
            latest = best.max() if len(best) else 0
        if depart[row] >= latest:
            break
        own = trip[row]
        if not riding[own]:
            if not (board[row] and ready[from_stop[row]] <= depart[row]):
                continue
            riding[own] = True
        stop, moment = to_stop[row], arrive[row]
        if not alight[row] or moment >= reached[stop]:
            continue
        reached[stop] = moment
        ready[stop] = min(ready[stop], moment + change[stop])
        for walk in range(walk_first[stop], walk_first[stop + 1]):
            other = walk_to[walk]
            ready[other] = min(ready[other], moment + walk_seconds[walk])
        for out in range(out_first[stop], out_first[stop + 1]):
            place = out_place[out]
            best[place] = min(best[place], moment + out_seconds[out])
