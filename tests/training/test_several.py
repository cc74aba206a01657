import numpy as np
import pytest

from training.evaluation.several import compare, holm


def test_holm_by_hand():
    """Smallest times four, next times three …, never below the one before, never above 1."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.5, 0.9])) == pytest.approx([1.0, 1.0])


def test_holm_of_one_of_none_and_of_what_could_not_be_tested():
    assert holm(np.array([0.04])) == pytest.approx([0.04])
    assert len(holm(np.array([]))) == 0
    found = holm(np.array([np.nan, 0.03, 0.01]))
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([0.03, 0.02])


def test_holm_keeps_the_order_and_equals_for_equals():
    p = np.random.default_rng(0).random(30) ** 3
    found = holm(p)
    assert (np.diff(found[np.argsort(p)]) >= 0).all()
    assert (found >= p).all()
    assert len(set(holm(np.full(5, 0.01)).tolist())) == 1


def test_among_ten_true_nothings_an_alarm_is_false_in_5_percent_of_worlds_at_most():
    rng = np.random.default_rng(1)
    rings = {"one by one": 0, "holm": 0}
    for _ in range(400):
        found = compare(np.clip(rng.normal(0, 0.3, (60, 10)), -1, 1), 100, 0)
        rings["one by one"] += min(one.p for one in found) < 0.05
        rings["holm"] += min(one.holm for one in found) < 0.05
    assert rings["one by one"] > 0.25 * 400
    assert rings["holm"] <= 0.08 * 400


def test_a_lead_is_seen_among_many():
    rng = np.random.default_rng(2)
    leads = np.clip(rng.normal([0.3, 0, 0, 0, -0.3], 0.3, (100, 5)), -1, 1)
    found = compare(leads, 100, 0)
    assert [one.holm < 0.05 for one in found] == [True, False, False, False, True]
    assert found[0].difference.low > 0 > found[4].difference.high
    assert all(one.p <= one.holm for one in found)
