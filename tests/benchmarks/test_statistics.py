"""The measurement of the statistics, in small: it runs, it says what it measured, and a truth that can be seen is seen."""

import numpy as np
import pytest

from benchmarks.statistics import coverage, drawn, gaps
from benchmarks.statistics.__main__ import main
from benchmarks.statistics.people import Scores
from data.simulation import preset, simulate
from data.simulation.exposure import draw, drawn_probability, seen_probability


@pytest.fixture(scope="module")
def people() -> Scores:
    rng = np.random.default_rng(0)
    domains = np.where(rng.random((500, 7)) < 0.3, rng.random((500, 7)), np.nan)
    return Scores({"leerlijn recall@10": rng.random(500) * (rng.random(500) < 0.6)}, domains)


def test_a_figure_that_is_the_same_for_everybody_is_always_covered():
    assert coverage.covered(np.full(50, 0.3), (0.0, 1.0), 30, 20, 0, "ours") == 1.0


def test_coverage_is_a_share_of_worlds():
    values = np.random.default_rng(1).random(500)
    for method in coverage.METHODS:
        assert 0.85 < coverage.covered(values, (0.0, 1.0), 50, 200, 0, method) <= 1.0


def test_a_gap_of_everything_rings_and_none_does_not_ring_all_the_time(people):
    assert gaps.rings(people, 400, "gap of 0.20", 10, 1)[0] > 0.5
    assert gaps.rings(people, 400, "alike", 20, 1)[0] < 0.5


@pytest.fixture(scope="module")
def looks() -> drawn.Looks:
    return drawn.looks_of(simulate(preset("small")), 60, 0)


@pytest.mark.parametrize("name", drawn.POLICIES)
def test_a_policy_shares_out_one_place_over_what_is_eligible(looks, name):
    chances = drawn.policy(looks, name)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert not chances[looks.weight == 0].any()


def test_what_is_drawn_is_chosen_as_often_as_the_choice_model_says(looks):
    """The chances behind the truth and the logs, beside the simulator's own way: see, draw, add the noise, take the best."""
    given, meets = drawn_probability(looks.weight), seen_probability(looks.weight, looks.seen)
    truth = float((given * drawn.chosen_when_drawn(looks, 200, 0)).sum(axis=1).mean())
    rng, rows, seen = np.random.default_rng(1), np.arange(len(given)), []
    for _ in range(30):
        place, shown = draw(given, rng), rng.random(meets.shape) < meets
        shown[rows, place] = True
        noisy = np.where(shown, looks.worth + rng.gumbel(size=meets.shape), -np.inf)
        nothing = looks.nothing + rng.gumbel(size=len(rows))
        seen.append(((noisy.argmax(axis=1) == place) & (noisy.max(axis=1) > nothing)).mean())
    error = np.sqrt(truth * (1 - truth) / (30 * len(rows)))
    assert abs(np.mean(seen) - truth) < 4 * error


def test_the_truth_is_usually_held(looks):
    found = drawn.held(looks, "even", 500, 40, 1)
    assert min(found.covered.values()) > 0.75
    assert found.effective <= 520


def test_a_wrong_part_is_told_what_there_is(capsys):
    assert main(["cover"]) == 2
    assert "coverage, gaps, drawn, cities" in capsys.readouterr().err
