"""``POST /v1/stamps`` and ``/v1/feedback``: what apps tell about learners the store knows, or knows from now on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from api import body
from api.respond import json_answer, problems
from api.retries import once
from api.service import live_of, service_of
from api.shapes.people import FeedbacksIn, KeptShape, StampsIn
from api.state import Live
from api.translate import CLOCKS_DIFFER
from data.columns import ACTIVITY, AT, LEARNER
from data.store import people
from data.store.people import NewFeedback, NewStamp, Rejected

router = APIRouter(tags=["learners"])
BODY = {"requestBody": {"required": True, "content": {"application/json": {}}}}
ERRORS = problems(400, 401, 403, 408, 413, 415, 422, 503)
NO_ACTIVITY = "an activity that the city has or had; load it first, then send this again"
LATER = "a moment that has come"


def _rejected(live: Live, source: str, given: Sequence[Any], now: float) -> dict[int, Rejected]:
    """Which entries cannot be taken, and why, by their place."""
    ids = live.catalogue.activities.ids
    found: dict[int, Rejected] = {}
    for place, one in enumerate(given):
        wrong = None
        if one.activity not in ids:
            wrong = ("activity", one.activity, NO_ACTIVITY)
        elif one.at > now + CLOCKS_DIFFER:
            wrong = ("at", live.time(one.at), LATER)
        if wrong:
            record = {LEARNER: one.learner, ACTIVITY: one.activity, AT: live.time(one.at)}
            found[place] = Rejected(source, f"{place + 1}", *wrong, json.dumps(record, ensure_ascii=False))
    return found


def _now(request: Request, live: Live) -> float:
    """A historical city's own "now" lies in the past, and people may still tell what they did since."""
    return max(service_of(request).clock(), live.catalogue.as_of or 0)


async def _keep(request: Request, live: Live, rejected: dict[int, Rejected], write: Any, kept: int) -> Response:
    city = live.catalogue.city

    def job(connection: Connection) -> dict[str, Any]:
        people.reject(connection, city, rejected.values())
        told = [
            {"field": f"[{place}].{one.field}", "detail": f"expected {one.expected}"} for place, one in rejected.items()
        ]
        return {"kept": kept, "new": write(connection, city), "rejected": told}

    return json_answer(await once(request, city, await request.body(), job))


@router.post("/v1/stamps", summary="Keep visits", response_model=KeptShape, responses=ERRORS, openapi_extra=BODY)
async def stamps(request: Request) -> Response:
    """Keep stamps; each learner, activity and time once, however often it is sent. They count in the next answer."""
    given = (await body.read(request, StampsIn)).root
    live = live_of(request)
    rejected = _rejected(live, "POST /v1/stamps", given, _now(request, live))
    known = live.sessions_known
    new = [
        NewStamp(
            one.learner, one.activity, one.at, one.session if one.session in known else "", one.chosen_by or ""
        )
        for place, one in enumerate(given)
        if place not in rejected
    ]  # fmt: skip
    return await _keep(
        request, live, rejected, lambda connection, city: people.add_stamps(connection, city, new), len(new)
    )


@router.post(
    "/v1/feedback", summary="Keep what learners say", response_model=KeptShape, responses=ERRORS, openapi_extra=BODY
)
async def feedback(request: Request) -> Response:
    """Keep what learners say of activities: ``not_for_me`` and ``more_like_this`` count in the next answer,
    ``enjoyed`` is for the evaluation alone.
    """
    given = (await body.read(request, FeedbacksIn)).root
    live = live_of(request)
    rejected = _rejected(live, "POST /v1/feedback", given, _now(request, live))
    new = [
        NewFeedback(one.learner, one.activity, one.at, one.kind, one.request_id or "")
        for place, one in enumerate(given)
        if place not in rejected
    ]
    return await _keep(
        request, live, rejected, lambda connection, city: people.add_feedback(connection, city, new), len(new)
    )
