"""From scores to lists, for models that only give scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.split import LENGTH, Split
from recommender.city import UNKNOWN, Float64, Int32
from recommender.errors import LeerlijnError

_BLOCK_CELLS = 8_000_000

Scorer = Callable[[slice], NDArray[np.floating]]
"""Scores of a block of the split's learners: shape (n_block, n_activities), or (1, n_activities) for all alike."""


def ranked(split: Split, scorer: Scorer, otherwise: Float64, seed: int) -> Int32:
    """The best allowed activities for every learner of a split.

    Parameters
    ----------
    scorer : callable
        See ``Scorer``; called block by block, so memory stays bounded.
    otherwise : float64, shape (n_activities,)
        Decides between equal scores; lots decide where it does not.
    seed : int
        Of the lots.

    Returns
    -------
    int32, shape (n_learners, LENGTH)
        Padded with ``UNKNOWN``.
    """
    n, candidates = len(split.learners), split.candidates
    lists = np.full((n, LENGTH), UNKNOWN, dtype=np.int32)
    rng = np.random.default_rng(seed)
    tie = otherwise[candidates]
    size = max(1, _BLOCK_CELLS // max(split.n_activities, 1))
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        scores = np.broadcast_to(scorer(block), (block.stop - start, split.n_activities))
        for row in range(start, block.stop):
            own = np.array(scores[row - start], dtype=np.float64)
            own[split.barred.indices[split.barred.indptr[row] : split.barred.indptr[row + 1]]] = -np.inf
            best = _best(own[candidates], tie, rng)
            lists[row, : len(best)] = candidates[best]
    return lists


def _best(scores: Float64, tie: Float64, rng: np.random.Generator) -> NDArray[np.int64]:
    if len(scores) > LENGTH:
        least = np.partition(scores, len(scores) - LENGTH)[len(scores) - LENGTH]
        kept = np.flatnonzero((scores >= least) & (scores > -np.inf))
    else:
        kept = np.flatnonzero(scores > -np.inf)
    order = np.lexsort((rng.random(len(kept)), -tie[kept], -scores[kept]))[:LENGTH]
    return kept[order]


def check(split: Split, lists: Int32, name: str) -> None:
    """Stop when a model lists what it may not: then the comparison would not be one.

    Raises
    ------
    LeerlijnError
        Names the model and the first such pair.
    """
    allowed = np.zeros(split.n_activities, dtype=np.bool_)
    allowed[split.candidates] = True
    row, place = np.nonzero(lists != UNKNOWN)
    activity = lists[row, place]
    wrong = ~allowed[activity] | (np.asarray(split.barred[row, activity]).ravel() > 0)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise LeerlijnError(
            f"{name} recommends {split.catalogue.activities.ids.names[activity[first]]!r} to "
            f"{split.learners[row[first]]!r}, which is not among the candidates of {split.name}"
        )
