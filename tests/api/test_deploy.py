"""What is shipped to run it elsewhere names what exists: commands, settings, metrics, alarms and pages."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.__main__ import _parser
from api.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
VARIABLES = {f"LEERLIJN_{field.name.upper()}" for field in fields(Settings)}
OF_COMPOSE = {"LEERLIJN_DB_PASSWORD", "LEERLIJN_DATA"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def unit() -> configparser.ConfigParser:
    class Several(dict):  # type: ignore[type-arg]
        """A unit says Environment= several times."""

        def __setitem__(self, name: str, value: Any) -> None:
            if name in self and isinstance(value, list):
                self[name].extend(value)
            else:
                super().__setitem__(name, value)

    parser = configparser.RawConfigParser(strict=False, dict_type=Several, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "leerlijn.service", encoding="utf-8")
    return parser


def test_every_setting_that_is_named_exists() -> None:
    for path in DEPLOY.iterdir():
        named = set(re.findall(r"LEERLIJN_[A-Z_]+", path.read_text(encoding="utf-8")))
        assert named <= VARIABLES | OF_COMPOSE, path.name


def serves(words: list[str]) -> bool:
    """Whether the words start the service, with options that it has."""
    module = words.index("-m")
    assert words[module + 1 : module + 3] == ["api", "serve"]
    return _parser().parse_args(words[module + 2 :]).command == "serve"


def test_the_commands_are_those_without_containers(compose: dict[str, Any], unit: configparser.ConfigParser) -> None:
    assert serves(compose["services"]["api"]["command"])
    assert serves(shlex.split(unit["Service"]["ExecStart"]))
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (command,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert serves(json.loads(command))
    shown = re.findall(r"run --rm tool python -m (\w+) (\w+)", (DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(shown) >= 5
    for module, command in shown:
        assert f"python -m {module} {command}" in operations


def test_the_image_copies_what_exists_and_runs_without_rights() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source
    assert re.search(r"^USER leerlijn$", dockerfile, re.MULTILINE)
    assert (ROOT / "data" / "sample").is_dir()
    wanted = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert wanted
    assert re.findall(r"^FROM python:([\d.]+)-slim", dockerfile, re.MULTILINE) == [wanted[1]] * 2


def test_compose_stands_by_itself(compose: dict[str, Any]) -> None:
    """Its structure, by what the Compose specification says of each of the keys that are used."""
    known = {
        "image", "build", "environment", "volumes", "depends_on", "read_only", "tmpfs", "cap_drop", "security_opt", "command",
        "ports", "restart", "stop_grace_period", "profiles", "healthcheck",
    }  # fmt: skip
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    for name, service in compose["services"].items():
        assert set(service) <= known, name
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in compose["services"][needed]
        for volume in service.get("volumes", ()):
            source, target, *_ = re.sub(r"\$\{[^}]*\}", "./", volume).split(":")
            assert source.startswith(".") or source in compose["volumes"], volume
            assert target.startswith("/")
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "nothing is open to the world without TLS in front"
        assert all(isinstance(word, str) for word in service.get("command", ()))
    assert "ports" not in compose["services"]["database"]
    build = compose["services"]["api"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_the_unit_stops_it_as_it_wants_to_be_stopped(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    assert (service["KillMode"], service["User"], service["ProtectSystem"]) == ("mixed", "leerlijn", "strict")
    assert int(service["TimeoutStopSec"]) >= 20
    assert {"Unit", "Service", "Install"} == set(unit.sections())


def test_every_alarm_has_its_part_in_the_runbook_and_asks_for_what_is_counted() -> None:
    rules = yaml.safe_load((DEPLOY / "alarms.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    parts = {title.lower() for title in re.findall(r"^## (\w+)$", runbook, re.MULTILINE)}
    board = (DEPLOY / "grafana.json").read_text(encoding="utf-8")
    alarms = set()
    for rule in rules:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (ROOT / page).is_file()
        assert anchor in parts, rule["alert"]
        alarms.add(rule["alert"].lower())
        # The dashboard is held to the metrics that exist (test_metrics.py), so whatever it shows can be asked for.
        assert set(re.findall(r"leerlijn_[a-z_]+", rule["expr"])) <= set(re.findall(r"leerlijn_[a-z_]+", board)), rule[
            "alert"
        ]
    assert {part for part in parts if part.startswith("leerlijn")} == alarms
