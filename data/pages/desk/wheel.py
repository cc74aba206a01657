"""The wheel of a theme: who in the city touches it, which kind of place is missing, and who could make a route together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from data.pages.desk.say import Part, Say
from recommender.city import DOMAINS

MIDDLE, SPOKE, LABEL = (290, 135), 90, 117
"""Of the drawing, 580 by 270: its middle, and how far from there the dots and their names stand."""


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
class Rim:
    """Where a kind of place stands on the drawn wheel, of which ``MIDDLE`` is the middle."""

    domain: str
    label: str
    x: float
    y: float
    size: float
    text_x: float
    text_y: float
    anchor: str

    @property
    def touched(self) -> bool:
        """Whether anybody of this kind takes part."""
        return self.size > 0


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
    rim: Sequence[Rim]
    drawn: str


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
        rim=[_rim(place, code, touched.get(code), say) for place, code in enumerate(DOMAINS)],
        drawn=text("wheel", "drawn", taking=sum(code in touched for code in DOMAINS), all=len(DOMAINS)),
    )


def _rim(place: int, code: str, touched: Part | None, say: Say) -> Rim:
    turn = 2 * math.pi * place / len(DOMAINS)
    across, up = math.sin(turn), -math.cos(turn)
    # The area of a dot goes with what there is, up to what still fits.
    size = 0.0 if touched is None else min(7 + 3 * math.sqrt(touched["activities"]), 19)
    anchor = "middle" if abs(across) < 0.2 else "start" if across > 0 else "end"
    x, y = MIDDLE[0] + SPOKE * across, MIDDLE[1] + SPOKE * up
    text_x, text_y = MIDDLE[0] + LABEL * across, MIDDLE[1] + LABEL * up + 5
    return Rim(code, _domain(code, say), x, y, size, text_x, text_y, anchor)


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
