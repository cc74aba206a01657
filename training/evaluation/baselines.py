"""The simple things that the engine has to beat. Each ranks exactly what the engine may rank.

A baseline knows what the engine knew: the stamps before the cut, the catalogue and the map. Where it cannot tell two
activities apart it goes by ``otherwise``, then draws lots, so that no id order helps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from recommender.city import DOMAINS, UNKNOWN, Activities, Bool, Float64, Int32, Int64, Sessions

DAY = 86_400
FREE_FIRST = 1e6
"""Minutes that a ticket is taken to be worth: whatever is free stands before whatever is not."""
NOT_KNOWN_MINUTES = 1e3
"""What a place that nobody knows counts as, in minutes: behind every place that is known."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A block of learners who ask.

    Attributes
    ----------
    history : sequence of int32 arrays
        What each had done before the cut: activity rows.
    person : int32, shape (n_learners,)
        Row of each in the visits that the baselines learned from; ``UNKNOWN`` for somebody without any.
    trial : int32, shape (n_learners,)
        Row of each in the trial.
    nearest : float64, shape (n_learners, n_activities)
        Minutes to the nearest session that is open to them, ``NOT_KNOWN_MINUTES`` where that is not known.
    allowed : bool, shape (n_learners, n_activities)
        What was open and eligible at their moment.
    """

    history: Sequence[Int32]
    person: Int32
    trial: Int32
    nearest: Float64
    allowed: Bool

    @classmethod
    def of(cls, history: Sequence[Int32], n_activities: int) -> Asked:
        """Learners of whom only the history is known, and to whom everything is open."""
        nobody, shape = np.full(len(history), UNKNOWN, dtype=np.int32), (len(history), n_activities)
        nowhere, anything = np.broadcast_to(NOT_KNOWN_MINUTES, shape), np.broadcast_to(np.True_, shape)
        return cls(history, nobody, nobody, nowhere, anything)


class Baseline(Protocol):
    """A name and a score for every activity."""

    @property
    def name(self) -> str: ...

    @property
    def otherwise(self) -> Float64:
        """Shape (n_activities,): decides between equal scores before lots do."""
        ...

    def scores(self, asked: Asked) -> Float64:
        """Shape (n_learners, n_activities) or (1, n_activities), higher is better."""
        ...


class Fixed:
    """The same score for everybody."""

    def __init__(self, name: str, scores: Float64) -> None:
        self.name = name
        self.otherwise = np.zeros(len(scores))
        self._scores = scores[None, :]

    def scores(self, asked: Asked) -> Float64:
        return self._scores


class Random(Fixed):
    """Lots alone."""

    def __init__(self, n_activities: int) -> None:
        super().__init__("random", np.zeros(n_activities))


class Popular(Fixed):
    """Most visited before the cut, or in the ``days`` before it."""

    def __init__(
        self, name: str, activity: Int32, at: Int64, n_activities: int, cut: int, days: float | None = None
    ) -> None:
        counted = at < cut if days is None else (at < cut) & (at >= cut - days * DAY)
        self.visits = np.bincount(activity[counted], minlength=n_activities).astype(float)
        super().__init__(name, self.visits)


class Newest(Fixed):
    """What was held least long: by the start of an activity's very first session, the latest first."""

    def __init__(self, sessions: Sessions, n_activities: int) -> None:
        super().__init__("newest", first_held(sessions, n_activities))


def first_held(sessions: Sessions, n_activities: int) -> Float64:
    """Start of each activity's very first session, seconds since 1970 UTC; -inf for one without any."""
    first = np.full(n_activities, np.inf)
    np.minimum.at(first, sessions.activity, sessions.start.astype(float))
    return np.where(np.isfinite(first), first, -np.inf)


class NearestAndFree:
    """What is free, nearest first; then the rest, nearest first."""

    name = "nearest_and_free"

    def __init__(self, activities: Activities) -> None:
        self.otherwise = np.zeros(len(activities))
        self._free = np.where(activities.price == 0, FREE_FIRST, 0.0)

    def scores(self, asked: Asked) -> Float64:
        found: Float64 = self._free - asked.nearest
        return found


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
        self.otherwise = np.zeros(len(activities))

    def scores(self, asked: Asked) -> Float64:
        visits = visits_of(asked.history, self._vectors.shape[0])
        cosine: Float64 = (normalize(visits @ self._vectors) @ self._vectors.T).toarray()
        return cosine


def visits_of(histories: Sequence[Int32], n_activities: int) -> sparse.csr_array:
    """Histories as a matrix of 0 and 1. Shape (n_learners, n_activities), float64."""
    learner = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    activity = np.concatenate([np.empty(0, np.int32), *histories])
    ones = np.ones(len(activity))
    return sparse.csr_array(sparse.coo_array((ones, (learner, activity)), (len(histories), n_activities)))


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


def top(scores: Float64, allowed: Bool, lots: Float64, length: int, otherwise: Float64 | None = None) -> Int32:
    """The best allowed activities of each learner.

    Parameters
    ----------
    scores : float64, shape (n_learners, n_activities) or (1, n_activities)
        Higher is better.
    allowed : bool, shape (n_learners, n_activities)
        What was open and eligible at the learner's moment.
    lots : float64, shape (n_learners, n_activities)
        Decides between equal scores, lowest first.
    length : int
        How many places a list has.
    otherwise : float64, shape (n_activities,), optional
        Decides before the lots do, highest first.

    Returns
    -------
    int32, shape (n_learners, length)
        Padded with ``UNKNOWN`` where fewer are allowed.
    """
    n, m = allowed.shape
    every = np.ascontiguousarray(np.broadcast_to(np.asarray(scores, dtype=np.float64), (n, m)))
    second = np.zeros(m) if otherwise is None else np.asarray(otherwise, dtype=np.float64)
    lists = np.full((n, length), UNKNOWN, dtype=np.int32)
    _top(every, second, np.ascontiguousarray(lots), allowed, lists)
    return lists


@njit(cache=True)
def _top(scores: Float64, otherwise: Float64, lots: Float64, allowed: Bool, lists: Int32) -> None:
    """Fill each row of ``lists`` by insertion: lists are short, and most activities never get past the last place."""
    n, m = allowed.shape
    length = lists.shape[1]
    for row in range(n):
        held = 0
        for one in range(m):
            if not allowed[row, one]:
                continue
            place = held
            while place > 0:
                other = lists[row, place - 1]
                if scores[row, one] != scores[row, other]:
                    before = scores[row, one] > scores[row, other]
                elif otherwise[one] != otherwise[other]:
                    before = otherwise[one] > otherwise[other]
                else:
                    before = lots[row, one] < lots[row, other]
                if not before:
                    break
                if place < length:
                    lists[row, place] = other
                place -= 1
            if place < length:
                lists[row, place] = one
                held = min(held + 1, length)
