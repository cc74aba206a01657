"""Records with everything struck out that could tell who they are about: only fields known to be harmless stay.

What stays is named, not what goes: a field that nobody thought of is struck out too. And what looks like a mail
address or a number of a person, or repeats what was struck out, does not stay under any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

STRUCK = "(struck out)"
Shown: TypeAlias = Mapping[str, "Shown | re.Pattern[str]"]
"""Names of fields that stay, each with those below it, or with what a plain value must look like to stay."""

MOMENT = re.compile(r"[\d:.TZ+-]{4,35}")
COUNT = re.compile(r"-?\d{1,6}")
ADDRESS = re.compile(r"[\w:./#?=&%~+-]{1,200}")
"""Ids, addresses and words of a vocabulary: no spaces, no sign of a mail address."""
WORDS = re.compile(r"[^@]{1,200}")

_MAIL = re.compile(r"[^\s/]@[^\s/]")
# National numbers, card numbers and telephone numbers; days and times of ISO 8601 have fewer digits in a row.
_NUMBER = re.compile(r"(?:\d[.\-]?){9,}")
_NAME = re.compile(r"[^\W\d_]{3,}")
_CERTAIN = 6
_TAIL = 4
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


def words_of(text: str) -> frozenset[str]:
    """The words of a text that may be names, in small letters."""
    return frozenset(_NAME.findall(text.lower()))


def names_of(*values: Any) -> frozenset[str]:
    """What identifies somebody, in small letters: every text in some values, the words of names and of mail
    addresses, and the last part of other addresses.
    """
    found: set[str] = set()
    for text in scalars(list(values)):
        plain = text.strip().lower()
        found.add(plain)
        if "@" in plain:
            mail = plain.removeprefix("mailto:")
            found |= {mail} | words_of(mail.partition("@")[0])
        elif ":" in plain or "/" in plain:
            tail = re.split(r"[/:#]", plain.rstrip("/"))[-1]
            found |= {tail} if len(tail) >= _TAIL else set()
        else:
            found |= words_of(plain)
    return frozenset(name for name in found if len(name) > 1)


def tells_who(text: str, names: Iterable[str]) -> bool:
    """Whether a text looks like a person's mail address or number, or holds something that identifies one.

    Names, and what is short, count as words of their own only: "Jan" is not in "January".
    """
    plain = text.lower()
    if _MAIL.search(plain) or _NUMBER.search(plain):
        return True
    return any(_is_in(name, plain) for name in names)


def _is_in(name: str, plain: str) -> bool:
    if not name.isalpha() and len(name) >= _TAIL:
        return name in plain
    return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", plain) is not None


def holds(text: str, names: Iterable[str]) -> bool:
    """Whether an id holds a mail address, a person's name, or a number of theirs that is no chance likeness."""
    plain = text.lower()
    certain = (name for name in names if name.isalpha() or len(name) >= _CERTAIN)
    return _MAIL.search(plain) is not None or any(_is_in(name, plain) for name in certain)


def struck(record: Any, shown: Shown | re.Pattern[str], names: frozenset[str]) -> Any:
    """A record, or a part of it, with only what may stay.

    Parameters
    ----------
    record : anything that JSON can say
    shown : mapping or pattern
        What stays of it; a pattern for a plain value or a list of them.
    names : set of str
        What identifies the person, from ``names_of``.
    """
    if isinstance(record, list):
        return [struck(part, shown, names) for part in record[:_MOST]]
    if isinstance(record, Mapping):
        if isinstance(shown, re.Pattern):
            return STRUCK
        kept = {key: struck(part, shown[key], names) for key, part in record.items() if key in shown}
        left = len(record) - len(kept)
        return kept | ({"more": f"{left} {STRUCK}"} if left else {})
    if record is None or isinstance(record, bool):
        return record
    harmless = isinstance(shown, re.Pattern) and shown.fullmatch(str(record)) and not tells_who(str(record), names)
    return record if harmless or record == "" else STRUCK
