"""The simple things that the engine has to beat. Each ranks exactly what the engine may rank.

A baseline knows what the engine knew: the stamps before the cut and the catalogue. Where it cannot tell two
activities apart it draws lots, so that no id order helps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from recommender.city import DOMAINS, UNKNOWN, Activities, Bool, Float64, Int32, Int64

DAY = 86_400


class Baseline(Protocol):
    """A name and a score for every activity."""

    @property
    def name(self) -> str: ...

    def scores(self, histories: Sequence[Int32]) -> Float64:
        """Shape (n_learners, n_activities) or (1, n_activities), higher is better; ``histories`` are rows."""
        ...


class Random:
    """Lots alone."""

    name = "random"

    def __init__(self, n_activities: int) -> None:
        self._same = np.zeros((1, n_activities))

    def scores(self, histories: Sequence[Int32]) -> Float64:
        return self._same


class Popular:
    """Most visited before the cut, or in the ``days`` before it."""

    def __init__(
        self, name: str, activity: Int32, at: Int64, n_activities: int, cut: int, days: float | None = None
    ) -> None:
        self.name = name
        counted = at < cut if days is None else (at < cut) & (at >= cut - days * DAY)
        self._visits = np.bincount(activity[counted], minlength=n_activities).astype(float)[None, :]

    def scores(self, histories: Sequence[Int32]) -> Float64:
        return self._visits


class Content:
    """Likeness in words, themes and domain to what the learner did before; knows nobody else's visits.

    TF-IDF over the words of title and description, each theme and the domain as one word more; the
    score is the cosine with the sum of the learner's own activities, 0 for somebody without any.
    """

    name = "content"

    def __init__(self, activities: Activities) -> None:
        texts = _described(activities)
        if any(texts):
            vectors = TfidfVectorizer(analyzer=str.split, sublinear_tf=True).fit_transform(texts)
        else:
            vectors = np.zeros((len(texts), 1))
        self._vectors = sparse.csr_array(vectors)

    def scores(self, histories: Sequence[Int32]) -> Float64:
        lengths = [len(history) for history in histories]
        learner = np.repeat(np.arange(len(histories)), lengths)
        activity = np.concatenate([np.empty(0, np.int32), *histories])
        shape = (len(histories), self._vectors.shape[0])
        visits = sparse.csr_array(sparse.coo_array((np.ones(len(activity)), (learner, activity)), shape))
        cosine: Float64 = (normalize(visits @ self._vectors) @ self._vectors.T).toarray()
        return cosine


def _described(activities: Activities) -> list[str]:
    themes = activities.themes
    texts = []
    for row, (title, description) in enumerate(zip(activities.title, activities.description, strict=True)):
        words = f"{title} {description}".lower().split()
        touched = themes.indices[themes.indptr[row] : themes.indptr[row + 1]]
        words += [f"theme={theme}" for theme in touched]
        if activities.domain[row] != UNKNOWN:
            words.append(f"domain={DOMAINS[activities.domain[row]]}")
        texts.append(" ".join(words))
    return texts


def top(scores: Float64, allowed: Bool, lots: Float64, length: int) -> Int32:
    """The best allowed activities of each learner.

    Parameters
    ----------
    scores : float64, shape (n_learners, n_activities) or (1, n_activities)
        Higher is better.
    allowed : bool, shape (n_learners, n_activities)
        What was open and eligible at the learner's moment.
    lots : float64, shape (n_learners, n_activities)
        Decides between equal scores.
    length : int
        How many places a list has.

    Returns
    -------
    int32, shape (n_learners, length)
        Padded with ``UNKNOWN`` where fewer are allowed.
    """
    n, m = allowed.shape
    lists = np.full((n, length), UNKNOWN, dtype=np.int32)
    every = np.broadcast_to(scores, (n, m))
    for row in range(n):
        rows = np.flatnonzero(allowed[row])
        best = rows[np.lexsort((lots[row, rows], -every[row, rows]))][:length]
        lists[row, : len(best)] = best
    return lists
