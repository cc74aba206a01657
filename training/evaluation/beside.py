"""What the results may tell beside one another: whole, per group, per domain, per part, per cut.

A figure of a learner who was tested at several cuts is the mean over these. So every published mean is a sum of values of
people at cuts, each with a weight; here these sums are written down as they are published, and those that might give fewer
than ten people away are left out (``cells``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import DOMAINS, Float64, Int32
from recommender.insight.cells import HIDDEN_BELOW, MERGED_BELOW
from training.evaluation.cells import members, side_by_side
from training.evaluation.groups import Grouping, shown_together
from training.evaluation.history import lengths_at_cuts, spans
from training.evaluation.measured import BY_DOMAIN, PARTS, RELEVANT, SETTING
from training.evaluation.pooled import Pooled
from training.evaluation.verdict import ENGINE

_NONE, _SOME, _ALL = 0, 1, 2


@dataclass(frozen=True)
class Beside:
    """What may be shown beside the figures of everybody.

    Attributes
    ----------
    domains : bool
        The figure over each domain.
    parts : bool
        Recall over ``PARTS`` of what learners went on to do.
    learning : bool
        The figure by what learners had done before each cut.
    by_cut : bool
        Figures of each cut.
    """

    domains: bool
    parts: bool
    learning: bool
    by_cut: bool


def beside(pooled: Pooled, groupings: Sequence[Grouping], by_length: Grouping) -> Beside:
    """Try everything that is published against every sum of it, the most important first.

    Parameters
    ----------
    groupings : sequence of Grouping
        Of ``pooled.learners``; those are tried that ``grouped`` shows.
    by_length : Grouping
        Whose groups ``learning`` uses.
    """
    shown = [one for one, good in zip(groupings, shown_together(groupings), strict=True) if good]
    enough = np.array([_people(pooled, name) >= MERGED_BELOW for name in DOMAINS])
    domains = [name for name, many in zip(DOMAINS, enough.tolist(), strict=True) if many]
    shares = np.column_stack([_how_much(pooled, name) for name in (*domains, *PARTS)])
    stages = _stages(pooled, by_length)
    everybody = np.column_stack([stages, shares, *(one.group for one in shown)])
    kinds, people = np.unique(everybody, axis=0, return_counts=True)
    n_cuts, n_parts = stages.shape[1], shares.shape[1]
    stage, share, groups = np.split(kinds, [n_cuts, n_cuts + n_parts], axis=1)

    # One value for each cut at which somebody was tested, and one for each part that is neither nothing nor everything.
    whose, cut = np.nonzero(stage >= 0)
    other, part = np.nonzero(share == _SOME)
    kind = np.concatenate([whose, other]).astype(np.int64)
    once = 1 / np.bincount(whose, minlength=len(kinds))[whose]

    def with_parts(values: Float64, of_part: Float64 | None = None) -> Float64:
        below = np.zeros((len(other), values.shape[1])) if of_part is None else of_part
        return np.vstack([values, below])

    whole = [once[:, None], *(once[:, None] * members(code[whose]) for code in groups.T)]
    each = with_parts(once[:, None] * (share[whose] == _ALL), np.eye(n_parts)[part])
    by_stage = members(stage[whose, cut])
    place = whose * (n_cuts + 1) + stage[whose, cut]
    of_stage = 1 / np.bincount(place)[place]
    base, *rest = side_by_side(
        [
            with_parts(np.hstack(whole)),
            each[:, : len(domains)],
            each[:, len(domains) :],
            with_parts(of_stage[:, None] * by_stage),
            with_parts(members(cut.astype(np.int32))),
        ],
        kind,
        people.astype(np.int64),
        HIDDEN_BELOW,
    )
    return Beside(*(good and base for good in rest))


def _people(pooled: Pooled, domain: str) -> int:
    return int((~np.isnan(pooled.figure(BY_DOMAIN, domain))).sum()) if ENGINE in pooled.names else 0


def _how_much(pooled: Pooled, name: str) -> Int32:
    """Whether a part holds nothing, something or all of what each learner went on to do. Shape (n_learners,)."""
    of_part, of_all = pooled.total(RELEVANT, name), pooled.total(SETTING, "relevant")
    found: Int32 = np.where(of_part == 0, _NONE, np.where(of_part == of_all, _ALL, _SOME)).astype(np.int32)
    return found


def _stages(pooled: Pooled, by_length: Grouping) -> Int32:
    """Group of what each learner had done before each cut, -1 where they were not tested. Shape (n_learners, n_cuts)."""
    starts = np.array([low for low, _ in spans(by_length)])
    found = np.full((len(pooled.learners), len(pooled.rows)), -1, dtype=np.int32)
    for cut, (rows, lengths) in enumerate(zip(pooled.rows, lengths_at_cuts(pooled), strict=True)):
        found[rows, cut] = np.maximum(np.searchsorted(starts, lengths, side="right") - 1, 0)
    return found
