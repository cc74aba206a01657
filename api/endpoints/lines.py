"""The learning lines: their stations, how far somebody is on them, and the metro map."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response

from api import body, present_lines
from api.asker import who_asks
from api.respond import json_answer, problems
from api.service import language_of, live_of, service_of
from api.shapes.lines import LinesQuestion, LinesShape
from api.shapes.question import Spoken
from api.translate import row
from data.messages import load
from data.pages.metro import svg

router = APIRouter(tags=["lines"])
SVG = "image/svg+xml"
OWN_STYLE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@router.get("/v1/lines", summary="The learning lines", response_model=LinesShape, responses=problems(401, 422))
async def lines(request: Request, wanted: Annotated[Spoken, Query()]) -> Response:
    """The city's learning lines with their stations in order. For somebody's progress: POST."""
    live = live_of(request)
    lang = language_of(request, wanted.lang, live)
    at, source = live.moment(None, service_of(request).clock())
    listed = present_lines.lines(live, at, lang, None, range(len(live.catalogue.lines.ids)))
    return json_answer({"city": live.catalogue.city, "at": live.time(at), "at_source": source, "lines": listed}, lang)


@router.post(
    "/v1/lines",
    summary="How far on the lines?",
    response_model=LinesShape,
    responses=problems(400, 401, 404, 408, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {}}}},
)
async def progress(request: Request) -> Response:
    """The lines with the progress of a learner the store knows, or of a passport given here: stamps, not marks.

    A POST although it changes nothing: a passport belongs in no address. Without a learner or a passport nobody's
    progress is told.
    """
    question = await body.read(request, LinesQuestion)
    service, live = service_of(request), live_of(request)
    lang = language_of(request, question.lang, live)
    at, source = live.moment(question.at, service.clock())
    who = await who_asks(question, live, service, at)
    somebody = (question.learner is not None or question.passport is not None) and not who.away
    passport = who.passport if somebody else None
    ids = live.catalogue.lines.ids
    rows = range(len(ids)) if question.line is None else [row(ids, question.line, "line")]
    listed = present_lines.lines(live, at, lang, passport, rows)
    return json_answer({"city": live.catalogue.city, "at": live.time(at), "at_source": source, "lines": listed}, lang)


@router.get(
    "/v1/lines.svg",
    summary="The metro map of the lines",
    response_class=Response,
    responses={
        200: {"description": "The map.", "content": {SVG: {"schema": {"type": "string"}}}},
        **problems(401, 422),
    },
)
async def drawn(request: Request, wanted: Annotated[Spoken, Query()]) -> Response:
    """The lines as a metro map: one station per venue, where lines meet. Legible at the width of a phone, light and
    dark, without scripts or anything from elsewhere.
    """
    live = live_of(request)
    lang = language_of(request, wanted.lang, live)
    metro = await run_sync(lambda: live.metro)
    picture = svg(live.catalogue.name or live.catalogue.city, metro, load(lang, live.catalogue.languages))
    headers = {"Content-Language": lang, "Vary": "Accept-Language", "Content-Security-Policy": OWN_STYLE}
    return Response(picture, headers=headers, media_type=SVG)
