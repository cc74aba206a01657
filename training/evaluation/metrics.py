"""How good a list is, per learner; how broad the lists are, together. Pure numpy.

Lists are int32 arrays of activity rows, best first, padded with ``UNKNOWN`` (-1) at the end. What is
relevant is what the learner went on to do, as pairs of a list's row and an activity's row.

============  =======================================================  ===================================
metric        definition                                               empty cases
============  =======================================================  ===================================
recall@k      hits in the first k ÷ **all** relevant activities, also  nothing relevant: NaN; empty list: 0
              when there are more than k, or when some were not open
NDCG@k        Σ 1/log2(rank+1) over hits ÷ the same sum for an ideal   nothing relevant: NaN; empty list: 0
              list of min(k, relevant) hits (Järvelin & Kekäläinen
              2002, doi:10.1145/582415.582418)
hit rate@k    1 when any of the first k is relevant, else 0            nothing relevant: NaN; empty list: 0
MRR@k         1 ÷ rank of the first hit within k, else 0               nothing relevant: NaN; empty list: 0
domains@k     how many different known domains the first k hold        empty list, no domain known: 0
novelty@k     mean surprise of the first k, in bits: −log2 of the      empty list: NaN
              share of learners who had been there (Vargas &
              Castells 2011, doi:10.1145/2043932.2043955)
new@k         share of the first k where nobody had been yet           empty list: NaN
reach@k       how many of the first k are free, near and fitting ÷     nothing such exists, home or age
              how many of k could be                                   not known: NaN; empty list: 0
coverage@k    activities in any list's first k ÷ activities that were  nothing on offer: NaN
              open and eligible for at least one of these learners
Gini@k        inequality of how often those activities are shown: 0    nothing on offer or nothing shown:
              all alike, towards 1 when few get every place            NaN
============  =======================================================  ===================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.city import UNKNOWN, Bool, Float64, Int8, Int32, Int64

CUTOFFS = (5, 10, 20)
PER_LEARNER = ("recall", "ndcg", "hit_rate", "mrr")


def hits(lists: Int32, learner: Int32, activity: Int32) -> Bool:
    """Which places of each list hold an activity that is relevant to its learner.

    Parameters
    ----------
    lists : int32, shape (n_learners, length)
        Best first, padded with ``UNKNOWN``.
    learner, activity : int32, shape (n_pairs,)
        What is relevant to whom: rows of ``lists`` and of the catalogue.

    Returns
    -------
    bool, shape (n_learners, length)
        An activity that stands in a list twice counts at its first place only.
    """
    base = 1 + max(int(lists.max(initial=0)), int(activity.max(initial=0)))
    keys = np.arange(len(lists), dtype=np.int64)[:, None] * base + lists
    found = np.isin(keys, learner.astype(np.int64) * base + activity) & (lists != UNKNOWN)
    order = np.argsort(keys, axis=1, kind="stable")
    ordered = np.take_along_axis(keys, order, axis=1)
    again = np.zeros(lists.shape, dtype=np.bool_)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    repeated = np.zeros(lists.shape, dtype=np.bool_)
    np.put_along_axis(repeated, order, again, axis=1)
    first: Bool = found & ~repeated
    return first


def recall(found: Bool, n_relevant: NDArray[np.integer], k: int) -> Float64:
    """Recall@k per learner; the denominator is everything relevant. NaN where nothing is relevant."""
    return _over(found[:, :k].sum(axis=1), n_relevant)


def ndcg(found: Bool, n_relevant: NDArray[np.integer], k: int) -> Float64:
    """NDCG@k per learner with binary gains. NaN where nothing is relevant."""
    discount = 1.0 / np.log2(np.arange(k) + 2.0)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    gained = found[:, :k] @ discount[: found[:, :k].shape[1]]
    return _over(gained, ideal[np.minimum(n_relevant, k)])


def hit_rate(found: Bool, n_relevant: NDArray[np.integer], k: int) -> Float64:
    """1.0 where any of the first k is relevant, else 0.0. NaN where nothing is relevant."""
    return np.where(n_relevant > 0, found[:, :k].any(axis=1).astype(float), np.nan)


def mrr(found: Bool, n_relevant: NDArray[np.integer], k: int) -> Float64:
    """Reciprocal rank of the first hit within k, 0 without one. NaN where nothing is relevant."""
    within = found[:, :k]
    first = 1.0 / (within.argmax(axis=1) + 1.0) if within.shape[1] else np.zeros(len(found))
    return np.where(n_relevant > 0, np.where(within.any(axis=1), first, 0.0), np.nan)


def domains(lists: Int32, domain: Int8, k: int) -> Float64:
    """How many different known domains the first k of each list hold.

    Parameters
    ----------
    lists : int32, shape (n_learners, length)
        Best first, padded with ``UNKNOWN``.
    domain : int8, shape (n_activities,)
        ``UNKNOWN`` where not known.
    k : int
        How many places count.
    """
    shown = lists[:, :k]
    kinds = np.where(shown == UNKNOWN, UNKNOWN, domain[shown] if len(domain) else UNKNOWN)
    return sum(
        ((kinds == kind).any(axis=1).astype(float) for kind in range(int(domain.max(initial=UNKNOWN)) + 1)),
        start=np.zeros(len(lists)),
    )


def novelty(lists: Int32, visitors: Int64, learners: int, k: int) -> Float64:
    """Mean surprise of what the first k show, in bits. NaN for an empty list.

    Parameters
    ----------
    visitors : int64, shape (n_activities,)
        How many different learners had been there. One more is counted everywhere, so that what nobody has
        visited has a surprise too.
    learners : int
        How many learners had been anywhere.
    """
    surprise = -np.log2((visitors + 1) / (learners + 1))
    return _mean_shown(lists[:, :k], surprise)


def share_of(lists: Int32, marked: Bool, k: int) -> Float64:
    """Share of the first k that is marked. NaN for an empty list. ``marked``: bool, shape (n_activities,)."""
    return _mean_shown(lists[:, :k], marked.astype(float))


def _mean_shown(shown: Int32, values: Float64) -> Float64:
    there = shown != UNKNOWN
    read = values[np.where(there, shown, 0)] if len(values) else np.zeros(shown.shape)
    return _over(np.where(there, read, 0.0).sum(axis=1), there.sum(axis=1))


def reach(qualifies: Bool, could: Int64, k: int) -> Float64:
    """Of what is free, near and fitting and could stand in the first k, the share that does.

    Parameters
    ----------
    qualifies : bool, shape (n_learners, length)
        Which places of each list hold such an activity.
    could : int64, shape (n_learners,)
        How many such activities are open to each learner; 0 also where home or age is not known.
    """
    return _over(qualifies[:, :k].sum(axis=1), np.minimum(could, k))


def exposure(lists: Int32, n_activities: int, k: int) -> Int64:
    """How often each activity stands in the first k of a list. Shape (n_activities,), int64."""
    shown = lists[:, :k].ravel()
    return np.bincount(shown[shown != UNKNOWN], minlength=n_activities).astype(np.int64)


def coverage(shown: Int64, offered: Bool) -> float:
    """Share of the activities on offer that anybody sees. NaN when nothing was on offer.

    Parameters
    ----------
    shown : int64, shape (n_activities,)
        From ``exposure``.
    offered : bool, shape (n_activities,)
        Open and eligible for at least one of the learners.
    """
    if not offered.any():
        return float("nan")
    return float((shown[offered] > 0).mean())


def gini(shown: Int64, offered: Bool) -> float:
    """Gini coefficient of exposure over what was on offer. NaN when nothing was on offer or shown."""
    counts = np.sort(shown[offered]).astype(float)
    if not counts.sum():
        return float("nan")
    n = len(counts)
    ranks = np.arange(1, n + 1)
    return float((2 * ranks - n - 1) @ counts / (n * counts.sum()))


def per_learner(found: Bool, n_relevant: NDArray[np.integer]) -> dict[str, Float64]:
    """Recall, NDCG, hit rate and MRR at each of ``CUTOFFS``: ``{"recall@10": shape (n_learners,), …}``."""
    functions = dict(zip(PER_LEARNER, (recall, ndcg, hit_rate, mrr), strict=True))
    return {f"{name}@{k}": of(found, n_relevant, k) for name, of in functions.items() for k in CUTOFFS}


def _over(part: NDArray[np.number], whole: NDArray[np.number]) -> Float64:
    share: Float64 = np.divide(part, whole, out=np.full(len(part), np.nan), where=np.asarray(whole) > 0)
    return share
