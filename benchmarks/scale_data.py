"""A city of any size, invented block by block: themes that people like, titles made of theme words, visits over a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
from scipy import sparse

from data.columns import STAMPS
from data.settings import format_settings
from data.tables import CitySettings

DAY = 86_400
BEGIN = 1_700_000_000 // DAY * DAY
THEMES, WORDS, TITLE, TEXT = 60, 20_000, 6, 20
BLOCK = 20_000
"""Learners at once."""


@dataclass(frozen=True)
class Large:
    """So many learners, activities and stamps; equal numbers and seed give equal data, whatever is made first."""

    learners: int
    activities: int
    stamps: int
    seed: int = 0

    @cached_property
    def _themes(self) -> np.ndarray:
        return np.random.default_rng([self.seed, 1]).integers(THEMES, size=self.activities)

    @cached_property
    def _by_theme(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        order = np.argsort(self._themes, kind="stable")
        count = np.bincount(self._themes, minlength=THEMES)
        return order, np.cumsum(count) - count, count

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Learner, activity and moment of the stamps of ``BLOCK`` learners after another, in order of learner and time."""
        order, start, count = self._by_theme
        for number, low in enumerate(range(0, self.learners, BLOCK)):
            high = min(low + BLOCK, self.learners)
            rng = np.random.default_rng([self.seed, 2, number])
            size = round(self.stamps * high / self.learners) - round(self.stamps * low / self.learners)
            learner = np.sort(rng.integers(low, high, size=size))
            likes = rng.integers(THEMES, size=(high - low, 3))
            own = likes[learner - low, rng.integers(3, size=size)]
            liked = np.where(rng.random(size) < 0.7, own, rng.integers(THEMES, size=size))
            place = (rng.pareto(1.2, size=size) * count[liked] * 0.05).astype(np.int64)
            activity = order[start[liked] + np.minimum(place, count[liked] - 1)]
            at = BEGIN + rng.integers(365, size=size) * DAY + 36_000
            rows = np.lexsort((activity, at, learner))
            learner, activity, at = learner[rows], activity[rows], at[rows]
            same = (np.diff(learner) == 0) & (np.diff(activity) == 0) & (np.diff(at) == 0)
            kept = np.append(True, ~same)[: len(learner)]
            yield learner[kept], activity[kept], at[kept]

    def matrix(self, held_out: int = 0) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Number of visits as learner × activity, without and of the last ``held_out`` days."""
        parts: list[list[sparse.csr_matrix]] = [[], []]
        for number, (learner, activity, at) in enumerate(self.blocks()):
            late = at >= BEGIN + (365 - held_out) * DAY
            height = min(BLOCK, self.learners - number * BLOCK)
            for part, rows in zip(parts, (~late, late), strict=True):
                ones = np.ones(int(rows.sum()), dtype=np.float32)
                where = (learner[rows] - number * BLOCK, activity[rows])
                part.append(sparse.csr_matrix((ones, where), shape=(height, self.activities)))
        early, late_ones = (sparse.vstack(part, format="csr", dtype=np.float32) for part in parts)
        return early, late_ones

    def frames(self) -> Iterator[pd.DataFrame]:
        """The same stamps as canonical frames, without a file between."""
        activities = pa.array([f"a{number:06d}" for number in range(self.activities)], pa.large_string())
        for number, (learner, activity, at) in enumerate(self.blocks()):
            low = number * BLOCK
            names = pa.array([f"p{one:07d}" for one in range(low, low + BLOCK)], pa.large_string())
            columns = {
                "learner_id": names.take(pa.array(learner - low)),
                "activity_id": activities.take(pa.array(activity)),
            }
            frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
            known = frame.assign(at=at, chosen_by=pd.Series(["self"] * len(at), dtype="str"))
            yield known.assign(session_id=pd.Series([""] * len(at), dtype="str"), enjoyed=np.nan)[list(STAMPS.names)]

    def write(self, folder: Path) -> Path:
        """Write it as a folder of a city, the stamps as one file of Parquet per block."""
        (folder / "stamps").mkdir(parents=True, exist_ok=True)
        city = CitySettings(id="large", origin="simulated", as_of=BEGIN + 365 * DAY)
        (folder / "city.toml").write_text(format_settings(city), encoding="utf-8")
        pd.DataFrame({"theme_id": [f"t{number}" for number in range(THEMES)]}).to_parquet(folder / "themes.parquet")
        rng = np.random.default_rng([self.seed, 3])
        per_theme = WORDS // THEMES
        drawn = rng.zipf(1.5, size=(self.activities, TITLE + TEXT)) % per_theme
        # In letters: words that differ in numbers alone would describe nothing.
        letters = str.maketrans("0123456789", "aeioubdfgk")
        text = [
            [f"w{number}".translate(letters) for number in row]
            for row in (self._themes[:, None] * per_theme + drawn).tolist()
        ]
        pd.DataFrame(
            {
                "activity_id": [f"a{number:06d}" for number in range(self.activities)],
                "title": [" ".join(row[:TITLE]) for row in text],
                "description": [" ".join(row[TITLE:]) for row in text],
                "themes": [f"t{theme}:1" for theme in self._themes],
            }
        ).to_parquet(folder / "activities.parquet")
        activities = pa.array([f"a{number:06d}" for number in range(self.activities)])
        for number, (learner, activity, at) in enumerate(self.blocks()):
            low = number * BLOCK
            names = pa.array([f"p{one:07d}" for one in range(low, min(low + BLOCK, self.learners))])
            table = pa.table(
                {
                    "learner_id": pa.DictionaryArray.from_arrays(pa.array(learner - low, pa.int32()), names),
                    "activity_id": pa.DictionaryArray.from_arrays(pa.array(activity, pa.int32()), activities),
                    "at": pa.array(at, pa.int64()).cast(pa.timestamp("s", tz="UTC")),
                    "chosen_by": pa.DictionaryArray.from_arrays(
                        pa.array(np.zeros(len(at), dtype=np.int8)), pa.array(["self"])
                    ),
                }
            )
            parquet.write_table(table, folder / "stamps" / f"part-{number:05d}.parquet", compression="zstd")
        return folder


def recall(
    activities: np.ndarray, seen: sparse.csr_matrix, later: sparse.csr_matrix, vectors: np.ndarray, k: int = 20
) -> float:
    """Share of what learners newly visited later that is among the best ``k`` of what they had not visited.

    Parameters
    ----------
    activities : shape (n_activities, n_factors)
    vectors : shape (n, n_factors)
        Of the first ``n`` learners, who alone are looked at.
    """
    shares = []
    for low in range(0, len(vectors), 500):
        scores = vectors[low : low + 500] @ activities.T
        for row, learner in enumerate(range(low, min(low + 500, len(vectors)))):
            known = seen.indices[seen.indptr[learner] : seen.indptr[learner + 1]]
            new = np.setdiff1d(later.indices[later.indptr[learner] : later.indptr[learner + 1]], known)
            if not len(new):
                continue
            scores[row, known] = -np.inf
            best = np.argpartition(-scores[row], k)[:k]
            shares.append(len(np.intersect1d(best, new)) / min(k, len(new)))
    return float(np.mean(shares))
