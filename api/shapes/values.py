"""Values that JSON has no type for: ages, moments, ids."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

from data.words import age_span

_BAND = re.compile(r"\d{1,3}(?:\.\d{1,4})?-\d{1,3}(?:\.\d{1,4})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_OLDEST = 120
_YEARS = (1970, 2199)


class Strict(BaseModel):
    """A model that takes exactly its own fields, of exactly their types, and finite numbers."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def _age(value: Any) -> tuple[float, float]:
    expected = "expected years such as 8.5, or a band such as 6-8, between 0 and 120"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low = high = float(value) if abs(value) <= _OLDEST else math.nan
    elif isinstance(value, str) and _BAND.fullmatch(value):
        low, high = age_span(value)
    else:
        raise ValueError(expected)
    if not 0 <= low <= high < _OLDEST + 1:
        raise ValueError(expected)
    return low, high


def _moment(value: Any) -> int:
    expected = "expected a moment with its offset, such as 2026-03-02T14:00:00+01:00"
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError(expected)
    try:
        moment = datetime.fromisoformat(value)
        if not _YEARS[0] < moment.year <= _YEARS[1]:
            raise ValueError
        return int(moment.timestamp())
    except ValueError:
        raise ValueError(expected) from None


def _date(value: Any) -> date:
    expected = "expected a date, such as 2026-03-02"
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(expected)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(expected) from None
    if not _YEARS[0] < day.year < _YEARS[1]:
        raise ValueError(expected)
    return day


Age = Annotated[
    tuple[float, float],
    PlainValidator(_age),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": _OLDEST},
                {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})?-\d{1,3}(\.\d{1,4})?$"},
            ],
            "description": "Decimal years, or a band such as 6-8.",
        }
    ),
]
"""Lowest and highest age in years."""

Moment = Annotated[
    int,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "ISO 8601 with its offset."}),
]
"""Seconds since 1970 UTC."""

Date = Annotated[
    date,
    PlainValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "description": "A day on the city's own calendar."}),
]

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
