"""Where is least to choose from, for whom, and what would help most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.pages.desk.choice import Choice, band_value
from data.pages.desk.say import Part, Say

MOST = 30


@dataclass(frozen=True)
class Figure:
    """A label and what stands behind it."""

    label: str
    value: str


@dataclass(frozen=True)
class Help:
    """An activity that would help: what it is, what it brings, and where it can be tried with other values."""

    what: str
    gain: Sequence[Figure]
    address: str


@dataclass(frozen=True)
class Place:
    """A neighbourhood and an age band in words.

    Attributes
    ----------
    area, band, group, people : str
        Where, for which ages, the same as people are called, and how many there are.
    choose_from, short, cause : str
        How much there is to choose from; the share with too little; what keeps most of it out of reach, or ``""``.
    help : Help or None
        What would help most.
    """

    area: str
    band: str
    group: str
    people: str
    choose_from: str
    short: str
    cause: str
    help: Help | None


def places(opportunity: Part, say: Say, choice: Choice, what_if: str) -> list[Place]:
    """The neighbourhoods and bands that fit a choice, the one with least first; at most ``MOST``.

    Parameters
    ----------
    what_if : str
        Address of the page where an addition can be tried.
    """
    found = [
        one
        for one in sorted(opportunity.get("deserts", ()), key=lambda one: int(one["rank"]))
        if choice.area in ("", one["area"]) and choice.age in ("", band_value(one["band"]))
    ]
    return [_place(one, say, choice, what_if) for one in found[:MOST]]


def _place(one: Part, say: Say, choice: Choice, what_if: str) -> Place:
    cause, keeps = one["cause"], one["keeps_out"]
    known = {name: say.figures.number(value, 0) for name, value in keeps.items() if value is not None}
    return Place(
        area=say.area(one["area"]),
        band=say.band(one["band"]),
        group=say.group(one["band"]),
        people=say.people(one["n"]),
        choose_from=say.choose_from(one["activities"]),
        short=say.share(one["supply"]),
        cause=say.messages.text("cause", cause, minutes=f"{say.asked['minutes']:g}", **known) if cause else "",
        help=help_of(one["suggestion"], say, choice, what_if) if one.get("suggestion") else None,
    )


def help_of(suggestion: Part, say: Say, choice: Choice, what_if: str) -> Help:
    """A suggestion in words."""
    addition = suggestion["addition"]
    address = what_if + choice.but(theme="").query(**fields_of(addition))
    return Help(say.addition(addition), [Figure(*line) for line in say.gain(suggestion["gain"])], address)


def fields_of(addition: Part) -> dict[str, str]:
    """The fields of the what-if form for an addition."""

    def number(value: Any) -> str:
        return "" if value is None else f"{value:g}"

    venue = addition.get("venue") or ""
    if not venue and addition.get("lat") is not None:
        venue = f"place:{addition['lat']:.5f},{addition['lon']:.5f}"
    return {
        "theme": addition["themes"][0]["theme"],
        "venue": venue,
        "weekday": number(addition["weekday"]),
        "hour": addition["hour"],
        "price": number(addition["price"]),
        "from": number(addition["age_min"]),
        "to": number(addition["age_max"]),
    }


def leads(opportunity: Part) -> Mapping[str, Any] | None:
    """The neighbourhood and band with least of all, None when there are none to tell of."""
    return min(opportunity.get("deserts", ()), key=lambda one: int(one["rank"]), default=None)
