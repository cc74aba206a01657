"""``GET /metrics``: the service's own figures, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.respond import problems
from api.service import live_of, service_of

router = APIRouter(tags=["service"])
TEXT = "text/plain"


@router.get(
    "/metrics",
    summary="The service's own figures",
    response_class=Response,
    responses={
        200: {"description": "In Prometheus' text format.", "content": {TEXT: {"schema": {"type": "string"}}}},
        **problems(401, 403),
    },
)
async def metrics(request: Request) -> Response:
    """Counts and times, of the key's city and of the service as a whole; nothing about anybody."""
    text = service_of(request).metrics.text(live_of(request).catalogue.city)
    return Response(text, media_type=f"{TEXT}; version=0.0.4; charset=utf-8")
