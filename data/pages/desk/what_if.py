"""The what-if form: what was typed, what it means, and what to say beside a field that cannot be read."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from data.pages.desk.choice import LONGEST, shown

FIELDS = ("theme", "venue", "weekday", "hour", "price", "from", "to")
NEW = {"weekday": "2", "hour": "14:00", "price": "0"}
"""What the form begins with: a free Wednesday afternoon."""
DEAREST, OLDEST = 1000.0, 120.0
_HOUR = re.compile(r"(\d{1,2})(?:[.:h](\d{2}))?(?:\s*(?:uur|u|h))?", re.IGNORECASE)
_PLACE = re.compile(r"place:(-?\d{1,2}(?:\.\d{1,6})?),(-?\d{1,3}(?:\.\d{1,6})?)")
_FREE = ("gratis", "free")


@dataclass(frozen=True)
class Form:
    """A form as it was typed.

    Attributes
    ----------
    typed : mapping of str to str
        Per field, shortened where it was too long to be meant.
    wrong : mapping of str to str
        Per field that cannot be read, the key of what to say beside it.
    asked : mapping or None
        What it means, as ``recommender.insight.plain.addition_from`` reads it; None when something is wrong.
    """

    typed: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Any] | None = None


def begin(theme: str = "", ages: str = "") -> Form:
    """A form that nobody filled in yet, for a theme and an age band."""
    low, _, high = ages.partition("-")
    return Form({**dict.fromkeys(FIELDS, ""), **NEW, "theme": theme, "from": low, "to": high})


def read_form(fields: Mapping[str, str], themes: Collection[str], venues: Collection[str]) -> Form:
    """A filled-in form.

    Parameters
    ----------
    fields : mapping of str to str
        Of the query or the form.
    themes, venues : collections of str
        Ids that there are.
    """
    typed = {name: fields.get(name, "").strip()[: LONGEST + 1] for name in FIELDS}
    wrong: dict[str, str] = {}
    asked: dict[str, Any] = {"theme": typed["theme"], "venue": None}
    if typed["theme"] and typed["theme"] not in themes:
        wrong["theme"] = "theme_unknown"
    spot = _PLACE.fullmatch(typed["venue"])
    if spot and abs(float(spot[1])) <= 90 and abs(float(spot[2])) <= 180:
        asked |= {"lat": float(spot[1]), "lon": float(spot[2])}
    elif typed["venue"] in venues:
        asked["venue"] = typed["venue"]
    else:
        wrong["venue"] = "venue_unknown" if typed["venue"] else "venue"
    if typed["weekday"] in tuple("0123456"):
        asked["weekday"] = int(typed["weekday"])
    else:
        wrong["weekday"] = "weekday"
    hour = _hour(typed["hour"])
    if hour is None:
        wrong["hour"] = "hour"
    asked["hour"] = hour
    price = 0.0 if typed["price"].lower() in _FREE else _number(typed["price"].lstrip("€ "))
    if price is None or not 0 <= price <= DEAREST:
        wrong["price"] = "price"
    asked["price"] = price
    ages = {name: _number(typed[name]) if typed[name] else None for name in ("from", "to")}
    for name, age in ages.items():
        if typed[name] and (age is None or not 0 <= age <= OLDEST):
            wrong[name] = "age"
    low, high = ages["from"], ages["to"]
    if not {"from", "to"} & wrong.keys() and low is not None and high is not None and low > high:
        wrong["to"] = "ages_turned"
    # To the engine no age at all is "not known"; who leaves both empty here means everybody.
    asked |= {"age_min": 0.0 if low is None and high is None else low, "age_max": high}
    return Form({name: shown(value) for name, value in typed.items()}, wrong, None if wrong else asked)


def _hour(text: str) -> str | None:
    """``14``, ``14.00``, ``14:00`` and ``14.00 uur`` as ``14:00``; None for anything else."""
    found = _HOUR.fullmatch(text)
    if not found or not text.isascii():
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def _number(text: str) -> float | None:
    """A number with a comma or a point; None for anything else, such as what is infinite or none."""
    if len(text) > 12 or not re.fullmatch(r"\d{1,6}(?:[.,]\d{0,4})?", text, re.ASCII):
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None
