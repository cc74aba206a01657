"""The proof that routes follow curiosity: who is paired with whom, when, and what is counted."""

import numpy as np
import pytest

from benchmarks.outing_prizes import SHIPPED, WAYS
from benchmarks.outings import FIGURES, Met, days_after, measure, pairs_of, table_of
from data.simulation import SimulationConfig, simulate
from data.translate import catalogue_from
from recommender.routing.prizes import prizes
from training.config import config_from

SMALL = SimulationConfig(learners=200, venues=12, areas=6, activities_per_season=60, looks=15.0, school_trips=0.0)
QUICK = config_from({"threads": 1, "als": {"factors": 8, "iterations": 3}, "graph": {"rank": 8}})


@pytest.fixture(scope="module")
def town():
    return simulate(SMALL)


def test_pairs_are_neighbours_of_one_age_with_opposite_tastes_and_nobody_is_in_two(town):
    truth = town.truth
    learners = np.arange(len(truth.people), dtype=np.int32)
    pairs = pairs_of(truth, learners, most=-0.3)
    assert pairs
    assert [alike for *_, alike in pairs] == sorted(alike for *_, alike in pairs)
    named = [row for one, other, _ in pairs for row in (one, other)]
    assert len(set(named)) == len(named)
    for one, other, alike in pairs:
        assert alike <= -0.3
        assert truth.people.area[one] == truth.people.area[other]
        assert abs(truth.people.age[one] - truth.people.age[other]) <= 1
    assert pairs_of(truth, learners[:1], most=1.0) == []


def test_days_begin_on_a_saturday_by_the_city_s_own_clocks(town):
    catalogue = catalogue_from(town.tables)
    days = days_after(catalogue, town.truth.as_of, 2)
    local = catalogue.clock.local(np.array(days, dtype=np.int64))
    assert (local % 86_400 // 3600).tolist() == [[10, 18], [10, 18]]
    assert ((local[:, 0] // 86_400 + 3) % 7).tolist() == [5, 6]
    assert town.truth.as_of < days[0][0] <= town.truth.as_of + 8 * 86_400


def test_a_pair_s_figures_are_shares_and_differences_of_chances():
    found = measure(SMALL, QUICK, days=[1, 7], stamps=2, pairs=3, most=0.0)
    assert len(found) == 2
    for met in found:
        assert met.figures.shape == (len(met.likeness), len(FIGURES))
        assert len(met.likeness) + met.without_route == 3
        shared = met.figures[:, FIGURES.index("shared")]
        assert ((shared >= 0) & (shared <= 1)).all()
        assert (np.abs(met.figures[:, FIGURES.index("gain per stop")]) <= 1).all()
        assert (met.figures[:, FIGURES.index("stops")] <= 4).all()


def test_a_town_without_pairs_has_a_row_without_figures():
    nobody = Met(np.empty((0, len(FIGURES))), np.empty(0), 1)
    grid = table_of("empty", {"town 1": nobody}, 1)
    assert grid.row_count == 2


def test_the_shipped_prize_is_the_engine_s_own():
    scores = np.array([-8.0, 0.0, 3.0])
    way_and_wait_stay_in, prize = WAYS[SHIPPED]
    assert np.allclose(prize(scores), prizes(scores.astype(np.float32)))
    assert not way_and_wait_stay_in
    assert (np.diff(prizes(np.array([-1e3, -1.0, 0.0, 1e3], dtype=np.float32))) > 0).all()
