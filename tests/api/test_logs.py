"""A log says what happened, where and how long it took; never about whom, whatever a library would like to say."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from api.logs import FIELDS, Json, Safe
from api.settings import Settings
from tests.api.conftest import ASK, Placed, serve

SECRET = "kerkstraat-12-oss"


def written(formatter: logging.Formatter, name: str, message: str, *args: object, error: str = "") -> str:
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    logger = logging.Logger(name)
    logger.addHandler(handler)
    if error:
        try:
            raise ValueError(error)
        except ValueError:
            logger.exception(message, *args)
    else:
        logger.error(message, *args)
    return out.getvalue()


@pytest.mark.parametrize("formatter", [Safe(), Json()], ids=["text", "json"])
def test_what_others_say_is_written_without_what_they_filled_in(formatter: logging.Formatter) -> None:
    for name in ("asyncio", "uvicorn.error", "sqlalchemy.pool", "py.warnings"):
        text = written(formatter, name, "could not do %s", SECRET, error=SECRET)
        assert "could not do %s" in text
        assert "ValueError" in text
        assert "test_logs.py" in text
        assert SECRET not in text
        assert SECRET not in written(
            formatter, name, f"future exploded\nfuture: <Task exception=ValueError('{SECRET}')>"
        )
    assert "3 of them" in written(formatter, "leerlijn.api", "%d of them", 3)
    assert SECRET not in written(formatter, "leerlijn.api", "it broke", error=SECRET)


def test_a_line_of_json_is_one_object_whatever_is_in_it() -> None:
    text = written(Json(), "leerlijn.api", 'a "quoted"\nline', error="x\ny")
    assert text.count("\n") == 1
    told = json.loads(text)
    assert {"time", "level", "logger", "message", "where"} == told.keys()
    assert told["message"] == 'a "quoted"\nline'
    assert told["time"].endswith("+00:00")


def test_a_request_is_told_with_its_fields(settle: Callable[..., Placed], tmp_path: Path) -> None:
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Json())
    log = logging.getLogger("leerlijn")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with serve(Settings(home=settle(tmp_path).path)) as served:
            answer = served.http.post(ASK, json={"learner": "r-1"})
            served.http.get(f"/v1/learners/{SECRET}")
            served.http.request("BREW", f"/{SECRET}?{SECRET}")
            served.http.request(SECRET.upper(), "/health/live")
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    (told,) = [line for line in lines if line.get("endpoint") == ASK]
    assert {name: told[name] for name in FIELDS if name != "ms"} == {
        "method": "POST", "endpoint": ASK, "status": 200, "request_id": answer.headers["x-request-id"], "city": "klein-oss",
    }  # fmt: skip
    assert 0 < told["ms"] < 60_000
    assert {line["method"] for line in lines if "method" in line} == {"POST", "GET", "other"}
    assert "/v1/learners/{learner}" in {line.get("endpoint") for line in lines}
    assert SECRET not in out.getvalue().lower()
    assert "r-1" not in out.getvalue()
