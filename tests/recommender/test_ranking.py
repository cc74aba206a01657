import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking import evenly, top

LEVEL = st.sampled_from([-np.inf, -3.0, -1e-30, -0.0, 0.0, 1e-40, 0.5, 3.0, np.inf])


@given(st.lists(LEVEL, max_size=30), st.integers(1, 40))
def test_top_is_a_full_sort_cut_off_and_of_equal_ones_the_first(values, count):
    scores = np.array(values, dtype=np.float32)
    expected = sorted(range(len(values)), key=lambda place: (-scores[place], place))[:count]
    assert top(scores, count).tolist() == expected


def test_each_place_is_drawn_as_often_whatever_the_seeds_look_like():
    for seeds in (range(10_000), range(0, 10_000 << 50, 1 << 50), range(-5000, 5000)):
        counts = np.bincount([evenly(seed, 10) for seed in seeds], minlength=10)
        assert len(counts) == 10
        assert ((counts - 1000) ** 2 / 1000).sum() < 33  # chi-squared of nine, one in ten thousand
    assert {evenly(seed, 1) for seed in range(20)} == {0}
