"""From the engine's rows to what goes over the wire. Not known is null, never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from api.state import Live
from data.messages import load, reason_text, relax_text, step_text
from recommender.answer import Answer, Reason, Recommendation, Relaxation, Step
from recommender.city import COMPANY, DOMAINS, FORMS, STAGES, UNKNOWN

DESCRIBED = 4096
"""Activities whose description is kept at hand, in all languages together."""
TOLD = 8192
"""Reasons likewise."""


def number(value: float, digits: int = 6) -> float | None:
    """A number, None for NaN."""
    return None if value != value else round(value, digits)


def word(words: tuple[str, ...], index: int) -> str | None:
    """The word an index stands for, None for ``UNKNOWN``."""
    return None if index == UNKNOWN else words[index]


def activity(live: Live, row: int, lang: str) -> dict[str, Any]:
    """An activity; see ``ActivityShape``."""
    return activities(live, [row], lang)[0]


def activities(live: Live, rows: Sequence[int], lang: str) -> list[dict[str, Any]]:
    """Some activities; see ``ActivityShape``. One look at every column for all of them."""
    catalogue, all_ = live.catalogue, live.catalogue.activities
    at = np.asarray(rows, dtype=np.int64)
    names, labels = catalogue.themes.ids.names, live.theme_labels(lang)
    first, until = all_.themes.indptr[at].tolist(), all_.themes.indptr[at + 1].tolist()
    domain, form, stage = all_.domain[at].tolist(), all_.form[at].tolist(), all_.stage[at].tolist()
    venue, venues = all_.venue[at].tolist(), catalogue.venues.ids.names
    age_min, age_max, price = (column[at].tolist() for column in (all_.age_min, all_.age_max, all_.price))
    known, access, company = (column[at].tolist() for column in (all_.access_known, all_.access, all_.company))
    found = []
    for one, row in enumerate(rows):
        own = slice(first[one], until[one])
        weights = zip(all_.themes.indices[own].tolist(), all_.themes.data[own].tolist(), strict=True)
        by_weight = sorted(weights, key=_heaviest)
        found.append(
            {
                "id": all_.ids.names[row],
                "title": all_.title[row],
                "description": all_.description[row] or None,
                "language": all_.language[row] or None,
                "themes": [
                    {"id": names[theme], "label": labels[theme], "weight": number(weight)}
                    for theme, weight in by_weight
                ],
                "domain": word(DOMAINS, domain[one]),
                "organiser": all_.organiser[row] or None,
                "venue": word(venues, venue[one]),
                "age_min": number(age_min[one], 2),
                "age_max": number(age_max[one], 2),
                "price": number(price[one], 2),
                "form": word(FORMS, form[one]),
                "stage": word(STAGES, stage[one]),
                "requires": list(all_.requires[row]),
                "awards": list(all_.awards[row]),
                "access": _bits(access[one], all_.access_terms) if known[one] else None,
                "company": _bits(company[one], COMPANY),
            }
        )
    return found


def _described(live: Live, rows: Sequence[int], lang: str) -> list[dict[str, Any]]:
    """The same, from what was described before: lists of one day hold much the same activities. Not to be changed."""
    kept = live.described
    new = [row for row in rows if (row, lang) not in kept]
    if len(kept) + len(new) > DESCRIBED:
        kept.clear()
        new = list(rows)
    kept.update(zip(((row, lang) for row in new), activities(live, new, lang), strict=True))
    return [kept[row, lang] for row in rows]


def _heaviest(pair: tuple[int, float]) -> tuple[float, int]:
    return -pair[1], pair[0]


def _bits(bits: int, words: tuple[str, ...]) -> list[str]:
    return [name for place, name in enumerate(words) if bits >> place & 1] if bits else []


def session(live: Live, row: int) -> dict[str, Any] | None:
    """A session; None in a city whose activities are always open. See ``SessionShape``."""
    return sessions(live, [row])[0]


def sessions(live: Live, rows: Sequence[int]) -> list[dict[str, Any] | None]:
    """Some sessions; see ``session``. One look at every column for all of them."""
    all_ = live.catalogue.sessions
    if all_.always:
        return [None] * len(rows)
    at = np.asarray(rows, dtype=np.int64)
    columns = all_.start, all_.end, all_.drop_in, all_.capacity_left, all_.lat, all_.lon
    return [
        {
            "id": all_.ids[row],
            "start": live.time(start),
            "end": live.time(end),
            "drop_in": drop_in,
            "capacity_left": None if left == UNKNOWN else left,
            "place": {"lat": number(lat), "lon": number(lon)} if lat == lat and lon == lon else None,
        }
        for row, start, end, drop_in, left, lat, lon in zip(
            rows, *(column[at].tolist() for column in columns), strict=True
        )
    ]


def venue(live: Live, row: int) -> dict[str, Any] | None:
    """A venue; None where there is none. See ``VenueShape``."""
    if row == UNKNOWN:
        return None
    venues = live.catalogue.venues
    accessible = int(venues.accessible[row])
    return {
        "id": venues.ids.names[row],
        "name": venues.name[row] or None,
        "domain": word(DOMAINS, venues.domain[row]),
        "lat": number(venues.lat.item(row)),
        "lon": number(venues.lon.item(row)),
        "area": venues.area[row] or None,
        "opening_hours": venues.opening_hours[row] or None,
        "accessible": None if accessible == UNKNOWN else bool(accessible),
    }


def _venue(live: Live, row: int) -> dict[str, Any] | None:
    """The same, from what was described before."""
    kept = live.venues_described
    if row not in kept:
        kept[row] = venue(live, row)
    return kept[row]


def reason(live: Live, reason: Reason, lang: str) -> dict[str, Any]:
    """A reason in words; see ``ReasonShape``. Not to be changed: the same few are given again and again, and kept."""
    code, activity, theme, line, minutes, _ = reason
    kept, key = live.reasons_told, (code, activity, theme, line, None if minutes is None else ceil(minutes), lang)
    told = kept.get(key)
    if told is None:
        if len(kept) >= TOLD:
            kept.clear()
        told = kept[key] = _told(live, reason, lang)
    return told if minutes is None else {**told, "minutes": number(minutes, 1)}


def _told(live: Live, reason: Reason, lang: str) -> dict[str, Any]:
    catalogue = live.catalogue
    shown: dict[str, Any] = {"code": reason.code}
    if reason.activity is not None:
        shown["activity"] = catalogue.activities.ids.names[reason.activity]
    if reason.theme is not None:
        shown["theme"] = catalogue.themes.ids.names[reason.theme]
    if reason.line is not None:
        shown["line"] = catalogue.lines.ids.names[reason.line]
    if reason.minutes is not None:
        shown["minutes"] = None  # in its place; how many is filled in each time
    shown["text"] = reason_text(reason, catalogue, lang)
    return shown


def _recommendations(live: Live, found: Sequence[Recommendation], lang: str) -> list[dict[str, Any]]:
    what = _described(live, [one.activity for one in found], lang)
    when = sessions(live, [one.session for one in found])
    return [
        {
            "rank": one.rank,
            "activity": described,
            "session": held,
            "venue": _venue(live, one.venue),
            "travel_minutes": number(one.travel_minutes, 1),
            "score": number(one.score),
            "slot": one.slot,
            "probability": one.probability,
            "not_known": list(one.not_known),
            "reasons": [reason(live, each, lang) for each in one.reasons],
        }
        for one, described, held in zip(found, what, when, strict=True)
    ]


def _funnel(steps: Sequence[Step], lang: str, live: Live) -> list[dict[str, Any]]:
    messages = load(lang, live.catalogue.languages)
    return [
        {"step": one.step, "left": one.left, "not_known": one.not_known, "text": step_text(one, messages)}
        for one in steps
    ]


def _relax(relax: Relaxation | None, lang: str, live: Live) -> dict[str, Any] | None:
    if relax is None:
        return None
    messages = load(lang, live.catalogue.languages)
    return {"step": relax.step, "to": relax.to, "gains": relax.gains, "text": relax_text(relax, messages)}


def answer(
    live: Live, found: Answer, lang: str, request_id: str, at_source: str, stamps_not_found: int, away: bool = False
) -> dict[str, Any]:
    """An answer; see ``AnswerShape``. ``away``: the store did not say who asks."""
    return {
        "request_id": request_id,
        "city": live.catalogue.city,
        "release": live.release_name,
        "at": live.time(found.at),
        "at_source": at_source,
        "basis": found.basis,
        "degraded": live.degraded or away,
        "fallback": found.fallback,
        "stamps_not_found": stamps_not_found,
        "recommendations": _recommendations(live, found.recommendations, lang),
        "funnel": _funnel(found.funnel, lang, live),
        "relax": _relax(found.relax, lang, live),
    }
