"""So that several ways of grouping the same people can stand side by side: nobody can be subtracted out of them.

Within one grouping every group is whole and holds thirty people or more (``recommender.insight.cells.together``). But who knows the mean
of a neighbourhood *and* that of an age band that covers nearly the same people, knows something of the few in between.
So the groupings are tried against the strongest subtraction there is before they are published.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.linalg import qr
from scipy.optimize import Bounds, LinearConstraint, milp

from recommender.city import Float64, Int32, Int64
from recommender.insight.cells import HIDDEN_BELOW

_SECONDS = 20.0
_MOST = 10.0
"""How often a mean may be added or subtracted in one sum."""


def smallest_difference(groupings: Sequence[Int32], least: int = HIDDEN_BELOW) -> int:
    """The fewest people whose sum can be worked out by adding and subtracting sums of whole groups.

    Everybody who stands in the same group of every grouping is indistinguishable: an *atom*. A weight for every
    group gives each atom a number; when every number is 0 or 1, the sum of the ones is known. The smallest such set is found
    exactly, as a mixed-integer program.

    Parameters
    ----------
    groupings : sequence of int32, shape (n_people,)
        Group of each person, -1 for who is not counted in that grouping.
    least : int
        Sets of so many people or more do not matter.

    Returns
    -------
    int
        ``least`` when there is none smaller, also when nothing is published.
    """
    if not groupings or not len(groupings[0]):
        return least
    atoms, people = np.unique(np.stack(groupings, axis=1), axis=0, return_counts=True)
    columns = []
    for codes in atoms.T:
        groups = np.unique(codes[codes >= 0])
        columns.append(codes[:, None] == groups)
    table = np.hstack(columns).astype(np.float64)
    small = people < least
    if not small.any() or not table.shape[1]:
        return least
    if _spans_often(table, people, least):
        return least
    # Weights of groups, free; then for each small atom whether it is in. Large atoms have to cancel out.
    weights, few = table.shape[1], int(small.sum())
    inside = sparse.csr_array((-np.ones(few), (np.flatnonzero(small), np.arange(few))), (len(atoms), few))
    equal = LinearConstraint(sparse.hstack([sparse.csr_array(table), inside]), 0, 0)
    cost = np.concatenate([np.zeros(weights), people[small].astype(np.float64)])
    found = milp(
        cost,
        constraints=[equal, LinearConstraint(cost[None, :], 1, least - 1)],
        bounds=Bounds(
            np.concatenate([np.full(weights, -_MOST), np.zeros(few)]),
            np.concatenate([np.full(weights, _MOST), np.ones(few)]),
        ),
        integrality=np.concatenate([np.zeros(weights), np.ones(few)]),
        options={"time_limit": _SECONDS},
    )
    if found.status == 2:  # proven: no such set
        return least
    return round(float(found.fun)) if found.x is not None else 1


def _spans_often(table: Float64, people: Int64, least: int) -> bool:
    """Whether ``least`` sets of different people each span all that groups can express.

    Then every sum that is not always nothing is something for somebody in each of these sets, so for ``least`` people. This is quick, and
    settles nearly every case; where it does not hold nothing is known yet.
    """
    rank, left = int(np.linalg.matrix_rank(table)), people.astype(np.float64)
    for _ in range(least):
        there = np.flatnonzero(left > 0)
        triangle, order = qr((table[there] * left[there, None]).T, mode="r", pivoting=True)
        size = np.abs(np.diag(triangle))
        if len(size) < rank or size[rank - 1] <= 1e-9 * size[0]:
            return False
        left[there[order[:rank]]] -= 1
    return True


def side_by_side(groupings: Sequence[Int32], least: int = HIDDEN_BELOW) -> list[bool]:
    """Which groupings may be published together, the first ones first.

    Parameters
    ----------
    groupings : sequence of int32, shape (n_people,)
        See ``smallest_difference``.
    least : int

    Returns
    -------
    list of bool
        A grouping that would give away fewer than ``least`` people beside those already taken is left out; so is one of which it
        could not be settled in time.
    """
    taken: list[Int32] = []
    keep = []
    for grouping in groupings:
        good = smallest_difference([*taken, grouping], least) >= least
        keep.append(good)
        if good:
            taken.append(grouping)
    return keep
