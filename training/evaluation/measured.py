"""From lists to figures per learner, and to those that only many lists together have. One cut at a time.

What leaves here knows no learner's name, list or visit: rows of numbers, and sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from recommender.city import DOMAINS, UNKNOWN, Bool, Catalogue, Float32, Float64, Int32, Int64
from training.evaluation import metrics
from training.evaluation.cut import Trial
from training.evaluation.groups import recall_by_domain
from training.evaluation.ranking import Ranked
from training.evaluation.resample import counts_of
from training.evaluation.verdict import ENGINE

SETTING = "setting"
"""Name under which stands what holds for a learner whatever the list."""
BY_DOMAIN = "domains"
"""Name under which stands the recall of the engine over each domain."""
RELEVANT = "relevant"
"""Name under which stands how much of each of ``PARTS``, and of each domain, a learner went on to do."""
PARTS = ("known_theme", "new_theme", "new_activity")
"""Kinds of relevant activities over which recall is measured by itself."""
TOGETHER = ("coverage", "gini")
MOST_VENUES = 200


@dataclass(frozen=True, eq=False)
class Venues:
    """How much of the lists, and of what was open, is at each venue; over all learners of one cut.

    Attributes
    ----------
    rows : int32, shape (n_venues,)
        Of the catalogue, the most offered first.
    shown, offered : float64, shape (1 + draws, n_venues)
        Places, and shares of what was open summed over learners; first as it is, then for each draw of learners.
    activities : int64, shape (n_venues,)
        How many of the activities on offer are there.
    """

    rows: Int32
    shown: Float64
    offered: Float64
    activities: Int64


@dataclass(frozen=True, eq=False)
class Measured:
    """Figures behind one cut, rows in the order of its trial.

    Attributes
    ----------
    figures : mapping of list to mapping of figure to float32, shape (n_learners,)
        NaN where a figure is not defined.
    together : mapping of list to mapping of figure to float64, shape (1 + draws,)
        Coverage and Gini: the value, then what each draw of learners gives.
    venues : Venues or None
    """

    figures: Mapping[str, Mapping[str, Float32]]
    together: Mapping[str, Mapping[str, Float64]] = field(default_factory=dict)
    venues: Venues | None = None


def measure(
    trial: Trial, ranked: Ranked, catalogue: Catalogue, visitors: Int64, people: int
) -> dict[str, dict[str, Float32]]:
    """Every figure of every list, per learner.

    Parameters
    ----------
    visitors : int64, shape (n_activities,)
        How many different learners had been to each activity before the cut.
    people : int
        How many had been anywhere.
    """
    unseen = visitors == 0
    parts = _parts(trial, ranked, catalogue, visitors)
    counts = {name: trial.n_relevant(part) for name, part in parts.items()}
    figures: dict[str, dict[str, Float32]] = {}
    for name, lists in ranked.lists.items():
        found = metrics.per_learner(metrics.hits(lists, trial.learner, trial.activity), trial.n_relevant())
        for label, part in parts.items():
            hits = metrics.hits(lists, trial.learner[part], trial.activity[part])
            found |= {f"{label}_recall@{k}": metrics.recall(hits, counts[label], k) for k in metrics.CUTOFFS}
        for k in metrics.CUTOFFS:
            found[f"domains@{k}"] = metrics.domains(lists, catalogue.activities.domain, k)
            found[f"novelty@{k}"] = metrics.novelty(lists, visitors, people, k)
            found[f"new_activities@{k}"] = metrics.share_of(lists, unseen, k)
        found["reach@10"] = metrics.reach(ranked.within[name], ranked.could, 10)
        figures[name] = {label: values.astype(np.float32) for label, values in found.items()}
    if ENGINE in ranked.lists:
        own = recall_by_domain(ranked.lists[ENGINE], trial.learner, trial.activity, catalogue.activities.domain)
        figures[BY_DOMAIN] = dict(zip(DOMAINS, own.T.astype(np.float32), strict=True))
    return figures


def _parts(trial: Trial, ranked: Ranked, catalogue: Catalogue, visitors: Int64) -> dict[str, Bool]:
    """Which relevant pairs are of each of ``PARTS``. Each of shape (n_relevant,)."""
    known, new = theme_split(trial, ranked, catalogue)
    return dict(zip(PARTS, (known, new, visitors[trial.activity] == 0), strict=True))


def relevant(trial: Trial, ranked: Ranked, catalogue: Catalogue, visitors: Int64) -> dict[str, Float32]:
    """How many of the activities that each learner went on to do are of each of ``PARTS`` and in each domain."""
    domain = catalogue.activities.domain[trial.activity]
    of = _parts(trial, ranked, catalogue, visitors) | {name: domain == code for code, name in enumerate(DOMAINS)}
    return {name: trial.n_relevant(part).astype(np.float32) for name, part in of.items()}


def setting(trial: Trial, ranked: Ranked, visitors: Int64) -> dict[str, Float32]:
    """What holds for each learner whatever the list: how much they had done, could do, and went on to do."""
    found = {
        "history": np.array([len(own) for own in ranked.history], dtype=np.float64),
        "candidates": ranked.candidates,
        "relevant": trial.n_relevant(),
        "reachable": trial.n_relevant(ranked.reachable),
        "unseen": trial.n_relevant(visitors[trial.activity] == 0),
        "supply": np.where(ranked.claims, ranked.could, np.nan),
    }
    return {name: np.asarray(values, dtype=np.float32) for name, values in found.items()}


def together(
    lists: Mapping[str, Int32], offered: Bool, learners: Sequence[str], draws: int, seed: int
) -> dict[str, dict[str, Float64]]:
    """Coverage and Gini of every list at each cutoff: the value, then one for each draw of learners."""
    counts = np.vstack([np.ones((1, len(learners)), dtype=np.float32), counts_of(learners, draws, seed)])
    found: dict[str, dict[str, Float64]] = {}
    for name, own in lists.items():
        found[name] = {}
        for k in metrics.CUTOFFS:
            shown = _sums(own[:, :k], len(offered), counts)
            found[name][f"coverage@{k}"] = np.array([metrics.coverage(row, offered) for row in shown])
            found[name][f"gini@{k}"] = np.array([metrics.gini(row, offered) for row in shown])
    return found


def _sums(shown: Int32, width: int, counts: Float32) -> Int64:
    """How often each column is shown when each learner counts so often. Shape (n_draws, width), int64."""
    row, place = np.nonzero(shown != UNKNOWN)
    cells = sparse.coo_array((np.ones(len(row), dtype=np.float32), (shown[row, place], row)), shape=(width, len(shown)))
    sums: Int64 = np.rint(sparse.csr_array(cells) @ counts.T).T.astype(np.int64)
    return sums


class VenueCount:
    """Adds up, block by block, how much of what was open to each learner is at each venue."""

    def __init__(self, catalogue: Catalogue, learners: Sequence[str], draws: int, seed: int) -> None:
        self._venue = catalogue.activities.venue
        self._counts = np.vstack([np.ones((1, len(learners)), dtype=np.float32), counts_of(learners, draws, seed)])
        n_venues = len(catalogue.venues.ids)
        known = np.flatnonzero(self._venue >= 0)
        ones = np.ones(len(known), dtype=np.float32)
        self._at = sparse.csr_array(
            sparse.coo_array((ones, (known, self._venue[known])), shape=(len(self._venue), n_venues))
        )
        self._offered = np.zeros((len(self._counts), n_venues))

    def add(self, block: slice, allowed: Bool) -> None:
        """What is open to a block of learners."""
        share = allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1)
        self._offered += self._counts[:, block] @ np.asarray(share.astype(np.float32) @ self._at)

    def of(self, lists: Int32, offered: Bool) -> Venues:
        """The count, beside the first ten of some lists."""
        width = self._offered.shape[1]
        kept = np.argsort(-self._offered[0], kind="stable")[:MOST_VENUES]
        kept = kept[self._offered[0, kept] > 0].astype(np.int32)
        if not width:
            nothing = np.zeros((len(self._counts), 0))
            return Venues(kept, nothing, nothing, np.zeros(0, dtype=np.int64))
        places = np.append(self._venue, UNKNOWN)[lists[:, :10]]
        shown = _sums(places.astype(np.int32), width, self._counts).astype(np.float64)
        there = np.bincount(self._venue[offered & (self._venue >= 0)], minlength=width)
        return Venues(kept, shown[:, kept], self._offered[:, kept], there[kept].astype(np.int64))


def theme_split(trial: Trial, ranked: Ranked, catalogue: Catalogue) -> tuple[Bool, Bool]:
    """Which relevant pairs stay within the themes a learner knew, and which open a new one.

    An activity's *main theme* has its largest weight (on a tie the first in the city's list). The pair is
    *known* when any earlier activity of the learner carries that theme, *new* when none does. A pair is neither
    when the activity has no theme, or when nothing that the learner did before has one: then nothing is known
    to be new.

    Returns
    -------
    known, new : bool, shape (n_relevant,)
    """
    themes = catalogue.activities.themes
    if not themes.nnz:
        none = np.zeros(len(trial.activity), dtype=np.bool_)
        return none, none
    has_theme = np.diff(themes.indptr) > 0
    main = np.asarray(themes.argmax(axis=1)).ravel()
    learner = np.repeat(np.arange(len(ranked.history)), [len(own) for own in ranked.history])
    activity = np.concatenate([np.empty(0, np.int32), *ranked.history])
    shape = (len(ranked.history), themes.shape[0])
    visits = sparse.csr_array(sparse.coo_array((np.ones(len(activity)), (learner, activity)), shape))
    touched = (visits @ themes).toarray() > 0
    judged = has_theme[trial.activity] & touched.any(axis=1)[trial.learner]
    known = judged & touched[trial.learner, main[trial.activity]]
    return known, judged & ~known
