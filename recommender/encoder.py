"""From what is written about an activity to a vector: words, parts of words, themes, place and form.

The same encoder serves the fit and, later, every activity that did not exist yet: new activities get
vectors without retraining.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from recommender.city import DOMAINS, FORMS, STAGES, Catalogue, Float32, Ids, Int8, Int32
from recommender.model import AGE_BANDS

GRAM_SIZES = (3, 5)
BLOCKS = ("words", "grams", "themes", "venue", "organiser", "domain", "form", "stage", "ages")
PARENT_SHARE = 0.5
"""What a broader theme gets of a narrower one's weight."""

_COMPOUND = re.compile(r"\w+(?:-\w+)*")
_PIECE = re.compile(r"[^\W_]+")


def words(text: str) -> Iterator[str]:
    """Lower-case words, and the pieces of compounds beside them: ``weer-station`` also gives its halves."""
    for match in _COMPOUND.finditer(text.lower()):
        compound = match.group()
        yield compound
        if "_" in compound or "-" in compound:
            yield from _PIECE.findall(compound)


def describe(catalogue: Catalogue, rows: Iterable[int]) -> Iterator[str]:
    """The text of each activity; the title counts twice, as it says most."""
    activities = catalogue.activities
    for row in rows:
        title = activities.title[row]
        yield f"{title} {title} {activities.description[row]}"


def word_counter(vocabulary: Iterable[str] | None = None, min_count: int = 1) -> CountVectorizer:
    """Counts words; with a vocabulary only those in it."""
    return CountVectorizer(analyzer=_list_words, vocabulary=_column_of(vocabulary), min_df=min_count, dtype=np.float32)


def gram_counter(
    vocabulary: Iterable[str] | None = None, min_count: int = 1, most: int | None = None
) -> CountVectorizer:
    """Counts character n-grams within words; with a vocabulary only those in it."""
    return CountVectorizer(
        analyzer="char_wb",
        ngram_range=GRAM_SIZES,
        vocabulary=_column_of(vocabulary),
        min_df=min_count,
        max_features=most,
        dtype=np.float32,
    )


def _list_words(text: str) -> list[str]:
    return list(words(text))


def _column_of(vocabulary: Iterable[str] | None) -> dict[str, int] | None:
    return None if vocabulary is None else {term: column for column, term in enumerate(vocabulary)}


@dataclass(frozen=True, eq=False)
class Encoder:
    """What the columns of a feature vector stand for.

    Attributes
    ----------
    words, grams : tuple of str
        Vocabulary, in column order; empty where that block is not used.
    word_idf, gram_idf : float32
        Inverse document frequency of each.
    themes, venues, organisers : Ids
        Known at training; a new one has no column and adds nothing.
    block_weights : mapping of every name in ``BLOCKS`` to float
    """

    words: tuple[str, ...]
    grams: tuple[str, ...]
    word_idf: Float32
    gram_idf: Float32
    themes: Ids
    venues: Ids
    organisers: Ids
    block_weights: dict[str, float]

    def encode(self, catalogue: Catalogue, rows: Int32) -> sparse.csr_array:
        """Feature vectors of activities.

        Returns
        -------
        sparse array, shape (len(rows), n_features), float32
            Rows of length 1, or 0 where nothing is known about an activity.
        """
        activities = catalogue.activities
        text = list(describe(catalogue, rows))
        themes = self.themes.find(catalogue.themes.ids.names)
        venue = self.venues.find(catalogue.venues.ids.names)
        organiser = self.organisers.find(activities.organiser[row] for row in rows)
        blocks = {
            "words": self._text(word_counter, self.words, self.word_idf, text),
            "grams": self._text(gram_counter, self.grams, self.gram_idf, text),
            "themes": with_parents(catalogue)[rows] @ _selector(themes, len(self.themes)),
            "venue": _one_hot(_look_up(venue, activities.venue[rows]), len(self.venues)),
            "organiser": _one_hot(organiser, len(self.organisers)),
            "domain": _one_hot(activities.domain[rows], len(DOMAINS)),
            "form": _one_hot(activities.form[rows], len(FORMS)),
            "stage": _one_hot(activities.stage[rows], len(STAGES)),
            "ages": _ages(activities.age_min[rows], activities.age_max[rows]),
        }
        weighted = [scaled_rows(blocks[name]) * np.float32(self.block_weights[name]) for name in BLOCKS]
        return scaled_rows(sparse.hstack(weighted, format="csr"))

    @staticmethod
    def _text(counter: object, vocabulary: tuple[str, ...], idf: Float32, text: list[str]) -> sparse.csr_array:
        if not vocabulary:
            return sparse.csr_array((len(text), 0), dtype=np.float32)
        counts = sparse.csr_array(counter(vocabulary).transform(text))  # type: ignore[operator]
        np.log1p(counts.data, out=counts.data)
        return sparse.csr_array(counts @ sparse.diags_array(idf))


def scaled_rows(matrix: sparse.csr_array, power: int = 2) -> sparse.csr_array:
    """Rows of length 1 by the Euclidean norm, or for ``power`` 1 by their sum; rows of 0 stay so."""
    length = np.asarray((abs(matrix) ** power).sum(axis=1)).ravel() ** (1 / power)
    inverse = np.where(length > 0, 1 / np.maximum(length, 1e-30), 0)
    return sparse.csr_array(sparse.diags_array(inverse) @ matrix, dtype=np.float32)


def with_parents(catalogue: Catalogue) -> sparse.csr_array:
    """Activity themes, each passing ``PARENT_SHARE`` of its weight on to every broader theme in turn.

    Returns
    -------
    sparse array, shape (n_activities, n_themes), float32
    """
    themes = catalogue.activities.themes
    n = len(catalogue.themes.ids)
    child = np.flatnonzero(catalogue.themes.parent >= 0)
    up = sparse.csr_array(
        (np.full(len(child), PARENT_SHARE, dtype=np.float32), (child, catalogue.themes.parent[child])), shape=(n, n)
    )
    total, step = themes, themes
    for _ in range(n):
        step = sparse.csr_array(step @ up)
        if not step.nnz:
            break
        total = total + step
    return sparse.csr_array(total, dtype=np.float32)


def _look_up(table: Int32, rows: Int32) -> Int32:
    """``table[rows]``, ``UNKNOWN`` staying ``UNKNOWN``."""
    return np.where(rows >= 0, table[rows] if len(table) else -1, -1).astype(np.int32)


def _selector(columns: Int32, width: int) -> sparse.csr_array:
    """Moves column i to ``columns[i]`` and drops it where that is negative."""
    kept = np.flatnonzero(columns >= 0)
    return sparse.csr_array((np.ones(len(kept), dtype=np.float32), (kept, columns[kept])), shape=(len(columns), width))


def _one_hot(codes: Int8 | Int32, width: int) -> sparse.csr_array:
    return _selector(np.asarray(codes, dtype=np.int32), width)


def _ages(low: Float32, high: Float32) -> sparse.csr_array:
    """Which age bands an activity is open to; nothing where neither end is known."""
    ends = np.array([*AGE_BANDS[1:], 200.0])
    known = ~(np.isnan(low) & np.isnan(high))
    touches = (np.nan_to_num(low, nan=0.0)[:, None] < ends) & (
        np.nan_to_num(high, nan=199.0)[:, None] >= np.array(AGE_BANDS)
    )
    return sparse.csr_array((touches & known[:, None]).astype(np.float32))
