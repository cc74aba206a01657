"""What a proof promises: nothing better exists, the same in any batches, and no word about what is too large for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.routes.faults import faults
from benchmarks.routes.towns import random_problem
from recommender.routing.kernel import tighten as tighten_module
from recommender.routing.kernel import tree as tree_module
from recommender.routing.kernel.bound import bound
from recommender.routing.kernel.moments import moments_of
from recommender.routing.kernel.search import start
from recommender.routing.kernel.state import BEST_PRIZE, BEST_TIME, BEST_WORTH, ITERATION, fixed_from, work_for
from recommender.routing.kernel.tighten import tighten
from recommender.routing.kernel.tolls import LOWEST, tolls_of
from recommender.routing.problem import MaxIterations, Problem
from recommender.routing.proving import EVERY, Word, proving
from recommender.routing.solve import MOST_VISITS, solve, warm_up
from tests.recommender.test_solve import line, same, town
from tests.recommender.test_solve_best import problems
from tests.recommender.trying import best_by_trying, retold

UNTIL_PROVEN = MaxIterations(4 * EVERY)


@given(problems(least=10))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_proven_is_the_best_of_all(problem: Problem) -> None:
    solution = solve(problem, UNTIL_PROVEN)
    best = best_by_trying(problem)
    assert retold(problem, solution) == best
    assert solution.feasible == (best[0] == len(problem.pinned) and best[1] == problem.min_domains)
    if solution.feasible and best[2] > 0:
        assert solution.proven
    assert not solution.proven or solution.feasible
    assert not solution.impossible or not solution.feasible


@given(problems(least=10))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_route_is_above_the_bound_whatever_the_tolls(problem: Problem) -> None:
    fixed = fixed_from(problem)
    moments = moments_of(fixed)
    best = best_by_trying(problem)
    if moments is None or best[0] < len(problem.pinned) or best[1] < problem.min_domains:
        return
    tolls = tolls_of(fixed, moments)
    # What is aimed at is too low on purpose, so that the tolls get as high as they can.
    while tighten(fixed, moments, tolls, -1e6, -1e6, 1):
        assert tolls.figure[LOWEST] >= best[2] * (1 - 1e-5)


@given(problems(least=10))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ways_of_the_best_route_are_not_left_out(problem: Problem) -> None:
    fixed = fixed_from(problem)
    moments = moments_of(fixed)
    best = best_by_trying(problem)
    if moments is None or best[0] < len(problem.pinned) or best[1] < problem.min_domains:
        return
    tolls = tolls_of(fixed, moments)
    aim = best[2] - 0.01
    while tighten(fixed, moments, tolls, aim, aim, 1):
        pass
    # What is left knows of the best route whatever the tolls, also of those that were not sought for it.
    for share in (0.0, 0.5, 1.0):
        tolls.toll[:] = share * tolls.lowest
        assert bound(fixed, moments, tolls) >= best[2] * (1 - 1e-5)


def test_ways_that_no_better_route_takes_are_left_out() -> None:
    fixed = fixed_from(random_problem(2023, 60))
    moments = moments_of(fixed)
    assert moments is not None
    before = int(moments.edge[-1])
    tolls = tolls_of(fixed, moments)
    while tighten(fixed, moments, tolls, 568.0, 568.0, 10**9):
        pass
    assert 0 < moments.edge[-1] < before / 10


@pytest.mark.parametrize("number", range(8))
def test_the_tree_alone_finds_the_best_outing(number: int) -> None:
    problem = random_problem(number, 9)
    fixed = fixed_from(problem)
    work = work_for(fixed, 0)
    start(fixed, work)
    words = [word for word, _ in zip(proving(fixed, work, 10**9), range(100), strict=False)]
    best = best_by_trying(problem)
    if best[0] < len(problem.pinned) or best[1] < problem.min_domains:
        assert words == [Word.IMPOSSIBLE]
        assert work.value[BEST_WORTH] < 0
    else:
        assert words == [Word.PROVEN]
        assert work.value[BEST_PRIZE] == best[2]
    assert work.tally[ITERATION] == 1


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 6, 7, 8, 9, 10])
def test_the_tree_finds_what_is_a_little_better_than_what_is_known(number: int) -> None:
    problem = random_problem(number, 30)
    known = solve(problem, MaxIterations(1000))
    fixed = fixed_from(problem)
    work = work_for(fixed, 0)
    start(fixed, work)
    # A route that nobody has seen, worth so much that hardly a way is left: the best one is on it.
    work.value[BEST_WORTH] = work.value[BEST_PRIZE] = known.prize - 0.5
    work.value[BEST_TIME] = 0.0
    words = [word for word, _ in zip(proving(fixed, work, 10**9), range(100), strict=False)]
    assert (words[-1], work.value[BEST_PRIZE]) == (Word.PROVEN, known.prize)


def test_a_later_moment_than_the_bound_reckons_with_is_not_left_out() -> None:
    # The second visit begins at 31.9, which counts as 31, and so the third at 52.4 or, in the bound, at 51.5: a step before.
    at = np.array([11.4, 11.9, 12.4, 12.9, 0.0, 12.9])
    order = line(
        4,
        opens=np.array([[[0.0], [20.0], [45.0], [65.0]]]),
        closes=np.array([[[12.0], [32.0], [53.0], [74.0]]]),
        service=np.full(4, 20.0),
        travel=np.abs(at[:, None] - at),
        day_closes=np.array([128.0]),
    )
    fixed = fixed_from(order)
    work = work_for(fixed, 0)
    start(fixed, work)
    work.value[BEST_WORTH] = work.value[BEST_PRIZE] = 3.5
    work.value[BEST_TIME] = 0.0
    words = [word for word, _ in zip(proving(fixed, work, 10**9), range(100), strict=False)]
    assert (words[-1], work.value[BEST_PRIZE]) == (Word.PROVEN, 4.0)


def test_batches_change_nothing() -> None:
    fixed = fixed_from(random_problem(1, 30))
    ends = []
    for batch in (1, 10**9):
        work = work_for(fixed, 0)
        start(fixed, work)
        words = [word for word, _ in zip(proving(fixed, work, batch), range(20_000), strict=False)]
        ends.append((words[-1], work.best_tour.tolist(), work.value.tolist(), work.tally[ITERATION]))
        assert (words.count(Word.ON) > 20) == (batch == 1)
    assert ends[0] == ends[1]


@pytest.mark.parametrize(("number", "sessions"), [(7, 30), (12, 60), (20, 60)])
def test_a_proven_outing_ends_the_search_and_is_the_same_again(number: int, sessions: int) -> None:
    problem = random_problem(number, sessions)
    solution = solve(problem, MaxIterations(100_000), seed=1)
    assert solution.proven
    assert solution.iterations < 5000
    assert not list(faults(problem, solution))
    assert same(solution, solve(problem, MaxIterations(solution.iterations), seed=1))
    other = solve(problem, MaxIterations(100_000), seed=2)
    assert (other.prize, other.proven) == (solution.prize, True)


def test_of_equal_outings_the_one_with_the_shortest_way_is_proven() -> None:
    sessions = line(6, group=np.array([0, 0, 0, 1, 1, 1], dtype=np.int32), use=np.ones((1, 6)), limit=np.array([2.0]))
    solution = solve(sessions, UNTIL_PROVEN)
    assert solution.proven
    assert sorted(solution.visit.tolist()) == [0, 3]


@pytest.mark.parametrize(
    "problem",
    [
        line(3, opens=np.full((1, 3, 1), np.nan), pinned=np.array([1], dtype=np.int32)),
        line(3, domain=np.array([0, 0, 1], dtype=np.int32), min_domains=3),
        random_problem(1007, 60),
    ],
    ids=["closed", "too few domains", "a town"],
)
def test_a_wish_that_cannot_be_met_ends_the_search_and_is_not_called_proven(problem: Problem) -> None:
    solution = solve(problem, MaxIterations(100_000))
    assert (solution.feasible, solution.proven, solution.impossible) == (False, False, True)
    assert solution.iterations <= EVERY + 1


@pytest.mark.parametrize(("number", "sessions", "prize"), [(2043, 30, 502.0), (1083, 60, 488.0)])
def test_the_tree_finds_a_route_where_the_greedy_fill_meets_not_every_wish(
    number: int, sessions: int, prize: float
) -> None:
    fixed = fixed_from(random_problem(number, sessions))
    work = work_for(fixed, 0)
    start(fixed, work)
    assert work.value[BEST_WORTH] < 0.0
    words = [word for word, _ in zip(proving(fixed, work, 10**9), range(100), strict=False)]
    assert (words[-1], work.value[BEST_PRIZE]) == (Word.PROVEN, prize)


@pytest.mark.parametrize(
    "problem",
    [
        town(n=600, days=1, seed=1),
        line(3, service=np.zeros(3), travel=np.zeros((5, 5))),
        line(0),
        line(3, prize=np.zeros(3)),
        line(2, opens=np.zeros((0, 2, 1)), closes=np.zeros((0, 2, 1)), day_opens=np.zeros(0), day_closes=np.zeros(0)),
    ],
    ids=["many", "without time", "nothing", "worth nothing", "no day"],
)
def test_what_is_too_large_or_too_small_is_searched_as_before(problem: Problem) -> None:
    assert moments_of(fixed_from(problem)) is None
    solution = solve(problem, MaxIterations(EVERY + 20))
    assert (solution.iterations, solution.proven) == (EVERY + 20, False)


def test_of_very_many_visits_nothing_is_proven() -> None:
    n = MOST_VISITS + 50
    # Only two of them are open, so that the proof of what is left is at hand.
    opens = np.full((1, n, 1), np.nan)
    opens[0, :2] = 0.0
    solution = solve(line(n, opens=opens, closes=opens + 50.0), UNTIL_PROVEN)
    assert sorted(solution.visit.tolist()) == [0, 1]
    assert not solution.proven
    assert not solve(
        line(n, opens=opens * np.nan, closes=opens, pinned=np.array([3], dtype=np.int32)), UNTIL_PROVEN
    ).impossible


def test_a_badge_on_a_later_day_does_not_open_an_earlier_one() -> None:
    days = (2, 3, 1)
    opens = np.full(days, np.nan)
    opens[1, 0], opens[0, 1], opens[1, 2] = 10.0, 10.0, 10.0
    problem = line(
        3,
        opens=opens,
        closes=opens + 50.0,
        day_opens=np.zeros(2),
        day_closes=np.full(2, 100.0),
        prize=np.array([1.0, 50.0, 20.0]),
        awards=np.array([1, 0, 0], dtype=np.uint64),
        requires=np.array([0, 1, 1], dtype=np.uint64),
    )
    solution = solve(problem, UNTIL_PROVEN)
    assert (solution.visit.tolist(), solution.proven) == ([0, 2], True)
    # The bound knows it too, without a tree.
    fixed = fixed_from(problem)
    moments = moments_of(fixed)
    assert moments is not None
    tolls = tolls_of(fixed, moments)
    assert not tighten(fixed, moments, tolls, 21.0 - 1e-3, 21.0, 10**9)
    assert tolls.figure[LOWEST] == pytest.approx(21.0, abs=0.5)


def test_money_in_odd_cents_is_not_overspent_by_rounding() -> None:
    problem = line(30, use=np.full((1, 30), 0.1), limit=np.array([0.3]))
    solution = solve(problem, UNTIL_PROVEN)
    assert len(solution.visit) <= 3
    assert problem.use is not None
    assert problem.use[0, solution.visit].sum() <= 0.3 + 1e-12


def test_warming_up_compiles_the_one_signature_there_is() -> None:
    warm_up()
    solve(random_problem(3, 30), MaxIterations(EVERY + 1))
    solve(line(3), MaxIterations(EVERY + 1))
    assert len(tighten_module.tighten.signatures) == 1  # type: ignore[attr-defined]
    assert len(tree_module.grow.signatures) == 1  # type: ignore[attr-defined]
