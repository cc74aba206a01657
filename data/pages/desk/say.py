"""Figures about opportunity as a coordinator reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from data.messages import Messages, load
from data.messages.values import price_text
from data.pages.desk import words
from data.pages.report.words import Words

Part = Mapping[str, Any]


class Say:
    """Writes figures in one language.

    Parameters
    ----------
    lang : str
        Language code.
    asked : mapping
        ``asked`` of an opportunity file: within how many minutes and weeks, how many are enough.
    themes : mapping of str to str
        Label per theme id.
    venues : mapping of str to str
        Name per venue id.
    """

    def __init__(self, lang: str, asked: Part, themes: Mapping[str, str], venues: Mapping[str, str]) -> None:
        self.messages: Messages = words(lang)
        self.common: Messages = load(lang)
        self.figures = Words(lang)
        self.asked, self.themes, self.venues = asked, themes, venues
        self.text = partial(self.messages.text, "say")

    def band(self, band: Sequence[float]) -> str:
        """``6 tot en met 8 jaar``."""
        low, high = band
        if high >= 99:
            return self.text("band_from", low=f"{low:g}")
        if low <= 0:
            return self.text("band_to", high=f"{high:g}")
        return self.text("band_one" if low == high else "band", low=f"{low:g}", high=f"{high:g}")

    def area(self, area: str) -> str:
        """Name of a neighbourhood; some people's has none."""
        return area or self.text("no_area")

    def group(self, band: Sequence[float]) -> str:
        """``kinderen van 6 tot en met 8 jaar``."""
        low, high = band
        who = self.text("children" if high <= 12 else "young" if high < 18 and low >= 10 else "persons")
        return self.text("of" if low > 0 and high < 99 else "of_open", who=who, band=self.band(band))

    def ages(self, low: float | None, high: float | None) -> str:
        """For whom an activity is meant."""
        if not low and (high is None or high >= 99):
            return self.text("everybody")
        return self.group((low or 0.0, 120.0 if high is None else high))

    def people(self, n: int | None, few: bool = False) -> str:
        """``ongeveer 40 mensen``, ``minder dan 10 mensen`` or ``niemand``."""
        if n is None:
            return self.text("people_few" if few else "people_hidden")
        return self.text("people", n=self.figures.count(n)) if n else self.text("people_none")

    def share(self, share: Part | None) -> str:
        """``35% (27% – 44%)``, or why there is no figure."""
        if share is None or share["status"] == "hidden":
            return self.text("share_hidden")
        if share["value"] is None:
            return self.text(f"share_{share['bound'] or 'withheld'}")
        value = self.figures.percent(share["value"])
        if share["low"] is None:
            return value
        low, high = self.figures.percent(share["low"]), self.figures.percent(share["high"])
        return self.text("share", value=value, low=low, high=high)

    def choose_from(self, spread: Part | None) -> str:
        """``2 activiteiten (van 0 tot 5)``: the middle, and between which most people are."""
        if spread is None:
            return self.text("share_hidden")
        low, median, high = (self.figures.number(spread[key], 0) for key in ("low", "median", "high"))
        return self.text("spread_one" if low == high else "spread", low=low, median=median, high=high)

    def when(self, addition: Part) -> str:
        """``woensdag om 14.00 uur``."""
        hour, minute = str(addition["hour"]).split(":")
        clock = self.common.text("calendar", "clock", hour=int(hour), minute=int(minute))
        return self.text("when", day=self.weekday(int(addition["weekday"])), clock=clock)

    def weekday(self, day: int) -> str:
        """0 is Monday."""
        return str(self.common.entry("calendar", "days")[day])

    def price(self, price: float) -> str:
        """``gratis``, or an amount."""
        text = price_text(float(price), self.common)
        return text if price else text.lower()

    def theme(self, theme: str) -> str:
        """Name of a theme."""
        return self.themes.get(theme) or theme

    def place(self, addition: Part) -> str:
        """Where an activity is added: a venue's name, or the neighbourhood."""
        venue = addition.get("venue")
        if venue:
            return self.text("venue", venue=self.venues.get(venue) or venue)
        area = addition.get("area")
        return self.text("spot", area=area) if area else self.text("spot_somewhere")

    def addition(self, addition: Part) -> str:
        """One sentence part: what is added, for whom, when and where."""
        themes = " + ".join(self.theme(one["theme"]) for one in addition["themes"])
        return self.text(
            "addition" if themes else "addition_any",
            theme=themes,
            price=self.price(addition["price"]),
            ages=self.ages(addition["age_min"], addition["age_max"]),
            when=self.when(addition),
            place=self.place(addition),
        )

    def gain(self, gain: Part) -> list[tuple[str, str]]:
        """What an addition brings, as labels and values, the most telling first."""
        few = gain.get("few", ())
        limits = {"minutes": f"{self.asked['minutes']:g}", "weeks": self.asked["weeks"], "enough": self.asked["enough"]}
        lines = [
            (self.text(f"gain_{key}", **limits), self.people(gain[key], key in few))
            for key in ("near", "crosses", "eligible")
        ]
        lines.insert(1, (self.text("visits", **limits), self._visits(gain["visits"], gain.get("calibrated", True))))
        return lines

    def _visits(self, visits: Part | None, calibrated: bool) -> str:
        if visits is None:
            return self.text("visits_none")
        expected, low, high = (self.figures.number(visits[key], 0) for key in ("expected", "low", "high"))
        key = "visits_between" if calibrated else "visits_not_calibrated"
        return self.text(key, expected=expected, low=low, high=high)
