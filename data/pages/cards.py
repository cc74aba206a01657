"""A recommendation as a person reads it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.messages import Messages, reason_text, theme_label
from data.messages.sentences import shorten
from data.messages.values import age_text, price_text, session_text
from recommender.answer import Recommendation
from recommender.city import DOMAINS, UNKNOWN, Catalogue, Place

NEXT_STATIONS = 3


@dataclass(frozen=True)
class Station:
    """The line an activity belongs to: its id and name, which station this is, and the titles that follow."""

    line: str
    name: str
    number: int
    total: int
    following: tuple[str, ...]
    badge: str


@dataclass(frozen=True)
class Card:
    """Everything the template shows of one activity. Texts are ``""`` where nothing is known; then ``not_known``
    has a sentence that says so.
    """

    number: int
    activity: str
    title: str
    title_lang: str
    description: str
    domain: str
    when: str
    where: str
    area: str
    price: str
    free: bool
    travel: str
    ages: str
    language: str
    slot: str
    percent: str
    reasons: tuple[str, ...]
    not_known: tuple[str, ...]
    more_theme: str
    more_label: str
    station: Station | None
    place: Place | None


def card(
    item: Recommendation,
    catalogue: Catalogue,
    messages: Messages,
    *,
    at: int,
    voice: str,
    mode: str,
    wished: frozenset[str],
) -> Card:
    """One recommendation in words.

    Parameters
    ----------
    item : Recommendation
        From the answer.
    catalogue : Catalogue
        The one the answer was made with.
    messages : Messages
        The language of the page.
    at : int
        Moment of asking, in seconds since 1970 UTC.
    voice : str
        ``"child"`` or ``"parent"``.
    mode : str
        How the learner travels.
    wished : frozenset of str
        Ids of the themes already chosen: "more like this" adds another one.
    """
    activities, row = catalogue.activities, item.activity
    low, high, price = (float(column[row]) for column in (activities.age_min, activities.age_max, activities.price))
    where, area = _venue(item, catalogue)
    place = _place(item, catalogue)
    ages = age_text(low, high, messages)
    unknown = list(item.not_known)
    unknown += [code for code, missing in (("age", not ages), ("price", math.isnan(price))) if missing]
    unknown += ["place"] if not where and place is None else []
    language = activities.language[row]
    more = _more(row, catalogue, wished)
    return Card(
        number=item.rank,
        activity=activities.ids.names[row],
        title=activities.title[row],
        title_lang=language,
        description=activities.description[row],
        domain="unknown" if activities.domain[row] == UNKNOWN else DOMAINS[activities.domain[row]],
        when=session_text(catalogue.sessions, item.session, catalogue.time_zone, at, messages),
        where=where,
        area=area if area != where else "",
        price="" if math.isnan(price) else price_text(price, messages),
        free=price == 0,
        travel=_travel(item.travel_minutes, mode, messages),
        ages=ages,
        language=_spoken(language, messages) if language and language != messages.lang else "",
        slot=item.slot,
        percent=f"{item.probability * 100:.0f}" if item.slot == "drawn" else "",
        reasons=tuple(dict.fromkeys(reason_text(reason, catalogue, messages.lang, voice) for reason in item.reasons)),
        not_known=tuple(
            messages.text("not_known", code if messages.has("not_known", code) else "other")
            for code in dict.fromkeys(unknown)
        ),
        more_theme="" if more == UNKNOWN else catalogue.themes.ids.names[more],
        more_label="" if more == UNKNOWN else shorten(theme_label(catalogue, more, messages.lang), 5, 30),
        station=station(row, catalogue),
        place=place,
    )


def _venue(item: Recommendation, catalogue: Catalogue) -> tuple[str, str]:
    if item.venue == UNKNOWN:
        return "", ""
    venues = catalogue.venues
    return venues.name[item.venue] or venues.ids.names[item.venue], venues.area[item.venue]


def _place(item: Recommendation, catalogue: Catalogue) -> Place | None:
    lat, lon = catalogue.sessions.lat[item.session], catalogue.sessions.lon[item.session]
    return Place(float(lat), float(lon)) if np.isfinite(lat) and np.isfinite(lon) else None


def _travel(minutes: float, mode: str, messages: Messages) -> str:
    if math.isnan(minutes):
        return ""
    return messages.count("page", "travel_minutes", max(1, math.ceil(minutes)), mode=messages.text("modes", mode))


def _spoken(language: str, messages: Messages) -> str:
    return messages.text("spoken", language) if messages.has("spoken", language) else language


def _more(row: int, catalogue: Catalogue, wished: frozenset[str]) -> int:
    """The heaviest theme of an activity that is not wished for yet, or ``UNKNOWN``."""
    themes = catalogue.activities.themes
    start, end = themes.indptr[row], themes.indptr[row + 1]
    heaviest_first = themes.indices[start:end][np.argsort(-themes.data[start:end], kind="stable")]
    names = catalogue.themes.ids.names
    return next((int(theme) for theme in heaviest_first if names[theme] not in wished), UNKNOWN)


def station(activity: int, catalogue: Catalogue) -> Station | None:
    """The first line that an activity is a station of, or None."""
    lines = catalogue.lines
    for line, stations in enumerate(lines.stations):
        here = np.flatnonzero(stations == activity)
        if len(here):
            number = int(here[0]) + 1
            following = stations[number : number + NEXT_STATIONS]
            return Station(
                line=lines.ids.names[line],
                name=lines.name[line],
                number=number,
                total=len(stations),
                following=tuple(catalogue.activities.title[row] for row in following),
                badge=lines.badge[line],
            )
    return None
