"""Two configurations side by side behind the same cuts: figures of both, and the paired difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from data.home import Home
from data.tables import Tables
from recommender.errors import BadInput
from recommender.release import load_release
from training.assess import config_of
from training.config import Config, load_config
from training.evaluation.kept import config_digest
from training.evaluation.plain import count, iso
from training.evaluation.results import MAIN, cells_of, leads
from training.evaluation.run import Progress, measurements, say_nothing
from training.evaluation.verdict import ENGINE, SERVED

SCHEMA = "leerlijn-comparison/1"


def named(what: str, home: Home, city: str) -> Config:
    """The settings behind a name: a TOML file, a release of the city, ``current`` or ``shipped``.

    Raises
    ------
    BadInput
        When it is none of these.
    """
    if what == "shipped":
        return Config()
    if what == "current":
        folder = home.current(city)
        if folder is None:
            raise BadInput(f"city {city!r} has no release in service to compare with")
        return config_of(load_release(folder))
    if what.endswith(".toml"):
        return load_config(Path(what))
    folder = home.releases(city) / what
    if not (folder / "manifest.json").is_file():
        names = sorted(path.parent.name for path in home.releases(city).glob("*/manifest.json"))
        raise BadInput(
            f"{what!r} is no TOML file, not 'current' or 'shipped', and no release of {city}; "
            f"there {'are ' + ', '.join(names) if names else 'is none yet'}"
        )
    return config_of(load_release(folder))


def compare(
    tables: Tables,
    one: Config,
    other: Config,
    names: tuple[str, str],
    cut: int | None = None,
    progress: Progress = say_nothing,
    kept: Path | None = None,
) -> dict[str, Any]:
    """Measure two configurations on the same learners at the same moments.

    Parameters
    ----------
    one, other : Config
        The first one's evaluation settings count.
    names : (str, str)
        What the results call them.
    cut, progress, kept
        As for ``evaluate``.

    Returns
    -------
    dict
        Plain values; schema ``leerlijn-comparison/1``. ``differences`` holds the first minus the second.

    Raises
    ------
    BadInput
        When nothing can be evaluated, or fewer people than may be shown were tested.
    """
    with threadpool_limits(1, "blas"):
        work = measurements(tables, one, cut, kept)
        _, engines = work.take([one, other], progress, simple=False)
        ours, theirs = (work.together(measured) for measured in engines)
        settings, seed = one.evaluation, one.seed
        draws, smallest = settings.bootstrap, settings.smallest_cell
        if len(ours.learners) < smallest:
            raise BadInput(f"fewer than {smallest} learners did something new after the cuts: too few to compare on")
        return {
            "schema": SCHEMA,
            "city": {"id": tables.city.id, "time_zone": tables.city.time_zone},
            "main": MAIN,
            "learners": count(len(ours.learners)),
            "cuts": [{"cut": iso(cut.at), "until": iso(cut.until)} for cut in work.cuts.cuts],
            "a": {"name": names[0], "config": config_digest(one.as_dict())},
            "b": {"name": names[1], "config": config_digest(other.as_dict())},
            "models": {
                side: {name: cells_of(own, name, draws, seed, smallest) for name in (ENGINE, SERVED)}
                for side, own in (("a", ours), ("b", theirs))
            },
            "differences": {name: leads(ours, theirs, draws, seed, smallest, name) for name in (ENGINE, SERVED)},
        }
