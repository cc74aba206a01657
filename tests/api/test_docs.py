"""``docs/api.md`` is true: its commands run, and its tables name what the code has, and the reverse."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import BaseModel

from api.problems import BY_STATUS, KINDS
from api.settings import Settings
from api.shapes.question import GivenPassport, Question, Wishes
from api.shapes.route_question import JourneyQuestion, OutingQuestion
from data.folder import read_folder
from data.store import Store
from recommender.release import save_release
from tests.api.conftest import Served, places, serve
from training.config import Config
from training.fit import fit

pytestmark = pytest.mark.usefixtures("ready_to_plan")
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [words for block in blocks for words in split(block)]


def split(block: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in shlex.split(block):
        if word == "curl" and words:
            yield words
            words = []
        words.append(word)
    yield words


@pytest.fixture(scope="module")
def sample(request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shipped city, trained and served."""
    tables = read_folder(ROOT / "data" / "sample")
    with places(request, database) as make:
        home = make(tmp_path_factory.mktemp("sample"))
        with Store(home.store_url) as store:
            store.create()
            store.save(tables)
        save_release(fit(tables, Config()), home.releases(tables.city.id), name="first")
        home.point(tables.city.id, "first")
        with serve(Settings(home=home.path)) as served:
            yield served


@pytest.mark.parametrize("command", commands(), ids=lambda words: words[2] + " " + " ".join(words[5:])[:30])
def test_every_command_of_the_tour_works(sample: Served, command: list[str]) -> None:
    method, command = ("PATCH", [*command[:2], *command[4:]]) if command[2:4] == ["-X", "PATCH"] else ("POST", command)
    curl, silent, address, *rest = command
    assert (curl, silent) == ("curl", "-s")
    path = address.removeprefix("localhost:8000")
    assert path != address
    options = list(zip(rest[::2], rest[1::2], strict=True))
    assert {name for name, _ in options} <= {"-H", "-d"}
    bodies = [value for name, value in options if name == "-d"]
    if bodies:
        headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
        answer = sample.http.request(method, path, content=bodies[0], headers=headers)
        if answer.headers["content-type"] == "application/json":
            (listed,) = {"recommendations", "routes", "lines", "kept", "learner"} & answer.json().keys()
            assert answer.json()[listed]
        else:
            assert b"BEGIN:VEVENT" in answer.content
    else:
        answer = sample.http.get(path)
    assert answer.status_code == 200, answer.text


def test_the_example_of_an_error_is_what_a_slip_gets(sample: Served) -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    told, got = json.loads(shown), sample.refused('{"passport": {"wishes": ["spac"]}}', 422)
    assert told.keys() == got.keys()
    assert {**told, "request_id": ""} == {**got, "request_id": ""}


def test_every_kind_of_error_is_in_the_table_and_no_other() -> None:
    table = set(re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    known = {(str(kind.status), kind.slug) for _, kind in KINDS} | {
        (str(code), slug) for code, (slug, _) in BY_STATUS.items()
    }
    assert table == known | {("422", "unwanted-data"), ("403", "scope"), ("403", "city"), ("503", "not-ready")}


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(LEERLIJN_[A-Z_]+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    assert rows.keys() == {f"LEERLIJN_{field.name.upper()}" for field in fields(Settings)}
    for field in fields(Settings):
        if str(field.default):
            assert rows[f"LEERLIJN_{field.name.upper()}"] == f"`{field.default}`"


def test_every_field_of_a_question_is_in_the_table() -> None:
    told = set(re.findall(r"`([a-z_.]+)`", "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))))
    own = {field.alias or name for name, field in Question.model_fields.items()} - {"passport"}
    assert own | {f"passport.{name}" for name in GivenPassport.model_fields} <= told


@pytest.mark.parametrize(("kind", "model"), [("outing", OutingQuestion), ("journey", JourneyQuestion)])
def test_every_field_of_a_route_is_in_its_table(kind: str, model: type[BaseModel]) -> None:
    _, _, table = PAGE.partition(f"| {kind} | meaning | when left out |")
    rows = table.partition("\n\n")[0].splitlines()[2:]
    told = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    shared = {*Wishes.model_fields, "kind"}
    assert told == {field.alias or name for name, field in model.model_fields.items() if name not in shared}


def test_the_example_for_python_runs(sample: Served, capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(
        shown.replace("http://localhost:8000", str(sample.http.base_url)), {}
    )  # our own page, which says that it can be run
    assert len(capsys.readouterr().out.splitlines()) == 5
