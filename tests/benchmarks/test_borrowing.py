"""The measurement of borrowing: nobody borrows from themselves, and a gain is what it is."""

import numpy as np
import pytest

from benchmarks.borrowing import BASE, Figures, Towns, gains


@pytest.mark.parametrize(("count", "lenders"), [(4, 3), (12, 8)])
def test_nobody_borrows_from_themselves_or_twice_from_another(count, lenders):
    towns = Towns(first=20, count=count, lenders=lenders, learners=100, differ=0.3)
    for place in range(count):
        found = towns.lends(place)
        assert place not in found
        assert len(set(found)) == lenders


def test_towns_differ_in_what_was_planted_only_when_they_should():
    alike, apart = (Towns(first=20, count=4, lenders=3, learners=20, differ=differ) for differ in (0.0, 0.3))
    planted = [[towns.planted(seed) for seed in (20, 21)] for towns in (alike, apart)]
    assert planted[0][0] == planted[0][1]
    assert planted[1][0].travel != planted[1][1].travel
    assert planted[1][0].travel < 0


def test_a_gain_is_paired_by_learner_and_its_interval_is_over_towns():
    rng = np.random.default_rng(0)
    base = [rng.random(size) for size in (40, 60, 50, 30)]
    figures = [
        Figures(np.column_stack([own, own + step]), (200,))
        for own, step in zip(base, (0.1, 0.2, 0.1, 0.2), strict=True)
    ]
    found = gains(figures, [BASE, "borrowed"])
    expected = np.repeat([0.1, 0.2, 0.1, 0.2], [40, 60, 50, 30]).mean()
    mean, lead = found["borrowed"]
    assert lead.value == pytest.approx(expected)
    assert mean == pytest.approx(np.concatenate(base).mean() + expected)
    assert lead.n == 4
    # 180 learners would say much more surely what four towns say.
    assert 0.02 < lead.value - lead.low < 0.15
    assert found[BASE][1].value == found[BASE][1].low == 0
