"""So that no figure is about fewer than ten people: not alone, and not by subtracting one figure from another.

Three means, each for one kind of question (SCIENCE.md §2):

``together``   joins the thin cells of a table with their neighbours, once for all. Every count that is published is a
               union of whole groups, so subtracting any of them from any other leaves whole groups.
``shares``     (in ``shares``) says which part of each group something holds for, in a tree of groups and their totals. What would
               single out fewer than ten is not said, and as much beside it as it takes not to be worked out.
``flocks``     parts everybody into lasting flocks of ten neighbours or more, for questions that can be asked without
               end (what if …?): a question counts whole flocks or none of a flock, so two questions differ by whole flocks.

All counts are rounded to 5, and shares are those of rounded counts.
"""

from __future__ import annotations

import numpy as np

from recommender.city import Bool, Float64, Int32, Int64

HIDDEN_BELOW, MERGED_BELOW, COMPARABLE_FROM, ROUNDED_TO = 10, 30, 100, 5
STATUSES = ("hidden", "interval", "comparable")


def rounded(n: int) -> int:
    """The nearest multiple of 5; half goes up."""
    return ROUNDED_TO * int((n + ROUNDED_TO / 2) // ROUNDED_TO)


def status_of(n: int) -> str:
    """How a group of n people may be shown: ``hidden`` below 10, with ``interval`` and unranked below 100, else
    ``comparable``. Groups of 10 to 29 are to be joined with a neighbour first; what has none is shown like those above.
    """
    return "hidden" if n < HIDDEN_BELOW else "interval" if n < COMPARABLE_FROM else "comparable"


def said_count(n: int) -> tuple[int | None, bool]:
    """A count of people as it may be said: rounded; None and True where it is 1 to 9; 0 is said."""
    few = 0 < n < HIDDEN_BELOW
    return (None if few else rounded(n)), few


def together(counts: Int64, least: int = MERGED_BELOW, far: Float64 | None = None) -> Int32:
    """Put the cells of a table together until every group holds at least ``least`` people.

    A row with too few people in all joins the row nearest to it; then within each row a thin column joins its smaller
    neighbour. Joined with a larger ``least``, groups are unions of those with a smaller one.

    Parameters
    ----------
    counts : int64, shape (n_rows, n_columns)
        People; columns in an order in which neighbours belong together (age bands).
    least : int
    far : float64, shape (n_rows, n_rows), or None
        How far rows lie from one another; None: their order is their place.

    Returns
    -------
    int32, shape (n_rows, n_columns)
        Number of each cell's group, -1 where fewer than ``HIDDEN_BELOW`` people are in the whole table.
    """
    rows, columns = counts.shape
    labels = np.full(counts.shape, -1, dtype=np.int32)
    if counts.sum() < HIDDEN_BELOW or not rows or not columns:
        return labels
    if far is None:
        place = np.arange(rows, dtype=np.float64)
        far = np.abs(place[:, None] - place)
    thresholds = sorted({min(HIDDEN_BELOW, least), least})
    sets: list[list[int]] = [[row] for row in range(rows)]
    cuts: list[list[int]] = [list(range(columns)) for _ in range(rows)]
    for level in thresholds:
        sets, cuts = _rows_together(sets, cuts, counts, level, far)
        cuts = [_columns_together(counts[own].sum(axis=0), cut, level) for own, cut in zip(sets, cuts, strict=True)]
    number = 0
    for own, cut in zip(sets, cuts, strict=True):
        for first, last in zip(cut, [*cut[1:], columns], strict=True):
            labels[np.ix_(own, range(first, last))] = number
            number += 1
    return labels


def _rows_together(
    sets: list[list[int]], cuts: list[list[int]], counts: Int64, least: int, far: Float64
) -> tuple[list[list[int]], list[list[int]]]:
    """Rows with too few people join the nearest ones; of their columns only the borders that all of them have stay."""
    sets, cuts = [list(own) for own in sets], [list(cut) for cut in cuts]
    while len(sets) > 1:
        sizes = [int(counts[own].sum()) for own in sets]
        thin = int(np.argmin(sizes))
        if sizes[thin] >= least:
            break
        distance = [
            min(far[a, b] for a in sets[thin] for b in other) if other is not sets[thin] else np.inf for other in sets
        ]
        near = int(np.argmin(distance))
        keep, gone = min(thin, near), max(thin, near)
        sets[keep] = sorted(sets[keep] + sets[gone])
        cuts[keep] = sorted(set(cuts[keep]) & set(cuts[gone]))
        del sets[gone], cuts[gone]
    return sets, cuts


def _columns_together(counts: Int64, cut: list[int], least: int) -> list[int]:
    cut = list(cut)
    while len(cut) > 1:
        sizes = np.add.reduceat(counts, cut)
        thin = int(sizes.argmin())
        if sizes[thin] >= least:
            break
        left = sizes[thin - 1] if thin else np.inf
        right = sizes[thin + 1] if thin + 1 < len(cut) else np.inf
        cut.pop(thin if left <= right else thin + 1)
    return cut


def whole_groups(labels: Int32, wanted: Bool) -> Int32:
    """The groups that lie wholly within a set of cells: all that a total over those cells may count.

    Parameters
    ----------
    labels : int32, shape (n_rows, n_columns)
    wanted : bool, same shape

    Returns
    -------
    int32
        Numbers of groups, ascending.
    """
    inside = np.setdiff1d(labels[wanted], labels[~wanted])
    return inside[inside >= 0].astype(np.int32)


def flocks(block: Int32, order: Int64, least: int = HIDDEN_BELOW) -> Int32:
    """Part people into flocks of at least ``least`` within their blocks, neighbours together.

    Parameters
    ----------
    block : int32, shape (n_people,)
        Of ``together`` with ``least`` 10; -1 for people who are not counted.
    order : int64, shape (n_people,)
        Who stands near whom: equal or close values belong together.
    least : int

    Returns
    -------
    int32, shape (n_people,)
        Number of each one's flock; -1 where the block is -1 or holds too few.
    """
    flock = np.full(len(block), -1, dtype=np.int32)
    number = 0
    rows = np.lexsort((np.arange(len(block)), order, block))
    names, first, sizes = np.unique(block[rows], return_index=True, return_counts=True)
    for name, start, stop in zip(names, first, first + sizes, strict=True):
        size = int(stop - start)
        if name < 0 or size < least:
            continue
        many = size // least
        flock[rows[start:stop]] = number + np.arange(size) * many // size
        number += many
    return flock


def counted(holds: Bool, flock: Int32) -> int:
    """For how many people something holds, in whole flocks: all of a flock when it holds for at least half of it.

    Parameters
    ----------
    holds : bool, shape (n_people,)
    flock : int32, shape (n_people,)

    Returns
    -------
    int
        0, or ten and more; not yet rounded. Two questions differ by whole flocks, however they are chosen.
    """
    inside = flock >= 0
    if not inside.any():
        return 0
    sizes = np.bincount(flock[inside])
    yes = np.bincount(flock[inside], weights=holds[inside], minlength=len(sizes))
    return int(sizes[2 * yes >= sizes].sum())
