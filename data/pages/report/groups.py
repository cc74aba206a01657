"""For whom it works: a forest plot of groups, and what is known beside what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.pages.charts import intervals_chart
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
from data.pages.svg import OTHER, OWN, QUIET


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
    found = []
    for dimension in (of.results.get("groups") or {}).get("dimensions", []):
        kind = dimension["dimension"]
        cells = [
            {**of.shown(cell), "label": groups_text(kind, cell["groups"], of.words), "status": cell.get("status", "")}
            for cell in dimension["cells"]
        ]
        if len(cells) > 1:
            found.append((kind, cells))
    if not any(kind == "history" for kind, _ in found):
        cells = [
            {**of.shown(group["models"].get(ENGINE)), "label": history_text(group, of.words), "status": ""}
            for group in of.results.get("history", [])
        ]
        found += [("history", cells)] if len(cells) > 1 else []
    return found


def groups_text(kind: str, joined: Sequence[Any], words: Words) -> str:
    """The name of one group of the figure, or of several that were put together because they are small."""
    known = [one for one in joined if one is not None and one != ""]
    if kind in ("age", "history"):
        spans: list[list[Any]] = []
        for low, high in sorted(known, key=lambda span: span[0]):
            if spans and spans[-1][1] is not None and low <= spans[-1][1] + 1:
                spans[-1][1] = high
            else:
                spans.append([low, high])
        named = [
            history_text({"from": low, "to": high}, words) if kind == "history" else band_text((low, high), words)
            for low, high in spans
        ]
    elif kind == "domain":
        named = [words.domain(one) for one in known]
    else:
        named = [str(one) for one in known]
    if len(known) < len(joined):
        named.append(words("page", "not_known"))
    return areas_text(named, words) if kind == "area" else words.series(named)


def forest(of: Sources) -> Section:
    """The main figure for every group, with its interval."""
    words = of.words
    if not of.measured:
        return absent("groups", words, too_few(of))
    found = divided(of)
    if not found:
        return absent("groups", words, words("charts.groups", "absent", smallest=30))
    everybody = of.cell(ENGINE, of.results["protocol"]["main"])
    worst = {gap["kind"]: gap["worst"] for gap in gaps(of) if gap["alarm"]}
    rows = [row(everybody, words("charts.groups", "everybody"), OWN, words("charts.groups", "all"))]
    rows += [
        row(cell, cell["label"], OTHER if worst.get(kind) == cell["label"] else QUIET, words("dimensions", kind))
        for kind, cells in found
        for cell in cells
    ]
    told = [gap_sentence(one, words) for one in gaps(of)]
    return section(
        "groups",
        words,
        told[0] if told else words("charts.groups", "sentence_unknown"),
        basis=[based_on(everybody, words, words.percent, words("charts.groups", "everybody"))],
        chart=intervals_chart(rows, words("page", "axis_recall"), True, words.locale, line=everybody["value"]),
        legend=[
            Key("own", "", words("charts.groups", "everybody")),
            Key("quiet", "", words("charts.groups", "one_group")),
            *([Key("other", "", words("charts.groups", "behind"))] if worst else []),
        ],
        note="\n".join([*told[1:], words("charts.groups", "note")]),
        head=[words("head", name) for name in ("division", "group", "value", "n")],
        body=[[(r["group"], ""), (r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )


def gaps(of: Sources) -> list[dict[str, Any]]:
    """The largest gap of every division with what chance alone would give; alarms first, then by p."""
    found = []
    for dimension in (of.results.get("groups") or {}).get("dimensions", []):
        gap, kind = dimension.get("gap"), dimension["dimension"]
        if not gap or gap.get("gap") is None:
            continue
        names = {end: groups_text(kind, gap[end], of.words) for end in ("best", "worst")}
        chance = gap["holm"] if gap.get("holm") is not None else gap["p"]
        found.append({**gap, **names, "kind": kind, "p": chance})
    return sorted(found, key=lambda gap: (not gap["alarm"], gap["p"]))


def gap_sentence(gap: Part, words: Words) -> str:
    """Whether some group is served worse than chance explains."""
    return words(
        "charts.groups",
        "sentence_alarm" if gap["alarm"] else "sentence_none",
        kind=words("dimensions", gap["kind"]),
        worst=gap["worst"],
        best=gap["best"],
        gap=words.points(gap["gap"]).lstrip("+"),
        chance=words.points(gap["by_chance"]).lstrip("+"),
        p=words.number(gap["p"], 3),
    )


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
        legend=[Key("own", "", words.model(ENGINE)), Key("other", "", words.model(best))],
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
