"""What goes wrong at the desk, as a page that says what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from api.desk import answers
from api.desk.answers import NotOurForm
from api.desk.kept import StillWorking
from api.desk.room import TooLarge
from api.problems import Problem, problem_from
from api.service import service_of
from data.pages.desk import trouble
from recommender.errors import LeerlijnError

LOG = logging.getLogger("leerlijn.api")
RELOAD_SECONDS = 3
_KINDS = {403: "city", 404: "missing", 503: "away"}
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """Answers in pages, also when something goes wrong."""

    def get_route_handler(self) -> _Handler:
        """The handler with its troubles caught."""
        ordinary = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await ordinary(request)
            except NotOurForm as refused:
                return _page(request, 403 if refused.stale else 415, "stale" if refused.stale else "form")
            except StillWorking:
                return _page(request, 202, "working", {"Refresh": str(RELOAD_SECONDS)})
            except TooLarge:
                return _page(request, 503, "large")
            except (Problem, LeerlijnError, DBAPIError) as error:
                return told(request, problem_from(error))

        return handler


def told(request: Request, problem: Problem) -> Response:
    """A problem as a page. Whoever has no key yet is not told which city this is."""
    if problem.status >= 500:
        LOG.error("%s in request %s", problem.slug, request.state.request_id)
    kind = "busy" if problem.slug == "busy" else _KINDS.get(problem.status, "broken")
    return _page(request, problem.status, kind, problem.headers)


def _page(request: Request, status: int, kind: str, headers: dict[str, str] | None = None) -> Response:
    cities = service_of(request).cities
    key = getattr(request.state, "key", None)
    mine = cities.get(key.city) if key is not None else next(iter(cities.values()), None)
    languages, name = (mine.live.catalogue.languages, mine.live.catalogue.name) if mine else ((), "")
    lang = answers.language_of(request, request.query_params.get("lang", ""), languages)
    frame = answers.frame_of(request, lang, city=name if key is not None or service_of(request).settings.demo else "")
    return answers.page(request, trouble(frame, kind), frame, status, headers)
