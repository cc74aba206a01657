"""Figures for the report that are quick to make: a measured town of two tastes, and a small map of who can reach what."""

from __future__ import annotations

import copy
from typing import Any

from data.columns import TABLES

BANDS = [[0, 5], [6, 8], [9, 11], [12, 17], [18, 64], [65, 120]]


def share(value: float | None, n: int | None = 120, bound: str | None = None) -> dict[str, Any]:
    """A share of people as opportunity.json has it; without ``n`` a hidden one."""
    if n is None:
        return {"n": None, "status": "hidden", "value": None, "low": None, "high": None, "bound": None}
    low, high = (None, None) if value is None else (max(0.0, value - 0.05), min(1.0, value + 0.05))
    return {"n": n, "status": "comparable", "value": value, "low": low, "high": high, "bound": bound}


def group(areas: list[str] | None, bands: list[list[int]] | None, n: int | None, supply: dict, ranking: dict) -> dict:
    """A group of opportunity.json."""
    status = "comparable" if n and n >= 100 else "interval"
    return {
        "areas": areas,
        "bands": bands,
        "n": n,
        "status": status,
        "merged": False,
        "short": share(None, n, "withheld"),
        "supply": supply,
        "ranking": ranking,
        "activities": {"low": 0, "median": 2, "high": 5},
        "sessions": {"low": 0, "median": 4, "high": 9},
        "not_known": None,
    }


def addition() -> dict[str, Any]:
    """An addition: space at the neighbourhood house on Wednesday."""
    return {
        "themes": [{"theme": "space", "weight": 1.0}],
        "venue": "v-1",
        "lat": 51.757,
        "lon": 5.59,
        "area": "Zandheuvel",
        "weekday": 2,
        "hour": "14:00",
        "length": 90,
        "price": 0.0,
        "age_min": 6,
        "age_max": 8,
        "domain": "social",
        "sessions": 4,
        "first": "2026-04-22T12:00:00+00:00",
        "places": None,
    }


def gain() -> dict[str, Any]:
    """What that addition brings."""
    visits = {"expected": 23.0, "low": 9.0, "high": 44.0}
    return {"eligible": 95, "near": 40, "crosses": None, "few": ["crosses"], "visits": visits, "calibrated": True}


def reach_of_a_town() -> dict[str, Any]:
    """opportunity.json of a town with a desert: Zandheuvel has nothing for children of 6 to 8."""
    cells = [
        {
            "lat": 51.765,
            "lon": 5.535,
            "area": "Centrum",
            "activities": [3, 12, 4, 2, 5, 3],
            "sessions": [3, 30, 9, 2, 9, 4],
        },
        {
            "lat": 51.755,
            "lon": 5.535,
            "area": "Centrum",
            "activities": [3, 5, 4, 2, 5, 3],
            "sessions": [3, 9, 9, 2, 9, 4],
        },
        {
            "lat": 51.755,
            "lon": 5.595,
            "area": "Zandheuvel",
            "activities": [1, 0, 2, 2, 5, 3],
            "sessions": [1, 0, 2, 2, 9, 4],
        },
    ]
    venue = {"venue": "v-1", "name": "Buurthuis <De Zandloper>", "lat": 51.757, "lon": 5.59, "domain": "social"}
    desert = {
        "rank": 1,
        "area": "Zandheuvel",
        "band": [6, 8],
        "n": 40,
        "status": "interval",
        "activities": {"low": 0, "median": 0, "high": 1},
        "sessions": {"low": 0, "median": 0, "high": 1},
        "supply": share(None, 40, "nearly_all"),
        "cause": "near",
        "keeps_out": {},
        "suggestion": {"rank": 1, "addition": addition(), "gain": gain()},
    }
    other = {**desert, "rank": 2, "area": "Centrum", "band": [18, 64], "n": 120, "cause": None, "suggestion": None}
    other |= {"activities": {"low": 3, "median": 5, "high": 8}, "supply": share(0.1)}
    ends = [
        {"venue": f"v-{number}", "name": name, "domain": domain, "organiser": "", "activity": f"a-{number}"}
        for number, name, domain in ((1, "Buurthuis <De Zandloper>", "social"), (2, "Bibliotheek", "library"))
    ]
    pair = {
        "a": ends[0],
        "b": ends[1],
        "minutes": 6.0,
        "fits": 4,
        "ages": [6, 12],
        "first": {"a": "2026-04-22T12:00:00+00:00", "b": "2026-04-22T14:00:00+00:00"},
    }
    return {
        "schema": "leerlijn-opportunity/1",
        "city": {"id": "two-tastes", "name": "Two Tastes", "time_zone": "Europe/Amsterdam", "origin": "simulated"},
        "asked": {
            "at": "",
            "until": "",
            "weeks": 8,
            "mode": "walk",
            "minutes": 20.0,
            "enough": 3,
            "list": 10,
            "bands": BANDS,
        },
        "release": "20260419T000000Z-ab12cd34",
        "people": {"claims": 1900, "no_home": 60, "no_age": None, "few": ["no_age"]},
        "programme": {"activities": 181, "open": 92},
        "reach": {
            "all": group(None, None, 1900, share(0.35, 1900), share(0.08, 1900)),
            "areas": [
                group(["Centrum"], None, 1000, share(0.12, 1000), share(0.04, 1000)),
                group(["Zandheuvel"], None, 900, share(0.6, 900), share(0.31, 900)),
            ],
            "bands": [group(None, [[6, 8]], 400, share(0.5, 400), share(None, 400, "few"))],
            "groups": [group(["Zandheuvel"], [[6, 8]], 40, share(None, 40, "nearly_all"), share(0.0, 40))],
            "cells": cells,
            "venues": [venue],
        },
        "deserts": [desert, other],
        "suggestions": [{"rank": 1, "addition": addition(), "gain": gain()}],
        "calibration": {"factor": 1.1, "activities": 61, "calibrated": True},
        "wheel": [
            {
                "theme": "space",
                "narrower": [],
                "broader": None,
                "activities": 7,
                "domains": [
                    {"domain": "library", "activities": 3, "partners": []},
                    {"domain": "social", "activities": 4},
                ],
                "missing": [
                    {"domain": "nature", "venue": "v-6", "name": "Boswachterij", "minutes": 34.0, "from": "v-1"}
                ],
                "pairs": [pair],
            }
        ],
        "themes": {"space": {"nl": "Ruimte", "en": "Space"}},
    }


def facts_of_a_town() -> dict[str, Any]:
    """facts.json with a release and the one before it."""
    release = {
        "name": "20260419T000000Z-ab12cd34",
        "in_service": True,
        "data": "9b98" * 16,
        "version": "0.1.0",
        "sizes": {"activities": 180, "activities_visited": 146, "learners": 185, "stamps": 1520},
        "weights": {"als": 0.0, "graph": 0.25, "wishes": 1.34},
        "learned_from": 323,
        "settings": {"seed": 0, "als": {"factors": 64}},
    }
    before = copy.deepcopy(release) | {"name": "20260119T000000Z-00000000", "in_service": False}
    before["sizes"]["stamps"] = 1200
    before["settings"]["als"] = {"factors": 32}
    return {
        "schema": "leerlijn-facts/1",
        "city": {"id": "two-tastes", "name": "Two Tastes", "time_zone": "Europe/Amsterdam", "origin": "simulated"},
        "tables": [
            {
                "name": table.name,
                "there": table.name != "lines",
                "read": 100,
                "kept": 98,
                "rejected": 2,
                "reason": "age: expected a number (2×)",
            }
            for table in TABLES
        ],
        "gaps": [
            {"code": "activities_without_age", "of": 180, "share": 0.86},
            {"code": "passports_without_home", "of": 185, "share": None},
        ],
        "release": release,
        "previous": before,
    }
