"""What one request to the desk is about: the city, the choice in its address, and what there is to choose from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request

from api.desk import answers
from api.desk.door import START
from api.desk.files import Figures
from api.desk.room import desk_of
from api.service import live_of
from api.state import Live
from data.messages import theme_label
from data.pages.desk import Frame, Link, words
from data.pages.desk.choice import Choice, Offer, Option, band_value, read_choice
from data.pages.desk.say import Say
from recommender.insight.asked import BANDS

PAGES = {name: f"{START}/{name}" for name in ("least", "what-if", "wheel", "report", "repair")}
CARDS = {"least": "least", "what-if": "what_if", "wheel": "wheel", "report": "report", "repair": "repair"}
"""The pages, as the texts call them."""
SAMPLES = ("sample", "simulated")
_NAMED = re.compile(r"(\d{8}T\d{6}Z)-.+")


@dataclass(frozen=True)
class Scene:
    """Everything that a page of the desk starts from.

    Attributes
    ----------
    live : Live
        What is in service for the city of the caller.
    figures : Figures
        What was measured of it.
    choice, offer : Choice, Offer
        What was chosen, and what can be.
    wrong : mapping of str to str
        Fields of the choice whose value does not exist, with the start of that value.
    action : str
        Where the form of the page goes.
    frame : Frame
        What stands around the page.
    say : Say
        Writes its figures.
    pages : tuple of str
        Names of the pages that there are.
    at : int
        The moment that answers are for, in seconds since 1970 UTC.
    """

    live: Live
    figures: Figures
    choice: Choice
    offer: Offer
    wrong: Mapping[str, str]
    action: str
    frame: Frame
    say: Say
    pages: tuple[str, ...]
    at: int

    def link(self, page: str, choice: Choice | None = None) -> str:
        """The address of a page of the desk, for a choice."""
        return PAGES[page] + (choice or self.choice).query()


async def scene_of(
    request: Request, fields: Mapping[str, str], page: str = "", part: str = "", more: Mapping[str, str] | None = None
) -> Scene:
    """What a request is about.

    Parameters
    ----------
    fields : mapping of str to str
        Of its query or its form.
    page : str
        One of ``PAGES``, ``""`` for the first page.
    part : str
        What comes after that in the address, or ``""``.
    more : mapping of str to str or None
        Further fields that belong to the address of this page.
    """
    live, desk = live_of(request), desk_of(request)
    city = live.catalogue.city
    figures = await desk.figures(city)
    opportunity = figures.opportunity or {}
    asked = opportunity.get("asked") or {}
    bands = asked.get("bands") or BANDS
    choice = read_choice(fields, bands)
    lang = answers.language_of(request, choice.lang, live.catalogue.languages)
    themes = {name: theme_label(live.catalogue, row, lang) for row, name in enumerate(live.catalogue.themes.ids.names)}
    named = zip(live.catalogue.venues.ids.names, live.catalogue.venues.name, strict=True)
    say = Say(lang, {**_ASKED, "bands": bands, **asked}, themes, {venue: name or venue for venue, name in named})
    offer = Offer(
        release=_releases(desk.releases(city), say),
        area=[Option(area, area) for area in _areas(live, figures)],
        age=[Option(band_value(band), say.band(band)) for band in bands],
        theme=sorted((Option(name, label) for name, label in themes.items()), key=lambda one: one.label.lower()),
    )
    action = PAGES.get(page, START) + (f"/{part}" if part else "")
    address = action + choice.but(lang="").query(**(more or {}))
    home = [Link(words(lang).text("pages", "start"), START + choice.query(), not page)]
    there = tuple(name for name in PAGES if name != "repair" or figures.repair)
    others = [
        Link(words(lang).text("pages", CARDS[name]), PAGES[name] + choice.query(), name == page) for name in there
    ]
    frame = answers.frame_of(
        request,
        lang,
        city=live.catalogue.name or city,
        address=address,
        pages=(*home, *others),
        sample=live.settings.origin in SAMPLES,
    )
    return Scene(live, figures, choice, offer, offer.unknown(choice), action, frame, say, there, desk.today(live))


_ASKED = {"minutes": 20.0, "weeks": 8, "enough": 3, "mode": "walk"}


def _areas(live: Live, figures: Figures) -> list[str]:
    measured = {one["area"] for one in (figures.opportunity or {}).get("deserts", ())}
    return sorted({area for area in {*live.catalogue.venues.area, *measured} if area})


def _releases(names: tuple[str, ...], say: Say) -> list[Option]:
    return [Option(name, _made(name, say)) for name in names]


def _made(name: str, say: Say) -> str:
    """When a release was made, as its name tells; the name itself where it does not."""
    found = _NAMED.fullmatch(name)
    try:
        moment = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        moment = None
    if moment is None:
        return name
    return f"{say.figures.day(moment.isoformat(), 'UTC')} {moment:%H:%M} UTC ({name.partition('-')[2]})"
