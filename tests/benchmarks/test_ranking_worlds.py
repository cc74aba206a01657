"""Simulated towns as questions: nothing of the future is known, and the truth ranks best."""

import numpy as np
import pytest

from benchmarks.ranking.circumstances import openings
from benchmarks.ranking.models import contestants
from benchmarks.ranking.run import measure
from benchmarks.ranking.worlds import FEW, HORIZON_DAYS, WORLDS, build_world, season_splits
from training.evaluation.cut import DAY


@pytest.fixture(scope="module")
def made():
    return build_world("flat", seed=0, learners=300)


@pytest.fixture(scope="module")
def splits(made):
    return season_splits(made, "flat")


def test_three_worlds_differ_in_their_switches():
    assert len({tuple(sorted(switches.items())) for switches in WORLDS.values()}) == len(WORLDS) == 3
    configs = {name: build_world(name, seed=2, learners=10).truth.config for name in WORLDS}
    assert {config.seed for config in configs.values()} == {3}
    assert not configs["flat"].interests_spread
    assert configs["biased"].exposure_bias


def test_each_season_is_asked_for_what_follows_within_six_weeks(made, splits):
    assert len(splits) == 3
    at = made.tables.stamps["at"].to_numpy()
    rows = {}
    for learner, activity, moment in zip(
        made.tables.stamps["learner_id"], made.tables.stamps["activity_id"], at, strict=True
    ):
        rows.setdefault((learner, activity), []).append(moment)
    for split in splits:
        cut, names = split.request.at, split.catalogue.activities.ids.names
        assert split.tables.stamps["at"].max() < cut
        for row, one in zip(split.learner, split.activity, strict=True):
            moments = np.array(rows[split.learners[row], names[one]])
            assert (moments >= cut).all()
            assert moments.min() < cut + HORIZON_DAYS * DAY


def test_with_few_stamps_only_the_last_before_the_cut_are_known(made):
    for split in season_splits(made, "flat", only=20):
        everything = np.sort(made.tables.stamps["at"].to_numpy())
        before = everything[everything < split.request.at]
        assert sorted(split.tables.stamps["at"]) == before[-20:].tolist()
    assert FEW == 200


def test_what_is_barred_is_what_the_filters_bar(splits):
    split = splits[1]
    found = openings(split)
    may = split.barred.toarray() == 0
    assert (~np.isnan(found.soonest) == may).all()
    assert np.nanmin(found.soonest) >= split.request.at
    assert np.nanmax(found.soonest) < split.request.closes
    own = split.visits[split.rows].toarray() > 0
    assert not (own & may).any()


def test_the_truth_ranks_best_and_lots_worst(made, splits, quick):
    models = contestants(("random", "soonest", "newest", "nearest-and-free", "popular", "oracle"), quick, 1, made.truth)
    found = [measure(split, list(models.values()), ("ndcg@10",), 1, lambda step: None) for split in splits]
    mean = {
        name: np.mean([one[model.name].figures["ndcg@10"].mean() for one in found]) for name, model in models.items()
    }
    assert mean["oracle"] == max(mean.values())
    assert mean["oracle"] > 1.5 * mean["random"]
    assert mean["engine"] > mean["random"]


def test_agenda_baselines_rank_by_what_they_say(made, splits, quick):
    split = splits[0]
    found = openings(split)
    free = split.catalogue.activities.price == 0
    models = contestants(("soonest", "nearest-and-free", "newest"), quick, 1, made.truth)
    for row, shown in enumerate(models["soonest"].rank(split)[0]):
        assert (np.diff(found.soonest[row, shown[shown >= 0]]) >= 0).all()
    for row, shown in enumerate(models["nearest-and-free"].rank(split)[0]):
        places = shown[shown >= 0]
        assert (np.diff(free[places].astype(int)) <= 0).all()
        assert (np.diff(found.nearest[row, places[free[places]]]) >= 0).all()
    sessions = split.catalogue.sessions
    first = {one: sessions.start[sessions.activity == one].min() for one in np.unique(sessions.activity)}
    for shown in models["newest"].rank(split)[0]:
        assert (np.diff([first[one] for one in shown[shown >= 0]]) <= 0).all()
