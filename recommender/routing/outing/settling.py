"""Where the pauses of a route are taken: where one is, or where one goes next."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.routing.outing.posing import Posed

Days = tuple[tuple[int, ...], ...]
"""Rows of a problem, in order, for every day."""


def settled(posed: Posed, days: Days) -> Days | None:
    """The same with every pause at the place that one comes from, or goes to; None when that cannot be.

    A search may rest anywhere on the way.
    """
    rests = {(number, place): row for row, (number, place) in enumerate(_rests(posed), start=len(posed))}
    found = []
    for day, order in enumerate(days):
        settling = list(order)
        for at in range(len(settling)):
            if settling[at] < len(posed):
                continue
            number = int(posed.pause[settling[at] - len(posed)])
            ends = _place_before(posed, settling, at), _place_after(posed, settling, at)
            tries = [[*settling[:at], rests[number, end], *settling[at + 1 :]] for end in ends]
            settling = next((tried for tried in tries if posed.times.earliest(day, tried) is not None), [])
            if not settling:
                return None
        found.append(tuple(settling))
    return tuple(found)


def _rests(posed: Posed) -> list[tuple[int, int]]:
    places = posed.place[len(posed) :].tolist()
    return list(zip(posed.pause.tolist(), places, strict=True))


def _place_before(posed: Posed, order: Sequence[int], at: int) -> int:
    return int(posed.place[order[at - 1]]) if at else 0


def _place_after(posed: Posed, order: Sequence[int], at: int) -> int:
    """Where the next visit is; behind the last one the end, which is place 0 when it is the start."""
    following = next((row for row in order[at + 1 :] if row < len(posed)), None)
    if following is not None:
        return int(posed.place[following])
    return 1 if 1 in posed.place[len(posed) :] else 0
