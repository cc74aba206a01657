"""Answers as plain values, ready for JSON: ids instead of rows, and no count of people but as it may be said.

The keys are those of schema ``leerlijn-opportunity/1``, see ``docs/opportunity.md``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from recommender.city import DOMAINS, UNKNOWN, Catalogue, Place
from recommender.errors import BadInput
from recommender.insight.addition import Addition, place_of, starts_of
from recommender.insight.cells import rounded, status_of
from recommender.insight.insight import Insight
from recommender.insight.reach import Group, Spread
from recommender.insight.shares import Share
from recommender.insight.supply import Around, Desert
from recommender.insight.whatif import Gain
from recommender.insight.wheel import Missing, Pair, Partner, Wheel

COUNTS = ("eligible", "near", "helps", "crosses")


def iso(moment: int) -> str:
    """Seconds since 1970 UTC as ISO 8601."""
    return str(np.datetime64(moment, "s")) + "+00:00"


def _number(value: float, digits: int = 1) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def _whole(value: float) -> int | float | None:
    if math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else value


def _id(names: tuple[str, ...], row: int) -> str | None:
    return None if row == UNKNOWN else names[row]


def plain_share(share: Share) -> dict[str, Any]:
    """A share of people."""
    return asdict(share)


def _spread(spread: Spread | None) -> dict[str, int] | None:
    return None if spread is None else asdict(spread)


def plain_group(group: Group, insight: Insight) -> dict[str, Any]:
    """What is said of some people."""
    names, bands = insight.people.areas.names, insight.asked.bands
    status = status_of(group.n)
    return {
        "areas": None if group.areas is None else [names[row] for row in group.areas],
        "bands": None if group.bands is None else [list(bands[row]) for row in group.bands],
        "n": None if status == "hidden" else rounded(group.n),
        "status": status,
        "merged": len(group.areas or ()) > 1 or len(group.bands or ()) > 1,
        "short": plain_share(group.short),
        "supply": plain_share(group.supply),
        "ranking": None if group.ranking is None else plain_share(group.ranking),
        "activities": _spread(group.activities),
        "sessions": _spread(group.sessions),
        "not_known": group.not_known,
    }


def plain_cell(around: Around, insight: Insight) -> dict[str, Any]:
    """What there is from one home cell."""
    assert around.place is not None
    return {
        "lat": around.place.lat,
        "lon": around.place.lon,
        "area": insight.people.areas.names[around.row],
        "activities": list(around.activities),
        "sessions": list(around.sessions),
    }


def plain_venue(around: Around, insight: Insight) -> dict[str, Any]:
    """What there is at one venue, and from it."""
    venues, row = insight.catalogue.venues, around.row
    return {
        "venue": venues.ids.names[row],
        "name": venues.name[row],
        "lat": _number(float(venues.lat[row]), 5),
        "lon": _number(float(venues.lon[row]), 5),
        "domain": _id(DOMAINS, int(venues.domain[row])),
        "area": venues.area[row],
        "open": around.open,
        "free": around.free,
        "activities": list(around.here),
        "sessions": list(around.here_sessions),
        "near": list(around.activities),
    }


def plain_desert(desert: Desert, rank: int, suggestion: Gain | None, insight: Insight) -> dict[str, Any]:
    """One area and age band, with what would help there."""
    hidden = desert.merged or status_of(desert.n) == "hidden"
    return {
        "rank": rank,
        "area": insight.people.areas.names[desert.area],
        "band": list(insight.asked.bands[desert.band]),
        "n": None if hidden else rounded(desert.n),
        "status": desert.supply.status,
        "merged": desert.merged,
        "mean": round(desert.mean, 1),
        "activities": _spread(desert.activities),
        "sessions": _spread(desert.sessions),
        "supply": plain_share(desert.supply),
        "cause": desert.cause,
        "keeps_out": desert.keeps_out,
        "funnel": [{"step": step, "left": left} for step, left in desert.left.items()],
        "suggestion": None if suggestion is None else plain_suggestion(suggestion, 1, insight),
    }


def plain_suggestion(gain: Gain, rank: int, insight: Insight) -> dict[str, Any]:
    """One addition with what it would bring."""
    return {"rank": rank, "addition": plain_addition(gain.addition, insight), "gain": plain_gain(gain, insight)}


def plain_addition(addition: Addition, insight: Insight) -> dict[str, Any]:
    """An activity that does not exist."""
    catalogue = insight.catalogue
    place = place_of(addition, catalogue)
    venues, venue = catalogue.venues, addition.venue
    domain = addition.domain if addition.domain != UNKNOWN or venue == UNKNOWN else int(venues.domain[venue])
    first = starts_of(addition, catalogue.clock, insight.asked.at)[0]
    return {
        "themes": [{"theme": catalogue.themes.ids.names[theme], "weight": weight} for theme, weight in addition.themes],
        "venue": _id(venues.ids.names, venue),
        "lat": round(place.lat, 5),
        "lon": round(place.lon, 5),
        "area": "" if venue == UNKNOWN else venues.area[venue],
        "weekday": addition.weekday,
        "hour": f"{addition.minute // 60:02d}:{addition.minute % 60:02d}",
        "length": addition.length,
        "price": addition.price,
        "age_min": _whole(addition.age_min),
        "age_max": _whole(addition.age_max),
        "domain": _id(DOMAINS, domain),
        "sessions": addition.sessions,
        "first": None if catalogue.sessions.always else iso(int(first)),
        "places": addition.places,
    }


def plain_gain(gain: Gain, insight: Insight) -> dict[str, Any]:
    """What an addition would bring.

    A count that comes to nothing in whole flocks is not said, and not said to be nobody either: whether one child lives
    within reach is nobody's business. Only what counts for nobody, whoever they are, is said to be 0.
    """
    counts: dict[str, int | None] = {name: rounded(getattr(gain, name)) or None for name in COUNTS}
    few = [name for name, number in counts.items() if number is None]
    if not gain.countable:
        counts |= dict.fromkeys(COUNTS[1:], 0)
        few = [name for name in few if name == "eligible"]
    visits = gain.visits
    return {
        **counts,
        "few": few,
        "visits": None
        if visits is None or counts["eligible"] is None
        else {"expected": round(visits.expected), "low": round(visits.low), "high": round(visits.high)},
        "calibrated": insight.calibration is not None and insight.calibration.calibrated,
    }


def plain_wheel(wheel: Wheel, insight: Insight) -> dict[str, Any]:
    """The wheel around a theme."""
    catalogue = insight.catalogue
    names = catalogue.themes.ids.names
    by_domain: dict[int, list[Partner]] = {}
    for partner in wheel.partners:
        by_domain.setdefault(partner.domain, []).append(partner)
    return {
        "theme": names[wheel.theme],
        "broader": _id(names, wheel.broader),
        "narrower": [names[row] for row in wheel.narrower],
        "activities": wheel.activities,
        "domains": [
            {
                "domain": _id(DOMAINS, domain),
                "activities": sum(partner.activities for partner in partners),
                "partners": [_partner(partner, catalogue) for partner in partners],
            }
            for domain, partners in by_domain.items()
        ],
        "missing": [_missing(one, catalogue) for one in wheel.missing],
        "pairs": [_pair(one, catalogue) for one in wheel.pairs],
    }


def _partner(partner: Partner, catalogue: Catalogue) -> dict[str, Any]:
    venues = catalogue.venues
    return {
        "venue": _id(venues.ids.names, partner.venue),
        "name": "" if partner.venue == UNKNOWN else venues.name[partner.venue],
        "organiser": partner.organiser,
        "activities": partner.activities,
    }


def _missing(missing: Missing, catalogue: Catalogue) -> dict[str, Any]:
    venues = catalogue.venues
    return {
        "domain": DOMAINS[missing.domain],
        "venue": _id(venues.ids.names, missing.venue),
        "name": "" if missing.venue == UNKNOWN else venues.name[missing.venue],
        "minutes": _number(missing.minutes),
        "from": _id(venues.ids.names, missing.near),
    }


def _pair(pair: Pair, catalogue: Catalogue) -> dict[str, Any]:
    def side(partner: Partner, activity: int) -> dict[str, Any]:
        told = _partner(partner, catalogue)
        told["domain"] = _id(DOMAINS, partner.domain)
        told["activity"] = catalogue.activities.ids.names[activity]
        return told

    return {
        "a": side(pair.one, pair.activity),
        "b": side(pair.other, pair.next_activity),
        "minutes": round(pair.minutes, 1),
        "fits": pair.fits,
        "ages": [_whole(pair.age_min), _whole(pair.age_max)],
        "first": {"a": iso(pair.first), "b": iso(pair.first_next)},
    }


def addition_from(catalogue: Catalogue, given: Mapping[str, Any]) -> Addition:
    """An addition as somebody fills it in: ids as in the tables, hours as ``14:00``; what is left out is as usual.

    Parameters
    ----------
    given : mapping
        ``theme`` or ``themes`` (as in ``plain_addition``), ``venue`` or ``lat`` and ``lon``, ``weekday``, ``hour``,
        ``length``, ``price``, ``age_min``, ``age_max``, ``domain``, ``sessions``, ``places``. None is left out.

    Raises
    ------
    BadInput
        Naming the field. UnknownName for an id that the city does not have.
    """
    told = {name: value for name, value in given.items() if value is not None and value != ""}
    themes = told.get("themes") or ([{"theme": told["theme"]}] if "theme" in told else [])
    values: dict[str, Any] = {
        "themes": tuple((catalogue.themes.ids.row(one["theme"]), float(one.get("weight", 1.0))) for one in themes)
    }
    if "venue" in told:
        values["venue"] = catalogue.venues.ids.row(told["venue"])
    if "lat" in told or "lon" in told:
        values["place"] = Place(_read(told, "lat", float), _read(told, "lon", float))
    for name in ("weekday", "length", "sessions", "places"):
        if name in told:
            values[name] = _read(told, name, int)
    for name in ("price", "age_min", "age_max"):
        if name in told:
            values[name] = _read(told, name, float)
    if "hour" in told:
        values["minute"] = _minute(str(told["hour"]))
    if "domain" in told:
        if told["domain"] not in DOMAINS:
            raise BadInput(f"domain: {told['domain']!r} is none of {', '.join(DOMAINS)}")
        values["domain"] = DOMAINS.index(told["domain"])
    return Addition(**values)


def _read(told: Mapping[str, Any], name: str, kind: type) -> Any:
    try:
        value = kind(told[name])
    except KeyError:
        raise BadInput(f"{name}: is missing; a point needs lat and lon") from None
    except (TypeError, ValueError):
        raise BadInput(f"{name}: {told[name]!r} is not a number") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"{name}: {told[name]!r} is not a number")
    return value


def _minute(hour: str) -> int:
    hours, colon, minutes = hour.partition(":")
    if not (
        colon and hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60
    ):
        raise BadInput(f"hour: {hour!r} is not a time of day such as 14:00")
    return int(hours) * 60 + int(minutes)
