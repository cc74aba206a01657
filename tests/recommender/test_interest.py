from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.city import UNKNOWN
from recommender.interest import (
    CHOSEN_WEIGHT,
    fold_in,
    from_neighbours,
    moments_along,
    profile_of,
    stamp_weights,
)
from recommender.model import Factors, moments_of
from recommender.passport import NOBODY, Passport, Stamps
from recommender.recommend import recommend
from tests.recommender.towns import NOW, ask, themes, visits


def random_visits(n_learners, n_activities, share, seed) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    dense = (rng.random((n_learners, n_activities)) < share) * rng.choice([0.5, 1.0, 2.0], (n_learners, n_activities))
    dense[0], dense[1] = 0, 1  # one without stamps, one who has been everywhere
    return sparse.csr_array(dense.astype(np.float32))


def with_als(model, factors, regularisation, alpha):
    """A model with these factors; every activity was visited, so what descriptions predict must not be touched."""
    gram = factors.T.astype(float) @ factors
    return replace(
        model,
        als=Factors(factors, moments_of(factors)),
        metadata=Factors(np.full_like(factors, np.nan), model.metadata.moments),
        als_inverse=np.linalg.inv(gram + regularisation * np.eye(factors.shape[1])),
        als_confidence=alpha,
        visited=np.ones(len(factors), dtype=bool),
    )


@pytest.mark.parametrize("width", [1, 4, 32])
@pytest.mark.parametrize(("alpha", "regularisation"), [(40.0, 100.0), (1.0, 0.1), (0.5, 10.0), (200.0, 1.0)])
def test_folding_in_equals_implicits_own_recalculation(tiny_release, width, alpha, regularisation):
    matrix = random_visits(40, 60, 0.1, seed=width)
    with threadpool_limits(1, "blas"):
        implicit = AlternatingLeastSquares(
            factors=width, alpha=alpha, regularization=regularisation, iterations=3, random_state=1, num_threads=1
        )
        implicit.fit(sparse.csr_matrix(matrix), show_progress=False)
        theirs = implicit.recalculate_user(np.arange(40), sparse.csr_matrix(matrix))
    model = with_als(tiny_release.model, implicit.item_factors, regularisation, alpha)
    ours = fold_in(matrix, model)
    assert (np.diff(matrix.indptr) > width).any()  # more stamps than factors
    assert np.abs(ours - theirs).max() <= 1e-5 * max(1, np.abs(theirs).max())
    assert not ours[0].any()


def test_folding_in_does_not_depend_on_who_else_is_folded_in(crowd_release, crowd_catalogue):
    passports = [
        Passport(stamps=visits(crowd_catalogue, *(f"a-{number:03d}" for number in range(first, first + 9))))
        for first in range(0, 80, 3)
    ]
    together = profile_of(passports, crowd_catalogue, crowd_release.model)
    for row, passport in enumerate(passports):
        alone = profile_of([passport], crowd_catalogue, crowd_release.model)
        assert np.array_equal(alone.als[0], together.als[row])
        assert np.array_equal(together.of(row).als, alone.als)
        assert np.array_equal(together.of(row).stamped, alone.stamped)
        assert np.array_equal(together.of(row).weights, alone.weights)


def test_a_visit_somebody_else_chose_says_half_as_much():
    chosen = np.array([0, 1, 2, UNKNOWN], dtype=np.int8)
    assert stamp_weights(chosen).tolist() == [1.0, 0.5, 0.5, 1.0]
    assert set(CHOSEN_WEIGHT.values()) <= {1.0, 0.5}


def test_going_twice_counts_twice(tiny_catalogue, tiny_release):
    twice = Stamps(np.array([3, 3], dtype=np.int32), np.array([NOW - 9, NOW - 5]), np.array([0, 1], dtype=np.int8))
    profile = profile_of([NOBODY, Passport(stamps=twice)], tiny_catalogue, tiny_release.model)
    assert profile.first.tolist() == [0, 0, 1]
    assert (profile.stamped.tolist(), profile.weights.tolist()) == ([3], [1.5])


def test_a_stamp_where_nobody_had_been_moves_the_learner_through_its_description(tiny_catalogue, tiny_release):
    model = tiny_release.model
    new = tiny_catalogue.activities.ids.row("robot-match")
    assert not model.visited[new]
    assert not model.als.activities[new].any()
    passport = Passport(stamps=visits(tiny_catalogue, "robot-match"))
    vector = profile_of([passport], tiny_catalogue, model).als[0]
    as_if = model.als.activities.copy()
    as_if[new] = model.metadata.activities[new]
    visited = model.visited.copy()
    visited[new] = True
    known = replace(model, als=Factors(as_if, model.als.moments), visited=visited)
    assert vector.any()
    assert vector == pytest.approx(profile_of([passport], tiny_catalogue, known).als[0])


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 30))
def test_the_moments_of_factors_are_the_mean_and_spread_of_the_scores_themselves(seed, width, n):
    rng = np.random.default_rng(seed)
    factors, vector = rng.normal(size=(n, width)).astype(np.float32), rng.normal(size=width)
    brute = factors.astype(float) @ vector
    assert moments_along(vector, moments_of(factors)) == pytest.approx((brute.mean(), brute.std()), abs=1e-6)


def drawn_neighbours(rng):
    stamped = np.sort(rng.permutation(12)[: int(rng.integers(1, 6))]).astype(np.int32)
    matrix = rng.random((12, 12)) * (rng.random((12, 12)) < 0.4)
    return stamped, rng.random(len(stamped)).astype(np.float32), sparse.csr_array(matrix.astype(np.float32))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_the_moments_of_neighbours_are_over_the_reference_alone(seed, everything):
    rng = np.random.default_rng(seed)
    stamped, weights, matrix = drawn_neighbours(rng)
    counts = np.ones(12, dtype=bool) if everything else rng.random(12) < 0.6
    told = np.empty(0, dtype=bool) if everything else counts
    scores, (mean, spread) = from_neighbours(stamped, weights, matrix, told, int(counts.sum()))
    brute = weights @ matrix.toarray()[stamped]
    assert scores == pytest.approx(brute, abs=1e-6)
    if counts.any():
        assert (mean, spread) == pytest.approx((brute[counts].mean(), brute[counts].std()), abs=1e-6)


def test_without_reference_or_evidence_a_source_is_silent():
    everything, nobody = np.ones((3, 3), dtype=np.float32), np.empty(0, dtype=bool)
    stamped, weights = np.array([0, 1], dtype=np.int32), np.ones(2, dtype=np.float32)
    level = sparse.csr_array(everything)
    assert from_neighbours(stamped, weights, level, np.zeros(3, dtype=bool), 0)[1] == (0.0, 0.0)
    assert from_neighbours(stamped, weights, level, nobody, 3)[1] == (2.0, 0.0)
    third = sparse.csr_array(everything / np.float32(3))  # all alike, but for how it is rounded
    assert from_neighbours(stamped, np.full(2, 0.7, dtype=np.float32), third, nobody, 3)[1][1] == 0.0
    assert moments_of(np.zeros((0, 2), np.float32)).covariance.tolist() == [[0, 0], [0, 0]]


def test_a_wish_counts_by_the_share_of_the_theme_and_reaches_narrower_ones(tiny_catalogue, tiny_release):
    row = tiny_catalogue.activities.ids.row
    weight = tiny_release.model.source_weights["wishes"]

    def wished(*names):
        answer = recommend(Passport(wishes=themes(tiny_catalogue, *names)), tiny_catalogue, tiny_release, ask())
        return {entry.activity: entry.parts["wishes"] / weight for entry in answer.recommendations}

    for theme in ("robots", "tech"):
        scores = wished(theme)
        assert all(0 <= score <= 1 for score in scores.values())
        assert scores[row("robot-start")] > 0
        assert (scores[row("stars")] > 0) == (theme == "tech")
        assert scores[row("birds")] == scores[row("paint")] == 0
    assert scores[row("robot-start")] == pytest.approx(1 / 3)  # robots 1, tech ½
    assert not any(wished().values())
