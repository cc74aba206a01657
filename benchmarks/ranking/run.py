"""One question put to every model: fit, rank, count, and compare on the same resampled learners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from benchmarks.ranking.engine import Engine
from benchmarks.ranking.lists import check
from benchmarks.ranking.peers import Contestant
from benchmarks.ranking.split import Split
from recommender.city import Float64
from training.evaluation import metrics
from training.evaluation.uncertainty import Interval, intervals


@dataclass(frozen=True, eq=False)
class Measured:
    """What one model did with one split.

    Attributes
    ----------
    figures : mapping of metric to float64, shape (n_learners,)
        Empty when the model was left out.
    fit_seconds, rank_seconds : float
    steps : mapping of step to float
        Of the engine's fit.
    left_out : str
        Why, when there are no figures.
    """

    figures: Mapping[str, Float64]
    fit_seconds: float = float("nan")
    rank_seconds: float = float("nan")
    steps: Mapping[str, float] = field(default_factory=dict)
    left_out: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table. Seconds are per split; intervals are 95%.

    Attributes
    ----------
    value, lead : mapping of metric to Interval
        The model's own, and the engine's minus the model's.
    per_split : mapping of metric to tuple of float
    """

    name: str
    value: Mapping[str, Interval]
    lead: Mapping[str, Interval]
    per_split: Mapping[str, tuple[float, ...]]
    fit_seconds: float
    ms_per_thousand: float
    left_out: str = ""


def measure(
    split: Split, contestants: Sequence[Contestant], wanted: Sequence[str], threads: int, tell: Callable[[str], None]
) -> dict[str, Measured]:
    """Fit and rank every model, one after the other, with the same number of threads.

    Parameters
    ----------
    wanted : sequence of str
        Metrics of ``training.evaluation.metrics.per_learner``.
    tell : callable
        Told what is being done.
    """
    found: dict[str, Measured] = {}
    for model in contestants:
        if split.cold and model.needs_visits:
            found[model.name] = Measured({}, left_out="knows visits alone, and nobody has been to any candidate")
            continue
        tell(f"{split.name}: fitting {model.name}")
        with threadpool_limits(_blas_threads(threads), "blas"):
            fit_seconds = model.fit(split)
            tell(f"{split.name}: ranking with {model.name}")
            lists, rank_seconds = model.rank(split)
        check(split, lists, model.name)
        hits = metrics.hits(lists, split.learner, split.activity)
        figures = metrics.per_learner(hits, split.n_relevant)
        steps = dict(model.seconds) if isinstance(model, Engine) else {}
        found[model.name] = Measured({name: figures[name] for name in wanted}, fit_seconds, rank_seconds, steps)
    return found


def _blas_threads(threads: int) -> int:
    """At most ``threads``, and never more than the environment allows."""
    return min([threads, *(int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas")])


def summarise(
    splits: Sequence[Split], measured: Sequence[Mapping[str, Measured]], engine: str, draws: int, seed: int
) -> list[Row]:
    """One row per model over one or several splits.

    A learner who is asked about in several splits counts once, with the mean of their figures: learners, not lists,
    are what is resampled. Differences are taken per learner, which is what makes the interval a paired one.
    """
    wanted = list(measured[0][engine].figures)
    per_learner = {name: _by_learner(splits, [one[name] for one in measured], wanted) for name in measured[0]}
    columns, labels = [], []
    for name, figures in per_learner.items():
        for metric in figures:
            labels += [(name, metric, "value"), (name, metric, "lead")]
            columns += [figures[metric], per_learner[engine][metric] - figures[metric]]
    found = dict(zip(labels, intervals(np.column_stack(columns), draws, seed), strict=True))
    asked = sum(len(split.learners) for split in splits)
    rows = []
    for name in measured[0]:
        own = [one[name] for one in measured]
        known = list(per_learner[name])
        rows.append(
            Row(
                name=name,
                value={metric: found[name, metric, "value"] for metric in known},
                lead={metric: found[name, metric, "lead"] for metric in known},
                per_split={
                    metric: tuple(float(np.nanmean(one.figures[metric])) for one in own if one.figures)
                    for metric in known
                },
                fit_seconds=float(np.mean([one.fit_seconds for one in own])),
                ms_per_thousand=1e6 * sum(one.rank_seconds for one in own) / asked,
                left_out=own[0].left_out,
            )
        )
    return rows


def _by_learner(splits: Sequence[Split], own: Sequence[Measured], wanted: Sequence[str]) -> dict[str, Float64]:
    """Mean of each figure per learner over the splits; empty when the model was left out of one."""
    if not all(one.figures for one in own):
        return {}
    names = sorted({name for split in splits for name in split.learners})
    row_of = {name: row for row, name in enumerate(names)}
    counted, summed = np.zeros(len(names)), {metric: np.zeros(len(names)) for metric in wanted}
    for split, one in zip(splits, own, strict=True):
        rows = np.array([row_of[name] for name in split.learners])
        counted[rows] += 1
        for metric in wanted:
            summed[metric][rows] += one.figures[metric]
    return {metric: total / counted for metric, total in summed.items()}
