"""The evaluation's statistics hold what they promise: intervals cover, alarms are silent where nothing is, estimates find the truth.

Worlds "per learner" draw people with the figures that real lists had in simulated towns, which is cheap and so can be done
thousands of times; "whole cities" are simulated, evaluated and written down from beginning to end, which is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks.statistics import cities, coverage, drawn, gaps
from benchmarks.statistics.people import ENGINE, LOTS, POPULAR, Scores, joined, scores
from data.simulation import SimulationConfig, simulate
from training.evaluation.offpolicy import EFFECTIVE, SLOTS
from training.evaluation.run import evaluate

pytestmark = pytest.mark.prove

WORLDS, JOBS = 2000, 2
LOW, HIGH = 0.93, 0.97


@pytest.fixture(scope="module")
def people() -> Scores:
    return joined([scores(seed, 2000) for seed in (5, 6)])


@pytest.fixture(scope="module")
def populations(people):
    return coverage.populations(people.figures)


@pytest.fixture(scope="module")
def unseen() -> Scores:
    """Towns on which nothing was chosen."""
    return joined([scores(seed, 2000) for seed in (9, 10, 11, 12)])


@pytest.mark.parametrize("n", coverage.SIZES)
def test_95_percent_intervals_cover_in_93_to_97_percent(populations, n):
    """Per learner. Every figure, lists that hardly ever hit among them, at every size from which one is shown."""
    assert_all_cover(populations, n)


@pytest.mark.parametrize("n", coverage.SIZES)
def test_so_they_do_in_towns_on_which_nothing_was_chosen(unseen, n):
    assert_all_cover(coverage.populations(unseen.figures), n)


def assert_all_cover(populations: dict[str, Any], n: int) -> None:
    found = {name: coverage.covered(*populations[name], n, 2 * WORLDS, 1, "ours") for name in populations}
    assert all(LOW <= share <= HIGH for share in found.values()), found


def test_percentiles_fall_short_where_people_are_few(populations):
    """What was replaced, and why."""
    short = [
        coverage.covered(*populations[name], 30, 500, 1, "percentile")
        for name in (f"{ENGINE} ndcg@10", f"{LOTS} mrr@10", f"{ENGINE} − {POPULAR} recall@10")
    ]
    assert np.mean(short) < 0.925


@pytest.mark.parametrize("n", [30, 100, 300])
def test_a_learner_in_several_cuts_is_one_learner(populations, unseen, n):
    for some in (populations, coverage.populations(unseen.figures)):
        ranged = {name: given for name, given in some.items() if given[1] is not None}
        found = {name: coverage.seasons(*given, n, WORLDS, n) for name, given in ranged.items()}
        assert all(LOW <= one["clusters"] <= HIGH for one in found.values()), found
        assert np.mean([one["rows"] for one in found.values()]) < 0.92, "rows as if they were people promise too much"


@pytest.mark.parametrize("kind", ["alike", "other spread"])
@pytest.mark.parametrize("n", [200, 600])
def test_the_alarm_is_silent_in_95_of_100_null_worlds(people, kind, n):
    """Per learner: 2,000 worlds, four groupings at once. 5% plus what 2,000 worlds may be off by."""
    rate, _ = gaps.rings(people, n, kind, WORLDS, JOBS)
    assert rate <= 0.05, rate


def test_the_alarm_rings_where_something_is_wrong(people):
    assert gaps.rings(people, 1500, "gap of 0.20", 60, JOBS)[0] > 0.9
    rate, each = gaps.rings(people, 1500, "gap of 0.10", 100, JOBS)
    assert rate > 0.4
    assert each[0] > 5 * max(each[1:]), "and it rings for the neighbourhood, where the gap is"


def test_twelve_identical_groups_show_a_gap(people):
    assert 0.13 < gaps.twelve_of_thirty(people, 300) < 0.21


@pytest.fixture(scope="module")
def looks() -> drawn.Looks:
    return drawn.looks_of(simulate(SimulationConfig(seed=4)), 300, 0)


@pytest.mark.parametrize("name", ["even", "near and cheap"])
def test_off_policy_estimates_cover_the_true_worth(looks, name):
    """Logs of a simulated city's own looks, at the least number of places of which anything is claimed."""
    found = drawn.held(looks, name, SLOTS, 1000, JOBS)
    assert found.effective >= EFFECTIVE
    for estimator in ("ips", "snips", "dr"):
        assert LOW <= found.covered[estimator] <= HIGH, found
        assert abs(found.off[estimator]) < 0.15 * found.width[estimator] / 3.92, "no bias to speak of"


def test_a_policy_that_is_too_unlike_is_not_claimed(looks):
    found = drawn.held(looks, "the nearest alone", SLOTS, 20, JOBS)
    assert found.effective < EFFECTIVE


# --- whole cities


@pytest.fixture(scope="module")
def whole() -> list[dict[str, Any]]:
    return [cities.results(seed) for seed in range(100, 112)]


def test_names_that_mean_nothing_ring_no_alarm_in_whole_cities(whole):
    """Twelve cities: more than two false alarms would be seen in two of a hundred such dozens."""
    alarms = [
        one["gap"]["alarm"]
        for found in whole
        for one in found["groups"]["dimensions"]
        if one["dimension"] == "area" and one["gap"]
    ]
    assert len(alarms) == 12
    assert sum(alarms) <= stats.binom.ppf(0.98, 12, 0.05)


def test_no_count_of_people_is_small_anywhere_in_the_results(whole):
    for found in whole:
        assert_no_small_counts(found)


@pytest.mark.parametrize("learners", [10, 40, 130])
@pytest.mark.parametrize("seed", [1, 2])
def test_in_small_towns_neither(learners, seed):
    tables = simulate(SimulationConfig(seed=seed, learners=learners, looks=60.0)).tables
    config = cities.quick()
    assert_no_small_counts(evaluate(tables, replace(config, seed=seed)))


PEOPLE = {"n", "learners", "lists"}
"""Keys whose numbers count people, or people times cuts."""


def cells(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping in the results, with where it stands."""
    if isinstance(value, dict):
        yield path, value
        for key, part in value.items():
            yield from cells(part, f"{path}.{key}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from cells(part, f"{path}[{place}]")


def assert_no_small_counts(results: dict[str, Any]) -> None:
    json.dumps(results, allow_nan=False)
    for path, cell in cells(results):
        if path.startswith(".config"):
            continue
        for key in PEOPLE & cell.keys():
            count = cell[key]
            assert count is None or (count % 5 == 0 and (count == 0 or count >= 10)), (path, key, count)
        if {"value", "low", "high", "n"} <= cell.keys():
            assert (cell["n"] is None) == (cell["value"] is None), (path, cell)
            if cell["value"] is not None and cell["low"] is not None:
                assert cell["low"] <= cell["value"] <= cell["high"], (path, cell)
