"""The evaluation as a recipe: cuts, fit behind each, rank at everybody's own moment, count, judge."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from data.columns import AT
from data.simulation import Truth
from data.store.digest import digest
from data.tables import Tables
from recommender.errors import BadInput
from recommender.release import Release
from training.config import Config
from training.evaluation.cut import DAY, Cut, Cuts, choose_cuts, known_until
from training.evaluation.gap import people_of
from training.evaluation.kept import Kept, code_digest, config_digest, model_settings
from training.evaluation.measured import Measured
from training.evaluation.pooled import Pooled, both, pooled
from training.evaluation.results import about, nothing_to_say, protocol, summarise, too_few
from training.evaluation.tasks import Behind, left_out, measure_engine, measure_simple

Progress = Callable[[str, int, int], None]
"""Told the step (``measure``), how much of it is done, and how much there is."""

ALONE_BELOW = 3_000
"""With fewer stamps than this, starting other processes takes longer than doing the work in this one."""


def say_nothing(step: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, eq=False)
class Measurements:
    """Cuts, and what is measured behind them: once for each question, however often it is asked.

    Parameters
    ----------
    tables : Tables
        The city with all its stamps.
    config : Config
        Of the evaluation; each model brings settings of its own.
    cuts : Cuts
    kept : Kept
        Where measurements are kept.
    truth : Truth or None
        Of a simulated city.
    """

    tables: Tables
    config: Config
    cuts: Cuts
    kept: Kept
    truth: Truth | None = None

    def take(
        self, configs: Sequence[Config], progress: Progress = say_nothing, simple: bool = True
    ) -> tuple[list[Measured], list[list[Measured]]]:
        """Measure the simple lists (unless not asked for), and the engine with each of several settings, behind every cut.

        What was measured before is not measured again. The rest runs side by side, each part in a process of its own and
        with memory for itself alone; what they give does not depend on how many run.

        Returns
        -------
        simple : list of Measured, one per cut
        engines : list of lists of Measured, one per config and cut
        """
        configs = [self._common(config) for config in configs]
        asked = [(cut, config) for config in (*((None,) * simple), *dict.fromkeys(configs)) for cut in self.cuts.cuts]
        found = {key: self.kept.load(**self._about(*key)) for key in asked}
        missing = [key for key, known in found.items() if known is None]
        progress("measure", len(asked) - len(missing), len(asked))
        for key, measured in self._measured(missing):
            found[key] = measured
            self.kept.save(measured, **self._about(*key))
            progress("measure", sum(one is not None for one in found.values()), len(asked))

        def of(config: Config | None) -> list[Measured]:
            taken = [found[cut, config] for cut in self.cuts.cuts]
            return [one for one in taken if one is not None]

        return of(None) if simple else [], [of(config) for config in configs]

    def as_it_is(self, release: Release) -> Measured:
        """How a release itself ranks behind the last cut; it may have learned from what came after it."""
        cut = self.cuts.cuts[-1]
        files = release.manifest.get("files")
        question = {**self._about(cut, self.config), "files": files}
        measured = self.kept.load(**question) if files else None
        if measured is None:
            measured = measure_engine(self.behind(cut, self.config), _cores(self.config), release)
            if files:
                self.kept.save(measured, **question)
        return measured

    def _measured(self, keys: Sequence[tuple[Cut, Config | None]]) -> Any:
        cores = _cores(self.config)
        several = min(cores, len(keys))
        if several < 2 or len(self.tables.stamps) < ALONE_BELOW:
            for key in keys:
                yield _measure(key, self.tables, self.config, self.truth, cores)
            return
        # The longest first: fits, the latest cut with most to learn from in front.
        order = sorted(keys, key=lambda key: (key[1] is None, -key[0].at))
        jobs = (delayed(_measure)(key, self.tables, self.config, self.truth, max(1, cores // several)) for key in order)
        yield from Parallel(n_jobs=several, return_as="generator_unordered", pre_dispatch=several)(jobs)

    def _about(self, cut: Cut, config: Config | None) -> dict[str, Any]:
        """What a measurement depends on, besides the data and the code."""
        test = {"cut": [cut.at, cut.until], "learners": self.config.evaluation.learners, "seed": self.config.seed}
        if config is None:
            truth = None if self.truth is None else str(self.truth.config)
            return {**test, "lists": "simple", "als": model_settings(self.config.as_dict())["als"], "truth": truth}
        return {**test, "lists": "engine", "config": model_settings(config.as_dict())}

    def together(self, engine: Sequence[Measured], simple: Sequence[Measured] = ()) -> Pooled:
        """The cuts in one, learners by name."""
        parts = [both(*pair) for pair in zip(engine, simple, strict=True)] if simple else list(engine)
        return pooled(self.learners, parts)

    @property
    def cores(self) -> int:
        """How many may be at work at once."""
        return _cores(self.config)

    @cached_property
    def learners(self) -> list[tuple[str, ...]]:
        """Who is tested at each cut."""
        return [self.behind(cut, self.config).trial.learners for cut in self.cuts.cuts]

    def behind(self, cut: Cut, config: Config) -> Behind:
        """The city behind a cut, to be learned with these settings and tested with the common ones."""
        return Behind(self.tables, cut, config, self.config.seed)

    def _common(self, config: Config) -> Config:
        """Settings of a model, with everything that changes no list as the evaluation has it."""
        return replace(config, evaluation=self.config.evaluation, threads=self.config.threads)


Key = tuple[Cut, Config | None]
"""What is measured: the engine with some settings, or (None) the simple lists."""


def _measure(key: Key, tables: Tables, common: Config, truth: Truth | None, threads: int) -> tuple[Key, Measured]:
    cut, config = key
    behind = Behind(tables, cut, config or common, common.seed)
    return key, measure_simple(behind, truth, threads) if config is None else measure_engine(behind, threads)


def _cores(config: Config) -> int:
    return config.threads or os.cpu_count() or 1


def measurements(
    tables: Tables, config: Config, cut: int | None = None, kept: Path | None = None, truth: Truth | None = None
) -> Measurements:
    """Choose the cuts and make ready to measure.

    Raises
    ------
    BadInput
        When no moment divides the stamps, or none lies before ``cut``.
    """
    settings = config.evaluation
    if cut is None:
        cuts = choose_cuts(tables, settings.cuts, settings.horizon_days, settings.test_share, settings.smallest_cell)
    else:
        if not len(tables.stamps):
            raise BadInput("stamps: there are none, so nothing can be evaluated; load stamps first")
        first, last = int(tables.stamps[AT].min()), known_until(tables)
        until = max(cut, min(int(cut + settings.horizon_days * DAY), last))
        cuts = Cuts((Cut(cut, until),), settings.cuts, "asked", (last - first) / DAY)
    if not (tables.stamps[AT] < cuts.cuts[0].at).any():
        raise BadInput("stamps: none lies before the cut, so there is nothing to learn from; choose a later --cut")
    place = Kept(kept, digest(tables), code_digest())
    place.prune()
    return Measurements(tables, config, cuts, place, truth)


def evaluate(
    tables: Tables,
    config: Config,
    cut: int | None = None,
    progress: Progress = say_nothing,
    kept: Path | None = None,
    truth: Truth | None = None,
) -> dict[str, Any]:
    """Fit behind global time cuts and rank for everybody who did something new after them.

    Parameters
    ----------
    tables : Tables
        The city with all its stamps.
    config : Config
        Of the fit, the blend and the evaluation.
    cut : int or None
        Seconds since 1970 UTC; None cuts at the last season starts.
    progress : callable
        See ``Progress``.
    kept : Path or None
        Folder where measurements are kept for the next time.
    truth : Truth or None
        Of a simulated city: what the oracle ranks by.

    Returns
    -------
    dict
        Plain values, ready for JSON; schema ``leerlijn-evaluation/2``. The same input and seed give the same values.

    Raises
    ------
    BadInput
        When there are no stamps before the cut.
    """
    work = measurements(tables, config, cut, kept, truth)
    simple, (engine,) = work.take([config], progress)
    return results_of(work, simple, engine)


def results_of(work: Measurements, simple: Sequence[Measured], engine: Sequence[Measured]) -> dict[str, Any]:
    """What was measured, as results."""
    tables, config, cuts = work.tables, work.config, work.cuts
    everything = work.together(engine, simple)
    last = work.behind(cuts.cuts[-1], config)
    before = [int((tables.stamps[AT] < one.at).sum()) for one in cuts.cuts]
    digests = {"config": config_digest(config.as_dict()), "data": work.kept.data}
    how = protocol(cuts, everything, before, config)
    how["left_out"] = left_out(int((last.visitors > 0).sum()), work.truth, len(tables.passports))
    head = about(_city(tables, before[-1]), config, digests) | {"protocol": how}
    if too_few(everything, config):
        return head | nothing_to_say(config)
    people = people_of(tables, everything.learners)
    return head | summarise(everything, cuts.cuts, last.catalogue, people, config)


def _city(tables: Tables, before: int) -> Mapping[str, Any]:
    return {
        "id": tables.city.id,
        "name": tables.city.name or tables.city.id,
        "time_zone": tables.city.time_zone,
        "activities": len(tables.activities),
        "known_until": known_until(tables),
        "stamps_before": before,
        "stamps_after": len(tables.stamps) - before,
    }
