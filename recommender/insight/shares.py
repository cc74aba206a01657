"""Shares of people in groups and their totals, none of which gives another away; see ``cells`` for the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from recommender.city import Bool, Int32, Int64
from recommender.insight.cells import HIDDEN_BELOW, rounded, status_of

FEW, NEARLY_ALL, WITHHELD = "few", "nearly_all", "withheld"
SLACK = 5
"""Of a number that is not said at least so many values must stay possible."""
_Z = float(norm.ppf(0.975))


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
