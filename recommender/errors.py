"""The error tree of the whole project.

    LeerlijnError
    ├── BadInput          the caller's data or question is wrong; the message says what was expected
    │   ├── UnknownName   an id that the catalogue does not hold
    │   └── BadConfig     a setting outside its range
    └── BrokenRelease     a release on disk that cannot be trusted

Every wing raises from this tree; ``api`` maps it to HTTP once, ``training`` to exit codes once.
"""

from __future__ import annotations


class LeerlijnError(Exception):
    """Root of every error that Leerlijn raises on purpose."""


class BadInput(LeerlijnError):
    """The caller's data or question is wrong."""


class UnknownName(BadInput):
    """An id that the catalogue does not hold.

    Parameters
    ----------
    kind : str
        What was looked for: ``"theme"``, ``"activity"``, ``"line"`` …
    name : str
        The id that is not there.
    """

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r} in this city")
        self.kind = kind
        self.name = name


class BadConfig(BadInput):
    """A setting outside its range."""


class BrokenRelease(LeerlijnError):
    """A release on disk that cannot be trusted: a file is missing, changed or of another version."""
