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
    """An activity that would help: what it is, what it brings, and where it can be tried with other values; ``other`` is
    the same on the theme of the reader's choice, ``""`` without one.
    """

    what: str
    gain: Sequence[Figure]
    address: str
    other: str = ""


@dataclass(frozen=True)
class Place:
    """A neighbourhood and an age band in words.

    Attributes
    ----------
    area, band, group, people : str
        Where, for which ages, the same as people are called, and how many there are.
    choose_from, short, cause : str
        How much there is to choose from; the share with too little; what keeps most of it out of reach, or ``""``.
    sentence, about : str
        What to say of it above everything, and how many people it is about.
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
    sentence: str
    about: str
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
    text, spread, cause = say.messages.text, one["activities"], one["cause"]
    known = {name: say.figures.number(value, 0) for name, value in one["keeps_out"].items() if value is not None}
    limits = {"minutes": f"{say.asked['minutes']:g}", "enough": say.asked["enough"]}
    # Nobody has anything, most have nothing, or there is enough after all: each is a sentence of its own.
    nothing = spread is not None and spread["median"] == 0
    key = "sentence_enough" if cause is None else "sentence_none" if nothing else "sentence"
    if choice.area and choice.age:  # nothing to be least among
        key = "sentence_one"
    area, group, short = say.area(one["area"]), say.group(one["band"]), say.share(one["supply"])
    told = one["supply"]["status"] != "hidden" and one["supply"]["bound"] != "withheld"
    return Place(
        area=area,
        band=say.band(one["band"]),
        group=group,
        people=say.people(one["n"]),
        choose_from=say.choose_from(spread),
        short=short,
        cause=text("cause", cause, **limits, **known) if cause and say.messages.has("cause", cause) else "",
        sentence=text("least", key, area=area, band=group, spread=say.choose_from(spread), **limits),
        about=text("least", "about" if told else "about_people", people=say.people(one["n"]), short=short, **limits),
        help=help_of(one["suggestion"], say, choice, what_if) if one.get("suggestion") else None,
    )


def help_of(suggestion: Part, say: Say, choice: Choice, what_if: str) -> Help:
    """A suggestion in words."""
    addition = suggestion["addition"]
    fields = fields_of(addition)
    plain, figures = choice.but(theme=""), [Figure(*line) for line in say.gain(suggestion["gain"])]
    other = choice.theme if choice.theme != fields["theme"] else ""
    return Help(
        what=say.addition(addition),
        gain=figures,
        address=what_if + plain.query(**fields),
        other=what_if + plain.query(**{**fields, "theme": other}) if other else "",
    )


def fields_of(addition: Part) -> dict[str, str]:
    """The fields of the what-if form for an addition."""

    def number(value: Any) -> str:
        return "" if value is None else f"{value:g}"

    venue = addition.get("venue") or ""
    if not venue and addition.get("lat") is not None:
        venue = f"place:{addition['lat']:.5f},{addition['lon']:.5f}"
    return {
        "theme": addition["themes"][0]["theme"] if addition["themes"] else "",
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
