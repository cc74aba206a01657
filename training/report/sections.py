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
    basis : str
        How many learners stand behind the sentence, and its interval.
    chart : Svg or None
        None when nothing may be shown.
    head, body : text of the table behind the chart
    """

    key: str
    title: str
    sentence: str
    cannot: str
    basis: str
    chart: Svg | None
    head: Sequence[str]
    body: Sequence[Sequence[str]]


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
    return _section("main", words, sentence, models[ENGINE][figure], rows, "axis_recall", ["model"])


def _length(results: Results, words: Words) -> Section:
    models, best = results["models"], strongest(results)
    rows = [
        _row(models[name][f"recall@{k}"], words.model(name), _colour(name, best), group=f"{words('head', 'place')} {k}")
        for k in CUTOFFS
        for name in (ENGINE, best)
    ]
    own = models[ENGINE]
    first, last = (words.percent(own[f"recall@{k}"]["value"]) for k in (CUTOFFS[0], CUTOFFS[-1]))
    sentence = words("charts.length", "sentence", first=first, last=last)
    return _section("length", words, sentence, own["recall@20"], rows, "axis_recall_any", ["place", "model"])


def _themes(results: Results, words: Words) -> Section:
    models, best = results["models"], strongest(results)
    rows = [
        _row(
            models[name][f"{kind}_theme_recall@10"],
            words.model(name),
            _colour(name, best),
            words("charts.themes", kind),
        )
        for kind in ("known", "new")
        for name in (ENGINE, best)
    ]
    known, new = (models[ENGINE][f"{kind}_theme_recall@10"] for kind in ("known", "new"))
    key = (
        "sentence_none" if known["value"] is None else "sentence" if new["value"] is not None else "sentence_known_only"
    )
    sentence = words("charts.themes", key, known=words.percent(known["value"]), new=words.percent(new["value"]))
    return _section(
        "themes", words, sentence, new if key == "sentence" else known, rows, "axis_recall", ["theme", "model"]
    )


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
    return _section("history", words, sentence, last, rows, "axis_recall", ["group", "model"])


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
    section = _section("breadth", words, sentence, served["domains@10"], rows, "axis_domains", ["model"], percent=False)
    more = [
        [*line, words.percent(models[name]["coverage@10"]["value"]), words.number(models[name]["gini@10"]["value"], 2)]
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
    about: Mapping[str, Any],
    rows: list[Row],
    axis: str,
    lead: Sequence[str],
    percent: bool = True,
) -> Section:
    def write(value: float | None) -> str:
        return words.percent(value) if percent else words.number(value, 1)

    drawn = [row for row in rows if row["value"] is not None]
    basis = ""
    if about["value"] is not None:
        interval = words("page", "interval", low=write(about["low"]), high=write(about["high"]))
        basis = f"{words('page', 'people', n=words.count(about['n']))}, {interval}"
    return Section(
        key=key,
        title=words(f"charts.{key}", "title"),
        sentence=sentence,
        cannot=words("page", "cannot", what=words(f"charts.{key}", "cannot")),
        basis=basis,
        chart=intervals_chart(drawn, words("page", axis), ".0%" if percent else ".0f", words.locale) if drawn else None,
        head=[words("head", name) for name in (*lead, "value", "low", "high", "n")],
        body=[
            [
                *([row["group"]] if row["group"] else []),
                row["label"],
                *(write(row[part]) for part in ("value", "low", "high")),
                words("page", "hidden") if row["value"] is None else words.count(row["n"]),
            ]
            for row in rows
        ],
    )
