"""A record for the Dutch register of algorithms, in the fields of its publication standard 1.0.

What only the city can say (its name as an organisation, a contact, the legal basis, the assessments it made) stays
empty: the page says so, and the register shows an empty field as not filled in.
"""

from __future__ import annotations

from typing import Any

from data.pages.report.section import Sources
from recommender.city import DOMAINS

STANDARD = "1.0"
GENERAL, RESPONSIBLE, WORKING = "general", "responsible", "working"
FIELDS = {
    GENERAL: (
        "name",
        "description_short",
        "organization",
        "category",
        "status",
        "begin_date",
        "end_date",
        "contact_email",
        "website",
        "publication_category",
        "url",
    ),
    RESPONSIBLE: (
        "goal",
        "proportionality",
        "human_intervention",
        "risks",
        "lawful_basis",
        "lawful_basis_grouping",
        "process_index_url",
        "impacttoetsen",
        "impacttoetsen_grouping",
    ),
    WORKING: ("source_data", "source_data_grouping", "methods_and_models", "provider", "publiccode"),
}
"""Names as the register's own interface writes them, in the three parts and the order of the standard."""
FOR_THE_CITY = frozenset(
    [
        "organization",
        "begin_date",
        "contact_email",
        "website",
        "publication_category",
        "url",
        "lawful_basis",
        "lawful_basis_grouping",
        "process_index_url",
        "impacttoetsen",
        "impacttoetsen_grouping",
        "provider",
        "publiccode",
    ]
)
LONGEST = {"name": 99, "description_short": 349, "goal": 2499, "proportionality": 2499, "human_intervention": 2499} | {
    "risks": 4999,
    "source_data": 4999,
    "methods_and_models": 4999,
}
MADE_UP = ("sample", "simulated")


def record(of: Sources) -> dict[str, Any]:
    """The record as JSON: every field of the standard; None where the city has to fill it in."""
    words, release = of.words, of.facts.get("release")
    served = bool(release and release["in_service"]) and of.origin not in MADE_UP
    found: dict[str, Any] = dict.fromkeys(field for fields in FIELDS.values() for field in fields)
    for field in (
        "name",
        "description_short",
        "goal",
        "proportionality",
        "human_intervention",
        "risks",
        "methods_and_models",
    ):
        entry = words.messages.entry("register", field)
        text = " ".join(entry) if isinstance(entry, list) else entry
        found[field] = text.format(city=of.name, smallest=of.smallest, domains=len(DOMAINS))
    found["source_data"] = _data(of)
    found["category"] = list(words.messages.entry("register", "category"))
    # The register takes one of three Dutch words here, whatever the language of the record.
    found["status"] = "In gebruik" if served else "In ontwikkeling"
    return {**found, "lang": {"nl": "NLD"}.get(words.lang, "ENG"), "standard_version": STANDARD}


def _data(of: Sources) -> str:
    words, release = of.words, of.facts.get("release")
    text = words("register", "source_data")
    if not release:
        return text
    sizes = {key: words.count(release["sizes"][key]) for key in ("activities", "learners", "stamps")}
    return f"{text} {words('register', 'source_sizes', **sizes)}"


def rows(of: Sources) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The record as people read it: per part its title and, per field, label, text and remark."""
    words, found = of.words, record(of)
    told = []
    for part, fields in FIELDS.items():
        lines = []
        for field in fields:
            value = found[field]
            text = ", ".join(value) if isinstance(value, list) else value or ""
            has_hint = words.messages.has("register_hints", field)
            remark = (
                words("register_hints", field)
                if has_hint
                else words("register_hints", "city")
                if field in FOR_THE_CITY
                else ""
            )
            lines.append((words("register_fields", field), text, "" if text else remark))
        told.append((words("register_fields", part), lines))
    return told
