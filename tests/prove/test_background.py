"""Flip test: interest never sees background. Ten thousand passports, each asked twice, compared bit by bit."""

import os

import numpy as np
import pytest

from recommender import model
from recommender.passport import Request
from recommender.recommend import recommend, recommend_many
from tests.prove.towns import background, passport, records

NUMBER = int(os.environ.get("LEERLIJN_PROVE", "10000"))
INTEREST = getattr(model, "INTEREST", ("als", "graph", "metadata", "similar", "wishes", "themes"))
"""What the model itself lists as interest, else the sources that SCIENCE names and the beliefs in themes."""
BLOCK = 500

pytestmark = pytest.mark.prove


def interest(answer):
    """Bits of every interest score of every activity of an answer."""
    return {
        entry.activity: np.array([entry.parts[source] for source in INTEREST]).tobytes()
        for entry in answer.recommendations
    }


def asked(catalogue, rng, policy):
    return Request(
        at=catalogue.as_of,
        count=len(catalogue.activities) if policy == "relevance" else 40,
        policy=policy,
        curiosity=float(rng.random()),
        max_minutes=float(rng.choice([15.0, 60.0])) if rng.random() < 0.2 else None,
        seed=int(rng.integers(2**32)),
    )


class Tally:
    """What was compared; proves nothing where nothing was, or where the flip changed nothing at all."""

    def __init__(self):
        self.learners = self.scores = self.other_lists = 0
        self.moved = []

    def compare(self, learner, before, after):
        one, other = interest(before), interest(after)
        shared = one.keys() & other.keys()
        self.moved += [(learner, activity) for activity in shared if one[activity] != other[activity]]
        self.learners += bool(shared)
        self.scores += len(shared) * len(INTEREST)
        self.other_lists += one.keys() != other.keys()

    def check(self):
        assert not self.moved, f"{len(self.moved)} of {self.scores // len(INTEREST)}, such as {self.moved[:3]}"
        assert self.learners > NUMBER / 3
        assert self.scores > 10 * self.learners * len(INTEREST)
        assert self.other_lists > NUMBER / 10


@pytest.mark.parametrize("policy", ["relevance", "served"])
def test_no_bit_of_an_interest_score_moves_with_background(policy, town_catalogue, town_release):
    rng, tally = np.random.default_rng(11), Tally()
    for row, (record, stamps) in enumerate(records(town_catalogue, NUMBER, seed=7)):
        flipped = {**record, **background(town_catalogue, rng)}
        request = asked(town_catalogue, rng, policy)
        pair = (passport(own, stamps, town_catalogue) for own in (record, flipped))
        tally.compare(row, *(recommend(one, town_catalogue, town_release, request) for one in pair))
    tally.check()


def test_nor_with_who_else_is_scored_in_the_same_block(town_catalogue, town_release):
    """In batch as over HTTP: the flipped are scored in another order, so that everybody has other company."""
    rng, tally = np.random.default_rng(13), Tally()
    everything = list(records(town_catalogue, NUMBER, seed=9))
    for start in range(0, NUMBER, BLOCK):
        block = everything[start : start + BLOCK]
        requests = [asked(town_catalogue, rng, "relevance") for _ in block]
        before = [passport(*pair, town_catalogue) for pair in block]
        after = [passport({**own, **background(town_catalogue, rng)}, stamps, town_catalogue) for own, stamps in block]
        order = rng.permutation(len(block)).tolist()
        flipped = recommend_many(
            [after[row] for row in order], town_catalogue, town_release, [requests[row] for row in order]
        )
        second = dict(zip(order, flipped, strict=True))
        for row, answer in enumerate(recommend_many(before, town_catalogue, town_release, requests)):
            tally.compare(start + row, answer, second[row])
    tally.check()


def test_the_comparison_can_fail(town_catalogue, town_release):
    """One stamp more does move interest."""
    record, stamps = next(
        (r, s) for r, s in records(town_catalogue, 99, seed=7) if len(s["at"]) > 3 and not r["languages"]
    )
    fewer = {name: values[:-1] for name, values in stamps.items()}
    request = Request(at=town_catalogue.as_of, count=100, policy="relevance")
    pair = [passport(record, own, town_catalogue) for own in (stamps, fewer)]
    one, other = (interest(answer) for answer in recommend_many(pair, town_catalogue, town_release, request))
    assert any(one[activity] != other[activity] for activity in one.keys() & other.keys())
