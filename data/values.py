"""From the text of one cell to its canonical value, a whole column at a time.

Every reader takes a column and its texts (stripped, ``""`` where missing) and returns the canonical values and a
mask of the texts that are none. A missing text is never bad here: whether it may be missing is the row's affair.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from data.columns import THEME, Column
from data.hours import EXAMPLE, is_hours
from recommender.city import Bool

Read = tuple[pd.Series, Bool]

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)"
_BAND = re.compile(r"(\d+(?:\.\d+)?)\s*[-–]\s*(\d+(?:\.\d+)?)")
_FLAGS = {"true": 1.0, "yes": 1.0, "ja": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "nee": 0.0, "0": 0.0}
_FLAGS |= {"": float("nan"), "1.0": 1.0, "0.0": 0.0}
HOME_DECIMALS = 2


def shortest(value: float) -> str:
    """The shortest text that reads back as the same number: ``8``, ``0.1``, ``1e-07``."""
    return repr(float(value)).removesuffix(".0")


def by_distinct(texts: pd.Series, function: Callable[[str], str | None]) -> tuple[pd.Series, Bool]:
    """A function of every text, called once for each distinct one; None from it means "bad"."""
    codes, distinct = pd.factorize(texts)
    found = [function(text) for text in distinct]
    bad = np.array([value is None for value in found], dtype=np.bool_)
    values = pd.Series([value or "" for value in found], dtype="str")
    return values.take(codes).reset_index(drop=True), bad[codes]


def _as_given(column: Column, texts: pd.Series) -> Read:
    bad = np.zeros(len(texts), dtype=np.bool_)
    if column.name == THEME and column.kind == "id":
        # Lists of themes are written space:0.7;making, so neither sign can be part of a name.
        bad = texts.str.contains("[:;]").to_numpy(np.bool_)
    return texts, bad


def _number(column: Column, texts: pd.Series) -> Read:
    missing = (texts == "").to_numpy(np.bool_)
    written = texts.str.fullmatch(_NUMBER).to_numpy(np.bool_)
    values = texts.where(written, "nan").astype(np.float64).to_numpy(copy=True)
    low = -math.inf if column.low is None else column.low
    high = math.inf if column.high is None else column.high
    inside = (values >= low) & (values <= high) & np.isfinite(values)
    if column.kind == "whole":
        inside &= values == np.floor(values)
    bad = ~missing & ~inside
    values[bad] = np.nan
    if column.name.startswith("home_"):
        values = np.round(values, HOME_DECIMALS)
    return pd.Series(values + 0.0), bad


def _flag(column: Column, texts: pd.Series) -> Read:
    values = texts.str.lower().map(_FLAGS).astype(np.float64)
    return values, (values.isna() & (texts != "")).to_numpy(np.bool_)


def _time(column: Column, texts: pd.Series) -> Read:
    written = texts.str.fullmatch(_TIME)
    moments = pd.to_datetime(texts.where(written, ""), format="ISO8601", utc=True, errors="coerce")
    bad = (moments.isna() & (texts != "")).to_numpy(np.bool_)
    seconds = moments.dt.tz_convert(None).to_numpy("M8[s]").astype(np.int64)
    return pd.Series(np.where(moments.isna(), 0, seconds), dtype=np.int64), bad


def _choice(column: Column, texts: pd.Series) -> Read:
    values = texts.str.lower()
    bad = (~values.isin([*column.of, ""])).to_numpy(np.bool_)
    return values.where(~bad, ""), bad


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word for part in text.split(";") if (word := part.strip())))


def _list(column: Column, texts: pd.Series) -> Read:
    return by_distinct(texts, lambda text: ";".join(_words(text)))


def _choices(column: Column, texts: pd.Series) -> Read:
    def read(text: str) -> str | None:
        words = _words(text.lower())
        return ";".join(words) if set(words) <= set(column.of) else None

    return by_distinct(texts, read)


def _weights(column: Column, texts: pd.Series) -> Read:
    def read(text: str) -> str | None:
        found: dict[str, float] = {}
        for word in _words(text):
            name, _, weight = (part.strip() for part in word.partition(":"))
            if not name or name in found or (weight and not re.fullmatch(_NUMBER, weight)):
                return None
            found[name] = float(weight or 1)
        if not all(0 < weight < math.inf for weight in found.values()):
            return None
        return ";".join(f"{name}:{shortest(weight)}" for name, weight in found.items())

    return by_distinct(texts, read)


def _hours(column: Column, texts: pd.Series) -> Read:
    return by_distinct(texts, lambda text: text if not text or is_hours(text) else None)


def _age_or_band(column: Column, texts: pd.Series) -> Read:
    low, high = column.low or 0, column.high or math.inf

    def read(text: str) -> str | None:
        band = _BAND.fullmatch(text)
        if band:
            return f"{band[1]}-{band[2]}" if low <= float(band[1]) <= float(band[2]) <= high else None
        if not text or (re.fullmatch(_NUMBER, text) and low <= float(text) <= high):
            return shortest(float(text)) if text else ""
        return None

    return by_distinct(texts, read)


READERS: dict[str, Callable[[Column, pd.Series], Read]] = {
    "id": _as_given,
    "ref": _as_given,
    "text": _as_given,
    "choice": _choice,
    "choices": _choices,
    "list": _list,
    "weights": _weights,
    "hours": _hours,
    "age": _number,
    "age_or_band": _age_or_band,
    "number": _number,
    "whole": _number,
    "lat": _number,
    "lon": _number,
    "flag": _flag,
    "time": _time,
}


def expected(column: Column) -> str:
    """What a cell of this column must hold, in words that tell somebody what to write."""
    span = f"between {shortest(column.low or 0)} and {shortest(column.high or 0)}" if column.high is not None else ""
    words = ", ".join(column.of) if isinstance(column.of, tuple) else column.of
    return {
        "id": "a theme name without : and ;" if column.name == THEME else "an id",
        "ref": f"an id that stands in {words}",
        "text": "a text",
        "choice": f"one of {words}",
        "choices": f"one or more of {words}, separated by ;",
        "list": f"ids that stand in {words}, separated by ;" if words else "words separated by ;",
        "weights": f"ids that stand in {words}, each once, with weights above 0, such as space:0.7;making",
        "hours": f"OpenStreetMap's opening hours, such as {EXAMPLE}",
        "age": f"years {span}, such as 8.5",
        "age_or_band": f"years {span}, such as 8.5, or a band such as 6-8",
        "number": f"a number {span}, with a decimal point",
        "whole": f"a whole number {span}",
        "lat": f"a latitude {span}",
        "lon": f"a longitude {span}",
        "flag": "true or false",
        "time": "ISO 8601 with offset, such as 2026-03-07T14:00:00+01:00",
    }[column.kind]
