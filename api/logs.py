"""What the service writes about itself: a line for each request and for whatever goes wrong, never about a person.

A log is read by more people than a store is, and kept longer. So no address as it was typed is in it, no body, and no
message of an exception or of another library: any of them may quote what somebody sent.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

OURS = ("leerlijn", "gunicorn")
"""Loggers whose messages are written as they are: our own, and the supervisor's, which never sees a request."""
FIELDS = ("method", "endpoint", "status", "ms", "request_id", "city")
"""What a request's line tells besides its message."""


class Safe(logging.Formatter):
    """A line of text, from which everything is left out that this project did not write itself."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return f"{moment} {record.levelname} {said(record)}{_where(record)}"


class Json(Safe):
    """The same as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": said(record),
        }
        told |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if where := _where(record):
            told["where"] = where.strip()
        return json.dumps(told, ensure_ascii=False)


def said(record: logging.LogRecord) -> str:
    """The message of a record: ours as it is, another library's without what was filled into it."""
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    return str(record.msg).partition("\n")[0][:200]


def _where(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    return f"\n{record.exc_info[0].__name__}\n{''.join(traceback.format_tb(record.exc_info[2]))}".rstrip()


def set_up(kind: str, quiet: Mapping[str, int]) -> None:
    """Write the log to standard error, as ``text`` or ``json``.

    Parameters
    ----------
    quiet : mapping of logger name to level
        Libraries that say more than anybody needs.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if kind == "json" else Safe())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.captureWarnings(True)
    threading.excepthook = lambda args: _unseen(args.exc_type)
    sys.unraisablehook = lambda args: _unseen(args.exc_type)
    for name, level in quiet.items():
        logging.getLogger(name).setLevel(level)


def _unseen(kind: type[BaseException] | None) -> None:
    """What Python would print with its message."""
    logging.getLogger("leerlijn.api").error("%s that nobody handled", kind.__name__ if kind else "an error")
