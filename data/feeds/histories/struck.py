"""Records with everything struck out that could tell who they are about: only fields known to be harmless stay.

What stays is named, not what goes: a field that nobody thought of is struck out too. And what looks like a mail
address or a number of a person, or repeats what was struck out, does not stay under any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

STRUCK = "(struck out)"
Shown: TypeAlias = Mapping[str, "Shown | None"]
"""Names of fields that stay, each with those below it; None for a plain value."""

_MAIL = re.compile(r"[^\s/]@[^\s/]")
# National numbers, card numbers and telephone numbers; days and times of ISO 8601 have fewer digits in a row.
_NUMBER = re.compile(r"(?:\d[.\-]?){9,}")
_LONG = 200
_CERTAIN = 6
_MOST = 20


def scalars(value: Any) -> Iterator[str]:
    """All texts and numbers in a value, as text."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif value is not None and not isinstance(value, bool):
            yield str(value)


def names_of(*values: Any) -> frozenset[str]:
    """What identifies somebody, in small letters: every text in some values, and the last part of an address."""
    found: set[str] = set()
    for text in scalars(list(values)):
        plain = text.strip().lower()
        found |= {plain, plain.removeprefix("mailto:"), re.split(r"[/:#]", plain.rstrip("/"))[-1]}
    return frozenset(name for name in found if len(name) > 1)


def tells_who(text: str, names: Iterable[str]) -> bool:
    """Whether a text looks like a person's mail address or number, or holds something that identifies one.

    Short names count as words of their own only: "Jan" is not in "January".
    """
    plain = text.lower()
    if _MAIL.search(plain) or _NUMBER.search(plain):
        return True
    return any(
        name in plain if len(name) > 3 else re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain) is not None
        for name in names
    )


def holds(text: str, names: Iterable[str]) -> bool:
    """Whether an id holds a mail address, or something long enough to identify a person that does."""
    plain = text.lower()
    return _MAIL.search(plain) is not None or any(len(name) >= _CERTAIN and name in plain for name in names)


def struck(record: Any, shown: Shown | None, names: frozenset[str]) -> Any:
    """A record, or a part of it, with only what may stay.

    Parameters
    ----------
    record : anything that JSON can say
    shown : mapping or None
        What stays of it; None for a plain value or a list of them.
    names : set of str
        What identifies the person, from ``names_of``.
    """
    if isinstance(record, list):
        return [struck(part, shown, names) for part in record[:_MOST]]
    if isinstance(record, Mapping):
        if shown is None:
            return STRUCK
        kept = {key: struck(part, shown[key], names) for key, part in record.items() if key in shown}
        left = len(record) - len(kept)
        return kept | ({"more": f"{left} {STRUCK}"} if left else {})
    if record is None or isinstance(record, bool):
        return record
    if shown is not None or len(str(record)) > _LONG or tells_who(str(record), names):
        return STRUCK
    return record
