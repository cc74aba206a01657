"""Types of NDTRC, the Dutch exchange format of tourist information: ``Workshop (2.3.15)`` below ``Evenementen (2.3)``.

The codes of the types do not tell what stands above them (``Rommelmarkt (2.4.6)`` stands below ``2.3``): the published
list does, by its order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from data.feeds.content import decoded, read_bytes
from data.feeds.mapping import Broader, CategoryMapping, by_path, load

_LINE = re.compile(r"(.+?)\s*\((\d+(?:\.\d+)+)\)\s*")


def concepts(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Code, label and broader code of every line of a published list; other lines are comments."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    group: tuple[str, ...] = ()
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match and match[2].count(".") == 1:
            group = (match[2],)
            found.append((match[2], match[1], ()))
        elif match:
            found.append((match[2], match[1], group))
    return found


def hierarchy(texts: Sequence[str]) -> Broader:
    """Broader types as the lists say; a type that stands in two places has two."""
    above: dict[str, tuple[str, ...]] = {}
    for text in texts:
        for code, _, up in concepts(text):
            above[code] = (*above.get(code, ()), *up)
    return lambda code: above.get(code, ())


def mapping(own: Path | None = None) -> CategoryMapping:
    """Our words for the types, with the lists in a city's folder as their hierarchy."""
    files = sorted(own.glob("NDTRC*.txt")) if own and own.is_dir() else []
    texts = [decoded(read_bytes(file), file.name, otherwise="cp1252") for file in files]
    return load("ndtrc", broader=hierarchy(texts) if texts else by_path, own=own)
