"""Is it any good, and compared with what: every list side by side, by length of list, and all figures."""

from __future__ import annotations

from data.pages.charts import intervals_chart
from data.pages.report.section import (
    ENGINE,
    Key,
    Section,
    Sources,
    absent,
    based_on,
    colour,
    lists_legend,
    people_cell,
    row,
    section,
    value_cell,
)


def quality(of: Sources) -> list[Section]:
    """The charts of the page on quality."""
    return [main(of), length(of), simulated(of), logged(of)]


def too_few(of: Sources) -> str:
    """Why there are no figures, and what to do."""
    words, results = of.words, of.results
    if not results:
        return words("page", "no_evaluation")
    protocol, verdict = results["protocol"], results["verdict"]
    return words(
        "page",
        "too_few",
        needed=verdict.get("needed", of.smallest),
        cut=words.day(protocol["cut"], of.zone),
        until=words.day(protocol["until"], of.zone),
    )


def main(of: Sources) -> Section:
    """Quality beside every simple list."""
    if not of.measured:
        return absent("main", of.words, too_few(of))
    words, results, best = of.words, of.results, of.best
    figure = results["protocol"]["main"]
    names = [name for name in results["models"] if name != "oracle"]
    own = of.cell(ENGINE, figure)
    lead = results["differences"].get(best, {}).get(figure, {"low": None, "high": None})
    code = (
        "level" if lead["low"] is None or lead["low"] <= 0 <= lead["high"] else "better" if lead["low"] > 0 else "worse"
    )
    sentence = words(
        "charts.main",
        f"sentence_{code}",
        value=words.percent(own["value"]),
        best=words.model(best),
        best_value=words.percent(of.cell(best, figure)["value"]),
    )
    rows = [row(of.cell(name, figure), words.model(name), colour(name, best)) for name in names]
    chances = results.get("p") or {}
    body = [
        [
            (one["label"], words("explain", name) if words.messages.has("explain", name) else ""),
            value_cell(one, words.percent),
            _difference(of, name, figure),
            (words.number(chances[name]["holm"], 3) if name in chances else "", ""),
            people_cell(one, words),
        ]
        for name, one in zip(names, rows, strict=True)
    ]
    return section(
        "main",
        words,
        sentence,
        basis=[based_on(own, words, words.percent, words.model(ENGINE))],
        chart=intervals_chart(rows, words("page", "axis_recall"), True, words.locale),
        legend=lists_legend(words),
        head=[words("head", name) for name in ("model", "value", "lead", "holm", "n")],
        body=body,
    )


def _difference(of: Sources, name: str, figure: str) -> tuple[str, str]:
    cell = of.results["differences"].get(name, {}).get(figure)
    return value_cell(of.shown(cell), of.words.points) if cell else ("", "")


def length(of: Sources) -> Section:
    """How much of it stands in a shorter and a longer list."""
    if not of.measured:
        return absent("length", of.words, too_few(of))
    words, best = of.words, of.best
    cutoffs = of.results["protocol"].get("cutoffs", [5, 10, 20])
    places = {k: f"{words('head', 'place')} {k}" for k in cutoffs}
    rows = [
        row(of.cell(name, f"recall@{k}"), words.model(name), colour(name, best), places[k])
        for k in cutoffs
        for name in (ENGINE, best)
    ]
    first, last = (of.cell(ENGINE, f"recall@{k}") for k in (cutoffs[0], cutoffs[-1]))
    return section(
        "length",
        words,
        words("charts.length", "sentence", first=words.percent(first["value"]), last=words.percent(last["value"])),
        basis=[
            based_on(cell, words, words.percent, places[k]) for cell, k in ((first, cutoffs[0]), (last, cutoffs[-1]))
        ],
        chart=intervals_chart(rows, words("page", "axis_recall_any"), True, words.locale),
        legend=[Key("own", "", words.model(ENGINE)), Key("other", "", words.model(best))],
        head=[words("head", name) for name in ("place", "model", "value", "n")],
        body=[[(r["group"], ""), (r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )


def simulated(of: Sources) -> Section:
    """How close to the best that can be: only a city whose truth is known can say."""
    words = of.words
    if "oracle" not in of.results.get("models", {}):
        return absent("simulated", words, words("charts.simulated", "absent"))
    figure = of.results["protocol"]["main"]
    names = [ENGINE, of.best, "oracle"]
    rows = [row(of.cell(name, figure), words.model(name), colour(name, of.best)) for name in names]
    own, most = rows[0], rows[-1]
    return section(
        "simulated",
        words,
        words("charts.simulated", "sentence", own=words.percent(own["value"]), most=words.percent(most["value"])),
        basis=[based_on(most, words, words.percent, words.model("oracle"))],
        chart=intervals_chart(rows, words("page", "axis_recall"), True, words.locale),
        head=[words("head", name) for name in ("model", "value", "n")],
        body=[[(r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )


def logged(of: Sources) -> Section:
    """What the drawn places say about choices that were really offered."""
    words, found = of.words, of.results.get("off_policy")
    cells = {
        name: of.shown((found or {}).get("estimates", {}).get(name))
        for name in ("ips", "snips", "dr")
        if (found or {}).get("estimates", {}).get(name)
    }
    if not found or not found.get("enough") or not cells:
        slots = (found or {}).get("slots")
        key = "absent" if slots else "absent_none"
        return absent("logged", words, words("charts.logged", key, n=words.count(slots)))
    rows = [row(cell, words("charts.logged", name), colour(ENGINE, "")) for name, cell in cells.items()]
    main = cells.get("dr") or cells["snips"]
    return section(
        "logged",
        words,
        words("charts.logged", "sentence", value=words.percent(main["value"])),
        basis=[
            words("charts.logged", "basis", n=words.count(found["slots"]), effective=words.count(found["effective"])),
            based_on(main, words, words.percent),
        ],
        chart=intervals_chart(rows, words("charts.logged", "axis"), True, words.locale),
        head=[words("head", name) for name in ("way", "value")],
        body=[[(r["label"], ""), value_cell(r, words.percent)] for r in rows],
    )


def figures(of: Sources) -> list[tuple[str, list[str], list[tuple[str, list[tuple[str, str]]]]]]:
    """One table per figure: its name, the head, and a row per list."""
    if not of.measured:
        return []
    words, models = of.words, of.results["models"]
    cutoffs = of.results["protocol"].get("cutoffs", [5, 10, 20])
    kinds = ("recall", "ndcg", "hit_rate", "mrr", "novelty")
    return [
        (
            words("figures", kind),
            [f"@{k}" for k in cutoffs],
            [
                (words.model(name), [value_cell(of.cell(name, f"{kind}@{k}"), words.number) for k in cutoffs])
                for name in models
            ],
        )
        for kind in kinds
        if any(f"{kind}@{cutoffs[0]}" in figures for figures in models.values())
    ]
