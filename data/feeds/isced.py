"""Fields of education and training (ISCED-F 2013) as themes: a narrower field without a line takes its broader one's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from data.feeds.mapping import CategoryMapping, load
from data.feeds.said import listed, text_of

_CODE = re.compile(r"isced-?f[^0-9]*(?:2013[^0-9]*)?(\d{2,4})\b", re.IGNORECASE)
_FIELDS = ("about", "educationalAlignment", "teaches", "subjectOf")


def broader(code: str) -> tuple[str, ...]:
    """``0213`` stands below ``021``, that below ``02``."""
    return (code[:-1],) if len(code) > 2 else ()


def mapping(own: Path | None = None) -> CategoryMapping:
    """Our words for the fields."""
    return load("isced", broader=broader, own=own)


def codes_in(record: Mapping[str, object]) -> Iterator[str]:
    """Codes of fields that an event or course names, as an address or as a term with a code."""
    for name in _FIELDS:
        for part in listed(record.get(name)):
            values = part.values() if isinstance(part, Mapping) else [part]
            text = " ".join(text_of(value) for value in values)
            found = _CODE.search(text)
            if found:
                yield found[1]
            elif isinstance(part, Mapping) and "isced" in text.lower() and text_of(part.get("termCode")).isdigit():
                yield text_of(part["termCode"])


def concepts(vocabulary: object) -> list[tuple[str, str]]:
    """Code and label of every field of a published list."""
    return [
        (text_of(one.get("code")), text_of(one.get("label"))) for one in listed(vocabulary) if isinstance(one, Mapping)
    ]
