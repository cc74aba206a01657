"""From the engine's rows to what goes over the wire. Not known is null, never a guess."""

from __future__ import annotations

from typing import Any

from api.state import Live
from data.messages import load, reason_text, relax_text, step_text, theme_label
from recommender.answer import Answer, Reason, Recommendation, Relaxation, Step
from recommender.city import COMPANY, DOMAINS, FORMS, STAGES, UNKNOWN


def number(value: float, digits: int = 6) -> float | None:
    """A number, None for NaN."""
    return None if value != value else round(float(value), digits)


def word(words: tuple[str, ...], index: int) -> str | None:
    """The word an index stands for, None for ``UNKNOWN``."""
    return None if index == UNKNOWN else words[index]


def activity(live: Live, row: int, lang: str) -> dict[str, Any]:
    """An activity; see ``ActivityShape``."""
    catalogue, all_ = live.catalogue, live.catalogue.activities
    # Straight from the arrays of the matrix: taking a row out of it as a matrix costs more than all the rest here.
    own = slice(all_.themes.indptr[row], all_.themes.indptr[row + 1])
    weights = zip(all_.themes.indices[own].tolist(), all_.themes.data[own].tolist(), strict=True)
    by_weight = sorted(weights, key=lambda pair: (-pair[1], pair[0]))
    return {
        "id": all_.ids.names[row],
        "title": all_.title[row],
        "description": all_.description[row] or None,
        "language": all_.language[row] or None,
        "themes": [
            {
                "id": catalogue.themes.ids.names[theme],
                "label": theme_label(catalogue, theme, lang),
                "weight": number(weight),
            }
            for theme, weight in by_weight
        ],
        "domain": word(DOMAINS, all_.domain[row]),
        "organiser": all_.organiser[row] or None,
        "venue": word(catalogue.venues.ids.names, all_.venue[row]),
        "age_min": number(all_.age_min[row], 2),
        "age_max": number(all_.age_max[row], 2),
        "price": number(all_.price[row], 2),
        "form": word(FORMS, all_.form[row]),
        "stage": word(STAGES, all_.stage[row]),
        "requires": list(all_.requires[row]),
        "awards": list(all_.awards[row]),
        "access": _bits(int(all_.access[row]), all_.access_terms) if all_.access_known[row] else None,
        "company": _bits(int(all_.company[row]), COMPANY),
    }


def _bits(bits: int, words: tuple[str, ...]) -> list[str]:
    return [name for place, name in enumerate(words) if bits >> place & 1]


def session(live: Live, row: int) -> dict[str, Any] | None:
    """A session; None in a city whose activities are always open. See ``SessionShape``."""
    sessions = live.catalogue.sessions
    if sessions.always:
        return None
    lat, lon = number(sessions.lat[row]), number(sessions.lon[row])
    left = int(sessions.capacity_left[row])
    return {
        "id": sessions.ids[row],
        "start": live.time(int(sessions.start[row])),
        "end": live.time(int(sessions.end[row])),
        "drop_in": bool(sessions.drop_in[row]),
        "capacity_left": None if left == UNKNOWN else left,
        "place": None if lat is None or lon is None else {"lat": lat, "lon": lon},
    }


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
        "lat": number(venues.lat[row]),
        "lon": number(venues.lon[row]),
        "area": venues.area[row] or None,
        "opening_hours": venues.opening_hours[row] or None,
        "accessible": None if accessible == UNKNOWN else bool(accessible),
    }


def reason(live: Live, reason: Reason, lang: str) -> dict[str, Any]:
    """A reason in words; see ``ReasonShape``."""
    catalogue = live.catalogue
    names = {
        "activity": (catalogue.activities.ids, reason.activity),
        "theme": (catalogue.themes.ids, reason.theme),
        "line": (catalogue.lines.ids, reason.line),
    }
    about: dict[str, Any] = {name: ids.names[row] for name, (ids, row) in names.items() if row is not None}
    if reason.minutes is not None:
        about["minutes"] = number(reason.minutes, 1)
    return {"code": reason.code, **about, "text": reason_text(reason, catalogue, lang)}


def _recommendation(live: Live, one: Recommendation, lang: str) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "activity": activity(live, one.activity, lang),
        "session": session(live, one.session),
        "venue": venue(live, one.venue),
        "travel_minutes": number(one.travel_minutes, 1),
        "score": number(one.score),
        "slot": one.slot,
        "probability": float(one.probability),
        "not_known": list(one.not_known),
        "reasons": [reason(live, each, lang) for each in one.reasons],
    }


def _step(step: Step, lang: str, live: Live) -> dict[str, Any]:
    messages = load(lang, live.catalogue.languages)
    return {"step": step.step, "left": step.left, "not_known": step.not_known, "text": step_text(step, messages)}


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
        "recommendations": [_recommendation(live, one, lang) for one in found.recommendations],
        "funnel": [_step(step, lang, live) for step in found.funnel],
        "relax": _relax(found.relax, lang, live),
    }
