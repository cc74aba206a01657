"""A model that is made of the catalogue and of a few noisy sums over the learners, and of nothing else that people did.

What the sums do not say stands still: there is no matrix factorisation and no link between themes, and the weights are the
shipped ones. Everything after ``ask`` is worked out from its answers alone, so none of it can tell more of anybody than they do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, log10
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from data.columns import LEARNER
from data.store.digest import digest
from data.tables import Tables
from data.translate import catalogue_from
from recommender.city import Bool, Catalogue, Float32, Float64
from recommender.encoder import Encoder, scaled_rows, with_parents
from recommender.errors import BadInput
from recommender.model import AGE_BANDS, Factors, Model, Neighbours, moments_of
from training.config import Config, Privacy
from training.interactions import interactions_of
from training.privacy.asked import Answers, ask
from training.privacy.noise import Noise, from_system, seeded
from training.sources.content import fit_encoder, fit_similar

SILENT = ("als", "graph")
"""Sources that a private model does without: they know single visits."""
_TOUCHED = 0.2
"""A theme counts as touched when it makes up this share of an activity, as in ``sources.adjacency``."""


@dataclass(frozen=True)
class Asking:
    """What a private fit takes besides the tables.

    Attributes
    ----------
    moment : int or None
        Now, seconds since 1970 UTC; None for a city that lives by its own.
    noise : Noise
        The operating system's, unless the model is only measured and thrown away.
    """

    moment: int | None = None
    noise: Noise = from_system


def only_measured(seed: int, moment: int) -> Asking:
    """For a model that is measured and thrown away: the same noise every time. Never for a release."""
    return Asking(moment, seeded(seed, moment))


def delta_of_city(settings: Privacy, tables: Tables) -> float:
    """δ as it is set, else a tenth of one over the number of learners, rounded up to a power of ten so that it tells nothing of them."""
    if settings.delta:
        return settings.delta
    people = len({*tables.passports[LEARNER].tolist(), *tables.stamps[LEARNER].unique().tolist()})
    return float(10.0 ** -(1 + ceil(log10(max(people, 10)))))


def fit_private(
    tables: Tables, config: Config, asking: Asking | None, tell: Callable[[str], None]
) -> tuple[Model, Encoder, dict[str, Any], tuple[str, ...]]:
    """Everything but the weights, with one question to the learners.

    Returns
    -------
    model : Model
    encoder : Encoder
    known : dict
        What the manifest may say of the data.
    silent : tuple of str
        Sources whose weight is 0.

    Raises
    ------
    ValueError
        Without an asking: nothing is asked by accident, because asking costs.
    BadInput
        When neither the asking nor the city says what its now is: the last stamp would tell on whoever made it.
    """
    if asking is None:
        raise ValueError(
            "config.privacy.epsilon is set: hand in an Asking, and write what it spends into the ledger first"
        )
    threads = config.threads or os.cpu_count() or 1
    catalogue = catalogue_from(tables)
    moment = asking.moment if catalogue.as_of is None else catalogue.as_of
    if moment is None:
        raise BadInput("a private release needs to know its moment: give the city as_of, or the fit a moment")
    everything = np.arange(len(catalogue.activities), dtype=np.int32)
    begun = begun_by(catalogue, moment)
    tell("descriptions")
    encoder = fit_encoder(catalogue, config.encoder)
    features = encoder.encode(catalogue, everything)
    axes = axes_of(features, config.privacy.columns, config.seed)
    points, length = points_of(features, axes)
    tell("stamps")
    stamps = interactions_of(tables, catalogue)
    delta = delta_of_city(config.privacy, tables)
    answers = ask(stamps, points, moment, config.popular.days, config.privacy, delta, asking.noise)
    tell("metadata")
    weights = np.asarray(axes @ (root(answers) / length), dtype=np.float32)
    factors = _one_on_average(features @ weights)
    weights *= factors[1]
    tell("similar")
    similar, similar_scale = fit_similar(features, begun, config.similar.neighbours, threads)
    tell("popular")
    ever = settled(answers.ever, answers.noise["ever"], np.ones(len(everything)))
    lately = settled(answers.recent, answers.noise["recent"], ever)
    shares = scaled_rows(with_parents(catalogue), power=1)
    n, n_themes = shares.shape
    nothing = np.zeros((n, 1), dtype=np.float32)
    model = Model(
        ids=catalogue.activities.ids.names,
        reference=everything,
        visited=begun,
        als=Factors(factors[0], moments_of(factors[0])),
        als_inverse=np.eye(factors[0].shape[1]) / config.als.regularisation,
        als_confidence=config.als.alpha,
        metadata=Factors(factors[0], moments_of(factors[0])),
        low_pass=Factors(nothing, moments_of(nothing)),
        degree=np.zeros(n, dtype=np.float32),
        graph=Neighbours(sparse.csr_array((n, n), dtype=np.float32)),
        similar=similar,
        similar_scale=similar_scale,
        popular=_popular(lately),
        theme_ids=catalogue.themes.ids.names,
        theme_base=ever @ (shares.toarray() >= _TOUCHED) if n else np.full(n_themes, 1 / max(n_themes, 1)),
        theme_known=np.zeros(n_themes),
        theme_adjacency=np.zeros((n_themes, n_themes)),
        metadata_weights=weights,
        features=features,
    )
    silent = SILENT if answers.learners >= config.privacy.enough else (*SILENT, "metadata")
    return model, encoder, _known(tables, answers, begun, config.privacy, delta), silent


def _known(tables: Tables, answers: Answers, begun: Bool, settings: Privacy, delta: float) -> dict[str, Any]:
    """What a manifest may say of the data: the agenda's digest (one of all data tells whether a guess at it is right), and
    numbers of people from the noisy answers.
    """
    sizes = {
        "learners": 10 * max(round(answers.learners / 10), 0),
        "stamps": 10 * max(round(answers.visits / 10), 0),
        "activities_visited": int(begun.sum()),
    }
    return {"data": digest(agenda_of(tables)), "sizes": sizes, "privacy": {"epsilon": settings.epsilon, "delta": delta}}


def agenda_of(tables: Tables) -> Tables:
    """The city without its people."""
    return replace(tables, stamps=tables.stamps.iloc[:0], passports=tables.passports.iloc[:0])


def begun_by(catalogue: Catalogue, moment: int) -> Bool:
    """What had a session by a moment and so might have been visited; nobody is asked whether it was. Shape (n_activities,)."""
    begun = np.zeros(len(catalogue.activities), dtype=np.bool_)
    begun[catalogue.sessions.activity[catalogue.sessions.start <= moment]] = True
    return begun


def axes_of(features: sparse.csr_array, columns: int, seed: int) -> Float64:
    """The directions in which descriptions differ most. Shape (n_features, n_columns)."""
    most = min(columns, *features.shape)
    if most < 1 or not features.nnz:
        return np.zeros((features.shape[1], 1))
    _, _, axes = randomized_svd(features.astype(np.float64), most, random_state=seed, n_iter=4)
    return np.asarray(axes.T, dtype=np.float64)


def points_of(features: sparse.csr_array, axes: Float64) -> tuple[Float64, float]:
    """Descriptions along the axes, from their mean, the farthest at length 1; and what they were divided by."""
    points = np.asarray(features @ axes, dtype=np.float64)
    if not len(points):
        return points, 1.0
    points = points - points.mean(axis=0)
    length = float(np.linalg.norm(points, axis=1).max()) or 1.0
    return points / length, length


def root(answers: Answers) -> Float64:
    """The root of what rises above the noise in the co-visits. Shape (n_columns, n_kept), at least one column, of 0 if nothing does.

    The largest eigenvalue of noise alone lies at s√(2n), n the number of columns (Wigner's semicircle); what is above it is
    lowered by as much.
    """
    values, vectors = np.linalg.eigh(answers.together)
    edge = answers.noise["together"] * np.sqrt(2 * len(values))
    above = values > edge
    if not above.any():
        return np.zeros((len(values), 1))
    found: Float64 = vectors[:, above] * np.sqrt(values[above] - edge)
    return found


def _one_on_average(factors: Float32) -> tuple[Float32, np.float32]:
    """Factors whose rows have a mean square length of 1, and what they were multiplied by."""
    length = float(np.sqrt((factors.astype(np.float64) ** 2).sum(axis=1).mean())) if len(factors) else 0.0
    scale = np.float32(1 / length) if length > 0 else np.float32(1)
    return np.asarray(factors * scale, dtype=np.float32), scale


def settled(counts: Float64, noise: float, wider: Float64) -> Float64:
    """Shares of visitors from noisy counts: pulled towards a wider group's, the more the noise explains of how they differ.

    Parameters
    ----------
    wider : float64, shape (n_activities,)
        Expected shares, up to a factor.

    Returns
    -------
    float64, shape (n_activities,)
        Above 0, with sum 1; the wider group's where nothing rises above the noise.
    """
    n = len(counts)
    if not n:
        return counts
    total = max(float(counts.sum()), 0.0)
    expected = total * wider / wider.sum()
    off = counts - expected
    signal = max(float(np.mean(off**2)) - noise**2, 0.0)
    shares = np.maximum(expected + off * (signal / (signal + noise**2)), 0.0)
    shares += 0.5 * max(float(shares.mean()), 1e-9)
    found: Float64 = shares / shares.sum()
    return found


def _popular(shares: Float64) -> Float32:
    """Standardised logarithms of shares, for every age band alike. Shape (n_age_bands + 1, n_activities)."""
    scores = np.log(shares)
    if len(scores):
        scores = (scores - scores.mean()) / max(float(scores.std()), 1e-9)
    return np.tile(scores.astype(np.float32), (len(AGE_BANDS) + 1, 1))
