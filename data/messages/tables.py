"""The message tables: reading them, choosing a language, looking up one sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from recommender.errors import UnknownName

FOLDER = Path(__file__).parent
LAST_RESORT = "en"


@dataclass(frozen=True, eq=False)
class Messages:
    """One language's sentences.

    Attributes
    ----------
    lang : str
        Language code, the name of the file.
    table : mapping
        The file as read: groups of sentences with ``{placeholders}``.
    """

    lang: str
    table: Mapping[str, Any]

    def entry(self, group: str, key: str) -> Any:
        """What stands at a key of a group such as ``"page"`` or ``"relax.button"``.

        Raises
        ------
        UnknownName
            When the table has no such key.
        """
        here: Any = self.table
        for part in (*group.split("."), key):
            if not isinstance(here, Mapping) or part not in here:
                raise UnknownName("message", f"{group}.{key} ({self.lang})")
            here = here[part]
        return here

    def has(self, group: str, key: str) -> bool:
        """Whether a group holds a key."""
        try:
            self.entry(group, key)
        except UnknownName:
            return False
        return True

    def text(self, group: str, key: str, **values: object) -> str:
        """One sentence with its placeholders filled.

        An entry may be a list of sentences; then the first one of which every placeholder has a value wins.
        """
        entry = self.entry(group, key)
        variants = [entry] if isinstance(entry, str) else entry
        return next(v for v in variants if placeholders(v) <= values.keys()).format(**values)

    def count(self, group: str, key: str, count: int, **values: object) -> str:
        """The sentence ``<key>_one`` or ``<key>_other``, whichever fits a number."""
        return self.text(group, f"{key}_one" if count == 1 else f"{key}_other", count=count, **values)


@cache
def placeholders(sentence: str) -> frozenset[str]:
    """The names between braces: ``{"minutes"}`` for ``"{minutes} minuten"``."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Codes of the languages that exist, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


@cache
def choose(lang: str, preferred: Sequence[str] = (), folder: Path = FOLDER) -> str:
    """The language to answer in.

    Parameters
    ----------
    lang : str
        What was asked for; ``nl-BE`` and ``NL`` count as ``nl``. May be ``""``.
    preferred : tuple of str
        The city's languages, tried in order when the one asked for does not exist. Then comes English.
    folder : Path
        Where the language files are.
    """
    known = languages(folder)
    short = (code.replace("_", "-").split("-")[0].lower() for code in (lang, *preferred))
    return next((code for code in short if code in known), LAST_RESORT)


def load(lang: str, preferred: Sequence[str] = (), folder: Path = FOLDER) -> Messages:
    """The sentences of a language, or of the nearest one that exists (see ``choose``)."""
    return _load(lang, tuple(preferred), folder)


@lru_cache(maxsize=256)  # a request may name any language
def _load(lang: str, preferred: tuple[str, ...], folder: Path) -> Messages:
    return _read(folder / f"{choose(lang, preferred, folder)}.toml")


@cache
def _read(path: Path) -> Messages:
    return Messages(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
