"""Answers by hand, and agreement with the textbook definition on random data."""

import math

import numpy as np
import pytest

from training.evaluation import metrics

NOT = -1


def rows(*lists):
    return np.array(lists, dtype=np.int32)


def pairs(*wanted):
    learner = np.repeat(np.arange(len(wanted)), [len(w) for w in wanted])
    return learner.astype(np.int32), np.concatenate(wanted).astype(np.int32)


def test_hits_by_hand():
    found = metrics.hits(rows([3, 1, 2], [0, 4, NOT]), *pairs([1, 2], [9]))
    assert found.tolist() == [[False, True, True], [False, False, False]]


def test_what_is_relevant_to_one_learner_is_not_to_the_next():
    found = metrics.hits(rows([0, 1], [0, 1]), *pairs([1], [0]))
    assert found.tolist() == [[False, True], [True, False]]


def test_an_activity_twice_in_a_list_counts_once():
    found = metrics.hits(rows([7, 2, 7]), *pairs([7]))
    assert found.tolist() == [[True, False, False]]


def test_padding_is_never_a_hit():
    assert not metrics.hits(rows([NOT, NOT], [NOT, NOT]), *pairs([0, 5], [0, 5])).any()


def test_figures_by_hand():
    found = np.array([[False, True, True, False, False]])
    relevant = np.array([4])
    assert metrics.recall(found, relevant, 5) == pytest.approx([2 / 4])
    assert metrics.recall(found, relevant, 2) == pytest.approx([1 / 4])
    assert metrics.hit_rate(found, relevant, 1) == [0.0]
    assert metrics.hit_rate(found, relevant, 2) == [1.0]
    assert metrics.mrr(found, relevant, 5) == pytest.approx([1 / 2])
    gained = 1 / math.log2(3) + 1 / math.log2(4)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4) + 1 / math.log2(5)
    assert metrics.ndcg(found, relevant, 5) == pytest.approx([gained / ideal])


def test_recall_divides_by_everything_relevant_even_beyond_k():
    found = np.ones((1, 5), dtype=bool)
    assert metrics.recall(found, np.array([50]), 5) == pytest.approx([0.1])
    assert metrics.ndcg(found, np.array([50]), 5) == pytest.approx([1.0])


def test_nothing_relevant_is_not_defined_and_an_empty_list_is_zero():
    for of in (metrics.recall, metrics.ndcg, metrics.hit_rate, metrics.mrr):
        nothing = of(np.zeros((1, 5), dtype=bool), np.array([0]), 5)
        empty = of(np.zeros((1, 0), dtype=bool), np.array([3]), 5)
        assert np.isnan(nothing).all(), of.__name__
        assert empty.tolist() == [0.0], of.__name__


def test_a_list_shorter_than_k_is_scored_against_k():
    found = np.array([[True]])
    assert metrics.recall(found, np.array([2]), 20) == pytest.approx([0.5])
    assert metrics.ndcg(found, np.array([2]), 20) == pytest.approx([1 / (1 + 1 / math.log2(3))])


def test_domains_per_list():
    domain = np.array([0, 0, 3, 6, NOT], dtype=np.int8)
    lists = rows([0, 1, 2], [4, NOT, NOT], [NOT, NOT, NOT], [3, 2, 0])
    assert metrics.domains(lists, domain, 3).tolist() == [2, 0, 0, 3]
    assert metrics.domains(lists, domain, 1).tolist() == [1, 0, 0, 1]


def test_coverage_and_gini_over_what_was_on_offer():
    offered = np.array([True, True, True, True, False])
    shown = metrics.exposure(rows([0, 1], [0, NOT]), 5, 2)
    assert shown.tolist() == [2, 1, 0, 0, 0]
    assert metrics.coverage(shown, offered) == 0.5
    assert metrics.gini(np.array([3, 3, 3, 3, 0]), offered) == pytest.approx(0.0)
    assert metrics.gini(np.array([9, 0, 0, 0, 0]), offered) == pytest.approx(0.75)
    assert math.isnan(metrics.coverage(shown, np.zeros(5, dtype=bool)))
    assert math.isnan(metrics.gini(np.zeros(5, dtype=int), offered))


def test_agrees_with_the_definition_written_out():
    rng = np.random.default_rng(3)
    lists = np.array([rng.permutation(50)[:20] for _ in range(200)], dtype=np.int32)
    wanted = [rng.permutation(50)[: rng.integers(1, 30)].astype(np.int32) for _ in range(200)]
    n = np.array([len(set(w)) for w in wanted])
    got = metrics.per_learner(metrics.hits(lists, *pairs(*wanted)), n)
    for row in range(200):
        for k in metrics.CUTOFFS:
            ranks = [rank for rank, activity in enumerate(lists[row, :k], start=1) if activity in wanted[row]]
            ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, n[row]) + 1))
            assert got[f"recall@{k}"][row] == pytest.approx(len(ranks) / n[row], abs=1e-12)
            assert got[f"ndcg@{k}"][row] == pytest.approx(sum(1 / math.log2(r + 1) for r in ranks) / ideal, abs=1e-12)
            assert got[f"mrr@{k}"][row] == pytest.approx(1 / ranks[0] if ranks else 0, abs=1e-12)
            assert got[f"hit_rate@{k}"][row] == bool(ranks)
