"""The house itself: its arrows are held, its Makefile explains itself, its documents name what exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
WINGS = ("recommender", "data", "training", "api")
_EVERYDAY = ("install", "run", "test", "lint", "check", "data", "train", "evaluate")
TARGETS = {*_EVERYDAY, "report", "publish", "rollback", "serve", "bench", "prove", "clean"}
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


OF_MAKE = (
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "CITY",
    "DATA",
    "FEED",
    "LEARNERS",
    "CONFIG",
    "PORT",
    "MODE",
    "PYTHON",
    "VENV",
)


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as if nobody had set anything, also when make itself runs the tests."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Arrows only point down


def _lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([lint, "--no-cache"], cwd=tree, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the wings, to plant things in."""
    copy = tmp_path_factory.mktemp("house")
    for wing in WINGS:
        shutil.copytree(ROOT / wing, copy / wing, ignore=shutil.ignore_patterns("__pycache__", "*.csv"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def test_the_copy_stands_as_it_is(tree: Path) -> None:
    done = _lint_imports(tree)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("recommender.travel", "data.folder"),
        ("recommender.travel", "recommender.scoring"),
        ("recommender.scoring", "pandas"),
        ("recommender.recommend", "datetime"),
        ("data.folder", "training.config"),
        ("data.store.store", "fastapi"),
        ("training.config", "api.settings"),
        ("api.settings", "training.config"),
    ],
)
def test_a_planted_forbidden_import_fails_the_check(tree: Path, module: str, planted: str) -> None:
    path = tree / (module.replace(".", "/") + ".py")
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(f"{before}\nimport {planted}\n", encoding="utf-8")
        done = _lint_imports(tree)
    finally:
        path.write_text(before, encoding="utf-8")
    line = len(before.splitlines()) + 2
    assert done.returncode == 1, done.stdout
    assert re.search(rf"{re.escape(module)} -> {re.escape(planted)} \(l\.{line}\)", done.stdout), done.stdout


# The Makefile explains itself


def _rules() -> dict[str, str]:
    """Each target of the Makefile that has a word of its own, with what its line says of it."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z-]+):[^#\n]*(?:## (.*))?$", text, re.MULTILINE))


def test_make_alone_lists_every_target_with_one_line() -> None:
    done = _make()
    assert done.returncode == 0, done.stderr
    listed = dict(re.findall(r"^  make ([a-z-]+) +(\S.*)$", done.stdout, re.MULTILINE))
    assert listed == _rules()
    assert set(listed) >= TARGETS
    assert all(len(line) <= 120 for line in done.stdout.splitlines())


def test_make_names_every_variable() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    given = set(re.findall(r"^([A-Z_]+) +\?=", text, re.MULTILINE)) | {"CONFIG", "DATA"}
    named = set(re.findall(r"^  ([A-Z_]+)  ", _make().stdout, re.MULTILINE))
    assert given - {"VENV"} == named


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_knows_what_to_do(target: str) -> None:
    done = _make("--dry-run", target)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("given", "city", "load"),
    [
        ((), "elzenvoort", "load 'data/sample' --feed 'folder' --city 'elzenvoort'"),
        (("DATA=data/sample",), "elzenvoort", "load 'data/sample' --feed 'folder' --city 'elzenvoort'"),
        (("DATA=data/sample", "CITY=oz"), "oz", "load 'data/sample' --feed 'folder' --city 'oz'"),
        (
            ("CITY=madrid", "DATA=../feeds/madrid"),
            "madrid",
            "load '../feeds/madrid' --feed 'madrid' --city 'madrid' --learners 2000",
        ),
        (("DATA=../feeds/madrid/",), "madrid", "load '../feeds/madrid/' --feed 'madrid' --city 'madrid'"),
        (("CITY=madrid",), "madrid", None),
    ],
)
def test_which_city_make_takes(given: tuple[str, ...], city: str, load: str | None) -> None:
    planned = _make("--dry-run", "run", *given).stdout
    assert f"training train --city '{city}'" in planned
    assert f"api serve --city '{city}' --port 8000 --mode demo --example" in planned
    assert (load in planned) if load else "training load" not in planned
    order = [planned.index(f"training {step}") for step in ("train ", "evaluate", "publish")]
    assert order == sorted(order)


def test_an_older_python_is_refused_in_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python-of-old"
    old.write_text("#!/bin/sh\nexit 1\n")  # as 3.10 answers to the question whether it is new enough
    old.chmod(0o755)
    done = _make("install", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stdout + done.stderr
    assert not (tmp_path / "venv").exists()


def test_the_everyday_tests_leave_out_the_proofs() -> None:
    planned = {target: _make("--dry-run", target).stdout for target in ("test", "prove")}
    assert planned["test"].rstrip().endswith("-m pytest")
    assert planned["prove"].rstrip().endswith("-m pytest -m prove")
    assert "-m 'not prove'" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


# Documents name what exists


def _documented(text: str) -> set[str]:
    """Targets that a text tells people to make, between backticks or on a line of their own."""
    commands = re.findall(r"`make ([^`]+)`|^ +(?:.*&& )?make (.+)$", text, re.MULTILINE)
    words = [word for pair in commands for word in "".join(pair).partition("#")[0].split()]
    return {word for word in words if "=" not in word}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_documented_make_target_exists(page: Path) -> None:
    assert _documented(page.read_text(encoding="utf-8")) <= set(_rules())


def test_targets_are_found_in_a_text() -> None:
    text = "Run `make a b X=1`.\n\n    git clone x && make c    # d\n    make\n"
    assert _documented(text) == {"a", "b", "c"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_says_how_to_run_and_how_to_test() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:    )?(?:git clone .* && )?make .*$", text, re.MULTILINE)
    assert any(command.strip().startswith("make run") or "&& make run" in command for command in commands)
    assert any(command.strip().startswith("make test") for command in commands)


def test_the_readme_shows_every_folder() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in (*WINGS, "tests", "docs", "benchmarks"):
        assert re.search(rf"^\s*{folder}/ ", text, re.MULTILINE), folder


def test_the_check_calls_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "set -euo pipefail" in script
    assert re.search(r"^make test\b", script, re.MULTILINE)
    assert re.search(r"^make lint\b", script, re.MULTILINE)
    for tool in ("ruff format --check", "ruff check", "mypy", "lint-imports"):
        assert tool in _make("--dry-run", "lint").stdout


# What is installed


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0].replace("_", "-").replace(".", "-").lower()


def _pins() -> list[str]:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_a_pin_is_a_name_and_a_version_and_nothing_else() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!]+", pin) for pin in _pins())


def test_every_dependency_is_pinned_and_so_is_what_it_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {_name(pin) for pin in _pins()}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    seen: set[str] = set()
    while wanted:
        name = _name(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        assert name in pinned, f"{name} is not in constraints.txt"
        needed = map(Requirement, requires(name) or ())
        wanted += [str(each.name) for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    assert len(seen) > len(project["dependencies"])
