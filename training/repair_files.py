"""The repair list on disk: ``repair.json``, ``repair.csv`` and a page in every language. Numbers of learners are rounded."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.home import replace_file
from data.messages import languages
from data.pages.repair import FIRST, FOLDER, page
from data.tables import CitySettings
from training.repair import SMALLEST, Repairs, rounded

JSON, CSV = "repair.json", "repair.csv"
SCHEMA = "leerlijn-repair/1"
COLUMNS = ("rank", "round", "record", "id", "title", "fill_in", "stands_there", "where", "activities",
           "learners_who_gain", "of_whom_with_too_few", "learners_it_suits")  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(found: Repairs, city: CitySettings) -> dict[str, Any]:
    """The list as JSON has it: every number of learners to the nearest 5, None for 1 to 9."""
    fixes = [
        {
            "rank": fix.rank, "round": fix.round, "table": fix.table, "id": fix.id, "title": fix.title,
            "fill_in": list(fix.fill_in), "says": fix.says, "where": fix.where, "activities": fix.activities,
            "gain": rounded(fix.gain), "short": rounded(fix.short), "alone": rounded(fix.alone),
        }
        for fix in found.fixes
    ]  # fmt: skip
    return {
        "schema": SCHEMA,
        "city": {"id": city.id, "name": city.name or city.id, "time_zone": city.time_zone},
        "at": datetime.fromtimestamp(found.at, UTC).isoformat(),
        "learners": rounded(found.learners),
        "left_out": rounded(found.left_out),
        "counting": found.counting,
        "waiting": found.waiting,
        "unread": found.unread,
        "gained": {"first": rounded(found.gained(FIRST)), "all": rounded(found.gained())},
        "fixes": fixes,
    }


def as_csv(told: dict[str, Any]) -> str:
    """The list as a table, one line per record; a spreadsheet takes no text in it for a formula."""

    def people(value: int | None) -> str:
        return f"<{SMALLEST}" if value is None else str(value)

    def text(value: str) -> str:
        return f"'{value}" if value.startswith(_FORMULA) else value

    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    before = 0
    for fix in told["fixes"]:
        own = (fix["rank"], fix["round"], fix["table"], text(fix["id"]), text(fix["title"]), ";".join(fix["fill_in"]),
               text(fix["says"]), text(fix["where"]))  # fmt: skip
        # Records of one rank bring something together: the number stands once, so that a column adds up.
        numbers = (fix["activities"], people(fix["gain"]), people(fix["short"]), people(fix["alone"]))
        lines.writerow([*own, *(("", "", "", "") if fix["rank"] == before else numbers)])
        before = fix["rank"]
    return out.getvalue()


def write(found: Repairs, city: CitySettings, folder: Path) -> list[Path]:
    """Write the list, and give the files."""
    folder.mkdir(parents=True, exist_ok=True)
    told = plain(found, city)
    content = {JSON: json.dumps(told, ensure_ascii=False, indent=1) + "\n", CSV: as_csv(told)}
    content |= {f"repair.{lang}.html": page(told, lang) for lang in languages(FOLDER)}
    for name, text in content.items():
        replace_file(folder / name, text)
    return [folder / name for name in content]
