"""From lists to figures: plain values, versioned, the same bytes for the same input.

Counts of learners are rounded to 5, cells below ``smallest_cell`` are not shown and thin groups are merged
with their neighbour, so that nobody can be read off or subtracted out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from scipy import sparse

from recommender.city import Bool, Catalogue, Float64
from training.config import Config
from training.evaluation import metrics
from training.evaluation.cut import DAY, Trial
from training.evaluation.ranking import Ranked
from training.evaluation.uncertainty import Interval, intervals
from training.evaluation.verdict import ENGINE, verdict

SCHEMA = "leerlijn-evaluation/1"
MAIN = "recall@10"
MERGED_BELOW = 30
_HISTORY_FROM = (0, 1, 3, 6, 11)


def summarise(
    city: Mapping[str, Any], trial: Trial, ranked: Ranked, catalogue: Catalogue, seen: Bool, cut: int, config: Config
) -> dict[str, Any]:
    """All figures of one evaluation.

    Parameters
    ----------
    city : mapping
        What the results say about the city and its stamps, passed on as it is; ``known_until`` ends the test when
        it comes before the horizon does.
    trial : Trial
        Who was tested, on what.
    ranked : Ranked
        Everybody's lists.
    catalogue : Catalogue
        Behind the cut.
    seen : bool, shape (n_activities,)
        Which activities had a visit before the cut.
    cut : int
        Seconds since 1970 UTC.
    config : Config
        Of the fit and of the evaluation.
    """
    settings = config.evaluation
    n = len(trial.learners)
    results: dict[str, Any] = {
        "schema": SCHEMA,
        "city": dict(city),
        "config": config.as_dict(),
        "protocol": {
            "cut": _iso(cut),
            "until": _iso(max(cut, min(cut + int(settings.horizon_days * DAY), int(city["known_until"])))),
            "horizon_days": settings.horizon_days,
            "learners": _rounded(n),
            "bootstrap": settings.bootstrap,
            "main": MAIN,
        },
    }
    if n < settings.smallest_cell:
        return {**results, "verdict": {"code": "too_few", "figure": MAIN, "needed": settings.smallest_cell}}
    figures = {name: _figures(trial, ranked, catalogue, name) for name in ranked.lists}
    others = [name for name in figures if name != ENGINE]
    columns = list(figures[ENGINE])
    table = np.column_stack([figures[name][column] for name in figures for column in columns])
    leads = np.column_stack([figures[ENGINE][c] - figures[name][c] for name in others for c in columns])
    drawn = iter(intervals(np.hstack([table, leads]), settings.bootstrap, config.seed))
    shown = settings.smallest_cell
    models = {name: {column: _cell(next(drawn), shown) for column in columns} for name in figures}
    differences = {name: {column: _cell(next(drawn), shown) for column in columns} for name in others}
    for name, lists in ranked.lists.items():
        for k in metrics.CUTOFFS:
            counts = metrics.exposure(lists, len(catalogue.activities), k)
            models[name][f"coverage@{k}"] = {"value": _round(metrics.coverage(counts, ranked.offered))}
            models[name][f"gini@{k}"] = {"value": _round(metrics.gini(counts, ranked.offered))}
    results["protocol"] |= {
        "candidates": _round(float(np.median(ranked.candidates))),
        "relevant_per_learner": _round(len(trial.activity) / n),
        "reachable": _round(float(ranked.reachable.mean())),
        "new_activities": _round(float((~seen[trial.activity]).mean())),
        "new_learners": _share(np.array([not len(own) for own in ranked.history]), settings.smallest_cell),
    }
    return {
        **results,
        "models": models,
        "differences": differences,
        "history": _by_history(ranked, figures, config),
        "verdict": verdict(differences, MAIN),
    }


def _figures(trial: Trial, ranked: Ranked, catalogue: Catalogue, name: str) -> dict[str, Float64]:
    lists = ranked.lists[name]
    found = metrics.per_learner(metrics.hits(lists, trial.learner, trial.activity), trial.n_relevant())
    known, new = theme_split(trial, ranked, catalogue)
    for label, part in (("known_theme_recall@10", known), ("new_theme_recall@10", new)):
        hits = metrics.hits(lists, trial.learner[part], trial.activity[part])
        found[label] = metrics.recall(hits, trial.n_relevant(part), 10)
    found["domains@10"] = metrics.domains(lists, catalogue.activities.domain, 10)
    return found


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


def _by_history(ranked: Ranked, figures: Mapping[str, Mapping[str, Float64]], config: Config) -> list[dict[str, Any]]:
    """Main figure by how many different activities a learner had done; thin groups merged with a neighbour."""
    lengths = np.array([len(own) for own in ranked.history])
    starts = merged(list(_HISTORY_FROM), lengths, MERGED_BELOW)
    groups = []
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        inside = (lengths >= start) & (lengths < (stop if stop is not None else np.inf))
        values = np.column_stack([figures[name][MAIN][inside] for name in figures])
        drawn = intervals(values, config.evaluation.bootstrap, config.seed)
        cells = {
            name: _cell(found, config.evaluation.smallest_cell) for name, found in zip(figures, drawn, strict=True)
        }
        groups.append({"from": start, "to": None if stop is None else stop - 1, "models": cells})
    return groups if len(groups) > 1 else []


def merged(starts: list[int], lengths: np.ndarray, least: int) -> list[int]:
    """Lower bounds of groups of at least ``least`` learners: a thin group joins its smaller neighbour.

    One group may remain, and it may be thin when there are fewer learners than that.
    """
    starts = list(starts)
    while len(starts) > 1:
        sizes = np.histogram(lengths, bins=[*starts, max(int(lengths.max(initial=0)), starts[-1]) + 1])[0]
        thin = int(sizes.argmin())
        if sizes[thin] >= least:
            break
        left = sizes[thin - 1] if thin else np.inf
        right = sizes[thin + 1] if thin + 1 < len(sizes) else np.inf
        starts.pop(thin if left <= right else thin + 1)
    return starts


def _cell(found: Interval, smallest: int) -> dict[str, Any]:
    if found.n < smallest:
        return {"value": None, "low": None, "high": None, "n": None}
    return {
        "value": _round(found.value),
        "low": _round(found.low),
        "high": _round(found.high),
        "n": _rounded(found.n),
    }


def _share(of: Bool, smallest: int) -> float | None:
    """A share of people, unless it tells of a few: fewer than ``smallest`` on either side, but not nobody."""
    few = min(int(of.sum()), int((~of).sum()))
    return None if 0 < few < smallest else _round(float(of.mean()))


def _round(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _rounded(n: int) -> int:
    return 5 * round(n / 5)


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
