"""Ten thousand random outings and journeys over random cities: the validator has nothing to say about any of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings

from recommender.routing.route import Route
from tests.recommender.random_routes import SEEDS, planned_journeys, planned_outings

NUMBER = int(os.environ.get("LEERLIJN_PROVE", "10000"))

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("planned", [planned_journeys, planned_outings])
def test_no_route_breaks_a_rule(planned: Callable[[int], Sequence[Route] | None]) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=NUMBER // 2, database=None)
    @given(SEEDS)
    def ask(seed: int) -> None:
        routes = planned(seed)
        seen["refused" if routes is None else "with a route" if routes else "without one"] += 1

    ask()
    print(planned.__name__, dict(seen))
    assert seen["with a route"] >= NUMBER // 10
