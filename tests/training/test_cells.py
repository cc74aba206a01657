"""Whether several groupings of the same people can be subtracted from one another down to a few."""

from itertools import combinations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluation.cells import side_by_side, smallest_difference


def codes(*sizes: tuple[int, int]) -> np.ndarray:
    """``(group, people)`` after one another."""
    return np.repeat([group for group, _ in sizes], [n for _, n in sizes]).astype(np.int32)


def test_one_grouping_of_large_groups_gives_nobody_away():
    assert smallest_difference([codes((0, 40), (1, 30))]) == 10


def test_two_groupings_that_differ_by_three_people():
    area, age = codes((0, 100), (1, 300)), codes((0, 97), (1, 303))
    assert smallest_difference([area, age]) == 3
    assert side_by_side([area, age]) == [True, False]
    assert side_by_side([age, area]) == [True, False]


def test_three_groupings_that_only_together_give_four_people_away():
    """A and B overlap in a crowd; what is left of A without B and of B without A is large, but a third grouping holds all but four."""
    n = 400
    area = np.arange(n) // 100
    age = np.where(np.arange(n) < 150, 0, 1)
    third = np.where((np.arange(n) < 104), 0, np.where(np.arange(n) < 250, 1, 2))
    assert smallest_difference([area, age]) == 10
    assert smallest_difference([area, age, third]) == 4
    assert side_by_side([area, age, third]) == [True, True, False]


def test_who_is_not_counted_in_a_grouping_is_the_difference_to_one_that_counts_all():
    everybody, some = np.zeros(60, dtype=int), codes((0, 54), (-1, 6))
    assert smallest_difference([everybody, some]) == 6


def test_the_same_grouping_twice_and_a_coarser_one_beside_it_are_harmless():
    fine = codes((0, 40), (1, 30), (2, 35))
    assert smallest_difference([fine, fine, np.minimum(fine, 1)]) == 10


def test_nobody_and_nothing():
    assert smallest_difference([]) == 10
    assert smallest_difference([np.empty(0, dtype=np.int32)]) == 10
    assert smallest_difference([np.full(5, -1)]) == 10
    assert smallest_difference([np.zeros(5, dtype=int)]) == 5


def _by_hand(groupings: list[np.ndarray], least: int) -> int:
    """Every sum of groups with weights -2 … 2, the slow way."""
    columns = [grouping == group for grouping in groupings for group in np.unique(grouping[grouping >= 0])]
    best = least
    for weights in product((-2, -1, 0, 1, 2), repeat=len(columns)):
        total = sum((w * column for w, column in zip(weights, columns, strict=True)), start=np.zeros(len(groupings[0])))
        if np.isin(total, (0, 1)).all() and 0 < total.sum() < best:
            best = int(total.sum())
    return best


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_it_finds_what_a_slow_search_finds(data):
    n = data.draw(st.integers(4, 30))
    groups = data.draw(st.lists(st.integers(1, 2), min_size=1, max_size=3))
    groupings = [np.array(data.draw(st.lists(st.integers(-1, k - 1), min_size=n, max_size=n))) for k in groups]
    least = data.draw(st.integers(2, 10))
    assert smallest_difference(groupings, least) == _by_hand(groupings, least)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 300), st.integers(2, 4))
def test_what_stands_side_by_side_cannot_be_subtracted(seed, n, how_many):
    rng = np.random.default_rng(seed)
    groupings = [np.sort(rng.integers(0, rng.integers(2, 6), n)) for _ in range(how_many)]
    keep = side_by_side(groupings)
    kept = [one for one, good in zip(groupings, keep, strict=True) if good]
    for first, second in combinations(kept, 2):
        for one, other in product(np.unique(first), np.unique(second)):
            inside, around = first == one, second == other
            if not (inside & ~around).any():
                assert not 0 < (around & ~inside).sum() < 10
