"""The pages of the report: which sections stand on which page, and the page around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from data.messages import languages
from data.pages import asset, render
from data.pages.report.answers import answers
from data.pages.report.card import card
from data.pages.report.changes import changes
from data.pages.report.groups import groups
from data.pages.report.health import health
from data.pages.report.helping import helping
from data.pages.report.maps import area_map, bands_map
from data.pages.report.offer import offer
from data.pages.report.quality import figures, quality
from data.pages.report.reach import deserts, gap
from data.pages.report.register import rows
from data.pages.report.section import Choices, Part, Section, Sources
from data.pages.report.words import FOLDER, Words

DRAWN: Mapping[str, Callable[[Sources], list[Section]]] = {
    "reach": lambda of: [area_map(of), bands_map(of), gap(of), deserts(of), *helping(of)],
    "quality": quality,
    "groups": groups,
    "offer": offer,
    "data": health,
    "changes": changes,
}
PAGES = ("index", *DRAWN, "card", "register", "all")
STYLES = ("base.css", "report/report.css")


def in_one_folder(name: str, lang: str) -> str:
    """The address of a page beside this one."""
    return f"{name}.{lang}.html"


def sources(
    results: Part | None, opportunity: Part | None, lang: str, facts: Part | None = None, **choices: str
) -> Sources:
    """What the pages are drawn from.

    Raises
    ------
    TypeError
        On a choice that does not exist.
    """
    return Sources(results or {}, opportunity or {}, facts or {}, Words(lang), Choices(**choices))


def sections(
    name: str,
    results: Part | None,
    opportunity: Part | None,
    lang: str,
    *,
    facts: Part | None = None,
    **choices: str,
) -> list[Section]:
    """The charts of one page; ``all`` has them all, a page without charts none.

    Parameters
    ----------
    name : str
        One of ``PAGES``.
    results, opportunity, facts : mapping or None
        ``evaluation.json``, ``opportunity.json`` and ``facts.json``; None where there is no such file.
    lang : str
        Language code.
    choices : str
        ``area``, ``band`` (``6-8``), ``theme``, ``release``; ``""`` or left out is everything.
    """
    return drawn(name, sources(results, opportunity, lang, facts, **choices))


def drawn(name: str, of: Sources) -> list[Section]:
    """The sections of a page from its sources."""
    if name == "all":
        return [section for draw in DRAWN.values() for section in draw(of)]
    return DRAWN[name](of) if name in DRAWN else []


def page(
    name: str,
    results: Part | None,
    opportunity: Part | None,
    lang: str,
    *,
    facts: Part | None = None,
    links: Callable[[str, str], str] = in_one_folder,
    nav: bool = True,
    found: list[Section] | None = None,
    **choices: str,
) -> str:
    """One page of the report as HTML text with its styles and charts inside; it fetches nothing and runs no script.

    Parameters
    ----------
    name : str
        One of ``PAGES``: ``index`` answers in three sentences, ``all`` holds every section.
    results, opportunity, facts : mapping or None
        As for ``sections``.
    lang : str
        Language code.
    links : callable
        From the name of a page and a language to its address.
    nav : bool
        False leaves out the links to the other pages, for a page that travels alone.
    found : list of Section or None
        The sections of this page when they were drawn before.
    choices : str
        As for ``sections``.

    Raises
    ------
    ValueError
        When there is no such page.
    """
    if name not in PAGES:
        raise ValueError(f"page {name!r} is none of {', '.join(PAGES)}")
    of = sources(results, opportunity, lang, facts, **choices)
    return render("report/page.html", **values(name, of, links=links, nav=nav, found=found))


def values(
    name: str,
    of: Sources,
    *,
    links: Callable[[str, str], str] = in_one_folder,
    nav: bool = True,
    found: list[Section] | None = None,
) -> dict[str, Any]:
    """Everything that ``report/page.html`` needs, for a template that extends it."""
    words, everything = of.words, name == "all"
    return {
        "words": words,
        "name": name,
        "city": of.name or words("page", "this_city"),
        "style": Markup("\n".join(asset(style) for style in STYLES)),
        "tongues": [(code, links(name, code)) for code in languages(FOLDER) if code != words.lang],
        "pages": [(one, words("pages", one), words("about", one), links(one, words.lang)) for one in PAGES]
        if nav
        else [],
        "answers": answers(of) if name in ("index", "all") else [],
        "sections": drawn(name, of) if found is None else found,
        "figures": figures(of) if name in ("quality", "all") else [],
        "limits": limits(of) if name in ("quality", "all") else [],
        "setup": setup(of) if name in ("quality", "all") else "",
        "explained": explained(of) if name in ("quality", "all") else [],
        "card": card(of) if name in ("card", "all") else [],
        "register": rows(of) if name in ("register", "all") else [],
        "narrowed": narrowed(of),
        "smallest": of.smallest,
        "made_up": of.origin,
        "everything": everything,
    }


def narrowed(of: Sources) -> list[str]:
    """What the reader chose, to say above the charts."""
    words, chosen = of.words, of.choices
    picked = {"area": chosen.area, "band": chosen.band, "theme": chosen.theme, "release": chosen.release}
    return [f"{words('head', key)}: {value}" for key, value in picked.items() if value]


def setup(of: Sources) -> str:
    """How it was measured, in two sentences."""
    if not of.measured:
        return ""
    words, protocol = of.words, of.results["protocol"]
    cuts = protocol.get("cuts") or [protocol]
    return words(
        "page",
        "setup" if len(cuts) == 1 else "setup_several",
        before=words.count(of.results["city"]["stamps_before"]),
        learners=words.count(protocol["learners"]),
        relevant=words.number(protocol["relevant_per_learner"], 1),
        candidates=words.count(protocol["candidates"]),
        cut=words.day(cuts[0]["cut"], of.zone),
        cuts=len(cuts),
        days=words.series([words.day(cut["cut"], of.zone) for cut in cuts]),
        until=words.day(protocol["until"], of.zone),
    )


def explained(of: Sources) -> list[tuple[str, str]]:
    """Every list that was compared, in one line each; also those that were left out, and why."""
    words = of.words
    told = [
        (words.model(name), words("explain", name) if words.messages.has("explain", name) else "")
        for name in of.results.get("models", {})
    ]
    for name, why in (of.results.get("protocol", {}).get("left_out") or {}).items():
        key = f"left_out_{why['code']}"
        if words.messages.has("explain", key):
            told.append(
                (words.model(name), words("explain", key, **{k: words.count(v) for k, v in why.items() if k != "code"}))
            )
    return told


def limits(of: Sources) -> list[str]:
    """What the figures cannot tell."""
    if not of.measured:
        return []
    words, protocol = of.words, of.results["protocol"]
    shares = {key: words.percent(protocol[key]) for key in ("reachable", "new_activities")}
    said = [point.format(**shares) for point in words.messages.entry("limits", "points")]
    why = protocol.get("why_fewer")
    if why and words.messages.has("limits", f"fewer_{why['code']}"):
        said.append(
            words(
                "limits", f"fewer_{why['code']}", wanted=why["wanted"], found=why["found"], days=why.get("days") or "–"
            )
        )
    elif len(protocol.get("cuts") or [protocol]) == 1:
        said.append(words("limits", "one_cut"))
    return said
