"""What is on in each season: ideas, venues and audiences drawn together into activities."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.simulation.calendar import Season
from data.simulation.config import SimulationConfig
from data.simulation.lines import station_plans
from data.simulation.places import Site
from data.simulation.streams import stream
from data.simulation.texts import PLACE, Idea, filled, read_ideas, read_toml
from data.simulation.wording import Tails

CHILD_AGES = (6, 11)
CHEAPEST = 2.0
"""Euros that everything for children costs in a desert of prices."""
PLENTY = 3.0
_TRIES = 25
_FREE_HOUSE = 0.7
_ON_THE_ROAD = frozenset({"taster", "workshop", "project", "show"})


@dataclass(frozen=True)
class Plan:
    """An activity, with what the tables do not say (``kind``, ``audience``, ``site``) and what they may leave out."""

    activity_id: str
    title: str
    description: str
    language: str
    themes: tuple[tuple[str, float], ...]
    site: Site
    age_min: int
    age_max: int
    price: float
    form: str
    stage: str
    kind: str
    audience: str
    company: str
    access: str
    requires: str = ""
    awards: str = ""


@dataclass(frozen=True)
class Programme:
    """Every activity, and which of them (as rows) run in each season."""

    plans: tuple[Plan, ...]
    running: tuple[tuple[int, ...], ...]


def overlaps(low: int, high: int) -> bool:
    """Whether some child of the desert's ages may take part."""
    return low <= CHILD_AGES[1] and high >= CHILD_AGES[0]


@dataclass
class _Desk:
    """Where programmers sit: what there is to choose from, and what was used before."""

    config: SimulationConfig
    sites: tuple[Site, ...]
    desert: frozenset[str]
    kinds: Mapping[str, Any] = field(default_factory=lambda: read_toml("kinds.toml"))
    audiences: Mapping[str, Any] = field(default_factory=lambda: read_toml("audiences.toml"))
    ideas: tuple[Idea, ...] = field(default_factory=read_ideas)
    tails: Tails = field(default_factory=Tails)
    used: dict[int, int] = field(default_factory=dict)
    titles: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.fitting: dict[tuple[str, str, str], list[int]] = {
            (site.venue_id, audience, season): [
                row for row, idea in enumerate(self.ideas) if self._fits(idea, site, audience, season)
            ]
            for site, audience, season in itertools.product(
                self.sites, self.audiences, ("spring", "summer", "autumn", "winter")
            )
        }

    def _fits(self, idea: Idea, site: Site, audience: str, season: str) -> bool:
        return (
            audience in idea.ages
            and site.domain in idea.where
            and (not site.themes or idea.theme in site.themes)
            and (not idea.seasons or season in idea.seasons)
            and idea.wet == site.wet
            and (idea.mobile or idea.kind in _ON_THE_ROAD if site.mobile else not idea.mobile)
        )

    def bars(self, site: Site, low: int, high: int) -> bool:
        """Whether the planted desert keeps something for these ages away from a place."""
        if site.area not in self.desert or self.config.desert == "price":
            return False
        return self.config.desert == "near" or overlaps(low, high)

    def lure(self, site: Site) -> float:
        """How much more takes place there than usual: a desert of prices has plenty, only not for free."""
        return PLENTY if self.config.desert == "price" and site.area in self.desert else 1.0

    def ages(self, audience: str, site: Site, rng: np.random.Generator) -> tuple[int, int]:
        low, high = self.audiences[audience]["ages"][rng.integers(len(self.audiences[audience]["ages"]))]
        return low, high


def programme(
    config: SimulationConfig, seasons: tuple[Season, ...], sites: tuple[Site, ...], desert: frozenset[str]
) -> Programme:
    """Fill every season.

    Parameters
    ----------
    desert : set of str
        Neighbourhoods where nothing that suits children of 6 to 11 may take place, see ``SimulationConfig.desert``.

    Returns
    -------
    Programme
        No two activities of one season have the same title; most titles never come back.
    """
    desk = _Desk(config, sites, desert)
    plans: list[Plan] = []
    running: list[tuple[int, ...]] = []
    stations = station_plans(config, sites, desk.kinds, desk.audiences, desert)
    for station in stations:
        plans.append(Plan(activity_id=f"a-{len(plans) + 1:04d}", **station))
        desk.titles.add(plans[-1].title)
    always = tuple(range(len(plans)))
    for season in seasons:
        rows = list(always)
        if running:
            rows += _returning(desk, plans, running[-1], season, always)
        rng = stream(config.seed, "programme", season.number)
        places = _venues_to_fill(desk, {plans[row].site.venue_id for row in rows}, rng)
        now = {plans[row].title for row in rows}
        while len(rows) < config.activities_per_season:
            plan = _invent(desk, season, places.pop() if places else None, now, f"a-{len(plans) + 1:04d}", rng)
            now.add(plan.title)
            rows.append(len(plans))
            plans.append(plan)
        running.append(tuple(sorted(rows)))
    return Programme(tuple(plans), tuple(running))


def _returning(
    desk: _Desk, plans: list[Plan], before: tuple[int, ...], season: Season, always: tuple[int, ...]
) -> list[int]:
    """Which of last season's weekly activities run again; line stations count towards the share."""
    rng = stream(desk.config.seed, "returning", season.number)
    kinds = desk.kinds
    able = [row for row in before if row not in always and kinds[plans[row].kind].get("returns", False)]
    wanted = round(desk.config.returning_share * desk.config.activities_per_season) - len(always)
    count = max(0, min(wanted, len(able)))
    return sorted(int(row) for row in rng.choice(able, size=count, replace=False)) if count else []


def _venues_to_fill(desk: _Desk, taken: set[str], rng: np.random.Generator) -> list[Site]:
    """Venues without anything yet, so that each has at least one activity a season."""
    shut = desk.desert if desk.config.desert == "near" else frozenset()
    empty = [site for site in desk.sites if site.venue_id not in taken and site.area not in shut]
    return [empty[i] for i in rng.permutation(len(empty))]


def _invent(
    desk: _Desk, season: Season, site: Site | None, now: set[str], activity_id: str, rng: np.random.Generator
) -> Plan:
    """A new activity whose title is not in ``now``, and if at all possible was never used."""
    names = tuple(desk.audiences)
    shares = np.array([desk.audiences[name]["share"] for name in names])
    busy = np.array([place.share * desk.lure(place) for place in desk.sites])
    for attempt in itertools.count():
        place = site or desk.sites[rng.choice(len(desk.sites), p=busy / busy.sum())]
        audience = names[rng.choice(len(names), p=shares / shares.sum())]
        low, high = desk.ages(audience, place, rng)
        if desk.bars(place, low, high):
            continue
        rows = desk.fitting[place.venue_id, audience, season.name]
        if not rows:
            continue
        weights = np.array([1 / (1 + desk.used.get(row, 0)) ** 2 for row in rows])
        row = rows[rng.choice(len(rows), p=weights / weights.sum())]
        idea = desk.ideas[row]
        words = {**dict(idea.choices[rng.integers(len(idea.choices))]), PLACE: place.near}
        title = filled(idea.title, words)
        if attempt > _TRIES:
            title = _another(title, place, now)
        if title in now or (title in desk.titles and attempt < _TRIES):
            continue
        desk.used[row] = desk.used.get(row, 0) + 1
        desk.titles.add(title)
        return _plan(desk, activity_id, idea, words, title, place, audience, (low, high), rng)
    raise AssertionError("unreachable")


def _another(title: str, place: Site, now: set[str]) -> str:
    """The same title for a second group, when a very full season has used up all ideas."""
    here = title if place.near in title else f"{title} {place.near}" if title[-1] not in "?!." else title
    numbered = (f"{here} (groep {number})" for number in itertools.count(2))
    return next(name for name in itertools.chain((title, here), numbered) if name not in now)


def _plan(
    desk: _Desk,
    activity_id: str,
    idea: Idea,
    words: Mapping[str, str],
    title: str,
    site: Site,
    audience: str,
    ages: tuple[int, int],
    rng: np.random.Generator,
) -> Plan:
    kind = desk.kinds[idea.kind]
    adult = audience in ("adult", "senior")
    themes = ((idea.theme, 0.7), (idea.also, 0.3)) if idea.also else ((idea.theme, 1.0),)
    price = draw_price(kind, site, adult, rng)
    if desk.config.desert == "price" and site.area in desk.desert and overlaps(*ages):
        price = max(price, CHEAPEST)
    access = draw_access(site, rng)
    company = desk.audiences[audience]["company"]
    text = filled(idea.text, words)
    text += desk.tails.pick(text, idea, site, audience, company, price, access, rng)
    return Plan(
        activity_id=activity_id,
        title=title,
        description=text,
        language=idea.language(words),
        themes=themes,
        site=site,
        age_min=ages[0],
        age_max=ages[1],
        price=price,
        form=kind["form"][rng.integers(len(kind["form"]))],
        stage=kind["stage"],
        kind=idea.kind,
        audience=audience,
        company=company,
        access=access,
    )


def draw_price(kind: Mapping[str, Any], site: Site, adult: bool, rng: np.random.Generator) -> float:
    """Euros; free where the kind or the venue makes it so."""
    free = 1 - (1 - kind["free"]) * (1 - _FREE_HOUSE * site.free)
    low, high = kind["price"]
    unlucky, height = rng.random(2)
    if unlucky < free:
        return 0.0
    price = (low + (high - low) * height) * (1.0 if adult else 0.7)
    return float(max(1, round(price))) if price >= 10 else max(1.0, round(price * 2) / 2)


def draw_access(site: Site, rng: np.random.Generator) -> str:
    """Needs that are met; ``""`` where nobody says."""
    unsaid, quiet, signs, loop = rng.random(4)
    if unsaid < 0.1:
        return ""
    needs = ["wheelchair"] if site.accessible else []
    needs += ["low_stimulus"] if quiet < 0.1 else []
    needs += ["sign_language"] if signs < 0.02 else []
    needs += ["hearing_loop"] if loop < 0.06 and site.domain in ("culture", "library", "education") else []
    return ";".join(needs)
