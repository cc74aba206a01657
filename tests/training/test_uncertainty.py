import numpy as np
import pytest

from training.evaluation.score import paired_p
from training.evaluation.uncertainty import bootstrap_means, bounds_of, intervals


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


# --- figures with bounds


def bounded(values, cluster=None, bounds=(0.0, 1.0), level=0.95):
    return intervals(np.asarray(values, dtype=float)[:, None], 100, 0, cluster, bounds, level)[0]


def test_a_share_has_the_interval_of_wilson():
    """12 of 40 by hand: Wilson with z replaced by t for 39 degrees of freedom, and n* = 39 (the variance divides by n - 1)."""
    found = bounded(np.repeat([1, 0], [12, 28]))
    share, pull = 0.3, 2.0226909**2 / 39
    middle = (share + pull / 2) / (1 + pull)
    half = np.sqrt(share * (1 - share) * pull + pull**2 / 4) / (1 + pull)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-6)


@pytest.mark.parametrize(
    ("end", "bounds"), [(0.0, (0.0, 1.0)), (1.0, (0.0, 1.0)), (-1.0, (-1.0, 1.0)), (7.0, (0.0, 7.0))]
)
def test_nobody_among_thirty_may_still_be_a_tenth(end, bounds):
    found = bounded(np.full(30, end), bounds=bounds)
    width = bounds[1] - bounds[0]
    assert found.value == end
    assert found.high - found.low == pytest.approx(0.122 * width, abs=0.003 * width)
    assert bounds[0] <= found.low <= end <= found.high <= bounds[1]
    assert (
        bounded(np.full(300, end), bounds=bounds).high - bounded(np.full(300, end), bounds=bounds).low < 0.014 * width
    )


def test_where_most_stand_at_an_end_five_more_learners_are_imagined():
    """24 zeros, 6 of 0.5, by hand: of five more learners, four stand at an end and count as a yes or a no."""
    found = bounded(np.repeat([0.0, 0.5], [24, 6]))
    share = 0.1
    seen, whole = 0.04 * 30 / 29, share * (1 - share) * 30 / 29
    pull = 2.0452296**2 * (30 * seen + 4 * whole + 1 * seen) / 35 / 30 / (share * (1 - share))
    middle = (share + pull / 2) / (1 + pull)
    half = np.sqrt(share * (1 - share) * pull + pull**2 / 4) / (1 + pull)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_who_stands_near_an_end_does_not_stand_there():
    values = np.random.default_rng(2).choice([0.0, 0.2, 0.6], 40, p=[0.6, 0.3, 0.1])
    there, near = bounded(values), bounded(np.where(values == 0, 1e-6, values))
    assert there.high - there.low > 1.03 * (near.high - near.low)
    assert near.value == pytest.approx(there.value, abs=1e-5)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-1.0, 1.0), (0.0, 7.0)])
def test_a_range_is_a_range_wherever_it_lies(bounds):
    values = np.random.default_rng(2).choice([0.0, 0.2, 0.6, 1.0], 40)
    low, width = bounds[0], bounds[1] - bounds[0]
    one, other = bounded(values), bounded(low + width * values, bounds=bounds)
    assert (other.low, other.high) == pytest.approx((low + width * one.low, low + width * one.high))


def test_everybody_alike_inside_the_range_is_certain():
    found = bounded(np.full(30, 0.25), bounds=(-1.0, 1.0))
    assert (found.low, found.value, found.high) == pytest.approx((0.25, 0.25, 0.25), abs=1e-9)
    nothing = bounded(np.zeros(30), bounds=(-1.0, 1.0))
    assert (nothing.low, nothing.value, nothing.high) == pytest.approx((0, 0, 0), abs=1e-9)


def test_an_interval_stays_within_its_bounds_and_holds_its_value():
    rng = np.random.default_rng(3)
    for low, high in ((0.0, 1.0), (-1.0, 1.0), (0.0, 7.0)):
        for n in (2, 5, 30, 400):
            for power in (0.1, 1, 8):
                found = bounded(low + (high - low) * rng.random(n) ** power, bounds=(low, high))
                assert low <= found.low <= found.value <= found.high <= high


def test_upside_down_is_upside_down():
    values = np.random.default_rng(4).random(50) ** 3
    one, other = bounded(values), bounded(1 - values)
    assert (other.low, other.high) == pytest.approx((1 - one.high, 1 - one.low))


def test_a_wider_level_is_wider():
    values = np.random.default_rng(4).random(50)
    for bounds in ((0.0, 1.0), None):
        usual = intervals(values[:, None], 2000, 0, bounds=bounds)[0]
        sure = intervals(values[:, None], 2000, 0, bounds=bounds, level=0.999)[0]
        assert sure.low < usual.low < usual.high < sure.high


def test_bounds_can_be_given_for_each_figure():
    values = np.random.default_rng(5).random((40, 2))
    both = intervals(values, 500, 1, bounds=[(0.0, 1.0), None])
    alone = [intervals(values[:, :1], 500, 1, bounds=(0.0, 1.0))[0], intervals(values[:, 1:], 500, 1)[0]]
    for one, other in zip(both, alone, strict=True):
        assert (one.low, one.value, one.high) == pytest.approx((other.low, other.value, other.high), abs=1e-12)


def test_two_figures_are_two_figures_and_not_the_ends_of_a_range():
    values = np.random.default_rng(5).random((40, 2))
    assert (
        intervals(values, 500, 1, bounds=[(0.0, 1.0), (0.0, 2.0)])[1] != intervals(values, 500, 1, bounds=(0.0, 1.0))[1]
    )


@pytest.mark.parametrize("bounds", [(0.0, 1.0), None])
def test_one_learner_says_nothing_about_others(bounds):
    found = intervals(np.array([[0.4]]), 100, 0, bounds=bounds)[0]
    assert (found.value, found.n) == (0.4, 1)
    assert np.isnan([found.low, found.high]).all()


# --- clusters


@pytest.mark.parametrize("bounds", [(0.0, 1.0), None])
def test_the_same_learner_three_times_is_one_learner(bounds):
    values = np.random.default_rng(6).random((60, 1))
    once = intervals(values, 800, 2, bounds=bounds)[0]
    thrice = intervals(np.repeat(values, 3, axis=0), 800, 2, np.repeat(np.arange(60), 3), bounds)[0]
    as_if = intervals(np.repeat(values, 3, axis=0), 800, 2, None, bounds)[0]
    assert thrice.n == 60
    assert (thrice.value, thrice.low, thrice.high) == pytest.approx((once.value, once.low, once.high), abs=1e-9)
    assert as_if.high - as_if.low < 0.65 * (once.high - once.low)


def test_the_order_of_rows_and_the_names_of_clusters_do_not_matter():
    rng = np.random.default_rng(7)
    values, cluster = rng.random((90, 2)), rng.integers(0, 40, 90)
    values[rng.random((90, 2)) < 0.2] = np.nan
    mixed = rng.permutation(90)
    one = intervals(values, 500, 3, cluster, [(0.0, 1.0), None])
    other = intervals(values[mixed], 500, 3, cluster[mixed] * 10 + 4, [(0.0, 1.0), None])
    for a, b in zip(one, other, strict=True):
        assert (a.value, a.low, a.high, a.n) == pytest.approx((b.value, b.low, b.high, b.n), abs=1e-9)


def test_somebody_without_the_figure_is_no_cluster_of_it():
    values = np.array([[0.0], [1.0], [np.nan], [np.nan], [1.0]])
    assert intervals(values, 200, 0, np.array([0, 1, 2, 2, 0]), (0.0, 1.0))[0].n == 2


# --- one p that agrees with the interval


def test_the_p_is_below_5_percent_exactly_where_the_interval_leaves_out_nothing():
    rng = np.random.default_rng(8)
    sides = {True: 0, False: 0}
    for _ in range(400):
        lead = np.clip(rng.normal(0.08, 0.3, 50), -1, 1)
        found = bounded(lead, bounds=(-1.0, 1.0))
        outside = not found.low <= 0 <= found.high
        assert (paired_p(lead) < 0.05) == outside
        sides[outside] += 1
    assert min(sides.values()) > 50


def test_so_it_is_where_some_stand_at_an_end():
    rng = np.random.default_rng(8)
    sides = {True: 0, False: 0}
    for _ in range(400):
        lead = rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], 30, p=[0.15, 0.1, 0.35, 0.15, 0.25])
        found = bounded(lead, bounds=(-1.0, 1.0))
        outside = not found.low <= 0 <= found.high
        assert (paired_p(lead) < 0.05) == outside
        sides[outside] += 1
    assert min(sides.values()) > 20


def test_a_p_of_nothing():
    assert paired_p(np.zeros(20)) == 1.0
    assert paired_p(np.full(20, 0.1)) < 1e-100
    assert np.isnan(paired_p(np.array([0.3])))
    assert np.isnan(paired_p(np.empty(0)))
    lead = np.random.default_rng(1).normal(0.1, 0.2, 40)
    assert paired_p(lead) == pytest.approx(paired_p(-lead))


def test_under_no_difference_the_p_is_below_5_percent_in_5_percent():
    rng = np.random.default_rng(9)
    below = np.mean([paired_p(rng.choice([-0.5, -0.1, 0.0, 0.2, 0.4], 60)) < 0.05 for _ in range(2000)])
    assert 0.03 < below < 0.07


def test_every_figure_has_its_bounds():
    assert bounds_of("recall@10") == bounds_of("hit_rate@5") == (0.0, 1.0)
    assert bounds_of("ndcg@20", difference=True) == (-1.0, 1.0)
    assert bounds_of("domains@10") == (0.0, 7.0)
    assert bounds_of("domains@10", difference=True) == (-7.0, 7.0)
    assert bounds_of("novelty@10") is None
