"""The attack finds who was in a model where that can be seen, and nobody where there is nothing to see."""

from dataclasses import replace

import numpy as np
import pytest

from data.simulation import preset, simulate
from training.config import Config, Privacy
from training.evaluation.attack import FEWEST_LEARNERS, Told, attack, told
from training.gate import tells_little

MODELS, PEOPLE, FIGURES = 8, 600, 3


def game(signal: float, seed: int = 0):
    """Figures that differ from person to person and say by ``signal`` who was in the model."""
    rng = np.random.default_rng(seed)
    member = rng.random((MODELS, PEOPLE)) < 0.5
    figures = rng.standard_normal((MODELS, PEOPLE, FIGURES)) + 3 * rng.standard_normal((1, PEOPLE, FIGURES))
    figures[:, :, 1] += signal * member
    return figures, member


def test_figures_that_give_it_away_are_read():
    found = told(*game(6.0)).plain()
    assert found["auc"] > 0.98
    assert found["caught"] > 0.9


def test_where_there_is_nothing_to_see_the_attack_is_a_coin():
    """Also not by counting in how many other models somebody is."""
    found = told(*game(0.0)).plain()
    assert abs(found["auc"] - 0.5) < 0.03
    assert found["caught"] < 0.03


def test_more_to_see_is_more_found():
    found = [told(*game(signal)).plain()["auc"] for signal in (0.5, 1.5, 3.0)]
    assert found == sorted(found)
    assert 0.55 < found[0] < found[-1] < 1


@pytest.fixture(scope="module")
def small():
    return simulate(replace(preset("small"), seed=4)).tables


def test_the_usual_model_tells_and_a_private_one_does_not(small):
    quick = replace(Config(), threads=1, als=replace(Config().als, factors=32, iterations=5))
    usual = attack(small, quick, 4).plain()
    private = attack(small, replace(quick, privacy=Privacy(epsilon=1.0)), 4).plain()
    assert usual["auc"] > 0.8
    assert private["auc"] < 0.6
    assert private["learners"] == usual["learners"] >= FEWEST_LEARNERS


def test_the_attack_is_the_same_every_time_and_too_few_people_are_not_attacked(small, two_tastes):
    config = replace(Config(), threads=1, privacy=Privacy(epsilon=4.0, columns=8))
    assert attack(small, config, 4).plain() == attack(small, config, 4).plain()
    assert attack(two_tastes, config, 4) is None


@pytest.mark.parametrize(("auc", "most", "passed"), [(0.66, 0.65, False), (0.65, 0.65, True), (0.99, 1.0, True)])
def test_the_gate_demands_a_ceiling(auc, most, passed):
    check = tells_little({"own": Told(np.array([auc, auc]), np.array([0.1, 0.1]), 200).plain()}, most)
    assert check.passed is passed
    assert check.facts == {"own": f"{100 * auc:.0f}", "most": f"{100 * most:.0f}"}
    assert tells_little({"own": None}, most).passed is None
