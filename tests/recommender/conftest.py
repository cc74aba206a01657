from __future__ import annotations

import pytest

from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Catalogue
from recommender.release import Release
from tests.recommender.towns import QUICK, crowd
from training.fit import fit


@pytest.fixture(scope="session")
def tiny_release(tiny: Tables) -> Release:
    """What is learned from Klein-Oss."""
    return fit(tiny, QUICK)


@pytest.fixture(scope="session")
def crowded() -> Tables:
    return crowd()


@pytest.fixture(scope="session")
def crowd_catalogue(crowded: Tables) -> Catalogue:
    return catalogue_from(crowded)


@pytest.fixture(scope="session")
def crowd_release(crowded: Tables) -> Release:
    return fit(crowded, QUICK)
