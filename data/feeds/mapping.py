"""Tables that anybody can edit: a city's own categories and words on one side, our themes and domains on the other."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data.columns import THEME, THEMES
from data.feeds.spanish import plain
from data.tables import frame_of
from data.words import weights
from recommender.city import DOMAINS, FORMS
from recommender.errors import BadInput

FOLDER = Path(__file__).parent / "mappings"


@dataclass(frozen=True)
class CategoryMapping:
    """What a city's categories, title words and venue names mean.

    Attributes
    ----------
    themes : DataFrame
        The city's theme list, canonical.
    categories : mapping of str to (themes, form)
        ``themes`` as weights (``talks;history``), ``form`` may be ``""``.
    words : mapping of ``title`` or ``venue`` to such a mapping
        Words are plain (see ``plain``) and begin a word of the title or of the venue's name.
    domains : tuple of (word, domain)
        The first word that stands in a venue's name decides.
    """

    themes: pd.DataFrame
    categories: Mapping[str, tuple[str, str]]
    words: Mapping[str, Mapping[str, tuple[str, str]]]
    domains: tuple[tuple[str, str], ...]

    def of_category(self, category: str) -> tuple[str, str]:
        """Themes and form of a category path such as ``Musica/Zarzuela``: its own, else its broader category's."""
        while category and category not in self.categories:
            category = category.rpartition("/")[0]
        return self.categories.get(category, ("", ""))

    def of_words(self, where: str, name: str) -> tuple[str, str]:
        """Themes and form of all known words in a ``title`` or in the name of a ``venue``."""
        text = plain(name)
        found = [meaning for word, meaning in self.words[where].items() if re.search(rf"\b{re.escape(word)}", text)]
        merged: dict[str, float] = {}
        for themes, _ in found:
            for name, weight in weights(themes):
                merged[name] = max(weight, merged.get(name, 0.0))
        return ";".join(f"{name}:{weight:g}" for name, weight in merged.items()), next((f for _, f in found if f), "")

    def domain(self, venue: str) -> str:
        """The domain of a venue by its name, ``""`` when no word tells."""
        text = plain(venue)
        return next((domain for word, domain in self.domains if word in text), "")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load(city: str, folder: Path = FOLDER) -> CategoryMapping:
    """The mapping tables of a city: ``<city>.csv``, ``<city>_themes.csv`` and ``<city>_venues.csv``.

    Raises
    ------
    BadInput
        Naming file, line, value and expectation, for a theme, form or domain that does not exist.
    """
    themes = frame_of(THEMES, _rows(folder / f"{city}_themes.csv"))
    known = set(themes[THEME])
    meanings: dict[str, dict[str, tuple[str, str]]] = {"category": {}, "title": {}, "venue": {}}
    for line, row in enumerate(_rows(folder / f"{city}.csv"), start=2):
        source = f"{city}.csv, line {line}"
        unknown = [name for name, _ in weights(row["themes"]) if name not in known]
        if unknown:
            raise BadInput(f"{source}: theme {unknown[0]!r} does not stand in {city}_themes.csv")
        if row["form"] not in (*FORMS, ""):
            raise BadInput(f"{source}: form {row['form']!r} is none of {', '.join(FORMS)}")
        if row["where"] not in meanings:
            raise BadInput(f"{source}: where {row['where']!r} is none of {', '.join(meanings)}")
        meanings[row["where"]][row["match"]] = (row["themes"], row["form"])
    domains = []
    for line, row in enumerate(_rows(folder / f"{city}_venues.csv"), start=2):
        if row["domain"] not in DOMAINS:
            raise BadInput(f"{city}_venues.csv, line {line}: {row['domain']!r} is none of {', '.join(DOMAINS)}")
        domains.append((row["word"], row["domain"]))
    return CategoryMapping(themes, meanings.pop("category"), meanings, tuple(domains))
