"""What a parent or child does with the page, at the width of a phone and of a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.conftest import Served

SIZES = {"phone": (390, 844), "desk": (1280, 900)}


@dataclass
class Visit:
    """An open page, and everything that went wrong or out while it was open."""

    page: Page
    address: str
    trouble: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def visit(browser: Browser, served: Served, size: str, **more: object) -> Iterator[Visit]:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="nl-NL", **more)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    visited = Visit(page, f"http://127.0.0.1:{served.port}/")
    page.on("console", lambda message: visited.trouble.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: visited.trouble.append(str(error)))
    page.on("requestfailed", lambda request: visited.trouble.append(f"failed: {request.url}"))
    page.on("request", lambda request: visited.asked.append(request.url))
    page.goto(visited.address)
    yield visited
    assert visited.trouble == []
    assert [url for url in visited.asked if not url.startswith((visited.address, "data:"))] == []
    assert [url for url in visited.asked if "age=" in url or "theme=" in url] == []
    context.close()


@pytest.fixture(params=SIZES)
def at(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    yield from visit(browser, served, request.param)


@pytest.fixture
def without_script(browser: Browser, served: Served) -> Iterator[Visit]:
    yield from visit(browser, served, "phone", java_script_enabled=False)


def fill_in(page: Page) -> None:
    page.get_by_label("Hoe oud ben je?").fill("8")
    page.get_by_role("checkbox", name="Robots", exact=True).check()
    page.get_by_role("checkbox", name="Ruimte", exact=True).check()
    page.get_by_label("Vanaf waar ga je?").select_option(label="Centrum")
    with page.expect_navigation():
        page.get_by_role("button", name="Laat vijf ideeën zien").click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_filled_in_form_gets_five_ideas_with_a_reason_each(at: Visit) -> None:
    fill_in(at.page)
    cards = at.page.locator(".card")
    expect(cards).to_have_count(5)
    for card in cards.all():
        expect(card.locator(".why li").first).to_be_visible()
        expect(card.locator("dd").first).to_contain_text(re.compile(r"maart|april"))
    expect(at.page.locator(".pin")).to_have_count(5)
    expect(at.page.locator("#home")).to_be_visible()
    expect(at.page.get_by_text("Leeftijd niet bekend: vraag het even na.")).to_have_count(
        at.page.get_by_role("heading", name="Schilderen als een meester").count()
    )
    assert fits(at.page)


def test_the_choices_stay_and_the_ideas_come_into_view(at: Visit) -> None:
    fill_in(at.page)
    expect(at.page.get_by_label("Hoe oud ben je?")).to_have_value("8")
    expect(at.page.get_by_role("checkbox", name="Robots", exact=True)).to_be_checked()
    expect(at.page.get_by_role("heading", name="5 ideeën")).to_be_in_viewport()
    assert at.page.url == f"{at.address}#ideas"


def test_the_language_switches_with_everything_kept(at: Visit) -> None:
    fill_in(at.page)
    at.page.get_by_label("Hoe oud ben je?").fill("9")
    at.page.get_by_role("button", name="English").click()
    expect(at.page.get_by_role("heading", level=1)).to_have_text("What will you discover next?")
    expect(at.page.get_by_label("How old are you?")).to_have_value("9")
    expect(at.page.locator(".card")).to_have_count(5)
    expect(at.page.get_by_text("Because you chose ‘Robots’").first).to_be_visible()
    assert fits(at.page)


def test_enter_sends_the_form_and_not_the_language(at: Visit) -> None:
    age = at.page.get_by_label("Hoe oud ben je?")
    age.fill("8")
    age.press("Enter")
    expect(at.page.get_by_role("heading", name="5 ideeën")).to_be_visible()
    expect(at.page.get_by_role("heading", level=1)).to_have_text("Wat ga je nu ontdekken?")


def test_a_stamp_leads_to_new_ideas(at: Visit) -> None:
    stamp = at.page.get_by_role("checkbox", name="Vogels spotten")
    at.page.get_by_role("button", name=re.compile("Hier was ik al.*Vogels spotten")).click()
    expect(stamp).to_be_checked()
    expect(at.page.get_by_text("Omdat je bij ‘Vogels spotten’ was").first).to_be_visible()
    stamp.uncheck()
    at.page.get_by_role("button", name="Nieuwe ideeën").click()
    expect(at.page.get_by_role("heading", name="Ideeën voor iedereen")).to_be_visible()


def test_a_click_on_the_map_chooses_where_to_start(at: Visit) -> None:
    forest = at.page.locator('#map [data-place="venue:forest"]')
    at.page.locator("#map").scroll_into_view_if_needed()
    box = forest.bounding_box()
    assert box
    at.page.mouse.click(box["x"] + box["width"] + 12, box["y"] + box["height"] + 4)  # not on a pin
    expect(at.page.get_by_label("Vanaf waar ga je?")).to_have_value("venue:forest")
    expect(at.page.locator("#home")).to_be_visible()
    expect(at.page.locator("#map-said")).to_have_text("Jij start hier: Boswachterij")


def test_a_pin_leads_to_its_idea(at: Visit) -> None:
    at.page.get_by_role("link", name=re.compile("^4: ")).click()
    expect(at.page.locator("#idea-4 h3")).to_be_in_viewport()


def test_the_tip_helps_when_nothing_fits(at: Visit) -> None:
    at.page.get_by_label("Hoe oud ben je?").fill("13")
    at.page.get_by_label("Vanaf waar ga je?").select_option(label="Centrum")
    at.page.get_by_text("Meer wensen").click()
    at.page.get_by_label("Hoe ver mag het zijn?").select_option("10")
    at.page.get_by_label("Alleen wat gratis is").check()
    at.page.get_by_role("button", name="Laat vijf ideeën zien").click()
    before = at.page.locator(".card").count()
    assert before < 5
    at.page.locator(".relax button").click()
    expect(at.page.locator(".card")).not_to_have_count(before)


def test_everything_works_with_the_keyboard_alone(at: Visit) -> None:
    page = at.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ga naar de ideeën")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "space":
            break
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Ruimte", exact=True)).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Omdat je ‘Ruimte’ koos").first).to_be_visible()


def test_what_is_pressed_is_large_enough_for_a_finger(at: Visit) -> None:
    fill_in(at.page)
    small = at.page.evaluate(
        """[...document.querySelectorAll("button:not(.unseen), select, summary, .chip, .stamp, #age, .foot a")]
           .filter(one => one.offsetParent && one.getBoundingClientRect().height < 44)
           .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_every_field_and_button_has_a_name(at: Visit) -> None:
    nameless = at.page.evaluate(
        """[...document.querySelectorAll("input:not([type=hidden]), select")]
           .filter(one => !one.labels.length).map(one => one.name)"""
    )
    assert nameless == []
    assert at.page.locator("button", has_not_text=re.compile(r"\w")).count() == 0


@pytest.mark.parametrize("width", [320, 600, 800, 1000, 1160, 1920])
def test_no_width_scrolls_sideways(browser: Browser, served: Served, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, locale="nl-NL")
    page.goto(f"http://127.0.0.1:{served.port}/")
    fill_in(page)
    assert fits(page)
    page.close()


def test_it_works_without_script(without_script: Visit) -> None:
    fill_in(without_script.page)
    expect(without_script.page.locator(".card")).to_have_count(5)
    expect(without_script.page.locator("#home")).to_be_visible()
    expect(without_script.page.locator("#map-hint")).to_be_hidden()
