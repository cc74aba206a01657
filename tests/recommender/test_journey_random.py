"""A hundred random questions for routes, held to the validator; ten thousand of them are in ``tests/prove``."""

from __future__ import annotations

from hypothesis import given, settings

from tests.recommender.random_routes import SEEDS, planned_journeys, planned_outings


@settings(max_examples=50)
@given(SEEDS)
def test_no_random_journey_breaks_a_rule(seed: int) -> None:
    planned_journeys(seed)


@settings(max_examples=50)
@given(SEEDS)
def test_no_random_outing_breaks_a_rule(seed: int) -> None:
    planned_outings(seed)
