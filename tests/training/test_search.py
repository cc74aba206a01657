from dataclasses import replace
from itertools import count, pairwise

import pytest

from data.simulation import preset, simulate
from data.tables import Tables
from recommender.errors import BadInput
from training.config import Config, parse_config
from training.search import TRIALS, as_toml, search


@pytest.fixture(scope="module")
def town() -> Tables:
    return simulate(preset("small")).tables


def test_settings_survive_their_own_toml() -> None:
    config = replace(
        Config(), seed=7, als=replace(Config().als, alpha=3.5), encoder=replace(Config().encoder, characters=False)
    )
    assert parse_config(as_toml(config)) == config


def test_every_trial_is_a_setting_within_its_range() -> None:
    for section, name, value in TRIALS:
        settings = getattr(Config(), section)
        assert getattr(replace(settings, **{name: value}), name) == value


def test_the_best_settings_never_get_worse(town: Tables) -> None:
    calls = count()
    found = list(search(town, Config(), lambda: next(calls) < 3))
    assert len(found) == 4
    assert found[0][0] == Config()
    best = found[0][1].likelihood
    for before, (after, trial) in pairwise(found):
        assert trial.kept == (trial.likelihood > best)
        assert (after != before[0]) == trial.kept
        best = max(best, trial.likelihood)


def test_too_few_choices_are_said(tiny: Tables) -> None:
    with pytest.raises(BadInput, match="too few"):
        list(search(tiny, Config(), lambda: True))
