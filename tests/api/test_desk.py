"""The pages of the desk: what is chosen stays in the address, what is wrong is said, and nothing is about one person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from api.desk import room
from api.desk.kept import Kept
from api.problems import Busy
from api.settings import Settings
from data.home import Home
from data.pages.desk.what_if import FIELDS
from tests.api.conftest import Served, serve
from tests.api.desk_town import FIRST, SECOND, Town, settle_town
from tests.api.test_desk_door import BROWSER, token_of

ADDITION = {"theme": "space", "venue": "v-12", "weekday": "2", "hour": "14:00", "price": "0", "from": "6", "to": "8"}
PAGES = ("/desk", "/desk/least", "/desk/what-if", "/desk/wheel", "/desk/report")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return settle_town(Home(tmp_path_factory.mktemp("town")))


@pytest.fixture(scope="module")
def served(town: Town) -> Iterator[Served]:
    with serve(Settings(home=town.home.path)) as running:
        wait_for_answers(running)
        yield running


def wait_for_answers(running: Served) -> None:
    """A test waits for the answer itself."""
    desk = running.app.state.desk
    for kept in (desk.answers, desk.drawings, desk._insights):
        kept._patience = 120.0


@pytest.fixture
def desk(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", headers=BROWSER, timeout=90) as browser:
        yield browser


def opened(desk: httpx.Client, path: str, status: int = 200, **query: str) -> str:
    """The text of a page, as people read it."""
    answer = desk.get(path, params=query or None)
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["content-type"].startswith("text/html")
    return unescape(re.sub(r"\s+", " ", answer.text))


def test_the_neighbourhood_that_was_planted_has_least(desk: httpx.Client, town: Town) -> None:
    low, high = town.planted["desert_ages"]  # type: ignore[misc]
    for band in ("6-8", "9-11"):
        assert low <= int(band.partition("-")[0]) <= high
        text = opened(desk, "/desk/least", age=band)
        assert f'<h2 id="answer">{town.desert}</h2>' in text
        assert "What would help most?" in text
        assert f"In {town.desert} there is least to choose from for children" in text
    assert town.desert in opened(desk, "/desk").partition("Where is least")[0]


def test_a_single_age_stands_for_its_band(desk: httpx.Client) -> None:
    assert opened(desk, "/desk/least", age="8") == opened(desk, "/desk/least", age="6-8")


def test_what_would_help_can_be_worked_out_with_one_click_and_brings_the_same(desk: httpx.Client, town: Town) -> None:
    found = json.loads((town.home.reports(town.city) / "opportunity.json").read_text("utf-8"))
    desert = next(one for one in found["deserts"] if one["area"] == town.desert and one["band"] == [6, 8])
    text = desk.get("/desk/least?age=6-8").text
    link = re.search(r'href="(/desk/what-if[^"]*)"', text.partition('id="answer"')[2])
    assert link
    worked = opened(desk, unescape(link[1]))
    gain = desert["suggestion"]["gain"]
    assert gain["near"] >= 10
    assert f"<dt>Gain a choice, free and within 20 minutes</dt><dd>about {gain['near']} people</dd>" in worked
    assert "for 95 of 100 such activities" in worked or "too few new activities" in worked


def test_the_choice_goes_along_to_every_page(desk: httpx.Client, town: Town) -> None:
    chosen = {"area": town.desert, "age": "6-8", "theme": "space", "release": FIRST, "lang": "nl"}
    text = desk.get("/desk/least", params=chosen).text
    links = [httpx.URL(unescape(one)) for one in re.findall(r'<li><a href="(/desk[^"]*)"', text.partition("<main")[0])]
    assert len(links) == 5
    for link in links:
        assert {**chosen, **dict(link.params)} == chosen
        assert dict(link.params) == chosen
    other = re.search(r'<a href="([^"]*)" lang="en"', text)
    assert other
    assert dict(httpx.URL(unescape(other[1])).params) == {**chosen, "lang": "en"}


def test_the_form_above_a_page_leads_to_an_address_that_can_be_kept(desk: httpx.Client, town: Town) -> None:
    token = token_of(desk.get("/desk/least"))
    fields = {"token": token, "area": town.desert, "age": "6-8", "theme": "", "release": FIRST}
    for page in ("least", "wheel", "report", "report/reach"):
        gone = desk.post(f"/desk/{page}", data=fields)
        assert gone.status_code == 303
        to = httpx.URL(gone.headers["location"])
        assert (to.path, dict(to.params)) == (f"/desk/{page}", {"release": FIRST, "area": town.desert, "age": "6-8"})
        assert token not in str(to)
    for page in ("", "elsewhere", "report/elsewhere", "least/x", "key/x"):
        assert desk.post(f"/desk/{page}", data=fields).status_code in (404, 405), page


def test_a_form_sent_from_elsewhere_is_refused(desk: httpx.Client) -> None:
    token = token_of(desk.get("/desk/what-if"))
    for data, headers in (
        (ADDITION, {}),
        ({**ADDITION, "token": token[::-1]}, {}),
        ({**ADDITION, "token": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({**ADDITION, "token": token}, {"Sec-Fetch-Site": "same-site"}),
    ):
        for page in ("what-if", "least"):
            refused = desk.post(f"/desk/{page}", data=data, headers=headers)
            assert refused.status_code == 403
            assert "Nothing was changed" in refused.text
    assert desk.post("/desk/what-if", json=ADDITION).status_code == 415


@pytest.mark.parametrize("field", ["area", "age", "theme", "release"])
@pytest.mark.parametrize(
    "value", ["gone", "'; drop table stamps", "../../etc", "é" * 300, "x" * 10_000, "<b>x</b>", "\x00"]
)
def test_what_the_city_does_not_have_is_said_beside_the_field(desk: httpx.Client, field: str, value: str) -> None:
    for page in ("/desk/least", "/desk/report", "/desk/wheel"):
        answer = desk.get(page, params={field: value})
        assert answer.status_code == 404
        assert "That does not exist" in answer.text
        assert f'id="{field}-wrong"' in answer.text
        assert "<b>x" not in answer.text
        assert len(answer.text) < 60_000
    assert desk.get("/desk", params={field: value}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/desk/elsewhere", "/desk/report/elsewhere", "/desk/least/", "/desk/repair", "/desk/a/b/c"]
)
def test_an_address_that_is_none_says_so_in_a_page(desk: httpx.Client, path: str) -> None:
    assert "This page does not exist" in opened(desk, path, 404)


def test_what_was_typed_wrong_stays_with_a_message_beside_it(desk: httpx.Client) -> None:
    token = token_of(desk.get("/desk/what-if"))
    typed = {
        "theme": "space",
        "venue": "v-12",
        "weekday": "2",
        "hour": "25:00",
        "price": "-3",
        "from": "twelve",
        "to": "200",
    }
    answer = desk.post("/desk/what-if", data={**typed, "token": token})
    text = unescape(answer.text)
    assert answer.status_code == 422
    for field in ("hour", "price", "from", "to"):
        assert f'name="{field}" type="text" maxlength="60" value="{typed[field]}"' in text
        assert f'id="{field}-wrong"' in text
        assert re.search(
            rf'<input id="{field}"[^>]*aria-describedby="{field}-help {field}-wrong" aria-invalid="true"', text
        )
    assert "4 fields are not right yet" in text
    assert '<option value="space" selected>' in text
    for field in ("theme", "venue", "weekday"):
        assert f'id="{field}-wrong"' not in text


def test_a_good_form_leads_to_its_answer_and_the_answer_can_be_mailed(desk: httpx.Client) -> None:
    token = token_of(desk.get("/desk/what-if"))
    gone = desk.post(
        "/desk/what-if", data={**ADDITION, "hour": "14.00 uur", "price": "gratis", "token": token, "lang": "en"}
    )
    assert gone.status_code == 303
    to = httpx.URL(gone.headers["location"])
    assert to.fragment == "result"
    assert "token" not in dict(to.params)
    first, again = opened(desk, str(to)), opened(desk, str(to))
    assert re.sub(TOKEN, "", first) == re.sub(TOKEN, "", again)
    assert "Expected visits in 8 weeks" in first
    with httpx.Client(base_url=desk.base_url, headers=BROWSER, timeout=90) as colleague:
        assert re.sub(TOKEN, "", opened(colleague, str(to))) == re.sub(TOKEN, "", first)


TOKEN = re.compile(r'name="token" value="[^"]*"')


def test_a_price_is_no_choice_within_reach_and_the_page_says_so(desk: httpx.Client) -> None:
    free, paid = (opened(desk, "/desk/what-if", **{**ADDITION, "price": price}) for price in ("0", "4"))
    assert "Because it is not free" in paid
    assert "Because it is not free" not in free
    assert "within 20 minutes</dt><dd>nobody</dd>" in paid


def test_for_everybody_is_not_the_same_as_not_known(desk: httpx.Client) -> None:
    narrow = opened(desk, "/desk/what-if", **ADDITION)
    everybody = opened(desk, "/desk/what-if", **{**ADDITION, "from": "", "to": ""})
    assert "for all ages" in everybody
    assert near(everybody) > near(narrow) > 0


def near(text: str) -> int:
    found = re.search(r"within 20 minutes</dt><dd>about ([\d,]+) people", text)
    assert found, text
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "value", ["x" * 10_000, "\x00", "nan", "1e308", "-0", "<script>", "٣", "place:999,1", "0x10", "1_0"]
)
def test_no_value_of_the_form_breaks_the_page(desk: httpx.Client, field: str, value: str) -> None:
    answer = desk.get("/desk/what-if", params={**ADDITION, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    assert "<script>" not in answer.text
    assert len(answer.text) < 60_000


def test_the_wheel_names_who_takes_part_and_who_is_missing(desk: httpx.Client) -> None:
    assert "/desk/wheel?theme=space" in opened(desk, "/desk/wheel")
    text = opened(desk, "/desk/wheel", theme="space")
    assert "Who already does something with it" in text
    assert "Which kind of place is missing" in text
    taking, missing = (set(re.findall(r'class="dot (\w+)"', part)) for part in text.split('id="missing"'))
    assert taking | missing == {"library", "culture", "social", "education", "business", "nature", "recreation"}
    assert not taking & missing


def test_every_release_can_be_looked_at(desk: httpx.Client) -> None:
    text = desk.get("/desk/least").text
    assert re.findall(r'<option value="(2026[^"]*)"', text) == [SECOND, FIRST]
    assert "Expected visits" in opened(desk, "/desk/what-if", **ADDITION, release=FIRST)


def test_the_report_stands_in_the_frame_of_the_desk(desk: httpx.Client, town: Town) -> None:
    for name in ("index", "reach", "quality", "card", "register"):
        text = opened(desk, "/desk/report" if name == "index" else f"/desk/report/{name}")
        assert text.count("<h1>") == 1
        assert "/desk/report/reach" in text
        assert ".html" not in text
    assert town.desert in opened(desk, "/desk/report/reach", age="6-8")


def test_no_page_shows_a_learner_or_a_small_count(desk: httpx.Client, served: Served, town: Town) -> None:
    learners = served.service.store.load(town.city).passports["learner_id"].tolist()
    more = ["/desk/report/reach", "/desk/report/data", "/desk/wheel?theme=space", "/desk/least?age=6-8"]
    for path in (*PAGES, *more, f"/desk/what-if?{httpx.QueryParams(ADDITION)}"):
        text = opened(desk, path)
        assert not [name for name in learners if re.search(rf"\b{re.escape(name)}\b", text)]
        for count in re.findall(r"about ([\d,]+) people", text):
            assert int(count.replace(",", "")) >= 10
            assert int(count.replace(",", "")) % 5 == 0


def test_a_city_that_was_not_measured_gets_its_answer_all_the_same(served: Served, town: Town) -> None:
    file = town.home.reports(town.city) / "opportunity.json"
    aside = file.rename(file.with_suffix(".aside"))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", headers=BROWSER, timeout=90) as browser:
            assert "not been measured yet" in opened(browser, "/desk")
            text = opened(browser, "/desk/least", age="6-8")
            assert f'<h2 id="answer">{town.desert}</h2>' in text
            assert "not been worked out yet" in text
            assert "Expected visits" in opened(browser, "/desk/what-if", **ADDITION)
    finally:
        aside.rename(file)


def test_a_town_of_six_people_shows_none_of_them(oss: Served) -> None:
    wait_for_answers(oss)
    with httpx.Client(base_url=f"http://127.0.0.1:{oss.port}", headers=BROWSER, timeout=90) as browser:
        assert "There is nothing to show here" in opened(browser, "/desk/least")
        what = {"theme": "robots", "venue": "lib", "weekday": "2", "hour": "14:00", "price": "0", "from": "", "to": ""}
        text = opened(browser, "/desk/what-if", **what)
        assert "fewer than 10 people" in text or "nobody" in text
        assert not re.findall(r"about \d+ people", text)


def test_the_list_of_repairs_is_there_when_it_was_made(desk: httpx.Client, town: Town) -> None:
    folder = town.home.reports(town.city)
    found = {"schema": "leerlijn-repair/1", "city": {"id": town.city, "name": "Town", "time_zone": "Europe/Amsterdam"},
             "at": "2026-04-16T10:00:00+00:00", "learners": 900, "left_out": 0, "counting": 30, "waiting": 2, "unread": 0,
             "gained": {"first": 0, "all": 0}, "fixes": []}  # fmt: skip
    assert "/desk/repair" not in opened(desk, "/desk")
    assert desk.get("/desk/repair.csv").status_code == 404
    (folder / "repair.json").write_text(json.dumps(found))
    (folder / "repair.csv").write_text("rank\n")
    try:
        assert "/desk/repair" in opened(desk, "/desk")
        assert "Town" in opened(desk, "/desk/repair")
        assert desk.get("/desk/repair.csv").text == "rank\n"
    finally:
        (folder / "repair.json").unlink()
        (folder / "repair.csv").unlink()


def test_a_city_too_large_for_the_service_is_told_so(
    desk: httpx.Client, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_STAMPS", 10)
    monkeypatch.setattr(served.app.state.desk, "_insights", Kept(1))
    assert "too large to reckon with" in opened(desk, "/desk/wheel", 503, theme="space", release=FIRST, lang="en")
    assert "/desk/least" in opened(desk, "/desk")


def test_a_service_that_stops_breaks_off_long_work(town: Town) -> None:
    with serve(Settings(home=town.home.path)) as running:
        desk = running.app.state.desk
        with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", headers=BROWSER, timeout=90) as browser:
            browser.get("/desk")  # begins to get ready
    assert not desk._preparing
    with pytest.raises(Busy):
        desk._go_on("what if", 1, 2)
