"""What a city has spent of its learners' privacy: one line per release, written before its noise is drawn.

What was spent adds up: releases with (ε₁, δ₁) and (ε₂, δ₂) together are (ε₁ + ε₂, δ₁ + δ₂)-differentially private, whatever each of them was
made of (basic composition: Dwork & Roth 2014, theorem 3.16, doi:10.1561/0400000042). Nothing takes a line away: a run that was killed
after its line was written has spent it.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from recommender.errors import BadInput, LeerlijnError

FILE = "privacy.jsonl"
YEAR = 365 * 86_400
_ROUNDING = 1e-9


class OverspentError(LeerlijnError):
    """A release would spend more than the year allows; the message says how much is left and until when."""


@dataclass(frozen=True)
class Spent:
    """One line.

    Attributes
    ----------
    at : int
        Seconds since 1970 UTC.
    epsilon, delta : float
    """

    at: int
    epsilon: float
    delta: float


def read(path: Path) -> list[Spent]:
    """Every line, oldest first; none where there is no file.

    Raises
    ------
    BadInput
        When a line cannot be read: what it spent is not known, so nothing may be spent.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [_line(line, number, path) for number, line in enumerate(text.splitlines(), start=1)]


def _line(text: str, number: int, path: Path) -> Spent:
    try:
        told = json.loads(text)
        found = Spent(int(told["at"]), float(told["epsilon"]), float(told["delta"]))
    except (ValueError, TypeError, KeyError):
        found = Spent(0, math.nan, math.nan)
    if not (found.epsilon > 0 and 0 < found.delta < 1):
        raise BadInput(
            f"{path}, line {number}: {text[:80]!r} does not say what was spent, so nothing more may be. Write the line again as "
            f'{{"at": seconds since 1970, "epsilon": 4.0, "delta": 1e-05}}, with what that release was asked for'
        )
    return found


def of_the_year(spent: Sequence[Spent], now: int) -> tuple[float, float]:
    """ε and δ of the last 365 days added up; what is dated in the future counts too."""
    recent = [one for one in spent if one.at > now - YEAR]
    return math.fsum(one.epsilon for one in recent), math.fsum(one.delta for one in recent)


def spend(path: Path, epsilon: float, delta: float, budget: float, now: int) -> Spent:
    """Write down what a release is about to spend, and have it on the disk before coming back.

    Call it before any noise is drawn. Of several that spend at once each sees what the others wrote.

    Parameters
    ----------
    path : Path
        The city's ledger; made when it is not there.
    budget : float
        How much ε may be spent within 365 days.
    now : int
        Seconds since 1970 UTC.

    Raises
    ------
    OverspentError
        When the budget does not allow it; nothing is written.
    BadInput
        When the ledger is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # goes with the process, however it ends
        before = read(path)
        gone, _ = of_the_year(before, now)
        if gone + epsilon > budget + _ROUNDING:
            raise OverspentError(_refusal(path, before, epsilon, budget, gone, now))
        line = Spent(now, epsilon, delta)
        os.write(handle, (json.dumps(asdict(line)) + "\n").encode())
        os.fsync(handle)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return line
    finally:
        os.close(handle)


def _refusal(path: Path, before: Sequence[Spent], epsilon: float, budget: float, gone: float, now: int) -> str:
    said = (
        f"this release asks for an epsilon of {epsilon:g}, and of the {budget:g} that a year allows {gone:g} "
        f"{'is' if gone == 1 else 'are'} spent ({path}). "
    )
    if epsilon > budget:
        return said + "Ask for less, or allow more: budget under [privacy] in the settings"
    left, days = gone, 0
    for one in sorted((one for one in before if one.at > now - YEAR), key=lambda one: one.at):
        left, days = left - one.epsilon, math.ceil((one.at + YEAR - now) / 86_400)
        if left + epsilon <= budget + _ROUNDING:
            break
    less = f", or with an epsilon of at most {budget - gone:g} today" if budget > gone else ""
    return said + f"It can be made in {days} days{less}"
