"""``GET /openapi.json``: the contract, with examples that work on the city in service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from api.access import OPEN, scope_of
from api.examples import examples
from api.route_examples import line_examples, route_examples
from api.service import service_of
from api.shapes.answer import ProblemShape
from api.shapes.lines import LinesQuestion
from api.shapes.people import Changes, FeedbacksIn, StampsIn
from api.shapes.question import Question
from api.shapes.route_question import RouteQuestion

router = APIRouter()
BODIES: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("/v1/recommendations", "post", Question),
    ("/v1/routes", "post", RouteQuestion),
    ("/v1/lines", "post", LinesQuestion),
    ("/v1/stamps", "post", StampsIn),
    ("/v1/feedback", "post", FeedbacksIn),
    ("/v1/learners/{learner}", "patch", Changes),
)
"""What each address takes; bodies are read from their bytes, so the framework does not know."""
_REF = "#/components/schemas/{model}"


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    app, service = request.app, service_of(request)
    live = next(iter(service.cities.values())).live if service.settings.demo else None
    made: bytes | None = getattr(app.state, "openapi", None) if live is None else None
    if made is None:
        given = {
            "/v1/recommendations": examples(live),
            "/v1/routes": route_examples(live),
            "/v1/lines": line_examples(live),
        }
        made = to_json(document(app, given))
    if live is None:  # it names no city, so it stays; whoever asks has no key, so it must cost next to nothing
        app.state.openapi = made
    return Response(made, media_type="application/json")


def document(app: FastAPI, given: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document of an application.

    Parameters
    ----------
    app : FastAPI
        With all its endpoints.
    given : mapping of address to a mapping of name to OpenAPI example
        For the ``POST`` of each address.
    """
    written = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    bodies = {model for _, _, model in BODIES}
    wanted = [*((model, "validation") for model in sorted(bodies, key=str)), (ProblemShape, "serialization")]
    _, models = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    written["components"]["schemas"].update(models["$defs"])
    for path, method, model in BODIES:
        body = written["paths"][path][method]["requestBody"]["content"]["application/json"]
        body["schema"] = {"$ref": _REF.format(model=model.__name__)}
        if path in given:
            body["examples"] = given[path]
    written["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, methods in written["paths"].items():
        if path not in OPEN:
            for operation in methods.values():
                operation["security"] = [{"key": []}]
                operation["description"] += f"\n\nAsks for a key with the scope `{scope_of(path)}`, but in demo mode."
    return written
