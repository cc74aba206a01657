"""Content from an address, and nothing that never ends: size, time, redirects and tries have a limit each."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from data.feeds.content import unpacked
from recommender.errors import BadInput

AGENT = "leerlijn (feed reader)"
_AGAIN = frozenset({429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Limits:
    """What fetching may cost.

    Attributes
    ----------
    page_bytes : int
        Of one answer, packed and unpacked.
    page_seconds : float
        Until one answer is there whole, however slowly it drips.
    all_bytes, all_seconds : int, float
        Of one run. What is fetched by then is kept, and the next run goes on from there.
    redirects, tries : int
    longest_wait : float
        Seconds that a server which is busy may ask to wait.
    """

    page_bytes: int = 256 << 20
    page_seconds: float = 120.0
    all_bytes: int = 4 << 30
    all_seconds: float = 3600.0
    redirects: int = 5
    tries: int = 4
    longest_wait: float = 60.0


class FetchError(BadInput):
    """An address gave nothing that can be used; what was fetched before is kept."""


@dataclass(frozen=True)
class Fetched:
    """An answer: ``content`` unpacked, None when nothing changed since; ``address`` is where it came from in the end."""

    address: str
    content: bytes | None
    headers: Mapping[str, str]


def is_address(source: str) -> bool:
    """Whether a source is an address to fetch from, and no file."""
    return source.lower().startswith(("http://", "https://"))


def origin(address: str) -> tuple[str, str, int]:
    """Scheme, host and port: an address of another origin is somebody else's.

    Raises
    ------
    FetchError
        When it is no address of the web, or names a user.
    """
    try:
        parts: SplitResult = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError as error:
        raise FetchError(f"{address!r} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError(f"{address!r} is no address that begins with https:// or http://")
    if parts.username or parts.password:
        raise FetchError("an address with a user or password in it would end up in files and logs: leave them out")
    return parts.scheme, parts.hostname, port


def _inside(host: str) -> bool:
    """Whether a host is this machine or its own network; a name that nobody knows is not."""
    try:
        found = {ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, ValueError, UnicodeError):
        return False
    return any(not one.is_global for one in found)


@dataclass
class Fetcher:
    """Fetches pages one after the other, within limits.

    Parameters
    ----------
    limits : Limits
    clock, sleep : callable
        Seconds that do not go back, and waiting.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    bytes: int = 0
    _ends: float = field(default=float("inf"), init=False)
    _client: httpx.Client | None = field(default=None, init=False)

    @contextmanager
    def opened(self) -> Iterator[Fetcher]:
        """Connections for one run; its time begins now."""
        timeout = httpx.Timeout(min(20.0, self.limits.page_seconds))
        with httpx.Client(timeout=timeout, follow_redirects=False, headers={"User-Agent": AGENT}) as client:
            self._client, self._ends, self.bytes = client, self.clock() + self.limits.all_seconds, 0
            try:
                yield self
            finally:
                self._client = None

    def get(self, address: str, headers: Mapping[str, str] | None = None, within: str = "") -> Fetched:
        """The content behind an address.

        Parameters
        ----------
        headers : mapping
            More of them, such as ``If-None-Match``.
        within : str
            An address; one of another origin is refused. ``""`` allows any.

        Raises
        ------
        FetchError
            For what is not there, refused, too large, too slow, cut off or led around.
        """
        if within and origin(address) != origin(within):
            raise FetchError(f"{within} leads on to {address}, which is another server: refused")
        here, seen = address, {address}
        for _ in range(self.limits.redirects + 1):
            answer = self._patiently(here, dict(headers or {}))
            if not isinstance(answer, str):
                return answer
            there = urljoin(here, answer)
            self._may_follow(here, there)
            if there in seen:
                raise FetchError(f"{address}: redirects in a circle, back to {there}")
            seen.add(there)
            here = there
        raise FetchError(f"{address}: more than {self.limits.redirects} redirects; the last one to {here}")

    def _may_follow(self, here: str, there: str) -> None:
        before, after = origin(here), origin(there)
        if before[0] == "https" and after[0] == "http":
            raise FetchError(f"{here}: redirects to {there}, where anybody can listen in: refused")
        if before[1] != after[1] and _inside(after[1]) and not _inside(before[1]):
            raise FetchError(f"{here}: redirects into the own network, to {there}: refused")

    def _patiently(self, address: str, headers: dict[str, str]) -> Fetched | str:
        """An answer, or where it redirects to; a server that is busy or gone for a moment is asked again."""
        origin(address)
        for attempt in range(1, self.limits.tries + 1):
            last = attempt == self.limits.tries
            try:
                status, found = self._once(address, headers)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                if last or isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
                    raise FetchError(f"{address}: {_reason(error)}") from None
                wait = 2.0 ** (attempt - 1)
            else:
                if status in _MOVED and "location" in found.headers:
                    return found.headers["location"]
                if status == 304:
                    return Fetched(address, None, found.headers)
                if status == 200:
                    content = unpacked(found.content or b"", address, self.limits.page_bytes)
                    return Fetched(address, content, found.headers)
                if status not in _AGAIN or last:
                    raise FetchError(f"{address}: the server answered {status}{_advice(status)}")
                wait = _asked_to_wait(found.headers.get("retry-after", ""), 2.0 ** (attempt - 1))
            if wait > self.limits.longest_wait:
                raise FetchError(f"{address}: the server asks to come back in {wait:.0f} seconds; run it again then")
            if self.clock() + wait >= self._ends:
                raise FetchError(f"{address}: not there after {self.limits.all_seconds:.0f} seconds in all")
            self.sleep(wait)
        raise AssertionError  # the last try returns or raises

    def _once(self, address: str, headers: dict[str, str]) -> tuple[int, Fetched]:
        """One request; the content as it came over the line, put together within the limits."""
        assert self._client is not None, "fetch inside `with fetcher.opened():`"
        limits = self.limits
        until = min(self.clock() + limits.page_seconds, self._ends)
        parts, size = [], 0
        with self._client.stream("GET", address, headers={"Accept-Encoding": "gzip", **headers}) as answer:
            packed = answer.headers.get("content-encoding", "identity").lower()
            if answer.status_code == 200 and packed not in ("identity", "gzip", "x-gzip"):
                raise FetchError(f"{address}: packed as {packed!r}, and only gzip was asked for")
            if answer.status_code == 200:
                for part in answer.iter_raw(1 << 16):
                    parts.append(part)
                    size += len(part)
                    self.bytes += len(part)
                    if size > limits.page_bytes:
                        raise FetchError(f"{address}: more than {limits.page_bytes:,} bytes; that is no page of a feed")
                    if self.bytes > limits.all_bytes:
                        raise FetchError(
                            f"{address}: more than {limits.all_bytes:,} bytes in all; run it again to go on"
                        )
                    if self.clock() > until:
                        raise FetchError(f"{address}: not there whole after {limits.page_seconds:.0f} seconds")
            return answer.status_code, Fetched(address, b"".join(parts), dict(answer.headers))


def _reason(error: Exception) -> str:
    said: dict[type[Exception], str] = {
        httpx.ConnectTimeout: "nobody answers",
        httpx.ConnectError: "no connection",
        httpx.ReadTimeout: "the server stopped sending",
        httpx.RemoteProtocolError: "the answer was cut off",
    }
    return f"{said.get(type(error), type(error).__name__)} ({error})" if str(error) else said.get(type(error), "failed")


def _advice(status: int) -> str:
    if status in (401, 403):
        return ": it asks for a key, which this command does not send; save the feed to a file and load that"
    if status in (404, 410):
        return ": there is no such feed; check the address"
    return ""


def _asked_to_wait(text: str, otherwise: float) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return otherwise
