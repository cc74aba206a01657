"""Does a model tell who it was made of? A membership attack by somebody who holds all of its arrays and a learner's stamps.

Models are fitted on random halves of the learners, with the settings of the release. One after the other is the target; the
others are its shadows, of which the attacker knows who was in them: from them it learns what each learner's own figures are
in a model with and without them, and how to tell the two apart (offline likelihood ratios, Carlini et al. 2022,
doi:10.1109/SP46214.2022.9833649, put together by logistic regression). Half a town is a smaller crowd than the release's, so
this errs on the side of caution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve
from threadpoolctl import threadpool_limits

from data.columns import LEARNER
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Bool, Float32, Float64
from recommender.encoder import scaled_rows, with_parents
from recommender.interest import fold_in
from recommender.model import AGE_BANDS, Model
from training.config import Config
from training.evaluation.cut import known_until
from training.fit import fit_model
from training.interactions import Interactions, interactions_of
from training.privacy.model import fit_private, only_measured

MOST_LEARNERS = 2_000
"""Of a larger city so many learners are drawn: a smaller crowd hides nobody better."""
FEWEST_LEARNERS = 100
FEWEST_MODELS = 4
ALONE_BELOW = 3_000
"""With fewer stamps than this, starting other processes takes longer than doing the work in this one."""
FALSE_POSITIVES = 0.01
RECENT = 30 * 86_400
"""Seconds: what popularity counts most, so somebody's latest visits show most in it."""


@dataclass(frozen=True, eq=False)
class Told:
    """How well membership was told, for each target.

    Attributes
    ----------
    auc : float64, shape (n_models,)
        Chance that a member looks more like one than somebody who is none: 0.5 is a coin.
    caught : float64, shape (n_models,)
        Share of the members found where one in a hundred of the others is wrongly taken for one.
    learners : int
    """

    auc: Float64
    caught: Float64
    learners: int

    def plain(self) -> dict[str, Any]:
        """Means with their standard errors from the spread over targets, ready for JSON; learners rounded to 5."""
        found: dict[str, Any] = {"learners": 5 * round(self.learners / 5), "models": len(self.auc)}
        for name, values in (("auc", self.auc), ("caught", self.caught)):
            found[name] = round(float(values.mean()), 4)
            found[f"{name}_error"] = round(float(values.std(ddof=1) / np.sqrt(len(values))), 4)
        return found


def attack(tables: Tables, config: Config, models: int, threads: int = 1) -> Told | None:
    """Fit shadow models with some settings and attack each of them with the help of the others.

    Parameters
    ----------
    tables : Tables
        The city with its stamps.
    config : Config
        Of the release; its seed draws the halves and the noise of private models.
    models : int
        How many, at least ``FEWEST_MODELS``; every learner is in about half of them.
    threads : int

    Returns
    -------
    Told or None
        None for fewer than ``FEWEST_LEARNERS`` with a stamp: nothing could be said.
    """
    rng = np.random.default_rng(config.seed)
    people = np.array(sorted(tables.stamps[LEARNER].unique().tolist()), dtype=object)
    if len(people) < FEWEST_LEARNERS:
        return None
    if len(people) > MOST_LEARNERS:
        people = np.sort(rng.permutation(people)[:MOST_LEARNERS])
    everybody = _only(tables, people)
    member = _halves(models, len(people), rng)
    jobs = (
        delayed(_figures)(
            everybody, _only(everybody, people[own]), replace(config, seed=config.seed + number, threads=1)
        )
        for number, own in enumerate(member)
    )
    several = min(threads, models) if len(everybody.stamps) >= ALONE_BELOW else 1
    figures = np.array(Parallel(n_jobs=several)(jobs))
    with threadpool_limits(1, "blas"):
        return told(figures, member)


def _only(tables: Tables, people: np.ndarray) -> Tables:
    """The city with the stamps and passports of some learners alone."""
    names = set(people.tolist())
    stamps, passports = (
        frame[frame[LEARNER].isin(names)].reset_index(drop=True) for frame in (tables.stamps, tables.passports)
    )
    return replace(tables, stamps=stamps, passports=passports)


def _halves(models: int, people: int, rng: np.random.Generator) -> Bool:
    """Who is in which model, each by a coin of its own, so that no model tells who is in another. Shape (n_models, n_learners)."""
    halves: Bool = rng.random((models, people)) < 0.5
    return halves


def _figures(everybody: Tables, members: Tables, config: Config) -> Float64:
    """Fit one model and work out everybody's figures in it. Shape (n_learners, n_figures)."""
    with threadpool_limits(1, "blas"):
        catalogue = catalogue_from(everybody)
        if config.privacy.epsilon:
            asking = only_measured(config.seed, known_until(everybody))
            model = fit_private(members, config, asking, lambda step: None)[0]
        else:
            model = fit_model(members, config)[0]
        shares = scaled_rows(with_parents(catalogue), power=1)
        return figures_of(model, interactions_of(everybody, catalogue), shares)


def figures_of(model: Model, stamps: Interactions, theme_shares: sparse.csr_array) -> Float64:
    """What the arrays of a model say of each learner's own stamps: high where they look as if it had seen them.

    Every array that is made of stamps is read: factors, neighbours, popularity, degree, what was visited, themes.

    Returns
    -------
    float64, shape (n_learners, n_figures)
        Standardised over the learners, so that the scale of one fit and another make no difference.
    """
    visits = sparse.csr_array(stamps.matrix, copy=True)
    visits.data[:] = 1
    count = np.maximum(np.diff(visits.indptr), 1)
    band = np.where(np.isnan(stamps.age), len(AGE_BANDS), np.searchsorted(AGE_BANDS, stamps.age, side="right") - 1)
    vectors = fold_in(stamps.matrix, model)
    columns: list[Any] = []
    for factors in (model.als.activities, model.metadata.activities, model.low_pass.activities):
        centred = factors - factors.mean(axis=0)
        columns += [_alike(visits, factors), _alike(visits, factors, model.inverse_degree), _alike(visits, centred)]
    for factors in (model.als.activities, model.metadata.activities):
        columns += list(_rebuilt(visits, vectors, factors, count))
    near = visits.multiply(visits @ model.graph.weights).sum(axis=1)
    columns += [near, near / count, visits @ np.log1p(model.degree), visits @ model.inverse_degree]
    columns.append(visits @ (~model.visited))
    everybody, share = model.popular[-1], np.exp(model.popular[-1].astype(np.float64))
    for some in (visits, _lately(stamps)):
        rows = np.repeat(np.arange(some.shape[0]), np.diff(some.indptr))
        same_age = np.bincount(rows, model.popular[band[rows], some.indices], minlength=some.shape[0])
        columns += [some @ everybody, some @ share, same_age]
    touched = visits @ theme_shares
    columns += [touched @ model.theme_base, touched @ model.theme_known]
    columns.append(((touched @ model.theme_adjacency) * touched.toarray()).sum(axis=1))
    table = np.column_stack([np.asarray(column, dtype=np.float64).ravel() for column in columns])
    spread = table.std(axis=0)
    standard: Float64 = (table - table.mean(axis=0)) / np.where(spread > 1e-9, spread, 1)
    return standard


def _lately(stamps: Interactions) -> sparse.csr_array:
    """Who visited what in the last ``RECENT`` seconds before the last visit of all, 0 or 1."""
    recent = stamps.at > stamps.at.max(initial=0) - RECENT
    ones = np.ones(int(recent.sum()))
    found = sparse.csr_array(
        sparse.coo_array((ones, (stamps.learner[recent], stamps.activity[recent])), shape=stamps.matrix.shape)
    )
    found.sum_duplicates()
    found.data[:] = 1
    return found


def _alike(visits: sparse.csr_array, factors: Float32, weight: Float64 | None = None) -> Float64:
    """How much a learner's activities lie together: the products of all pairs added up, those with themselves left out."""
    wide = factors.astype(np.float64)
    other = wide if weight is None else wide * weight[:, None]
    own = visits @ np.einsum("if,if->i", wide, other)
    both: Float64 = np.einsum("uf,uf->u", visits @ wide, visits @ other) - own
    return both


def _rebuilt(visits: sparse.csr_array, vectors: Float64, factors: Float32, count: Any) -> tuple[Float64, Float64]:
    """How well a learner's folded-in vector gives their own activities back: mean score, and mean squared miss."""
    rows = np.repeat(np.arange(visits.shape[0]), np.diff(visits.indptr))
    scores = np.einsum("nf,nf->n", vectors[rows], factors[visits.indices].astype(np.float64))
    mean = np.bincount(rows, scores, minlength=len(count)) / count
    missed = np.bincount(rows, (1 - scores) ** 2, minlength=len(count)) / count
    return mean, missed


def told(figures: Float64, member: Bool) -> Told:
    """Attack every model in turn.

    Parameters
    ----------
    figures : float64, shape (n_models, n_learners, n_figures)
    member : bool, shape (n_models, n_learners)
    """
    areas, caught = [], []
    for target in range(len(figures)):
        others = [model for model in range(len(figures)) if model != target]
        train = [(model, [other for other in others if other != model]) for model in others]
        evidence = np.concatenate([_evidence(figures, member, model, shadows) for model, shadows in train])
        known = np.concatenate([member[model] for model in others])
        judge = LogisticRegression(C=0.1, solver="newton-cholesky").fit(evidence, known)
        scores = judge.decision_function(_evidence(figures, member, target, others))
        areas.append(roc_auc_score(member[target], scores))
        wrong, right, _ = roc_curve(member[target], scores)
        caught.append(float(right[wrong <= FALSE_POSITIVES].max(initial=0.0)))
    return Told(np.array(areas), np.array(caught), figures.shape[1])


def _evidence(figures: Float64, member: Bool, target: int, shadows: Sequence[int]) -> Float64:
    """For each learner and figure: how far the target is from the shadows without them, and how much likelier it is with them."""
    own, seen = figures[shadows], member[shadows][:, :, None]
    with_, without = seen.sum(axis=0), (~seen).sum(axis=0)
    inside = (own * seen).sum(axis=0) / np.maximum(with_, 1)
    outside = (own * ~seen).sum(axis=0) / np.maximum(without, 1)
    # Somebody who is in all shadows or in none teaches nothing.
    inside, outside = np.where(with_ > 0, inside, outside), np.where(without > 0, outside, inside)
    centre = np.where(seen, inside, outside)
    spread = np.sqrt(((own - centre) ** 2).mean(axis=(0, 1)) + 1e-12)
    off = (figures[target] - outside) / spread
    lift = (inside - outside) / spread
    ratio = lift * (off - lift / 2)
    evidence: Float64 = np.column_stack([np.clip(off, -8, 8), np.clip(ratio, -8, 8)])
    return evidence
