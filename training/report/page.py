"""The report as files: figures, one page to mail, and a folder of pages that link to each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.home import replace_file
from data.messages import languages
from data.pages.report import FOLDER as WORDS
from data.pages.report import PAGES, page, sections, sources
from data.pages.report.card import card
from data.pages.report.pages import DRAWN
from data.pages.report.register import record

JSON, FACTS, OPPORTUNITY = "evaluation.json", "facts.json", "opportunity.json"
FOLDER = "report"
Part = Mapping[str, Any]


def write(results: Part, folder: Path, opportunity: Part | None = None, facts: Part | None = None) -> list[Path]:
    """Write ``evaluation.json`` and, per language, ``evaluation.<lang>.html`` with everything on one page.

    Parameters
    ----------
    results : mapping
        As ``training.evaluation.run.evaluate`` returns them.
    folder : Path
        Where the files go; made when it is not there.
    opportunity, facts : mapping or None
        Who can reach what, and what is known of data and release; without them the page says so.

    Returns
    -------
    list of Path
        What was written, the JSON first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {JSON: as_json(results), **render_all(results, opportunity, facts)}
    for name, content in pages.items():
        replace_file(folder / name, content)
    return [folder / name for name in pages]


def render_all(results: Part | None, opportunity: Part | None = None, facts: Part | None = None) -> dict[str, str]:
    """``evaluation.<lang>.html`` for every language: name and text."""
    return {f"evaluation.{lang}.html": render(results, lang, opportunity, facts) for lang in languages(WORDS)}


def render(results: Part | None, lang: str, opportunity: Part | None = None, facts: Part | None = None) -> str:
    """Everything on one page, which links only to itself in another language."""
    return page("all", results, opportunity, lang, facts=facts, links=lambda _, to: f"evaluation.{to}.html", nav=False)


def write_folder(
    folder: Path, results: Part | None, opportunity: Part | None, facts: Part | None, first: str = "nl"
) -> list[Path]:
    """Write the report as a folder that needs nothing outside of it.

    Parameters
    ----------
    folder : Path
        Made when it is not there; pages that were there are replaced.
    results, opportunity, facts : mapping or None
        As for ``data.pages.report.page``.
    first : str
        Language of ``index.html``.

    Returns
    -------
    list of Path
        What was written, ``index.html`` first.
    """
    written: dict[str, str] = {}
    for lang in languages(WORDS):
        drawn = {name: sections(name, results, opportunity, lang, facts=facts) for name in DRAWN}
        drawn["all"] = [section for found in drawn.values() for section in found]
        for name in PAGES:
            written[f"{name}.{lang}.html"] = page(
                name, results, opportunity, lang, facts=facts, found=drawn.get(name, [])
            )
        of = sources(results, opportunity, lang, facts)
        written[f"model-card.{lang}.json"] = as_json([{"heading": head, "text": text} for head, text in card(of)])
        written[f"algorithm-register.{lang}.json"] = as_json(record(of))
    written |= {
        name: as_json(part)
        for name, part in ((JSON, results), (OPPORTUNITY, opportunity), (FACTS, facts))
        if part is not None
    }
    start = first if f"index.{first}.html" in written else "en"
    written = {"index.html": written[f"index.{start}.html"], **written}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        replace_file(folder / name, content)
    return [folder / name for name in written]


def as_json(part: object) -> str:
    """Text of a part as it stands in its file: equal parts give equal bytes."""
    return json.dumps(part, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
