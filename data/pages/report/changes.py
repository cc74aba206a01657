"""What changed since the last release, and whether the new one may go live."""

from __future__ import annotations

from collections.abc import Mapping

from data.messages import load
from data.pages.charts import intervals_chart
from data.pages.report.section import ENGINE, Part, Section, Sources, absent, based_on, row, section, value_cell
from data.pages.svg import OWN

FIGURES = ("recall@10", "ndcg@10", "hit_rate@10", "new_theme_recall@10", "known_theme_recall@10")
CHECKS = (
    "worse_than_current",
    "worse_than_popular",
    "wider_gap",
    "stale_agenda",
    "stale_release",
    "slower_to_learn",
    "not_its_settings",
    "background",
    "reasons",
    "leak",
    "tells_who",
)


def changes(of: Sources) -> list[Section]:
    """The charts of the page on what changed."""
    return [gate(of), compared(of), made_of(of)]


def gate_sentences(of: Sources) -> list[str]:
    """What the gate says of every check that was not passed, then what happens instead; nothing when it is open."""
    words, found = of.words, of.results.get("gate") or {}
    spoken = load(words.lang)
    said = [
        _said(check, words.lang)
        for check in found.get("checks", [])
        if check["passed"] is False and spoken.has("gate", check["code"])
    ]
    instead = found.get("instead")
    if instead and spoken.has("gate", f"instead_{instead}"):
        said.append(spoken.text("gate", f"instead_{instead}"))
    return said


def _said(check: Part, lang: str) -> str:
    """The sentence of a check in the shared messages; its code when its facts do not fill the sentence."""
    try:
        return load(lang).text("gate", check["code"], **_facts(check, lang))
    except (KeyError, StopIteration):
        return str(check["code"]).replace("_", " ")


def _facts(check: Part, lang: str) -> Mapping[str, object]:
    facts = check.get("facts")
    return facts if isinstance(facts, Mapping) else {}


def gate(of: Sources) -> Section:
    """May the new model go live: every check with what it says."""
    words, found = of.words, of.results.get("gate") or {}
    checks = found.get("checks", [])
    if not checks:
        return absent("gate", words, words("charts.gate", "absent"))
    refused = [check for check in checks if check["passed"] is False]
    unmeasured = [check for check in checks if check["passed"] is None]
    sentence = " ".join(gate_sentences(of)) or words(
        "charts.gate", "open" if found.get("open") else "closed", n=len(refused)
    )
    spoken = load(words.lang)
    body = []
    for check in checks:
        state = "passed" if check["passed"] else "unmeasured" if check["passed"] is None else "refused"
        why = _said(check, words.lang) if check["passed"] is False and spoken.has("gate", check["code"]) else ""
        name = (
            words("checks", check["code"])
            if words.messages.has("checks", check["code"])
            else check["code"].replace("_", " ")
        )
        body.append([(name, why), (words("charts.gate", state), "")])
    return section(
        "gate",
        words,
        sentence,
        basis=[
            words(
                "charts.gate",
                "basis",
                passed=len(checks) - len(refused) - len(unmeasured),
                refused=len(refused),
                unmeasured=len(unmeasured),
            )
        ],
        head=[words("head", "check"), words("head", "outcome")],
        body=body,
    )


def compared(of: Sources) -> Section:
    """The new configuration minus the one in service, figure by figure."""
    words = of.words
    current = (of.results.get("compared") or {}).get("current")
    if not current:
        return absent("compared", words, words("charts.compared", "absent"))
    names = [name for name in FIGURES if name in current["differences"]]
    rows = [row(of.shown(current["differences"][name]), words("figures", name.split("@")[0]), OWN) for name in names]
    main = of.shown(current["differences"].get(of.results["protocol"]["main"]))
    code = (
        "level" if main["low"] is None or main["low"] <= 0 <= main["high"] else "better" if main["low"] > 0 else "worse"
    )
    now = of.results["models"][ENGINE]
    before = current["models"][ENGINE] if ENGINE in current["models"] else current["models"]
    return section(
        "compared",
        words,
        words("charts.compared", f"sentence_{code}", points=words.points(main["value"]).lstrip("+")),
        basis=[
            based_on(main, words, words.points),
            words("charts.compared", "release", name=current["release"] or "–"),
        ],
        chart=intervals_chart(rows, words("charts.compared", "axis"), True, words.locale, line=0.0),
        head=[words("head", name) for name in ("figure", "before", "now", "lead")],
        body=[
            [
                (one["label"], ""),
                value_cell(of.shown(before.get(name)), words.percent),
                value_cell(of.shown(now.get(name)), words.percent),
                value_cell(one, words.points),
            ]
            for name, one in zip(names, rows, strict=True)
        ],
    )


def made_of(of: Sources) -> Section:
    """What the release and the one before it were made of."""
    words = of.words
    new, old = of.facts.get("release"), of.facts.get("previous")
    if not new:
        return absent("made_of", words, words("charts.made_of", "absent"))
    body = [[(words("charts.made_of", "name"), ""), (new["name"], ""), (old["name"] if old else "–", "")]]
    both = (new, old)
    body += [
        [(words("sizes", key), ""), *((words.count(one["sizes"].get(key)) if one else "–", "") for one in both)]
        for key in ("activities", "activities_visited", "learners", "stamps")
    ]
    body += [
        [
            (words("charts.made_of", "weight", source=words.source(source)), ""),
            *((words.number((one or {}).get("weights", {}).get(source), 2), "") for one in both),
        ]
        for source in sorted(new["weights"], key=lambda name: -new["weights"][name])
    ]
    grown = new["sizes"]["stamps"] - old["sizes"]["stamps"] if old else None
    key = (
        "sentence_first"
        if old is None
        else "sentence_same"
        if new["settings"] == old["settings"]
        else "sentence_settings"
    )
    return section(
        "made_of",
        words,
        words(
            "charts.made_of",
            key,
            stamps=words.count(grown),
            changed=words.series([words.source(name) for name in changed(new, old)]) if old else "",
        ),
        head=[words("head", "figure"), words("head", "now"), words("head", "before")],
        body=body,
    )


def changed(new: Part, old: Part) -> list[str]:
    """Names of the settings that differ between two releases."""
    return sorted(
        key for key in {*new["settings"], *old["settings"]} if new["settings"].get(key) != old["settings"].get(key)
    )
