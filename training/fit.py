"""From a city's tables to a release: the recipe of training."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from data.columns import LEARNER
from data.store.digest import digest
from data.tables import Tables
from data.translate import catalogue_from
from recommender.model import CONTEXT, Factors, Model, moments_of
from recommender.release import Release
from training.config import Config
from training.interactions import interactions_of
from training.sources.collaborative import fit_als, fit_graph
from training.sources.content import fit_encoder, fit_metadata, fit_similar
from training.sources.popular import fit_popular

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

STEPS = ("stamps", "descriptions", "als", "graph", "metadata", "similar", "popular")


def _say_nothing(step: str) -> None:
    pass


def fit(tables: Tables, config: Config, tell: Callable[[str], None] = _say_nothing) -> Release:
    """Learn everything the recipe needs from a city's tables.

    Equal tables, config and version give equal arrays, on whatever number of threads.

    Parameters
    ----------
    tell : callable
        Called with each of ``STEPS`` when it begins.

    Returns
    -------
    Release
        In the rows of the tables' catalogue, not yet saved. A city without stamps gets a model that
        ranks by wishes, popularity and circumstances.
    """
    threads = config.threads or os.cpu_count() or 1
    tell("stamps")
    catalogue = catalogue_from(tables)
    everything = np.arange(len(catalogue.activities), dtype=np.int32)
    stamps = interactions_of(tables, catalogue)
    visited = np.asarray(stamps.matrix.sum(axis=0)).ravel() > 0
    tell("descriptions")
    encoder = fit_encoder(catalogue, config.encoder)
    features = encoder.encode(catalogue, everything)
    tell("als")
    als, als_inverse = fit_als(stamps.matrix, config.als, config.seed, threads)
    tell("graph")
    graph, low_pass, degree = fit_graph(stamps.matrix, config.graph, config.seed)
    tell("metadata")
    metadata_weights = fit_metadata(features, als, visited, config.metadata.ridge, threads)
    metadata = np.asarray(features @ metadata_weights, dtype=np.float32)
    tell("similar")
    similar, similar_scale = fit_similar(features, visited, config.similar.neighbours, threads)
    tell("popular")
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
        metadata_weights=metadata_weights,
        features=features,
        source_weights=asdict(config.weights),
        context_weights={name: CONTEXT_WEIGHTS[name] for name in CONTEXT},
    )
    return Release(model, encoder, _manifest(tables, config, model)).extended(catalogue)


def _manifest(tables: Tables, config: Config, model: Model) -> dict[str, object]:
    return {
        "city": tables.city.id,
        "origin": tables.city.origin,
        "as_of": tables.city.as_of,
        "config": config.as_dict(),
        "neighbours": config.similar.neighbours,
        "data": digest(tables),
        "version": version("leerlijn"),
        "sizes": {
            "learners": int(tables.stamps[LEARNER].nunique()),
            "stamps": len(tables.stamps),
            "activities": model.n_activities,
            "activities_visited": int(model.visited.sum()),
            "features": int(model.features.shape[1]),
        },
    }
