"""What somebody who wants a day out does with the page, and how the metro map looks on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from data.folder import read_folder
from data.messages import load
from data.pages.metro import metro, svg
from data.translate import catalogue_from
from recommender.city import Catalogue, Ids, Lines
from tests.api.conftest import Served
from tests.browser.test_page import Visit, fits, visit

pytestmark = pytest.mark.usefixtures("ready_to_plan")
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll(".station > text, .legend text.name")].map(one => one.getBoundingClientRect());
  const touch = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => touch(a, b))).length;
}"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll("text, tspan")].map(
  one => parseFloat(getComputedStyle(one).fontSize) * one.ownerSVGElement.getScreenCTM().a))"""
OUTSIDE = """() => [...document.querySelectorAll("text")].filter(one => {
  const box = one.getBoundingClientRect(); return box.left < 0 || box.right > document.documentElement.clientWidth; }).length"""


@pytest.fixture(params=["phone", "desk"])
def at(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    yield from visit(browser, served, request.param)


@pytest.fixture
def without_script(browser: Browser, served: Served) -> Iterator[Visit]:
    yield from visit(browser, served, "phone", java_script_enabled=False)


def ask_for_saturday(page: Page) -> None:
    page.get_by_label("Hoe oud ben je?").fill("8")
    page.get_by_label("Vanaf waar ga je?").select_option(label="Centrum")
    page.get_by_text("Een dag op pad").click()
    page.get_by_label("Op welke dag?").select_option("2026-03-07")
    page.get_by_label("Hoe laat ga je weg?").select_option("9")
    page.get_by_label("Hoe laat moet je terug zijn?").select_option("18")
    with page.expect_navigation():
        page.get_by_role("button", name="Maak een route").click()


def test_a_day_out_is_a_row_of_stops_with_times_and_reasons(at: Visit) -> None:
    ask_for_saturday(at.page)
    expect(at.page.get_by_role("heading", name="Een route met 2 stops")).to_be_in_viewport()
    stops = at.page.locator(".line .station")
    expect(stops).to_have_count(2)
    expect(stops.nth(0)).to_contain_text("Waterdieren vangen")
    expect(stops.nth(1)).to_contain_text("Bouw je eerste robot")
    for stop in stops.all():
        expect(stop.locator(".slot")).to_have_text(re.compile(r"^\d+\.\d\d.–.\d+\.\d\d.uur$"))
        expect(stop.locator(".why li").first).to_be_visible()
        expect(stop.locator(".way")).to_contain_text("fietsen")
    expect(at.page.get_by_text(re.compile("Terug om"))).to_be_visible()
    assert fits(at.page)


def test_the_map_shows_numbered_stops_joined_by_a_line(at: Visit) -> None:
    ask_for_saturday(at.page)
    expect(at.page.locator("#map .pin")).to_have_count(2)
    course = at.page.locator("#map .course").get_attribute("d") or ""
    assert course.count("L") == 3  # home, two stops, home
    assert course.removeprefix("M").split("L")[0] == course.split("L")[-1]


def test_the_route_stays_when_the_language_switches_and_goes_for_ideas(at: Visit) -> None:
    ask_for_saturday(at.page)
    at.page.get_by_role("button", name="English").click()
    expect(at.page.get_by_role("heading", name="A route with 2 stops")).to_be_visible()
    expect(at.page.get_by_label("When do you leave?")).to_have_value("9")
    at.page.get_by_role("button", name="Show five ideas").click()
    expect(at.page.locator(".card")).to_have_count(5)
    expect(at.page.locator("#map .course")).to_have_count(0)


def test_a_day_that_cannot_be_says_what_would_help(at: Visit) -> None:
    ask_for_saturday(at.page)
    at.page.get_by_label("Hoe laat moet je terug zijn?").select_option("10")
    with at.page.expect_navigation():
        at.page.get_by_role("button", name="Maak een route").click()
    expect(at.page.get_by_role("heading", name="Er past geen route.")).to_be_visible()
    expect(at.page.locator(".relax")).to_contain_text("Als je om")
    at.page.get_by_label("Hoe laat ga je weg?").select_option("11")
    with at.page.expect_navigation():
        at.page.get_by_role("button", name="Maak een route").click()
    expect(at.page.get_by_role("alert")).to_have_text("Kies een latere tijd om terug te zijn.")


def test_a_route_works_without_script(without_script: Visit) -> None:
    ask_for_saturday(without_script.page)
    expect(without_script.page.locator(".line .station")).to_have_count(2)


def test_the_lines_have_a_page_with_their_map(at: Visit) -> None:
    at.page.get_by_role("link", name="Leerlijnen in Klein-Oss").click()
    expect(at.page.get_by_role("heading", level=1)).to_have_text("Leerlijnen in Klein-Oss")
    expect(at.page.get_by_role("img", name="Metrokaart van de leerlijnen in Klein-Oss")).to_be_visible()
    expect(at.page.locator(".halts li")).to_have_count(3)
    expect(at.page.locator(".halts li").first).to_contain_text("Maakplaats")
    assert fits(at.page)
    at.page.get_by_role("link", name="English").click()
    expect(at.page.get_by_role("heading", level=1)).to_have_text("Learning lines in Klein-Oss")
    at.page.get_by_role("link", name="Back to the ideas").click()
    expect(at.page.get_by_role("heading", level=1)).to_have_text("What will you discover next?")


def elzenvoort() -> Catalogue:
    return catalogue_from(read_folder(SAMPLE))


def seven_lines(catalogue: Catalogue) -> Catalogue:
    """Seven lines past thirty venues, each to somewhere near the one before, as lines in a town go."""

    draw, count = np.random.default_rng(5), 30
    lat, lon = 51.72 + draw.random(count) * 0.08, 5.48 + draw.random(count) * 0.12
    kinds = ("Bibliotheek", "Buurthuis", "Museum", "Theater", "Kinderboerderij", "Bezoekerscentrum")
    venues = replace(
        catalogue.venues,
        ids=Ids([f"v{row}" for row in range(count)], "venue"),
        name=tuple(f"{kinds[row % 6]} De {chr(65 + row % 26)}kkers" for row in range(count)),
        domain=np.zeros(count, dtype=np.int8),
        lat=lat,
        lon=lon,
        area=("",) * count,
        opening_hours=("",) * count,
        accessible=np.zeros(count, dtype=np.int8),
    )
    stations = []
    for _ in range(7):
        here, line = int(draw.integers(count)), list[int]()
        while len(line) < 6:
            line.append(here)
            far = np.hypot((lat - lat[here]) * 1.5, lon - lon[here])
            far[line] = np.inf
            here = int(draw.choice(np.argsort(far)[:4]))
        stations.append(np.array(line, dtype=np.int32))
    activities = replace(catalogue.activities, venue=(np.arange(len(catalogue.activities)) % count).astype(np.int32))
    names = tuple(f"De lange leerlijn {letter}" for letter in "ABCDEFG")
    lines = Lines(Ids(names, "line"), names, np.full(7, -1, dtype=np.int32), ("",) * 7, tuple(stations))
    return replace(catalogue, venues=venues, activities=activities, lines=lines)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("city", ["elzenvoort", "seven lines"])
def test_the_metro_map_can_be_read_on_a_phone(browser: Browser, tmp_path: Path, city: str, scheme: str) -> None:
    catalogue = elzenvoort() if city == "elzenvoort" else seven_lines(elzenvoort())
    drawn = metro(catalogue)
    assert drawn.shared == 0  # no line lies on top of another
    path = tmp_path / "lines.svg"
    path.write_text(svg(catalogue.name, drawn, load("nl")), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(path.as_uri())
    assert page.evaluate(OVERLAPS) == 0
    assert page.evaluate(OUTSIDE) == 0
    assert page.evaluate(SMALLEST) >= 9.5
    assert page.locator(".station").count() == len(drawn.stations)
    ground = page.evaluate('getComputedStyle(document.querySelector(".ground")).fill')
    assert (sum(map(int, re.findall(r"\d+", ground))) > 384) == (scheme == "light")
    page.close()
