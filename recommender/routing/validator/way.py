"""Whether somebody can be at every stop in time, and home again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isnan

from recommender.city import UNKNOWN, Catalogue, Place
from recommender.routing.validator.rules import Rules, SeenLeg, SeenRoute, SeenStop

SLACK_MINUTES = 0.02
"""Legs are whole seconds; minutes are not."""


def way(catalogue: Catalogue, route: SeenRoute, rules: Rules, days: Sequence[int], home: bool) -> Iterator[str]:
    """Legs join the stops of each day, from ``rules.start`` on.

    Parameters
    ----------
    days : sequence of int
        The day of each stop.
    home : bool
        Whether every day needs a way to ``rules.end``, and every stop a place.
    """
    n = len(route.stops)
    to: dict[int, list[SeenLeg]] = {i: [] for i in range(n)}
    back: dict[int, list[SeenLeg]] = {day: [] for day in days}
    for leg in route.legs:
        if leg.mode != rules.mode:
            yield f"leg to {leg.to_stop}: by {leg.mode!r}, not {rules.mode!r}"
        if leg.to_stop is not None and leg.to_stop in to:
            to[leg.to_stop].append(leg)
        elif leg.to_stop is None and leg.from_stop is not None and 0 <= leg.from_stop < n:
            back[days[leg.from_stop]].append(leg)
        else:
            yield f"leg from {leg.from_stop} to {leg.to_stop}: there are no such stops"
    for day in dict.fromkeys(days):
        here, free, before = rules.start, -inf, list[int | None]([None])
        rests: list[SeenStop] = []
        met: SeenStop | None = None
        for i in (i for i in range(n) if days[i] == day):
            stop = route.stops[i]
            if stop.kind == "pause":
                yield from (f"leg to {i}: a pause is taken where one is" for _ in to[i])
                before.append(i)
                rests.append(stop)
                continue
            there = _place(catalogue, stop)
            at_same_venue = met is not None and met.venue == stop.venue != UNKNOWN
            from_nowhere = met is not None and here is None and not at_same_venue
            if from_nowhere or (there is None and (home or (met is not None and not at_same_venue))):
                yield f"stop {i}: nobody knows where it is, or where the one before it was"
            yield from _reach(there, rules, i)
            yield from _leg(to[i], f"leg to {i}", here, there, free, rules)
            yield from (
                f"leg to {i}: leaves before what is before it has ended, a pause"
                for leg in to[i]
                for rest in rests
                if _overlap(leg, rest)
            )
            yield from (f"leg to {i}: arrives too late" for leg in to[i] if leg.arrive > stop.arrive)
            yield from (f"leg to {i}: from {leg.from_stop}" for leg in to[i] if leg.from_stop not in before)
            here, free, before, rests, met = there, stop.end, [i], [], stop
        end = rules.end if home else rules.start
        if home or back[day]:
            yield from _leg(back[day], f"leg home on day {day}", here, end, free, rules)
            yield from (
                "leg home: leaves before what is before it has ended, a pause"
                for leg in back[day]
                for rest in rests
                if _overlap(leg, rest)
            )
            yield from (f"leg home: from {leg.from_stop}" for leg in back[day] if leg.from_stop not in before)


def _overlap(leg: SeenLeg, rest: SeenStop) -> bool:
    """A pause is taken before one leaves or after one has arrived, at either end of a way."""
    return leg.leave < rest.end and rest.begin < leg.arrive


def _place(catalogue: Catalogue, stop: SeenStop) -> Place | None:
    lat, lon = float(catalogue.sessions.lat[stop.session]), float(catalogue.sessions.lon[stop.session])
    return None if isnan(lat) or isnan(lon) else Place(lat, lon)


def _reach(there: Place | None, rules: Rules, i: int) -> Iterator[str]:
    """No stop is farther from the start than was asked."""
    far = rules.far or rules.travel
    if rules.farthest is None or far is None:
        return
    minutes = inf if there is None or rules.start is None else far(rules.start, there, rules.at)
    if not minutes <= rules.farthest + SLACK_MINUTES:
        yield f"stop {i}: {minutes:.1f} minutes away, more than {rules.farthest:g}"


def _leg(
    legs: Sequence[SeenLeg], name: str, here: Place | None, there: Place | None, free: float, rules: Rules
) -> Iterator[str]:
    """One leg that is long enough and leaves when all before it is over; none where a place is not known."""
    if here is None or there is None:
        yield from (f"{name}: from or to a place that nobody knows" for _ in legs)
        return
    if len(legs) != 1:
        yield f"{name}: {len(legs)} of them, where one is expected"
        return
    leg = legs[0]
    needed = rules.travel(here, there, leg.leave) if rules.travel is not None else 0.0
    if not needed < inf or not leg.minutes >= needed - SLACK_MINUTES:
        yield f"{name}: {leg.minutes:.2f} minutes, where {needed:.2f} are needed"
    if leg.arrive - leg.leave < leg.minutes * 60 - 1:
        yield f"{name}: {leg.minutes:.2f} minutes do not fit in {leg.arrive - leg.leave} s"
    if leg.leave < max(free, rules.at):
        yield f"{name}: leaves before what is before it has ended"
