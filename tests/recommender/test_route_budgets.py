"""What shares of a budget promise: nothing that can be paid has more than all of it, and no share is lost for nothing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.routing.kernel.budgets import MOST_AMOUNTS, shares_of


@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.3, 2.5, 5.0, 7.95, 12.0]), min_size=1, max_size=8),
    st.sampled_from([0.3, 2.4, 5.1, 8.0, 12.0, 13.0, 15.0, 20.0]),
    st.randoms(use_true_random=False),
)
def test_what_can_be_paid_has_no_more_than_the_budget(use: list[float], limit: float, draw: object) -> None:
    n, amounts = len(use), np.array(use)
    group = np.array([draw.randrange(n) for _ in range(n)], dtype=np.int32)  # type: ignore[attr-defined]
    shares = shares_of(amounts, limit, group)
    for size in range(1, n + 1):
        for rows in combinations(range(n), size):
            own = list(rows)
            if len(set(group[own].tolist())) == size and amounts[own].sum() <= limit:
                assert shares[own].sum() <= 1.0 + 1e-7
    can = amounts <= limit
    assert shares[can].sum() >= amounts[can].sum() / limit - 1e-9


@pytest.mark.parametrize(
    ("limit", "shares"),
    [(12.0, [1 / 2, 1.0, 0.0]), (16.0, [1 / 3, 1 / 2, 0.0]), (5.0, [1.0, 8 / 5, 0.0]), (0.0, [0.0, 0.0, 0.0])],
)
def test_shares_seen_by_eye(limit: float, shares: list[float]) -> None:
    found = shares_of(np.array([5.0, 5.0, 5.0, 8.0, 8.0, 0.0]), limit, np.arange(6, dtype=np.int32))
    assert found[[0, 3, 5]].tolist() == pytest.approx(shares)


def test_sessions_of_one_activity_are_not_paid_twice() -> None:
    assert shares_of(np.array([5.0, 5.0]), 12.0, np.zeros(2, dtype=np.int32)).tolist() == [1.0, 1.0]


def test_of_many_amounts_the_budget_is_taken_as_it_is() -> None:
    use = np.arange(1.0, MOST_AMOUNTS + 2)
    assert shares_of(use, 20.0, np.arange(len(use), dtype=np.int32)).tolist() == (use / 20.0).tolist()
    many = np.tile(np.arange(1.0, 7.0), 40)
    assert shares_of(many, 100.0, np.arange(len(many), dtype=np.int32)).tolist() == (many / 100.0).tolist()
