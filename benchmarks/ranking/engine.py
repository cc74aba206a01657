"""Leerlijn itself: the fit that is trained with and the recipe that is served, whole and part by part."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from benchmarks.ranking.split import LENGTH, Split
from data.columns import LEARNER
from data.passports import passports_from
from recommender.city import UNKNOWN, Int32
from recommender.passport import NOBODY, Passport
from recommender.recommend import recommend_many
from recommender.release import Release
from training.config import Config
from training.fit import fit

STEPS_OF: Mapping[str, tuple[str, ...]] = {
    "als": ("stamps", "als"),
    "graph": ("stamps", "graph"),
    "metadata": ("stamps", "descriptions", "als", "metadata"),
    "similar": ("stamps", "descriptions", "similar"),
}
"""Which steps of the fit each part cannot do without."""


class Engine:
    """The engine through ``fit`` and ``recommend_many``.

    Attributes
    ----------
    seconds : mapping of step to float
        How long each step of the fit took; filled by ``fit``.
    """

    needs_visits = False

    def __init__(self, config: Config, name: str = "leerlijn") -> None:
        self.name = name
        self.seconds: dict[str, float] = {}
        self._config = config
        self._release: Release | None = None

    def fit(self, split: Split) -> float:
        """Fit on the split; gives the seconds it took."""
        began = {"": time.perf_counter()}

        def tell(step: str) -> None:
            began[step] = time.perf_counter()

        self._release = fit(split.tables, self._config, tell)
        ended = [*list(began.values())[1:], time.perf_counter()]
        self.seconds = {step: end - start for (step, start), end in zip(began.items(), ended, strict=True) if step}
        return ended[-1] - began[""]

    def rank(self, split: Split) -> tuple[Int32, float]:
        """Lists by the pure score, and the seconds they took."""
        return lists_of(self.release, split, "relevance")

    @property
    def release(self) -> Release:
        assert self._release is not None, "fit the engine before its parts"
        return self._release


class Served:
    """The same engine with what it adds to the pure ranking before a list is served."""

    needs_visits = False

    def __init__(self, engine: Engine) -> None:
        self.name = f"{engine.name}, as served"
        self._engine = engine

    def fit(self, split: Split) -> float:
        return sum(self._engine.seconds.values())

    def rank(self, split: Split) -> tuple[Int32, float]:
        return lists_of(self._engine.release, split, "served")


class Part:
    """One source of the engine's blend with all others, and the circumstances, silent."""

    def __init__(self, engine: Engine, source: str, name: str, needs_visits: bool) -> None:
        self.name = name
        self.needs_visits = needs_visits
        self._engine, self._source = engine, source

    def fit(self, split: Split) -> float:
        return sum(self._engine.seconds.get(step, 0.0) for step in STEPS_OF[self._source])

    def rank(self, split: Split) -> tuple[Int32, float]:
        return lists_of(with_weights(self._engine.release, {self._source: 1.0}), split, "relevance")


class Without:
    """The engine with one source silent."""

    needs_visits = False

    def __init__(self, engine: Engine, source: str) -> None:
        self.name = f"{engine.name} without {source}"
        self._engine, self._source = engine, source

    def fit(self, split: Split) -> float:
        return sum(self._engine.seconds.values())

    def rank(self, split: Split) -> tuple[Int32, float]:
        model = self._engine.release.model
        silent = replace(model, source_weights={**model.source_weights, self._source: 0.0})
        return lists_of(replace(self._engine.release, model=silent), split, "relevance")


def with_weights(release: Release, sources: Mapping[str, float]) -> Release:
    """The same release in which only these sources count."""
    model = release.model
    return replace(
        release,
        model=replace(
            model,
            source_weights={name: sources.get(name, 0.0) for name in model.source_weights},
            context_weights=dict.fromkeys(model.context_weights, 0.0),
        ),
    )


def lists_of(release: Release, split: Split, policy: str) -> tuple[Int32, float]:
    """Lists of a release for a split's learners, and the seconds they took; reading passports is not counted."""
    passports = passports_of(split)
    asked = replace(split.request, policy=policy)
    lists = np.full((len(passports), LENGTH), UNKNOWN, dtype=np.int32)
    began = time.perf_counter()
    for row, answer in enumerate(recommend_many(passports, split.catalogue, release, asked)):
        shown = [recommendation.activity for recommendation in answer.recommendations]
        lists[row, : len(shown)] = shown
    return lists, time.perf_counter() - began


def passports_of(split: Split) -> list[Passport]:
    """Everybody's passport; somebody the city has never heard of has an empty one."""
    heard = {*split.tables.passports[LEARNER].tolist(), *split.tables.stamps[LEARNER].unique().tolist()}
    found: Iterator[tuple[str, Passport]] = passports_from(
        split.tables, split.catalogue, [name for name in split.learners if name in heard]
    )
    return [next(found)[1] if name in heard else NOBODY for name in split.learners]
