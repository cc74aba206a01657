"""Which records to mend first, so that most learners gain something to do: the arithmetic of the repair list.

Nobody is looked at one by one: learners of the same home cell, age class and languages are one case with a number. Each
activity that could count for somebody, were more known of it, waits for one or more records; a step mends what one
activity waits for, and opens every activity that waits for nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from recommender.city import Bool, Float64, Int64, TravelMode
from recommender.guarantee import PROMISED, WITHIN_MINUTES
from recommender.travel import great_circle_km

Units = frozenset[int]


@dataclass(frozen=True, eq=False)
class Cases:
    """Learners, counted by home cell and by profile.

    Attributes
    ----------
    lat, lon : float64, shape (n_cells,)
        Where a cell is, degrees.
    low, high : float64, shape (n_profiles,)
        Age in years of one learner of the profile; every other one is let in by the same activities.
    languages : tuple of tuple of str, length n_profiles
    count : int64, shape (n_cells, n_profiles)
    left_out : int
        Learners whose home or age is not known: nobody can say what is near them, or for them.
    """

    lat: Float64
    lon: Float64
    low: Float64
    high: Float64
    languages: tuple[tuple[str, ...], ...]
    count: Int64
    left_out: int

    def near(self, lat: Float64, lon: Float64, mode: TravelMode) -> Bool:
        """Which cells lie within 20 minutes of which places. Shape (n_places, n_cells); False where not known."""
        km = great_circle_km(lat[:, None], lon[:, None], self.lat[None, :], self.lon[None, :])
        found: Bool = km * (mode.detour / mode.km_per_hour * 60) + mode.fixed_minutes <= WITHIN_MINUTES
        return found


def cases_of(
    lat: Float64,
    lon: Float64,
    low: Float64,
    high: Float64,
    languages: Sequence[tuple[str, ...]],
    edges: Float64,
    spoken: Iterable[str],
) -> Cases:
    """Count learners by case.

    Parameters
    ----------
    lat, lon, low, high : float64, shape (n_learners,)
        Home and age of each learner, NaN where not known.
    languages : sequence of tuple of str, length n_learners
    edges : float64, shape (n,)
        Ages at which some activity begins or stops to let somebody in; ages between two edges are one class.
    spoken : iterable of str
        Languages of the activities; others tell no two learners apart.
    """
    known = ~(np.isnan(lat) | np.isnan(lon) | np.isnan(low))
    edges, heard = np.unique(edges[~np.isnan(edges)]), frozenset(spoken)
    # A learner who speaks none of them is not one whose languages are not known.
    said = [tuple(sorted(heard & {*each})) or (("",) if each else ()) for each in languages]
    rank: dict[tuple[str, ...], int] = {}
    tongue = np.array([rank.setdefault(each, len(rank)) for each in said], dtype=np.int64)
    cells, cell = np.unique(np.stack([lat[known], lon[known]], axis=1), axis=0, return_inverse=True)
    classes = np.stack(
        [
            np.searchsorted(edges, low[known], side="right"),
            np.searchsorted(edges, high[known], side="right"),
            tongue[known],
        ],
        axis=1,
    )
    _, first, profile = np.unique(classes, axis=0, return_index=True, return_inverse=True)
    count = np.zeros((len(cells), len(first)), dtype=np.int64)
    np.add.at(count, (cell.reshape(-1), profile.reshape(-1)), 1)
    names = list(rank)
    return Cases(
        lat=cells[:, 0], lon=cells[:, 1], low=low[known][first], high=high[known][first],
        languages=tuple(names[place] for place in tongue[known][first]), count=count, left_out=int((~known).sum()),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Chance:
    """An activity that counts for the learners it fits, once the records it waits for are mended.

    Attributes
    ----------
    near : bool, shape (n_cells,), or None
        Whence it can be reached; None where its place is not known.
    fits : bool, shape (n_profiles,)
    needs : frozenset of int
        The records it waits for; empty for one that counts today.
    place_from : int
        The record that will tell its place, where that is not known.
    """

    near: Bool | None
    fits: Bool
    needs: Units
    place_from: int = -1


@dataclass(frozen=True)
class Step:
    """Records to mend together, and what that brings.

    Attributes
    ----------
    units : tuple of int
        The records; more than one where an activity waits for all of them.
    gain : int
        Learners who gain an activity and had gained none in this round.
    short : int
        Those of them who have fewer than the three that everybody is promised today.
    alone : int
        Learners for whom something opens, whether or not they gained before.
    activities : int
        How many activities open.
    round : int
        1 until no step brings anybody a first activity, then 2, and so on.
    """

    units: tuple[int, ...]
    gain: int
    short: int
    alone: int
    activities: int
    round: int


class _List:
    """The state of a ranking that grows step by step."""

    def __init__(self, cases: Cases, chances: Sequence[Chance], mode: TravelMode) -> None:
        self.cases = cases
        self.around = cases.near(cases.lat, cases.lon, mode)
        have = np.zeros(cases.count.shape, dtype=np.int64)
        for chance in chances:
            if not chance.needs and chance.near is not None:
                have[np.ix_(chance.near, chance.fits)] += 1
        self.short = have < PROMISED
        self.reached = np.zeros(cases.count.shape, dtype=np.bool_)
        self.waiting: dict[Units, list[Chance]] = {}
        for chance in chances:
            if chance.needs:
                self.waiting.setdefault(chance.needs, []).append(chance)

    def opened(self, units: Units) -> list[Chance]:
        """The activities that wait for nothing but these."""
        if len(units) == 1:
            return self.waiting.get(units, [])
        if 2 ** len(units) < len(self.waiting):
            parts = (frozenset(part) for size in range(1, len(units) + 1) for part in combinations(sorted(units), size))
            return [chance for part in parts for chance in self.waiting.get(part, ())]
        return [chance for needs, held in self.waiting.items() if needs <= units for chance in held]

    def reach(self, units: Units) -> Bool:
        """The cases for which something opens. Shape (n_cells, n_profiles).

        A place that is not known is taken to be where it serves most of those who gained nothing yet.
        """
        found = np.zeros(self.cases.count.shape, dtype=np.bool_)
        unplaced: dict[int, Bool] = {}
        for chance in self.opened(units):
            if chance.near is None:
                before = unplaced.get(chance.place_from)
                unplaced[chance.place_from] = chance.fits if before is None else before | chance.fits
            else:
                found[np.ix_(chance.near, chance.fits)] = True
        for fits in unplaced.values():
            left = np.where(self.reached | found, 0, self.cases.count)[:, fits].sum(axis=1)
            if not left.any():
                left = self.cases.count[:, fits].sum(axis=1)
            best = int(np.argmax(self.around @ left)) if len(left) else 0
            if len(left):
                found[np.ix_(self.around[best], fits)] = True
        return found

    def worth(self, units: Units) -> tuple[float, float, float]:
        """Learners per record: who gain, of these who have too little, and for whom something opens at all."""
        gain, short, alone, _ = self.measured(units)
        return gain / len(units), short / len(units), alone / len(units)

    def measured(self, units: Units) -> tuple[int, int, int, Bool]:
        found, count = self.reach(units), self.cases.count
        new = found & ~self.reached
        return int(count[new].sum()), int(count[new & self.short].sum()), int(count[found].sum()), found

    def mend(self, units: Units) -> set[Units]:
        """Take records as mended; what other activities wait for from now on, where that changed."""
        changed: set[Units] = set()
        for needs in [needs for needs in self.waiting if needs & units]:
            held = self.waiting.pop(needs)
            if rest := needs - units:
                self.waiting.setdefault(rest, []).extend(held)
                changed.add(rest)
        return changed


def ranked(cases: Cases, chances: Sequence[Chance], mode: TravelMode, most: int) -> list[Step]:
    """Records in the order in which to mend them, each step the one that brings most per record after those before it.

    Learners are counted once in a round, so gains add up. A step is worth less with every step before it, unless that one
    mended a part of what an activity waits for; so values are kept until somebody could be overtaken.

    Parameters
    ----------
    mode : TravelMode
        How learners get there.
    most : int
        Stop after so many records.
    """
    state = _List(cases, chances, mode)
    steps: list[Step] = []
    told, turn = 0, 1
    while told < most and state.waiting:
        state.reached[:] = False
        heap = [(tuple(-value for value in state.worth(units)), sorted(units)) for units in state.waiting]
        heapq.heapify(heap)
        before = len(steps)
        while heap and told < most:
            value, names = heapq.heappop(heap)
            units = frozenset(names)
            if units not in state.waiting:
                continue
            now = tuple(-each for each in state.worth(units))
            if now > value:
                heapq.heappush(heap, (now, names))
                continue
            gain, short, alone, found = state.measured(units)
            if not gain:
                break
            steps.append(Step(tuple(names), gain, short, alone, len(state.opened(units)), turn))
            told += len(names)
            state.reached |= found
            changed = state.mend(units)
            # What waits for a part of it as well opens with it now.
            touched = frozenset[int]().union(*changed)
            near = [other for other in state.waiting if len(other) > 1 and not touched.isdisjoint(other)]
            changed |= {other for other in near if any(part <= other for part in changed)}
            for other in changed:
                heapq.heappush(heap, (tuple(-each for each in state.worth(other)), sorted(other)))
        if len(steps) == before:
            break
        turn += 1
    return steps
