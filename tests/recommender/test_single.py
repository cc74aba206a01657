"""The fused path against the recipe read slowly, and one learner alone against the same one in a block."""

import os
from dataclasses import replace

import numpy as np
import pytest

from data.simulation import SimulationConfig, simulate
from data.translate import catalogue_from
from recommender.eligibility import eligible, open_pool
from recommender.filling import filled, narrow_shares
from recommender.guarantee import PROMISED, WITHIN_PLACES, claim_of, guaranteed
from recommender.listing import _PAST, POOL, _chosen
from recommender.model import INTEREST
from recommender.ranking import Places, places_of, top
from recommender.recommend import recommend, recommend_many, scored
from tests.recommender.brute import plain_filling, plain_parts
from tests.recommender.random_requests import drawn
from tests.recommender.towns import QUICK
from training.fit import fit

MANY = int(os.environ.get("LEERLIJN_PROVE", "1000"))
CLOSE = 2e-4
"""Scores that are added up in another order differ by no more."""


@pytest.fixture(scope="module")
def lively():
    """A simulated town with sessions, lines and prices."""
    tables = simulate(SimulationConfig(seed=5, learners=120, activities_per_season=60)).tables
    return catalogue_from(tables), fit(tables, QUICK)


@pytest.fixture(scope="module", params=["crowd", "lively"])
def city(request):
    if request.param == "lively":
        return request.getfixturevalue("lively")
    return request.getfixturevalue("crowd_catalogue"), request.getfixturevalue("crowd_release")


def check(catalogue, release, passport, request):
    """Parts, sessions and order of everything eligible; the filling of the list from the same pool."""
    model, can = release.model, eligible(passport, catalogue, request, open_pool(catalogue, request))
    if not len(can.activities):
        return 0
    found = scored(passport, catalogue, release, request)
    parts, best = plain_parts(passport, catalogue, request, model, can)
    ours = found.sources(np.arange(len(can.activities))) | found.context.parts
    assert ours.keys() == parts.keys()
    for name, values in parts.items():
        assert np.abs(ours[name] - values).max() <= CLOSE * max(1, np.abs(values).max()), name
    total = sum(parts.values())
    assert np.abs(found.total - total).max() <= CLOSE * max(1, np.abs(total).max())
    alike = np.isclose(found.context.session, best)
    assert alike.all(), "another session is best"
    order = top(found.total, request.count)
    # Where two scores are all but equal either may come first.
    assert np.abs(np.sort(-total)[: len(order)] + total[order]).max() <= CLOSE * max(1, np.abs(total).max())
    believed = found.beliefs
    pool, ours_filled, _ = _chosen(
        found.total, found.every_source, _PAST, can.activities, model.blending.themes, catalogue.themes.broad,
        believed.prior[0], believed.evidence[0], model.theme_base, passport.less,
        len(passport.stamps), request.count, request.curiosity, request.count,
    )  # fmt: skip
    assert pool.tolist() == top(found.total, max(round(POOL * (1 + 2 * request.curiosity)), 2 * request.count)).tolist()
    exact = found.total.astype(float), {name: ours[name].astype(float) for name in INTEREST}
    assert ours_filled.tolist() == plain_filling(
        pool, *exact, passport, catalogue, request, model, can.activities, request.count
    )
    return 1


def test_the_fused_path_is_the_recipe_read_slowly(city):
    catalogue, release = city
    assert sum(check(catalogue, release, *asked) for asked in drawn(catalogue, 60, seed=1)) > 20


@pytest.mark.prove
def test_the_fused_path_is_the_recipe_read_slowly_a_thousand_times(city):
    catalogue, release = city
    assert sum(check(catalogue, release, *asked) for asked in drawn(catalogue, MANY, seed=2)) > MANY / 4


def test_alone_and_in_a_block_every_answer_is_the_same_to_the_last_bit(city):
    catalogue, release = city
    asked = list(drawn(catalogue, 80, seed=3))
    together = recommend_many(
        (passport for passport, _ in asked), catalogue, release, (request for _, request in asked)
    )
    for (passport, request), answer in zip(asked, together, strict=True):
        assert repr(recommend(passport, catalogue, release, request)) == repr(answer)  # NaN is not even itself


def test_a_bound_on_what_a_theme_can_help_passes_over_nothing(lively):
    """Two that are alike but for a theme the mix misses: the one that has it is found, though it fits a little less."""
    first, theme = np.array([0, 1, 2, 3]), np.array([0, 0, 1])
    share, rows = np.ones(3, dtype=np.float32), np.arange(3, dtype=np.int32)
    begins, narrow = narrow_shares(rows, first, theme, share, np.zeros(2, dtype=bool))
    fits, nothing, mix = np.array([3.0, 2.9, 2.5]), np.zeros(2), np.array([0.5, 0.5])
    arguments = (rows, first, theme, share, begins, narrow, fits, nothing, mix, 0.0, 0.0, 2.0)
    assert filled(*arguments, 1.0, 2).tolist() == [0, 2]
    assert filled(*arguments, 0.0, 2).tolist() == [0, 1]


def test_more_than_three_that_qualify_move_nobody(lively):
    """The guarantee speaks of three: a list that has more of them by itself stays as it is."""
    catalogue, release = lively
    more = 0
    for passport, request in drawn(catalogue, 200, seed=4):
        found = scored(passport, catalogue, release, replace(request, company=(), themes=request.themes[:0]))
        places = Places(*places_of(best := top(found.total, 20), len(best)))
        claim = claim_of(found, catalogue)
        shown = claim.qualifies & (found.can.sessions[claim.session] == found.context.session)
        if shown[places.position[:WITHIN_PLACES]].sum() > PROMISED:
            kept = guaranteed(places, found, catalogue)
            assert all((ours == theirs).all() for ours, theirs in zip(kept, places, strict=True))
            more += 1
    assert more > 5
