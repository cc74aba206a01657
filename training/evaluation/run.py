"""The evaluation as a recipe: cut, fit behind it, rank at everybody's own moment, count, judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from data.columns import AT
from data.tables import Tables
from data.translate import catalogue_from, stamp_arrays
from recommender.errors import BadInput
from training.config import Config
from training.evaluation.baselines import Baseline, Content, Popular, Random
from training.evaluation.cut import choose_cut, draw_test, known_at
from training.evaluation.ranking import rank
from training.evaluation.results import summarise
from training.fit import STEPS, fit

Progress = Callable[[str, int, int], None]
"""Told the step (``fit`` or ``rank``), how much of it is done, and how much there is."""


def evaluate(
    tables: Tables, config: Config, cut: int | None = None, progress: Progress = lambda step, done, total: None
) -> dict[str, Any]:
    """Fit behind one global time cut and rank for everybody who did something new after it.

    Parameters
    ----------
    tables : Tables
        The city with all its stamps.
    config : Config
        Of the fit, the blend and the evaluation.
    cut : int or None
        Seconds since 1970 UTC; None leaves about the last quarter of the stamps for the test.
    progress : callable
        See ``Progress``.

    Returns
    -------
    dict
        Plain values, ready for JSON; schema ``leerlijn-evaluation/1``. The same input and seed give the same values.

    Raises
    ------
    BadInput
        When there are no stamps before the cut.
    """
    settings = config.evaluation
    moment = choose_cut(tables, settings.test_share) if cut is None else cut
    known = known_at(tables, moment)
    if known.stamps.empty:
        raise BadInput("stamps: none lies before the cut, so there is nothing to learn from; choose a later --cut")
    catalogue = catalogue_from(known)
    trial = draw_test(tables, catalogue, moment, settings.horizon_days, settings.learners, config.seed)
    release = fit(known, config, lambda step: progress("fit", STEPS.index(step), len(STEPS)))
    progress("fit", len(STEPS), len(STEPS))
    _, activity, at, _, _ = stamp_arrays(known, catalogue)
    n, m, done = len(trial.learners), len(catalogue.activities), 0

    def ranked_some(more: int) -> None:
        nonlocal done
        done += more
        progress("rank", done, n)

    baselines: list[Baseline] = [
        Popular("popular", activity, at, m, moment),
        Popular("popular_30_days", activity, at, m, moment, days=30),
        Content(catalogue.activities),
        Random(m),
    ]
    ranked = rank(trial, known, catalogue, release, baselines, config.seed, ranked_some)
    seen = np.bincount(activity, minlength=m) > 0
    return summarise(_about(tables, known), trial, ranked, catalogue, seen, moment, config)


def _about(tables: Tables, known: Tables) -> dict[str, Any]:
    return {
        "id": tables.city.id,
        "name": tables.city.name or tables.city.id,
        "time_zone": tables.city.time_zone,
        "activities": len(tables.activities),
        "known_until": int(tables.stamps[AT].max()) if tables.city.as_of is None else tables.city.as_of,
        "stamps_before": len(known.stamps),
        "stamps_after": len(tables.stamps) - len(known.stamps),
    }
