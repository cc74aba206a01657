"""Whatever is sent to any address, the answer is one that the OpenAPI document promises, and never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from api.settings import Settings
from data.tables import Tables
from recommender.release import Release
from tests.api.anything import HEADERS, MODES, NO_HTTP, addresses, corpus, explore, shown, speak, status_of, throw
from tests.api.conftest import Served, serve
from tests.prove.placed import put_city

pytestmark = pytest.mark.usefixtures("ready_to_plan")
EXAMPLES, EVERY = 6, 11


@pytest.fixture(scope="module")
def served(tiny: Tables, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = put_city(tmp_path_factory.mktemp("anything"), tiny, release, ("20260302T080000Z-one",))
    with serve(Settings(home=home.path, route_seconds=0.3)) as served:
        yield served


@pytest.mark.parametrize("mode", MODES)
def test_what_the_document_allows_and_forbids(served: Served, mode: str) -> None:
    sent = explore(str(served.http.base_url), mode, EXAMPLES)
    assert len(sent) >= {"allowed": 14, "forbidden": 9}[mode]
    assert sum(sent.values()) >= 50


def test_bytes_that_no_document_foresees(served: Served) -> None:
    """A part of them, another one for every address; `make prove` sends them all to all."""
    document = served.http.get("/openapi.json").json()
    for place, (method, path) in enumerate(addresses(document)):
        for content in islice(corpus(), place % EVERY, None, EVERY):
            status = throw(served.http, method, path, content, HEADERS[0])
            assert status < 500, (method, path, shown(content))
        for headers in HEADERS[1:]:
            assert throw(served.http, method, path, b'{"count": 1}', headers) < 500, (method, path, headers)


def test_what_is_hardly_http(served: Served) -> None:
    for said in NO_HTTP:
        assert status_of(speak(served.port, said)) < 500, said[:80]
    assert served.http.get("/health/live").status_code == 200
