"""What one chart of the report is made of, and what it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data.pages.report.words import Words
from data.pages.svg import ALARM, OTHER, OWN, QUIET, STEPS, Svg

ENGINE, SERVED = "leerlijn", "leerlijn_served"
NO_BASELINE = (ENGINE, SERVED, "oracle")
"""Lists that are not a simple thing to compare with; the oracle knows what nobody can know."""
SMALLEST = 10
Part = Mapping[str, Any]
Cell = tuple[str, str]
KEYS = {OWN: "own", OTHER: "other", QUIET: "quiet", ALARM: "alarm"} | {c: f"step-{n}" for n, c in enumerate(STEPS)}
"""Class of the swatch that stands for a colour in a legend."""


@dataclass(frozen=True)
class Key:
    """One line of a legend: the class of its swatch, a sign for who sees no colour, and what it stands for."""

    swatch: str
    sign: str
    label: str


@dataclass(frozen=True)
class Section:
    """One chart with everything that must be said about it.

    Attributes
    ----------
    key, title : str
        Its id in the page and its heading.
    sentence : str
        What it means, in one plain sentence.
    basis : sequence of str
        How many people stand behind the figures of the sentence, and their interval.
    cannot : str
        What it cannot tell.
    chart : Svg or None
        None when nothing may be shown.
    legend : sequence of Key
        What the colours and signs mean.
    head, body : text of the table behind the chart
        A cell is text and the smaller text below it, often ``""``.
    note : str
        What to read beside it, or ``""``.
    missing : str
        The plain sentence that stands instead of a chart, with what to do; ``""`` when there is one.
    """

    key: str
    title: str
    sentence: str = ""
    basis: Sequence[str] = ()
    cannot: str = ""
    chart: Svg | None = None
    legend: Sequence[Key] = ()
    head: Sequence[str] = ()
    body: Sequence[Sequence[Cell]] = ()
    note: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Choices:
    """What the reader narrows the pages to; ``""`` is everything."""

    area: str = ""
    band: str = ""
    theme: str = ""
    release: str = ""


@dataclass(frozen=True)
class Sources:
    """Everything a page is drawn from; a part that is not there is an empty mapping.

    Attributes
    ----------
    results, opportunity, facts : mapping
        ``evaluation.json``, ``opportunity.json`` and ``facts.json``.
    words : Words
        The language.
    choices : Choices
        What the reader narrowed it to.
    """

    results: Part
    opportunity: Part
    facts: Part
    words: Words
    choices: Choices = field(default_factory=Choices)

    @property
    def measured(self) -> bool:
        """Whether there is a figure at all."""
        return bool(self.results.get("models"))

    @property
    def city(self) -> Part:
        """Id, name and time zone, from whichever file is there."""
        for part in (self.results, self.opportunity, self.facts):
            if part.get("city"):
                found = part["city"]
                return found if isinstance(found, Mapping) else {"id": found, "name": found, "time_zone": "UTC"}
        return {"id": "", "name": "", "time_zone": "UTC"}

    @property
    def origin(self) -> str:
        """Where the city comes from: ``own``, ``sample`` or ``simulated``; ``""`` where not known."""
        parts = (part.get("city") for part in (self.facts, self.opportunity, self.results))
        return next((str(part["origin"]) for part in parts if isinstance(part, Mapping) and part.get("origin")), "")

    @property
    def zone(self) -> str:
        """Time zone of the city."""
        return str(self.city.get("time_zone") or "UTC")

    @property
    def name(self) -> str:
        """Name of the city."""
        return str(self.city.get("name") or self.city.get("id") or "")

    @property
    def smallest(self) -> int:
        """How many people at least a figure must be about."""
        settings = self.results.get("config", {}).get("evaluation", {})
        return max(SMALLEST, int(settings.get("smallest_cell", SMALLEST)))

    @property
    def best(self) -> str:
        """The simple list with the highest main figure."""
        return strongest(self.results)

    def cell(self, model: str, figure: str) -> Part:
        """A figure of a list; all None when it is not there."""
        return self.shown(self.results.get("models", {}).get(model, {}).get(figure))

    def shown(self, cell: Part | None) -> Part:
        """A cell, hidden when too few people stand behind it: the last guard, whatever file it came from."""
        if not cell or cell.get("value") is None or (cell.get("n") is not None and cell["n"] < self.smallest):
            return {"value": None, "low": None, "high": None, "n": None}
        return {"low": None, "high": None, "n": None, **cell}


def strongest(results: Part) -> str:
    """The simple list with the highest main figure; lots do not count as one."""
    main, models = results["protocol"]["main"], results["models"]
    simple = [name for name in models if name not in (*NO_BASELINE, "random")]
    return max(simple, key=lambda name: models[name][main]["value"] or 0.0, default="random")


def colour(name: str, best: str) -> str:
    """Own lists, the strongest simple one and the others each have a colour."""
    return OWN if name in (ENGINE, SERVED) else OTHER if name == best else QUIET


def lists_legend(words: Words) -> list[Key]:
    """What the colours of ``colour`` mean."""
    return [Key(key, "", words("charts.main", key)) for key in ("own", "other", "quiet")]


def row(cell: Part, label: str, colour: str, group: str = "") -> dict[str, Any]:
    """One line of a chart."""
    return {**cell, "label": label, "colour": colour, "group": group}


def value_cell(cell: Part, write: Callable[[float | None], str]) -> Cell:
    """A value with its interval below it, for a table."""
    if cell["value"] is None:
        return "–", ""
    return write(cell["value"]), "" if cell["low"] is None else f"{write(cell['low'])} – {write(cell['high'])}"


def people_cell(cell: Part, words: Words) -> Cell:
    """How many people, or that they are too few."""
    if cell["value"] is None:
        return words("page", "hidden"), ""
    return words.count(cell["n"]), ""


def based_on(cell: Part, words: Words, write: Callable[[float | None], str], label: str = "") -> str:
    """``Leerlijn: ongeveer 145 deelnemers, met 95% zekerheid tussen …``; ``""`` for a hidden cell."""
    if cell["value"] is None:
        return ""
    said = [words("page", "people", n=words.count(cell["n"]))] if cell["n"] is not None else []
    if cell["low"] is not None:
        said.append(words("page", "interval", low=write(cell["low"]), high=write(cell["high"])))
    return f"{label}: {', '.join(said)}" if label else ", ".join(said)


def section(key: str, words: Words, sentence: str, **more: Any) -> Section:
    """A chart with its title and its limit from the words of the page."""
    basis = [line for line in more.pop("basis", ()) if line]
    return Section(
        key,
        words(f"charts.{key}", "title"),
        sentence,
        basis=basis,
        cannot=words("page", "cannot", what=words(f"charts.{key}", "cannot")),
        **more,
    )


def absent(key: str, words: Words, why: str) -> Section:
    """A chart that cannot be drawn: what is missing and what to do."""
    return Section(key, words(f"charts.{key}", "title"), missing=why)
