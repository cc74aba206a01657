"""The guides name only commands, options, settings and exit codes that exist, and all of them."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from data.pages.report import Words
from training.__main__ import EXIT_CODES
from training.cli import EXAMPLES, build
from training.config import Evaluation, parse_config
from training.evaluation.metrics import PER_LEARNER

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("user-guide.md", "evaluation.md", "your-city.md", "travel.md", "operations.md")


def options():
    """Each command with its options."""
    commands = typer.main.get_command(build()).commands
    return {name: {flag for part in command.params for flag in part.opts} for name, command in commands.items()}


def lines(text):
    return re.findall(r"python -m training ([\w-]+)([^\n`]*)", text)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_of_a_guide_exists(page):
    known = options()
    found = lines((DOCS / page).read_text(encoding="utf-8"))
    assert found
    for command, rest in found:
        assert command in known, command
        for flag in re.findall(r"--[a-z-]+", rest):
            assert flag in known[command], f"{command} {flag}"


def test_every_example_of_the_help_works_out():
    known = options()
    for name, examples in EXAMPLES.items():
        for command, rest in lines("\n".join(examples)):
            assert command == name
            assert set(re.findall(r"--[a-z-]+", rest)) <= known[name]


def test_the_guide_names_every_command():
    text = (DOCS / "user-guide.md").read_text(encoding="utf-8")
    named = set(re.findall(r"python -m training ([\w-]+)", text)) | set(
        re.findall(r"^- \*\*(\w+)\*\*", text, re.MULTILINE)
    )
    assert named == set(options())


def test_the_settings_of_the_guide_load():
    text = (DOCS / "user-guide.md").read_text(encoding="utf-8")
    config = parse_config(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])
    assert config.seed == 7


def test_every_evaluation_setting_is_described():
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    assert all(f"`{entry.name}`" in text for entry in fields(Evaluation))


def test_every_figure_and_every_list_is_defined():
    text = (DOCS / "evaluation.md").read_text(encoding="utf-8").lower()
    words = Words("en")
    for metric in PER_LEARNER:
        assert f"{words('figures', metric).lower()}@k" in text
    assert all(f"`{name}`" in text for name in words.messages.table["models"])


def test_every_exit_code_is_explained():
    text = (DOCS / "user-guide.md").read_text(encoding="utf-8").rpartition("Exit codes:")[2]
    assert all(re.search(rf"\b{code}\b", text) for _, code in EXIT_CODES)


@pytest.mark.parametrize("page", PAGES)
def test_links_between_the_guides_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", (DOCS / page).read_text(encoding="utf-8")):
        assert (DOCS / target).is_file(), target
