"""A real browser on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.settings import Settings
from data.home import Home
from data.store import Store
from data.tables import Tables
from recommender.release import save_release
from tests.api.conftest import Served, ready_to_plan, serve
from training.config import Config
from training.fit import fit

__all__ = ["browser", "ready_to_plan", "served"]
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def served(tiny: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Klein-Oss, trained and served in demo mode."""
    home = Home(tmp_path_factory.mktemp("browser"))
    with Store(home.store_url) as store:
        store.create()
        store.save(tiny)
    saved = save_release(fit(tiny, Config()), home.releases(tiny.city.id))
    home.point(tiny.city.id, saved.name)
    with serve(Settings(home=home.path)) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says how to get it. Its event loop lives in the test's own thread, so it goes when the
    package is done: other tests start a loop of their own there.
    """
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: install the Debian package chromium")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()
