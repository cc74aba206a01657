"""``GET /v1/release``: what is in service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from api.respond import json_answer, problems
from api.service import live_of
from api.shapes.answer import ReleaseShape

router = APIRouter(tags=["service"])


def _account(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without the checksums of its files: those are for whoever holds the files."""
    return {name: value for name, value in manifest.items() if name != "files"}


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
            "manifest": _account(live.release.manifest) if live.release else None,
        }
    )
