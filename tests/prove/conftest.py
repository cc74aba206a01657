"""The town that every proof is about: 2,000 learners, fitted once."""

from __future__ import annotations

import pytest

from data.simulation import SimulationConfig, simulate
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Catalogue
from recommender.release import Release
from training.config import Config
from training.fit import fit


@pytest.fixture(scope="session")
def town() -> Tables:
    return simulate(SimulationConfig(seed=3)).tables


@pytest.fixture(scope="session")
def town_catalogue(town: Tables) -> Catalogue:
    return catalogue_from(town)


@pytest.fixture(scope="session")
def town_release(town: Tables, town_catalogue: Catalogue) -> Release:
    return fit(town, Config()).extended(town_catalogue)
