"""Every error as RFC 9457 ``application/problem+json``, in one shape, from one table."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from data.store import OldStore, StoreAway
from recommender.errors import BadConfig, BadInput, BrokenRelease, LeerlijnError, UnknownName

LOG = logging.getLogger("leerlijn.api")
MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
AGAIN = {"Retry-After": "5"}


class NotThere(LeerlijnError):
    """Something asked for by its own address or id that does not exist."""


class Busy(LeerlijnError):
    """More is asked at once than can be worked on."""


@dataclass(frozen=True)
class Kind:
    """How a class of error looks from outside."""

    status: int
    slug: str
    title: str
    headers: Mapping[str, str] | None = None
    tells: bool = True
    """Whether the message of the error is for the caller."""


KINDS: tuple[tuple[type[Exception], Kind], ...] = (
    (NotThere, Kind(404, "not-found", "There is nothing here")),
    (Busy, Kind(503, "busy", "Many routes are being planned", AGAIN)),
    (OldStore, Kind(503, "store-version", "The store is of another version", AGAIN, tells=False)),
    (BadConfig, Kind(500, "internal", "Something went wrong on our side", tells=False)),
    (UnknownName, Kind(422, "unknown-name", "The request names something that the city does not have")),
    (BadInput, Kind(422, "invalid-request", "The request does not fit")),
    (BrokenRelease, Kind(503, "release", "The release cannot be used", AGAIN, tells=False)),
    (StoreAway, Kind(503, "store-away", "The store does not answer", AGAIN, tells=False)),
    (DBAPIError, Kind(503, "store-away", "The store does not answer", AGAIN, tells=False)),
    (Exception, Kind(500, "internal", "Something went wrong on our side", tells=False)),
)
"""The one table from error to status; the first class that fits wins."""

BY_STATUS = {
    400: ("not-json", "The body is not JSON"),
    401: ("key-needed", "A key is needed"),
    403: ("not-here", "Not from where you are"),
    404: ("not-found", "There is nothing here"),
    405: ("method", "This address does not take that method"),
    406: ("not-acceptable", "Nothing to answer in that form"),
    408: ("too-slow", "The body took too long to arrive"),
    413: ("too-large", "The body is too large"),
    415: ("media-type", "The body must be JSON"),
    422: ("invalid-request", "The request does not fit"),
    429: ("too-much", "Too many requests"),
    503: ("store-away", "The store does not answer"),
}
"""What a status is called when it comes without an error class of its own."""


class Problem(Exception):
    """An answer that is an error.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What is wrong and what to do next, in one or two sentences. Never a value from the request.
    errors : sequence of mappings
        ``field`` (its path in the body, such as ``passport.stamps[0].at``) and ``detail`` each.
    slug, title : str or None
        The kind of problem; None for the one that goes with the status.
    headers : mapping or None
        Headers of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        slug: str | None = None,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        usual_slug, usual_title = BY_STATUS.get(status, (str(status), HTTPStatus(status).phrase))
        self.status, self.detail = status, detail
        self.errors = tuple(errors)[:MOST_ERRORS]
        self.slug, self.title = slug or usual_slug, title or usual_title
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> Response:
        """The problem as an HTTP answer."""
        body: dict[str, Any] = {
            "type": f"urn:leerlijn:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            body["errors"] = self.errors
        return Response(to_json(body), self.status, self.headers, media_type=MEDIA_TYPE)


def at_field(field: str, detail: str) -> Problem:
    """A 422 that names one field."""
    return Problem(422, f"{field}: {detail}", [{"field": field, "detail": detail}])


def problem_from(error: Exception) -> Problem:
    """An error of ours, or anybody's, as a problem."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(error.status_code, _http_detail(error), headers=error.headers)
    if isinstance(error, RequestValidationError):
        errors = [{"field": path(one["loc"]), "detail": plain(one)} for one in error.errors()]
        return Problem(422, "; ".join(f"{one['field']}: {one['detail']}" for one in errors[:3]), errors)
    kind = next(kind for of, kind in KINDS if isinstance(error, of))
    detail = str(error) if kind.tells else "Nothing was changed. Try again in a moment; if it stays, tell the operator."
    return Problem(kind.status, detail, slug=kind.slug, title=kind.title, headers=kind.headers)


def _http_detail(error: HTTPException) -> str:
    return {
        404: "No such address. GET /openapi.json lists them all.",
        405: "See the Allow header, or GET /openapi.json.",
    }.get(error.status_code, str(error.detail))


def path(location: Sequence[int | str]) -> str:
    """A field's path: ``("passport", "stamps", 0, "at")`` → ``passport.stamps[0].at``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "body"


def plain(error: Mapping[str, Any]) -> str:
    """What a validation error says, without the value it is about."""
    if error["type"] == "extra_forbidden":
        return "unknown field; leave it out, or see GET /openapi.json for its name"
    return str(error["msg"]).removeprefix("Value error, ")


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_from(error)
    if problem.status >= 500:  # the kind of error alone: its message may quote what it was about
        LOG.error("%s in request %s", type(error).__name__, request.state.request_id)
    if isinstance(error, (StoreAway, DBAPIError)):
        request.app.state.service.metrics.store_errors.labels("request").inc()
    return problem.response(request.state.request_id)


def install(app: FastAPI) -> None:
    """Let an application answer its errors as problems."""
    for kind in (Problem, HTTPException, RequestValidationError, LeerlijnError, DBAPIError):
        app.add_exception_handler(kind, _answer)
