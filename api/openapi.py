"""``GET /openapi.json``: the contract, with examples that work on the city in service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.examples import examples
from api.respond import json_answer
from api.service import service_of
from api.shapes.answer import ProblemShape
from api.shapes.question import Question

router = APIRouter()
_REF = "#/components/schemas/{model}"


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    service = service_of(request)
    live = next(iter(service.cities.values())).live if service.settings.demo else None
    return json_answer(document(request.app, examples(live)))


def document(app: FastAPI, given: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document of an application.

    Parameters
    ----------
    app : FastAPI
        With all its endpoints.
    given : mapping of name to OpenAPI example
        For ``POST /v1/recommendations``.
    """
    written = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    _, models = models_json_schema([(Question, "validation"), (ProblemShape, "serialization")], ref_template=_REF)
    written["components"]["schemas"].update(models["$defs"])
    ask = written["paths"]["/v1/recommendations"]["post"]["requestBody"]["content"]["application/json"]
    ask.update({"schema": {"$ref": _REF.format(model="Question")}, "examples": given})
    return written
