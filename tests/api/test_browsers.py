"""Pages of other origins: those that are named may ask, all others may not; and every answer wears what keeps it safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.settings import Settings
from tests.api.conftest import ASK, Placed, Served, serve

APP = "https://app.example"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
def served(settle: Callable[..., Placed], tmp_path: Path) -> Iterator[Served]:
    with serve(Settings(home=settle(tmp_path).path, cors=f"{APP}, http://localhost:3000")) as served:
        yield served


def test_a_page_that_is_named_may_ask_and_read(served: Served) -> None:
    for origin in (APP, "http://localhost:3000"):
        allowed = served.http.options(ASK, headers={"Origin": origin, **ASKING})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in allowed.headers
        answer = served.http.post(ASK, json={}, headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        assert "RateLimit" in answer.headers["access-control-expose-headers"]
        refused = served.http.post(ASK, json={"count": 0}, headers={"Origin": origin})
        assert refused.headers["access-control-allow-origin"] == origin, "a page may read what is wrong"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://app.example.evil.example", "null", "http://app.example"]
)
def test_no_other_page_may(served: Served, origin: str) -> None:
    assert served.http.options(ASK, headers={"Origin": origin, **ASKING}).status_code == 400
    assert "access-control-allow-origin" not in served.http.post(ASK, json={}, headers={"Origin": origin}).headers


def test_nobody_may_unless_somebody_is_named(oss: Served) -> None:
    assert oss.http.options(ASK, headers={"Origin": APP, **ASKING}).status_code == 405
    assert "access-control-allow-origin" not in oss.http.post(ASK, json={}, headers={"Origin": APP}).headers


def test_every_answer_is_kept_from_being_framed_sniffed_or_embedded(served: Served) -> None:
    for path in ("/", "/health/live", "/nowhere", "/v1/lines.svg", "/metrics"):
        headers = served.http.get(path).headers
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["permissions-policy"].startswith("camera=()")
        assert headers["x-content-type-options"] == "nosniff"
