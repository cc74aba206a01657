"""Coefficients and priors as files that a person can read before they leave the building."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.errors import BadInput
from training.borrowing.coefficients import KIND, Coefficients, coefficients_from


def read_json(path: Path) -> Any:
    """What a JSON file holds; raises ``BadInput`` naming the file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise BadInput(f"{path}: not JSON; make it again with: python -m training share") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file whose bytes depend on the content alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_coefficients(paths: list[Path]) -> Iterator[Coefficients]:
    """Cities' coefficients from files, and from every such file in folders; other JSON files in a folder are passed over.

    Raises
    ------
    BadInput
        When a file is not what it should be, or a folder holds none.
    """
    for path in paths:
        if not path.is_dir():
            yield coefficients_from(read_json(path), str(path))
            continue
        found = [(one, read_json(one)) for one in sorted(path.glob("*.json"))]
        own = [(one, given) for one, given in found if isinstance(given, Mapping) and given.get("kind") == KIND]
        if not own:
            raise BadInput(f"{path}: no city's coefficients here; make them with: python -m training share")
        for one, given in own:
            yield coefficients_from(given, str(one))
