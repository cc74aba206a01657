"""What the lists show of the offer: breadth over time, venues, coverage, and what is new."""

from __future__ import annotations

from data.pages.charts import intervals_chart, lines_chart
from data.pages.report.quality import too_few
from data.pages.report.section import (
    ENGINE,
    SERVED,
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
from data.pages.svg import OTHER, OWN, QUIET
from recommender.city import DOMAINS

MOST_VENUES = 16
SHOWN_FROM = 0.1
"""Ratios below are drawn here: on a scale of times as often, never lies infinitely far away."""


def offer(of: Sources) -> list[Section]:
    """The charts of the page on the offer."""
    return [breadth(of), over_time(of), exposure(of), coverage(of), novelty(of)]


def breadth(of: Sources) -> Section:
    """Different domains in the first ten, for every list."""
    if not of.measured:
        return absent("breadth", of.words, too_few(of))
    words, best = of.words, of.best

    def write(value: float | None) -> str:
        return words.number(value, 1)

    names = list(of.results["models"])
    rows = [row(of.cell(name, "domains@10"), words.model(name), colour(name, best)) for name in names]
    served = of.cell(SERVED, "domains@10")
    return section(
        "breadth",
        words,
        words(
            "charts.breadth",
            "sentence",
            value=write(served["value"]),
            total=len(DOMAINS),
            random=write(of.cell("random", "domains@10")["value"]),
        ),
        basis=[based_on(served, words, write, words.model(SERVED))],
        chart=intervals_chart(rows, words("page", "axis_domains"), False, words.locale, float(len(DOMAINS))),
        legend=lists_legend(words),
        head=[words("head", name) for name in ("model", "value", "n")],
        body=[[(r["label"], ""), value_cell(r, write), people_cell(r, words)] for r in rows],
    )


def over_time(of: Sources) -> Section:
    """Breadth and quality at every moment of measuring."""
    words = of.words
    if not of.measured:
        return absent("time", words, too_few(of))
    cuts = of.results.get("by_cut") or []
    if len(cuts) < 2:
        return absent(
            "time", words, words("charts.time", "absent", day=words.day(of.results["protocol"]["cut"], of.zone))
        )
    broad = all("domains@10" in cut["models"].get(SERVED, {}) for cut in cuts)
    figure = "domains@10" if broad else of.results["protocol"]["main"]
    names = [SERVED, of.best] if broad else [ENGINE, of.best]

    def write(value: float | None) -> str:
        return words.number(value, 1) if broad else words.percent(value)

    rows = [
        {
            **of.shown(cut["models"].get(name, {}).get(figure)),
            "moment": words.month(cut["cut"], of.zone),
            "series": number,
            "label": words.model(name),
            "colour": (OWN, OTHER)[number],
        }
        for number, name in enumerate(names)
        for cut in cuts
    ]
    own = [one for one in rows if one["series"] == 0 and one["value"] is not None]
    if not own:
        return absent("time", words, words("page", "hidden"))
    key = "sentence_breadth" if broad else "sentence_quality"
    return section(
        "time",
        words,
        words("charts.time", key, first=write(own[0]["value"]), last=write(own[-1]["value"]), cuts=len(cuts)),
        basis=[*(based_on(one, words, write, one["moment"]) for one in (own[0], own[-1])), *choice(of)],
        chart=lines_chart(
            rows,
            words("page", "axis_domains" if broad else "axis_recall"),
            not broad,
            words.locale,
            float(len(DOMAINS)) if broad else None,
        ),
        legend=[
            Key(("own", "other")[number], ("●", "■")[number], words.model(name)) for number, name in enumerate(names)
        ],
        head=[words("head", name) for name in ("moment", "model", "value", "n")],
        body=[[(r["moment"], ""), (r["label"], ""), value_cell(r, write), people_cell(r, words)] for r in rows],
    )


def choice(of: Sources) -> list[str]:
    """How much there was to choose from at the first and at the last moment: with little, a list of ten holds it all."""
    words, cuts = of.words, of.results["protocol"].get("cuts") or []
    known = [cut for cut in cuts if cut.get("candidates") is not None]
    if len(known) < 2:
        return []
    first, last = (
        words("charts.time", "moment", moment=words.month(cut["cut"], of.zone), n=words.count(cut["candidates"]))
        for cut in (known[0], known[-1])
    )
    return [words("charts.time", "choice", first=first, last=last)]


def exposure(of: Sources) -> Section:
    """How often a venue is shown beside how much it offers."""
    words = of.words
    found = [venue for venue in of.results.get("venues") or [] if venue.get("ratio") is not None]
    if not found:
        return absent("exposure", words, words("charts.exposure", "absent") if of.measured else too_few(of))
    under = [venue for venue in found if venue.get("high") is not None and venue["high"] < 1]
    over = [venue for venue in found if venue.get("low") is not None and venue["low"] > 1]
    drawn = found[:MOST_VENUES]
    rows = [
        {
            "label": venue["name"] or venue["venue"],
            "value": max(venue["ratio"], SHOWN_FROM),
            "low": max(venue["low"], SHOWN_FROM) if venue.get("low") is not None else None,
            "high": max(venue["high"], SHOWN_FROM) if venue.get("high") is not None else None,
            "colour": OTHER if venue in under else OWN if venue in over else QUIET,
            "group": "",
        }
        for venue in sorted(drawn, key=lambda venue: -venue["ratio"])
    ]
    return section(
        "exposure",
        words,
        words("charts.exposure", "sentence", under=len(under), over=len(over), total=len(found)),
        basis=[
            words("charts.exposure", "basis", n=len(found)),
            based_on(of.cell(SERVED, "domains@10"), words, lambda _: "").split(",")[0],
        ],
        chart=intervals_chart(rows, words("charts.exposure", "axis"), False, words.locale, line=1.0, log=True),
        legend=[Key(key, "", words("charts.exposure", key)) for key in ("own", "quiet", "other")],
        note="\n".join(
            [
                *([words("charts.exposure", "note", shown=len(drawn))] if len(found) > len(drawn) else []),
                *([words("charts.exposure", "least")] if any(one["ratio"] < SHOWN_FROM for one in drawn) else []),
            ]
        ),
        head=[words("head", name) for name in ("venue", "domain", "offer", "exposure", "ratio")],
        body=[
            [
                (venue["name"] or venue["venue"], ""),
                (words.domain(venue["domain"]), ""),
                (words.percent(venue["offer"]), words("charts.exposure", "activities", n=venue["activities"])),
                (words.percent(venue["exposure"]), ""),
                value_cell(
                    {"low": None, "high": None, **venue, "value": venue["ratio"]}, lambda value: words.number(value, 2)
                ),
            ]
            for venue in found
        ],
    )


def coverage(of: Sources) -> Section:
    """How much of the offer stands in any list, and how unequally it is shown."""
    if not of.measured:
        return absent("coverage", of.words, too_few(of))
    words, best = of.words, of.best
    names = list(of.results["models"])
    rows = [row(of.cell(name, "coverage@10"), words.model(name), colour(name, best)) for name in names]
    served = of.cell(SERVED, "coverage@10")
    gini = of.cell(SERVED, "gini@10")
    never = None if served["value"] is None else 1 - served["value"]
    return section(
        "coverage",
        words,
        words("charts.coverage", "sentence", value=words.percent(served["value"]), never=words.percent(never)),
        basis=[
            based_on({**served, "n": of.results["protocol"]["learners"]}, words, words.percent, words.model(SERVED)),
            words("charts.coverage", "gini", value=words.number(gini["value"], 2)),
        ],
        chart=intervals_chart(rows, words("charts.coverage", "axis"), True, words.locale, 1.0),
        legend=lists_legend(words),
        head=[words("head", name) for name in ("model", "coverage", "never", "gini")],
        body=[
            [
                (words.model(name), ""),
                value_cell(one, words.percent),
                (words.percent(None if one["value"] is None else 1 - one["value"]), ""),
                (words.number(of.cell(name, "gini@10")["value"], 2), ""),
            ]
            for name, one in zip(names, rows, strict=True)
        ],
    )


def novelty(of: Sources) -> Section:
    """Whether new activities get a place, and whether who goes there finds them in the list."""
    words = of.words
    if not of.measured:
        return absent("novelty", words, too_few(of))
    figures = of.results["models"][SERVED]
    if "new_activities@10" not in figures:
        return absent("novelty", words, words("charts.novelty", "absent"))
    places, found = of.cell(SERVED, "new_activities@10"), of.cell(ENGINE, "new_activity_recall@10")
    names = list(of.results["models"])
    groups = {kind: words("charts.novelty", kind) for kind in ("places", "recall")}
    rows = [
        row(of.cell(name, "new_activities@10"), words.model(name), colour(name, of.best), groups["places"])
        for name in names
    ]
    rows += [
        row(of.cell(name, "new_activity_recall@10"), words.model(name), colour(name, of.best), groups["recall"])
        for name in names
    ]
    return section(
        "novelty",
        words,
        words(
            "charts.novelty",
            "sentence" if found["value"] is not None else "sentence_places",
            places=words.percent(places["value"]),
            found=words.percent(found["value"]),
            visits=words.percent(of.results["protocol"].get("new_activities")),
        ),
        basis=[
            based_on(places, words, words.percent, groups["places"]),
            based_on(found, words, words.percent, groups["recall"]),
        ],
        chart=intervals_chart(rows, words("charts.novelty", "axis"), True, words.locale),
        legend=lists_legend(words),
        head=[words("head", name) for name in ("figure", "model", "value", "n")],
        body=[[(r["group"], ""), (r["label"], ""), value_cell(r, words.percent), people_cell(r, words)] for r in rows],
    )
