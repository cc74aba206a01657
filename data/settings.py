"""``city.toml``: read, checked and written back."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from data.tables import CitySettings
from data.values import shortest
from recommender.city import DEFAULT_TRAVEL, MODES, TravelMode
from recommender.errors import BadConfig

ORIGINS = ("own", "sample", "simulated")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_KEYS = ("id", "name", "time_zone", "languages", "as_of", "default_mode", "travel", "origin")
_SPEEDS = {"km_per_hour": 0.1, "detour": 1.0, "fixed_minutes": 0.0}


def _wrong(source: str, key: str, value: object, expected: str) -> BadConfig:
    return BadConfig(f"{source}, {key} = {value!r}: expected {expected}")


def _as_of(source: str, value: object) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise _wrong(source, "as_of", str(value), "ISO 8601 with offset, such as 2026-03-02T09:00:00+01:00")
    return int(moment.timestamp())


def _mode(source: str, name: str, given: object) -> TravelMode:
    if not isinstance(given, Mapping):
        raise _wrong(source, f"travel.{name}", given, f"a table with {', '.join(_SPEEDS)}")
    for key, value in given.items():
        if key not in _SPEEDS:
            raise _wrong(source, f"travel.{name}.{key}", value, f"one of the keys {', '.join(_SPEEDS)}")
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not number or value < _SPEEDS[key]:
            raise _wrong(source, f"travel.{name}.{key}", value, f"a number, at least {shortest(_SPEEDS[key])}")
    default = DEFAULT_TRAVEL[name]
    return TravelMode(**{key: float(given.get(key, getattr(default, key))) for key in _SPEEDS})


def _text(source: str, given: Mapping[str, Any], key: str, default: str) -> str:
    value = given.get(key, default)
    if not isinstance(value, str):
        raise _wrong(source, key, value, "a text between quotes")
    return value


def parse_settings(text: str, source: str = "city.toml") -> CitySettings:
    """The settings of a city; every key may be left out, an empty text gives the defaults.

    Raises
    ------
    BadConfig
        Naming file, key, value and what was expected.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{source}: not TOML: {error}") from None
    for key, value in given.items():
        if key not in _KEYS:
            raise _wrong(source, key, value, f"one of the keys {', '.join(_KEYS)}")
    plain = CitySettings()
    city_id = _text(source, given, "id", plain.id)
    if not _ID.fullmatch(city_id):
        raise _wrong(source, "id", city_id, "lower-case letters, digits, - and _")
    zone = _text(source, given, "time_zone", plain.time_zone)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise _wrong(source, "time_zone", zone, "a time zone such as Europe/Amsterdam") from None
    languages = given.get("languages", list(plain.languages))
    if not isinstance(languages, list) or not all(isinstance(x, str) and _LANGUAGE.fullmatch(x) for x in languages):
        raise _wrong(source, "languages", languages, 'a list of language codes, such as ["nl", "en"]')
    mode = _text(source, given, "default_mode", plain.default_mode)
    if mode not in MODES:
        raise _wrong(source, "default_mode", mode, f"one of {', '.join(MODES)}")
    travel = given.get("travel", {})
    if not isinstance(travel, Mapping) or not set(travel) <= set(MODES):
        raise _wrong(source, "travel", travel, f"tables named {', '.join(f'travel.{name}' for name in MODES)}")
    origin = _text(source, given, "origin", plain.origin)
    if origin not in ORIGINS:
        raise _wrong(source, "origin", origin, f"one of {', '.join(ORIGINS)}")
    return CitySettings(
        id=city_id,
        name=_text(source, given, "name", city_id),
        time_zone=zone,
        languages=tuple(languages),
        as_of=_as_of(source, given["as_of"]) if "as_of" in given else None,
        default_mode=mode,
        travel={**DEFAULT_TRAVEL, **{name: _mode(source, name, value) for name, value in travel.items()}},
        origin=origin,
    )


def format_settings(city: CitySettings) -> str:
    """The text of ``city.toml``; ``parse_settings`` reads the same settings back."""

    def quoted(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = [
        f"id = {quoted(city.id)}",
        f"name = {quoted(city.name or city.id)}",
        f"time_zone = {quoted(city.time_zone)}",
        f"languages = {quoted(list(city.languages))}",
        f"default_mode = {quoted(city.default_mode)}",
        f"origin = {quoted(city.origin)}",
    ]
    if city.as_of is not None:
        lines.append(f"as_of = {pd.Timestamp(city.as_of, unit='s', tz=city.time_zone).isoformat()}")
    for name, mode in city.travel.items():
        if mode == DEFAULT_TRAVEL.get(name):
            continue
        speeds = "".join(f"\n{key} = {shortest(getattr(mode, key))}" for key in _SPEEDS)
        lines.append(f"\n[travel.{name}]{speeds}")
    return "\n".join(lines) + "\n"
