"""What stands around every endpoint: request id, headers, access, and guards against large and slow bodies."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import OPEN, admit
from api.desk.door import START, NobodyThere, came_in_front, opened_by_session, seated
from api.desk.troubles import told
from api.metrics import method_of
from api.problems import Problem, problem_from
from api.settings import Settings, is_loopback
from data.store import StoreAway

LOG = logging.getLogger("leerlijn.api")
LINGER_SECONDS, LINGER_BYTES = 1.0, 4 << 20
OPEN_BYTES = 1 << 14
"""The largest body of somebody who may have no key: a form with one in it."""
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
_PAGE = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Envelope:
    """Gives every request an id and every answer its headers; turns what nobody caught into a 500.

    Logs one line for each request, and counts it: method, endpoint, status, time and id. Never an address as it was
    typed, a body, or the message of an exception: any of them may hold something about a person.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope.setdefault("state", {})["request_id"] = uuid.uuid4().hex
        began, status = time.perf_counter(), 0

        async def finish(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(MutableHeaders(scope=message), scope["state"])
            await send(message)

        try:
            await self.app(scope, receive, finish)
        except Exception as error:
            frames = "".join(traceback.format_tb(error.__traceback__))
            LOG.error("%s in request %s\n%s", type(error).__name__, request_id, frames)
            if status:  # the answer has begun: all that is left is to break it off
                raise ConnectionAbortedError from None
            await problem_from(error).response(request_id)(scope, receive, finish)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method, endpoint = method_of(scope["method"]), getattr(scope.get("route"), "path", "-")
        service, key, request_id = scope["app"].state.service, scope["state"].get("key"), scope["state"]["request_id"]
        city = key.city if key is not None else next(iter(service.cities)) if self.settings.demo else ""
        service.metrics.requests.labels(city, method, endpoint, str(status)).observe(seconds)
        if LOG.isEnabledFor(logging.INFO):
            ms = round(seconds * 1000, 1)
            told = {"method": method, "endpoint": endpoint, "status": status, "ms": ms, "request_id": request_id}
            more = told | {"city": city}
            LOG.info("%s %s %d %.1f ms %s", *told.values(), extra=more)

    def _add_headers(self, headers: MutableHeaders, state: Mapping[str, Any]) -> None:
        headers["X-Request-Id"] = state["request_id"]
        for name, value in state.get("allowance", {}).items():
            headers[name] = value
        if self.settings.demo:
            headers["Leerlijn-Mode"] = "demo"
        for name, value in _ALWAYS.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")
        page = headers.get("content-type", "").startswith("text/html")
        headers.setdefault("Content-Security-Policy", _PAGE if page else _NOTHING)


class Access:
    """Who may ask, and how much: in demo mode this machine alone, otherwise holders of a key, each up to its
    allowance. The key stands in the state of the request, where ``live_of`` finds the city it opens.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                await self._admit(scope)
            except (Problem, StoreAway) as refusal:
                if isinstance(refusal, StoreAway):
                    scope["app"].state.service.metrics.store_errors.labels("keys").inc()
                await self._refused(scope, refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    @staticmethod
    def _refused(scope: Scope, refusal: Problem | StoreAway) -> Response:
        """The problem; at the desk, when nobody can say whose session it is, as a page."""
        headers = Headers(scope=scope)
        if (
            isinstance(refusal, StoreAway)
            and opened_by_session(scope["path"])
            and "text/html" in headers.get("accept", "")
        ):
            return told(Request(scope), problem_from(refusal))
        return problem_from(refusal).response(scope["state"]["request_id"])

    async def _admit(self, scope: Scope) -> None:
        client = scope.get("client")
        if self.settings.demo:
            if client is not None and not is_loopback(client[0]):
                raise Problem(403, "Demo mode answers this machine alone.")
        elif scope["path"] not in OPEN:
            service, headers = scope["app"].state.service, Headers(scope=scope)
            given = headers.get("authorization", "")
            if not given and opened_by_session(scope["path"]):
                scope["state"]["key"] = await seated(scope, headers)
            elif not given and came_in_front(scope["method"], scope["path"], headers):
                raise NobodyThere(START, browser=True)
            else:
                scope["state"]["key"] = await admit(given, scope["path"], service.keys, service.clock())
            await self._spend(scope)

    @staticmethod
    async def _spend(scope: Scope) -> None:
        """Take what a request costs out of its key's allowance, and let the answer say what is left."""
        service, key = scope["app"].state.service, scope["state"]["key"]
        allowance = await service.limits.take(key, scope["path"], service.clock())
        if allowance is None:
            return
        scope["state"]["allowance"] = allowance.headers
        if allowance.wait:
            service.metrics.limited.labels(key.city).inc()
            raise Problem(429, "This key has asked as much as it may for now; go on after the seconds in Retry-After.")


class Guard:
    """Reads the body before anybody else does, and stops at a size and a time."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self.app(scope, receive, send)
            return
        try:
            body = await self._read(headers, receive, scope["path"])
        except Problem as problem:
            await problem.response(scope["state"]["request_id"])(scope, receive, self._lingering(receive, send))
            return
        if body is None:  # the caller has gone
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)

    async def _read(self, headers: Headers, receive: Receive, path: str) -> bytes | None:
        most = min(self.settings.max_body_bytes, OPEN_BYTES) if path in OPEN else self.settings.max_body_bytes
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise self._too_large(most)
        body = bytearray()
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise self._too_large(most)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            seconds = f"{self.settings.body_seconds:g}"
            raise Problem(408, f"A body has {seconds} seconds to arrive.", headers={"Connection": "close"}) from None

    def _lingering(self, receive: Receive, send: Send) -> Send:
        """Takes in a little more of the body between the answer and its end.

        A connection that is closed with bytes unread is reset, and a caller who is still sending may then lose
        the answer that says why.
        """

        async def answer(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    rest = 0
                    while rest < LINGER_BYTES:
                        more = await receive()
                        rest += len(more.get("body", b""))
                        if not more.get("more_body", False):
                            break
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return answer

    @staticmethod
    def _too_large(most: int) -> Problem:
        return Problem(413, f"A body has at most {most} bytes; ask in parts.", headers={"Connection": "close"})
