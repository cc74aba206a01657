"""One city of many: read, compared with the release it has, fitted when that is out of date, and written."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from data.folder import read_folder
from data.home import ERASURES, Home
from data.store import Store, digest
from data.tables import Tables
from recommender.errors import BrokenRelease, LeerlijnError
from recommender.release import load_release, save_release
from training.config import Config
from training.evaluation.kept import Kept
from training.fit import fit, same_config, this_version
from training.privacy.asking import paid
from training.privacy.model import agenda_of
from training.publish import MANIFEST
from training.scale.engine import Engine
from training.scale.history import History, InMemory
from training.scale.reading import from_folder, from_store

TRAINED, UP_TO_DATE, FAILED = "trained", "up to date", "failed"


@dataclass(frozen=True)
class Job:
    """What there is to do for one city; small enough to send to another machine.

    Attributes
    ----------
    city : str
        Id.
    folder : Path or None
        Where its files are; None for a city in the store.
    home : Path
        ``LEERLIJN_HOME``: its release goes there.
    database : str or None
        Address of the store; None for the one in ``home``.
    config : Config
    anew : bool
        True fits also where nothing changed.
    large : bool
        True reads its stamps part by part.
    """

    city: str
    folder: Path | None
    home: Path
    database: str | None
    config: Config
    anew: bool = False
    large: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a city.

    ``said`` is the name of its release, or why there is none. ``stamps`` is 0 where the city could not be read.
    """

    city: str
    state: str
    said: str
    seconds: float = 0.0
    stamps: int = 0


def train_city(job: Job, tell: Callable[[str], None] = lambda step: None, engine: Engine | None = None) -> Outcome:
    """Train one city; whatever goes wrong becomes an outcome, because other cities are not to blame.

    Parameters
    ----------
    tell : callable
        Told each step when it begins.
    engine : Engine, optional
        Where the largest step of a large city is shared out.
    """
    started = time.perf_counter()
    try:
        with _opened(job) as (tables, history, erased):
            return _train(job, tables, history, erased, tell, engine)
    except Exception as error:
        return Outcome(job.city, FAILED, why(error), time.perf_counter() - started)


def why(error: BaseException) -> str:
    """One line on what went wrong, without a value that could be somebody's."""
    if isinstance(error, LeerlijnError):
        return str(error)
    if isinstance(error, DBAPIError):
        return f"the database refused: {type(error.orig).__name__}: {(str(error.orig).splitlines() or [''])[0]}"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return "not enough memory; train fewer cities at once with --jobs"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}; the whole story: python -m training train for this city alone"


@contextmanager
def _opened(job: Job) -> Iterator[tuple[Tables, History, int]]:
    """A city, its stamps, and how many were erased from it; counted first, so that whoever is erased meanwhile makes this
    an old release.
    """
    home, aside = Home(job.home), Home(job.home).releases(job.city).parent / "stamps-meanwhile"
    # A private release is made from tables: it looks at few stamps of each learner.
    large = job.large and not job.config.privacy.epsilon
    if job.folder is not None and large:
        with from_folder(job.folder, aside) as (tables, history):
            yield tables, history, 0
    elif job.folder is not None:
        tables = read_folder(job.folder)
        yield tables, InMemory(tables), 0
    else:
        with Store(job.database or home.store_url) as store:
            erased = store.erased(job.city)
            if large:
                with from_store(store, job.city, aside) as (tables, history):
                    yield tables, history, erased
            else:
                tables = store.load(job.city, counting=True)
                yield tables, InMemory(tables), erased


def _train(
    job: Job, tables: Tables, history: History, erased: int, tell: Callable[[str], None], engine: Engine | None
) -> Outcome:
    started, home = time.perf_counter(), Home(job.home)
    if tables.city.id != job.city:
        raise LeerlijnError(f"asked for city {job.city!r}, and {tables.city.id!r} came")
    # A private release knows its agenda alone, and costs: it is made anew when that changed.
    whole, (_, stamps) = history.digest(), history.sizes()
    fingerprint = digest(agenda_of(tables)) if job.config.privacy.epsilon else whole
    if not job.anew and (name := _up_to_date(home, job, fingerprint, erased)):
        return Outcome(job.city, UP_TO_DATE, name, time.perf_counter() - started, stamps)
    asking = paid(home, tables, job.config, int(time.time()))
    release = fit(tables, job.config, tell, engine, asking, history)
    created = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    times: dict[str, Any] = {"created": created, "seconds": round(time.perf_counter() - started, 3)}
    if job.folder is None:
        times[ERASURES] = erased
    name = save_release(release, home.releases(job.city), created, times).name
    # What was measured on other data, and releases that knew somebody who was erased, go as after ``train``.
    Kept(home.measured(job.city), whole, "").prune()
    home.forget(job.city, erased)
    return Outcome(job.city, TRAINED, name, time.perf_counter() - started, stamps)


def _up_to_date(home: Home, job: Job, fingerprint: str, erased: int) -> str:
    """Name of the newest release when it is whole and was fitted by this version on this data with these settings; else ``""``."""
    folders = sorted(path.parent for path in home.releases(job.city).glob(f"*/{MANIFEST}"))
    if not folders:
        return ""
    newest = folders[-1]
    try:
        manifest: Mapping[str, Any] = json.loads((newest / MANIFEST).read_bytes())
        made_of = manifest.get("data"), manifest.get("config"), manifest.get("version")
        if made_of != (fingerprint, same_config(job.config), this_version()):
            return ""
        if home.before_erasure(job.city, newest.name, erased):
            return ""
        load_release(newest)
    except (BrokenRelease, OSError, ValueError):
        return ""
    return newest.name
