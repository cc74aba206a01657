"""``GET /v1/release``: what is in service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.respond import json_answer, problems
from api.service import live_of
from api.shapes.answer import ReleaseShape

router = APIRouter(tags=["service"])


@router.get("/v1/release", summary="What is in service", response_model=ReleaseShape, responses=problems(401))
async def release(request: Request) -> Response:
    """The release and catalogue in service, and why the service is degraded when it is."""
    live = live_of(request)
    catalogue = live.catalogue
    return json_answer(
        {
            "city": catalogue.city,
            "release": live.release_name,
            "degraded": live.degraded,
            "why": live.why,
            "as_of": None if catalogue.as_of is None else live.time(catalogue.as_of),
            "catalogue": {
                "activities": len(catalogue.activities),
                "sessions": len(catalogue.sessions),
                "venues": len(catalogue.venues.ids),
                "themes": len(catalogue.themes.ids),
                "lines": len(catalogue.lines.ids),
            },
            "manifest": live.release.manifest if live.release else None,
        }
    )
