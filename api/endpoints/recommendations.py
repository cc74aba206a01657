"""``POST /v1/recommendations``: what next?"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api import body
from api.asker import who_asks
from api.draw import seed_of, traits_of
from api.fallback import fell
from api.present_list import written
from api.respond import problems, written_answer
from api.service import language_of, live_of, service_of
from api.shapes.answer import AnswerShape
from api.shapes.question import Question
from api.state import Live
from api.translate import request_from
from data.store import Shown
from recommender.answer import Answer

router = APIRouter(tags=["recommendations"])


@router.post(
    "/v1/recommendations",
    summary="What next?",
    response_model=AnswerShape,
    responses=problems(400, 401, 404, 408, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {}}}},
)
async def recommendations(request: Request) -> Response:
    """A ranked list with reasons: for a learner the store knows, for a passport given here, or for everybody alike.

    The same content, release, catalogue and day give the same answer, byte for byte, ``request_id`` aside.
    """
    question = await body.read(request, Question)
    service, live = service_of(request), live_of(request)
    lang = language_of(request, question.lang, live)
    at, source = live.moment(question.at, service.clock())
    who = await who_asks(question, live, service, at)
    passport = who.passport
    drawn_for = question.learner.encode() if question.learner is not None else traits_of(passport)
    seed = seed_of(service.secret, drawn_for, at, live.catalogue)
    asked = request_from(question, live.catalogue, at, seed)
    found = live.recommend(passport, who.among(live.catalogue, asked))
    request_id: str = request.state.request_id
    if question.learner is not None and not who.away:
        service.writer.put(_shown(live, found, question.learner, request_id))
    less = who.away or fell(found, live.release)
    service.metrics.listed(live.catalogue.city, found, degraded=less or live.degraded)
    return written_answer(written(live, found, lang, request_id, source, passport.stamps.not_found, away=less), lang)


def _shown(live: Live, found: Answer, learner: str, request_id: str) -> Shown:
    activities, sessions = live.catalogue.activities.ids.names, live.catalogue.sessions.ids
    rows = tuple(
        (activities[one.activity], sessions[one.session], one.rank, one.slot, one.probability)
        for one in found.recommendations
    )
    return Shown(live.catalogue.city, learner, request_id, found.at, live.release_name or "", rows)
