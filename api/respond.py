"""Answers as bytes, and how they are described in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Response
from pydantic_core import to_json

from api.problems import BY_STATUS, MEDIA_TYPE

_PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemShape"}}


def json_answer(content: Mapping[str, Any], lang: str | None = None, status: int = 200) -> Response:
    """A mapping as an ``application/json`` answer."""
    return written_answer(to_json(content), lang, status)


def written_answer(content: bytes, lang: str | None = None, status: int = 200) -> Response:
    """JSON as an ``application/json`` answer."""
    headers = {"Content-Language": lang, "Vary": "Accept-Language"} if lang else {}
    return Response(content, status, headers, media_type="application/json")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that an endpoint may answer with, for the OpenAPI document."""
    return {status: {"description": BY_STATUS[status][1], "content": {MEDIA_TYPE: _PROBLEM}} for status in statuses}
