"""EASE against its definition, from both sides, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from training.config import Graph
from training.sources.collaborative import fit_graph
from training.sources.ease import fit_ease


def visits(n_learners: int, n_activities: int, seed: int = 0) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    return sparse.csr_array((rng.random((n_learners, n_activities)) < 0.2).astype(np.float32))


def by_definition(x: np.ndarray, regularisation: float) -> np.ndarray:
    inverse = np.linalg.inv(x.T @ x + regularisation * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return np.maximum(weights, 0)


@pytest.mark.parametrize("shape", [(60, 20), (20, 60), (700, 600), (40, 1100)])
def test_equals_its_definition_whichever_matrix_is_turned_over(shape):
    matrix = visits(*shape)
    found = fit_ease(matrix, 5.0, 5000).toarray()
    assert found == pytest.approx(by_definition(matrix.toarray().astype(np.float64), 5.0), abs=2e-5)


def test_a_visit_counts_once_whatever_it_weighs():
    matrix = visits(30, 20)
    heavier = matrix.copy()
    heavier.data *= np.linspace(0.5, 3, len(heavier.data), dtype=np.float32)
    assert (fit_ease(matrix, 5.0, 100) != fit_ease(heavier, 5.0, 100)).nnz == 0


def test_what_nobody_visited_gets_no_weight():
    matrix = visits(30, 20).toarray()
    matrix[:, [3, 19]] = 0
    found = fit_ease(sparse.csr_array(matrix), 5.0, 100).toarray()
    assert found.shape == (20, 20)
    assert not found[[3, 19]].any()
    assert not found[:, [3, 19]].any()


def test_only_the_strongest_are_kept():
    few, whole = (fit_ease(visits(60, 30), 5.0, most).toarray() for most in (4, 30))
    assert ((few > 0).sum(axis=1) <= 4).all()
    assert (few[few > 0] == whole[few > 0]).all()


def test_no_stamps_no_weights():
    assert fit_ease(sparse.csr_array((0, 5), dtype=np.float32), 5.0, 10).shape == (5, 5)


def test_too_many_of_both_fall_back_on_co_visits():
    matrix = visits(40, 30)
    ease, plain = (fit_graph(matrix, Graph(rank=3, ease_limit=limit), seed=0)[0].weights for limit in (30, 29))
    assert (ease != fit_ease(matrix, 100.0, 500)).nnz == 0
    assert (ease != plain).nnz > 0
