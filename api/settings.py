"""What an installation can set. The environment is read here and nowhere else."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data.home import Home
from data.store.reader import LIMIT_SECONDS
from recommender.errors import BadConfig

MODES = ("demo", "keys")
LOGS = ("text", "json")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
PREFIX = "LEERLIJN_"
MOST_WORKERS = 256

_KINDS: Mapping[str, Any] = {
    "home": Path,
    "database_url": str,
    "city": str,
    "mode": str,
    "host": str,
    "port": int,
    "workers": int,
    "max_body_bytes": int,
    "body_seconds": float,
    "refresh_seconds": float,
    "route_seconds": float,
    "store_seconds": float,
    "rate_per_second": float,
    "rate_burst": int,
    "cors": str,
    "log": str,
    "traces": str,
}


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Settings:
    """Settings of the service; each is ``LEERLIJN_`` plus its name in capitals in the environment.

    Attributes
    ----------
    home : Path
        Where the store, the releases and the reports live.
    database_url : str
        Address of the store; ``""`` for the embedded one in ``home``.
    city : str
        The city to serve; ``""`` when the store holds only one.
    mode : str
        ``demo`` needs no key and serves sample and simulated cities on this machine alone; ``keys`` asks for a
        key on everything but health and the OpenAPI document.
    host, port : str, int
        Where to listen.
    workers : int
        How many processes answer.
    max_body_bytes : int
        The largest body that is read.
    body_seconds : float
        How long a body may take to arrive.
    refresh_seconds : float
        How often, at most, to look for a new release or catalogue.
    route_seconds : float
        How long planning a route may take; where it cuts in, the answer says so.
    store_seconds : float
        How long a database server may take to look somebody up; an answer goes out without it then, and says so.
    rate_per_second, rate_burst : float, int
        How many requests a key may make in the long run, and at once; 0 a second sets no limit.
    cors : str
        Web pages of these origins may ask from within a browser: ``https://app.example``, several with commas.
    log : str
        ``text`` or ``json``.
    traces : str
        Where OpenTelemetry traces go, such as ``http://localhost:4318/v1/traces``; ``""`` makes none.

    Raises
    ------
    BadConfig
        When a setting is outside its range, or demo mode would be reachable from elsewhere.
    """

    home: Path = Path("var")
    database_url: str = ""
    city: str = ""
    mode: str = "demo"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    max_body_bytes: int = 1 << 20
    body_seconds: float = 10.0
    refresh_seconds: float = 1.0
    route_seconds: float = 5.0
    store_seconds: float = LIMIT_SECONDS
    rate_per_second: float = 100.0
    rate_burst: int = 1000
    cors: str = ""
    log: str = "text"
    traces: str = ""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise BadConfig(f"mode: {self.mode!r} is none of {', '.join(MODES)}")
        if not 0 <= self.port <= 65535:
            raise BadConfig(f"port: {self.port} is not between 0 and 65535")
        if not 1 <= self.workers <= MOST_WORKERS:
            raise BadConfig(f"workers: {self.workers} is not between 1 and {MOST_WORKERS}")
        if not 0 <= self.rate_per_second < math.inf:
            raise BadConfig(f"rate_per_second: {self.rate_per_second} is not a number from 0")
        if self.rate_burst < 1:
            raise BadConfig(f"rate_burst: {self.rate_burst} is not at least 1")
        if self.log not in LOGS:
            raise BadConfig(f"log: {self.log!r} is none of {', '.join(LOGS)}")
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise BadConfig(f"cors: {origin!r} is no origin such as https://app.example; name each one")
        for name in ("max_body_bytes", "body_seconds", "route_seconds", "store_seconds"):
            if not getattr(self, name) > 0:
                raise BadConfig(f"{name}: {getattr(self, name)} is not above 0")
        if self.demo and not is_loopback(self.host):
            raise BadConfig(
                f"demo mode answers anybody who can reach it, so it listens on this machine alone, not on "
                f"{self.host!r}: leave --host out, or use --mode keys"
            )

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may ask from within a browser."""
        return tuple(origin.strip() for origin in self.cors.split(",") if origin.strip())

    @property
    def demo(self) -> bool:
        """Whether no key is needed."""
        return self.mode == "demo"

    @property
    def store_url(self) -> str:
        """Address of the store."""
        return self.database_url or Home(self.home).store_url

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: object) -> Settings:
        """Settings from the environment; those ``given`` and not None win.

        Raises
        ------
        BadConfig
            When a number is none, or a setting is outside its range.
        """
        values: dict[str, object] = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            if not environment.get(name):
                continue
            kind: Any = _KINDS[field.name]
            try:
                values[field.name] = kind(environment[name])
            except ValueError:
                raise BadConfig(f"{name}: {environment[name]!r} is not a number") from None
        values.update({name: value for name, value in given.items() if value is not None})
        return cls(**values)  # type: ignore[arg-type]
