"""Every model that takes part, by the name with which it is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.ranking.circumstances import nearest_and_free, newest_first, soonest_first
from benchmarks.ranking.engine import Engine, Part, Served, Without
from benchmarks.ranking.peers import Contestant, Simple, als_by_default, als_with, bpr, ease, neighbours
from benchmarks.ranking.split import Split
from benchmarks.ranking.worlds import Oracle
from data.passports import stamp_arrays
from data.simulation import Truth
from recommender.errors import BadInput
from training.config import Config
from training.evaluation.baselines import Content, Popular, Random

ENGINE = "engine"
NAMES: Mapping[str, str] = {
    ENGINE: "Leerlijn, by its pure score",
    "served": "Leerlijn with what is added before a list is served",
    "no-wishes": "Leerlijn, told nothing of wishes (worlds only)",
    "als": "its als source alone",
    "graph": "its graph source alone",
    "metadata": "its metadata source alone: metadata → ALS",
    "similar": "its similar source alone: content k-nearest",
    "implicit-als": "implicit's ALS with its own defaults",
    "implicit-als-ours": "implicit's ALS with the settings that Leerlijn ships",
    "implicit-bpr": "implicit's BPR",
    "knn-cosine": "item-kNN on cosines",
    "knn-bm25": "item-kNN on BM25",
    "ease": "EASE, the linear autoencoder",
    "content": "TF-IDF likeness to one's own activities",
    "popular": "most visited",
    "popular-30-days": "most visited in the last 30 days (worlds only)",
    "nearest-and-free": "what is free, nearest first (worlds only)",
    "soonest": "what takes place first (worlds only)",
    "newest": "what was held least long (worlds only)",
    "random": "lots",
    "oracle": "the simulator's own truth (worlds only)",
}
WORLDS_ONLY = ("no-wishes", "popular-30-days", "nearest-and-free", "soonest", "newest", "oracle")
SIMPLE = ("popular", "popular-30-days", "nearest-and-free", "soonest", "newest", "random", "content")


def contestants(chosen: Sequence[str], config: Config, threads: int, truth: Truth | None) -> dict[str, Contestant]:
    """The chosen models by name, the engine always first.

    Parameters
    ----------
    chosen : sequence of str
        Keys of ``NAMES``; empty for all that apply.
    truth : Truth or None
        Behind a simulated world; None for a public data set.

    Raises
    ------
    BadInput
        For a name that does not exist.
    """
    for name in chosen:
        if name not in NAMES:
            raise BadInput(f"--models: {name!r} is none of {', '.join(NAMES)}")
    seed, engine = config.seed, Engine(config)
    every: dict[str, Contestant] = {
        ENGINE: engine,
        "served": Served(engine),
        "no-wishes": Without(engine, "wishes"),
        "als": Part(engine, "als", "als alone", needs_visits=True),
        "graph": Part(engine, "graph", "graph alone", needs_visits=True),
        "metadata": Part(engine, "metadata", "metadata alone (metadata → ALS)", needs_visits=False),
        "similar": Part(engine, "similar", "similar alone (content k-nearest)", needs_visits=False),
        "implicit-als": als_by_default(seed, threads),
        "implicit-als-ours": als_with(config.als, seed, threads),
        "implicit-bpr": bpr(seed, threads),
        "knn-cosine": neighbours("cosine", threads),
        "knn-bm25": neighbours("BM25", threads),
        "ease": ease(),
        "content": Simple("content (TF-IDF)", False, lambda split: Content(split.catalogue.activities), seed),
        "popular": Simple("popular", True, lambda split: _popular("popular", split, None), seed),
        "popular-30-days": Simple("popular in 30 days", True, lambda split: _popular("recent", split, 30), seed),
        "nearest-and-free": nearest_and_free(seed),
        "soonest": soonest_first(seed),
        "newest": newest_first(seed),
        "random": Simple("random", False, lambda split: Random(split.n_activities), seed),
    }
    if truth is not None:
        every["oracle"] = Oracle(truth)
    wanted = {ENGINE, *(chosen or NAMES)} - set(() if truth is not None else WORLDS_ONLY)
    return {name: model for name, model in every.items() if name in wanted}


def _popular(name: str, split: Split, days: float | None) -> Popular:
    """Most visited of what may be learned from; the last ``days`` end where the stamps do."""
    _, activity, at, _, _ = stamp_arrays(split.tables, split.catalogue)
    cut = int(split.tables.city.as_of if split.tables.city.as_of is not None else at.max(initial=0) + 1)
    return Popular(name, activity, at, split.n_activities, cut, days)
