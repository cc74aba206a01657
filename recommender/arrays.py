"""A model and its encoder as arrays with names, and back: what a release is made of on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.city import Ids
from recommender.encoder import Encoder
from recommender.model import Factors, Model, Moments, Neighbours

_SPARSE = ("graph", "similar", "features")
_FACTORS = ("als", "metadata", "low_pass")
_PLAIN = (
    "reference",
    "visited",
    "als_inverse",
    "degree",
    "similar_scale",
    "popular",
    "theme_base",
    "theme_known",
    "theme_adjacency",
    "metadata_weights",
)


def weights_of(model: Model, encoder: Encoder) -> dict[str, dict[str, float]]:
    """The weights by name, small enough for the manifest."""
    return {"source": model.source_weights, "context": model.context_weights, "encoder": encoder.block_weights}


def _text(names: tuple[str, ...]) -> Any:
    return np.frombuffer(json.dumps(names, ensure_ascii=False).encode("utf-8"), dtype=np.uint8)


def _names(array: Any) -> tuple[str, ...]:
    return tuple(json.loads(bytes(array)))


def arrays_of(model: Model, encoder: Encoder) -> dict[str, Any]:
    """Every array of a model and its encoder, by the name of its file; texts as JSON in bytes."""
    arrays = {name: getattr(model, name) for name in _PLAIN}
    for name in _FACTORS:
        factors: Factors = getattr(model, name)
        arrays[name] = factors.activities
        arrays[f"{name}_mean"], arrays[f"{name}_covariance"] = factors.moments.mean, factors.moments.covariance
    for name in _SPARSE:
        value = getattr(model, name)
        matrix = value.weights if isinstance(value, Neighbours) else value
        arrays[f"{name}_data"] = matrix.data
        arrays[f"{name}_indices"] = matrix.indices.astype(np.int32)
        arrays[f"{name}_indptr"] = matrix.indptr.astype(np.int64)
    arrays["ids"] = _text(model.ids)
    arrays["words"], arrays["grams"] = _text(encoder.words), _text(encoder.grams)
    arrays["word_idf"], arrays["gram_idf"] = encoder.word_idf, encoder.gram_idf
    for name in ("themes", "venues", "organisers"):
        arrays[f"known_{name}"] = _text(getattr(encoder, name).names)
    return arrays


def built(arrays: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[Model, Encoder]:
    """The model and its encoder out of their arrays, and of the weights and settings in the manifest."""
    ids = _names(arrays["ids"])
    n_features = arrays["metadata_weights"].shape[0]
    shapes = {"graph": len(ids), "similar": len(ids), "features": n_features}
    matrices = {
        key: sparse.csr_array(
            (arrays[f"{key}_data"], arrays[f"{key}_indices"], _short(arrays[f"{key}_indptr"])), shape=(len(ids), width)
        )
        for key, width in shapes.items()
    }
    factors = {
        key: Factors(arrays[key], Moments(arrays[f"{key}_mean"], arrays[f"{key}_covariance"])) for key in _FACTORS
    }
    model = Model(
        ids=ids,
        als=factors["als"],
        metadata=factors["metadata"],
        low_pass=factors["low_pass"],
        graph=Neighbours(matrices["graph"]),
        similar=Neighbours(matrices["similar"]),
        features=matrices["features"],
        theme_ids=_names(arrays["known_themes"]),
        als_confidence=float(manifest["config"]["als"]["alpha"]),
        source_weights=dict(manifest["weights"]["source"]),
        context_weights=dict(manifest["weights"]["context"]),
        **{key: arrays[key] for key in _PLAIN},
    )
    encoder = Encoder(
        words=_names(arrays["words"]),
        grams=_names(arrays["grams"]),
        word_idf=arrays["word_idf"],
        gram_idf=arrays["gram_idf"],
        themes=Ids(_names(arrays["known_themes"]), "theme"),
        venues=Ids(_names(arrays["known_venues"]), "venue"),
        organisers=Ids(_names(arrays["known_organisers"]), "organiser"),
        block_weights=dict(manifest["weights"]["encoder"]),
    )
    return model, encoder


def _short(indptr: NDArray[np.int64]) -> NDArray[np.signedinteger]:
    """Where rows begin, in as few bytes as the columns have: scipy would otherwise copy those into twice as many."""
    return indptr.astype(np.int32) if indptr[-1] <= np.iinfo(np.int32).max else indptr
