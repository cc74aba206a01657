"""Bring a fitted model into the row order of a catalogue, and give vectors to what is new in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.neighbors import BallTree

from recommender.city import Bool, Catalogue, Float32, Ids, Int32, Venues
from recommender.encoder import Encoder, scaled_rows, with_parents
from recommender.likeness import likeness
from recommender.model import Factors, Model, Neighbours
from recommender.travel import EARTH_KM

PLACE_KM = 0.3
"""Closeness of venues fades by e per 300 metres, and ends at five times that."""


def align(model: Model, encoder: Encoder, catalogue: Catalogue, neighbours: int) -> Model:
    """The same model in the rows of a catalogue.

    An activity that the model has not seen gets its features, factors and neighbours from its description;
    one that the catalogue no longer holds leaves. Moments and reference stay those of the training.

    Parameters
    ----------
    neighbours : int
        Kept per new activity.
    """
    names = catalogue.activities.ids.names
    if names != model.ids:
        model = _in_rows(model, encoder, catalogue, neighbours)
    if catalogue.themes.ids.names != model.theme_ids:
        model = _in_themes(model, catalogue.themes.ids)
    return replace(
        model,
        ids=names,  # the catalogue's own, so that whether they fit is seen at a glance
        theme_ids=catalogue.themes.ids.names,
        theme_shares=scaled_rows(with_parents(catalogue), power=1),
        place_kernel=_place_kernel(catalogue.venues),
    )


def _in_rows(model: Model, encoder: Encoder, catalogue: Catalogue, neighbours: int) -> Model:
    old = Ids(model.ids).find(catalogue.activities.ids.names)
    new = np.flatnonzero(old < 0).astype(np.int32)
    move = _mover(old, model.n_activities)
    in_reference = np.zeros(model.n_activities, dtype=np.bool_)
    in_reference[model.reference] = True
    features = sparse.csr_array(move @ model.features)
    visited = _take(model.visited, old)
    metadata = _take(model.metadata.activities, old)
    similar = sparse.csr_array(move @ model.similar.weights @ move.T)
    scale = _take(model.similar_scale, old)
    if len(new):
        encoded = encoder.encode(catalogue, new)
        features = sparse.csr_array(features + _mover_into(new, len(old)) @ encoded)
        features.sort_indices()  # so that likeness adds up in one order
        metadata[new] = encoded @ model.metadata_weights
        later = ~_take(in_reference, old)
        similar, scale = _with_new(similar, scale, features, visited, new, later, neighbours)
    return replace(
        model,
        ids=catalogue.activities.ids.names,
        reference=np.flatnonzero(_take(in_reference, old)).astype(np.int32),
        visited=visited,
        als=Factors(_take(model.als.activities, old), model.als.moments),
        metadata=Factors(metadata, model.metadata.moments),
        low_pass=Factors(_take(model.low_pass.activities, old), model.low_pass.moments),
        degree=_take(model.degree, old),
        graph=Neighbours(sparse.csr_array(move @ model.graph.weights @ move.T)),
        similar=Neighbours(similar),
        similar_scale=scale,
        popular=_popular(model.popular, old),
        features=features,
    )


def _in_themes(model: Model, themes: Ids) -> Model:
    """Beliefs in the catalogue's themes; a new theme starts as rare and with no links."""
    old = Ids(model.theme_ids).find(themes.names)
    move = _mover(old, len(model.theme_ids)).toarray().astype(np.float64)
    return replace(
        model,
        theme_ids=themes.names,
        theme_base=move @ model.theme_base,
        theme_known=move @ model.theme_known,
        theme_adjacency=move @ model.theme_adjacency @ move.T,
    )


def _with_new(
    similar: sparse.csr_array,
    scale: Float32,
    features: sparse.csr_array,
    visited: Bool,
    new: Int32,
    later: Bool,
    neighbours: int,
) -> tuple[sparse.csr_array, Float32]:
    """Likeness with the columns of new candidates, and the rows of new activities that may be stamped.

    A new candidate is judged as the fit judges one: its nearest among what was visited by then. What came after the
    fit stands beside those, so it makes no difference whether activities arrive one by one or all at once (as long as
    no more than ``neighbours`` of them did).

    Parameters
    ----------
    later : bool, shape (n_activities,)
        What the fit has not seen, the new included.
    """
    is_new = np.zeros(features.shape[0], dtype=np.bool_)
    is_new[new] = True
    place = _mover_into(new, features.shape[0])
    described = sparse.csr_array(features[new])
    columns, new_scale = likeness(described, features, visited, neighbours, own=new)
    scale[new] = new_scale
    beside, _ = likeness(described, features, later & ~visited, neighbours, own=new, scale=new_scale)
    rows, _ = likeness(features, described, np.ones(len(new), dtype=np.bool_), neighbours, scale=scale)
    known = sparse.csr_array(rows @ sparse.diags_array((~is_new).astype(np.float32)))
    return sparse.csr_array(similar + (columns + beside) @ place.T + place @ known), scale


def _popular(popular: Float32, old: Int32) -> Float32:
    """What is new is as popular as the least popular activity: nobody has been there."""
    least = popular.min(axis=1, initial=0)[:, None]
    moved: Float32 = np.where(old >= 0, popular[:, np.maximum(old, 0)] if popular.shape[1] else least, least)
    return np.ascontiguousarray(moved, dtype=np.float32)


def _take(values: Any, rows: Int32) -> Any:
    """``values[rows]`` with zeros where the row is unknown."""
    taken = np.zeros((len(rows), *values.shape[1:]), dtype=values.dtype)
    taken[rows >= 0] = values[rows[rows >= 0]]
    return taken


def _mover(old: Int32, n_old: int) -> sparse.csr_array:
    """Matrix that moves old rows to their new places. Shape (len(old), n_old)."""
    kept = np.flatnonzero(old >= 0)
    return sparse.csr_array((np.ones(len(kept), dtype=np.float32), (kept, old[kept])), shape=(len(old), n_old))


def _mover_into(rows: Int32, n: int) -> sparse.csr_array:
    """Matrix that puts row i of a smaller matrix into row ``rows[i]`` of one with n rows."""
    return sparse.csr_array((np.ones(len(rows), dtype=np.float32), (rows, np.arange(len(rows)))), shape=(n, len(rows)))


def _place_kernel(venues: Venues) -> sparse.csr_array:
    """e^(−km ÷ 0.3) between venues less than 1.5 km apart. Shape (n_venues, n_venues)."""
    n = len(venues.ids)
    located = np.flatnonzero(~np.isnan(venues.lat))
    if not len(located):
        return sparse.csr_array((n, n), dtype=np.float32)
    points = np.radians(np.column_stack([venues.lat[located], venues.lon[located]]))
    tree = BallTree(points, metric="haversine")
    near, distance = tree.query_radius(points, 5 * PLACE_KM / EARTH_KM, return_distance=True)
    lengths = [len(found) for found in near]
    closeness = np.exp(-np.concatenate(distance) * (EARTH_KM / PLACE_KM)).astype(np.float32)
    rows = np.repeat(located, lengths)
    return sparse.csr_array((closeness, (rows, located[np.concatenate(near)])), shape=(n, n))
