"""The command that writes the report of a coordinator."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from data.home import replace_file
from data.messages import languages
from data.pages.report import FOLDER as WORDS
from data.tables import Tables
from recommender.errors import BadInput
from training.cli_common import CityOption, DataOption, home, out, progress_bar, read_city
from training.config import load_config


def report(
    city: CityOption = None,
    data: DataOption = None,
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the pages go. Default: report in the city's reports."),
    ] = None,
) -> None:
    """Write the report for a coordinator: a folder of pages that needs nothing else and can be mailed.

    It tells what was measured (evaluate), who can reach what, how healthy the data is and what changed. What was not
    measured yet is said in a sentence.
    """
    from training.report.facts import facts
    from training.report.page import FACTS, FOLDER, JSON, OPPORTUNITY, as_json, render_all, write_folder

    tables = read_city(data, city)
    reports = home().reports(tables.city.id)
    results, opportunity = _read(reports / JSON), _read(reports / OPPORTUNITY)
    known = facts(tables, home())
    reports.mkdir(parents=True, exist_ok=True)
    if opportunity is None:
        opportunity = _reach(tables)
        replace_file(reports / OPPORTUNITY, as_json(opportunity))
    replace_file(reports / FACTS, as_json(known))
    first = next((lang for lang in tables.city.languages if lang in languages(WORDS)), "en")
    written = write_folder(target or reports / FOLDER, results, opportunity, known, first)
    if results is not None:
        for name, text in render_all(results, opportunity, known).items():
            replace_file(reports / name, text)
    missing = [name for name, part in ((JSON, results), ("a release", known["release"])) if not part]
    out().print(
        f"[bold]Open {written[0]}[/]\n{len(written)} files; to mail: all.{first}.html has everything on one page."
    )
    if missing:
        out().print(f"Not there yet: {', '.join(missing)}. The pages say what to do.")


def _reach(tables: Tables) -> dict[str, Any]:
    """Who can reach what now, with the newest release when there is one."""
    from recommender.release import load_release
    from training.opportunity import opportunity
    from training.publish import find_release

    folder = home().releases(tables.city.id)
    release = load_release(find_release(folder)) if any(folder.glob("*/manifest.json")) else None
    at = int(time.time()) if tables.city.as_of is None else int(tables.city.as_of)
    with progress_bar() as bars:
        task = bars.add_task("Who can reach what", total=None)
        return opportunity(
            tables,
            load_config(None),
            release,
            at,
            lambda step, done, total: bars.update(task, completed=done, total=total),
        )


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON file; None where there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise BadInput(f"{path}: not JSON; make it again with: python -m training evaluate") from None
    return found
