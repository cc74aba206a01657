"""Every model answers the same question: nothing barred, the right order, and figures that can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.ranking.lists import check, ranked
from benchmarks.ranking.models import NAMES, WORLDS_ONLY, contestants
from benchmarks.ranking.peers import ease, popularity
from benchmarks.ranking.run import Measured, measure, summarise
from benchmarks.ranking.split import LENGTH, read_split
from recommender.errors import BadInput, LeerlijnError
from training.evaluation.peers import EASE_RIDGE

NOW = 1_580_515_200
TASTELESS = ("random", "popular")


@pytest.fixture(scope="module")
def split(ranking_set):
    return read_split(ranking_set, "test", NOW)


@pytest.fixture(scope="module")
def models(split, quick):
    found = contestants((), quick, 1, None)
    for model in found.values():
        assert model.fit(split) >= 0
    return found


def test_all_that_apply_to_public_data_take_part_and_the_engine_comes_first(models):
    assert set(models) == set(NAMES) - set(WORLDS_ONLY)
    assert next(iter(models)) == "engine"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WORLDS_ONLY])
def test_every_model_lists_what_is_allowed_and_first_what_is_left_of_the_own_taste(split, models, name):
    lists, seconds = models[name].rank(split)
    check(split, lists, name)
    assert lists.shape == (len(split.learners), LENGTH)
    assert seconds > 0
    names = np.array(split.catalogue.activities.ids.names)
    taste = [learner.split("-")[0] for learner in split.learners]
    if name not in TASTELESS:
        assert [shown.split("-")[0] for shown in names[lists[:, 0]]] == taste
    if name not in TASTELESS and models[name].needs_visits:
        assert (lists[:, 0] == split.activity).all()


def test_implicit_ranks_as_its_own_scores_say(split, models):
    model = models["implicit-als-ours"]
    lists, _ = model.rank(split)
    inner = model._model
    scores = inner.user_factors[split.rows] @ inner.item_factors.T
    ours = ranked(split, lambda block: scores[block], popularity(split), seed=0)
    # Of activities level to the last bits either may come first: the scores must agree, place by place.
    theirs, own = (np.take_along_axis(scores, found[:, :5].astype(np.int64), 1) for found in (lists, ours))
    assert theirs == pytest.approx(own, abs=1e-5)
    assert (np.diff(own) <= 1e-5).all()
    assert own.std() > 0.01


def test_ease_solves_a_ridge_regression_of_each_activity_on_all_others(split):
    model = ease()
    model.fit(split)
    weights = np.asarray(model._scores(np.eye(split.n_activities)))
    visits = split.visits.toarray().astype(float)
    for one in (0, 7):
        others = np.delete(np.arange(split.n_activities), one)
        gram = visits[:, others].T @ visits[:, others] + EASE_RIDGE * np.eye(len(others))
        expected = np.linalg.solve(gram, visits[:, others].T @ visits[:, one])
        assert weights[others, one] == pytest.approx(expected)
        assert weights[one, one] == 0


def test_a_stranger_gets_the_popular_list_from_peers(split, models):
    alone = replace(split, tables=replace(split.tables, stamps=split.tables.stamps[2:].reset_index(drop=True)))
    nobody = alone.tables.stamps["learner_id"] != alone.learners[0]
    alone = replace(alone, tables=replace(alone.tables, stamps=alone.tables.stamps[nobody].reset_index(drop=True)))
    model, popular = models["implicit-als"], popularity(alone)
    model.fit(alone)
    lists, _ = model.rank(alone)
    shown = popular[lists[0][lists[0] >= 0]]
    assert (np.diff(shown) <= 0).all()
    model.fit(split)


def test_equal_scores_fall_to_the_tie_and_then_to_lots(split):
    tie = np.zeros(split.n_activities)
    tie[3] = 1
    level = np.zeros((1, split.n_activities))
    one, other = (ranked(split, lambda block: level, tie, seed) for seed in (1, 2))
    may = np.asarray(split.barred[:, [3]].todense()).ravel() == 0
    assert (one[may, 0] == 3).all()
    assert (one != other).any()
    assert (one == ranked(split, lambda block: level, tie, 1)).all()


def test_a_model_that_lists_what_it_may_not_is_stopped(split):
    lists = np.full((len(split.learners), LENGTH), -1, dtype=np.int32)
    lists[0, 0] = split.barred[0].indices[0]
    with pytest.raises(LeerlijnError, match="cheat"):
        check(split, lists, "cheat")


def test_on_a_cold_set_what_knows_visits_alone_is_left_out_with_the_reason(cold_set, quick):
    split = read_split(cold_set, "validation", NOW)
    models = contestants((), quick, 1, None)
    found = measure(split, list(models.values()), ("recall@20", "ndcg@20"), 1, lambda step: None)
    out = {name for name, model in models.items() if found[model.name].left_out}
    assert out == {
        "als", "graph", "implicit-als", "implicit-als-ours", "implicit-bpr", "knn-cosine", "knn-bm25", "ease", "popular",
    }  # fmt: skip
    for name in ("engine", "metadata", "similar", "content"):
        assert found[models[name].name].figures["ndcg@20"].mean() == 1
    rows = summarise([split], [found], models["engine"].name, 100, 0)
    assert [row.value == {} for row in rows] == [bool(row.left_out) for row in rows]


def test_differences_are_paired_and_a_learner_in_two_splits_counts_once(split):
    half = replace(split, learners=split.learners[:4])
    rng = np.random.default_rng(0)
    base = rng.random(4)
    one = {"engine": Measured({"ndcg@10": base + 0.1}, 1.0, 0.4), "peer": Measured({"ndcg@10": base}, 3.0, 0.1)}
    two = {"engine": Measured({"ndcg@10": base + 0.3}, 2.0, 0.4), "peer": Measured({"ndcg@10": base}, 3.0, 0.1)}
    engine, peer = summarise([half, half], [one, two], "engine", 200, 0)
    assert engine.value["ndcg@10"].n == 4
    assert peer.lead["ndcg@10"].low == pytest.approx(0.2) == peer.lead["ndcg@10"].high
    assert peer.value["ndcg@10"].low < peer.value["ndcg@10"].high
    assert peer.per_split["ndcg@10"] == pytest.approx((base.mean(), base.mean()))
    assert (engine.fit_seconds, engine.ms_per_thousand) == (1.5, pytest.approx(0.8 / 8 * 1e6))


def test_a_model_that_does_not_exist_is_refused_with_those_that_do(quick):
    with pytest.raises(BadInput, match=r"'svd' is none of engine, served"):
        contestants(("svd",), quick, 1, None)
    assert list(contestants(("popular",), quick, 1, None)) == ["engine", "popular"]
