"""How large a gap chance alone makes between groups that do not differ: permutations of who belongs where.

The gap that is tested is the largest *in units of its own standard error*, so that a group of thirty cannot shout over a
group of three hundred: max over pairs of |mean_a − mean_b| ÷ √(s²_a/n_a + s²_b/n_b). Its null distribution comes from exchanging
labels, which is exact where groups are alike and, because the statistic is studentised, right in the limit also where only
their means are (Chung & Romano 2013, doi:10.1214/13-AOS1090). p counts the data themselves as one draw
(Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.city import Float64, Int32

_CELLS = 4_000_000
_WORK = 40_000_000
_LEAST_DRAWS = 199
_PRIOR = 2.0
"""People with everybody's spread who are added to each group, so that a group of equals is not infinitely sure."""


@dataclass(frozen=True)
class Gap:
    """The largest gap between two groups.

    Attributes
    ----------
    best, worst : int
        Rows of the groups.
    gap : float
        Mean of the best minus mean of the worst.
    by_chance : float
        How large that gap is on average when everybody's group is drawn.
    p : float
        How often it is then at least as clear.
    """

    best: int
    worst: int
    gap: float
    by_chance: float
    p: float


def gap_between(values: Float64, group: Int32, draws: int, seed: int) -> Gap | None:
    """The largest gap between groups of different people.

    Parameters
    ----------
    values : float64, shape (n_people,)
        One for each different learner, no NaN.
    group : int32, shape (n_people,)
        From 0; every group has two people or more.
    draws : int
        Permutations; fewer (but 199 at least) when there are very many people.
    seed : int

    Returns
    -------
    Gap or None
        None with fewer than two groups.
    """
    sizes = np.bincount(group) if len(group) else np.empty(0, dtype=np.int64)
    if len(sizes) < 2:
        return None
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ordered = values[np.argsort(group, kind="stable")]
    draws, n = _afforded(draws, len(values)), len(values)
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, draws, max(1, _CELLS // n)):
        size = min(max(1, _CELLS // n), draws - start)
        shuffled = rng.permuted(np.broadcast_to(ordered, (size, n)), axis=1)
        parts.append(_moments_of(shuffled, starts))
    drawn = tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return _judged(_moments_of(ordered[None, :], starts), drawn, sizes.astype(np.float64))


def gap_within(values: Float64, draws: int, seed: int, least: int = 30) -> Gap | None:
    """The largest gap between columns in which the same people stand: each one is compared with themselves.

    Who goes where differs, and those who find it easy may all go to one place. So only people with values in several columns
    count, each value minus the mean of their own; and what is exchanged is each one's values among their own columns.

    Parameters
    ----------
    values : float64, shape (n_people, n_groups)
        NaN where somebody has no value.
    draws, seed : int
        See ``gap_between``.
    least : int
        Columns with fewer people do not count.

    Returns
    -------
    Gap or None
        None when fewer than two columns count.
    """
    people, columns = np.arange(len(values)), np.arange(values.shape[1])
    while True:
        some = ~np.isnan(values[np.ix_(people, columns)])
        people = people[some.sum(axis=1) >= 2]
        enough = some[some.sum(axis=1) >= 2].sum(axis=0) >= max(least, 2)
        if enough.all() or not len(columns):
            break
        columns = columns[enough]
    if len(columns) < 2:
        return None
    own = values[np.ix_(people, columns)]
    own = own - np.nanmean(own, axis=1, keepdims=True)
    k, draws = len(columns), _afforded(draws, own.size)
    sums, squares, sizes = np.zeros((1 + draws, k)), np.zeros((1 + draws, k)), np.zeros(k)
    there, rng = ~np.isnan(own), np.random.default_rng(seed)
    # People with values in the same columns are exchanged together: one shuffle of small rows for all of them.
    patterns, pattern = np.unique(there, axis=0, return_inverse=True)
    for number, which in enumerate(patterns):
        block = own[pattern == number][:, which]
        sizes[which] += len(block)
        sums[0, which] += block.sum(axis=0)
        squares[0, which] += (block**2).sum(axis=0)
        size = max(1, _CELLS // block.size)
        for start in range(1, 1 + draws, size):
            stop = min(start + size, 1 + draws)
            mixed = rng.permuted(np.broadcast_to(block, (stop - start, *block.shape)), axis=2)
            sums[start:stop, which] += mixed.sum(axis=1)
            squares[start:stop, which] += (mixed**2).sum(axis=1)
    found = _judged((sums[:1], squares[:1]), (sums[1:], squares[1:]), sizes)
    return replace(found, best=int(columns[found.best]), worst=int(columns[found.worst]))


def _afforded(draws: int, n: int) -> int:
    return min(draws, max(_LEAST_DRAWS, _WORK // max(n, 1)))


def _moments_of(rows: Float64, starts: np.ndarray) -> tuple[Float64, Float64]:
    return np.add.reduceat(rows, starts, axis=1), np.add.reduceat(rows**2, starts, axis=1)


def _largest(sums: Float64, squares: Float64, sizes: Float64) -> tuple[Float64, Float64, Float64, Float64]:
    """Clearest pair of each draw: its distance in standard errors, its raw gap, and the rows of best and worst."""
    means = sums / sizes
    pooled = squares.sum(axis=1, keepdims=True) / sizes.sum() - (sums.sum(axis=1, keepdims=True) / sizes.sum()) ** 2
    inside = np.maximum(squares - sizes * means**2, 0)
    spread = (inside + _PRIOR * np.maximum(pooled, 0)) / (sizes - 1 + _PRIOR) / sizes
    gaps = means[:, :, None] - means[:, None, :]
    error = np.sqrt(spread[:, :, None] + spread[:, None, :])
    clear = np.divide(gaps, error, out=np.zeros_like(gaps), where=error > 0).reshape(len(sums), -1)
    place = clear.argmax(axis=1)
    rows = np.arange(len(sums))
    return clear[rows, place], gaps.reshape(len(sums), -1)[rows, place], place // len(sizes), place % len(sizes)


def _judged(data: tuple[Float64, Float64], drawn: tuple[Float64, ...], sizes: Float64) -> Gap:
    clear, gap, best, worst = (part[0] for part in _largest(*data, sizes))
    chance, by_chance, _, _ = _largest(drawn[0], drawn[1], sizes)
    # Sums in another order differ in their last bits.
    as_clear = int((chance >= clear - 1e-9).sum())
    return Gap(int(best), int(worst), float(gap), float(by_chance.mean()), (1 + as_clear) / (1 + len(chance)))
