"""The parts of the page: what a form means, what a map shows, what a card says."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from jinja2 import UndefinedError

from data.folder import read_folder
from data.messages import load
from data.messages.values import age_text, price_text, session_text
from data.pages import asset, environment
from data.pages.asking import passport_of, place_of, request_of, window
from data.pages.cards import Card, card
from data.pages.choices import Choices, can_relax, read_choices, relaxed
from data.pages.index import page, theme_groups
from data.pages.map import MOST_VENUES, PIN_GAP, draw
from data.translate import catalogue_from
from recommender.answer import Answer, Reason, Recommendation, Relaxation, Step
from recommender.city import Catalogue, Place, always_open
from recommender.errors import BadInput
from tests.conftest import AS_OF, moment

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
LINKS = {"self": "/", "css": "/page.css", "js": "/page.js", "api": "/openapi.json", "report": ""}
DARK = re.compile(r"@media screen and \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", re.S)


def item(catalogue: Catalogue, activity: str, session: str, rank: int = 1, **more: object) -> Recommendation:
    row = catalogue.sessions.ids.index(session)
    fields: dict[str, object] = {"travel_minutes": 8.2, "score": 1.0, **more}
    return Recommendation(
        rank, catalogue.activities.ids.row(activity), row, int(catalogue.sessions.venue[row]), **fields
    )  # type: ignore[arg-type]


def as_card(catalogue: Catalogue, one: Recommendation, lang: str = "nl", wished: frozenset[str] = frozenset()) -> Card:
    return card(one, catalogue, load(lang), at=AS_OF, voice="child", mode="bike", wished=wished)


def answer(*items: Recommendation, relax: Relaxation | None = None) -> Answer:
    return Answer(AS_OF, "wishes", "wishes", items, (Step("open in window", 9), Step("age", len(items), 1)), relax)


# the form


def test_an_empty_form_is_no_choice() -> None:
    assert read_choices({}) == Choices()
    assert not read_choices({"lang": ["en"], "voice": ["parent"]}).personal
    assert read_choices({"free": ["1"]}).personal


@pytest.mark.parametrize(
    ("typed", "age", "wrong"),
    [
        ("8", 8.0, ""),
        (" 8,5 ", 8.5, ""),
        ("8.5", 8.5, ""),
        ("", None, ""),
        ("4/10", None, "4/10"),
        ("-1", None, "-1"),
        ("121", None, "121"),
        ("nan", None, "nan"),
        ("inf", None, "inf"),
    ],
)
def test_an_age_is_a_number_or_kept_to_be_corrected(typed: str, age: float | None, wrong: str) -> None:
    choices = read_choices({"age": [typed]})
    assert (choices.age, choices.wrong_age) == (age, wrong)


@pytest.mark.parametrize("field", ["name", "birth_date", "school", "address"])
def test_a_field_that_the_form_does_not_have_is_refused(field: str) -> None:
    with pytest.raises(BadInput, match=field):
        read_choices({field: ["x"]})


@pytest.mark.parametrize(
    "fields",
    [{"mode": ["rocket"]}, {"minutes": ["nan"]}, {"minutes": ["-5"]}, {"when": ["soon"]}, {"do": ["explode:1"]}],
)
def test_a_value_that_the_form_does_not_offer_is_refused(fields: dict[str, list[str]]) -> None:
    with pytest.raises(BadInput, match="form:"):
        read_choices(fields)


@pytest.mark.parametrize(
    ("button", "change"),
    [
        ("lang:en", {"lang": "en"}),
        ("more:art", {"themes": ("space", "art")}),
        ("more:space", {"themes": ("space",)}),
        ("done:birds", {"done": ("pond", "birds")}),
        ("follow:robot-line", {"line": "robot-line"}),
        ("leave:", {"line": ""}),
        ("relax:travel:45", {"minutes": 45.0}),
        ("relax:travel:", {"minutes": None}),
        ("relax:price:", {"free": False}),
        ("relax:age:", {"age": None}),
        ("relax:open in window:", {"when": ""}),
        ("relax:not done yet:", {"again": True}),
    ],
)
def test_every_button_changes_one_thing(button: str, change: dict[str, object]) -> None:
    fields = {
        "lang": ["nl"],
        "theme": ["space"],
        "done": ["pond"],
        "line": ["x"],
        "free": ["1"],
        "age": ["8"],
        "minutes": ["10"],
        "when": ["week"],
    }
    before = read_choices(fields)
    assert read_choices({**fields, "do": [button]}) == replace(before, **change)  # type: ignore[arg-type]


def test_only_what_the_form_can_change_gets_a_button() -> None:
    assert can_relax(Choices(minutes=10), Relaxation("travel", 45.0, 3))
    assert can_relax(Choices(free=True), Relaxation("price", None, 3))
    assert not can_relax(Choices(), Relaxation("price", None, 3))
    assert not can_relax(Choices(), Relaxation("company", None, 3))
    assert relaxed(Choices(free=True), "company", None) == Choices(free=True)


# the passport and the request


def test_the_choices_become_a_passport(tiny_catalogue: Catalogue) -> None:
    choices = Choices(age=8.0, themes=("space", "gone"), place="venue:lib", done=("birds", "gone"), spoken=("nl",))
    passport = passport_of(choices, tiny_catalogue, AS_OF)
    assert (passport.age_low, passport.age_high) == (8.0, 8.99)
    assert passport.home == Place(51.77, 5.52)
    assert passport.wishes.tolist() == [tiny_catalogue.themes.ids.row("space")]
    assert passport.stamps.activity.tolist() == [tiny_catalogue.activities.ids.row("birds")]
    assert passport.stamps.not_found == 1
    assert passport.stamps.at.max() < AS_OF
    assert passport.languages == ("nl",)


def test_without_choices_it_is_nobodys_passport(tiny_catalogue: Catalogue) -> None:
    passport = passport_of(Choices(), tiny_catalogue, AS_OF)
    assert math.isnan(passport.age_low)
    assert passport.home is None
    assert passport.basis == "none"


def test_the_choices_become_a_request(tiny_catalogue: Catalogue) -> None:
    choices = Choices(place="area:Centrum", minutes=20.0, free=True, line="robot-line", access=("wheelchair", "gone"))
    request = request_of(choices, tiny_catalogue, AS_OF)
    assert (request.count, request.max_minutes, request.free_only) == (5, 20.0, True)
    assert request.access == ("wheelchair",)
    assert request.line == tiny_catalogue.lines.ids.row("robot-line")
    assert request.start is not None
    assert request.start.lat == pytest.approx((51.765 + 51.769 + 51.766) / 3)


def test_travel_is_no_limit_without_a_place(tiny_catalogue: Catalogue) -> None:
    assert request_of(Choices(minutes=20.0), tiny_catalogue, AS_OF).max_minutes is None


@pytest.mark.parametrize("place", ["", "venue:gone", "venue:lab", "area:gone", "area:", "51.7,5.5"])
def test_a_place_that_is_not_on_the_map_is_no_place(place: str, tiny_catalogue: Catalogue) -> None:
    assert place_of(place, tiny_catalogue) is None


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        ("2026-03-02 09:00", "2026-03-07 00:00", "2026-03-09 00:00"),
        ("2026-03-07 12:00", "2026-03-07 12:00", "2026-03-09 00:00"),
        ("2026-03-08 12:00", "2026-03-08 12:00", "2026-03-09 00:00"),
    ],
)
def test_the_first_weekend_starts_on_saturday_or_now(now: str, opens: str, closes: str) -> None:
    assert window("weekend", "Europe/Amsterdam", moment(now)) == (moment(opens), moment(closes))


def test_a_week_stays_a_week_when_the_clock_changes() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    at = int(datetime(2026, 3, 27, 9, tzinfo=zone).timestamp())
    _, closes = window("week", "Europe/Amsterdam", at)
    assert closes == int(datetime(2026, 4, 3, 9, tzinfo=zone).timestamp())
    assert window("", "Europe/Amsterdam", at) == (None, None)


# times, prices, ages


def test_times_are_said_in_the_citys_own_time(tiny_catalogue: Catalogue) -> None:
    sessions, zone = tiny_catalogue.sessions, tiny_catalogue.time_zone
    row = sessions.ids.index("s-match")
    drop_in = sessions.ids.index("s-paint")
    nl = session_text(sessions, row, zone, AS_OF, load("nl"))
    assert nl.replace("\u2060", "") == "zaterdag 14 maart, 10.00–13.00\u00a0uur"
    en = session_text(sessions, row, zone, moment("2025-03-02 09:00"), load("en"))
    assert en.replace("\u2060", "") == "Saturday 14 March 2026, 10:00–13:00"
    assert "kom binnen tussen 10.00 en 17.00" in session_text(sessions, drop_in, zone, AS_OF, load("nl"))
    always = always_open(tiny_catalogue.activities.venue, tiny_catalogue.venues)
    assert session_text(always, 0, zone, AS_OF, load("nl")) == "Je kunt er altijd heen"


@pytest.mark.parametrize(
    ("price", "nl", "en"),
    [
        (0.0, "Gratis", "Free"),
        (2.5, "€\u00a02,50", "€2.50"),
        (12.0, "€\u00a012,00", "€12.00"),
        (0.999, "€\u00a01,00", "€1.00"),
        (math.nan, "Prijs niet bekend", "Price not known"),
    ],
)
def test_prices_are_written_as_people_write_them(price: float, nl: str, en: str) -> None:
    assert price_text(price, load("nl")) == nl
    assert price_text(price, load("en")) == en


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (6, 12, "6 tot en met 12 jaar"),
        (6, math.nan, "vanaf 6 jaar"),
        (4, 99, "vanaf 4 jaar"),
        (math.nan, 10, "tot en met 10 jaar"),
        (8, 8, "8 jaar"),
        (math.nan, math.nan, ""),
    ],
)
def test_ages_are_said_in_words(low: float, high: float, text: str) -> None:
    assert age_text(low, high, load("nl")) == text


# cards


def test_a_card_says_what_is_known_and_what_is_not(tiny_catalogue: Catalogue) -> None:
    known = as_card(tiny_catalogue, item(tiny_catalogue, "robot-match", "s-match"))
    assert (known.title, known.where, known.area, known.travel) == (
        "Robotwedstrijd",
        "Maakplaats",
        "Centrum",
        "9 minuten fietsen",
    )
    assert known.not_known == ()
    unknown = as_card(tiny_catalogue, item(tiny_catalogue, "paint", "s-paint", not_known=("language", "age")))
    assert (unknown.price, unknown.ages) == ("", "")
    assert unknown.not_known == (
        "Taal niet bekend: vraag het even na.",
        "Leeftijd niet bekend: vraag het even na.",
        "Prijs niet bekend: vraag het even na.",
    )


def test_a_card_leads_on(tiny_catalogue: Catalogue) -> None:
    first = as_card(tiny_catalogue, item(tiny_catalogue, "robot-start", "s-start"))
    assert first.station is not None
    assert (first.station.number, first.station.total) == (1, 3)
    assert first.station.following == ("Robots programmeren", "Robotwedstrijd")
    assert first.more_theme == "robots"
    code = item(tiny_catalogue, "robot-code", "s-code")
    assert as_card(tiny_catalogue, code, wished=frozenset({"robots"})).more_theme == "tech"
    assert as_card(tiny_catalogue, code, wished=frozenset({"robots", "tech"})).more_theme == ""
    assert as_card(tiny_catalogue, item(tiny_catalogue, "stars", "s-stars")).station is None


def test_the_language_is_said_when_it_is_not_the_pages(tiny_catalogue: Catalogue) -> None:
    one = item(tiny_catalogue, "stars", "s-stars")
    assert as_card(tiny_catalogue, one, "nl").language == ""
    assert as_card(tiny_catalogue, one, "en").language == "Dutch"


def test_reasons_that_read_the_same_are_said_once(tiny_catalogue: Catalogue) -> None:
    one = item(tiny_catalogue, "stars", "s-stars", reasons=(Reason("free", gain=1.0), Reason("free", gain=0.5)))
    assert as_card(tiny_catalogue, one).reasons == ("Het is gratis",)


# the map


def test_the_map_keeps_directions_and_distances(tiny_catalogue: Catalogue) -> None:
    drawing = draw(tiny_catalogue, [], None)
    assert drawing is not None
    spots = {dot.value: dot for dot in drawing.dots}
    assert set(spots) == {"venue:lib", "venue:maker", "venue:forest", "venue:museum"}
    assert spots["venue:forest"].x > spots["venue:lib"].x
    assert spots["venue:forest"].y > spots["venue:lib"].y
    for dot in drawing.dots:
        assert 0 < dot.x < drawing.width
        assert 0 < dot.y < drawing.height
    drawn = math.dist((spots["venue:forest"].x, spots["venue:forest"].y), (spots["venue:lib"].x, spots["venue:lib"].y))
    assert drawn / drawing.scale_width * drawing.scale_km == pytest.approx(5.98, rel=0.02)  # great circle, in km


def test_pins_at_one_place_do_not_cover_each_other(tiny_catalogue: Catalogue) -> None:
    here = Place(51.769, 5.525)
    drawing = draw(tiny_catalogue, [(here, "a"), (here, "b"), (None, "c"), (here, "d"), (here, "e")], here)
    assert drawing is not None
    assert [pin.number for pin in drawing.pins] == [1, 2, 4, 5]
    gaps = [math.dist((a.x, a.y), (b.x, b.y)) for a in drawing.pins for b in drawing.pins if a.number < b.number]
    assert min(gaps) > PIN_GAP - 1.5
    assert drawing.home == (drawing.pins[0].at_x, drawing.pins[0].at_y)


def test_a_city_without_a_single_place_has_no_map(tiny_catalogue: Catalogue) -> None:
    nowhere = replace(tiny_catalogue.venues, lat=np.full(5, np.nan), lon=np.full(5, np.nan))
    assert draw(replace(tiny_catalogue, venues=nowhere), [(None, "a")], None) is None


def test_one_place_is_a_map(tiny_catalogue: Catalogue) -> None:
    nowhere = replace(tiny_catalogue.venues, lat=np.full(5, np.nan), lon=np.full(5, np.nan))
    drawing = draw(replace(tiny_catalogue, venues=nowhere), [(Place(52.0, 5.0), "a")], None)
    assert drawing is not None
    assert (drawing.pins[0].at_x, drawing.pins[0].at_y) == (drawing.width / 2, drawing.height / 2)


def test_a_metropolis_is_thinned(tiny_catalogue: Catalogue) -> None:
    venues, n = tiny_catalogue.venues, 5000
    rng = np.random.default_rng(5)
    many = replace(
        venues,
        ids=type(venues.ids)(f"v{i}" for i in range(n)),
        name=("Plek",) * n,
        domain=np.zeros(n, np.int8),
        lat=40 + rng.random(n) / 10,
        lon=-3 + rng.random(n) / 10,
        area=("",) * n,
        opening_hours=("",) * n,
        accessible=np.full(n, -1, np.int8),
    )
    drawing = draw(replace(tiny_catalogue, venues=many), [], None)
    assert drawing is not None
    assert 100 < len(drawing.dots) < 3 * MOST_VENUES


# the page


def test_narrower_themes_stand_with_their_broader_one(tiny_catalogue: Catalogue) -> None:
    groups = theme_groups(tiny_catalogue, Choices(themes=("space",)), "nl")
    assert [[one.label for one in group.options] for group in groups] == [
        ["Techniek", "Robots", "Ruimte"],
        ["Buiten", "Dieren"],
        ["Kunst"],
    ]
    assert [group.family for group in groups] == [True, True, False]
    assert [one.value for group in groups for one in group.options if one.chosen] == ["space"]


def test_what_a_city_writes_cannot_break_the_page(tiny_catalogue: Catalogue) -> None:
    evil = "<script>alert(1)</script>\"'"
    activities = tiny_catalogue.activities
    city = replace(
        tiny_catalogue,
        name=evil,
        activities=replace(activities, title=(evil,) * len(activities), description=(evil,) * len(activities)),
        venues=replace(tiny_catalogue.venues, name=(evil,) * 5, area=(evil,) * 5),
    )
    html = page(Choices(), city, answer(item(city, "stars", "s-stars")), links=LINKS, sample=True)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_nothing_fits_says_which_wish_to_relax(tiny_catalogue: Catalogue) -> None:
    choices = Choices(lang="nl", place="venue:lib", minutes=10.0)
    html = page(choices, tiny_catalogue, answer(relax=Relaxation("travel", 45.0, 17)), links=LINKS, sample=False)
    assert "Hier is nu niets dat past." in html
    assert "Als je 45 minuten wilt reizen, zie je 17 activiteiten meer." in html
    assert 'value="relax:travel:45"' in html


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.pointed: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("for", "form", "aria-labelledby", "aria-describedby"):
                self.pointed.update((value or "").split())
            elif name == "href" and (value or "").startswith("#"):
                self.pointed.add((value or "")[1:])


@pytest.mark.parametrize(
    "choices", [Choices(), Choices(lang="en", wrong_age="4/10", done=("birds",), place="venue:lib")]
)
def test_every_label_link_and_button_points_at_one_thing(tiny_catalogue: Catalogue, choices: Choices) -> None:
    two = item(tiny_catalogue, "stars", "s-stars"), item(tiny_catalogue, "robot-start", "s-start", rank=2)
    parser = _Ids()
    parser.feed(page(choices, tiny_catalogue, answer(*two), links=LINKS, sample=True))
    assert len(parser.ids) == len(set(parser.ids))
    assert parser.pointed <= set(parser.ids)


def test_many_themes_fold_under_their_broader_one() -> None:
    city = catalogue_from(read_folder(SAMPLE))
    html = page(Choices(themes=("animals",)), city, answer(), links=LINKS, sample=True)
    assert html.count('name="theme"') == len(city.themes.ids)
    assert html.count('<details class="family"') == 7
    assert html.count('<details class="family" open') == 1


def test_a_line_is_drawn_once(tiny_catalogue: Catalogue) -> None:
    two = item(tiny_catalogue, "robot-start", "s-start"), item(tiny_catalogue, "robot-code", "s-code", rank=2)
    html = page(Choices(lang="nl"), tiny_catalogue, answer(*two), links=LINKS, sample=True)
    assert html.count('value="follow:robot-line"') == 1
    assert "Halte 2 van 3 op de lijn ‘Robotlijn’" in html


def test_a_missing_value_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()


# colours


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", css))


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_signs_stand_out_enough(dark: bool) -> None:
    css = asset("base.css")
    found = DARK.search(css)
    assert found is not None
    colours = _colours(found.group(1)) if dark else _colours(css[: found.start()])
    text = [
        ("ink", "paper"), ("ink", "card"), ("ink", "wash"), ("ink", "sun-wash"), ("soft", "paper"), ("soft", "card"),
        ("soft", "wash"), ("soft", "map"), ("brand", "card"), ("brand", "paper"), ("on-brand", "brand"),
        ("on-brand", "brand-deep"), ("warn", "warn-wash"), ("nature", "card"), ("on-sun", "sun"), ("soft", "tint-0"),
        ("soft", "tint-1"), ("soft", "tint-2"), ("soft", "tint-3"), ("card", "ink"),
    ]  # fmt: skip
    for front, back in text:
        assert _contrast(colours[front], colours[back]) >= 4.5, (front, back)
    domains = ("library", "culture", "social", "education", "business", "nature", "recreation", "unknown")
    for front in (*domains, "edge", "brand"):
        for back in ("card", "map", "tint-0", "tint-1", "tint-2", "tint-3"):
            if front != "edge" or back == "card":
                assert _contrast(colours[front], colours[back]) >= 3, (front, back)


def test_pages_load_nothing_from_elsewhere() -> None:
    folder = Path(environment().loader.searchpath[0])  # type: ignore[union-attr]
    for path in sorted([*folder.glob("base.css"), *folder.glob("index.*"), *folder.glob("page.js")]):
        addresses = re.findall(
            r"(?:https?:)?//[\w.-]+", path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        )
        assert [one for one in addresses if "." in one] == [], path.name
