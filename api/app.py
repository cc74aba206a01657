"""The application: endpoints, the guards around them, and what they share while it runs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import openapi, problems
from api.desk.room import Desk
from api.endpoints import (
    catalogue,
    desk,
    desk_door,
    health,
    learners,
    lines,
    metrics,
    people,
    recommendations,
    release,
    routes,
)
from api.middleware import Access, Envelope, Guard
from api.service import Clock, Opened, open_service
from api.settings import Settings
from api.tracing import Traced, tracer_to

CORS: dict[str, Any] = {
    "allow_methods": ("GET", "POST", "PATCH", "DELETE"),
    "allow_headers": ("Authorization", "Content-Type", "Accept-Language", "Idempotency-Key"),
    "expose_headers": ("X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After", "Leerlijn-Mode"),
    "max_age": 600,
}
"""What pages of the origins in the settings may send and read; cookies are not among it."""


def create_app(
    settings: Settings, clock: Clock = time.time, *, ready_to_plan: bool = False, opened: Opened | None = None
) -> FastAPI:
    """The application, not yet running: the store and the releases are opened when it starts.

    Parameters
    ----------
    settings : Settings
        See ``Settings.from_environment``.
    clock : callable
        Seconds since 1970 UTC.
    ready_to_plan : bool
        True gets the search for routes ready at the start; otherwise the first route waits for it.
    opened : Opened or None
        What was loaded already, by the process that this worker was forked from.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        service = app.state.service = open_service(settings, clock, opened)
        app.state.desk = Desk(service)
        if opened is not None:  # it may have been loaded long before this worker came to replace another one
            for city in service.cities.values():
                await city.look()
        service.writer.start()
        if ready_to_plan:
            service.planning.get_ready()
        try:
            yield
        finally:
            await app.state.desk.settle()
            for city in service.cities.values():
                await city.settle()
            await service.writer.stop()
            await service.reader.close()
            service.store.close()

    app = FastAPI(
        title="Leerlijn",
        version="1",
        summary="What next? Recommendations for a learning city.",
        lifespan=running,
        redirect_slashes=False,
        docs_url=None,  # both load scripts from elsewhere; the document itself is all an app needs
        redoc_url=None,
        openapi_url=None,
    )
    for module in (
        recommendations,
        routes,
        lines,
        catalogue,
        people,
        learners,
        release,
        health,
        metrics,
        openapi,
        desk_door,
        desk,  # after the door: it answers every other address of its own
    ):
        app.include_router(module.router)
    if find_spec("api.page"):
        app.include_router(import_module("api.page").router)
    problems.install(app)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Access, settings=settings)
    if settings.origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.origins, **CORS)
    app.add_middleware(Envelope, settings=settings)
    if settings.traces:
        app.add_middleware(Traced, tracer=tracer_to(settings.traces))  # the last one added stands outermost
    return app
