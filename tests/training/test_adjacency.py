"""Which theme leads to which: planted links are found, and what age or season brings about is none."""

import numpy as np
import pytest
from scipy import sparse

from recommender.model import AGE_BANDS
from tests.recommender.towns import DAY, NOW
from training.interactions import Interactions
from training.sources import adjacency
from training.sources.adjacency import fit_adjacency

THEMES = 6


def visits(draw, n_learners=400, n_visits=8, ages=None, seed=0):
    """Learners who visit a theme a day; activity t is about theme t alone. ``draw(rng, age, day, visited)`` gives odds."""
    rng = np.random.default_rng(seed)
    age = rng.choice([5.0, 20.0], n_learners) if ages is None else ages
    rows = []
    for learner in range(n_learners):
        visited: list[int] = []
        for day in np.sort(rng.integers(0, 360, n_visits)).tolist():
            odds = np.asarray(draw(rng, age[learner], day, visited), dtype=float)
            visited.append(int(rng.choice(THEMES, p=odds / odds.sum())))
            rows.append((learner, visited[-1], NOW + (day - 400) * DAY))
    learner, activity, at = (np.array(column) for column in zip(*rows, strict=True))
    matrix = sparse.csr_array((n_learners, THEMES), dtype=np.float32)
    return Interactions(matrix, learner.astype(np.int32), activity.astype(np.int32), at.astype(np.int64), age)


def links(stamps):
    """What knowing each theme adds to each other one, as a share of what is usual."""
    base, _, found = fit_adjacency(stamps, sparse.csr_array(np.eye(THEMES, dtype=np.float32)))
    return found / base


def test_a_theme_that_leads_to_another_is_found_and_counts_both_ways():
    def draw(rng, age, day, visited):
        return [1, 1, 1, 4 if 0 in visited else 1, 1, 1]

    found = links(visits(draw))
    assert np.unravel_index(found.argmax(), found.shape) in {(0, 3), (3, 0)}
    assert found[0, 3] == pytest.approx(found[3, 0])
    planted = np.zeros(found.shape, dtype=bool)
    planted[0, 3] = planted[3, 0] = True
    assert found[0, 3] > found[~planted].max() + 0.1


@pytest.mark.parametrize("why", ["age", "season"])
def test_what_age_or_season_brings_about_is_no_link(why, monkeypatch):
    """Two groups, or two halves of a year, with themes of their own: within each nothing leads to anything."""

    def draw(rng, age, day, visited):
        first = age < 10 if why == "age" else day < 180
        return [8, 8, 8, 1, 1, 1] if first else [1, 1, 1, 8, 8, 8]

    stamps = visits(draw)
    found = np.abs(links(stamps)).max()
    monkeypatch.setattr(adjacency, "AGE_BANDS", ())
    monkeypatch.setattr(adjacency, "SAME_TIME", 1000 * DAY)
    assert np.abs(links(stamps)).max() > 3 * found


def test_what_is_usual_is_what_others_of_that_age_did_then():
    at = np.array([0, 1, 30, 0, 1]) * DAY
    age = np.array([5.0, 5.0, 5.0, 20.0, np.nan])
    touched = np.eye(5)
    usual = adjacency._usual(at, age, touched > 0)
    year = touched[:3].mean(axis=0)
    weight = adjacency.SHRINK
    assert usual[0] == pytest.approx((touched[1] + weight * year) / (1 + weight))
    assert usual[2] == pytest.approx(year)
    assert usual[3] == pytest.approx(touched[3])
    assert usual[4] == pytest.approx(touched[4])
    assert np.searchsorted(AGE_BANDS, 5.0, side="right") != np.searchsorted(AGE_BANDS, 20.0, side="right")


@pytest.mark.parametrize("n_visits", [0, 1])
def test_without_second_visits_nothing_leads_to_anything(n_visits):
    stamps = visits(lambda *_: np.ones(THEMES), n_learners=3, n_visits=1)
    some = Interactions(
        stamps.matrix, stamps.learner[:n_visits], stamps.activity[:n_visits], stamps.at[:n_visits], stamps.age
    )
    base, known, found = fit_adjacency(some, sparse.csr_array(np.eye(THEMES, dtype=np.float32)))
    assert base.tolist() == [1 / THEMES] * THEMES
    assert not known.any()
    assert not found.any()
