"""What the search promises: feasible, repeatable, indifferent to batches, and sane at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.routing.kernel import search as kernel
from recommender.routing.kernel import state as kernel_state
from recommender.routing.problem import MaxIterations, Problem, Solution
from recommender.routing.solve import MOST_VISITS, most_promising, solve, warm_up


def town(n: int = 40, days: int = 2, seed: int = 0, **more) -> Problem:
    """Places at random, windows of a third of the day."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 60, (n + 2, 2))
    opens = np.sort(rng.integers(0, 400, (days, n, 1)), axis=-1).astype(float)
    rules = {
        "prize": rng.integers(1, 30, n).astype(float),
        "service": rng.integers(5, 40, n).astype(float),
        "opens": opens,
        "closes": opens + 150.0,
        "travel": np.abs(xy[:, None] - xy).sum(axis=-1).astype(float),
        "day_opens": np.zeros(days),
        "day_closes": np.full(days, 480.0),
        "group": np.arange(n, dtype=np.int32),
    }
    return Problem(**(rules | more))


def line(n: int, **more) -> Problem:
    """Visits on a line, one minute apart, a minute each, open all day of a hundred minutes."""
    at = np.r_[np.arange(1, n + 1), 0, 0].astype(float)
    rules = {
        "prize": np.ones(n),
        "service": np.ones(n),
        "opens": np.zeros((1, n, 1)),
        "closes": np.full((1, n, 1), 100.0),
        "travel": np.abs(at[:, None] - at),
        "day_opens": np.zeros(1),
        "day_closes": np.array([100.0]),
        "group": np.arange(n, dtype=np.int32),
    }
    return Problem(**(rules | more))


def same(a: Solution, b: Solution) -> bool:
    return (
        np.array_equal(a.visit, b.visit)
        and np.array_equal(a.day, b.day)
        and np.array_equal(a.begin, b.begin)
        and (a.prize, a.iterations, a.feasible) == (b.prize, b.iterations, b.feasible)
    )


class After:
    """Stops at so many iterations too, but asked once per batch as any criterion of a caller's."""

    def __init__(self, most: int) -> None:
        self.most, self.asked = most, 0

    def __call__(self, iterations: int, best: float) -> bool:
        self.asked += 1
        return iterations >= self.most


def test_all_is_made_where_all_fits_and_in_the_shortest_order():
    solution = solve(line(5), MaxIterations(500))
    assert solution.prize == 5
    assert sorted(solution.visit.tolist()) == [0, 1, 2, 3, 4]
    assert (solution.day == 0).all()
    assert (np.diff(solution.begin) >= 2).all()


def test_the_greedy_fill_is_there_without_any_iteration():
    solution = solve(line(5), MaxIterations(0))
    assert solution.prize == 5
    assert solution.iterations == 0


def test_the_same_request_gives_the_same_route_and_another_seed_may_not():
    problem = town()
    once, again = solve(problem, MaxIterations(300), seed=7), solve(problem, MaxIterations(300), seed=7)
    assert same(once, again)
    assert once.iterations == 300
    assert any(not same(once, solve(problem, MaxIterations(300), seed=seed)) for seed in range(8, 12))


def test_how_often_it_is_asked_to_stop_changes_nothing():
    problem = town()
    asked = After(700)
    batches = solve(problem, asked, seed=3)
    assert asked.asked > 2
    assert same(batches, solve(problem, MaxIterations(batches.iterations), seed=3))


def test_a_batch_of_one_iteration_ends_where_one_large_batch_ends():
    fixed = kernel_state.fixed_from(town())
    routes = []
    for effort in (1, 10**9):
        work = kernel_state.work_for(fixed, 5)
        kernel.start(fixed, work)
        calls = 0
        while work.tally[kernel_state.ITERATION] < 200:
            kernel.search(fixed, work, 200, effort)
            calls += 1
        routes.append((work.best_tour.tolist(), work.value[kernel_state.BEST_PRIZE], work.kept_tour[0].tolist()))
        assert calls == (200 if effort == 1 else 1)
    assert routes[0] == routes[1]


def test_more_iterations_are_never_worse():
    problem = town(n=60, days=1)
    prizes = [solve(problem, MaxIterations(most), seed=1).prize for most in (0, 10, 100, 1000)]
    assert prizes == sorted(prizes)
    assert prizes[-1] > prizes[0]


def test_a_read_only_problem_is_left_alone():
    problem = town()
    for array in (problem.prize, problem.travel, problem.opens, problem.group):
        array.flags.writeable = False
    before = problem.travel.copy()
    assert solve(problem, MaxIterations(50)).prize > 0
    assert (problem.travel == before).all()


def test_nothing_to_visit():
    solution = solve(line(0), MaxIterations(10))
    assert solution.visit.shape == solution.day.shape == solution.begin.shape == (0,)
    assert (solution.prize, solution.feasible) == (0.0, True)


def test_no_day_at_all():
    nothing = line(
        2, opens=np.zeros((0, 2, 1)), closes=np.zeros((0, 2, 1)), day_opens=np.zeros(0), day_closes=np.zeros(0)
    )
    assert len(solve(nothing, MaxIterations(10)).visit) == 0


def test_no_window_is_never_open():
    closed = line(3, opens=np.full((1, 3, 1), np.nan), closes=np.full((1, 3, 1), np.nan))
    assert len(solve(closed, MaxIterations(50)).visit) == 0
    assert len(solve(line(3, opens=np.zeros((1, 3, 0)), closes=np.zeros((1, 3, 0))), MaxIterations(50)).visit) == 0


def test_the_second_window_is_used_when_the_first_has_passed():
    opens = np.array([[[0.0, 50.0], [0.0, np.nan]]])
    closes = np.array([[[0.5, 60.0], [90.0, np.nan]]])
    solution = solve(line(2, opens=opens, closes=closes), MaxIterations(200))
    assert sorted(solution.visit.tolist()) == [0, 1]
    assert solution.begin[solution.visit == 0] == 50


def test_a_day_that_ends_before_it_begins_is_spent_at_home():
    assert len(solve(line(3, day_opens=np.array([90.0]), day_closes=np.array([80.0])), MaxIterations(50)).visit) == 0


def test_what_cannot_be_reached_is_left_out():
    travel = line(3).travel.copy()
    travel[2, :] = travel[:, 2] = np.inf
    assert sorted(solve(line(3, travel=travel), MaxIterations(100)).visit.tolist()) == [0, 1]


def test_an_end_that_cannot_be_reached_from_the_start_is_reached_over_a_visit():
    travel = line(1).travel.copy()
    travel[1, 2] = np.inf
    assert solve(line(1, travel=travel), MaxIterations(20)).visit.tolist() == [0]


def test_one_session_of_an_activity_is_enough():
    group = np.array([0, 0, 0, 3], dtype=np.int32)
    solution = solve(line(4, group=group, prize=np.array([1.0, 5.0, 2.0, 1.0])), MaxIterations(200))
    assert sorted(solution.visit.tolist()) == [1, 3]


def test_budgets_hold_over_all_days():
    problem = town(n=30, use=np.vstack([np.full(30, 2.5), np.ones(30)]), limit=np.array([11.0, 9.0]))
    solution = solve(problem, MaxIterations(500))
    assert len(solution.visit) == 4
    assert len(set(solution.day.tolist())) <= 2


def test_a_pin_is_kept_whatever_it_costs():
    prize = np.array([0.0, 9.0, 9.0])
    far = line(3, prize=prize, day_closes=np.array([9.0]))
    far.travel[0, :] += 3
    far.travel[:, 0] += 3
    assert 0 not in solve(far, MaxIterations(200)).visit
    pinned = solve(Problem(**(vars(far) | {"pinned": np.array([0], dtype=np.int32)})), MaxIterations(200))
    assert 0 in pinned.visit
    assert pinned.feasible


def test_a_pin_that_is_closed_is_said_and_the_rest_is_still_planned():
    opens, closes = np.zeros((1, 3, 1)), np.full((1, 3, 1), 100.0)
    opens[0, 1], closes[0, 1] = np.nan, np.nan
    solution = solve(line(3, opens=opens, closes=closes, pinned=np.array([1], dtype=np.int32)), MaxIterations(100))
    assert not solution.feasible
    assert sorted(solution.visit.tolist()) == [0, 2]


@pytest.mark.parametrize("days", [1, 2])
def test_a_badge_comes_first_and_never_later(days):
    bits = {"awards": np.array([1, 2, 0], dtype=np.uint64), "requires": np.array([0, 1, 3], dtype=np.uint64)}
    shape = (days, 3, 1)
    problem = line(3, opens=np.zeros(shape), closes=np.full(shape, 100.0), day_opens=np.zeros(days),
                   day_closes=np.full(days, 100.0), prize=np.array([0.0, 0.0, 5.0]), **bits)  # fmt: skip
    assert solve(problem, MaxIterations(300)).visit.tolist() == [0, 1, 2]


def test_who_asks_for_a_badge_that_nobody_gives_stays_out():
    bits = {"awards": np.zeros(2, dtype=np.uint64), "requires": np.array([0, 2**63], dtype=np.uint64)}
    assert solve(line(2, **bits), MaxIterations(100)).visit.tolist() == [0]


def test_domains_are_met_before_prizes_where_they_can():
    domain = np.array([0, 0, 5], dtype=np.int32)
    short = {"prize": np.array([9.0, 9.0, 1.0]), "day_closes": np.array([8.0]), "domain": domain}
    assert set(solve(line(3, **short), MaxIterations(200)).visit.tolist()) == {0, 1}
    varied = solve(line(3, **short, min_domains=2), MaxIterations(200))
    assert 2 in varied.visit
    assert varied.feasible
    assert not solve(line(3, **short, min_domains=3), MaxIterations(200)).feasible


def test_a_value_of_nothing_is_not_visited():
    assert solve(line(3, prize=np.array([1.0, 0.0, 1.0])), MaxIterations(100)).visit.tolist() in ([0, 2], [2, 0])


def test_of_very_many_the_most_promising_are_looked_at_and_pins_stay():
    n = MOST_VISITS + 200
    rng = np.random.default_rng(1)
    worst = int(np.argmin(prize := rng.random(n) + 0.1))
    problem = line(n, prize=prize, closes=np.full((1, n, 1), 2.0 * n), day_closes=np.array([60.0]),
                   travel=np.zeros((n + 2, n + 2)), pinned=np.array([worst], dtype=np.int32))  # fmt: skip
    rows = most_promising(problem)
    assert len(rows) == MOST_VISITS
    assert worst in rows
    solution = solve(problem, MaxIterations(20))
    assert worst in solution.visit
    assert solution.prize == pytest.approx(prize[worst] + np.sort(prize)[-59:].sum())


def test_warming_up_compiles_the_one_signature_there_is():
    warm_up()
    solve(town(), MaxIterations(5))
    solve(line(3, use=np.ones((1, 3)), limit=np.ones(1), domain=np.zeros(3, dtype=np.int32)), MaxIterations(5))
    assert len(kernel.search.signatures) == 1
