"""The desk: what a coordinator sees of the city, and works out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.desk import answers
from api.desk.door import START
from api.service import live_of
from data.pages.desk import fill

router = APIRouter(include_in_schema=False)


@router.get(START)
async def first(request: Request) -> Response:
    """The first page."""
    live = live_of(request)
    lang = answers.language_of(request, request.query_params.get("lang", ""), live.catalogue.languages)
    frame = answers.frame_of(request, lang, city=live.catalogue.name or live.catalogue.city)
    return answers.page(request, fill("start.html", frame), frame)
