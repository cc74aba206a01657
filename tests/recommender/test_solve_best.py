"""The search finds the best route of small problems with every rule, which trying everything finds too."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.routing.problem import MaxIterations, Problem
from recommender.routing.solve import solve
from tests.recommender.trying import best_by_trying, retold

ITERATIONS = MaxIterations(1500)


@st.composite
def problems(draw: st.DrawFn, least: int = 0) -> Problem:
    """Up to five visits that take ``least`` and some more, with any rules."""
    n, days, windows = draw(st.integers(1, 5)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    xy = rng.integers(0, 20, (n + 2, 2))
    travel = np.abs(xy[:, None] - xy).sum(axis=-1).astype(float)
    if draw(st.booleans()):
        travel[rng.random(travel.shape) < 0.4] = np.inf
        for k in range(n + 2):
            travel = np.minimum(travel, travel[:, k : k + 1] + travel[k : k + 1])
    bounds = np.sort(rng.integers(0, 100, (days, n, 2 * windows)), axis=-1).astype(float)
    bounds[:, :, 2:][rng.random((days, n)) < 0.3] = np.nan
    bounds[rng.random((days, n)) < 0.15] = np.nan
    more: dict[str, object] = {}
    if draw(st.booleans()):
        more |= {"use": rng.integers(0, 4, (2, n)).astype(float), "limit": rng.integers(0, 8, 2).astype(float)}
    if draw(st.booleans()):
        asks = np.where(rng.random(n) < 0.5, rng.integers(0, 4, n), 0)
        more |= {"awards": rng.integers(0, 4, n).astype(np.uint64), "requires": asks.astype(np.uint64)}
    if draw(st.booleans()):
        more |= {"domain": rng.integers(-1, 3, n).astype(np.int32), "min_domains": draw(st.integers(0, 3))}
    if draw(st.booleans()):
        more["pinned"] = rng.choice(n, min(n, draw(st.integers(1, 2))), replace=False).astype(np.int32)
    apart = draw(st.booleans())
    return Problem(
        prize=rng.integers(0, 10, n).astype(float),
        service=rng.integers(least, least + 10, n).astype(float),
        opens=bounds[:, :, 0::2].copy(),
        closes=bounds[:, :, 1::2].copy(),
        travel=travel,
        day_opens=rng.integers(0, 20, days).astype(float),
        day_closes=rng.integers(50, 140, days).astype(float),
        group=(np.arange(n) if apart else rng.integers(0, n, n)).astype(np.int32),
        **more,  # type: ignore[arg-type]
    )


@given(problems())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_small_problems_are_solved_to_the_optimum(problem: Problem) -> None:
    solution = solve(problem, ITERATIONS)
    best = best_by_trying(problem)
    assert retold(problem, solution) == best
    assert solution.prize == best[2]
    assert solution.feasible == (best[0] == len(problem.pinned) and best[1] == problem.min_domains)
