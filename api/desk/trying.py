"""What if, and the wheel: the two pages that work something out for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from api.desk.scene import PAGES, Scene
from api.desk.views import counts
from data.pages.desk import Link, fill
from data.pages.desk.choice import Option
from data.pages.desk.least import Figure, help_of
from data.pages.desk.say import Part
from data.pages.desk.what_if import Form
from data.pages.desk.wheel import wheel as in_words
from recommender.insight.insight import Insight
from recommender.insight.plain import addition_from, plain_gain, plain_wheel

MOST_IDEAS = 5


def known(scene: Scene) -> tuple[set[str], set[str]]:
    """Ids of the themes and of the venues that the form may name."""
    return {one.value for one in scene.offer.theme}, {venue for venue, _ in _venues(scene)}


def gain_of(insight: Insight, asked: Mapping[str, Any]) -> Part:
    """What an addition brings, as plain values."""
    found: Part = plain_gain(insight.what_if(addition_from(insight.catalogue, asked)), insight)
    return found


def wheel_of(insight: Insight, theme: str) -> Part:
    """The wheel of a theme, as plain values."""
    found: Part = plain_wheel(insight.wheel(insight.catalogue.themes.ids.row(theme)), insight)
    return found


def what_if(scene: Scene, form: Form, gain: Part | None = None) -> str:
    """The form, with what the addition brings beside it."""
    say = scene.say
    middles = _middles(scene)
    asked = form.asked or {}
    added = {
        **asked,
        "themes": [{"theme": asked["theme"]}] if asked.get("theme") else [],
        "area": middles.get(form.typed["venue"], ""),
    }
    ideas = (scene.figures.opportunity or {}).get("suggestions", ())[:MOST_IDEAS]
    return fill(
        "what_if.html",
        scene.frame,
        view=scene,
        form=form,
        venues=_places(scene, form.typed["venue"], middles),
        weekdays=[Option(str(day), say.weekday(day)) for day in range(7)],
        what=say.addition(added) if gain is not None else "",
        gain=[Figure(*line) for line in say.gain(gain)] if gain is not None else [],
        paid=bool(asked.get("price")),
        counts=counts(scene),
        helps=[help_of(one, say, scene.choice, PAGES["what-if"]) for one in ideas],
    )


def wheel(scene: Scene, found: Part | None) -> str:
    """The themes to choose from, or the wheel of one."""
    label = scene.offer.label("theme", scene.choice.theme)
    return fill(
        "wheel.html",
        scene.frame,
        view=scene,
        title=scene.say.messages.text("wheel", "title_theme" if found else "title", theme=label),
        themes=[Link(one.label, scene.link("wheel", scene.choice.but(theme=one.value))) for one in scene.offer.theme],
        wheel=in_words(found, scene.say) if found else None,
        more=scene.link("what-if"),
    )


def _venues(scene: Scene) -> list[tuple[str, str]]:
    """Id and neighbourhood of every venue with a place of its own: a mobile lab has none."""
    venues = scene.live.catalogue.venues
    placed = np.flatnonzero(np.isfinite(venues.lat) & np.isfinite(venues.lon)).tolist()
    return [(venues.ids.names[row], venues.area[row]) for row in placed]


def _places(scene: Scene, typed: str, middles: Mapping[str, str]) -> list[Option]:
    """Every venue, by neighbourhood, and somewhere in each neighbourhood that people live in."""
    say = scene.say
    found = [
        Option(venue, f"{area}: {say.venues[venue]}" if area else say.venues[venue]) for venue, area in _venues(scene)
    ]
    spots = [Option(value, say.text("spot", area=area)) for value, area in middles.items()]
    if typed.startswith("place:") and typed not in middles:
        spots.append(Option(typed, say.text("spot_somewhere")))
    return [*sorted(found, key=lambda one: one.label.lower()), *spots]


def _middles(scene: Scene) -> dict[str, str]:
    """The middle of each neighbourhood that people live in, as the form names a place."""
    spots: dict[str, list[tuple[float, float]]] = {}
    for cell in (scene.figures.opportunity or {}).get("reach", {}).get("cells", ()):
        if cell.get("area"):
            spots.setdefault(cell["area"], []).append((cell["lat"], cell["lon"]))
    middles = {area: np.mean(found, axis=0) for area, found in sorted(spots.items())}
    return {f"place:{lat:.5f},{lon:.5f}": area for area, (lat, lon) in middles.items()}
