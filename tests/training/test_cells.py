"""Whether several figures about the same people can be subtracted from one another down to a few."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.subtraction import fewest_behind_a_sum
from training.evaluation.cells import groupings_together, members, side_by_side, withstands


def codes(*sizes: tuple[int, int]) -> np.ndarray:
    """``(group, people)`` after one another."""
    return np.repeat([group for group, _ in sizes], [n for _, n in sizes]).astype(np.int32)


def test_one_grouping_of_large_groups_gives_nobody_away():
    assert groupings_together([codes((0, 40), (1, 30))]) == [True]


def test_two_groupings_that_differ_by_three_people():
    area, age = codes((0, 100), (1, 300)), codes((0, 97), (1, 303))
    assert groupings_together([area, age]) == [True, False]
    assert groupings_together([age, area]) == [True, False]


def test_three_groupings_that_only_together_give_four_people_away():
    """A and B overlap in a crowd; what is left of A without B and of B without A is large, but a third grouping holds all but four."""
    n = 400
    area = np.arange(n) // 100
    age = np.where(np.arange(n) < 150, 0, 1)
    third = np.where((np.arange(n) < 104), 0, np.where(np.arange(n) < 250, 1, 2))
    assert groupings_together([area, age]) == [True, True]
    assert groupings_together([area, age, third]) == [True, True, False]


def test_who_is_not_counted_in_a_grouping_is_the_difference_to_one_that_counts_all():
    everybody, some = np.zeros(60, dtype=int), codes((0, 54), (-1, 6))
    assert groupings_together([everybody, some]) == [True, False]
    assert groupings_together([everybody, codes((0, 50), (-1, 10))]) == [True, True]


def test_the_same_grouping_twice_and_a_coarser_one_beside_it_are_harmless():
    fine = codes((0, 40), (1, 30), (2, 35))
    assert groupings_together([fine, fine, np.minimum(fine, 1)]) == [True, True, True]


def test_nobody_and_nothing():
    assert groupings_together([]) == []
    assert groupings_together([np.empty(0, dtype=np.int32)]) == [True]
    assert groupings_together([np.full(5, -1)]) == [True]
    assert groupings_together([np.zeros(5, dtype=int)]) == [False]


@pytest.mark.parametrize(("both", "safe"), [(0, True), (5, False), (9, False), (10, True)])
def test_two_moments_and_both_together(both, safe):
    """Who stands in both moments counts half of each in the mean over all: the few who do are what is left of the three."""
    people = np.array([50, 60, both])
    kind = np.array([0, 1, 2, 2])
    whole = np.array([[1.0], [1.0], [0.5], [0.5]])
    moments = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    assert side_by_side([whole, moments], kind, people) == [True, safe]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_withstands_cannot_be_worked_out_by_the_strongest_search(data):
    n_kinds, n_sums = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    each = data.draw(st.lists(st.integers(1, 2), min_size=n_kinds, max_size=n_kinds))
    kind = np.repeat(np.arange(n_kinds), each)
    people = np.array(data.draw(st.lists(st.integers(1, 30), min_size=n_kinds, max_size=n_kinds)))
    counts = st.sampled_from([0.0, 0.0, 0.5, 1.0])
    sums = np.array(data.draw(st.lists(counts, min_size=len(kind) * n_sums, max_size=len(kind) * n_sums)))
    sums = sums.reshape(len(kind), n_sums)
    fewest = fewest_behind_a_sum(sums, kind, people)
    if withstands(sums, kind, people):
        assert fewest is None or fewest >= 10
    elif n_sums == 1:
        assert fewest is not None, "one sum alone is refused only when it is about a few"
        assert fewest < 10


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 300), st.integers(2, 4))
def test_what_stands_side_by_side_cannot_be_subtracted(seed, n, how_many):
    rng = np.random.default_rng(seed)
    groupings = [np.sort(rng.integers(0, rng.integers(2, 6), n)) for _ in range(how_many)]
    keep = groupings_together(groupings)
    kept = [one for one, good in zip(groupings, keep, strict=True) if good]
    for first, second in combinations(kept, 2):
        for one, other in product(np.unique(first), np.unique(second)):
            inside, around = first == one, second == other
            if not (inside & ~around).any():
                assert not 0 < (around & ~inside).sum() < 10
    if kept:
        sums = np.hstack([members(one) for one in kept])
        fewest = fewest_behind_a_sum(sums, np.arange(n), np.ones(n, dtype=np.int64))
        assert fewest is None or fewest >= 10
