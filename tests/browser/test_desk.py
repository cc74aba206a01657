"""What a coordinator does at the desk, with no manual, at the width of a phone and of a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.desk.tries import Tries
from api.settings import Settings
from data.home import Home
from data.store import keys
from tests.api.conftest import Served, serve
from tests.api.desk_town import Town, settle_town

SIZES = {"phone": (390, 844), "desk": (1280, 900)}
COUNT = """addEventListener("click", () => sessionStorage.setItem("clicks", +(sessionStorage.getItem("clicks") ?? 0) + 1), true)"""
REFUSED = "Failed to load resource: the server responded with a status of 4"
ADDITION = "theme=space&venue=v-12&weekday=2&hour=14:00&price=0&from=6&to=8"


@dataclass(frozen=True)
class Office:
    """A served town that asks for keys, and a good one."""

    served: Served
    town: Town
    key: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.served.port}"


@dataclass
class Visit:
    """An open page, and everything that went wrong or out while it was open."""

    page: Page
    context: BrowserContext
    office: Office
    trouble: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def enter(self) -> Page:
        """Give the key, and come to the first page of the desk."""
        self.page.goto(f"{self.office.address}/desk")
        self.page.get_by_label("Sleutel").fill(self.office.key)
        self.page.get_by_role("button", name="Naar binnen").click()
        expect(self.page).to_have_url(f"{self.office.address}/desk")
        return self.page

    def clicks(self) -> int:
        return int(self.page.evaluate("+(sessionStorage.getItem('clicks') ?? 0)"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    town = settle_town(Home(tmp_path_factory.mktemp("town")), expected=True)
    with serve(Settings(home=town.home.path, mode="keys")) as served:
        with served.service.store.transaction() as connection:
            key = keys.create(connection, town.city, ["coordinate"], "coordinator", 0, None)
        desk = served.app.state.desk
        for kept in (desk.answers, desk.drawings, desk._insights):
            kept._patience = 120.0  # a busy machine is slow, not wrong
        yield Office(served, town, key)


def visit(browser: Browser, office: Office, size: str, **more: object) -> Iterator[Visit]:
    office.served.app.state.desk.tries = Tries()
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="nl-NL",
        reduced_motion="reduce",  # colours that change slowly would be judged half-way
        **more,  # type: ignore[arg-type]
    )
    context.add_init_script(COUNT)
    page = context.new_page()
    page.set_default_timeout(60_000)
    visited = Visit(page, context, office)
    page.on("console", lambda message: visited.trouble.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: visited.trouble.append(str(error)))
    page.on("request", lambda request: visited.asked.append(request.url))
    yield visited
    assert [text for text in visited.trouble if REFUSED not in text] == []
    elsewhere = [url for url in visited.asked if not url.startswith((office.address, "data:", "http://mail.example"))]
    assert elsewhere == []
    assert office.key not in " ".join(visited.asked)
    context.close()


@pytest.fixture(params=SIZES)
def at(browser: Browser, office: Office, request: pytest.FixtureRequest) -> Iterator[Visit]:
    yield from visit(browser, office, request.param)


@pytest.fixture
def on_phone(browser: Browser, office: Office) -> Iterator[Visit]:
    yield from visit(browser, office, "phone")


@pytest.fixture
def without_script(browser: Browser, office: Office) -> Iterator[Visit]:
    yield from visit(browser, office, "phone", java_script_enabled=False)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_three_clicks_to_who_has_least_and_what_would_help_most(at: Visit) -> None:
    page, town = at.enter(), at.office.town
    page.evaluate("sessionStorage.clear()")
    page.get_by_role("link", name="6 tot en met 8 jaar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Waar is het minst te kiezen voor kinderen van 6 tot en met 8 jaar?"
    )
    expect(page.get_by_role("heading", level=2).first).to_have_text(town.desert)
    expect(page.get_by_role("heading", name="Wat zou het meest helpen?")).to_be_visible()
    proposed = page.locator("h3 + .sentence").inner_text()
    assert re.search(r"voor kinderen van 6 tot en met 8 jaar, gratis, op \w+dag om \d+\.\d\d uur", proposed)
    brings = page.locator(".finding .figures").inner_text()
    assert at.clicks() == 1
    page.get_by_role("link", name="Reken dit na, of verander het").click()
    expect(page.locator("#result .sentence")).to_have_text(proposed)
    assert page.locator("#result .figures").inner_text().split("\n")[:2] == brings.split("\n")[:2]
    expect(page.get_by_label("Thema")).not_to_have_value("")
    assert at.clicks() == 2 <= 3
    assert fits(page)


def test_the_first_page_leads_to_the_same_answer(at: Visit) -> None:
    page = at.enter()
    expect(page.locator("#lead")).to_contain_text(at.office.town.desert)
    page.get_by_role("link", name="Lees waarom, en wat het meest zou helpen").click()
    expect(page.locator("#answer")).to_have_text(at.office.town.desert)


def test_a_wrong_key_is_told_beside_the_field_and_a_right_one_opens_the_page_that_was_asked_for(at: Visit) -> None:
    page = at.page
    page.goto(f"{at.office.address}/desk/least?age=9-11")
    key = page.get_by_label("Sleutel")
    key.fill("leerlijn_fout_fout")
    key.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Deze sleutel past niet.")
    expect(key).to_have_attribute("aria-invalid", "true")
    expect(key).to_have_value("")
    key.fill(at.office.key)
    key.press("Enter")
    expect(page).to_have_url(f"{at.office.address}/desk/least?age=9-11")
    expect(page.get_by_label("Leeftijd", exact=True)).to_have_value("9-11")
    (cookie,) = at.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert at.office.key not in cookie["value"]
    assert page.evaluate("document.cookie") == ""


def test_who_logs_out_is_out_also_with_the_back_button(at: Visit) -> None:
    page = at.enter()
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_label("Sleutel")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Sleutel")).to_be_visible()
    page.goto(f"{at.office.address}/desk/what-if")
    expect(page.get_by_label("Sleutel")).to_be_visible()


def test_a_form_that_is_not_ours_is_refused(on_phone: Visit) -> None:
    page = on_phone.enter()
    page.goto(f"{on_phone.office.address}/desk/least")
    page.evaluate("document.querySelector('.choose [name=token]').value = 'x'")
    page.get_by_role("button", name="Toon").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dit formulier is te oud")
    page.get_by_role("link", name="Naar het begin van het loket").click()
    expect(page.locator("#lead")).to_be_visible()


def test_a_link_in_a_mail_opens_the_page_although_the_cookie_is_strict(on_phone: Visit) -> None:
    page, address = on_phone.enter(), f"{on_phone.office.address}/desk/least?age=6-8"
    mail = f'<!doctype html><title>Mail</title><link rel="icon" href="data:,"><a href="{address}">Kijk hier eens</a>'
    page.route("http://mail.example/**", lambda route: route.fulfill(body=mail, content_type="text/html"))
    page.goto("http://mail.example/")
    page.get_by_role("link").click()
    expect(page.locator("#answer")).to_have_text(on_phone.office.town.desert)
    expect(page).to_have_url(address)


def test_bad_values_are_told_beside_the_field_and_what_was_typed_stays(at: Visit) -> None:
    page = at.enter()
    page.get_by_role("link", name="Wat als?").click()
    page.get_by_label("Thema").select_option("space")
    page.get_by_label("Tijd").fill("vroeg")
    page.get_by_label("Prijs in euro’s").fill("duur")
    page.get_by_label("Vanaf").fill("9")
    page.get_by_label("Tot en met").fill("8")
    page.get_by_role("button", name="Reken uit").click()
    expect(page.get_by_role("alert")).to_have_text("4 velden kloppen nog niet. Hieronder staat wat je kunt doen.")
    for label, typed, told in (
        ("Plek", "", "Kies een plek."),
        ("Tijd", "vroeg", "Vul een tijd in, zoals 14.00."),
        ("Prijs in euro’s", "duur", "Vul een bedrag in van 0 tot 1000, zoals 2,50."),
        ("Tot en met", "8", "Dit moet minstens zo hoog zijn als ‘vanaf’."),
    ):
        one = page.get_by_label(label)
        expect(one).to_have_value(typed)
        expect(one).to_have_attribute("aria-invalid", "true")
        expect(one).to_have_accessible_description(re.compile(re.escape(told)))
    expect(page.get_by_label("Thema")).to_have_value("space")
    page.get_by_label("Plek").select_option("v-12")
    page.get_by_label("Tijd").fill("14.30")
    page.get_by_label("Prijs in euro’s").fill("0")
    page.get_by_label("Vanaf").fill("6")
    page.get_by_role("button", name="Reken uit").click()
    expect(page.locator("#result")).to_contain_text("Verwachte bezoeken in 8 weken")
    expect(page.locator("#result")).to_be_in_viewport()
    expect(page.get_by_label("Tijd")).to_have_value("14.30")
    assert "hour=14.30" in page.url
    assert "token" not in page.url


def test_the_choice_goes_along_and_can_be_bookmarked(at: Visit) -> None:
    page = at.enter()
    page.get_by_role("link", name="Minst te kiezen", exact=True).click()
    page.get_by_label("Buurt", exact=True).select_option(at.office.town.desert)
    page.get_by_label("Leeftijd", exact=True).select_option("9-11")
    page.get_by_role("button", name="Toon").click()
    address = page.url
    assert "age=9-11" in address
    assert "token" not in address
    page.get_by_role("link", name="Bekijk het op de kaart").click()
    expect(page.locator(".chart").first).to_be_visible()
    expect(page.get_by_label("Leeftijd", exact=True)).to_have_value("9-11")
    page.goto(address)
    expect(page.get_by_label("Buurt", exact=True)).to_have_value(at.office.town.desert)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Where is least to choose from for children of 9 to 11 years old?"
    )
    expect(page.get_by_label("Neighbourhood", exact=True)).to_have_value(at.office.town.desert)


def test_everything_works_with_the_keyboard_alone(at: Visit) -> None:
    page = at.page
    page.goto(f"{at.office.address}/desk")
    tab_to(page, "document.activeElement.id === 'key'")
    page.keyboard.type(at.office.key)
    page.keyboard.press("Enter")
    expect(page.locator("#lead")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ga naar de inhoud")).to_be_focused()
    tab_to(page, "document.activeElement.textContent.trim() === '6 tot en met 8 jaar'")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text(at.office.town.desert)
    tab_to(page, "document.activeElement.textContent.includes('Reken dit na')")
    page.keyboard.press("Enter")
    expect(page.locator("#result .figures")).to_be_visible()
    tab_to(page, "document.activeElement.id === 'hour'")
    page.keyboard.press("Control+A")
    page.keyboard.type("16.00")
    page.keyboard.press("Enter")
    expect(page.locator("#result .sentence")).to_contain_text("om 16.00 uur")
    tab_to(page, "document.activeElement.textContent.trim() === 'Uitloggen'")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Sleutel")).to_be_visible()


def tab_to(page: Page, found: str) -> None:
    """Press Tab until the focus is there; it must be seen on the way."""
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
        if page.evaluate(found):
            return
    raise AssertionError(f"Tab never came to {found}")


def test_it_works_without_script(without_script: Visit) -> None:
    page = without_script.enter()
    page.get_by_role("link", name="6 tot en met 8 jaar").click()
    expect(page.locator("#answer")).to_have_text(without_script.office.town.desert)
    page.get_by_role("link", name="Wiel").click()
    page.get_by_role("link", name="Ruimte en sterren").click()
    expect(page.get_by_role("heading", name="Wie er al iets mee doet")).to_be_visible()
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_label("Sleutel")).to_be_visible()


def test_what_takes_long_says_so_and_comes_back_by_itself(on_phone: Visit) -> None:
    page, desk = on_phone.enter(), on_phone.office.served.app.state.desk
    desk.answers._patience = 0.01
    try:
        page.goto(f"{on_phone.office.address}/desk/what-if?{ADDITION.replace('14:00', '18:45')}")
        expect(page.get_by_role("heading", level=1)).to_have_text("We rekenen nog")
        expect(page.locator("#result .figures")).to_be_visible()
    finally:
        desk.answers._patience = 120.0


@pytest.mark.parametrize(
    "path",
    [
        "/desk/key",
        "/desk",
        "/desk/least?age=6-8",
        "/desk/least?area=nergens",
        f"/desk/what-if?{ADDITION}",
        f"/desk/what-if?{ADDITION}&hour=x".replace("hour=14:00&", ""),
        "/desk/wheel",
        "/desk/wheel?theme=space",
        "/desk/report",
        "/desk/report/reach?age=6-8",
        "/desk/nergens",
    ],
)
def test_no_page_fails_the_axe_or_scrolls_sideways(at: Visit, path: str) -> None:
    page = at.page if path == "/desk/key" else at.enter()
    page.goto(at.office.address + path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert fits(page)
    small = page.evaluate(
        """[...document.querySelectorAll(".desk > header a, .pages a, button, select, .chips a, .cards a, .quiet, .try input[type=text]")]
           .filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).map(one => one.outerHTML.slice(0, 90))"""
    )
    assert small == []


@pytest.mark.parametrize("width", [320, 600, 800, 1000, 1920])
def test_no_width_scrolls_sideways(browser: Browser, office: Office, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="nl-NL")
    page = Visit(context.new_page(), context, office).enter()
    for path in ("/desk", "/desk/least", f"/desk/what-if?{ADDITION}", "/desk/wheel?theme=space", "/desk/report/reach"):
        page.goto(office.address + path)
        assert fits(page), path
    context.close()
