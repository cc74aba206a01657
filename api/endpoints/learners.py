"""``/v1/learners/{id}``: a profile that its owner can see, edit, mute, begin anew and wipe."""

from __future__ import annotations

import logging
import math
from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection

from api import body
from api.problems import NotThere
from api.respond import json_answer, problems
from api.service import language_of, live_of, service_of
from api.shapes.people import Changes, LearnerShape
from api.shapes.values import Id
from api.state import Live
from api.translate import rows
from data.columns import ACTIVITY, AT
from data.messages import load, theme_label
from data.store import Known, people
from data.values import shortest
from data.words import split
from recommender.city import UNKNOWN, Catalogue

LOG = logging.getLogger("leerlijn.api")
router = APIRouter(tags=["learners"])
Learner = Annotated[Id, Path(description="The learner's pseudonym.")]
THEMES = ("wishes", "avoid", "less")


@router.get(
    "/v1/learners/{learner}", summary="A learner's own page", response_model=LearnerShape,
    responses=problems(401, 403, 404, 422, 503),
)  # fmt: skip
async def see(request: Request, learner: Learner) -> Response:
    """All that is kept of a learner, and what recommendations build on, in plain words."""
    live = live_of(request)
    lang = language_of(request, None, live)
    known = await service_of(request).reader.passport(live.catalogue.city, learner)
    if known is None:
        raise NotThere("this city knows no such learner")
    return json_answer(page(learner, known, live, lang), lang)


@router.patch(
    "/v1/learners/{learner}", summary="Change it", response_model=LearnerShape,
    responses=problems(400, 401, 403, 408, 413, 415, 422, 503),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {}}}},
)  # fmt: skip
async def change(request: Request, learner: Learner) -> Response:
    """Change what a passport says. What is left out stays. It counts in the very next answer."""
    changes = await body.read(request, Changes)
    service, live = service_of(request), live_of(request)
    values = canonical(changes, live.catalogue)
    city, as_of = live.catalogue.city, live.catalogue.as_of
    fresh_from = (int(service.clock()) if as_of is None else as_of) if changes.reset else None
    await service.writer.do(lambda connection: people.edit(connection, city, learner, values, fresh_from))
    return await see(request, learner)


@router.delete(
    "/v1/learners/{learner}", summary="Erase", status_code=204, response_class=Response,
    responses=problems(401, 403, 422, 503),
)  # fmt: skip
async def erase(request: Request, learner: Learner) -> Response:
    """Remove every trace of a learner. The log says that somebody was erased, never who; releases made before can
    no longer go live, and the next training run never sees them.
    """
    service, live = service_of(request), live_of(request)
    city, now = live.catalogue.city, int(service.clock())

    def job(connection: Connection) -> bool:
        return people.erase(connection, city, learner, now)

    if await service.writer.do(job):
        LOG.info("city %s: a learner was erased", city)
    return Response(status_code=204)


def canonical(changes: Changes, catalogue: Catalogue) -> dict[str, Any]:
    """Changes as values of the passports table, for the fields that were given.

    Raises
    ------
    Problem
        422 for a theme that the city does not have.
    """
    values: dict[str, Any] = {}
    for name in changes.model_fields_set - {"reset"}:
        given = getattr(changes, name)
        if name == "age":
            values["age"] = None if given is None else _age(*given)
        elif name == "home":
            values["home_lat"] = round(given.lat, 2) if given else None
            values["home_lon"] = round(given.lon, 2) if given else None
        elif name == "muted":
            values["muted"] = given
        else:
            if name in THEMES:
                rows(catalogue.themes.ids, given, name)
            values[name] = ";".join(dict.fromkeys(given)) or None
    return values


def _age(low: float, high: float) -> str:
    """Years as the passports table has them; a band's last days of a year are what makes it a whole one."""
    if low == high:
        return shortest(low)
    return f"{shortest(low)}-{shortest(math.floor(high) if round(high % 1, 2) == 0.99 else high)}"


def page(learner: str, known: Known, live: Live, lang: str) -> dict[str, Any]:
    """A learner's page; see ``LearnerShape``."""
    record, catalogue = known.record, live.catalogue
    messages = load(lang, catalogue.languages)
    age = record.get("age")
    lat, lon = record.get("home_lat"), record.get("home_lon")
    counting = set(zip(*(known.counting().stamps[name] for name in (ACTIVITY, AT)), strict=True))
    met = themes_met(known, catalogue)
    text = "muted" if known.muted else "stamps" if counting else "wishes" if record.get("wishes") else "none"
    return {
        "learner": learner,
        "age": None if not age else age if "-" in age else float(str(age)),
        "home": None if lat is None or lon is None else {"lat": lat, "lon": lon},
        "languages": split(record.get("languages") or ""),
        **{name: _named(split(record.get(name) or ""), catalogue, lang) for name in THEMES},
        "badges": split(record.get("badges") or ""),
        "muted": known.muted,
        "counts_from": None if known.counts_from is None else live.time(known.counts_from),
        "text": messages.text("profile", text, visits=len(counting)),
        "themes": [
            {
                "id": catalogue.themes.ids.names[theme],
                "label": theme_label(catalogue, theme, lang),
                "visits": visits,
                "text": messages.text(
                    "profile",
                    "once" if visits == 1 else "often",
                    theme=theme_label(catalogue, theme, lang),
                    visits=visits,
                ),
            }
            for theme, visits in met
        ],
        "stamps": [_stamp(live, stamp, counting) for stamp in zip(*known.stamps.values(), strict=True)],
        "said": [{"activity": activity, "kind": kind, "at": live.time(at)} for activity, kind, at in known.said],
    }


def themes_met(known: Known, catalogue: Catalogue) -> list[tuple[int, int]]:
    """Theme rows met at visits that count, with how often, most often first."""
    activities = catalogue.activities.ids.find(known.counting().stamps[ACTIVITY])
    themes = catalogue.activities.themes[activities[activities != UNKNOWN]]
    return sorted(Counter(themes.indices.tolist()).items(), key=lambda pair: (-pair[1], pair[0]))


def _named(names: tuple[str, ...], catalogue: Catalogue, lang: str) -> list[dict[str, str]]:
    ids = catalogue.themes.ids
    return [
        {"id": name, "label": theme_label(catalogue, ids.row(name), lang) if name in ids else name} for name in names
    ]


def _stamp(live: Live, stamp: tuple[Any, ...], counting: set[tuple[Any, ...]]) -> dict[str, Any]:
    activity, at, chosen_by = stamp
    activities = live.catalogue.activities
    title = activities.title[activities.ids.row(activity)] if activity in activities.ids else None
    return {
        "activity": activity,
        "title": title,
        "at": live.time(at),
        "chosen_by": chosen_by or None,
        "counts": (activity, at) in counting,
    }
