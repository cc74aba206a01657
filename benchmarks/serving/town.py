"""A town of any size: tables with one session for each activity, and a release with drawn numbers.

What serving costs depends on how much there is, not on what it says: the tables and the release have the shapes of
real ones, their values are drawn at random.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from data.columns import ACTIVITIES, SESSIONS, STAMPS, TABLES, THEMES, VENUES, Table
from data.tables import CitySettings, Tables, dtype_of
from data.translate import catalogue_from
from recommender.city import DOMAINS, Catalogue, Ids
from recommender.encoder import BLOCKS, Encoder
from recommender.model import AGE_BANDS, CONTEXT, SOURCES, Factors, Model, Neighbours, moments_of
from recommender.release import Release
from training.config import Config
from training.fit import CONTEXT_WEIGHTS

AS_OF, DAY = 1_772_323_200, 86_400
BROAD, NARROW = 8, 8
_WORDS = np.array(
    [
        "bouw",
        "robot",
        "sterren",
        "vogels",
        "verf",
        "klei",
        "bos",
        "muziek",
        "dans",
        "code",
        "lamp",
        "water",
        "kunst",
        "lezen",
        "koken",
        "fiets",
    ]
)


def tables_of(n: int, seed: int = 1) -> Tables:
    """A town's tables: ``n`` activities with one session each in four weeks, a venue for every twenty."""
    rng = np.random.default_rng(seed)
    n_venues = int(np.clip(n // 20, 10, 5000))
    themes = [f"t{broad}" for broad in range(BROAD)]
    themes += [f"t{broad}-{narrow}" for broad in range(BROAD) for narrow in range(NARROW)]
    parents = [""] * BROAD + [f"t{broad}" for broad in range(BROAD) for _ in range(NARROW)]
    one, two = rng.integers(BROAD, len(themes), (2, n))
    names = np.array(themes)
    start = AS_OF + rng.integers(1, 28 * 24, n) * 3600
    activities = {
        "activity_id": numbered("a", n),
        "title": words(rng, n, 4),
        "description": words(rng, n, 20),
        "language": rng.choice(["nl", "nl", "nl", "en", "ar", ""], n),
        "themes": np.char.add(np.char.add(names[one], ":0.7;"), np.where(one == two, names[0], names[two])),
        "organiser": np.array(numbered("o", n_venues))[rng.integers(0, n_venues, n)],
        "venue_id": np.array(numbered("v", n_venues))[np.sort(rng.integers(0, n_venues, n))],
        "age_min": rng.choice([np.nan, 0, 4, 6, 8, 12, 18], n, p=[0.1, 0.1, 0.3, 0.2, 0.15, 0.1, 0.05]),
        "age_max": rng.choice([np.nan, 12, 18, 99], n, p=[0.2, 0.3, 0.1, 0.4]),
        "price": rng.choice([np.nan, 0, 2.5, 7.5, 20], n, p=[0.1, 0.4, 0.2, 0.2, 0.1]),
        "access": rng.choice(["", "wheelchair", "wheelchair;low_stimulus"], n, p=[0.5, 0.3, 0.2]),
        "company": rng.choice(["", "alone", "alone;with_adult", "family"], n),
        "form": rng.choice(["informal", "nonformal", "formal"], n),
        "stage": rng.choice(["start", "core", "finish"], n),
    }
    venues = {
        "venue_id": numbered("v", n_venues),
        "name": words(rng, n_venues, 2),
        "domain": rng.choice(DOMAINS, n_venues),
        "lat": 51.76 + 0.045 * rng.standard_normal(n_venues).clip(-2.5, 2.5),
        "lon": 5.53 + 0.07 * rng.standard_normal(n_venues).clip(-2.5, 2.5),
    }
    sessions = {
        "session_id": numbered("s", n),
        "activity_id": activities["activity_id"],
        "start": start,
        "end": start + 7200,
        "status": np.where(rng.random(n) < 0.03, "cancelled", "scheduled"),
        "capacity_left": rng.choice([np.nan, 0, 5, 12], n, p=[0.5, 0.05, 0.25, 0.2]),
    }
    return Tables(
        city=CitySettings(id="town", name="Town", as_of=AS_OF, origin="simulated"),
        themes=frame(THEMES, {"theme_id": themes, "parent": parents, "nl": themes, "en": themes}),
        venues=frame(VENUES, venues),
        activities=frame(ACTIVITIES, activities),
        sessions=frame(SESSIONS, sessions),
        stamps=frame(STAMPS, {"learner_id": [], "activity_id": [], "at": []}),
    )


def numbered(letter: str, n: int) -> list[str]:
    """Ids of equal length: ``a-000001``."""
    return [f"{letter}-{number:07d}" for number in range(n)]


def words(rng: np.random.Generator, n: int, each: int) -> list[str]:
    """``n`` texts of so many words."""
    return [" ".join(row) for row in _WORDS[rng.integers(0, len(_WORDS), (n, each))].tolist()]


def frame(table: Table, columns: dict[str, object]) -> pd.DataFrame:
    """A canonical frame from whole columns; what is left out is not known."""
    n = len(next(iter(columns.values())))  # type: ignore[arg-type]
    full = {}
    for column in table.columns:
        dtype = dtype_of(column)
        missing = "" if dtype == "str" else np.nan
        full[column.name] = pd.Series(columns.get(column.name, [missing] * n), dtype=dtype)
    assert table in TABLES
    return pd.DataFrame(full)


def release_of(catalogue: Catalogue, factors: int, neighbours: int, seed: int = 1) -> Release:
    """A release in the catalogue's rows, with drawn factors and neighbours."""
    rng = np.random.default_rng(seed)
    n, config = len(catalogue.activities), Config()
    scale = (1 / np.sqrt(1 + np.arange(factors))).astype(np.float32) * 0.3

    def drawn() -> Factors:
        matrix = rng.standard_normal((n, factors), dtype=np.float32) * scale
        return Factors(matrix, moments_of(matrix[:: max(n // 20_000, 1)]))

    als, metadata, low_pass = drawn(), drawn(), drawn()
    gram = als.activities.T.astype(np.float64) @ als.activities
    near = min(neighbours, n // 2)
    themes = len(catalogue.themes.ids)
    model = Model(
        ids=catalogue.activities.ids.names,
        reference=np.arange(n, dtype=np.int32),
        visited=rng.random(n) < 0.9,
        als=als,
        als_inverse=np.asarray(np.linalg.inv(gram + config.als.regularisation * np.eye(factors))),
        als_confidence=config.als.alpha,
        metadata=metadata,
        low_pass=low_pass,
        degree=rng.integers(0, 50, n).astype(np.float32),
        graph=neighbours_of(rng, n, near),
        similar=neighbours_of(rng, n, near),
        similar_scale=np.ones(n, dtype=np.float32),
        popular=rng.standard_normal((len(AGE_BANDS) + 1, n), dtype=np.float32),
        theme_ids=catalogue.themes.ids.names,
        theme_base=rng.uniform(0.01, 0.2, themes),
        theme_known=rng.uniform(0.01, 0.5, themes),
        theme_adjacency=rng.normal(0, 0.02, (themes, themes)),
        metadata_weights=np.zeros((10, factors), dtype=np.float32),
        features=sparse.csr_array((n, 10), dtype=np.float32),
        source_weights={name: float(getattr(config.weights, name)) for name in SOURCES},
        context_weights={name: CONTEXT_WEIGHTS[name] for name in CONTEXT},
    )
    nothing = np.empty(0, dtype=np.float32)
    encoder = Encoder(
        words=(),
        grams=(),
        word_idf=nothing,
        gram_idf=nothing,
        themes=catalogue.themes.ids,
        venues=catalogue.venues.ids,
        organisers=Ids((), "organiser"),
        block_weights=dict.fromkeys(BLOCKS, 1.0),
    )
    manifest = {"city": "town", "origin": "simulated", "neighbours": neighbours, "config": config.as_dict()}
    return Release(model, encoder, manifest).extended(catalogue)


def neighbours_of(rng: np.random.Generator, n: int, near: int) -> Neighbours:
    """So many neighbours for every activity: one from each of as many equal stretches of the catalogue."""
    step = n // near
    columns = (np.arange(near) * step + rng.integers(0, step, (n, near))).astype(np.int32)
    values = rng.random(n * near, dtype=np.float32)
    indptr = np.arange(0, n * near + 1, near)
    return Neighbours(sparse.csr_array((values, columns.ravel(), indptr), shape=(n, n)))


def town(n: int, factors: int, neighbours: int, seed: int = 1) -> tuple[Tables, Catalogue, Release]:
    """Tables, catalogue and release of a town."""
    tables = tables_of(n, seed)
    catalogue = catalogue_from(tables)
    return tables, catalogue, release_of(catalogue, factors, neighbours, seed)
