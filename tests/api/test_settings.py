"""Settings come from the environment once, and check themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from api.settings import Settings
from data.home import Home
from data.tables import Tables
from recommender.errors import BadConfig


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({f"LEERLIJN_{field.name.upper()}": "" for field in fields(Settings)}) == Settings()


def test_every_setting_can_come_from_the_environment() -> None:
    wanted = Settings(
        home=Path("/srv/x"), database_url="sqlite:////srv/y", city="oss", mode="keys", host="0.0.0.0", port=80,
        max_body_bytes=5, body_seconds=0.5, refresh_seconds=2.0,
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
        ("LEERLIJN_MODE", "open", "mode: 'open' is none of demo, keys"),
        ("LEERLIJN_MAX_BODY_BYTES", "0", "max_body_bytes: 0 is not above 0"),
        ("LEERLIJN_BODY_SECONDS", "nan", "body_seconds: nan is not above 0"),
    ],
)
def test_a_setting_outside_its_range_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        Settings.from_environment({name: value})


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LEERLIJN_HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "api", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_the_command_line_refuses_in_one_sentence(settle: Callable[..., Home], tiny: Tables, tmp_path: Path) -> None:
    settle(tmp_path, releases=(), city=replace(tiny.city, origin="own"))
    for arguments, says in (
        (("serve",), "a city of its own"),
        ((), "a city of its own"),
        (("serve", "--host", "0.0.0.0"), "this machine alone"),
        (("serve", "--city", "oz"), "no city 'oz' in the store; it holds: klein-oss"),
    ):
        done = run(tmp_path, *arguments)
        assert done.returncode != 0
        assert says in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_upgrade_makes_the_schema(tmp_path: Path) -> None:
    done = run(tmp_path, "upgrade")
    assert done.returncode == 0, done.stderr
    assert "schema 0001" in done.stdout
