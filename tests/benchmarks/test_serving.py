"""What the serving benchmark draws is a town that can be served, and its rivals answer the same filters."""

import json

import numpy as np
import pytest

from api.shapes.question import Question
from api.state import Live
from api.translate import passport_from_given, request_from
from benchmarks.serving.questions import COUNT, STAMPS, questions
from benchmarks.serving.server import by_implicit, filter_first, passing
from benchmarks.serving.town import town
from data.home import Home
from data.travel.city import travel_of
from recommender.eligibility import eligible, open_pool
from recommender.recommend import recommend

N = 2000


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    tables, catalogue, release = town(N, factors=8, neighbours=20)
    home = Home(tmp_path_factory.mktemp("home"))
    travel = travel_of(home, "town", catalogue, None)
    return Live(tables.city, catalogue, release, np.empty(0, dtype=np.int64), travel)


def asked(live, body):
    question = Question.model_validate_json(body)
    at = live.catalogue.as_of
    return passport_from_given(question.passport, live.catalogue, at), request_from(question, live.catalogue, at)


def test_every_question_is_another_one_with_fifty_stamps_and_four_filters():
    bodies = questions(N, 5)
    assert len(set(bodies)) == 5
    for body in map(json.loads, bodies):
        assert len(body["passport"]["stamps"]) == STAMPS
        assert {"window", "free_only", "travel", "themes"} <= body.keys()


def test_the_rivals_filter_as_the_engine_does(live):
    left = 0
    for body in questions(N, 20):
        passport, request = asked(live, body)
        can = eligible(passport, live.catalogue, request, open_pool(live.catalogue, request))
        assert passing(live, passport, request).tolist() == can.activities.tolist()
        left += len(can.activities)
    assert left > 100


def test_everybody_fills_a_list_from_what_passes(live):
    full = 0
    for body in questions(N, 10):
        passport, request = asked(live, body)
        numpy_says, implicit_says = filter_first(live, passport, request), by_implicit(live, passport, request)
        able = set(passing(live, passport, request).tolist())
        for said in (numpy_says, implicit_says):
            assert {row for row, _ in said} <= able
            assert [score for _, score in said] == sorted((score for _, score in said), reverse=True)
        assert len(numpy_says) == len(implicit_says)
        answer = recommend(passport, live.catalogue, live.release, request)
        assert len(answer.recommendations) == len(numpy_says)
        full += len(numpy_says) == COUNT
    assert full
