"""The metric code beside a published implementation: ranx (Bassani, ECIR 2022, doi:10.1007/978-3-030-99739-7_30)."""

import numpy as np
import pytest

from training.evaluation import metrics
from training.evaluation.baselines import top

ranx = pytest.importorskip("ranx", reason="ranx is missing: get it with `make install`, or pip install 'leerlijn[dev]'")

# ranx mixes integers of two kinds in code that numba compiles, and shows its arrays to numba twice.
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

THEIRS = {"recall": "recall", "ndcg": "ndcg", "hit_rate": "hit_rate", "mrr": "mrr"}


@pytest.fixture(scope="module")
def lists():
    """Lists of twenty out of sixty for 150 learners, who like one to forty; lists of different lengths, some without a hit."""
    rng = np.random.default_rng(7)
    shown = np.array([rng.permutation(60)[:20] for _ in range(150)], dtype=np.int32)
    for row, length in enumerate(rng.integers(1, 21, 150)):
        if row % 3 == 0:
            shown[row, length:] = -1
    wanted = [np.sort(rng.permutation(60)[: rng.integers(1, 41)]).astype(np.int32) for _ in range(150)]
    wanted[5] = np.setdiff1d(np.arange(60), shown[5]).astype(np.int32)[:3]
    return shown, wanted


@pytest.mark.parametrize("k", metrics.CUTOFFS)
def test_every_figure_of_every_learner_equals_ranx(lists, k):
    shown, wanted = lists
    learner = np.repeat(np.arange(len(wanted)), [len(own) for own in wanted]).astype(np.int32)
    n_relevant = np.bincount(learner, minlength=len(wanted))
    ours = metrics.per_learner(metrics.hits(shown, learner, np.concatenate(wanted)), n_relevant)

    names = [f"u{row:03d}" for row in range(len(wanted))]
    liked = ranx.Qrels({name: {f"a{one}": 1 for one in own.tolist()} for name, own in zip(names, wanted, strict=True)})
    run = ranx.Run(
        {
            name: {f"a{one}": 20.0 - place for place, one in enumerate(own.tolist()) if one >= 0}
            for name, own in zip(names, shown, strict=True)
        }
    )
    theirs = ranx.evaluate(liked, run, [f"{name}@{k}" for name in THEIRS.values()], return_mean=False)

    for name, their_name in THEIRS.items():
        np.testing.assert_allclose(ours[f"{name}@{k}"], theirs[f"{their_name}@{k}"], atol=1e-9, err_msg=name)
    assert ours[f"recall@{k}"][5] == 0 < ours[f"recall@{k}"].max()


# --- every cut-off, empty lists, doubles and ties, on random data


def by_ranx(shown: list[list[int]], wanted: list[set[int]], k: int) -> dict[str, np.ndarray]:
    """ranx's figures; a learner without a list is one whom ranx calls a run without results, so a miss stands in for it."""
    names = [f"u{row:04d}" for row in range(len(wanted))]
    liked = ranx.Qrels({name: {f"a{one}": 1 for one in own} for name, own in zip(names, wanted, strict=True)})
    run = {}
    for name, own in zip(names, shown, strict=True):
        once = list(dict.fromkeys(own))
        run[name] = {f"a{one}": 1000.0 - own.index(one) for one in once} or {"nothing": 1.0}
    found = ranx.evaluate(liked, ranx.Run(run), [f"{name}@{k}" for name in THEIRS.values()], return_mean=False)
    return {name: np.asarray(found[f"{their}@{k}"]) for name, their in THEIRS.items()}


@pytest.mark.parametrize("k", [1, 2, 3, 5, 7, 10, 15, 20, 30])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_cut_off_equals_ranx_also_with_empty_and_short_lists(k, seed):
    """Lists of nothing up to twenty; up to forty relevant, often more than k; the longest cut-off is longer than any list."""
    rng = np.random.default_rng(seed)
    n, length = 120, 20
    lengths = rng.choice([0, 1, 2, 5, 19, 20], n)
    shown = np.full((n, length), -1, dtype=np.int32)
    for row, many in enumerate(lengths):
        shown[row, :many] = rng.permutation(50)[:many]
    wanted = [set(rng.permutation(50)[: rng.integers(1, 41)].tolist()) for _ in range(n)]
    learner = np.repeat(np.arange(n), [len(own) for own in wanted]).astype(np.int32)
    activity = np.array([one for own in wanted for one in own], dtype=np.int32)
    found = metrics.hits(shown, learner, activity)
    n_relevant = np.bincount(learner, minlength=n)
    theirs = by_ranx([shown[row, :many].tolist() for row, many in enumerate(lengths)], wanted, k)
    functions = {"recall": metrics.recall, "ndcg": metrics.ndcg, "hit_rate": metrics.hit_rate, "mrr": metrics.mrr}
    for name, function in functions.items():
        ours = function(found, n_relevant, k)
        np.testing.assert_allclose(ours, theirs[name], rtol=0, atol=1e-9, err_msg=name)
        assert (ours[lengths == 0] == 0).all()


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_an_activity_shown_twice_counts_where_it_stands_first(k):
    """ranx knows each document once, so its run holds only first places; places below keep their rank here as there."""
    rng = np.random.default_rng(5)
    shown = rng.integers(0, 15, (100, 20)).astype(np.int32)
    wanted = [set(rng.permutation(15)[: rng.integers(1, 9)].tolist()) for _ in range(100)]
    learner = np.repeat(np.arange(100), [len(own) for own in wanted]).astype(np.int32)
    activity = np.array([one for own in wanted for one in own], dtype=np.int32)
    found = metrics.hits(shown, learner, activity)
    assert (found.sum(axis=1) <= np.bincount(learner)).all(), "no relevant activity is found twice"
    # To keep the places that doubles take, ranx is handed something nobody wants there.
    filled = [
        [one if one not in own[:place] else 1000 + place for place, one in enumerate(own)] for own in shown.tolist()
    ]
    theirs = by_ranx(filled, wanted, k)
    n_relevant = np.bincount(learner, minlength=100)
    ours = metrics.per_learner(found, n_relevant)
    for name in THEIRS:
        mine = ours[f"{name}@{k}"] if k in metrics.CUTOFFS else getattr(metrics, name)(found, n_relevant, k)
        np.testing.assert_allclose(mine, theirs[name], rtol=0, atol=1e-9, err_msg=name)


def test_ties_are_broken_before_a_list_is_a_list():
    """Equal scores leave the order to lots, drawn once: every figure is then that of the order drawn, in ranx as here."""
    rng = np.random.default_rng(6)
    scores = rng.integers(0, 3, (80, 40)).astype(float)
    allowed = rng.random((80, 40)) < 0.7
    lists = top(scores, allowed, rng.random((80, 40)), 20)
    wanted = [set(rng.permutation(40)[: rng.integers(1, 9)].tolist()) for _ in range(80)]
    learner = np.repeat(np.arange(80), [len(own) for own in wanted]).astype(np.int32)
    activity = np.array([one for own in wanted for one in own], dtype=np.int32)
    ours = metrics.per_learner(metrics.hits(lists, learner, activity), np.bincount(learner, minlength=80))
    theirs = by_ranx([[one for one in own if one >= 0] for own in lists.tolist()], wanted, 10)
    for name in THEIRS:
        np.testing.assert_allclose(ours[f"{name}@10"], theirs[name], rtol=0, atol=1e-9, err_msg=name)
    ordered = np.take_along_axis(scores, np.maximum(lists, 0), axis=1)
    assert (np.diff(ordered, axis=1)[(lists >= 0)[:, 1:]] <= 0).all()
    again = top(scores, allowed, rng.random((80, 40)), 20)
    assert (again != lists).any(), "other lots, another order"


def test_nothing_relevant_is_not_defined_and_ranx_has_no_word_for_it():
    shown = np.array([[0, 1], [1, 2]], dtype=np.int32)
    found = metrics.hits(shown, np.array([0], dtype=np.int32), np.array([1], dtype=np.int32))
    for values in metrics.per_learner(found, np.array([1, 0])).values():
        assert np.isnan(values).tolist() == [False, True]


def test_no_learners_at_all():
    found = metrics.hits(np.empty((0, 20), np.int32), np.empty(0, np.int32), np.empty(0, np.int32))
    assert all(values.shape == (0,) for values in metrics.per_learner(found, np.empty(0, np.int64)).values())
