"""Every city of an installation, side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from training.config import Config
from training.scale.cities import Found
from training.scale.city import FAILED, Job, Outcome, train_city
from training.scale.engine import Engine, Lost

DATABASE = "LEERLIJN_DATABASE_URL"


def train_all(
    found: Sequence[Found],
    config: Config,
    home: Path,
    database: str | None,
    engine: Engine,
    anew: bool = False,
    tell: Callable[[str, str], None] = lambda city, step: None,
) -> Iterator[Outcome]:
    """Train cities, and say of each what became of it as soon as that is known.

    First those of which many fit beside each other, then the large ones one by one, each with everything there is.

    Parameters
    ----------
    found : sequence of Found
        Begun in this order.
    config : Config
        For all of them. Where cities are fewer than the engine's slots, each gets more threads.
    home : Path
        ``LEERLIJN_HOME``, the same folder for every process that works.
    database : str or None
        Address of the store, for processes of this machine; None for the one in ``home``. It may hold a password, so
        those of other machines take it from their own environment.
    engine : Engine
    anew : bool
        True trains also what is up to date.
    tell : callable
        Told a large city and its step.
    """
    for one in found:
        if one.trouble:
            yield Outcome(one.city, FAILED, one.trouble)
    usable = [one for one in found if not one.trouble]
    few = max(sum(not one.large for one in usable), 1)
    beside = replace(config, threads=config.threads or max(1, engine.slots // few))
    here = None if engine.elsewhere else database
    jobs = [
        Job(one.city, one.folder and one.folder.absolute(), home, here, beside, anew) for one in usable if not one.large
    ]
    for job, outcome in engine.each(_train_elsewhere if engine.elsewhere else train_city, jobs):
        yield Outcome(job.city, FAILED, f"the process died: {outcome}") if isinstance(outcome, Lost) else outcome
    for one in usable:
        if one.large:
            job = Job(one.city, one.folder and one.folder.absolute(), home, database, config, anew, large=True)
            yield train_city(job, partial(tell, one.city), engine)


def _train_elsewhere(job: Job) -> Outcome:
    return train_city(replace(job, database=os.environ.get(DATABASE)))
