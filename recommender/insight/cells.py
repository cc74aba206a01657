"""So that no figure is about fewer than ten people: not alone, and not by subtracting one figure from another.

Three means, each for one kind of question (SCIENCE.md §2):

``together``   joins the thin cells of a table with their neighbours, once for all. Every count that is published is a
               union of whole groups, so subtracting any of them from any other leaves whole groups.
``shares``     says which part of each group something holds for, in a tree of groups and their totals. What would
               single out fewer than ten is not said, and as much beside it as it takes not to be worked out.
``flocks``     parts everybody into lasting flocks of ten neighbours or more, for questions that can be asked without
               end (what if …?): a question counts whole flocks or none of a flock, so two questions differ by whole flocks.

All counts are rounded to 5, and shares are those of rounded counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from recommender.city import Bool, Float64, Int32, Int64

HIDDEN_BELOW, MERGED_BELOW, COMPARABLE_FROM, ROUNDED_TO = 10, 30, 100, 5
STATUSES = ("hidden", "interval", "comparable")
FEW, NEARLY_ALL, WITHHELD = "few", "nearly_all", "withheld"
SLACK = 5
"""Of a number that is not said at least so many values must stay possible."""
_Z = float(norm.ppf(0.975))


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


# --- Groups of cells -------------------------------------------------------------------------------------------------


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


# --- Shares in a tree ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """For which part of a group something holds.

    Attributes
    ----------
    n : int or None
        People in the group, rounded; None where hidden.
    status : str
        One of ``STATUSES``.
    value, low, high : float or None
        With the 95% interval of Wilson (1927, doi:10.1080/01621459.1927.10502953). None where not said.
    bound : str or None
        Why it is not said: ``few`` (1 to 9 people), ``nearly_all`` (all but 1 to 9), ``withheld`` (else another figure
        could be worked out). None where it is said, and where the whole group is hidden.
    """

    n: int | None
    status: str
    value: float | None
    low: float | None
    high: float | None
    bound: str | None = None


@dataclass(frozen=True, eq=False)
class Beside:
    """Another figure of the same groups, for people for whom the one to be told cannot hold.

    Attributes
    ----------
    parts : int64, shape (n,)
        For how many it holds.
    said : bool, shape (n,)
        Whether that is told.
    """

    parts: Int64
    said: Bool


HIDDEN = Share(None, "hidden", None, None, None)


def shares(
    parts: Int64, wholes: Int64, parent: Sequence[int] | Int64 | None = None, beside: Beside | None = None
) -> list[Share]:
    """Shares of groups and their totals, none of which gives another away.

    Parameters
    ----------
    parts, wholes : int64, shape (n,)
        People for whom it holds, and people.
    parent : sequence of int, or None
        The group of which each is a part, -1 at the top. The parts of a group must make it up, without overlap. None:
        one family without a total.
    beside : Beside or None
        What is told of the same groups already, about other people in them.

    Returns
    -------
    list of Share
    """
    parts, wholes = np.asarray(parts, dtype=np.int64), np.asarray(wholes, dtype=np.int64)
    bound = bounds(parts, wholes, np.full(len(parts), -1) if parent is None else np.asarray(parent), beside)
    return [_share(int(part), int(whole), why) for part, whole, why in zip(parts, wholes, bound, strict=True)]


def _share(part: int, whole: int, bound: str | None) -> Share:
    n, status = rounded(whole), status_of(whole)
    if status == "hidden":
        return HIDDEN
    if bound is not None:
        return Share(n, status, None, None, None, WITHHELD if bound == "hidden" else bound)
    return share_of(part, whole)


def share_of(part: int, whole: int) -> Share:
    """A share that may be said, of ten people or more: of rounded counts, with Wilson's interval."""
    n, status = rounded(whole), status_of(whole)
    value = min(rounded(part) / n, 1.0)
    low, high = wilson(value, n)
    return Share(n, status, round(value, 4), round(low, 4), round(high, 4))


def wilson(value: float, n: int) -> tuple[float, float]:
    """95% interval of a share by Wilson's score. ``n`` above 0."""
    centre = (value + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(value * (1 - value) / n + _Z**2 / (4 * n**2))
    return max(float(centre - half), 0.0), min(float(centre + half), 1.0)


def bounds(parts: Int64, wholes: Int64, parent: Int32 | Int64, beside: Beside | None = None) -> list[str | None]:
    """What may not be said, and why.

    Groups and totals form a tree, so whatever can be worked out by adding and subtracting is made of *rests*: a total
    minus the largest said groups below it. Every rest is kept at nobody or at ten and more, on either side (for whom
    it holds, for whom not, and for whom neither it nor the figure beside it does), and so that of each number in it at
    least ``SLACK`` values stay possible, by leaving out the smallest group that was still said; where none is left, the
    total itself goes.

    Returns
    -------
    list of str or None
        ``few``, ``nearly_all``, ``withheld``, ``hidden`` (fewer than ten people), or None: may be said.
    """
    bound = [_alone(int(part), int(whole)) for part, whole in zip(parts, wholes, strict=True)]
    neither = wholes - parts if beside is None else wholes - parts - beside.parts
    if beside is not None:
        for row in np.flatnonzero(beside.said & (neither > 0) & (neither < HIDDEN_BELOW)).tolist():
            bound[row] = bound[row] or WITHHELD
    children: dict[int, list[int]] = {}
    for row, above in enumerate(np.asarray(parent).tolist()):
        children.setdefault(above, []).append(row)

    def rest(row: int) -> list[int]:
        """The lowest groups under a total that no said group covers."""
        found: list[int] = []
        for child in children.get(row, ()):
            if bound[child] is not None:
                found += rest(child) if child in children else [child]
        return found

    def below(row: int) -> list[int]:
        """The largest said groups under a total."""
        found: list[int] = []
        for child in children.get(row, ()):
            found += [child] if bound[child] is None else below(child)
        return found

    def withhold(row: int) -> None:
        """Leave a group out, and of one that is itself a total as much that it cannot be put together again."""
        bound[row] = WITHHELD
        while row in children and not rest(row):
            row = min(children[row], key=lambda one: (wholes[one], one))
            bound[row] = WITHHELD

    def settle(row: int) -> None:
        for child in children.get(row, ()):
            settle(child)
        if row < 0 or bound[row] is not None:
            return
        while left := rest(row):
            if _safe(parts[left], wholes[left], int(neither[left].sum()), [bound[one] for one in left]):
                return
            said = below(row)
            if not said:
                bound[row] = WITHHELD
                return
            withhold(min(said, key=lambda one: (wholes[one], one)))

    settle(-1)
    return bound


def _alone(part: int, whole: int) -> str | None:
    if 0 < whole < HIDDEN_BELOW:
        return "hidden"
    if 0 < part < HIDDEN_BELOW:
        return FEW
    return NEARLY_ALL if 0 < whole - part < HIDDEN_BELOW else None


def _safe(parts: Int64, wholes: Int64, neither: int, bound: Sequence[str | None]) -> bool:
    """Whether the sum over some unsaid groups may be known."""
    yes, no = int(parts.sum()), int(wholes.sum() - parts.sum())
    if any(0 < number < HIDDEN_BELOW for number in (yes, no, neither)):
        return False
    ends = [_possible(int(whole), why) for whole, why in zip(wholes, bound, strict=True)]
    lows, highs = sum(low for low, _ in ends), sum(high for _, high in ends)
    for low, high in ends:
        least, most = max(low, yes - (highs - high)), min(high, yes - (lows - low))
        if most - least + 1 < SLACK:
            return False
    return True


def _possible(whole: int, bound: str | None) -> tuple[int, int]:
    """Between which ends somebody who knows the rules takes an unsaid number to lie."""
    if bound == FEW:
        return 1, min(HIDDEN_BELOW - 1, whole)
    if bound == NEARLY_ALL:
        return max(whole - HIDDEN_BELOW + 1, 0), whole - 1
    return 0, whole


def apart(parts: Sequence[int]) -> list[bool]:
    """Which of several answers about the same people may stand side by side, the first ones first.

    Answers to overlapping questions (on foot, by bicycle) can be subtracted. Each that is said differs from every
    other one said by nobody or by ten and more.

    Parameters
    ----------
    parts : sequence of int
        For how many people each holds.
    """
    said: list[int] = []
    keep = []
    for part in parts:
        good = all(part == other or abs(part - other) >= HIDDEN_BELOW for other in said)
        keep.append(good)
        if good:
            said.append(part)
    return keep


# --- Lasting flocks --------------------------------------------------------------------------------------------------


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
