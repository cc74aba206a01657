"""What descriptions say: the encoder's vocabulary, factors from metadata, and likeness."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import sparse

from recommender.city import Bool, Catalogue, Float32, Ids
from recommender.encoder import Encoder, describe, gram_counter, word_counter
from recommender.likeness import likeness
from recommender.model import Neighbours
from training.config import Encoder as EncoderSettings

BLOCK_WEIGHTS = {
    "words": 1.0,
    "grams": 0.7,
    "themes": 1.0,
    "venue": 0.3,
    "organiser": 0.3,
    "domain": 0.2,
    "form": 0.1,
    "stage": 0.1,
    "ages": 0.3,
}
SMALLEST_COUNT = 2
_NUMBER = re.compile(r"\d+")
LARGEST_SHARE = 0.2
"""A character n-gram in more than a fifth of the activities tells nothing apart and costs most."""


def fit_encoder(catalogue: Catalogue, settings: EncoderSettings) -> Encoder:
    """Choose the vocabulary: words in at least two activities, and character n-grams that tell activities apart.

    Texts that differ in numbers alone ("venue 12") give no vocabulary: they describe nothing, and numbers handed out
    in order of arrival tell who was there together.
    """
    n = len(catalogue.activities)
    text = list(describe(catalogue, range(n)))
    if len(set(text)) > 1 == len({_NUMBER.sub("", one) for one in text}):
        text = [""] * n
    words, word_idf = _vocabulary(word_counter(min_count=SMALLEST_COUNT), text, 1.0, settings.max_features)
    grams: tuple[str, ...] = ()
    gram_idf = np.empty(0, dtype=np.float32)
    if settings.characters:
        counter = gram_counter(min_count=SMALLEST_COUNT)
        grams, gram_idf = _vocabulary(counter, text, LARGEST_SHARE, settings.max_features)
    organisers = sorted({name for name in catalogue.activities.organiser if name})
    return Encoder(
        words=words,
        grams=grams,
        word_idf=word_idf,
        gram_idf=gram_idf,
        themes=Ids(catalogue.themes.ids.names, "theme"),
        venues=Ids(catalogue.venues.ids.names, "venue"),
        organisers=Ids(organisers, "organiser"),
        block_weights=dict(BLOCK_WEIGHTS),
    )


def _vocabulary(counter: object, text: list[str], share: float, most: int) -> tuple[tuple[str, ...], Float32]:
    """The terms in at least two texts and at most a share of them, the commonest if there are too many."""
    try:
        counts = counter.fit_transform(text)  # type: ignore[attr-defined]
    except ValueError:  # scikit-learn's word for: no term is left
        return (), np.empty(0, dtype=np.float32)
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    terms: list[str] = counter.get_feature_names_out().tolist()  # type: ignore[attr-defined]
    kept = np.flatnonzero(frequency <= max(share * len(text), 10))
    kept = np.sort(kept[np.lexsort((kept, -frequency[kept]))[:most]])
    idf = np.log((1 + len(text)) / (1 + frequency[kept])) + 1
    return tuple(terms[column] for column in kept), idf.astype(np.float32)


def fit_metadata(features: sparse.csr_array, factors: Float32, visited: Bool, ridge: float, threads: int) -> Float32:
    """Ridge regression from descriptions to factors, solved in its dual form by conjugate gradients.

    Returns
    -------
    float32, shape (n_features, n_factors)
    """
    known = sparse.csr_array(features[np.flatnonzero(visited)])
    targets = factors[visited]
    if not len(targets):
        return np.zeros((features.shape[1], factors.shape[1]), dtype=np.float32)
    with ThreadPoolExecutor(threads) as pool:
        times, times_back = _parallel(known, pool, threads), _parallel(sparse.csr_array(known.T), pool, threads)
        dual = conjugate_gradients(lambda columns: times(times_back(columns)), targets, ridge)
        return times_back(dual)


Product = Callable[[Float32], Float32]


def _parallel(matrix: sparse.csr_array, pool: ThreadPoolExecutor, threads: int) -> Product:
    """Multiplication by a sparse matrix, its rows spread over threads: the same sums in the same order."""
    if threads == 1:
        return lambda columns: matrix @ columns
    size = -(-matrix.shape[0] // (4 * threads)) or 1
    parts = [matrix[start : start + size] for start in range(0, matrix.shape[0], size)]
    return lambda columns: np.concatenate(list(pool.map(lambda part: part @ columns, parts)))


def conjugate_gradients(gram: Product, targets: Float32, ridge: float, most: int = 50) -> Float32:
    """Solve (K + λI)A = Y for all columns of Y at once (Hestenes & Stiefel 1952).

    ``gram`` multiplies by the positive semidefinite K.

    Every column takes its own step lengths, so this equals one run per column. Stops when every residual
    is below a thousandth of its start, or after ``most`` steps.
    """
    solution = np.zeros_like(targets)
    residual = targets.copy()
    direction = residual.copy()
    squared = np.einsum("nf,nf->f", residual, residual)
    enough = 1e-6 * squared
    for _ in range(most):
        applied = gram(direction) + np.float32(ridge) * direction
        step = squared / np.maximum(np.einsum("nf,nf->f", direction, applied), 1e-30)
        solution += step * direction
        residual -= step * applied
        before, squared = squared, np.einsum("nf,nf->f", residual, residual)
        if (squared <= enough).all():
            break
        direction = residual + (squared / np.maximum(before, 1e-30)) * direction
    return solution


def fit_similar(features: sparse.csr_array, visited: Bool, neighbours: int, threads: int) -> tuple[Neighbours, Float32]:
    """Content k-nearest: which activities resemble which, and the scale of each; see ``recommender.likeness``."""
    everything = np.arange(features.shape[0], dtype=np.int32)
    with ThreadPoolExecutor(threads) as pool:
        weights, scale = likeness(features, features, visited, neighbours, everything, share_out=pool.map)
    return Neighbours(weights), scale
