"""From a city's tables to a release: the recipe of training."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from data.tables import Tables
from data.translate import catalogue_from
from recommender.align import align
from recommender.city import Catalogue
from recommender.encoder import Encoder, scaled_rows, with_parents
from recommender.model import CONTEXT, SOURCES, Factors, Model, moments_of
from recommender.release import Release
from training.borrowing.prior import Belief
from training.config import Config
from training.privacy.model import Asking, fit_private
from training.scale.engine import Engine
from training.scale.history import History, InMemory
from training.sources.adjacency import fit_adjacency
from training.sources.collaborative import fit_als, fit_graph
from training.sources.content import fit_encoder, fit_metadata, fit_similar
from training.sources.popular import fit_popular
from training.weights import RIDGES, SIMPLE, Learned, borrowed, fit_weights, last_part, observed_choices

CONTEXT_WEIGHTS = {
    "minutes": 0.05,
    "price": 0.05,
    "days": 0.01,
    "hour": 1.0,
    "venue": 0.3,
    "organiser": 0.2,
    "station": 1.5,
    "age": 1.0,
}
"""Per minute and euro less than usual, day sooner, and for each thing that holds: the shipped defaults.
Ten minutes further counts as ×0.6."""

STEPS = ("descriptions", "weights", "stamps", "als", "graph", "metadata", "similar", "popular")


@dataclass(frozen=True, eq=False)
class Described:
    """What the fits of one city share, whatever stamps they see: its catalogue, and what it says of its activities."""

    catalogue: Catalogue
    encoder: Encoder
    features: sparse.csr_array

    @classmethod
    def of(cls, tables: Tables, config: Config) -> Described:
        catalogue = catalogue_from(tables)
        encoder = fit_encoder(catalogue, config.encoder)
        return cls(catalogue, encoder, encoder.encode(catalogue, np.arange(len(catalogue.activities), dtype=np.int32)))


def _say_nothing(step: str) -> None:
    pass


def fit(
    tables: Tables,
    config: Config,
    tell: Callable[[str], None] = _say_nothing,
    engine: Engine | None = None,
    asking: Asking | None = None,
    history: History | None = None,
) -> Release:
    """Learn everything the recipe needs from a city's tables.

    The weights are learned first, from how a model of the earlier stamps ranks the later choices; then the
    model is fitted on all stamps. Equal tables, config and version give equal arrays, on whatever number of
    threads; that is why BLAS, whose sums depend on how they are shared out, gets one.

    Parameters
    ----------
    tell : callable
        Called with each of ``STEPS`` when it begins.
    engine : Engine, optional
        Where the largest step is shared out; it changes nothing in the release.
    asking : Asking, optional
        For a private release (``config.privacy``), and then not optional: its moment and its noise. What it spends must
        be in the city's ledger before (``training.privacy.ledger``). Its arrays are never the same again.
    history : History, optional
        The stamps, where they are not in the tables because they would not fit in memory; equal stamps give an equal release.

    Returns
    -------
    Release
        In the rows of the tables' catalogue, not yet saved. A city without stamps gets a model that
        ranks by wishes, popularity and circumstances.
    """
    with threadpool_limits(1, "blas"):
        if config.privacy.epsilon:
            tell("weights")
            catalogue = catalogue_from(tables)
            model, encoder, known, silent = fit_private(tables, config, asking, tell)
            learned = Learned({**shipped_weights(config), **dict.fromkeys(silent, 0.0)}, RIDGES[-1], 0, 0.0)
        else:
            tell("descriptions")
            history, described = history or InMemory(tables), Described.of(tables, config)
            catalogue = described.catalogue
            tell("weights")
            learned = learn_weights(history.sample(), config, engine, described)
            model, encoder = fit_model(tables, config, tell, engine, history, described)
            known = _known_of(history, model)
    source = {name: learned.weights.get(name, 1.0) for name in SOURCES}
    context = {name: learned.weights.get(name, CONTEXT_WEIGHTS[name]) for name in CONTEXT}
    model = replace(model, source_weights=source, context_weights=context)
    return Release(model, encoder, _manifest(tables, config, model, learned, known)).extended(catalogue)


def learn_weights(
    tables: Tables, config: Config, engine: Engine | None = None, described: Described | None = None
) -> Learned:
    """The weights of the blend; where there is too little to learn from, other cities' or the shipped defaults."""
    settings, prior = config.choices, config.borrow.known()
    belief = prior.at(len(tables.stamps)) if prior else None
    shipped, silent = shipped_weights(config, belief), _silent(config)
    cut = last_part(tables, settings.share)
    if cut is None:
        return Learned(shipped, RIDGES[-1], 0, 0.0)
    described = described or Described.of(tables, config)
    model, encoder = fit_model(tables.before(cut), config, engine=engine, described=described)
    aligned = align(model, encoder, described.catalogue, config.similar.neighbours)
    choices = observed_choices(tables, aligned, cut, settings.most, settings.alternatives, config.seed)
    if len(choices) < (1 if belief else settings.least):
        return Learned(shipped, RIDGES[-1], len(choices), 0.0)
    return fit_weights(choices, {**shipped, **dict.fromkeys(silent, math.nan)}, belief)


def shipped_weights(config: Config, belief: Belief | None = None) -> dict[str, float]:
    """The weights before anything is learned of this city: the settings', or what is usual in other cities."""
    defaults = {**asdict(config.weights), **CONTEXT_WEIGHTS}
    return {**borrowed(defaults, belief), **dict.fromkeys(_silent(config), 0.0)}


def _silent(config: Config) -> list[str]:
    return [name for name in SOURCES if name not in (*SIMPLE, "context")] if config.blend.simple else []


def fit_model(
    tables: Tables,
    config: Config,
    tell: Callable[[str], None] = _say_nothing,
    engine: Engine | None = None,
    history: History | None = None,
    described: Described | None = None,
) -> tuple[Model, Encoder]:
    """Everything but the weights."""
    threads = config.threads or os.cpu_count() or 1
    described = described or Described.of(tables, config)
    catalogue, encoder, features = described.catalogue, described.encoder, described.features
    everything = np.arange(len(catalogue.activities), dtype=np.int32)
    tell("stamps")
    stamps = (history or InMemory(tables)).interactions(catalogue, config.popular.days)
    visited = np.asarray(stamps.matrix.sum(axis=0)).ravel() > 0
    tell("als")
    als, als_inverse = fit_als(stamps.matrix, config.als, config.seed, threads, engine)
    tell("graph")
    graph, low_pass, degree = fit_graph(stamps.matrix, config.graph, config.seed, threads)
    tell("metadata")
    metadata_weights = fit_metadata(features, als, visited, config.metadata.ridge, threads)
    metadata = np.asarray(features @ metadata_weights, dtype=np.float32)
    tell("similar")
    similar, similar_scale = fit_similar(features, visited, config.similar.neighbours, threads)
    tell("popular")
    base, known, adjacency = fit_adjacency(stamps, scaled_rows(with_parents(catalogue), power=1))
    model = Model(
        ids=catalogue.activities.ids.names,
        reference=everything,
        visited=visited,
        als=Factors(als, moments_of(als[visited])),
        als_inverse=als_inverse,
        als_confidence=config.als.alpha,
        metadata=Factors(metadata, moments_of(metadata)),
        low_pass=low_pass,
        degree=degree,
        graph=graph,
        similar=similar,
        similar_scale=similar_scale,
        popular=fit_popular(stamps, len(catalogue.activities), config.popular),
        theme_ids=catalogue.themes.ids.names,
        theme_base=base,
        theme_known=known,
        theme_adjacency=adjacency,
        metadata_weights=metadata_weights,
        features=features,
    )
    return model, encoder


def same_config(config: Config) -> dict[str, object]:
    """The settings as they stand in a manifest: the number of threads changes nothing, and is not among them."""
    return {name: value for name, value in config.as_dict().items() if name != "threads"}


def this_version() -> str:
    """Version of the code, as it stands in a manifest."""
    return version("leerlijn")


def _known_of(history: History, model: Model) -> dict[str, Any]:
    """What the manifest says of the data."""
    learners, stamps = history.sizes()
    sizes = {"learners": learners, "stamps": stamps, "activities_visited": int(model.visited.sum())}
    return {"data": history.digest(), "sizes": sizes}


def _manifest(
    tables: Tables, config: Config, model: Model, learned: Learned, known: Mapping[str, Any]
) -> dict[str, object]:
    return {
        "city": tables.city.id,
        "origin": tables.city.origin,
        "as_of": tables.city.as_of,
        "config": same_config(config),
        "choices": {"learned_from": learned.choices, "ridge": learned.ridge, "gain": learned.gain},
        **_borrowed_from(config),
        "neighbours": config.similar.neighbours,
        **known,
        "version": this_version(),
        "sizes": {
            **known["sizes"],
            "activities": model.n_activities,
            "features": int(model.features.shape[1]),
        },
    }


def _borrowed_from(config: Config) -> dict[str, object]:
    """Whose experience the weights started from; nothing where it was the shipped defaults."""
    prior = config.borrow.known()
    return {"borrowed": {"prior": prior.digest, "cities": list(prior.cities)}} if prior else {}
