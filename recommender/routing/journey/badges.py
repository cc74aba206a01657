"""Badges and lines of a journey: what asks for what, what gives it, what can never be had, and what comes after what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from recommender.city import STAGES, UNKNOWN, Catalogue, Int32
from recommender.passport import Passport
from recommender.routing.journey.wish import JourneyWish

CORE = STAGES.index("core")


@dataclass(frozen=True, eq=False)
class Badges:
    """What badges and lines ask of a journey; activities are rows of the catalogue.

    Attributes
    ----------
    held : frozenset of str
        In hand at the start: in the passport, or of a line whose stations are all stamped.
    needs : mapping of activity to tuple of tuples
        For each badge that it asks for and is not held, what gives it.
    goal : tuple of int
        What gives the goal's badge.
    towards : frozenset of int
        Activities that give it themselves, or are stations of a line that ends with it.
    out : mapping of activity to str
        ``prerequisite`` for what asks for a badge that nothing gives, ``cycle`` for activities that wait for
        each other.
    chains : tuple of (stations, whole)
        Stations of each line that are still to come; see ``Chain``.
    loose : frozenset of int
        Stations of the goal's line, where that line goes against the stages.
    wanted : frozenset of int
        What the goal's line and badge need, with everything behind it.
    """

    held: frozenset[str]
    needs: dict[int, tuple[tuple[int, ...], ...]]
    goal: tuple[int, ...]
    towards: frozenset[int]
    out: dict[int, str]
    chains: tuple[tuple[tuple[int, ...], bool], ...]
    loose: frozenset[int]
    wanted: frozenset[int]

    def behind(self, row: int) -> frozenset[int]:
        """Everything that an activity needs, directly or not."""
        return _behind([row], self.needs, self.chains)


def badges_for(catalogue: Catalogue, passport: Passport, wish: JourneyWish, rows: Int32) -> Badges:
    """What badges and lines ask of a journey.

    Parameters
    ----------
    rows : int32, shape (n,)
        Activities that could be in it but for this, ascending.
    """
    activities, lines = catalogue.activities, catalogue.lines
    stamped, free = set(passport.stamps.activity.tolist()), set(rows.tolist())
    left = [[row for row in stations.tolist() if row not in stamped] for stations in lines.stations]
    done = {badge for badge, stations in zip(lines.badge, left, strict=True) if badge and not stations}
    held = frozenset(passport.badges | done)
    asks = {row: [badge for badge in dict.fromkeys(activities.requires[row]) if badge not in held] for row in free}
    asks = {row: badges for row, badges in asks.items() if badges}
    wanted = {badge for badges in asks.values() for badge in badges} | ({wish.badge} if wish.badge else set())
    givers: dict[str, list[int]] = {badge: [] for badge in sorted(wanted)}
    for row in sorted(free):
        for badge in dict.fromkeys(activities.awards[row]):
            if badge in givers:
                givers[badge].append(row)
    ending: dict[int, list[int]] = {}
    for line, badge in enumerate(lines.badge):
        if badge in givers and left[line] and free.issuperset(left[line]) and left[line][-1] not in givers[badge]:
            givers[badge].append(left[line][-1])
            ending[line] = left[line]
    out = _unattainable(asks, givers, ending.values())
    free -= out.keys()
    broken = {stations[-1] for stations in ending.values() if not free.issuperset(stations)}
    givers = {badge: [row for row in rows if row in free - broken] for badge, rows in givers.items()}
    needs = {
        row: tuple(tuple(giver for giver in givers[badge] if giver != row) for badge in badges)
        for row, badges in sorted(asks.items())
        if row in free
    }
    chains = []
    for line, stations in enumerate(left):
        begun = len(stations) < len(lines.stations[line])
        whole = begun or line == wish.line or line in ending
        chains.append((tuple(row for row in stations if row in free), whole))
    goal = tuple(givers.get(wish.badge, ()))
    seeds = [*goal, *(left[wish.line] if wish.line is not None else ())]
    towards = {row for row in free if wish.badge and wish.badge in activities.awards[row]}
    for badge, along in zip(lines.badge, lines.stations, strict=True):
        towards |= set(along.tolist()) if badge and badge == wish.badge else set()
    return Badges(
        held=held,
        needs=needs,
        goal=goal,
        towards=frozenset(towards),
        out=out,
        chains=tuple(chains),
        loose=_against_stages(catalogue, wish.line),
        wanted=_behind(seeds, needs, tuple(chains)),
    )


def _against_stages(catalogue: Catalogue, line: int | None) -> frozenset[int]:
    """Stations of a line whose own order contradicts start, core, finish: there the line is right."""
    if line is None:
        return frozenset()
    stations = catalogue.lines.stations[line]
    stage = catalogue.activities.stage[stations].astype(np.int64)
    stage[stage == UNKNOWN] = CORE
    return frozenset(stations.tolist()) if (np.diff(stage) < 0).any() else frozenset()


def _unattainable(
    asks: dict[int, list[str]], givers: dict[str, list[int]], ending: Iterable[list[int]]
) -> dict[int, str]:
    """What can never be had, because nothing gives a badge that it asks for, or only what waits for it."""
    last = {stations[-1]: stations for stations in ending}
    out = dict.fromkeys(asks, "prerequisite")
    while True:
        now = [
            row
            for row in out
            if all(any(_had(giver, last, out) for giver in givers[badge] if giver != row) for badge in asks[row])
        ]
        if not now:
            break
        for row in now:
            del out[row]
    for row in _waiting_for_each_other(asks, givers, out):
        out[row] = "prerequisite_cycle"
    return out


def _had(giver: int, last: dict[int, list[int]], out: dict[int, str]) -> bool:
    """Whether a giver can be had: neither it nor a station before it is waiting."""
    return giver not in out and not any(station in out for station in last.get(giver, ()))


def _waiting_for_each_other(asks: dict[int, list[str]], givers: dict[str, list[int]], out: dict[int, str]) -> list[int]:
    """Activities in a circle of prerequisites."""
    rows = sorted(out)
    number = {row: place for place, row in enumerate(rows)}
    edges = [
        (number[row], number[giver])
        for row in rows
        for badge in asks[row]
        for giver in givers[badge]
        if giver in number
    ]
    if not edges:
        return []
    tails, heads = np.array(edges).T
    graph = csr_array((np.ones(len(edges)), (tails, heads)), shape=(len(rows), len(rows)))
    _, label = connected_components(graph, directed=True, connection="strong")
    size = np.bincount(label)
    own = {tail for tail, head in edges if tail == head}
    return [row for row, place in number.items() if size[label[place]] > 1 or place in own]


def _behind(
    seeds: Iterable[int],
    needs: dict[int, tuple[tuple[int, ...], ...]],
    chains: tuple[tuple[tuple[int, ...], bool], ...],
) -> frozenset[int]:
    found: set[int] = set()
    waiting = list(seeds)
    while waiting:
        row = waiting.pop()
        if row in found:
            continue
        found.add(row)
        waiting += [giver for givers in needs.get(row, ()) for giver in givers]
        for stations, whole in chains:
            if whole and row in stations:
                waiting += stations[: stations.index(row)]
    return frozenset(found)
