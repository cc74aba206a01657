"""What the report says besides measurements: how healthy the data is, and what the releases were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.columns import TABLES
from data.home import Home
from data.tables import Tables
from training.health import file_health, not_known

SCHEMA = "leerlijn-facts/1"
SMALLEST = 10
_OF_PEOPLE = ("passports", "learners", "stamps")
_NOT_THE_MODEL = ("evaluation", "share", "threads")


def facts(tables: Tables, home: Home) -> dict[str, Any]:
    """Plain facts of a city, its data and its releases, ready for ``facts.json``.

    Counts of people are rounded to 5; a share of people that tells of fewer than ten of them is None.
    """
    city = tables.city
    newest, previous = releases(home, city.id)
    return {
        "schema": SCHEMA,
        "city": {
            "id": city.id,
            "name": city.name or city.id,
            "time_zone": city.time_zone,
            "languages": list(city.languages),
            "origin": city.origin,
        },
        "tables": [
            {
                "name": health.name,
                "there": health.there,
                "read": health.read,
                "kept": health.kept,
                "rejected": health.rejected,
                "reason": health.reason,
            }
            for health in (file_health(tables, table) for table in TABLES)
        ],
        "gaps": [_gap(gap.what, gap.of, gap.share) for gap in not_known(tables)],
        "release": newest,
        "previous": previous,
    }


def _gap(what: str, of: int, share: float) -> dict[str, Any]:
    people = what.split(" ")[0] in _OF_PEOPLE
    count = round(of * share)
    few = people and 0 < min(count, of - count) < SMALLEST
    return {
        "code": what.replace(" ", "_"),
        "of": 5 * round(of / 5) if people else of,
        "share": None if few else round(share, 4),
    }


def releases(home: Home, city: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The newest release and the one in service before it (or the one before it by name); None where there is none."""
    folder, published = home.releases(city), home.published(city)
    names = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
    if not names:
        return None, None
    newest = names[-1]
    before = [name for name in published if name != newest and name in names] or names[:-1][::-1]
    return _release(folder / newest, published), _release(folder / before[0], published) if before else None


def _release(folder: Path, published: tuple[str, ...]) -> dict[str, Any]:
    manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    sizes = dict(manifest["sizes"])
    sizes["learners"] = 5 * round(sizes["learners"] / 5)
    return {
        "name": folder.name,
        "in_service": published[:1] == (folder.name,),
        "data": manifest["data"],
        "version": manifest["version"],
        "sizes": sizes,
        "weights": {name: round(weight, 4) for name, weight in manifest["weights"]["source"].items()},
        "learned_from": manifest.get("choices", {}).get("learned_from"),
        "settings": {key: value for key, value in manifest["config"].items() if key not in _NOT_THE_MODEL},
    }
