"""What the fields of agendas say: ages, prices, moments, places, and titles that end in GEANNULEERD."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from data.feeds import spanish
from data.feeds.records import Odd, UnusableError
from data.feeds.spanish import clean, plain
from data.values import shortest

ALL_AGES = ("0", "")
_AGES = re.compile(r"(\d{1,3}(?:[.,]\d+)?)?\s*(?:-|–|to|tot)\s*(\d{1,3}(?:[.,]\d+)?)?")
_FROM_AGE = re.compile(r"(\d{1,3})\s*\+")
_EVERY_AGE = {"all", "all ages", "alle leeftijden", "everyone", "tous", "todos los publicos"}
_AMOUNT = re.compile(r"(?:€|eur(?:o|os)?)?\s*(\d+(?:[.,]\d{1,2})?)\s*(?:€|eur(?:o|os)?)?", re.IGNORECASE)
_FREE = {"free", "gratis", "gratuit", "gratuito", "kostenlos", "0"}

_OFF = (
    r"(?:geannuleerd|afgelast|gaat niet door|uitgesteld|cancell?ed|postponed|annul[ée]e?s?|report[ée]e?s?|abgesagt|"
    r"verschoben)"
)
_GONE = r"(?:volzet|uitverkocht|volgeboekt|sold out|fully booked|complet|ausverkauft|ausgebucht)"


def _at_an_end(words: str) -> re.Pattern[str]:
    return re.compile(rf"^\W*{words}\s*(?:\W|$)|[-–:|!.*(\[]\s*{words}\W*$|[(\[]\s*{words}\s*[)\]]", re.IGNORECASE)


_CANCELLED, _FULL = _at_an_end(_OFF), _at_an_end(_GONE)


def status_of_title(title: str) -> str:
    """``cancelled``, ``full`` or ``scheduled``, as a title in nl, en, fr, de or es says at its start or end."""
    if _CANCELLED.search(title):
        return "cancelled"
    return "full" if _FULL.search(title) else spanish.status(title)


def slug(text: str) -> str:
    """An id made of a name: ``Biblioteca Ángel González (Latina)`` → ``biblioteca-angel-gonzalez-latina``."""
    return re.sub("[^a-z0-9]+", "-", plain(text)).strip("-")


def text_of(value: object) -> str:
    """A value as clean text, ``""`` for nothing, lists and objects."""
    if isinstance(value, str):
        return clean(value)
    return "" if value is None or isinstance(value, (Mapping, list, bool)) else str(value)


def in_language(value: object, language: str) -> str:
    """A text, or that in the given language out of an object of languages, else in any other."""
    if isinstance(value, Mapping):
        wanted = value.get(language) or next((text for text in value.values() if text), "")
        return text_of(wanted)
    return text_of(value)


def required(field: str, value: object) -> str:
    """A text that must be there; raises ``UnusableError``."""
    text = text_of(value)
    if not text:
        raise UnusableError(field, "", "a value")
    return text


def ages(field: str, value: object, odd: Odd) -> tuple[str, str]:
    """Youngest and oldest age that ``6-12``, ``8-``, ``-4``, ``12+`` or ``-`` (all ages) names; ``""`` where not known.

    What cannot be read, such as ``4/10``, costs only the age: it goes to ``odd``.
    """
    text = text_of(value).strip().lower()
    if not text:
        return "", ""
    if plain(text) in _EVERY_AGE:
        return ALL_AGES
    above, span = _FROM_AGE.fullmatch(text), _AGES.fullmatch(text)
    if above:
        return above[1], ""
    low, high = ((span[1] or "0").replace(",", "."), (span[2] or "").replace(",", ".")) if span else ("", "")
    if span is None or max(float(low), float(high or low)) > 120 or (high and float(high) < float(low)):
        odd.append(UnusableError(field, text, "ages such as 6-12, 8- or -").without())
        return "", ""
    return low, high


def amount(field: str, value: object, currency: object, odd: Odd) -> str:
    """Euros of a price; 0 is free in any currency. ``""`` for another currency: what it is in euros is not known."""
    if value is None or value == "":
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        number = float(value)
    else:
        text = text_of(value).strip()
        found = _AMOUNT.fullmatch(text)
        if plain(text) in _FREE:
            return "0"
        if found is None:
            odd.append(UnusableError(field, value, "a price such as 12.50").without())
            return ""
        number = float(found[1].replace(",", "."))
    return shortest(number) if number == 0 or text_of(currency) in ("EUR", "") else ""


@lru_cache(maxsize=65536)
def _moment(text: str) -> datetime | date:
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def moment(field: str, value: object, zone: ZoneInfo) -> datetime | date:
    """A day, or a moment in the city's own time; a moment without offset is on the city's clocks.

    Raises
    ------
    UnusableError
    """
    text = required(field, value)
    try:
        found = _moment(text)
        if not isinstance(found, datetime):
            return found
        return found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
    except (OverflowError, ValueError):
        raise UnusableError(field, text, "ISO 8601 such as 2026-03-07T14:00:00+01:00") from None


def length(field: str, value: object, odd: Odd) -> timedelta | None:
    """An ISO 8601 duration such as ``PT1H30M``; None when there is none."""
    text = text_of(value)
    if not text:
        return None
    try:
        found = pd.Timedelta(text)
        if pd.isna(found) or found < pd.Timedelta(0):
            raise ValueError
    except ValueError:
        odd.append(UnusableError(field, text, "a duration such as PT1H30M").without())
        return None
    return found.to_pytimedelta()


def clock(field: str, value: object) -> time:
    """A time of day such as ``18:30``; ``24:00`` is midnight. Raises ``UnusableError``."""
    text = required(field, value)
    try:
        found = time.fromisoformat("00:00" if text in ("24:00", "24:00:00") else text)
    except ValueError:
        raise UnusableError(field, text, "a time such as 18:30") from None
    return found.replace(tzinfo=None)


def listed(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty list, anything else as a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]
