import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking import top


@given(st.lists(st.integers(-3, 3), max_size=30), st.integers(1, 40), st.randoms())
def test_top_is_a_full_sort_cut_off_with_ties_by_row(values, count, random):
    rows = np.array(random.sample(range(100), len(values)), dtype=np.int32)
    scores = np.array(values, dtype=np.float32)
    expected = sorted(range(len(values)), key=lambda place: (-scores[place], rows[place]))[:count]
    assert top(scores, rows, count).tolist() == expected
