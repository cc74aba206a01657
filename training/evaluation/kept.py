"""What was measured is kept, so that nothing is fitted twice: by data, cut, settings and the code itself.

Files hold figures of nameless learners in the order of the test. Those of other data than today's are removed, so what
is known of somebody who was erased goes with the next evaluation at the latest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

import recommender
import training
from training.evaluation.measured import Measured, Venues

NOT_THE_MODEL = ("evaluation", "share", "threads")
"""Sections of the settings that change no list."""


def model_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of the settings changes the model."""
    return {key: value for key, value in config.items() if key not in NOT_THE_MODEL}


def config_digest(config: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits of what of the settings changes the model."""
    text = json.dumps(model_settings(config), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def code_digest() -> str:
    """Of the code that fits, ranks and measures: figures of other code are no longer those of this one."""
    total = hashlib.sha256()
    for wing in (recommender, training):
        folder = Path(str(wing.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            if "report" not in path.parts and "routing" not in path.parts:
                total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


@dataclass(frozen=True)
class Kept:
    """A folder of what was measured on one state of the data.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.
    data, code : str
        Digests.
    """

    folder: Path | None
    data: str
    code: str

    def load(self, **about: Any) -> Measured | None:
        """What was measured about this, or None."""
        path = self._path(about)
        if path is None or not path.is_file():
            return None
        try:
            # The file is opened here, because numpy leaves one that it cannot read open.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return _measured({name: arrays[name] for name in arrays.files})
        except (OSError, ValueError, KeyError, BadZipFile):  # cut short by a power failure: measured anew
            return None

    def save(self, measured: Measured, **about: Any) -> None:
        """Keep it."""
        path = self._path(about)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".writing")
        with aside.open("wb") as file:
            np.savez(file, allow_pickle=False, **_arrays(measured))
        aside.replace(path)

    def prune(self) -> None:
        """Remove what was measured on other data."""
        if self.folder is None or not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            if not path.name.startswith(self.data[:8]):
                path.unlink(missing_ok=True)

    def _path(self, about: Mapping[str, Any]) -> Path | None:
        if self.folder is None:
            return None
        key = hashlib.sha256(json.dumps([self.code, self.data, about], sort_keys=True).encode()).hexdigest()
        return self.folder / f"{self.data[:8]}-{key[:16]}.npz"


def _arrays(measured: Measured) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for kind, tables in (("figures", measured.figures), ("together", measured.together)):
        for name, figures in tables.items():
            arrays[f"{kind}/{name}/labels"] = np.array(list(figures), dtype=np.str_)
            arrays[f"{kind}/{name}"] = np.array(list(figures.values()))
    if measured.venues is not None:
        arrays |= {f"venues/{key}": value for key, value in vars(measured.venues).items()}
    return arrays


def _measured(arrays: Mapping[str, Any]) -> Measured:
    tables: dict[str, dict[str, dict[str, Any]]] = {"figures": {}, "together": {}}
    for key, values in arrays.items():
        kind, _, rest = key.partition("/")
        if kind in tables and "/" not in rest:
            labels = arrays[f"{key}/labels"].tolist()
            tables[kind][rest] = dict(zip(labels, values, strict=True))
    venues = {key.removeprefix("venues/"): value for key, value in arrays.items() if key.startswith("venues/")}
    return Measured(tables["figures"], tables["together"], Venues(**venues) if venues else None)
