"""The long run of ``tests/api/test_anything.py``: thousands of requests an operation, and every odd body to every address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.settings import Settings
from data.tables import Tables
from recommender.release import Release
from recommender.routing.solve import warm_up
from tests.api.anything import HEADERS, MODES, NO_HTTP, addresses, corpus, explore, shown, speak, status_of, throw
from tests.api.conftest import Served, serve
from tests.prove.placed import put_city
from training.config import Config
from training.fit import fit

pytestmark = pytest.mark.prove
EXAMPLES = 200


@pytest.fixture(scope="module")
def served(tiny: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    warm_up()
    release: Release = fit(tiny, Config())
    home = put_city(tmp_path_factory.mktemp("schema"), tiny, release, ("20260302T080000Z-one",))
    with serve(Settings(home=home.path, route_seconds=0.3)) as served:
        yield served


@pytest.mark.parametrize("luck", range(1))
@pytest.mark.parametrize("mode", MODES)
def test_what_the_document_allows_and_forbids(served: Served, mode: str, luck: int) -> None:
    sent = explore(str(served.http.base_url), mode, EXAMPLES, luck)
    assert sum(sent.values()) > 1000


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: " ".join(headers)[:40])
def test_every_odd_body_to_every_address(served: Served, headers: dict[str, str]) -> None:
    document = served.http.get("/openapi.json").json()
    sent = 0
    for method, path in addresses(document):
        for content in corpus():
            assert throw(served.http, method, path, content, headers) < 500, (method, path, shown(content))
            sent += 1
    assert sent > 4000
    assert served.ask(learner="r-2")["basis"] == "stamps"


def test_what_is_hardly_http(served: Served) -> None:
    for _ in range(20):
        for said in NO_HTTP:
            assert status_of(speak(served.port, said)) < 500, said[:80]
    assert served.http.get("/health/live").status_code == 200
