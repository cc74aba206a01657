import numpy as np
import pytest

from recommender.errors import BadInput
from recommender.passport import NOBODY, Passport, Request, Stamps

ROWS = np.array([1, 2], dtype=np.int32)


def test_stamps_of_different_lengths_are_refused_with_the_lengths():
    with pytest.raises(BadInput, match="not 2, 1 and 0"):
        Stamps(ROWS, np.array([5]), np.empty(0, dtype=np.int8))


@pytest.mark.parametrize(
    ("passport", "basis"),
    [
        (NOBODY, "none"),
        (Passport(age_low=8, age_high=8, avoid=ROWS, badges=frozenset({"b"})), "none"),
        (Passport(stamps=Stamps(not_found=3)), "none"),
        (Passport(wishes=ROWS), "wishes"),
        (Passport(wishes=ROWS, stamps=Stamps(ROWS, ROWS.astype(np.int64), ROWS.astype(np.int8))), "stamps"),
    ],
)
def test_an_answer_builds_on_stamps_before_wishes_before_nothing(passport, basis):
    assert passport.basis == basis


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"count": 0}, "count: 0"),
        ({"curiosity": -0.1}, "curiosity: -0.1"),
        ({"curiosity": 1.01}, "curiosity: 1.01"),
        ({"curiosity": float("nan")}, "curiosity: nan"),
        ({"mode": "boat"}, "travel mode: 'boat'"),
        ({"policy": "random"}, "policy: 'random'"),
        ({"max_minutes": 0}, "max_minutes: 0"),
        ({"max_minutes": float("nan")}, "max_minutes: nan"),
        ({"opens": 10, "closes": 10}, "window"),
        ({"opens": 10, "closes": 9}, "window"),
    ],
)
def test_a_request_outside_its_range_is_refused_by_field(wrong, said):
    with pytest.raises(BadInput, match=said):
        Request(at=0, **wrong)


@pytest.mark.parametrize(
    "right", [{}, {"count": 1}, {"curiosity": 0}, {"curiosity": 1}, {"mode": "walk"}, {"opens": 1, "closes": 2}]
)
def test_a_request_at_the_end_of_its_range_is_taken(right):
    Request(at=0, **right)
