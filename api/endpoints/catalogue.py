"""What an app needs to show choices: activities and themes."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api import present
from api.respond import json_answer, problems
from api.service import language_of, live_of
from api.shapes.answer import ActivitiesShape, ThemesShape
from api.shapes.question import Domain, Spoken
from api.shapes.values import Id
from api.state import Live
from api.translate import row
from data.messages import theme_label
from recommender.city import DOMAINS
from recommender.eligibility import has_theme

router = APIRouter(tags=["catalogue"])


class Filter(Spoken):
    """Which activities."""

    theme: Annotated[Id | None, Field(description="This theme or a narrower one.")] = None
    domain: Domain | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


@router.get("/v1/activities", summary="The activities", response_model=ActivitiesShape, responses=problems(401, 422))
async def activities(request: Request, wanted: Annotated[Filter, Query()]) -> Response:
    """A page of activities, in the city's own order."""
    live = live_of(request)
    lang = language_of(request, wanted.lang, live)
    found = _found(live, wanted)
    page = found[wanted.offset : wanted.offset + wanted.limit]
    after = wanted.offset + len(page)
    return json_answer(
        {
            "city": live.catalogue.city,
            "total": len(found),
            "offset": wanted.offset,
            "limit": wanted.limit,
            "next": after if after < len(found) else None,
            "activities": [present.activity(live, row, lang) for row in page.tolist()],
        },
        lang,
    )


def _found(live: Live, wanted: Filter) -> np.ndarray:
    catalogue = live.catalogue
    found = np.arange(len(catalogue.activities), dtype=np.int32)
    if wanted.theme is not None:
        theme = row(catalogue.themes.ids, wanted.theme, "query.theme")
        found = found[has_theme(catalogue, found, np.array([theme], dtype=np.int32))]
    if wanted.domain is not None:
        found = found[catalogue.activities.domain[found] == DOMAINS.index(wanted.domain)]
    return found


@router.get("/v1/themes", summary="The themes", response_model=ThemesShape, responses=problems(401, 422))
async def themes(request: Request, wanted: Annotated[Spoken, Query()]) -> Response:
    """The city's own list of topics, to wish for, to avoid and to filter by."""
    live = live_of(request)
    lang = language_of(request, wanted.lang, live)
    all_ = live.catalogue.themes
    listed: list[dict[str, Any]] = [
        {
            "id": name,
            "parent": present.word(all_.ids.names, int(all_.parent[row])),
            "label": theme_label(live.catalogue, row, lang),
            "labels": {code: labels[row] for code, labels in all_.labels.items() if labels[row]},
        }
        for row, name in enumerate(all_.ids.names)
    ]
    return json_answer({"city": live.catalogue.city, "themes": listed}, lang)
