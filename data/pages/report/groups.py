"""For whom it works: a forest plot of groups, and what is known beside what is new."""

from __future__ import annotations

from typing import Any

from data.pages.charts import OTHER, OWN, QUIET, intervals_chart
from data.pages.report.quality import too_few
from data.pages.report.reach import areas_text, band_text
from data.pages.report.section import (
    ENGINE,
    Key,
    Part,
    Section,
    Sources,
    absent,
    based_on,
    colour,
    people_cell,
    row,
    section,
    value_cell,
)
from data.pages.report.words import Words


def groups(of: Sources) -> list[Section]:
    """The charts of the page on groups."""
    return [forest(of), themes(of), learning(of)]


def history_text(group: Part, words: Words) -> str:
    """How many activities somebody had done."""
    low, high = group["from"], group["to"]
    if high is None:
        return words("charts.groups", "history_from", low=low)
    if high == 0:
        return words("charts.groups", "history_none")
    return words("charts.groups", "history_one" if low == high == 1 else "history_range", low=low, high=high)


def divided(of: Sources) -> list[tuple[str, list[dict[str, Any]]]]:
    """Every way in which the learners are divided: its name, and a cell per group with its label."""
    words = of.words
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for dimension in (of.results.get("groups") or {}).get("dimensions", []):
        if dimension["name"] == "history":
            continue  # stands below, with every list beside it
        cells = [
            {
                **of.shown(group),
                "label": label_text(dimension["name"], group["label"], words),
                "standing": group.get("standing", ""),
            }
            for group in dimension["groups"]
        ]
        if len(cells) > 1:
            found.append((words("dimensions", dimension["name"]), cells))
    history = [
        {**of.shown(group["models"].get(ENGINE)), "label": history_text(group, words), "standing": ""}
        for group in of.results.get("history", [])
    ]
    if len(history) > 1:
        found.append((words("dimensions", "history"), history))
    return found


def label_text(dimension: str, label: str, words: Words) -> str:
    """The name of a group as people read it."""
    if not label:
        return words("page", "not_known")
    if dimension in ("age", "age_band", "band"):
        ends = label.replace("–", "-").replace("+", "-120").split("-")
        if len(ends) == 2 and all(end.strip().isdigit() for end in ends):
            return band_text([int(end) for end in ends], words)
    return areas_text(label.split(" + "), words) if dimension == "area" else label


def forest(of: Sources) -> Section:
    """The main figure for every group, with its interval."""
    words = of.words
    if not of.measured:
        return absent("groups", words, too_few(of))
    found = divided(of)
    if not found:
        return absent("groups", words, words("charts.groups", "absent", smallest=30))
    everybody = of.cell(ENGINE, of.results["protocol"]["main"])
    rows = [row(everybody, words("charts.groups", "everybody"), OWN, words("charts.groups", "all"))]
    rows += [row(cell, cell["label"], QUIET, name) for name, cells in found for cell in cells]
    alarm = gap(of)
    if alarm and alarm.get("alarm"):
        for one in rows:
            if one["label"] == label_text(alarm["dimension"], alarm["worst"], words):
                one["colour"] = OTHER
    return section(
        "groups",
        words,
        gap_sentence(of),
        basis=[based_on(everybody, words, words.percent, words("charts.groups", "everybody"))],
        chart=intervals_chart(rows, words("page", "axis_recall"), True, words.locale, line=everybody["value"]),
        note=words("charts.groups", "note"),
        head=[words("head", name) for name in ("division", "group", "value", "n")],
        body=[[(r["group"], ""), (r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )


def gap(of: Sources) -> Part | None:
    """The largest gap between groups with what chance alone would give; None where it was not computed."""
    found = (of.results.get("groups") or {}).get("gap")
    return found if found and found.get("gap") is not None else None


def gap_sentence(of: Sources) -> str:
    """Whether some group is served worse than chance explains."""
    words, found = of.words, gap(of)
    if found is None:
        return words("charts.groups", "sentence_unknown")
    values = {
        "worst": label_text(found["dimension"], found["worst"], words),
        "best": label_text(found["dimension"], found["best"], words),
        "gap": words.points(found["gap"]).lstrip("+"),
        "chance": words.points(found["by_chance"]).lstrip("+"),
        "p": words.number(found["p"], 2),
    }
    return words("charts.groups", "sentence_alarm" if found["alarm"] else "sentence_none", **values)


def themes(of: Sources) -> Section:
    """What stays within known themes, what opens a new one, and what nobody had been to."""
    words = of.words
    if not of.measured:
        return absent("themes", words, too_few(of))
    best = of.best
    kinds = [
        kind
        for kind in ("known_theme", "new_theme", "new_activity")
        if f"{kind}_recall@10" in of.results["models"][ENGINE]
    ]
    labels = {kind: words("charts.themes", kind) for kind in kinds}
    rows = [
        row(of.cell(name, f"{kind}_recall@10"), words.model(name), colour(name, best), labels[kind])
        for kind in kinds
        for name in (ENGINE, best)
    ]
    known, new = (of.cell(ENGINE, f"{kind}_theme_recall@10") for kind in ("known", "new"))
    key = "none" if known["value"] is None else "known_only" if new["value"] is None else "both"
    return section(
        "themes",
        words,
        words("charts.themes", f"sentence_{key}", known=words.percent(known["value"]), new=words.percent(new["value"])),
        basis=[
            based_on(known, words, words.percent, words("charts.themes", "known_theme")),
            based_on(new, words, words.percent, words("charts.themes", "new_theme")),
        ],
        chart=intervals_chart(rows, words("page", "axis_recall"), True, words.locale),
        head=[words("head", name) for name in ("theme", "model", "value", "n")],
        body=[[(r["group"], ""), (r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )


def learning(of: Sources) -> Section:
    """From how many stamps on it is worth more than what is popular."""
    words = of.words
    found = of.results.get("learning") or {}
    if not found.get("groups"):
        return absent("learning", words, words("charts.learning", "absent"))
    beside = found["beside"]
    rows = []
    for group in found["groups"]:
        label = history_text(group, words)
        rows.append(row(of.shown(group["own"]), words.model(ENGINE), OWN, label))
        rows.append(row(of.shown(group["other"]), words.model(beside), OTHER, label))
    start = found.get("from")
    key = "slower" if found.get("slower") else "from_start" if start == 0 else "from" if start is not None else "level"
    return section(
        "learning",
        words,
        words("charts.learning", f"sentence_{key}", beside=words.model(beside), start=start),
        basis=[words("charts.learning", "basis", level=words.percent(found.get("level")))]
        if found.get("level")
        else [],
        chart=intervals_chart(rows, words("page", "axis_recall"), True, words.locale),
        legend=[Key("own", "", words.model(ENGINE)), Key("other", "", words.model(beside))],
        head=[words("head", name) for name in ("history", "model", "value", "n")],
        body=[[(r["group"], ""), (r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )
