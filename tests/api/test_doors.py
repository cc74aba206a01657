"""Every address there is, found by walking the application itself: none opens without the right key of the right city."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from api.access import OPEN, scope_of
from api.settings import Settings
from data.store import Store, keys
from data.tables import Tables
from recommender.release import Release, save_release
from tests.api.conftest import Placed, Served, serve

NOW = 1_800_000_000
HERE, THERE = "klein-oss", "groot-oss"
DOORS = {"/desk/key", "/desk/leave"}
"""Where a key is entered, and handed back: they open nothing by themselves."""
MARK = "Vlinderstichting"
"""A word that is in the other city's data alone."""


def addresses(routes: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Method and path of every endpoint, also of those in routers within routers and outside the OpenAPI document."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from addresses(inner.routes)
            continue
        path = getattr(route, "path", None)
        assert path, f"an endpoint of a kind that this walk does not know: {route!r}"
        for method in sorted(getattr(route, "methods", None) or ["GET"]):
            yield method, path


def filled(path: str) -> str:
    """A path with its holes filled in with something that exists."""
    for hole, value in (
        ("{learner}", "r-1"), ("{lang}", "nl"), ("{name}", "nl"), ("{page:path}", "what-if"), ("{rest:path}", "least"),
    ):  # fmt: skip
        path = path.replace(hole, value)
    assert "{" not in path, f"say what to fill in for {path}"
    return path


@dataclass(frozen=True)
class Doors:
    """A service of two cities, and keys to them."""

    served: Served
    every: tuple[tuple[str, str], ...]

    def key(self, *scopes: str, city: str = HERE, expires_at: int | None = None, revoked: bool = False) -> str:
        with self.served.service.store.transaction() as connection:
            text = keys.create(connection, city, scopes, "", NOW - 100, expires_at)
            if revoked:
                keys.revoke(connection, city, text.split("_")[1], NOW - 50)
        return text

    def ask(self, method: str, path: str, key: str | bytes | None) -> httpx.Response:
        headers: dict[str, str | bytes] = {}
        if key is not None:
            headers["Authorization"] = b"Bearer " + (key if isinstance(key, bytes) else key.encode())
        body = {"json": {}} if method in ("POST", "PATCH") else {}
        return self.served.http.request(method, filled(path), headers=headers, **body)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def doors(tiny: Tables, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    home = Placed(tmp_path_factory.mktemp("doors"))
    other = tiny.activities.assign(title=[f"{MARK} {title}" for title in tiny.activities["title"]])
    with Store(home.store_url) as store:
        store.create()
        for city, activities in ((HERE, tiny.activities), (THERE, other)):
            store.save(replace(tiny, city=replace(tiny.city, id=city, name=city, origin="own"), activities=activities))
            own = replace(release, manifest={**release.manifest, "city": city})
            save_release(own, home.releases(city), name="20260302T080000Z-one")
            home.point(city, "20260302T080000Z-one")
    with serve(Settings(home=home.path, mode="keys", rate_per_second=0), clock=lambda: float(NOW)) as served:
        every = tuple(pair for pair in addresses(served.app.routes) if pair[1] not in OPEN | DOORS)
        yield Doors(served, every)


def test_the_walk_finds_all_that_the_contract_promises_and_more(doors: Doors) -> None:
    document = doors.served.http.get("/openapi.json").json()
    promised = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {pair for pair in promised if pair[1] not in OPEN} <= set(doors.every)
    assert ("GET", "/") in doors.every
    assert ("GET", "/metrics") in doors.every
    assert len(doors.every) > 25
    assert {"/health/live", "/health/ready", "/openapi.json"} <= OPEN
    assert all(path.startswith(("/health/", "/openapi.json", "/desk/")) for path in OPEN), "nothing else is open"


def test_no_address_opens_without_a_key_that_holds(doors: Doors) -> None:
    good = doors.key("recommend", "write", "coordinate", "admin")
    wrong: dict[str, str | bytes | None] = {
        "none": None,
        "made up": "leerlijn_000000000000_" + "x" * 43,
        "another secret": good[:-3] + "xyz",
        "no secret": good.rsplit("_", 1)[0],
        "not ascii": "é".encode(),
        "very long": good + "x" * 5000,
        "expired": doors.key("recommend", "write", "coordinate", "admin", expires_at=NOW - 1),
        "revoked": doors.key("recommend", "write", "coordinate", "admin", revoked=True),
    }
    for method, path in doors.every:
        for why, key in wrong.items():
            answer = doors.ask(method, path, key)
            assert answer.status_code == 401, (method, path, why, answer.status_code)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "robot" not in answer.text


def test_every_address_opens_with_its_own_scope_alone(doors: Doors) -> None:
    for scope in keys.SCOPES:
        key = doors.key(scope)
        for method, path in doors.every:
            needed = scope_of(filled(path))
            status = doors.ask(method, path, key).status_code if method != "DELETE" or scope != needed else 200
            assert (status == 403) == (scope != needed), (method, path, scope, status)
            assert status != 401
            assert status < 500 or status == 503, (method, path, status)


def test_coordinators_and_administrators_cannot_open_a_person(doors: Doors, tiny: Tables) -> None:
    """Whatever they may ask for, no pseudonym is in what they get."""
    everybody = {*tiny.passports["learner_id"], *tiny.stamps["learner_id"]}
    for scope in ("coordinate", "admin"):
        key, seen = doors.key(scope), 0
        for method, path in doors.every:
            answer = doors.ask(method, path, key)
            if "{learner}" in path or path in ("/v1/stamps", "/v1/feedback"):
                assert answer.status_code == 403, (method, path)
            seen += answer.status_code == 200
            named = [one for one in everybody if f'"{one}"' in answer.text or f">{one}<" in answer.text]
            assert not named, (method, path)
        assert seen >= 1


def test_a_key_of_one_city_sees_nothing_of_another(doors: Doors) -> None:
    for city, shows in ((HERE, False), (THERE, True)):
        key, marked = doors.key(*keys.SCOPES, city=city), 0
        for method, path in doors.every:
            if method != "DELETE":
                text = doors.ask(method, path, key).text
                assert shows or MARK not in text, (method, path)
                assert (HERE if shows else THERE) not in text, (method, path)
                marked += MARK in text
        assert bool(marked) == shows


def test_what_one_city_erases_stays_in_another(doors: Doors) -> None:
    here, there = doors.key("write"), doors.key("write", city=THERE)
    assert doors.ask("DELETE", "/v1/learners/{learner}", here).status_code == 204
    assert doors.ask("GET", "/v1/learners/{learner}", here).status_code == 404
    assert doors.ask("GET", "/v1/learners/{learner}", there).status_code == 200


def test_the_walk_does_not_pass_by_an_endpoint_of_an_unknown_kind(
    settle: Callable[..., Placed], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="does not know"):
        list(addresses([object()]))
    with pytest.raises(AssertionError, match="say what to fill in"):
        filled("/v1/{something}")
