"""The report in a real browser: nothing cut off, nothing fetched, nothing a screen reader or a keyboard cannot reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from data.pages.report import PAGES
from tests.training.conftest import two_tastes_town
from tests.training.report_town import facts_of_a_town, reach_of_a_town
from training.config import config_from
from training.evaluation.run import evaluate
from training.report.page import write_folder

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
QUICK = {"als": {"iterations": 3}, "encoder": {"characters": False}, "threads": 1, "evaluation": {"bootstrap": 200}}
LANGUAGES = ("nl", "en")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a town with every part in it."""
    results = evaluate(two_tastes_town(), config_from(QUICK, "quick"))
    target = tmp_path_factory.mktemp("report")
    write_folder(target, results, reach_of_a_town(), facts_of_a_town())
    return target


@pytest.fixture(params=SIZES)
def at(browser: Browser, folder: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails its test when it asks for anything but files of the folder."""
    yield from opened(browser, folder, request.param)


def opened(browser: Browser, folder: Path, size: str, **more: object) -> Iterator[Page]:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
    page, asked, trouble = context.new_page(), [], []
    page.set_default_timeout(10_000)
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda message: trouble.append(message.text))
    yield page
    assert [url for url in asked if not url.startswith(folder.as_uri())] == []
    assert trouble == []
    context.close()


def show(page: Page, folder: Path, name: str, lang: str = "nl") -> None:
    page.goto((folder / f"{name}.{lang}.html").as_uri())


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']} {node['html'][:160]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_a_rule_of_accessibility_or_scrolls_sideways(at: Page, folder: Path, name: str) -> None:
    show(at, folder, name)
    at.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(at) == []
    assert at.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("name", ["index", "reach", "groups"])
def test_in_the_dark_everything_can_still_be_read(browser: Browser, folder: Path, name: str) -> None:
    for page in opened(browser, folder, "desk", color_scheme="dark"):
        show(page, folder, name)
        assert violations(page) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_letter_of_a_chart_is_cut_off_and_one_width_is_shown(at: Page, folder: Path, lang: str) -> None:
    show(at, folder, "all", lang)
    drawings, cut = at.evaluate(
        """() => {
            const shown = [...document.querySelectorAll('.chart svg')].filter(one => one.getBoundingClientRect().width)
            const cut = shown.flatMap(svg => {
                const frame = svg.getBoundingClientRect()
                return [...svg.querySelectorAll('text')].filter(text => {
                    const box = text.getBoundingClientRect()
                    return box.left < frame.left - 1 || box.right > frame.right + 1
                        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1
                }).map(text => text.textContent)
            })
            return [shown.length, cut]
        }"""
    )
    assert drawings == at.locator(".chart").count() > 10
    assert cut == []


def test_labels_beside_the_bars_do_not_touch(at: Page, folder: Path) -> None:
    show(at, folder, "all")
    touching = at.evaluate(
        """() => [...document.querySelectorAll('.chart svg .role-axis-label')].flatMap(axis => {
            const boxes = [...axis.querySelectorAll('text')].filter(text => text.textContent && text.getBoundingClientRect().width)
                .map(text => [text.getBoundingClientRect(), text.textContent])
            return boxes.flatMap(([one, name], i) => boxes.slice(i + 1).filter(([other]) =>
                one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1
            ).map(([, other]) => name + ' / ' + other))
        })"""
    )
    assert touching == []


def test_a_drawing_on_a_phone_is_not_shrunk(browser: Browser, folder: Path) -> None:
    for page in opened(browser, folder, "phone"):
        show(page, folder, "all")
        small = page.evaluate(
            """() => [...document.querySelectorAll('.narrow svg')]
                .map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width).filter(scale => scale < 0.85)"""
        )
        assert small == []


def test_the_three_answers_lead_to_their_pages(at: Page, folder: Path) -> None:
    show(at, folder, "index")
    expect(at.locator(".answer")).to_have_count(3)
    at.get_by_role("link", name=re.compile(r"Bekijk waarom.*Bereik")).click()
    expect(at.get_by_role("heading", level=1)).to_have_text("Bereik")
    at.get_by_role("link", name="Read this page in English").click()
    expect(at.get_by_role("heading", level=1)).to_have_text("Reach")
    at.get_by_role("link", name="To the first page").click()
    expect(at.locator(".lead").first).to_be_visible()


def test_a_table_opens_with_the_keyboard_alone(at: Page, folder: Path) -> None:
    show(at, folder, "quality")
    at.keyboard.press("Tab")
    expect(at.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    table = at.get_by_role("region", name="De cijfers in een tabel: Beter dan een simpele lijst?")
    expect(table).to_be_hidden()
    for _ in range(20):
        at.keyboard.press("Tab")
        if at.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    at.keyboard.press("Enter")
    expect(table).to_be_visible()
    at.keyboard.press("Tab")
    expect(table).to_be_focused()


def test_a_screen_reader_hears_what_each_chart_means(at: Page, folder: Path) -> None:
    show(at, folder, "quality")
    chart = at.get_by_role("img").first
    name = chart.get_attribute("aria-label") or ""
    assert name.startswith("Grafiek. Bij Leerlijn stond")
    assert name.endswith("Alle cijfers staan in de tabel eronder.")


def test_links_and_summaries_are_large_enough_for_a_finger(browser: Browser, folder: Path) -> None:
    for page in opened(browser, folder, "phone"):
        show(page, folder, "quality")
        small = page.evaluate(
            """() => [...document.querySelectorAll('nav a, summary, .why')]
               .filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).map(one => one.textContent)"""
        )
        assert small == []


def test_print_shows_the_tables_and_leaves_out_what_cannot_be_pressed(at: Page, folder: Path) -> None:
    show(at, folder, "quality")
    at.emulate_media(media="print")
    expect(at.locator("table").first).to_be_visible()
    expect(at.locator("nav")).to_be_hidden()
    expect(at.locator(".wide").first).to_be_visible()
    expect(at.locator(".narrow").first).to_be_hidden()
