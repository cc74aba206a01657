"""The five charts of the evaluation page: what each shows, and the one sentence that says what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.city import DOMAINS
from training.evaluation.metrics import CUTOFFS
from training.evaluation.verdict import ENGINE, SERVED
from training.report.charts import OTHER, OWN, QUIET, Svg, intervals_chart
from training.report.words import Words

Results = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One chart of the page.

    Attributes
    ----------
    basis : sequence of str
        How many learners stand behind each figure of the sentence, and its interval.
    chart : Svg or None
        None when nothing may be shown.
    head, body : text of the table behind the chart
        A cell is text and the smaller text below it, often ``""``.
    """

    key: str
    title: str
    sentence: str
    cannot: str
    basis: Sequence[str]
    chart: Svg | None
    head: Sequence[str]
    body: Sequence[Sequence[tuple[str, str]]]


def sections(results: Results, words: Words) -> list[Section]:
    """The charts in reading order; one that has nothing to divide (a single history group) is left out."""
    found = [_main(results, words), _length(results, words), _themes(results, words)]
    if results["history"]:
        found.append(_history(results, words))
    return [*found, _breadth(results, words)]


def strongest(results: Results) -> str:
    """The simple list with the highest main figure; lots do not count as one."""
    main = results["protocol"]["main"]
    simple = [name for name in results["models"] if name not in (ENGINE, SERVED, "random")]
    best: str = max(simple, key=lambda name: results["models"][name][main]["value"] or 0.0)
    return best


def _main(results: Results, words: Words) -> Section:
    models, figure, best = results["models"], results["protocol"]["main"], strongest(results)
    lead = results["differences"][best][figure]
    code = "better" if lead["low"] > 0 else "worse" if lead["high"] < 0 else "level"
    sentence = words(
        "charts.main",
        f"sentence_{code}",
        value=words.percent(models[ENGINE][figure]["value"]),
        best=words.model(best),
        best_value=words.percent(models[best][figure]["value"]),
    )
    rows = [_row(models[name][figure], words.model(name), _colour(name, best)) for name in models]
    return _section(
        "main", words, sentence, {words.model(ENGINE): models[ENGINE][figure]}, rows, "axis_recall", ["model"]
    )


def _length(results: Results, words: Words) -> Section:
    models, best = results["models"], strongest(results)
    places = {k: f"{words('head', 'place')} {k}" for k in CUTOFFS}
    rows = [
        _row(models[name][f"recall@{k}"], words.model(name), _colour(name, best), places[k])
        for k in CUTOFFS
        for name in (ENGINE, best)
    ]
    own = models[ENGINE]
    first, last = (words.percent(own[f"recall@{k}"]["value"]) for k in (CUTOFFS[0], CUTOFFS[-1]))
    sentence = words("charts.length", "sentence", first=first, last=last)
    about = {places[k]: own[f"recall@{k}"] for k in (CUTOFFS[0], CUTOFFS[-1])}
    return _section("length", words, sentence, about, rows, "axis_recall_any", ["place", "model"])


def _themes(results: Results, words: Words) -> Section:
    models, best = results["models"], strongest(results)
    labels = {kind: words("charts.themes", kind) for kind in ("known", "new")}
    rows = [
        _row(models[name][f"{kind}_theme_recall@10"], words.model(name), _colour(name, best), labels[kind])
        for kind in labels
        for name in (ENGINE, best)
    ]
    known, new = (models[ENGINE][f"{kind}_theme_recall@10"] for kind in ("known", "new"))
    key = (
        "sentence_none" if known["value"] is None else "sentence" if new["value"] is not None else "sentence_known_only"
    )
    sentence = words("charts.themes", key, known=words.percent(known["value"]), new=words.percent(new["value"]))
    about = {labels["known"]: known, labels["new"]: new}
    return _section("themes", words, sentence, about, rows, "axis_recall", ["theme", "model"])


def _history(results: Results, words: Words) -> Section:
    best, groups = strongest(results), results["history"]
    labels = [_group(group, words) for group in groups]
    rows = [
        _row(group["models"][name], words.model(name), _colour(name, best), label)
        for group, label in zip(groups, labels, strict=True)
        for name in (ENGINE, best)
    ]
    first, last = groups[0]["models"][ENGINE], groups[-1]["models"][ENGINE]
    sentence = words(
        "charts.history",
        "sentence",
        first=words.percent(first["value"]),
        last=words.percent(last["value"]),
        first_group=labels[0],
        last_group=labels[-1],
    )
    about = {labels[0]: first, labels[-1]: last}
    return _section("history", words, sentence, about, rows, "axis_recall", ["group", "model"])


def _breadth(results: Results, words: Words) -> Section:
    models, best = results["models"], strongest(results)
    rows = [_row(models[name]["domains@10"], words.model(name), _colour(name, best)) for name in models]
    served = models[SERVED]
    sentence = words(
        "charts.breadth",
        "sentence",
        value=words.number(served["domains@10"]["value"], 1),
        total=len(DOMAINS),
        coverage=words.percent(served["coverage@10"]["value"]),
    )
    about = {words.model(SERVED): served["domains@10"]}
    section = _section("breadth", words, sentence, about, rows, "axis_domains", ["model"], percent=False)
    more = [
        [
            *line,
            (words.percent(models[name]["coverage@10"]["value"]), ""),
            (words.number(models[name]["gini@10"]["value"], 2), ""),
        ]
        for line, name in zip(section.body, models, strict=True)
    ]
    head = [*section.head, words("head", "coverage"), words("head", "gini")]
    return Section(**{**vars(section), "head": head, "body": more})


def _group(group: Mapping[str, Any], words: Words) -> str:
    low, high = group["from"], group["to"]
    if high is None:
        return words("charts.history", "group_from", low=low)
    if high == 0:
        return words("charts.history", "group_none")
    return words("charts.history", "group_one" if low == high == 1 else "group_range", low=low, high=high)


def _colour(name: str, best: str) -> str:
    return OWN if name in (ENGINE, SERVED) else OTHER if name == best else QUIET


def _row(cell: Mapping[str, Any], label: str, colour: str, group: str = "") -> Row:
    return {**cell, "label": label, "colour": colour, "group": group}


def _section(
    key: str,
    words: Words,
    sentence: str,
    about: Mapping[str, Mapping[str, Any]],
    rows: list[Row],
    axis: str,
    lead: Sequence[str],
    percent: bool = True,
) -> Section:
    def write(value: float | None) -> str:
        return words.percent(value) if percent else words.number(value, 1)

    def between(cell: Mapping[str, Any]) -> str:
        return words("page", "interval", low=write(cell["low"]), high=write(cell["high"]))

    drawn = [row for row in rows if row["value"] is not None]
    return Section(
        key=key,
        title=words(f"charts.{key}", "title"),
        sentence=sentence,
        cannot=words("page", "cannot", what=words(f"charts.{key}", "cannot")),
        basis=[
            f"{label}: {words('page', 'people', n=words.count(cell['n']))}, {between(cell)}"
            for label, cell in about.items()
            if cell["value"] is not None
        ],
        chart=intervals_chart(drawn, words("page", axis), percent, words.locale, None if percent else len(DOMAINS))
        if drawn
        else None,
        head=[words("head", name) for name in (*lead, "value", "n")],
        body=[
            [
                *([(row["group"], "")] if row["group"] else []),
                (row["label"], ""),
                (write(row["value"]), "" if row["value"] is None else f"{write(row['low'])} – {write(row['high'])}"),
                (words("page", "hidden") if row["value"] is None else words.count(row["n"]), ""),
            ]
            for row in rows
        ],
    )
