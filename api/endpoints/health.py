"""Health: alive says that the process answers, ready that it can answer well. Both need no key and tell nothing more."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.respond import json_answer
from api.service import service_of
from api.shapes.answer import HealthShape

router = APIRouter(tags=["service"])


@router.get("/health/live", summary="Is the process alive?", response_model=HealthShape)
async def alive() -> Response:
    """Answers as long as the process does."""
    return json_answer({"status": "alive", "degraded": False})


@router.get("/health/ready", summary="Can it answer?", response_model=HealthShape)
async def ready(request: Request) -> Response:
    """Whether every city has a catalogue in service; ``degraded`` when one of them lacks something."""
    degraded = any(city.live.degraded for city in service_of(request).cities.values())
    return json_answer({"status": "ready", "degraded": degraded})
