"""``POST /v1/routes``: an afternoon across town, or a journey of weeks."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import body, present_route
from api.asker import who_asks
from api.calendar import MEDIA_TYPE as CALENDAR
from api.calendar import calendar
from api.negotiate import chosen
from api.planning import journey, outing
from api.respond import json_answer, problems
from api.service import key_of, language_of, live_of, service_of
from api.shapes.route_answer import RoutesShape
from api.shapes.route_question import JourneyQuestion, OutingQuestion, RouteKind
from api.state import Live
from api.translate import wishes_from
from api.translate_route import journey_from, outing_from
from data.messages import load
from data.messages.routes import relax_text
from recommender.city import Place
from recommender.routing.route import Routes

router = APIRouter(tags=["routes"])
JSON = "application/json"
OFFERS = (JSON, CALENDAR)


@router.post(
    "/v1/routes",
    summary="Which route?",
    response_model=RoutesShape,
    responses={
        200: {
            "description": "Routes, best first; as text/calendar the best one.",
            "content": {CALENDAR: {"schema": {"type": "string"}}},
        },
        **problems(400, 401, 404, 406, 408, 413, 415, 422),
    },
    openapi_extra={"requestBody": {"required": True, "content": {JSON: {}}}},
)
async def routes(request: Request) -> Response:
    """Feasible routes with the reason for each stop, what was left out and why, and what to relax.

    The same content, release, catalogue and day give the same answer, byte for byte, ``request_id`` aside, unless
    ``cut`` says that time ran out.
    """
    media_type = chosen(request.headers.get("accept", ""), OFFERS)
    kind = (await body.read(request, RouteKind)).kind
    question: OutingQuestion | JourneyQuestion
    question = await body.read(request, OutingQuestion if kind == "outing" else JourneyQuestion)
    service, live = service_of(request), live_of(request)
    lang = language_of(request, question.lang, live)
    at, source = live.moment(question.at, service.clock())
    who = await who_asks(question, live, service, at)
    passport = who.passport
    asked = who.among(live.catalogue, wishes_from(question, live.catalogue, at))
    start, seconds = asked.start or passport.home, service.settings.route_seconds
    if isinstance(question, OutingQuestion):
        wish = outing_from(question, live.catalogue, at, start)
        end, plan = wish.end or start, outing(live, passport, asked, wish, seconds)
    else:
        end, plan = start, journey(live, passport, asked, journey_from(question, live, at), seconds)
    found = await service.planning.run(plan, key_of(request))
    outcome = "cut" if found.cut else "found" if found.routes else "none"
    service.metrics.routes.labels(live.catalogue.city, kind, outcome).inc()
    if media_type == CALENDAR:
        answer = _calendar(live, found, lang, start)
    else:
        content = {
            "request_id": request.state.request_id,
            "city": live.catalogue.city,
            "release": live.release_name,
            "kind": kind,
            "at": live.time(at),
            "at_source": source,
            "basis": found.basis,
            "degraded": live.degraded or who.away,
            "fallback": found.fallback,
            "stamps_not_found": passport.stamps.not_found,
            **present_route.routes(live, found, lang, start, end),
        }
        answer = json_answer(content, lang)
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer


def _calendar(live: Live, found: Routes, lang: str, start: Place | None) -> Response:
    best = found.routes[0] if found.routes else None
    note = ""
    if best is None and found.relax is not None:
        note = relax_text(found.relax, load(lang, live.catalogue.languages), live.catalogue.time_zone)
    headers = {"Content-Language": lang, "Content-Disposition": 'attachment; filename="route.ics"'}
    content = calendar(live, best, found.at, lang, start, note)
    return Response(content, headers=headers, media_type=f"{CALENDAR}; charset=utf-8")
