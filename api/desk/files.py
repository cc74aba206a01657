"""The figures of the last evaluation, as ``training`` left them in the folder of reports."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Part = Mapping[str, Any]
NAMES = {
    "results": "evaluation.json",
    "opportunity": "opportunity.json",
    "facts": "facts.json",
    "repair": "repair.json",
}
MOST_CITIES = 16


@dataclass(frozen=True)
class Figures:
    """What was measured of a city; None where there is no such file.

    Attributes
    ----------
    results, opportunity, facts, repair : mapping or None
        ``evaluation.json``, ``opportunity.json``, ``facts.json`` and ``repair.json``.
    signs : tuple
        Changes when a file does.
    """

    results: Part | None = None
    opportunity: Part | None = None
    facts: Part | None = None
    repair: Part | None = None
    signs: tuple[Any, ...] = field(default=())


class Reports:
    """Reads the files again when they have changed; keeps the last few cities."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, Figures] = OrderedDict()

    def of(self, folder: Path) -> Figures:
        """The figures in a folder. Reading may take a moment: call it beside the event loop.

        A file that cannot be read counts as not there; the next evaluation writes a new one.
        """
        signs = tuple(_sign(folder / name) for name in NAMES.values())
        kept = self._kept.get(folder)
        if kept is None or kept.signs != signs:
            kept = Figures(**{part: _read(folder / name) for part, name in NAMES.items()}, signs=signs)
            self._kept[folder] = kept
        while len(self._kept) > MOST_CITIES:
            self._kept.popitem(last=False)
        return kept


def _sign(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _read(path: Path) -> Part | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
