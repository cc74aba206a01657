"""The pages people see: one set of templates, written to files by ``training`` and served by ``api``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


@cache
def environment() -> Environment:
    """The templates of this folder; everything put into them is escaped, and a missing value is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """A template of this folder, filled.

    Raises
    ------
    jinja2.TemplateNotFound
        When there is no such file.
    """
    return environment().get_template(template).render(**values)


@cache
def asset(name: str) -> str:
    """The text of a style sheet, script or drawing of this folder, to serve or to put inside a page."""
    return (FOLDER / name).read_text(encoding="utf-8")
