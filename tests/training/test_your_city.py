"""docs/your-city.md, done as it says: write its files in an empty folder, run its commands, look at the answer."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "your-city.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(line, folder):
    command = line.replace("python ", f"{sys.executable} ", 1) if line.startswith("python ") else line
    environment = {**os.environ, "LEERLIJN_HOME": str(folder / "var"), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("LEERLIJN_DATABASE_URL", None)
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The page followed from top to bottom; gives the folder and what each command printed."""
    folder, printed, expected = tmp_path_factory.mktemp("your-city"), {}, []
    last = None
    for kind, name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "csv":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        elif kind == "sh":
            for line in text.strip().splitlines():
                printed[line] = run(line, folder)
                last = line
        else:
            expected.append((printed[last], text))
    return folder, printed, expected


def test_the_page_shows_what_the_commands_print(followed):
    _, _, expected = followed
    assert expected, "the page shows no output"
    for printed, shown in expected:
        assert printed.strip() == shown.strip()


def test_every_command_of_the_page_ran(followed):
    _, printed, _ = followed
    commands = [line.split()[3] for line in printed if line.startswith("python -m training")]
    assert commands == ["check", "train", "recommend", "load", "train", "publish"]
    assert "8" in printed["python -m training check my-city"]


def test_no_more_than_ten_lines(followed):
    _, printed, _ = followed
    assert len(printed) <= 10


def test_the_answer_is_the_obvious_one(followed):
    folder, _, _ = followed
    rows = [line.split(",") for line in (folder / "recs.csv").read_text().splitlines()[1:]]
    first = {row[0]: row[2] for row in rows if row[1] == "1"}
    assert first["p-1"] == "robot-match"
    assert first["p-4"] == "farm"
    assert "p-new" in first
    assert len(list((folder / "var" / "my-city" / "releases").glob("*/manifest.json"))) == 1
