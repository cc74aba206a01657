"""Which settings suit a city: a small search on its own later choices, with a budget in seconds.

Only stamps before the evaluation's cut are looked at, so nothing is chosen on what the evaluation tests. What was
found is written as settings; a fit with those settings is as repeatable as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from data.tables import Tables
from recommender.errors import BadInput
from training.config import Config
from training.evaluation.cut import choose_cut, known_at
from training.fit import learn_weights

TRIALS: tuple[tuple[str, str, float], ...] = (
    ("als", "regularisation", 30.0),
    ("als", "regularisation", 300.0),
    ("als", "alpha", 10.0),
    ("als", "alpha", 100.0),
    ("als", "factors", 64),
    ("metadata", "ridge", 1.0),
    ("metadata", "ridge", 3.0),
    ("similar", "neighbours", 100),
    ("popular", "days", 10.0),
    ("popular", "days", 60.0),
    ("als", "regularisation", 10.0),
    ("metadata", "ridge", 10.0),
)
"""One setting changed at a time, the most promising first; a change that helps stays for the trials after it."""


@dataclass(frozen=True)
class Trial:
    """What was tried and what it brought: mean log-likelihood per held-out choice, higher is better."""

    setting: str
    value: float
    likelihood: float
    kept: bool


def search(tables: Tables, config: Config, more_time: Callable[[], bool]) -> Iterator[tuple[Config, Trial]]:
    """Try settings for as long as there is time.

    Parameters
    ----------
    more_time : callable
        Asked before every trial but the first; False ends the search.

    Yields
    ------
    Config, Trial
        The best settings so far, and what was just tried; first the settings given.

    Raises
    ------
    BadInput
        When there are too few choices to tell settings apart.
    """
    past = known_at(tables, choose_cut(tables, config.evaluation.test_share))
    learned = learn_weights(past, config)
    if learned.held_out is None:
        raise BadInput(f"{learned.choices} choices are too few to search on; the shipped settings stay")
    best, likelihood = config, learned.held_out
    yield best, Trial("settings given", 0.0, likelihood, True)
    for section, name, value in TRIALS:
        if getattr(getattr(best, section), name) == value:
            continue
        if not more_time():
            return
        tried = replace(best, **{section: replace(getattr(best, section), **{name: value})})
        held_out = learn_weights(past, tried).held_out
        kept = held_out is not None and held_out > likelihood
        if held_out is not None and kept:
            best, likelihood = tried, held_out
        yield best, Trial(f"{section}.{name}", value, held_out or 0.0, kept)


def as_toml(config: Config) -> str:
    """Settings as TOML text; reading it back gives an equal config."""
    plain = [
        f"{entry.name} = {_word(getattr(config, entry.name))}"
        for entry in fields(config)
        if not _section(config, entry.name)
    ]
    parts = ["\n".join(plain)]
    for entry in fields(config):
        if _section(config, entry.name):
            section = getattr(config, entry.name)
            values = {own.name: getattr(section, own.name) for own in fields(section)}
            lines = [f"{name} = {_word(value)}" for name, value in values.items() if value is not None]
            if lines:
                parts.append("\n".join([f"[{entry.name}]", *lines]))
    return "\n\n".join(parts) + "\n"


def _section(config: Config, name: str) -> bool:
    return is_dataclass(getattr(config, name))


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_word(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_word, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else repr(value)
