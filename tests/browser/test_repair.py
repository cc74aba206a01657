"""The repair list in a real browser: whole on a phone and on a desk, alone, and in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from data.tables import CitySettings
from training.repair import Fix, Repairs
from training.repair_files import write

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list with everything in it that a list can have."""
    fixes = tuple(
        Fix(rank, 1 + (rank > 3), table, f"{table}-{rank}", title, "activities.csv, 12", "age_min: zes", fill_in, 2, gain, 5, 90)
        for rank, table, title, fill_in, gain in (
            (1, "venues", "Bibliotheek", ("place", "access"), 60),
            (2, "activities", LONG, ("price", "age", "theme"), 40),
            (2, "sessions", "Verven", ("time",), 40),
            (3, "venues", "schuur", ("venue", "capacity_left"), 3),
            (4, "activities", "<b>Vet</b>", ("age",), 25),
        )
    )  # fmt: skip
    path = tmp_path_factory.mktemp("repair")
    write(Repairs(fixes, 1200, 12, 30, 40, 3, 1_772_438_400), CitySettings(id="x", name="Elzenvoort"), path)
    return path


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_it_fits_asks_for_nothing_and_leads_to_the_other_language(
    browser: Browser, folder: Path, width: int, lang: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto((folder / f"repair.{lang}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len([url for url in asked if not url.startswith("data:")]) == 1
    assert wrong == []
    assert page.locator("tbody tr").count() == 5
    few = {"nl": "minder dan 10", "en": "fewer than 10"}[lang]
    assert few in page.locator("tbody tr").nth(3).inner_text()
    assert "<b>Vet</b>" in page.locator("main").inner_text()
    page.locator("header a").first.click()
    assert page.url.endswith({"nl": "repair.en.html", "en": "repair.nl.html"}[lang])
    page.close()
