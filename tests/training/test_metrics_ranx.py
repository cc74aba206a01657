"""The metric code beside a published implementation: ranx (Bassani, ECIR 2022, doi:10.1007/978-3-030-99739-7_30)."""

import numpy as np
import pytest

from training.evaluation import metrics

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
