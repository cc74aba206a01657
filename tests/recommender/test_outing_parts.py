"""The small parts of an outing: prizes, units, and the moments of a day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.routing.outing.timing import SPARE, Times, times_of
from recommender.routing.outing.units import as_tuned, back
from recommender.routing.prizes import prizes
from recommender.routing.problem import MaxIterations, Problem
from recommender.routing.solve import solve

HOUR = 3600.0


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=20))
def test_prizes_are_above_0_in_the_order_of_the_scores(scores: list[float]) -> None:
    total = np.array(scores, dtype=np.float32)
    found = prizes(total)
    assert (found > 0).all()
    assert (np.diff(found[np.argsort(total, kind="stable")]) >= 0).all()


def test_a_good_score_counts_for_its_difference_and_a_bad_one_for_next_to_nothing() -> None:
    found = prizes(np.array([-20.0, 5.0, 6.0], dtype=np.float32))
    assert found[0] < 1e-5
    assert found[2] - found[1] == pytest.approx(1.0, abs=0.01)
    assert not len(prizes(np.empty(0, dtype=np.float32)))


def problem(*windows: tuple[float, float], way: float = 600.0, stay: float = HOUR, until: float = 10 * HOUR) -> Problem:
    """Visits with one window each, one after the other as far apart as from home."""
    n = len(windows)
    at = np.array(windows, dtype=np.float64).reshape(n, 2)
    travel = np.full((n + 2, n + 2), way)
    np.fill_diagonal(travel, 0.0)
    return Problem(
        prize=np.full(n, 0.7),
        service=np.full(n, stay),
        opens=at[None, :, :1].copy(),
        closes=at[None, :, 1:].copy(),
        travel=travel,
        day_opens=np.zeros(1),
        day_closes=np.array([until]),
        group=np.arange(n, dtype=np.int32),
    )


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 9_000)), max_size=5), st.integers(1, 3000))
def test_other_units_change_neither_the_route_nor_its_moments(held: list[tuple[int, int]], way: int) -> None:
    asked = problem(*((opens, opens + long) for opens, long in held), way=float(way))
    tuned, *factors = as_tuned(asked)
    found = back(solve(tuned, MaxIterations(200)), *factors)
    assert found.prize == pytest.approx(0.7 * len(found.visit))
    begins = times_of(asked).earliest(0, found.visit.tolist())
    assert begins is not None
    # Powers of two are exact: not almost the same, the same.
    assert begins == found.begin.tolist()


def times(*windows: tuple[float, float], **more: float) -> Times:
    return times_of(problem(*windows, **more))


def test_the_first_moment_that_the_order_allows() -> None:
    held = times((HOUR, HOUR), (0.0, 9 * HOUR))
    assert held.earliest(0, [0, 1]) == [HOUR, 2 * HOUR + 600]
    assert held.earliest(0, [1, 0]) is None
    assert held.earliest(0, []) == []
    assert times((HOUR, HOUR), until=2 * HOUR + 599).earliest(0, [0]) is None


def test_of_several_windows_the_first_that_is_not_over() -> None:
    made = problem((0.0, 60.0))
    several = Times([[[(0.0, 60.0), (HOUR, 2 * HOUR)]]], [HOUR], made.travel.tolist(), [0.0], [10 * HOUR])
    assert several.earliest(0, [0]) == [HOUR]
    assert several.spare(0, 0, HOUR) == SPARE
    assert several.spare(0, 0, HOUR + 1) == 0.0


def test_a_wait_is_spent_where_one_can_stay_and_not_at_the_door() -> None:
    held = times((0.0, 9 * HOUR), (4 * HOUR, 4 * HOUR))
    assert held.earliest(0, [0, 1]) == [600, 4 * HOUR]
    assert held.unhurried(0, [0, 1]) == [4 * HOUR - SPARE - 600 - HOUR, 4 * HOUR]
    # Nothing to wait for: as early as can be.
    assert held.unhurried(0, [0]) == [600]
    with pytest.raises(ValueError, match="cannot be visited in this order"):
        held.unhurried(0, [1, 0, 1])


def test_a_window_that_closes_bounds_the_wait() -> None:
    held = times((0.0, HOUR), (4 * HOUR, 4 * HOUR))
    assert held.unhurried(0, [0, 1]) == [HOUR, 4 * HOUR]
