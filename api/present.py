"""From the engine's rows to what goes over the wire. Not known is null, never a guess."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from api.state import Live
from data.messages import reason_text
from recommender.answer import Reason
from recommender.city import COMPANY, DOMAINS, FORMS, STAGES, UNKNOWN


def number(value: float, digits: int = 6) -> float | None:
    """A number, None for NaN."""
    return None if value != value else round(value, digits)


def word(words: tuple[str, ...], index: int) -> str | None:
    """The word an index stands for, None for ``UNKNOWN``."""
    return None if index == UNKNOWN else words[index]


def activity(live: Live, row: int, lang: str) -> dict[str, Any]:
    """An activity; see ``ActivityShape``."""
    catalogue, all_, labels = live.catalogue, live.catalogue.activities, live.theme_labels(lang)
    names, themes = catalogue.themes.ids.names, all_.themes
    own = slice(themes.indptr.item(row), themes.indptr.item(row + 1))
    weights = zip(themes.indices[own].tolist(), themes.data[own].tolist(), strict=True)
    by_weight = sorted(weights, key=_heaviest)
    return {
        "id": all_.ids.names[row],
        "title": all_.title[row],
        "description": all_.description[row] or None,
        "language": all_.language[row] or None,
        "themes": [
            {"id": names[theme], "label": labels[theme], "weight": number(weight)} for theme, weight in by_weight
        ],
        "domain": word(DOMAINS, all_.domain.item(row)),
        "organiser": all_.organiser[row] or None,
        "venue": word(catalogue.venues.ids.names, all_.venue.item(row)),
        "age_min": number(all_.age_min.item(row), 2),
        "age_max": number(all_.age_max.item(row), 2),
        "price": number(all_.price.item(row), 2),
        "form": word(FORMS, all_.form.item(row)),
        "stage": word(STAGES, all_.stage.item(row)),
        "requires": all_.requires[row],
        "awards": all_.awards[row],
        "access": _bits(all_.access.item(row), all_.access_terms) if all_.access_known.item(row) else None,
        "company": _bits(all_.company.item(row), COMPANY),
    }


def _heaviest(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]


@lru_cache(maxsize=1024)
def _bits(bits: int, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for place, name in enumerate(words) if bits >> place & 1)


def session(live: Live, row: int) -> dict[str, Any] | None:
    """A session; None in a city whose activities are always open. See ``SessionShape``."""
    all_ = live.catalogue.sessions
    if all_.always:
        return None
    left, lat, lon = all_.capacity_left.item(row), all_.lat.item(row), all_.lon.item(row)
    return {
        "id": all_.ids[row],
        "start": live.time(all_.start.item(row)),
        "end": live.time(all_.end.item(row)),
        "drop_in": all_.drop_in.item(row),
        "capacity_left": None if left == UNKNOWN else left,
        "place": {"lat": number(lat), "lon": number(lon)} if lat == lat and lon == lon else None,
    }


def venue(live: Live, row: int) -> dict[str, Any] | None:
    """A venue; None where there is none. See ``VenueShape``."""
    if row == UNKNOWN:
        return None
    venues = live.catalogue.venues
    accessible = venues.accessible.item(row)
    return {
        "id": venues.ids.names[row],
        "name": venues.name[row] or None,
        "domain": word(DOMAINS, venues.domain.item(row)),
        "lat": number(venues.lat.item(row)),
        "lon": number(venues.lon.item(row)),
        "area": venues.area[row] or None,
        "opening_hours": venues.opening_hours[row] or None,
        "accessible": None if accessible == UNKNOWN else bool(accessible),
    }


def reason(live: Live, reason: Reason, lang: str) -> dict[str, Any]:
    """A reason in words; see ``ReasonShape``."""
    catalogue = live.catalogue
    shown: dict[str, Any] = {"code": reason.code}
    if reason.activity is not None:
        shown["activity"] = catalogue.activities.ids.names[reason.activity]
    if reason.theme is not None:
        shown["theme"] = catalogue.themes.ids.names[reason.theme]
    if reason.line is not None:
        shown["line"] = catalogue.lines.ids.names[reason.line]
    if reason.minutes is not None:
        shown["minutes"] = number(reason.minutes, 1)
    shown["text"] = reason_text(reason, catalogue, lang)
    return shown
