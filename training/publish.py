"""From a trained release to the one in service, through the gate, and the way back.

A release goes live when it loads whole and the evaluation that judged this very release opened the gate. Where the gate
stays closed, the simplest model takes its place when nothing better is in service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.home import Home
from recommender.errors import BadInput, LeerlijnError
from recommender.release import Release, load_release
from training.config import Config
from training.evaluation.kept import model_settings
from training.evaluation.results import SCHEMA
from training.gate import sentences

MANIFEST = "manifest.json"
EVALUATION = "evaluation.json"
KNEW_SOMEBODY = "Not published: {} was made before somebody was erased. Train again: python -m training train"


class NotPublishedError(LeerlijnError):
    """The gate stays closed; the message says why and what to do."""


def find_release(path: Path) -> Path:
    """The folder of a release: ``path`` itself, or the newest release in it (names begin with their time).

    Raises
    ------
    BadInput
        When there is none.
    """
    if (path / MANIFEST).is_file():
        return path
    found = sorted(folder.parent for folder in path.glob(f"*/{MANIFEST}"))
    if not found:
        raise BadInput(f"{path}: no release here; make one with: python -m training train")
    return found[-1]


def read_evaluation(path: Path) -> dict[str, Any]:
    """The figures of an evaluation.

    Raises
    ------
    BadInput
        When the file is not there, not JSON or of another version.
    """
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"{path}: not there; evaluate first with: python -m training evaluate") from None
    except ValueError:
        raise BadInput(f"{path}: not JSON; evaluate again with: python -m training evaluate") from None
    if not isinstance(results, dict) or results.get("schema") != SCHEMA:
        raise BadInput(f"{path}: not of schema {SCHEMA}; evaluate again with: python -m training evaluate")
    return results


def belongs(release: Release, results: Mapping[str, Any]) -> None:
    """Whether an evaluation is about this release.

    Raises
    ------
    NotPublishedError
        With the sentence that says why it is not.
    """
    if release.manifest["city"] != results["city"]["id"]:
        raise NotPublishedError(
            f"Not published: the release is of city {release.manifest['city']!r}, the evaluation of "
            f"{results['city']['id']!r}."
        )
    trained, judged = (_whole(config) for config in (release.manifest["config"], results["config"]))
    if trained != judged:
        changed = sorted(key for key in {*trained, *judged} if trained.get(key) != judged.get(key))
        raise NotPublishedError(
            f"Not published: the evaluation was made with other settings ({', '.join(changed)}). "
            f"Evaluate again with the settings of the release."
        )
    looked_at = results.get("gate", {}).get("release")
    if looked_at != release.name:
        raise NotPublishedError(
            f"Not published: the evaluation looked at {looked_at or 'settings alone'}, not at {release.name}. "
            f"Evaluate again: python -m training evaluate"
        )


def _whole(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of the settings changes the model; a setting that came with a later version has its default."""
    whole = {
        key: {**value, **config.get(key, {})} if isinstance(value, dict) else config.get(key, value)
        for key, value in Config().as_dict().items()
    }
    return model_settings(whole)


def said_of(results: Mapping[str, Any]) -> str:
    """With which sentence a release goes live whose gate is open."""
    verdict = results["verdict"]
    if verdict["code"] == "too_few":
        return "Too few learners did something new to judge it; published unjudged."
    if verdict["code"] == "worse":
        return f"Published, but a simple list predicts better: {_names(verdict['beaten_by'])}."
    if verdict["code"] == "level":
        return f"It is not clearly better than {_names(verdict['level_with'])}, and not worse."
    return f"It predicts better than {_names(verdict['beats'])}."


def publish(
    home: Home,
    city: str,
    name: str | None = None,
    unjudged: bool = False,
    erased: int = 0,
    make_simple: Callable[[Mapping[str, Any]], str] | None = None,
) -> tuple[str, str]:
    """Put a release in service when the gate is open; the simplest one instead, where the gate says so.

    Parameters
    ----------
    home : Home
        Where the city's releases and reports are.
    city : str
        Id.
    name : str or None
        Which release; None takes the newest.
    unjudged : bool
        True skips the evaluation, for a city that has too few stamps to make one.
    erased : int
        How many people were erased from the city so far. A release made before the last of them stays closed, and
        those that remain are removed.
    make_simple : callable, optional
        Told the config of the evaluation; fits and saves the simplest release and gives its name. Without it nothing
        goes live while the gate is closed.

    Returns
    -------
    name, sentence : str

    Raises
    ------
    BadInput
        When there is no release or no evaluation.
    BrokenRelease
        When a file of the release is missing or changed.
    NotPublishedError
        When the gate stays closed.
    """
    folder = find_release(home.releases(city) / name if name else home.releases(city))
    release = load_release(folder)
    if home.before_erasure(city, folder.name, erased):
        raise NotPublishedError(KNEW_SOMEBODY.format(folder.name))
    sentence = "Published without an evaluation, as asked."
    if not unjudged:
        results = read_evaluation(home.reports(city) / EVALUATION)
        belongs(release, results)
        gate = results["gate"]
        sentence = said_of(results)
        if not gate["open"]:
            sentence = " ".join(sentences(gate, "en"))
            if gate["instead"] != "simple" or make_simple is None:
                raise NotPublishedError(f"Not published: {folder.name}. {sentence}")
            folder = home.releases(city) / make_simple(results["config"])
            load_release(folder)
    home.point(city, folder.name)
    home.forget(city, erased)
    return folder.name, sentence


def rollback(home: Home, city: str, erased: int = 0) -> str:
    """Put the release before the current one back in service, if it still loads whole; returns its name.

    Parameters
    ----------
    erased : int
        As for ``publish``.

    Raises
    ------
    BadInput
        When there is nothing to go back to.
    BrokenRelease
        When the earlier release is damaged; the current one stays.
    NotPublishedError
        When the earlier release knew somebody who was erased since.
    """
    earlier = [name for name in home.published(city)[1:] if (home.releases(city) / name).is_dir()]
    if earlier:
        if home.before_erasure(city, earlier[0], erased):
            raise NotPublishedError(KNEW_SOMEBODY.format(earlier[0]))
        load_release(home.releases(city) / earlier[0])
    return home.rollback(city)


def _names(models: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in models)
