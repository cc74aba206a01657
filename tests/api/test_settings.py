"""Settings come from the environment once, and check themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from api.__main__ import run
from api.settings import Settings
from data.store import Store
from data.store.migrate import newest
from data.tables import Tables
from recommender.errors import BadConfig, BadInput
from tests.api.conftest import Placed


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({f"LEERLIJN_{field.name.upper()}": "" for field in fields(Settings)}) == Settings()


def test_every_setting_can_come_from_the_environment() -> None:
    wanted = Settings(
        home=Path("/srv/x"), database_url="sqlite:////srv/y", city="oss", mode="keys", host="0.0.0.0", port=80,
        max_body_bytes=5, body_seconds=0.5, refresh_seconds=2.0, route_seconds=9.0, store_seconds=3.0, workers=3,
        rate_per_second=0.0, rate_burst=7, cors="https://a.example", log="json", traces="http://localhost:4318/v1/traces",
    )  # fmt: skip
    environment = {f"LEERLIJN_{field.name.upper()}": str(getattr(wanted, field.name)) for field in fields(Settings)}
    assert Settings.from_environment(environment) == wanted
    assert wanted.store_url == "sqlite:////srv/y"
    assert all(getattr(wanted, field.name) != field.default for field in fields(Settings))


def test_the_command_line_wins() -> None:
    assert Settings.from_environment({"LEERLIJN_PORT": "1"}, port=2, city=None).port == 2


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LEERLIJN_PORT", "http", "LEERLIJN_PORT: 'http' is not a number"),
        ("LEERLIJN_PORT", "65536", "port: 65536 is not between 0 and 65535"),
        ("LEERLIJN_WORKERS", "0", "workers: 0 is not between 1 and 256"),
        ("LEERLIJN_RATE_PER_SECOND", "-1", "rate_per_second: -1.0 is not a number from 0"),
        ("LEERLIJN_RATE_PER_SECOND", "nan", "rate_per_second: nan"),
        ("LEERLIJN_RATE_BURST", "0", "rate_burst: 0 is not at least 1"),
        ("LEERLIJN_LOG", "xml", "log: 'xml' is none of text, json"),
        ("LEERLIJN_CORS", "*", r"cors: '\*' is no origin"),
        ("LEERLIJN_CORS", "https://a.example, app.example/x", "cors: 'app.example/x' is no origin"),
        ("LEERLIJN_MODE", "open", "mode: 'open' is none of demo, keys"),
        ("LEERLIJN_MAX_BODY_BYTES", "0", "max_body_bytes: 0 is not above 0"),
        ("LEERLIJN_BODY_SECONDS", "nan", "body_seconds: nan is not above 0"),
    ],
)
def test_a_setting_outside_its_range_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        Settings.from_environment({name: value})


def test_the_command_line_refuses_in_one_sentence(settle: Callable[..., Placed], tiny: Tables, tmp_path: Path) -> None:
    home = settle(tmp_path, releases=(), city=replace(tiny.city, origin="own"))
    environment = {"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1", **home.environment}
    done = subprocess.run(
        [sys.executable, "-m", "api", "serve"], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 1
    assert "a city of its own" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "a city of its own"),
        (("--host", "0.0.0.0"), "this machine alone"),
        (("serve", "--host", "0.0.0.0"), "this machine alone"),
        (("serve", "--city", "oz"), "no city 'oz' in the store; it holds: klein-oss"),
        (("serve", "--port", "99999"), "port: 99999"),
    ],
)
def test_what_cannot_be_served_is_refused(
    settle: Callable[..., Placed],
    tiny: Tables,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    home = settle(tmp_path, releases=(), city=replace(tiny.city, origin="own"))
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=says):
        run(arguments)


def test_upgrade_makes_the_schema(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path))
    monkeypatch.setenv("LEERLIJN_DATABASE_URL", store_url)
    run(["upgrade"])
    assert f"schema {newest()}" in capsys.readouterr().out
    with Store(store_url) as store:
        store.check()
