"""``python -m training``: run a command, and say what is wrong in one line instead of a traceback."""

from __future__ import annotations

import sys

from sqlalchemy.exc import DBAPIError

from recommender.errors import BadInput, BrokenRelease, LeerlijnError
from training.cli import build
from training.cli_common import aside

EXIT_CODES: tuple[tuple[type[LeerlijnError], int], ...] = ((BadInput, 2), (BrokenRelease, 3), (LeerlijnError, 1))
"""From error to exit code, the first that fits."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        found = build()(args=arguments, standalone_mode=True)
    except LeerlijnError as error:
        aside().print("[bold red]Stopped.[/]", end=" ")
        aside().print(str(error), markup=False)
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    except DBAPIError as error:
        # The first line alone: a database repeats in the others whom a row is about.
        said = (str(error.orig).splitlines() or [""])[0]
        aside().print("[bold red]Stopped.[/]", end=" ")
        aside().print(f"the database refused: {type(error.orig).__name__}: {said}", markup=False)
        return 1
    except OSError as error:
        aside().print("[bold red]Stopped.[/]", end=" ")
        aside().print(f"{error.filename or 'a file'}: {error.strerror or error}", markup=False)
        return 2
    return int(found or 0)


if __name__ == "__main__":
    sys.exit(main())
