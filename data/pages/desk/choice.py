"""What a coordinator looks at: a release, a neighbourhood, an age band and a theme, all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

FIELDS = ("release", "area", "age", "theme")
LONGEST = 200
SHOWN = 60
"""So much of a strange value is repeated to whoever typed it."""


@dataclass(frozen=True)
class Option:
    """Something to choose: its value in the address, and what people read."""

    value: str
    label: str


@dataclass(frozen=True)
class Choice:
    """The choice in an address; ``""`` is everything, and of ``release`` the one in service.

    ``age`` is a band such as ``6-8``; ``lang`` is there only when somebody asked for a language.
    """

    lang: str = ""
    release: str = ""
    area: str = ""
    age: str = ""
    theme: str = ""

    def query(self, **more: str) -> str:
        """The choice, and more, as the query of an address; what is empty is left out. ``""`` when everything is."""
        values = {**vars(self), **more}
        found = urlencode({name: value for name, value in values.items() if value})
        return f"?{found}" if found else ""

    def but(self, **changes: str) -> Choice:
        """Another choice."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Offer:
    """What there is to choose from, field by field."""

    release: Sequence[Option] = ()
    area: Sequence[Option] = ()
    age: Sequence[Option] = ()
    theme: Sequence[Option] = ()

    def label(self, field: str, value: str) -> str:
        """What people read for a value; the value itself where it is not on offer."""
        return next((one.label for one in getattr(self, field) if one.value == value), value)

    def unknown(self, choice: Choice) -> dict[str, str]:
        """The fields whose value is not on offer, with the start of that value."""
        return {
            name: shown(getattr(choice, name))
            for name in FIELDS
            if getattr(choice, name) and getattr(choice, name) not in {one.value for one in getattr(self, name)}
        }


def shown(value: str) -> str:
    """The start of a strange value, to repeat to whoever typed it."""
    plain = "".join(letter if letter.isprintable() else " " for letter in value[:LONGEST])
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}…"


def band_value(band: Sequence[int]) -> str:
    """``[6, 8]`` → ``6-8``."""
    return f"{band[0]}-{band[1]}"


def read_choice(fields: Mapping[str, str], bands: Sequence[Sequence[int]]) -> Choice:
    """The choice in a query or a form. A single age, such as ``8``, stands for the band that holds it."""
    values = {name: fields.get(name, "").strip()[: LONGEST + 1] for name in ("lang", *FIELDS)}
    age = values["age"]
    if age.isascii() and age.isdecimal():
        values["age"] = next((band_value(band) for band in bands if band[0] <= int(age) <= band[1]), age)
    return Choice(**values)
