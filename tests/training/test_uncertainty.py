import numpy as np
import pytest

from training.evaluation.uncertainty import bootstrap_means, intervals


def test_a_figure_that_is_the_same_for_everybody_is_certain():
    found = intervals(np.full((40, 1), 0.3), draws=200, seed=1)[0]
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.3, 0.3, 0.3, 40))


def test_width_agrees_with_the_standard_error():
    values = np.random.default_rng(5).normal(0.5, 0.2, size=(900, 1))
    found = intervals(values, draws=4000, seed=2)[0]
    half = 1.96 * values.std() / 30
    assert found.high - found.value == pytest.approx(half, rel=0.1)
    assert found.value - found.low == pytest.approx(half, rel=0.1)


def test_intervals_cover_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(7)
    inside = 0
    for world in range(300):
        found = intervals(rng.exponential(1.0, size=(80, 1)), draws=300, seed=world)[0]
        inside += found.low <= 1.0 <= found.high
    assert 0.90 <= inside / 300 <= 0.98


def test_learners_without_the_figure_are_left_out_and_counted():
    values = np.array([[1.0, np.nan], [0.0, np.nan], [np.nan, np.nan]])
    some, none = intervals(values, draws=100, seed=0)
    assert (some.value, some.n) == (0.5, 2)
    assert none.n == 0
    assert np.isnan([none.value, none.low, none.high]).all()


def test_pairing_makes_a_constant_lead_certain():
    one = np.random.default_rng(0).random(50)
    lead = intervals((one + 0.1 - one)[:, None], draws=200, seed=0)[0]
    assert lead.high - lead.low < 1e-12


def test_blocks_do_not_change_who_is_drawn(monkeypatch):
    values = np.random.default_rng(1).random((30, 2))
    whole = bootstrap_means(values, 100, seed=9)
    monkeypatch.setattr("training.evaluation.uncertainty._BLOCK_CELLS", 90)
    assert np.allclose(whole, bootstrap_means(values, 100, seed=9), rtol=0, atol=1e-12)


def test_nobody():
    assert np.isnan(bootstrap_means(np.empty((0, 2)), 100, 0)).all()
    assert intervals(np.empty((0, 1)), 100, 0)[0].n == 0
