"""What the command line knows of private releases."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from training.config import Config

PrivacyOption = Annotated[
    float | None,
    typer.Option(
        "--privacy-epsilon",
        metavar="EPSILON",
        help="Make a release that does not tell who was in it: 4 tells a little, 1 less, 0 switches it off. Default: the settings'.",
    ),
]


def with_privacy(settings: Config, epsilon: float | None) -> Config:
    """The settings with another ε; unchanged for None. Raises ``BadConfig`` when it is out of range."""
    if epsilon is None:
        return settings
    return replace(settings, privacy=replace(settings.privacy, epsilon=float(epsilon)))
