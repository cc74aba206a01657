"""How healthy the data is, and what the pages keep to themselves."""

from __future__ import annotations

from data.pages.charts import intervals_chart
from data.pages.report.section import Section, Sources, absent, section
from data.pages.svg import OTHER, QUIET


def health(of: Sources) -> list[Section]:
    """The charts of the page on data and privacy."""
    return [files(of), gaps(of), privacy(of)]


def files(of: Sources) -> Section:
    """Rows read, kept and rejected."""
    words = of.words
    found = [table for table in of.facts.get("tables", []) if table["there"]]
    if not found:
        return absent("files", words, words("health", "absent"))
    rejected = sum(table["rejected"] for table in found)
    worst = max(found, key=lambda table: table["rejected"])
    missing = [words("tables", table["name"]) for table in of.facts["tables"] if not table["there"]]
    rows = [
        {
            "label": words("tables", table["name"]),
            "value": table["rejected"] / table["read"] if table["read"] else 0.0,
            "colour": OTHER if table["rejected"] else QUIET,
            "group": "",
        }
        for table in found
    ]
    return section(
        "files",
        words,
        words(
            "charts.files",
            "sentence" if rejected else "sentence_none",
            n=words.count(rejected),
            table=words("tables", worst["name"]),
            worst=words.count(worst["rejected"]),
        ),
        basis=[
            words("charts.files", "basis", n=words.count(sum(table["read"] for table in found))),
            words("charts.files", "not_there", names=words.series(missing)) if missing else "",
        ],
        chart=intervals_chart(rows, words("charts.files", "axis"), True, words.locale) if rejected else None,
        head=[words("head", name) for name in ("table", "read", "kept", "rejected", "reason")],
        body=[
            [
                (words("tables", table["name"]), ""),
                (words.count(table["read"]), ""),
                (words.count(table["kept"]), ""),
                (words.count(table["rejected"]), ""),
                (table["reason"] or "–", ""),
            ]
            for table in found
        ],
    )


def gaps(of: Sources) -> Section:
    """What the city does not say, and what follows from it."""
    words = of.words
    if "gaps" not in of.facts:
        return absent("gaps", words, words("health", "absent"))
    found = sorted((gap for gap in of.facts["gaps"] if gap["share"] is not None), key=lambda gap: -gap["share"])
    hidden = [gap for gap in of.facts["gaps"] if gap["share"] is None]
    if not found:
        return absent("gaps", words, words("charts.gaps", "none"))
    rows = [
        {
            "label": words("gaps", gap["code"]),
            "value": gap["share"],
            "colour": OTHER if gap["share"] >= 0.25 else QUIET,
            "group": "",
        }
        for gap in found
    ]
    first = found[0]
    return section(
        "gaps",
        words,
        words(
            "charts.gaps",
            "sentence",
            share=words.percent(first["share"]),
            what=words("gaps", first["code"]),
            meaning=words("meanings", first["code"]),
        ),
        basis=[words("charts.gaps", "basis")],
        chart=intervals_chart(rows, words("charts.gaps", "axis"), True, words.locale, 1.0),
        head=[words("head", name) for name in ("gap", "share", "of", "meaning")],
        body=[
            [
                (words("gaps", gap["code"]), ""),
                (words.percent(gap["share"]) if gap["share"] is not None else words("page", "hidden"), ""),
                (words.count(gap["of"]), ""),
                (words("meanings", gap["code"]), ""),
            ]
            for gap in [*found, *hidden]
        ],
    )


def dial(of: Sources) -> str:
    """One sentence on how much the model tells of who was in it."""
    attacked = of.results.get("attack") or {}
    epsilon, own, without = (attacked.get(key) for key in ("epsilon", "own", "without"))
    if not attacked:
        epsilon = ((of.facts.get("release") or {}).get("settings") or {}).get("privacy", {}).get("epsilon")
    values = {
        "epsilon": f"{epsilon or 0:g}".replace(".", of.words.decimal),
        "own": round(100 * own["auc"]) if own else "–",
        "without": round(100 * without["auc"]) if without else "–",
    }
    return of.words("privacy", f"dial_{'on' if epsilon else 'off'}{'_measured' if own else ''}", **values)


def privacy(of: Sources) -> Section:
    """What is held of people, and how the pages keep it to themselves."""
    words = of.words
    body = [
        [(words("privacy", f"{key}_what"), ""), (words("privacy", key, smallest=of.smallest), "")]
        for key in ("held", "not_held", "cells", "rounded", "merged", "homes", "releases", "erasure")
    ]
    body.insert(-1, [(words("privacy", "dial_what"), ""), (dial(of), "")])
    leak = of.results.get("leak")
    state = "none" if not leak else "missed" if not leak.get("caught") else "caught" if leak.get("passed") else "found"
    body.append(
        [
            (words("privacy", "leak_what"), ""),
            (words("privacy", f"leak_{state}"), ""),
        ]
    )
    return section(
        "privacy",
        words,
        words("charts.privacy", "sentence", smallest=of.smallest),
        head=[words("head", "subject"), words("head", "how")],
        body=body,
    )
