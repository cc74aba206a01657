"""Nobody can be singled out: every rule is attacked with all the arithmetic that a reader of the figures could do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

from recommender.insight.cells import counted, flocks, rounded, said_count, status_of, together, whole_groups
from recommender.insight.shares import FEW, NEARLY_ALL, SLACK, Beside, apart, bounds, shares

tables = st.integers(1, 5).flatmap(
    lambda rows: st.integers(1, 5).flatmap(
        lambda columns: st.lists(
            st.lists(st.one_of(st.integers(0, 12), st.integers(0, 150)), min_size=columns, max_size=columns),
            min_size=rows,
            max_size=rows,
        )
    )
).map(lambda rows: np.array(rows, dtype=np.int64))  # fmt: skip


def derivable(published: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether adding and subtracting published totals gives the total over a set of cells."""
    if not len(published):
        return False
    found = np.linalg.lstsq(published.T.astype(float), wanted.astype(float), rcond=None)[0]
    return bool(np.abs(published.T @ found - wanted).max() < 1e-6)


def all_totals(counts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Every group, and the totals of every row, column and everything, as far as they may be told."""
    sets = [labels == group for group in np.unique(labels[labels >= 0])]
    wanted = [np.ones_like(labels, dtype=bool)]
    wanted += [np.arange(counts.shape[0])[:, None] == row for row in range(counts.shape[0])]
    wanted += [np.arange(counts.shape[1])[None, :] == column for column in range(counts.shape[1])]
    sets += [np.isin(labels, whole_groups(labels, np.broadcast_to(one, labels.shape))) for one in wanted]
    return np.array([one.ravel() for one in sets], dtype=np.int64)


@given(tables)
def test_no_cell_under_ten_can_be_worked_out_of_groups_and_totals(counts: np.ndarray) -> None:
    labels = together(counts)
    published = all_totals(counts, labels)
    small = np.flatnonzero((counts.ravel() > 0) & (counts.ravel() < 10)).tolist()
    for many in (1, 2):
        for chosen in itertools.combinations(small, many):
            if counts.ravel()[list(chosen)].sum() < 10:
                wanted = np.isin(np.arange(counts.size), chosen)
                # Empty cells may come along: a set with nobody more in it is the same set of people.
                free = counts.ravel() > 0
                assert not derivable(published[:, free], wanted[free])


@given(tables)
def test_groups_hold_thirty_or_everybody(counts: np.ndarray) -> None:
    labels = together(counts)
    if counts.sum() < 10:
        assert (labels == -1).all()
        return
    sizes = np.bincount(labels.ravel(), weights=counts.ravel())
    assert sizes.sum() == counts.sum()
    assert (sizes >= min(30, counts.sum())).all()


@given(tables)
def test_coarse_groups_are_unions_of_fine_ones(counts: np.ndarray) -> None:
    fine, coarse = together(counts, 10), together(counts, 30)
    assume(counts.sum() >= 10)
    for group in np.unique(fine):
        assert len(np.unique(coarse[fine == group])) == 1


def test_a_thin_band_joins_its_smaller_neighbour() -> None:
    assert together(np.array([[50, 12, 20, 90]])).tolist() == [[0, 1, 1, 2]]


def test_a_thin_area_joins_the_nearest_one() -> None:
    far = np.array([[0.0, 9.0, 1.0], [9.0, 0.0, 8.0], [1.0, 8.0, 0.0]])
    assert together(np.array([[15], [80], [70]]), far=far).ravel().tolist() == [0, 1, 0]


@st.composite
def trees(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parts and wholes of leaves, of totals over some of them, and of everything."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    leaves = sum(sizes)
    wholes = np.array(draw(st.lists(st.integers(10, 60), min_size=leaves, max_size=leaves)), dtype=np.int64)
    parts = np.array([draw(st.one_of(st.integers(0, 12), st.integers(0, n)).map(lambda x, n=n: min(x, n)))
                      if draw(st.booleans()) else n - min(draw(st.integers(0, 12)), n) for n in wholes.tolist()])  # fmt: skip
    owner = np.repeat(np.arange(len(sizes)), sizes)
    parent = np.concatenate([leaves + owner, np.full(len(sizes), leaves + len(sizes)), [-1]])
    summed = [np.concatenate([one, np.bincount(owner, one), [one.sum()]]).astype(np.int64) for one in (parts, wholes)]
    return summed[0], summed[1], parent


def members(parent: np.ndarray) -> np.ndarray:
    """Which leaves each node of a tree holds. Shape (n_nodes, n_leaves)."""
    leaves = [row for row in range(len(parent)) if row not in set(parent.tolist())]
    inside = np.zeros((len(parent), len(leaves)), dtype=np.int64)
    for place, leaf in enumerate(leaves):
        row = leaf
        while row >= 0:
            inside[row, place] = 1
            row = int(parent[row])
    return inside


@given(trees())
def test_no_share_gives_away_fewer_than_ten(tree: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    parts, wholes, parent = tree
    bound = bounds(parts, wholes, parent)
    inside = members(parent)
    n = inside.shape[1]
    told = inside[[why is None for why in bound]]
    for many in range(1, n + 1):
        for chosen in itertools.combinations(range(n), many):
            wanted = np.isin(np.arange(n), chosen)
            if derivable(told, wanted):
                yes, no = parts[:n][wanted].sum(), (wholes - parts)[:n][wanted].sum()
                assert yes == 0 or yes >= 10
                assert no == 0 or no >= 10


@given(trees())
def test_of_every_unsaid_number_several_values_stay_possible(tree: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    parts, wholes, parent = tree
    bound = bounds(parts, wholes, parent)
    inside = members(parent)
    n = inside.shape[1]
    told = np.array([why is None for why in bound])
    # What the reader knows: the said totals exactly, and of the rest what "few" and "nearly all" mean.
    ends = []
    for leaf in range(n):
        if bound[leaf] == FEW:
            ends.append((1, min(9, wholes[leaf])))
        elif bound[leaf] == NEARLY_ALL:
            ends.append((max(wholes[leaf] - 9, 0), wholes[leaf] - 1))
        else:
            ends.append((0, wholes[leaf]))
    for leaf in (leaf for leaf in range(n) if bound[leaf] is not None):
        goal = np.eye(n)[leaf]
        least, most = (
            linprog(sign * goal, A_eq=inside[told] if told.any() else None, b_eq=parts[told] if told.any() else None,
                    bounds=ends).fun * sign
            for sign in (1, -1)
        )  # fmt: skip
        assert round(most - least) + 1 >= min(SLACK, ends[leaf][1] - ends[leaf][0] + 1)


@given(trees(), st.data())
def test_two_figures_side_by_side_do_not_tell_the_third(
    tree: tuple[np.ndarray, np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    """Supply and ranking together leave those who have enough and see it."""
    first, wholes, parent = tree
    inside = members(parent)
    n = inside.shape[1]
    second = inside @ np.array([data.draw(st.integers(0, int(wholes[row] - first[row]))) for row in range(n)])
    one = bounds(first, wholes, parent)
    other = bounds(second, wholes, parent, Beside(first, np.array([why is None for why in one])))
    told_one = inside[[why is None for why in one]]
    told_other = inside[[why is None for why in other]]
    neither = (wholes - first - second)[:n]
    for many in range(1, n + 1):
        for chosen in itertools.combinations(range(n), many):
            wanted = np.isin(np.arange(n), chosen)
            if derivable(told_one, wanted) and derivable(told_other, wanted):
                assert neither[wanted].sum() == 0 or neither[wanted].sum() >= 10


def test_what_is_few_is_said_to_be_few() -> None:
    told = shares(np.array([0, 3, 37, 40, 20]), np.array([40, 40, 40, 40, 40]))
    assert [one.value for one in told] == [0.0, None, None, 1.0, 0.5]
    assert [one.bound for one in told] == [None, "few", "nearly_all", None, None]
    assert told[4].low < 0.5 < told[4].high


def test_one_unsaid_number_takes_another_along() -> None:
    alone, both, total = shares(np.array([4, 20, 24]), np.array([40, 50, 90]), [2, 2, -1])
    assert (alone.bound, both.bound, total.bound) == ("few", "withheld", None)
    assert total.value == pytest.approx(25 / 90, abs=1e-4)


def test_fewer_than_ten_are_hidden_altogether() -> None:
    (hidden,) = shares(np.array([4]), np.array([9]))
    assert (hidden.n, hidden.status, hidden.value) == (None, "hidden", None)


@given(st.lists(st.integers(0, 400), max_size=8))
def test_answers_side_by_side_differ_by_nobody_or_ten(parts: list[int]) -> None:
    said = [part for part, good in zip(parts, apart(parts), strict=True) if good]
    assert all(one == other or abs(one - other) >= 10 for one, other in itertools.combinations(said, 2))
    assert not parts or parts[0] in said


@st.composite
def crowds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Blocks of people, and where they stand."""
    sizes = draw(st.lists(st.integers(10, 45), min_size=1, max_size=4))
    block = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    order = np.array(draw(st.lists(st.integers(0, 6), min_size=len(block), max_size=len(block))), dtype=np.int64)
    return block, order


@given(crowds(), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=6))
def test_no_number_of_questions_tells_of_fewer_than_ten(
    crowd: tuple[np.ndarray, np.ndarray], questions: list[tuple[int, int, int]]
) -> None:
    """Each question draws a circle; two that overlap, or the same one before and after, differ by whole flocks."""
    block, order = crowd
    flock = flocks(block, order)
    sizes = np.bincount(flock)
    assert (sizes >= 10).all()
    assert sizes.sum() == len(block)
    asked = [(block != skip) & (order >= low) & (order <= high) for skip, low, high in questions]
    answers = [counted(holds, flock) for holds in asked]
    for (one, first), (other, second) in itertools.combinations(zip(asked, answers, strict=True), 2):
        if not (one & ~other).any():  # the first lies within the second
            assert first <= second
            assert second == first or second - first >= 10
    # Whatever is added and subtracted: the people of a flock always come together.
    columns = np.array([[2 * holds[flock == number].sum() >= size for number, size in enumerate(sizes)]
                        for holds in asked])  # fmt: skip
    assert [int(sizes[row].sum()) for row in columns] == answers


@given(crowds())
def test_flocks_stay_within_their_block(crowd: tuple[np.ndarray, np.ndarray]) -> None:
    block, order = crowd
    flock = flocks(block, order)
    assert all(len(np.unique(block[flock == number])) == 1 for number in np.unique(flock))


def test_a_flock_counts_when_half_of_it_does() -> None:
    flock = np.repeat([0, 1], 10).astype(np.int32)
    holds = np.zeros(20, dtype=bool)
    holds[:5] = True
    holds[10:14] = True
    assert counted(holds, flock) == 10
    assert counted(np.zeros(20, dtype=bool), flock) == 0


def test_too_few_for_a_flock_are_not_counted() -> None:
    assert flocks(np.array([0] * 9 + [-1] * 12, dtype=np.int32), np.zeros(21, dtype=np.int64)).tolist() == [-1] * 21


def test_counts_are_multiples_of_five_and_say_when_they_are_few() -> None:
    assert [rounded(n) for n in (0, 2, 3, 7, 8, 12, 13)] == [0, 0, 5, 5, 10, 10, 15]
    assert [said_count(n) for n in (0, 1, 9, 10)] == [(0, False), (None, True), (None, True), (10, False)]
    assert [status_of(n) for n in (9, 10, 99, 100)] == ["hidden", "interval", "interval", "comparable"]


def test_a_total_counts_only_groups_that_lie_in_it() -> None:
    labels = np.array([[0, 1, 1]], dtype=np.int32)
    assert whole_groups(labels, np.array([[True, True, False]])).tolist() == [0]
