"""Evaluate a configuration beside the one in service and the simplest one, and judge whether its release may go live."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from data.simulation import Truth
from data.tables import Tables
from data.translate import catalogue_from
from recommender.release import Release
from training.config import Config, config_from, simplest
from training.evaluation.attack import FEWEST_MODELS, Told, attack
from training.evaluation.cut import known_at, known_until
from training.evaluation.gap import FIGURE, gap_change, gap_draws, people_of, sides
from training.evaluation.kept import config_digest, model_settings
from training.evaluation.leak import leak
from training.evaluation.measured import SETTING, Measured
from training.evaluation.offpolicy import off_policy
from training.evaluation.plain import NOTHING
from training.evaluation.pooled import Pooled
from training.evaluation.results import MAIN, cells_of, leads, too_few
from training.evaluation.run import Measurements, Progress, measurements, results_of, say_nothing
from training.evaluation.uncertainty import bounds_of, intervals
from training.evaluation.verdict import ENGINE, SERVED
from training.gate import (
    POPULAR,
    Check,
    fast_enough,
    gap_kept,
    judged,
    not_worse,
    proved,
    ranks_as_its_settings,
    tells_little,
)
from training.proofs import background_proof, reasons_proof
from training.staleness import agenda_check, release_check

CURRENT, SIMPLE = "current", "simple"


@dataclass(frozen=True, eq=False)
class Candidates:
    """What there is to put in service.

    Attributes
    ----------
    release : Release or None
        The new one; None judges settings alone.
    current : Release or None
        In service now.
    """

    release: Release | None = None
    current: Release | None = None


def assess(
    tables: Tables,
    config: Config,
    candidates: Candidates,
    now: int,
    cut: int | None = None,
    progress: Progress = say_nothing,
    kept: Path | None = None,
    truth: Truth | None = None,
    logged: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The evaluation with the gate's judgement in it.

    Parameters
    ----------
    tables : Tables
        The city with all its stamps.
    config : Config
        Of the new release, and of the evaluation.
    candidates : Candidates
    now : int
        Seconds since 1970 UTC; a city with its own now lives by that.
    cut, progress, kept, truth
        As for ``evaluate``.
    logged : DataFrame or None
        The drawn places that were shown (``data.store.drawn``).

    Returns
    -------
    dict
        The results of ``evaluate``, with ``compared``, ``gate``, ``leak`` and ``off_policy``.
    """
    with threadpool_limits(1, "blas"):
        return _assessed(measurements(tables, config, cut, kept, truth), candidates, now, progress, logged)


def _assessed(
    work: Measurements, candidates: Candidates, now: int, progress: Progress, logged: pd.DataFrame | None
) -> dict[str, Any]:
    tables, config = work.tables, work.config
    rivals = _rivals(config, candidates.current)
    simple_lists, engines = work.take([config, *rivals.values()], progress)
    results = results_of(work, simple_lists, engines[0])
    results["leak"] = _leak(work)
    results["attack"] = _attacked(work)
    results["off_policy"] = off_policy(
        logged, tables.stamps, known_until(tables), tables.city.time_zone, config.evaluation.bootstrap, config.seed
    )
    moment = now if tables.city.as_of is None else tables.city.as_of
    checks = [
        agenda_check(tables, moment),
        *_of_the_release(work, candidates.release, moment, engines[0][-1]),
        Check("leak", results["leak"]["passed"] if results["leak"]["caught"] else None),
        tells_little(results["attack"], config.evaluation.most_told),
    ]
    own = work.together(engines[0], simple_lists)
    name = candidates.release.name if candidates.release is not None else None
    if too_few(own, config):
        results["compared"] = {}
        results["gate"] = judged(checks, name, True, None if candidates.current is None else True)
        return results
    theirs = {rival: work.together(one, simple_lists) for rival, one in zip(rivals, engines[1:], strict=True)}
    gaps = {rival: _gap(work, own, one) for rival, one in theirs.items()}
    results["compared"] = {CURRENT: None} | {
        rival: {
            "release": candidates.current.name if rival == CURRENT and candidates.current else None,
            "config": config_digest(rivals[rival].as_dict()),
            **_beside(work, own, one),
            "gap": gaps[rival].change,
        }
        for rival, one in theirs.items()
    }
    checks = [*_of_the_settings(results, gaps), *checks]
    results["gate"] = judged(checks, name, *_what_else(work, theirs))
    return results


def config_of(release: Release) -> Config:
    """The settings a release was made with."""
    return config_from(release.manifest["config"], f"release {release.name}")


def _rivals(config: Config, current: Release | None) -> dict[str, Config]:
    """Settings that are measured beside the new ones."""
    return ({} if current is None else {CURRENT: config_of(current)}) | {SIMPLE: simplest(config)}


def _beside(work: Measurements, own: Pooled, other: Pooled) -> dict[str, Any]:
    settings, seed = work.config.evaluation, work.config.seed
    draws, smallest = settings.bootstrap, settings.smallest_cell
    return {
        "models": {one: cells_of(other, one, draws, seed, smallest) for one in (ENGINE, SERVED)},
        "differences": leads(own, other, draws, seed, smallest),
    }


@dataclass(frozen=True)
class Gaps:
    """The reach gap of two served lists, and the cell that says how much wider the first is."""

    own: float
    other: float
    change: Mapping[str, Any]


def _gap(work: Measurements, own: Pooled, other: Pooled) -> Gaps:
    settings, seed = work.config.evaluation, work.config.seed
    of = sides(people_of(work.tables, own.learners).place, own.figure(SETTING, "supply"))
    if not of.areas:
        return Gaps(0.0, 0.0, dict(NOTHING))
    drawn = [gap_draws(one.figure(SERVED, FIGURE), of, settings.bootstrap, seed) for one in (own, other)]
    n = int((of.least | of.others).sum())
    change = gap_change(drawn[0], drawn[1], n, settings.smallest_cell)
    return Gaps(float(drawn[0][0]), float(drawn[1][0]), change)


def _of_the_settings(results: Mapping[str, Any], gaps: Mapping[str, Gaps]) -> list[Check]:
    models, current = results["models"], results["compared"][CURRENT]
    gap = gaps.get(CURRENT, gaps[SIMPLE])
    own, popular = models[ENGINE][MAIN], models[POPULAR][MAIN]
    beside = [
        not_worse("worse_than_current", current["differences"][MAIN], own, current["models"][ENGINE][MAIN])
        if current
        else Check("worse_than_current", None),
        not_worse("worse_than_popular", results["differences"][POPULAR][MAIN], own, popular),
    ]
    return [*beside, gap_kept(gap.change, gap.own, gap.other), fast_enough(results["learning"])]


def _of_the_release(work: Measurements, release: Release | None, now: int, refitted: Measured) -> list[Check]:
    """What only the release itself can tell, not its settings."""
    codes = ("stale_release", "not_its_settings", "background", "reasons")
    if release is None:
        return [Check(code, None) for code in codes]
    settings, seed = work.config.evaluation, work.config.seed
    known = release_check(work.tables, release, now)
    catalogue = catalogue_from(work.tables)
    standing = release if release.fits(catalogue) else release.extended(catalogue)
    return [
        known,
        _as_its_settings(work, release, refitted, settings.bootstrap, seed, settings.smallest_cell),
        proved("background", background_proof(standing, catalogue, now, seed=seed)),
        proved("reasons", reasons_proof(standing, catalogue, now, seed=seed)),
    ]


def _as_its_settings(
    work: Measurements, release: Release, refitted: Measured, draws: int, seed: int, smallest: int
) -> Check:
    if model_settings(config_of(release).as_dict()) != model_settings(work.config.as_dict()):
        return Check("not_its_settings", None)
    itself = work.as_it_is(release).figures[ENGINE][MAIN]
    return ranks_as_its_settings(itself, refitted.figures[ENGINE][MAIN], draws, seed, smallest)


def _what_else(work: Measurements, theirs: Mapping[str, Pooled]) -> tuple[bool, bool | None]:
    """Whether the simplest model would do, and whether what is in service does; None when nothing is."""
    simple, current = theirs[SIMPLE], theirs.get(CURRENT)
    if current is None:
        return True, None

    def no_worse(one: Pooled, other: Pooled, other_list: str) -> bool:
        lead = one.figure(ENGINE, MAIN) - other.figure(other_list, MAIN)
        settings = work.config.evaluation
        found = intervals(lead[:, None], settings.bootstrap, work.config.seed, bounds=bounds_of(MAIN, True))
        return math.isnan(found[0].high) or found[0].high >= 0

    will_do = no_worse(current, current, POPULAR) and no_worse(current, simple, ENGINE)
    return no_worse(simple, current, ENGINE), will_do


def _attacked(work: Measurements) -> dict[str, Any]:
    """How well the release's settings hide who was in it; of private ones also without."""
    config = work.config
    models = max(config.evaluation.attack, FEWEST_MODELS) if config.evaluation.attack else 0
    without = replace(config, privacy=replace(config.privacy, epsilon=0.0))
    asked = {"own": config} | ({"without": without} if config.privacy.epsilon else {})
    found = {name: _told_of(work, one, models) if models else None for name, one in asked.items()}
    return {"epsilon": config.privacy.epsilon, "own": None, "without": None} | found


def _told_of(work: Measurements, config: Config, models: int) -> dict[str, Any] | None:
    about = {"attack": models, "config": model_settings(config.as_dict())}
    if (kept := work.kept.load(**about)) is None:
        told = attack(work.tables, config, models, work.cores)
        if told is None:
            return None
        figures = {"auc": told.auc, "caught": told.caught, "learners": np.full(len(told.auc), told.learners)}
        kept = Measured({"attack": {name: values.astype(np.float32) for name, values in figures.items()}})
        work.kept.save(kept, **about)
    auc, caught, people = (kept.figures["attack"][name] for name in ("auc", "caught", "learners"))
    return Told(auc.astype(np.float64), caught.astype(np.float64), int(people[0])).plain()


def _leak(work: Measurements) -> dict[str, Any]:
    """Change the future and see whether anything that the lists are made from moves, at the last cut."""
    at = work.cuts.cuts[-1].at

    def behind(tables: Tables) -> Mapping[str, Any]:
        known = known_at(tables, at)
        return {"stamps": known.stamps, "sessions": known.sessions, "now": str(known.city.as_of)}

    return leak(behind, work.tables, at, work.config.seed)
