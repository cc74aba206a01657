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
    Scores,
    fold_in,
    from_factors,
    from_neighbours,
    profile_of,
    stamp_weights,
    wish_scores,
)
from recommender.model import Factors, moments_of
from recommender.passport import NOBODY, Passport, Stamps
from tests.recommender.towns import NOW, themes, visits


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
        assert (together.of(row).history != alone.history).nnz == 0


def test_a_visit_somebody_else_chose_says_half_as_much():
    chosen = np.array([0, 1, 2, UNKNOWN], dtype=np.int8)
    assert stamp_weights(chosen).tolist() == [1.0, 0.5, 0.5, 1.0]
    assert set(CHOSEN_WEIGHT.values()) <= {1.0, 0.5}


def test_going_twice_counts_twice(tiny_catalogue, tiny_release):
    twice = Stamps(np.array([3, 3], dtype=np.int32), np.array([NOW - 9, NOW - 5]), np.array([0, 1], dtype=np.int8))
    profile = profile_of([NOBODY, Passport(stamps=twice)], tiny_catalogue, tiny_release.model)
    assert profile.history.toarray()[1].tolist() == [0, 0, 0, 1.5, 0, 0, 0, 0]
    assert not profile.history.toarray()[0].any()


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
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 30), st.integers(1, 4))
def test_the_moments_of_factors_are_the_mean_and_spread_of_the_scores_themselves(seed, width, n, learners):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, width)).astype(np.float32)
    vectors = rng.normal(size=(learners, width))
    rows = rng.permutation(n)[: n // 2]
    scores = from_factors(vectors, factors, moments_of(factors), rows)
    brute = vectors @ factors.T.astype(float)
    assert scores.mean == pytest.approx(brute.mean(axis=1), abs=1e-6)
    assert scores.spread == pytest.approx(brute.std(axis=1), abs=1e-6)
    assert scores.raw == pytest.approx(brute[:, rows], abs=1e-4)
    standard = from_factors(vectors, factors, moments_of(factors), np.arange(n)).standardised()
    if n > 1:
        assert standard.mean(axis=1) == pytest.approx(np.zeros(learners), abs=1e-4)
        assert standard.std(axis=1) == pytest.approx(np.ones(learners), abs=1e-3)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_the_moments_of_neighbours_are_over_the_reference_alone(seed):
    rng = np.random.default_rng(seed)
    history = sparse.csr_array(rng.random((3, 12)) * (rng.random((3, 12)) < 0.4))
    weights = sparse.csr_array(rng.random((12, 12)) * (rng.random((12, 12)) < 0.4))
    reference, rows = np.sort(rng.permutation(12)[:7]), rng.permutation(12)[:5]
    scores = from_neighbours(history, weights, reference, rows)
    brute = history.toarray() @ weights.toarray()
    assert scores.mean == pytest.approx(brute[:, reference].mean(axis=1), abs=1e-6)
    assert scores.spread == pytest.approx(brute[:, reference].std(axis=1), abs=1e-6)
    assert scores.raw == pytest.approx(brute[:, rows], abs=1e-6)


def test_without_reference_or_evidence_a_source_is_silent():
    history, weights = sparse.csr_array(np.ones((2, 3))), sparse.csr_array(np.ones((3, 3)))
    nothing, rows = np.empty(0, dtype=np.int32), np.arange(3)
    assert not from_neighbours(history, weights, nothing, rows).standardised().any()
    assert not from_factors(
        np.zeros((2, 1)), np.zeros((3, 1), np.float32), moments_of(np.zeros((0, 1))), rows
    ).raw.any()
    level = Scores(np.full((1, 3), 7, dtype=np.float32), np.array([7.0]), np.array([0.0]))
    assert level.standardised().tolist() == [[0, 0, 0]]
    assert moments_of(np.zeros((0, 2), np.float32)).covariance.tolist() == [[0, 0], [0, 0]]


def test_a_wish_counts_by_the_share_of_the_theme_and_reaches_narrower_ones(tiny_catalogue, tiny_release):
    model, row = tiny_release.model, tiny_catalogue.activities.ids.row
    rows = np.arange(8, dtype=np.int32)
    for theme in ("robots", "tech"):
        passport = Passport(wishes=themes(tiny_catalogue, theme))
        scores = wish_scores(profile_of([passport], tiny_catalogue, model).wishes, model, rows)[0]
        assert ((scores >= 0) & (scores <= 1)).all()
        assert scores[row("robot-start")] > 0
        assert (scores[row("stars")] > 0) == (theme == "tech")
        assert scores[row("birds")] == scores[row("paint")] == 0
    assert scores[row("robot-start")] == pytest.approx(1 / 3)  # robots 1, tech ½
    assert not wish_scores(profile_of([NOBODY], tiny_catalogue, model).wishes, model, rows).any()
