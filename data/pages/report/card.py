"""The model card: what the model is, what it is for, how well it works, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.pages.report.groups import gap_sentence, gaps
from data.pages.report.quality import too_few
from data.pages.report.section import ENGINE, Sources

PARTS = (
    "model",
    "made",
    "release",
    "for",
    "not_for",
    "people",
    "data",
    "not_held",
    "how",
    "weights",
    "measured",
    "quality",
    "groups",
    "limits",
    "privacy",
    "choice",
    "maintenance",
)
"""The headings, after Mitchell et al. 2019, https://doi.org/10.1145/3287560.3287596."""


def card(of: Sources) -> list[tuple[str, list[str]]]:
    """Headings with their paragraphs."""
    words = of.words
    return [(words("card", f"{part}_title"), _text(part, of)) for part in PARTS]


def _text(part: str, of: Sources) -> list[str]:
    words, release = of.words, of.facts.get("release")
    computed: Mapping[str, Any] = {
        "release": lambda: [_release(of)],
        "weights": lambda: [_weights(of)],
        "measured": lambda: [_measured(of)],
        "quality": lambda: _quality(of),
        "groups": lambda: _groups(of),
    }
    if part in computed:
        return list(computed[part]())
    entry = words.messages.entry("card", part)
    values = {
        "city": of.name,
        "learners": words.count(release["sizes"]["learners"]) if release else "–",
        "stamps": words.count(release["sizes"]["stamps"]) if release else "–",
        "activities": words.count(release["sizes"]["activities"]) if release else "–",
        "smallest": of.smallest,
    }
    return [line.format(**values) for line in ([entry] if isinstance(entry, str) else entry)]


def _groups(of: Sources) -> list[str]:
    if not of.measured:
        return [too_few(of)]
    return [gap_sentence(gap, of.words) for gap in gaps(of)] or [of.words("charts.groups", "sentence_unknown")]


def _release(of: Sources) -> str:
    words, release = of.words, of.facts.get("release")
    if not release:
        return words("card", "no_release")
    return words(
        "card",
        "release_in_service" if release["in_service"] else "release_waiting",
        name=release["name"],
        version=release["version"],
        data=str(release["data"])[:12],
    )


def _weights(of: Sources) -> str:
    words, release = of.words, of.facts.get("release")
    if not release:
        return words("card", "no_release")
    heavy = sorted(((w, s) for s, w in release["weights"].items() if w > 0), reverse=True)
    named = [f"{words.source(source)} ({words.number(weight, 2)})" for weight, source in heavy]
    learned = (
        words("card", "learned", n=words.count(release["learned_from"]))
        if release.get("learned_from")
        else words("card", "shipped")
    )
    return words("card", "weights_are", names=words.series(named), learned=learned)


def _measured(of: Sources) -> str:
    words = of.words
    if not of.results:
        return words("page", "no_evaluation")
    protocol = of.results["protocol"]
    cuts = protocol.get("cuts") or [protocol]
    days = words.series([words.day(cut["cut"], of.zone) for cut in cuts])
    return words(
        "card",
        "measured_at",
        days=days,
        learners=words.count(protocol.get("learners")),
        horizon=f"{protocol['horizon_days']:g}",
    )


def _quality(of: Sources) -> list[str]:
    words = of.words
    if not of.measured:
        return [too_few(of)]
    said: list[str] = [words.lead(of.results)]
    figures: Sequence[str] = ("recall@10", "ndcg@10", "new_theme_recall@10")
    for figure in figures:
        own, other = of.cell(ENGINE, figure), of.cell(of.best, figure)
        if own["value"] is None:
            continue
        said.append(
            words(
                "card",
                "figure",
                name=words("figures", figure.split("@")[0]),
                value=words.number(own["value"]),
                low=words.number(own["low"]),
                high=words.number(own["high"]),
                best=words.model(of.best),
                other=words.number(other["value"]),
                n=words.count(own["n"]),
            )
        )
    return said
