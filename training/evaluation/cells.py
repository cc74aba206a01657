"""So that several figures about the same people can stand side by side: nobody can be subtracted out of them.

Within one grouping every group is whole and holds thirty people or more (``recommender.insight.cells.together``). But who knows the mean
of a neighbourhood *and* that of an age band that covers nearly the same people, knows something of the few in between.
So figures are tried against every sum there is before they are published.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.city import Float64, Int32, Int64
from recommender.insight.cells import HIDDEN_BELOW

_NOTHING = 1e-7
"""Smaller than this is rounding."""
_TRIES = 20
"""How often people are dealt out anew before it is given up."""


def withstands(sums: Float64, kind: Int64, people: Int64, least: int = HIDDEN_BELOW) -> bool:
    """Whether whatever is worked out from published sums is about ``least`` people or more.

    Who adds and subtracts sums, each as often as they like, gets another sum of the same values. When ``least`` sets of
    different people each *span* all that the sums can express, then a result that is not always nothing is something
    for somebody in each of these sets, so for ``least`` people. It errs on the safe side: where no such sets are found, there need not be a way
    to work anything out.

    Parameters
    ----------
    sums : float64, shape (n_values, n_sums)
        How much each value of a person counts in each sum.
    kind : int64, shape (n_values,)
        Whose value it is. People of one kind count alike in every sum, so they stand here once.
    people : int64, shape (n_kinds,)
        How many there are of each kind.
    least : int

    Returns
    -------
    bool
        True also when nothing is published.
    """
    sums, kind = sums[people[kind] > 0], kind[people[kind] > 0]
    if not sums.size or not sums.any():
        return True
    # The same sums in as few numbers as there are independent ones.
    _, size, axes = np.linalg.svd(sums, full_matrices=False)
    values = sums @ axes[size > _NOTHING * size[0]].T
    order = np.argsort(kind, kind="stable")
    there, first = np.unique(kind[order], return_index=True)
    whose = np.split(values[order], first[1:])
    many = np.minimum(people[there], least)
    draw = np.random.default_rng(0)
    return any(_deal(whose, many, draw.permutation(len(whose)), least) for _ in range(_TRIES))


def _deal(whose: Sequence[Float64], many: Int64, order: Int64, least: int) -> bool:
    """Deal people out to ``least`` sets, each to the poorest one that they add something to, until every set spans all."""
    full = whose[0].shape[1]
    missing = np.broadcast_to(np.eye(full), (least, full, full)).copy()
    rank = np.zeros(least, dtype=np.int64)
    # First those of whom there is one for every set.
    for one in order[np.argsort(-many[order], kind="stable")]:
        adds = np.abs(whose[one] @ missing).max(axis=(1, 2)) > _NOTHING
        poorest = np.argsort(np.where(adds, rank, full), kind="stable")[: min(int(many[one]), int(adds.sum()))]
        for place in poorest:
            for value in whose[one]:
                new = value @ missing[place]
                length = float(np.linalg.norm(new))
                if length > _NOTHING:
                    missing[place] -= np.outer(new, new) / length**2
                    rank[place] += 1
        if (rank == full).all():
            return True
    return False


def side_by_side(sums: Sequence[Float64], kind: Int64, people: Int64, least: int = HIDDEN_BELOW) -> list[bool]:
    """Which sets of sums may be published together, the first ones first.

    Parameters
    ----------
    sums : sequence of float64, shape (n_values, n_sums of the set)
    kind, people, least
        See ``withstands``.

    Returns
    -------
    list of bool
        A set that might give away fewer than ``least`` people beside those already taken is left out.
    """
    taken: list[Float64] = []
    keep = []
    for one in sums:
        good = withstands(np.hstack([*taken, one]), kind, people, least)
        keep.append(good)
        if good:
            taken.append(one)
    return keep


def groupings_together(groupings: Sequence[Int32], least: int = HIDDEN_BELOW) -> list[bool]:
    """Which groupings of people may be shown with one figure for each group, the first ones first.

    Parameters
    ----------
    groupings : sequence of int32, shape (n_people,)
        Group of each person, -1 for who is not counted in that grouping.
    least : int
    """
    if not groupings:
        return []
    kinds, people = np.unique(np.stack(groupings, axis=1), axis=0, return_counts=True)
    return side_by_side([members(codes) for codes in kinds.T], np.arange(len(kinds)), people, least)


def members(group: Int32) -> Float64:
    """1 where somebody stands in a group. Shape (n_people, n_groups); groups are numbered from 0, -1 is none."""
    found: Float64 = (group[:, None] == np.arange(group.max(initial=-1) + 1)).astype(np.float64)
    return found
