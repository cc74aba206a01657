"""The wheel of a theme: who in the city touches it, which kind of place is missing, and who could make a route together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.pages.desk.say import Part, Say
from recommender.city import DOMAINS


@dataclass(frozen=True)
class Partner:
    """A partner that touches the theme, and how much it has."""

    name: str
    activities: str


@dataclass(frozen=True)
class Spoke:
    """One kind of place: its code and name, and either who takes part or who is nearest."""

    domain: str
    label: str
    partners: Sequence[Partner] = ()
    nearest: str = ""


@dataclass(frozen=True)
class Pair:
    """Two partners who could make a route together."""

    first: str
    second: str
    about: str


@dataclass(frozen=True)
class Wheel:
    """A theme's wheel in words."""

    count: str
    near: Sequence[str]
    spokes: Sequence[Spoke]
    missing: Sequence[Spoke]
    pairs: Sequence[Pair]


def wheel(part: Part, say: Say) -> Wheel:
    """The wheel of one theme.

    Parameters
    ----------
    part : mapping
        As ``recommender.insight.plain.plain_wheel`` writes it.
    """
    text, count = say.messages.text, say.messages.count
    touched = {one["domain"]: one for one in part["domains"]}
    near = [text("wheel", "broader", theme=say.theme(part["broader"]))] if part["broader"] else []
    if part["narrower"]:
        near.append(text("wheel", "narrower", themes=", ".join(say.theme(one) for one in part["narrower"])))
    spokes = [
        Spoke(code, _domain(code, say), [_partner(one, say) for one in touched[code]["partners"]])
        for code in (*DOMAINS, *sorted(touched.keys() - {*DOMAINS}))
        if code in touched
    ]
    return Wheel(
        count=count("wheel", "count", int(part["activities"])) if part["activities"] else text("wheel", "none"),
        near=near,
        spokes=spokes,
        missing=[
            Spoke(one["domain"], _domain(one["domain"], say), nearest=_nearest(one, say)) for one in part["missing"]
        ],
        pairs=[_pair(one, say) for one in part["pairs"]],
    )


def _domain(code: str, say: Say) -> str:
    return say.common.text("domains", code if say.common.has("domains", code) else "unknown")


def _partner(one: Part, say: Say) -> Partner:
    name, organiser = one.get("name") or "", one.get("organiser") or ""
    both = " · ".join(dict.fromkeys(part for part in (name, organiser) if part))
    return Partner(both or one.get("venue") or "?", say.messages.count("wheel", "activities", int(one["activities"])))


def _nearest(one: Part, say: Say) -> str:
    if not one.get("venue"):
        return say.messages.text("wheel", "nearest_none")
    name = one.get("name") or one["venue"]
    if one["minutes"] is None:
        return str(name)
    return say.messages.text("wheel", "nearest", name=name, minutes=say.figures.number(one["minutes"], 0))


def _pair(one: Part, say: Say) -> Pair:
    low, high = one["ages"]
    about = say.messages.text("wheel", "pair", minutes=say.figures.number(one["minutes"], 0), ages=say.ages(low, high))
    first, second = (
        f"{part.get('name') or part.get('venue') or part.get('organiser') or '?'}: {part['activity']}"
        for part in (one["a"], one["b"])
    )
    return Pair(first, second, about)
