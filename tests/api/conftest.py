"""A real server on a real socket over a real store with a real, tiny release."""

from __future__ import annotations

import fcntl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.listen import listen
from api.server import SPOKEN
from api.service import Service
from api.settings import Settings
from data.home import Home
from data.store import Store
from data.store.reader import LIMIT_SECONDS
from data.tables import Tables
from recommender.release import Release, save_release
from recommender.routing.solve import warm_up
from tests import postgres
from training.config import Config
from training.fit import fit

ASK = "/v1/recommendations"
DATABASES = ("sqlite", "postgresql")
_ADDRESS = "store-address"
"""File in a test's home with the address of its store, where that is not the embedded one."""


class Placed(Home):
    """A home that knows on which database its store is, as an installation knows from ``LEERLIJN_DATABASE_URL``."""

    @property
    def database_url(self) -> str:
        """Address of the database, ``""`` for the embedded store."""
        file = self.path / _ADDRESS
        return file.read_text() if file.exists() else ""

    @property
    def store_url(self) -> str:
        return self.database_url or super().store_url

    @property
    def environment(self) -> dict[str, str]:
        """What an installation on this home has in its environment."""
        url = {"LEERLIJN_DATABASE_URL": self.database_url} if self.database_url else {}
        return {"LEERLIJN_HOME": str(self.path)} | url


def placed(settings: Settings) -> Settings:
    """Settings with the address of the store that was made in their home; an address of their own stays."""
    return replace(settings, database_url=settings.database_url or Placed(settings.home).database_url)


@dataclass(frozen=True)
class Served:
    """A running service: a client to ask it with, and its insides to look at."""

    http: httpx.Client
    app: FastAPI
    port: int

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    def ask(self, **question: Any) -> dict[str, Any]:
        """The answer to a question that must succeed."""
        answer = self.http.post(ASK, json=question)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def refused(self, content: bytes | str, status: int, **headers: str) -> dict[str, Any]:
        """The problem that raw bytes run into."""
        answer = self.http.post(ASK, content=content, headers={"Content-Type": "application/json"} | headers)
        return problem(answer, status)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem in an answer, checked to be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail"} <= body.keys()
    return body


@contextmanager
def serve(settings: Settings, clock: Callable[[], float] = time.time, **more: Any) -> Iterator[Served]:
    """Serve on a free port of this machine until the block ends; ``more`` is for the server itself. Where the test does not say how long the database may take,
    it is patient: on a busy machine an answer would go out without the learner.
    """
    if settings.store_seconds == LIMIT_SECONDS:
        settings = replace(settings, store_seconds=20.0)
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    app = create_app(placed(settings), clock)
    told = {"log_config": None, "access_log": False, "server_header": False, "lifespan": "on", **SPOKEN, **more}
    config = uvicorn.Config(app, **told)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    patience = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < patience, "the server did not start in a minute"
        time.sleep(0.01)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield Served(client, app, port)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
    assert not thread.is_alive(), "the server did not stop"


@pytest.fixture(scope="session")
def release(tiny: Tables) -> Release:
    """Klein-Oss, trained."""
    return fit(tiny, Config())


@contextmanager
def places(request: pytest.FixtureRequest, database: str) -> Iterator[Callable[[Path], Placed]]:
    """Makes homes with an empty store each on one of the databases, which go when the block ends."""
    with ExitStack() as gone:

        def make(path: Path) -> Placed:
            home = Placed(path)
            if database == "postgresql" and not home.database_url:
                server: postgres.Server = request.getfixturevalue("postgres_server")
                url = server.new_store()
                gone.callback(server.drop_database, url)
                path.mkdir(parents=True, exist_ok=True)
                (path / _ADDRESS).write_text(url)
            return home

        yield make


def _settle(
    home: Placed,
    tiny: Tables,
    release: Release,
    releases: tuple[str, ...] = ("20260302T080000Z-one",),
    **changes: Any,
) -> Placed:
    tables = replace(tiny, **changes)
    with Store(home.store_url) as store:
        store.create()
        store.save(tables)
    for name in releases:
        save_release(release, home.releases(tables.city.id), name=name)
        home.point(tables.city.id, name)
    return home


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    name: str = request.param
    return name


@pytest.fixture
def place(request: pytest.FixtureRequest, database: str) -> Iterator[Callable[[Path], Placed]]:
    """Makes a home in a folder, with an empty store on each database in turn."""
    with places(request, database) as make:
        yield make


@pytest.fixture
def settle(place: Callable[[Path], Placed], tiny: Tables, release: Release) -> Callable[..., Placed]:
    """Puts a city in a folder: its tables in the store, and its releases, of which the last is in service."""

    def put(path: Path, releases: tuple[str, ...] = ("20260302T080000Z-one",), **changes: Any) -> Placed:
        return _settle(place(path), tiny, release, releases, **changes)

    return put


@pytest.fixture(scope="session")
def ready_to_plan() -> None:
    """The search for routes, compiled: by one of the test processes, for all of them."""
    with (Path(tempfile.gettempdir()) / "leerlijn-tests-compile.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        warm_up()


@pytest.fixture(scope="session")
def oss_home(
    request: pytest.FixtureRequest,
    database: str,
    tiny: Tables,
    release: Release,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Placed]:
    """Klein-Oss with one release in service."""
    with places(request, database) as make:
        yield _settle(make(tmp_path_factory.mktemp("oss")), tiny, release)


@pytest.fixture(scope="session")
def oss(oss_home: Placed) -> Iterator[Served]:
    """Klein-Oss, served in demo mode."""
    with serve(Settings(home=oss_home.path, refresh_seconds=0.05)) as served:
        yield served


Serve = Callable[..., AbstractContextManager[Served]]
