"""Who can reach what: how much there is to choose from, for whom it is too little, and whether the list hides it.

*Supply*: fewer than ``enough`` activities exist for a learner. *Ranking*: enough exist, and fewer stand in their served
top ten. Both count as the guarantee counts (``recommender.guarantee``), over different activities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import UNKNOWN, Bool, Int32, Int64
from recommender.insight.cases import Cases
from recommender.insight.cells import HIDDEN_BELOW, ROUNDED_TO, whole_groups
from recommender.insight.grid import Grid
from recommender.insight.obstacles import Obstacles
from recommender.insight.shares import FEW, HIDDEN, NEARLY_ALL, Beside, Share, share_of, shares

LIST = 10


@dataclass(frozen=True, eq=False)
class Lists:
    """What learners are shown: ``recommend`` with ``count=10`` in the window of the question.

    Attributes
    ----------
    person : int32, shape (n_listed,)
        Rows of ``People``; a sample drawn evenly will do.
    session : int32, shape (n_listed, LIST)
        Session rows, padded with ``UNKNOWN``.
    """

    person: Int32
    session: Int32


@dataclass(frozen=True)
class Spread:
    """10th, 50th and 90th percentile over people."""

    low: int
    median: int
    high: int


@dataclass(frozen=True)
class Group:
    """What is said of some people.

    Attributes
    ----------
    areas, bands : tuple of int, or None
        Rows of ``People.areas`` and ``Asked.bands``; None: all.
    n : int
        People, exactly: to be rounded before it is said.
    supply, ranking : Share
        ``ranking`` is None without lists.
    activities, sessions : Spread or None
        How much qualifies per learner; None for fewer than ten.
    not_known : mapping of str to float, or None
        How many more would qualify on average, were the price (age, access, place) told.
    """

    areas: tuple[int, ...] | None
    bands: tuple[int, ...] | None
    n: int
    supply: Share
    ranking: Share | None
    activities: Spread | None
    sessions: Spread | None
    not_known: dict[str, float] | None

    @property
    def short(self) -> Share:
        """Fewer than enough shown: supply and ranking together, as far as both are said."""
        if self.ranking is None or self.ranking.value == 0 or self.ranking.status == "hidden":
            return self.supply
        if self.supply.value is None or self.ranking.value is None:
            return Share(self.supply.n, self.supply.status, None, None, None, "withheld")
        n = self.supply.n or 0
        return share_of(min(round((self.supply.value + self.ranking.value) * n), n), n)


@dataclass(frozen=True, eq=False)
class Reach:
    """Everybody, each area (or areas joined), each band, and each group of an area and band."""

    everybody: Group
    areas: tuple[Group, ...]
    bands: tuple[Group, ...]
    groups: tuple[Group, ...]


def reach_of(cases: Cases, grid: Grid, obstacles: Obstacles, lists: Lists | None = None) -> Reach:
    """Who can reach what.

    Parameters
    ----------
    grid, obstacles
        Of the same cases.
    lists : Lists or None
        None: only the supply part can be told.
    """
    own = cases.own_activities
    inside, many = grid.own_group >= 0, grid.n_groups
    sets = grid.sets()
    # Groups first, then sets of areas, then everybody: a tree, for the sake of what may be said.
    n_sets = int(sets.max(initial=-1)) + 1
    parent = np.concatenate([sets + many, np.full(n_sets, many + n_sets), [-1]])

    def count(of: Bool) -> Int64:
        groups = np.bincount(grid.own_group[inside & of], minlength=many)
        areas = np.bincount(sets, weights=groups, minlength=n_sets) if many else np.zeros(0)
        return np.concatenate([groups, areas, [groups.sum()]]).astype(np.int64)

    everyone = np.ones(len(own), dtype=np.bool_)
    short = own < cases.asked.enough
    wholes = count(everyone)
    supply = shares(count(short), wholes, parent)
    ranking: list[Share] | None = None
    if lists is not None:
        listed = np.zeros(len(own), dtype=np.bool_)
        listed[lists.person] = True
        unseen = unseen_of(cases, own, lists)
        # In a sample the part beside it is of the sample too, and as good as said where the whole's is.
        told = np.array([share.value is not None for share in supply], dtype=np.bool_)
        ranking = shares(count(unseen), count(listed), parent, Beside(count(listed & short), told))
    found = []
    for row in range(len(wholes)):
        groups = np.flatnonzero(sets == row - many) if row >= many else np.array([row])
        members = inside if row == len(wholes) - 1 else np.isin(grid.own_group, groups)
        places = [grid.where(int(group)) for group in groups]
        areas = (
            None if row == len(wholes) - 1 else tuple(sorted({area for own_areas, _ in places for area in own_areas}))
        )
        bands = places[0][1] if row < many else None
        found.append(
            _group(cases, obstacles, areas, bands, members, own, supply[row], ranking[row] if ranking else None)
        )
    groups_found, areas_found = found[:many], found[many:-1]
    return Reach(
        everybody=found[-1],
        areas=tuple(areas_found),
        bands=tuple(_band(cases, grid, obstacles, own, band, groups_found) for band in range(grid.counts.shape[1])),
        groups=tuple(groups_found),
    )


def unseen_of(cases: Cases, own: Int64, lists: Lists) -> Bool:
    """For whom enough exists, and fewer stand in their list. Shape (n_people,); False for who has no list."""
    catalogue, enough = cases.catalogue, cases.asked.enough
    place = np.full(len(catalogue.activities), -1, dtype=np.int64)
    place[cases.offer.pool.activities] = np.arange(len(cases.offer.pool.activities))
    entry = lists.session
    shown = (entry != UNKNOWN) & (cases.of[lists.person] >= 0)[:, None]
    column = np.where(shown, place[catalogue.sessions.activity[np.maximum(entry, 0)]], -1)
    row, spot = np.nonzero(column >= 0)
    case = cases.of[lists.person[row]]
    # The very session that is shown must be within reach, not another one of the activity.
    good = cases.qualifies(case, column[row, spot]) & cases.within_reach(case, entry[row, spot])
    seen = np.bincount(row[good], minlength=len(lists.person))
    unseen: Bool = np.zeros(len(own), dtype=np.bool_)
    unseen[lists.person] = (own[lists.person] >= enough) & (seen < enough)
    return unseen


def _group(
    cases: Cases,
    obstacles: Obstacles,
    areas: tuple[int, ...] | None,
    bands: tuple[int, ...] | None,
    members: Bool,
    own: Int64,
    supply: Share,
    ranking: Share | None,
) -> Group:
    n = int(members.sum())
    if n < HIDDEN_BELOW:
        return Group(areas, bands, n, HIDDEN, None if ranking is None else HIDDEN, None, None, None)
    weight = np.bincount(cases.of[members], minlength=len(cases)).astype(np.float64)
    return Group(
        areas,
        bands,
        n,
        supply,
        ranking,
        spread_of(own[members]),
        spread_of(cases.sessions[cases.of[members]]),
        obstacles.mean(obstacles.untold, weight),
    )


def spread_of(values: Int64) -> Spread:
    """Percentiles of a number per person, for one person or more."""
    low, median, high = np.quantile(values, [0.1, 0.5, 0.9], method="nearest").tolist()
    return Spread(int(low), int(median), int(high))


def _band(cases: Cases, grid: Grid, obstacles: Obstacles, own: Int64, band: int, groups: list[Group]) -> Group:
    """One band in the whole city, put together from what its groups say: a total of its own would cross the areas'.

    A group that is not said counts in the middle of what it may be.
    """
    wanted = np.zeros_like(grid.group, dtype=np.bool_)
    wanted[:, band] = True
    numbers = whole_groups(grid.group, wanted | (grid.counts == 0))
    parts = [groups[number] for number in numbers.tolist() if groups[number].n]
    members = np.isin(grid.own_group, numbers)
    supply = _summed([part.supply for part in parts])
    ranking = _summed([part.ranking for part in parts if part.ranking]) if any(part.ranking for part in parts) else None
    return _group(cases, obstacles, None, (band,), members, own, supply, ranking)


def _summed(parts: list[Share]) -> Share:
    whole = sum(part.n or 0 for part in parts)
    if whole < HIDDEN_BELOW:
        return HIDDEN
    known = [(part.value * part.n, part.n) for part in parts if part.value is not None and part.n]
    usual = sum(yes for yes, _ in known) / max(sum(n for _, n in known), 1)
    total = sum(yes for yes, _ in known)
    for part in parts:
        if part.value is None and part.n:
            total += {FEW: ROUNDED_TO, NEARLY_ALL: part.n - ROUNDED_TO}.get(part.bound or "", usual * part.n)
    return share_of(round(total), whole)
