"""What learners score in a simulated city: the population from which cheap worlds draw their learners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.passports import stamp_arrays
from data.simulation import SimulationConfig, simulate
from data.translate import catalogue_from
from recommender.city import Float64
from training.config import Config
from training.evaluation import metrics
from training.evaluation.baselines import Popular, Random
from training.evaluation.cut import choose_cut, draw_test, known_at
from training.evaluation.groups import recall_by_domain
from training.evaluation.ranking import rank
from training.fit import fit

ENGINE, POPULAR, LOTS = "leerlijn", "popular_30_days", "random"
FIGURES = ("recall@10", "ndcg@10", "hit_rate@10", "mrr@10", "recall@5", "domains@10")


@dataclass(frozen=True, eq=False)
class Scores:
    """Figures of real lists, per learner.

    Attributes
    ----------
    figures : mapping of "list figure" to float64, shape (n_learners,)
    domains : float64, shape (n_learners, n_domains)
        Recall@10 of the engine in each domain, NaN where a learner did nothing there.
    """

    figures: dict[str, Float64]
    domains: Float64


def scores(seed: int, learners: int) -> Scores:
    """Evaluate one simulated town behind one cut: the engine, popular in 30 days, and lots.

    Parameters
    ----------
    seed, learners : int
        Of the town.
    """
    tables = simulate(SimulationConfig(seed=seed, learners=learners)).tables
    config = Config(threads=1)
    cut = choose_cut(tables, config.evaluation.test_share)
    known = known_at(tables, cut)
    catalogue = catalogue_from(known)
    trial = draw_test(tables, catalogue, cut, config.evaluation.horizon_days, 0, config.seed)
    _, activity, at, _, _ = stamp_arrays(known, catalogue)
    n = len(catalogue.activities)
    simple = [Popular(POPULAR, activity, at, n, cut, days=30), Random(n)]
    ranked = rank(trial, known, catalogue, fit(known, config), simple, config.seed)
    found = {}
    for name in (ENGINE, POPULAR, LOTS):
        lists = ranked.lists[name]
        own = metrics.per_learner(metrics.hits(lists, trial.learner, trial.activity), trial.n_relevant())
        own["domains@10"] = metrics.domains(lists, catalogue.activities.domain, 10)
        found |= {f"{name} {figure}": own[figure] for figure in FIGURES}
    for figure in ("recall@10", "ndcg@10", "mrr@10"):
        found[f"{ENGINE} − {POPULAR} {figure}"] = found[f"{ENGINE} {figure}"] - found[f"{POPULAR} {figure}"]
    lists = ranked.lists[ENGINE]
    domains = recall_by_domain(lists, trial.learner, trial.activity, catalogue.activities.domain)
    return Scores(found, domains)


def joined(parts: list[Scores]) -> Scores:
    """Several towns as one population."""
    names = parts[0].figures
    return Scores(
        {name: np.concatenate([part.figures[name] for part in parts]) for name in names},
        np.concatenate([part.domains for part in parts]),
    )
