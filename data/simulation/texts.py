"""What the simulated town is made of: names and texts, read from the TOML files beside this module."""

from __future__ import annotations

import csv
import io
import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

SLOT = re.compile(r"\{(\w+)\}")
PLACE = "bij"
_LANGUAGES = {"Turks": "tr", "Arabisch": "ar", "Pools": "pl", "Oekraïens": "uk"}


@dataclass(frozen=True)
class Idea:
    """A template that becomes many activities.

    Attributes
    ----------
    title, text : str
        With ``{slots}``; ``{bij}`` becomes the venue, as in "in De Leeshaven".
    kind, theme, also : str
        Key of ``kinds.toml``; main theme; second theme or ``""``.
    ages, where, seasons : tuple of str
        Keys of ``audiences.toml``, domains, and season names (empty: all year).
    lang : str
        ``nl``, another language, or a slot whose word names one.
    wet : bool
        Needs a swimming pool.
    mobile : bool
        Only for a lab that drives around.
    multilingual : bool
    choices : tuple of tuples of (slot, word)
        Every way to fill the slots.
    """

    title: str
    text: str
    kind: str
    theme: str
    also: str
    ages: tuple[str, ...]
    where: tuple[str, ...]
    seasons: tuple[str, ...]
    lang: str
    wet: bool
    mobile: bool
    multilingual: bool
    choices: tuple[tuple[tuple[str, str], ...], ...]

    def language(self, words: Mapping[str, str]) -> str:
        slot = SLOT.fullmatch(self.lang)
        return _LANGUAGES[words[slot[1]]] if slot else self.lang


def _read(name: str) -> str:
    return files("data.simulation").joinpath(name).read_text(encoding="utf-8")


def read_toml(name: str) -> dict[str, Any]:
    """One of the TOML files beside this module."""
    return tomllib.loads(_read(name))


def read_themes() -> list[dict[str, str]]:
    """The rows of ``themes.csv``, with ``near``: neighbouring themes across the branches of the tree."""
    return list(csv.DictReader(io.StringIO(_read("themes.csv"))))


def read_ideas() -> tuple[Idea, ...]:
    """Every idea of every theme, in the order of ``themes.csv`` and then of the file."""
    found: list[Idea] = []
    for row in read_themes():
        if not row["parent"]:
            continue
        given = read_toml(f"texts/{row['theme_id']}.toml")
        found += [_idea(row["theme_id"], record, given.get("slots", {})) for record in given["idea"]]
    return tuple(found)


def _idea(theme: str, record: Mapping[str, Any], shared: Mapping[str, list[str]]) -> Idea:
    names = [name for name in dict.fromkeys(SLOT.findall(record["title"] + record["text"])) if name != PLACE]
    words = [[(name, word) for word in record.get(name, shared.get(name, ()))] for name in names]
    return Idea(
        title=record["title"],
        text=record["text"],
        kind=record["kind"],
        theme=theme,
        also=record.get("also", ""),
        ages=tuple(record["ages"].split()),
        where=tuple(record["where"].split()),
        seasons=tuple(record.get("seasons", "").split()),
        lang=record.get("lang", "nl"),
        wet=record.get("wet", False),
        mobile=record.get("mobile", False),
        multilingual=record.get("multilingual", False),
        choices=tuple(itertools.product(*words)),
    )


def filled(template: str, words: Mapping[str, str]) -> str:
    """A template with its slots filled, starting with a capital (the Dutch ij counts as one letter)."""
    text = SLOT.sub(lambda slot: words[slot[1]], template)
    if text.startswith("ij"):
        return "IJ" + text[2:]
    text = text[:1].upper() + text[1:]
    return re.sub(r"([.?!] )([a-zé])", lambda found: found[1] + found[2].upper(), text)
