"""Tables that anybody can edit: a vocabulary's codes and words on one side, our themes and domains on the other.

A code without a line of its own takes that of its broader code: the vocabulary's own hierarchy says which that is.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from data.columns import THEME, THEMES
from data.feeds.spanish import plain
from data.tables import frame_of
from data.words import split, weights
from recommender.city import DOMAINS, FORMS
from recommender.errors import BadInput

FOLDER = Path(__file__).parent / "mappings"
KINDS = ("category", "label", "title", "venue")
_START, _WORD = re.compile(r"\b\w"), re.compile(r"\w+")
Broader = Callable[[str], Sequence[str]]


class Meaning(NamedTuple):
    """What a code means to us: ``themes`` as weights, ``form``, ``access`` as a list, ``domain``; each may be ``""``."""

    themes: str = ""
    form: str = ""
    access: str = ""
    domain: str = ""


def by_path(category: str) -> tuple[str, ...]:
    """The broader one of ``Musica/Zarzuela`` is ``Musica``."""
    above = category.rpartition("/")[0]
    return (above,) if above else ()


def looked_up(text: str) -> str:
    """A text as words are looked up in it: plain words with a space behind each."""
    return "".join(f"{word} " for word in _WORD.findall(plain(text)))


def merged(texts: Iterable[str]) -> str:
    """Several weights as one, the greatest for each theme."""
    found: dict[str, float] = {}
    for text in texts:
        for name, weight in weights(text):
            found[name] = max(weight, found.get(name, 0.0))
    return ";".join(f"{name}:{weight:g}" for name, weight in found.items())


@dataclass(frozen=True)
class CategoryMapping:
    """What a vocabulary's codes, title words and venue names mean.

    Attributes
    ----------
    themes : DataFrame
        The city's theme list, canonical.
    categories : mapping of code to Meaning
    words : mapping of ``label``, ``title`` or ``venue`` to a mapping of word to Meaning
        Words are plain (see ``plain``) and begin a word of the label, title or venue's name; one with a space
        behind it is the whole word.
    domains : tuple of (word, domain)
        The first word that begins a word of a venue's name decides.
    broader : callable
        The broader codes of a code.
    """

    themes: pd.DataFrame
    categories: Mapping[str, Meaning]
    words: Mapping[str, Mapping[str, Meaning]]
    domains: tuple[tuple[str, str], ...]
    broader: Broader = field(default=by_path)

    @cached_property
    def _by_letter(self) -> Mapping[str, Mapping[str, list[tuple[str, Meaning]]]]:
        """Words by where they count and by their first letter: a long list of titles is looked up in a short time."""
        found: dict[str, dict[str, list[tuple[str, Meaning]]]] = {}
        for where, words in self.words.items():
            for word, meaning in words.items():
                if word:
                    found.setdefault(where, {}).setdefault(word[0], []).append((word, meaning))
        return found

    def find(self, code: str) -> Meaning | None:
        """What a code means: its own line, else that of the nearest broader code; None when there is none."""
        seen: set[str] = set()
        level = [code]
        while level:
            for name in level:
                if name in self.categories:
                    return self.categories[name]
            seen.update(level)
            level = [above for name in level for above in self.broader(name) if above not in seen]
        return None

    def of_category(self, category: str) -> tuple[str, str]:
        """Themes and form of a category path such as ``Musica/Zarzuela``: its own, else its broader category's."""
        meaning = self.find(category) or Meaning()
        return meaning.themes, meaning.form

    def of_words(self, where: str, name: str) -> tuple[str, str]:
        """Themes and form of all known words in a ``label``, a ``title`` or the name of a ``venue``."""
        text = looked_up(name)
        known = self._by_letter.get(where, {})
        places = [start.start() for start in _START.finditer(text)]
        begun = {
            word: meaning for at in places for word, meaning in known.get(text[at], ()) if text.startswith(word, at)
        }
        # In the order of the table, whatever the order in the text.
        found = [begun[word] for word in self.words.get(where, {}) if word in begun] if begun else []
        return merged(meaning.themes for meaning in found), next((m.form for m in found if m.form), "")

    def of_codes(self, codes: Iterable[tuple[str, str]], unmapped: Counter[str] | None = None) -> Meaning:
        """What several codes mean together.

        Parameters
        ----------
        codes : iterable of (code, label)
            A code that is not known is looked up by the words of its label.
        unmapped : Counter or None
            Counts the codes that mean nothing to us.
        """
        found = []
        for code, label in codes:
            meaning = self.find(code)
            if meaning is None:
                themes, form = self.of_words("label", label or code)
                meaning = Meaning(themes, form) if themes or form else None
            if meaning is not None:
                found.append(meaning)
            elif unmapped is not None:
                unmapped[f"{label} ({code})" if label and label != code else code] += 1
        return Meaning(
            merged(meaning.themes for meaning in found),
            next((meaning.form for meaning in found if meaning.form), ""),
            ";".join(dict.fromkeys(word for meaning in found for word in split(meaning.access))),
            next((meaning.domain for meaning in found if meaning.domain), ""),
        )

    def domain(self, venue: str) -> str:
        """The domain of a venue by its name, ``""`` when no word tells."""
        text = f" {looked_up(venue)}"
        return next((domain for word, domain in self.domains if f" {word}" in text), "")


def coverage(mapping: CategoryMapping, vocabulary: Iterable[tuple[str, str]]) -> tuple[int, int, list[str]]:
    """How much of a vocabulary is mapped.

    Returns
    -------
    own, broader : int
        Codes with a line of their own, and codes that take that of a broader one or of a word in their label.
    unmapped : list of str
        The others, as ``label (code)``.
    """
    own = above = 0
    unmapped: Counter[str] = Counter()
    for code, label in vocabulary:
        if code in mapping.categories:
            own += 1
        elif mapping.of_codes([(code, label)], unmapped) != Meaning():
            above += 1
    return own, above, sorted(unmapped)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _meaning(row: Mapping[str, str], known: set[str], source: str, themes_file: str) -> Meaning:
    unknown = [name for name, _ in weights(row["themes"]) if name not in known]
    if unknown:
        raise BadInput(f"{source}: theme {unknown[0]!r} does not stand in {themes_file}")
    if row["form"] not in (*FORMS, ""):
        raise BadInput(f"{source}: form {row['form']!r} is none of {', '.join(FORMS)}")
    domain = row.get("domain") or ""
    if domain not in (*DOMAINS, ""):
        raise BadInput(f"{source}: domain {domain!r} is none of {', '.join(DOMAINS)}")
    return Meaning(row["themes"], row["form"], row.get("access") or "", domain)


def load(
    name: str, folder: Path = FOLDER, broader: Broader = by_path, own: Path | None = None, words: str = ""
) -> CategoryMapping:
    """The mapping tables of a vocabulary.

    ``<name>.csv`` says what its codes and words mean, ``<name>_themes.csv`` (else ``themes.csv``) is the theme list,
    ``<name>_venues.csv`` (else ``venues.csv``) tells domains by words in names of venues.

    Parameters
    ----------
    name : str
    folder : Path
        The shipped tables.
    broader : callable
        The vocabulary's own hierarchy.
    own : Path or None
        A city's folder: a file of the same name in there takes the place of the shipped one.
    words : str
        A second table, whose words hold too.

    Raises
    ------
    BadInput
        Naming file, line, value and expectation, for a theme, form or domain that does not exist.
    """

    def file(wanted: str) -> Path:
        mine = own / wanted if own else None
        return mine if mine and mine.is_file() else folder / wanted

    themes_file, venues_file = file(f"{name}_themes.csv"), file(f"{name}_venues.csv")
    themes_file = themes_file if themes_file.is_file() else file("themes.csv")
    venues_file = venues_file if venues_file.is_file() else file("venues.csv")
    themes = frame_of(THEMES, _rows(themes_file))
    known = set(themes[THEME])
    meanings: dict[str, dict[str, Meaning]] = {kind: {} for kind in KINDS}
    for table in (file(f"{name}.csv"), *([file(f"{words}.csv")] if words else [])):
        for line, row in enumerate(_rows(table), start=2):
            source = f"{table.name}, line {line}"
            if row["where"] not in meanings:
                raise BadInput(f"{source}: where {row['where']!r} is none of {', '.join(meanings)}")
            meaning = _meaning(row, known, source, themes_file.name)
            meanings[row["where"]].setdefault(row["match"], meaning)
    domains = []
    for line, row in enumerate(_rows(venues_file), start=2):
        if row["domain"] not in DOMAINS:
            raise BadInput(f"{venues_file.name}, line {line}: {row['domain']!r} is none of {', '.join(DOMAINS)}")
        domains.append((row["word"], row["domain"]))
    return CategoryMapping(themes, meanings.pop("category"), meanings, tuple(domains), broader)
