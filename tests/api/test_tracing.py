"""OpenTelemetry: off unless it is asked for, and then a span for each request that knows nothing of who asked."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.app import create_app
from api.settings import Settings
from api.tracing import Traced, tracer_to
from recommender.errors import BadConfig

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_is_one_span_with_its_endpoint_and_status() -> None:
    spans = InMemorySpanExporter()
    app = FastAPI()

    @app.get("/learners/{learner}")
    async def see(learner: str) -> dict[str, str]:
        return {"learner": learner}

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("r-1")

    traced = Traced(app, tracer_to("http://127.0.0.1:1", SimpleSpanProcessor(spans)))

    async def ask() -> None:
        transport = ASGITransport(traced, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://x") as client:
            parent = f"00-{TRACE}-00f067aa0ba902b7-01"
            await client.get("/learners/r-1?name=r-1", headers={"traceparent": parent, "User-Agent": "r-1"})
            await client.get("/nowhere/r-1")
            await client.get("/broken")

    asyncio.run(ask())
    seen, lost, failed = spans.get_finished_spans()
    assert seen.name == "GET /learners/{learner}"
    assert dict(seen.attributes or {})["http.response.status_code"] == 200
    assert f"{seen.context.trace_id:032x}" == TRACE  # type: ignore[union-attr]
    assert (lost.name, failed.name) == ("GET -", "GET /broken")
    assert not any("r-1" in span.to_json() for span in (seen, lost, failed))


def test_it_is_off_unless_somebody_says_where_to() -> None:
    def traced(**more: Any) -> bool:
        return any(layer.cls is Traced for layer in create_app(Settings(**more)).user_middleware)

    assert not traced()
    assert traced(traces="http://127.0.0.1:1/v1/traces")


def test_without_the_library_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadConfig, match=r"pip install 'leerlijn\[otel\]'"):
        tracer_to("http://127.0.0.1:1")
