"""Entering and leaving the desk: a key is entered once and exchanged for a session."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import CHALLENGE
from api.desk import answers
from api.desk.answers import NotOurForm, form_of, frame_of, session_of
from api.desk.door import DOOR, START, NobodyThere, has_desk, seated, way_back
from api.desk.room import desk_of
from api.desk.session import COOKIE, SECURE_COOKIE, begin
from api.desk.troubles import PageRoute
from api.service import service_of
from data.pages import asset
from data.pages.desk import STYLES, door, passing

router = APIRouter(include_in_schema=False, route_class=PageRoute)
STATUS = {"wrong": 401, "scope": 403, "city": 403, "many": 429, "stale": 403}
LONGEST_KEY = 200


@router.get(DOOR)
async def shown(request: Request) -> Response:
    """The page where a key is entered; whoever has a session goes on."""
    to = way_back(request.query_params.get("to", ""))
    if await _inside(request):
        return answers.go(to)
    if request.headers.get("sec-fetch-site") == "cross-site" and not request.cookies:
        # From a mail or another site a strict cookie stays behind; from our own page it comes along.
        lang = _language(request, "")
        frame = frame_of(request, lang, address=DOOR)
        return answers.bare(passing(frame, to), frame)
    return _door(request, to, "", request.query_params.get("lang", ""))


@router.post(DOOR)
async def entered(request: Request) -> Response:
    """Exchange a key for a session, and go on to the page that was asked for."""
    try:
        fields = await form_of(request)
    except NotOurForm:
        return _door(request, START, "stale", "")
    to, lang = way_back(fields.get("to", "")), fields.get("lang", "")
    if service_of(request).settings.demo:
        return answers.go(to)
    service, tries = service_of(request), desk_of(request).tries
    caller, now = request.client.host if request.client else "", time.monotonic()
    wait = tries.wait(caller, now)
    if wait:
        return _door(request, to, "many", lang, {"Retry-After": str(wait)})
    tries.wrong(caller, now)  # counted before it is looked up, so that many at once are many
    text = fields.get("key", "").removeprefix("Bearer ").strip()
    key = await service.keys.find(text) if 0 < len(text) <= LONGEST_KEY else None
    if key is None or not key.holds(service.clock()):
        return _door(request, to, "wrong", lang, CHALLENGE)
    if not has_desk(key):
        return _door(request, to, "scope", lang)
    if key.city not in service.cities:
        return _door(request, to, "city", lang)
    tries.right(caller)
    answer = answers.go(to)
    answers.keep(request, answer, begin(service.clock(), key.id, key.city))
    return answer


@router.post(answers.LEAVE)
async def left(request: Request) -> Response:
    """End the session, here and in every copy of its cookie."""
    try:
        await form_of(request)
    except NotOurForm:
        return _door(request, START, "stale", "")
    desk_of(request).sessions.end(session_of(request), service_of(request).clock())
    answer = answers.go(DOOR)
    for name in (COOKIE, SECURE_COOKIE):
        answer.delete_cookie(name, httponly=True, secure=name == SECURE_COOKIE, samesite="strict")
    return answer


@router.get(answers.CSS)
async def style() -> Response:
    """The style of the desk's pages."""
    text = "\n".join(asset(name) for name in STYLES)
    return Response(text, media_type="text/css", headers={"Cache-Control": "no-cache"})


async def _inside(request: Request) -> bool:
    if service_of(request).settings.demo:
        return True
    try:
        await seated(request.scope, request.headers)
    except NobodyThere:
        return False
    return True


def _language(request: Request, asked: str) -> str:
    first = next(iter(service_of(request).cities.values())).live
    return answers.language_of(request, asked, first.catalogue.languages)


def _door(request: Request, to: str, problem: str, lang: str, headers: dict[str, str] | None = None) -> Response:
    frame = frame_of(
        request, _language(request, lang), address=DOOR if to == START else f"{DOOR}?{answers.query(to=to)}"
    )
    return answers.page(request, door(frame, to, problem), frame, STATUS.get(problem, 200), headers)
