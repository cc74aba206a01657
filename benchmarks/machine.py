"""Where a figure was taken, and where the shared public data is."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from recommender.errors import BadInput

SHARED_DATA = "LEERLIJN_SHARED_DATA"
_LIBRARIES = ("numpy", "scipy", "implicit")


def describe(threads: int) -> str:
    """The machine in one line: cores, memory, Python and the libraries that do the arithmetic."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {threads} threads used, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, {libraries}"
    )


def shared_data() -> Path:
    """The folder of public data: ``LEERLIJN_SHARED_DATA``, else ``../shared/data`` beside the project.

    Raises
    ------
    BadInput
        When it is not there; the message says how to get it.
    """
    path = Path(os.environ.get(SHARED_DATA) or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not path.is_dir():
        raise BadInput(
            f"no public data in {path}: set {SHARED_DATA} to the folder that holds ranking/, "
            f"or measure on simulated worlds alone with --world"
        )
    return path
