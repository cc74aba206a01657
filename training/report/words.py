"""Figures as people read them, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import data.pages
from data.messages import Messages, load

FOLDER = Path(data.pages.__file__).parent / "report"


class Words:
    """The texts of the evaluation page in one language, and how it writes numbers and days.

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
        """``12,3%``; one decimal below 10%; ``–`` where not known."""
        if value is None:
            return "–"
        return f"{100 * value:.{1 if abs(value) < 0.1 else 0}f}%".replace(".", self.decimal)

    def number(self, value: float | None, digits: int = 3) -> str:
        """``0,123``; ``–`` where not known."""
        return "–" if value is None else f"{value:.{digits}f}".replace(".", self.decimal)

    def count(self, n: int | None) -> str:
        """``12.345``; ``–`` where not known."""
        if n is None:
            return "–"
        return f"{n:,}".replace(",", "." if self.decimal == "," else ",")

    def day(self, iso: str, time_zone: str) -> str:
        """``1 mei 2026``, in the time of the city."""
        moment = datetime.fromisoformat(iso).astimezone(ZoneInfo(time_zone))
        months = self.messages.entry("calendar", "months")
        return self("calendar", "date", day=moment.day, month=months[moment.month - 1], year=moment.year)

    def model(self, name: str) -> str:
        """Name of a model; its own code where the language has none."""
        return self("models", name) if self.messages.has("models", name) else name

    def models(self, names: Sequence[str]) -> str:
        """Names of several models, each between quotes because some hold a comma."""
        return ", ".join(f"‘{self.model(name)}’" for name in names)

    def lead(self, results: Mapping[str, Any]) -> str:
        """The one sentence that says how good it is."""
        code = results["verdict"]["code"]
        return self("page", {"better": "lead_well"}.get(code, f"lead_{code}"))
