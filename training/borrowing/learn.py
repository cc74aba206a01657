"""What a city can tell others: how much each source deserves when its model knows few stamps, and when it knows many.

A city with a long history was short of stamps once, and can be made so again: the model is fitted on a piece of the history
and the choices that followed are asked what its sources were worth. Two kinds of cities have few stamps, those that have just
begun (many learners, a stamp or two each) and those that are small (few learners, long passports), and every rung hears both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from importlib.metadata import version

import numpy as np

from data.columns import AT, LEARNER
from data.tables import Tables
from data.translate import catalogue_from
from recommender.align import align
from recommender.city import Bool
from recommender.errors import BadInput
from training.borrowing.coefficients import Coefficients, Rung
from training.borrowing.estimate import estimate
from training.config import Config
from training.evaluation.cut import known_at, midnight
from training.fit import CONTEXT_WEIGHTS, fit_model
from training.weights import LEARNED, Choices, observed_choices

SIZES = (200, 800, 3200, 12800)
"""Stamps of each rung."""
MOMENTS = (0.35, 0.53, 0.72, 0.9)
"""Which part of the stamps lies before each moment at which choices are looked at."""
DAYS = 28
"""For how long after it."""
GROUPS = 4
"""Small cities that are cut out of a large one, at each moment."""
MOST = 500
"""Choices after each moment of a city that has just begun, and of all its small cities together."""
ALTERNATIVES = 50
SHAPING = ("als", "graph", "similar", "metadata", "popular", "encoder")
"""Sections of the settings that shape what the sources say."""
DAY = 86_400


def learn(
    tables: Tables,
    config: Config,
    tell: Callable[[int, int], None] = lambda done, of: None,
    wanted: Sequence[int] = SIZES,
) -> Coefficients:
    """A city's coefficients, at every size of history that it has.

    Parameters
    ----------
    wanted : sequence of int
        Sizes, ascending.
    tell : callable
        Told how many rungs are done, and of how many.

    Raises
    ------
    BadInput
        When there is no rung that at least ``config.share.least`` learners speak of.
    """
    at = np.sort(tables.stamps[AT].to_numpy(np.int64))
    cuts = [int(midnight(at[[int(len(at) * share)]], tables.city.time_zone)[0]) for share in MOMENTS] if len(at) else []
    rungs, sizes = [], [size for size in wanted if any((at < cut).sum() >= size for cut in cuts)]
    for place, size in enumerate(sizes):
        tell(place, len(sizes))
        after = [cut for cut in cuts if (at < cut).sum() >= size]
        several = [one for cut in after for one in _choices_after(tables, cut, size, config) if len(one)]
        if several and len(np.unique(np.concatenate([one.learner for one in several]))) >= config.share.least:
            rungs.append(_rung(size, several, config))
    tell(len(sizes), len(sizes))
    if not rungs:
        raise BadInput(
            f"{tables.city.id}: nothing to share: {wanted[0]} stamps with choices by {config.share.least} learners "
            f"in the {DAYS} days after them are needed"
        )
    return Coefficients(tables.city.id, version("leerlijn"), settings_digest(config), tuple(rungs))


def settings_digest(config: Config) -> str:
    """Eight hexadecimal digits of the settings that shape what the sources say."""
    text = json.dumps({name: asdict(getattr(config, name)) for name in SHAPING}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _choices_after(tables: Tables, cut: int, size: int, config: Config) -> Iterator[Choices]:
    """Choices in a city that has just begun at a moment, and in small ones."""
    at = tables.stamps[AT].to_numpy(np.int64)
    before = np.flatnonzero(at < cut)
    order = before[np.lexsort((tables.stamps[LEARNER].to_numpy()[before], at[before]))]
    after = (at >= cut) & (at < cut + DAYS * DAY)
    latest = np.zeros(len(at), dtype=np.bool_)
    latest[order[-size:]] = True
    yield _choices(_with_stamps(tables, latest | after), cut, MOST, config)
    counts = tables.stamps[LEARNER].iloc[before].value_counts().sort_index()
    names = np.random.default_rng(config.seed).permutation(counts.index.to_numpy())
    group = (np.cumsum(counts[names].to_numpy()) - 1) // size
    for number in range(min(GROUPS, int(counts.sum()) // size)):
        own = tables.stamps[LEARNER].isin(names[group == number]).to_numpy()
        yield _choices(_with_stamps(tables, own & (at < cut + DAYS * DAY)), cut, MOST // GROUPS, config)


def _with_stamps(tables: Tables, which: Bool) -> Tables:
    return replace(tables, stamps=tables.stamps[which].reset_index(drop=True))


def _choices(tables: Tables, cut: int, most: int, config: Config) -> Choices:
    model, encoder = fit_model(known_at(tables, cut), config)
    aligned = align(model, encoder, catalogue_from(tables), config.similar.neighbours)
    return observed_choices(tables, aligned, cut, most, ALTERNATIVES, config.seed)


def _rung(size: int, several: list[Choices], config: Config) -> Rung:
    choices = Choices(*(np.concatenate([getattr(one, entry.name) for one in several]) for entry in fields(Choices)))
    defaults = {**asdict(config.weights), **CONTEXT_WEIGHTS}
    values, information = estimate(choices, np.array([defaults[name] for name in LEARNED]))
    return Rung(size, len(choices), len(np.unique(choices.learner)), LEARNED, values, information)
