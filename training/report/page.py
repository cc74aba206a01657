"""The evaluation as one page per language: plain sentences, five charts, a table behind each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from data.messages import languages
from training.evaluation.metrics import CUTOFFS, PER_LEARNER
from training.evaluation.verdict import ENGINE
from training.report.sections import Results, sections
from training.report.words import FOLDER, Words

JSON = "evaluation.json"
STYLES = ("base.css", "report.css")


def write(results: Results, folder: Path) -> list[Path]:
    """Write ``evaluation.json`` and one ``evaluation.<lang>.html`` per language.

    Returns
    -------
    list of Path
        What was written, the JSON first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    pages = {JSON: text, **{f"evaluation.{lang}.html": render(results, lang) for lang in languages(FOLDER)}}
    for name, content in pages.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in pages]


def render(results: Results, lang: str) -> str:
    """The page as HTML text with its styles and charts inside; it fetches nothing and runs no script."""
    words = Words(lang)
    environment = Environment(
        loader=FileSystemLoader(FOLDER.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    measured = "models" in results
    return environment.get_template("report.html").render(
        words=words,
        style=Markup("\n".join((FOLDER.parent / name).read_text(encoding="utf-8") for name in STYLES)),
        safe=Markup,
        others=[code for code in languages(FOLDER) if code != words.lang],
        results=results,
        lead=words.lead(results),
        smallest=results["config"]["evaluation"]["smallest_cell"],
        measured=measured,
        **(_measured(results, words) if measured else {"summary": _too_few(results, words)}),
    )


def _days(results: Results, words: Words) -> dict[str, str]:
    return {key: words.day(results["protocol"][key], results["city"]["time_zone"]) for key in ("cut", "until")}


def _too_few(results: Results, words: Words) -> str:
    return words("page", "too_few", needed=results["verdict"]["needed"], **_days(results, words))


def _measured(results: Results, words: Words) -> dict[str, Any]:
    about, protocol, verdict = results["city"], results["protocol"], results["verdict"]
    main = results["models"][ENGINE][protocol["main"]]
    interval = words("page", "interval", low=words.percent(main["low"]), high=words.percent(main["high"]))
    said = [
        words("page", key, names=words.models(verdict[key]))
        for key in ("beaten_by", "level_with", "beats")
        if verdict[key]
    ]
    shares = {key: words.percent(protocol[key]) for key in ("reachable", "new_activities")}
    return {
        "summary": words("page", "summary", value=words.percent(main["value"]), interval=interval),
        "verdict": said,
        "advice": "" if verdict["code"] == "better" else words("page", f"advice_{verdict['code']}"),
        "setup": words(
            "page",
            "setup",
            before=words.count(about["stamps_before"]),
            learners=words.count(protocol["learners"]),
            relevant=words.number(protocol["relevant_per_learner"], 1),
            candidates=words.count(round(protocol["candidates"])),
            **_days(results, words),
        ),
        "sections": sections(results, words),
        "figures": _figures(results["models"], words),
        "limits": [point.format(**shares) for point in words.messages.entry("limits", "points")],
    }


def _figures(models: Mapping[str, Mapping[str, Mapping[str, Any]]], words: Words) -> list[tuple[str, list[str], Any]]:
    """One table per metric: its name, the head, and a row per model."""

    def cell(found: Mapping[str, Any]) -> tuple[str, str]:
        if found["value"] is None:
            return "–", ""
        return words.number(found["value"]), f"{words.number(found['low'])} – {words.number(found['high'])}"

    return [
        (
            words("figures", metric),
            [f"@{k}" for k in CUTOFFS],
            [(words.model(name), [cell(models[name][f"{metric}@{k}"]) for k in CUTOFFS]) for name in models],
        )
        for metric in PER_LEARNER
    ]
