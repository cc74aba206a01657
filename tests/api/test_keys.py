"""Keys: what opens, what does not, and what nobody can find again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from api.__main__ import run
from api.access import SCOPES, scope_of
from api.settings import Settings
from data.home import Home
from data.store import Store, keys, schema
from data.tables import Tables
from recommender.errors import BadInput
from recommender.release import Release, save_release
from tests.api.conftest import ASK, Served, problem, serve

NOW = 1_800_000_000
ANSWERS = {
    "recommend": [("POST", ASK), ("GET", "/v1/activities"), ("GET", "/v1/lines"), ("GET", "/v1/release")],
    "write": [("GET", "/v1/learners/r-1"), ("PATCH", "/v1/learners/r-1"), ("POST", "/v1/stamps"), ("POST", "/v1/feedback")],
    "coordinate": [("GET", "/desk"), ("GET", "/report/en")],
    "admin": [("GET", "/metrics")],
}  # fmt: skip


@dataclass(frozen=True)
class Keyed:
    """A service that asks for keys, and a way to make them."""

    served: Served
    now: list[float]

    def key(self, *scopes: str, city: str = "klein-oss", expires_at: int | None = None) -> str:
        with self.served.service.store.transaction() as connection:
            return keys.create(connection, city, scopes, "", NOW - 10, expires_at)

    def ask(self, key: str, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.served.http.request(
            method, path, headers=headers, json=body if method in ("POST", "PATCH") else None
        )


@pytest.fixture
def keyed(store_url: str, tiny: Tables, release: Release, tmp_path: Path) -> Iterator[Keyed]:
    home = Home(tmp_path / "home")
    with Store(store_url) as store:
        store.create()
        for city in ("klein-oss", "groot-oss"):
            store.save(replace(tiny, city=replace(tiny.city, id=city, origin="own")))
            save_release(release, home.releases(city), name="20260302T080000Z-one")
            home.point(city, "20260302T080000Z-one")
    now = [float(NOW)]
    settings = Settings(home=home.path, database_url=store_url, mode="keys")
    with serve(settings, clock=lambda: now[0]) as served:
        yield Keyed(served, now)


@pytest.mark.parametrize("scope", ANSWERS)
def test_every_scope_opens_its_own_and_nothing_else(keyed: Keyed, scope: str) -> None:
    key = keyed.key(scope)
    for needed, addresses in ANSWERS.items():
        for method, path in addresses:
            status = keyed.ask(key, method, path, {}).status_code
            assert (status == 403) == (needed != scope), (method, path, status)


def test_without_a_good_key_nothing_opens(keyed: Keyed) -> None:
    good = keyed.key("recommend")
    short = keyed.key("recommend", expires_at=NOW + 60)
    assert keyed.ask(good, "POST", ASK, {}).status_code == 200
    assert keyed.ask(short, "POST", ASK, {}).status_code == 200
    prefix, key_id, secret = good.split("_", 2)
    name = f"{prefix}_{key_id}"
    for wrong in (
        "x",
        "Bearer",
        good[:-1],
        good + "x",
        f"{name}_",
        f"{name}_{secret.swapcase()}",
        "leerlijn__x",
        "é",
    ):
        answer = keyed.served.http.post(ASK, json={}, headers={"Authorization": f"Bearer {wrong}".encode()})
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(keyed.served.http.post(ASK, json={}, headers={"Authorization": f"Basic {good}"}), 401)
    keyed.now[0] += 61
    problem(keyed.ask(short, "POST", ASK, {}), 401)
    assert keyed.ask(good, "POST", ASK, {}).status_code == 200


def test_who_tries_out_texts_costs_nothing_and_pushes_no_key_out(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    known = keyed.served.service.keys
    good = keyed.key("recommend")
    monkeypatch.setattr("api.access.MOST_UNKNOWN", 5)
    monkeypatch.setattr("api.access.MOST_KEPT", 2)
    assert keyed.ask(good, "POST", ASK, {}).status_code == 200
    looked_up: list[str] = []
    monkeypatch.setattr(known, "_look", looked_up.append)
    for number in range(20):
        problem(keyed.ask("x" * number, "GET", "/v1/themes"), 401)
        problem(keyed.ask(f"leerlijn_{'0' * 12}_{'x' * 40_000}{number}", "GET", "/v1/themes"), 401)
    assert not looked_up
    tried = [f"leerlijn_{'0' * 12}_{number}" for number in range(20)]
    for text in (*tried, tried[-1]):
        problem(keyed.ask(text, "GET", "/v1/themes"), 401)
    assert looked_up == tried
    assert len(known._unknown) == 5
    assert keyed.ask(good, "POST", ASK, {}).status_code == 200
    assert looked_up == tried, "the key is still remembered"
    assert not [name for name in (*known._seen, *known._unknown) if good in name], "by its digest alone"


def test_what_needs_no_key_is_made_once(keyed: Keyed) -> None:
    first = keyed.served.http.get("/openapi.json")
    assert keyed.served.app.state.openapi == first.content
    keyed.served.app.state.openapi = b"{}"
    assert keyed.served.http.get("/openapi.json").content == b"{}"


def test_every_address_of_the_service_asks_for_a_key(keyed: Keyed) -> None:
    document = keyed.served.http.get("/openapi.json").json()
    asked = 0
    for path, methods in document["paths"].items():
        for method in methods:
            if not path.startswith("/health/"):
                problem(keyed.ask("", method.upper(), path.format(learner="r-1"), {}), 401)
                asked += 1
    assert asked > 8


def test_a_key_sees_its_own_city_alone(keyed: Keyed) -> None:
    here, there = keyed.key("recommend", "write"), keyed.key("recommend", "write", city="groot-oss")
    assert keyed.ask(here, "GET", "/v1/release").json()["city"] == "klein-oss"
    assert keyed.ask(there, "GET", "/v1/release").json()["city"] == "groot-oss"
    assert keyed.ask(here, "DELETE", "/v1/learners/r-1").status_code == 204
    assert keyed.ask(here, "GET", "/v1/learners/r-1").status_code == 404
    assert keyed.ask(there, "GET", "/v1/learners/r-1").status_code == 200


def test_the_store_holds_no_key_that_could_be_used(keyed: Keyed) -> None:
    key = keyed.key("admin")
    with keyed.served.service.store.engine.connect() as connection:
        (row,) = connection.execute(schema.keys.select()).mappings()
    assert key.split("_", 2)[2] not in str(dict(row))


def test_a_new_key_takes_over_and_a_revoked_one_opens_nothing(store_url: str, tiny: Tables) -> None:
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        with store.transaction() as connection:
            old = keys.create(connection, "klein-oss", ["write", "recommend"], "app", NOW, None)
            found = keys.find(connection, old)
            assert found is not None
            assert found.scopes == ("recommend", "write")
            new = keys.rotate(connection, "klein-oss", found.id, NOW, grace=100, lasts=1000)
            before, after = keys.find(connection, old), keys.find(connection, new)
            assert before is not None
            assert after is not None
            assert (before.holds(NOW + 99), before.holds(NOW + 100)) == (True, False)
            assert (after.scopes, after.label, after.holds(NOW + 999), after.holds(NOW + 1000)) == (
                ("recommend", "write"), "app", True, False
            )  # fmt: skip
            keys.revoke(connection, "klein-oss", after.id, NOW)
            revoked = keys.find(connection, new)
            assert revoked is not None
            assert not revoked.holds(NOW)
            with pytest.raises(BadInput, match="has no key"):
                keys.revoke(connection, "elsewhere", after.id, NOW)
            with pytest.raises(BadInput, match="scope root: give one or more of"):
                keys.create(connection, "klein-oss", ["root"], "", NOW, None)


def test_keys_are_made_and_listed_on_the_command_line(
    store_url: str,
    tiny: Tables,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path))
    monkeypatch.setenv("LEERLIJN_DATABASE_URL", store_url)
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
    run(["keys", "create", "--scope", "recommend", "--label", "app", "--days", "30"])
    text = capsys.readouterr().out.split()[0]
    run(["keys", "list"])
    listed = capsys.readouterr().out
    assert text.split("_")[1] in listed
    assert text not in listed
    assert "recommend" in listed
    run(["keys", "revoke", text.split("_")[1]])
    run(["keys", "list"])
    assert "revoked" in capsys.readouterr().out
    with pytest.raises(BadInput, match="name the city with --city"):
        run(["keys", "list", "--city", "oz"])


def test_whoever_may_open_a_person_needs_a_scope_of_its_own() -> None:
    assert scope_of("/v1/learners/x") == "write"
    assert scope_of("/anything") == "recommend"
    assert {scope for _, scope in SCOPES} == {"recommend", "write", "coordinate", "admin"}
