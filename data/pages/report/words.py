"""Figures as people read them, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data.messages import Messages, load

FOLDER = Path(__file__).parent


class Words:
    """The texts of the report in one language, and how it writes numbers and days.

    Parameters
    ----------
    lang : str
        Language code; one that does not exist falls back to English.
    """

    def __init__(self, lang: str) -> None:
        self.messages: Messages = load(lang, folder=FOLDER)
        self.lang = self.messages.lang
        self.decimal = str(self.messages.table["decimal"])

    def __call__(self, group: str, key: str, **values: object) -> str:
        return self.messages.text(group, key, **values)

    @property
    def locale(self) -> dict[str, Any]:
        """Number signs as d3-format wants them."""
        return {
            "decimal": self.decimal,
            "thousands": "." if self.decimal == "," else ",",
            "grouping": [3],
            "currency": ["€", ""],
        }

    def percent(self, value: float | None) -> str:
        """``3,1%`` or ``31%``; one decimal below 10%; ``–`` where not known."""
        if value is None:
            return "–"
        return f"{100 * value:.{1 if 0 < abs(value) < 0.1 else 0}f}%".replace(".", self.decimal)

    def points(self, value: float | None) -> str:
        """A difference between two shares, with its sign: ``+4,1``."""
        return "–" if value is None else f"{100 * value:+.1f}".replace(".", self.decimal).replace("-", "−")

    def number(self, value: float | None, digits: int = 3) -> str:
        """``0,123``; ``–`` where not known."""
        return "–" if value is None else f"{value:.{digits}f}".replace(".", self.decimal)

    def count(self, n: float | None) -> str:
        """``12.345``; ``–`` where not known."""
        if n is None:
            return "–"
        return f"{round(n):,}".replace(",", "." if self.decimal == "," else ",")

    def day(self, iso: str, time_zone: str) -> str:
        """``1 mei 2026``, in the time of the city."""
        moment = datetime.fromisoformat(iso).astimezone(ZoneInfo(time_zone))
        months = self.messages.entry("calendar", "months")
        return self("calendar", "date", day=moment.day, month=months[moment.month - 1], year=moment.year)

    def month(self, iso: str, time_zone: str) -> str:
        """``mei 2026``, short enough for an axis."""
        moment = datetime.fromisoformat(iso).astimezone(ZoneInfo(time_zone))
        return f"{self.messages.entry('calendar', 'short')[moment.month - 1]} {moment.year}"

    def model(self, name: str) -> str:
        """Name of a model; its own code where the language has none."""
        return self("models", name) if self.messages.has("models", name) else name.replace("_", " ")

    def models(self, names: Sequence[str]) -> str:
        """Names of several models, each between quotes because some hold a comma."""
        return self.series([f"‘{self.model(name)}’" for name in names])

    def series(self, names: Sequence[str]) -> str:
        """``a, b en c``."""
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self('page', 'and')} {names[-1]}"

    def source(self, code: str) -> str:
        """What a source of evidence looks at; its own code where the language has none."""
        return self("sources", code) if self.messages.has("sources", code) else code

    def domain(self, code: str) -> str:
        """Name of a domain."""
        return self("domains", code) if self.messages.has("domains", code) else code or self("page", "not_known")

    def lead(self, results: Mapping[str, Any]) -> str:
        """The one sentence that says how good it is."""
        code = results["verdict"]["code"]
        return self("page", {"better": "lead_well"}.get(code, f"lead_{code}"))
