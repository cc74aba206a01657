"""OpenTelemetry, for those who want it: one span for each request, without anything of the caller.

Off unless a setting says where traces go. The instrumentation that exists for ASGI writes addresses as typed, query
strings and the caller's address into its spans; here a span knows the endpoint, the status and the request's id.
"""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import method_of
from recommender.errors import BadConfig

NAME = "leerlijn"


def tracer_to(address: str, processor: Any = None) -> Any:
    """A tracer that sends spans to a collector, by OTLP over HTTP.

    Parameters
    ----------
    address : str
        Of the collector, such as ``http://localhost:4318/v1/traces``.
    processor : SpanProcessor or None
        Instead of the one that sends; for tests.

    Raises
    ------
    BadConfig
        When OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise BadConfig(
            "LEERLIJN_TRACES is set, and OpenTelemetry is not installed: pip install 'leerlijn[otel]'"
        ) from None
    provider = TracerProvider(resource=Resource({"service.name": NAME}))
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter(address)))
    return provider.get_tracer(NAME)


class Traced:
    """Gives every request a span. A caller's own trace is gone on with when it says which (``traceparent``)."""

    def __init__(self, app: ASGIApp, tracer: Any) -> None:
        self.app, self._tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind

        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        came_from = {
            name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"
        }
        with self._tracer.start_as_current_span(
            "request",
            context=extract(came_from),
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                await self.app(scope, receive, watched)
            finally:
                method, endpoint = method_of(scope["method"]), getattr(scope.get("route"), "path", "-")
                span.update_name(f"{method} {endpoint}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": endpoint,
                        "http.response.status_code": status,
                        "leerlijn.request_id": scope.get("state", {}).get("request_id", ""),
                    }
                )
