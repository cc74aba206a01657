"""Health: alive says that the process answers, ready that it can give lists. Both need no key and tell nothing more."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.problems import Problem
from api.respond import json_answer, problems
from api.service import service_of
from api.shapes.answer import HealthShape
from api.state import Live

router = APIRouter(tags=["service"])


@router.get("/health/live", summary="Is the process alive?", response_model=HealthShape)
async def alive() -> Response:
    """Answers as long as the process does."""
    return json_answer({"status": "alive", "degraded": False})


@router.get("/health/ready", summary="Can it answer?", response_model=HealthShape, responses=problems(503))
async def ready(request: Request) -> Response:
    """Whether it can give lists. ``degraded`` when something is lacking that lists go on without: such a service is to stay
    in rotation. 503 when no city has anything to give lists from, and as soon as it was told to stop.
    """
    if getattr(request.app.state, "stopping", False):
        raise _not_ready("This process is stopping: ask another one.")
    lives = [city.live for city in service_of(request).cities.values()]
    if not any(_serves(live) for live in lives):
        raise _not_ready("There is nothing to give lists from yet: load a city, train and publish.")
    return json_answer({"status": "ready", "degraded": any(live.degraded for live in lives)})


def _serves(live: Live) -> bool:
    """Whether there is anything to answer with: a release, or at least an agenda."""
    return live.release is not None or len(live.catalogue.activities) > 0


def _not_ready(why: str) -> Problem:
    return Problem(503, why, slug="not-ready", title="Not ready")
