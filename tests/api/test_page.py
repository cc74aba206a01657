"""The page over HTTP: it answers a form, keeps nothing, and says what is wrong."""

from __future__ import annotations

import os
import re

import httpx
import pytest

from tests.api.conftest import Served, problem

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TITLE = re.compile(r'<h3 id="idea-\d+-title"[^>]*>([^<]+)</h3>')


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return TITLE.findall(answer.text)


def test_the_first_page_is_the_same_for_everybody(oss: Served) -> None:
    first, second = oss.http.get("/?lang=nl"), oss.http.get("/?lang=nl")
    assert first.text == second.text
    assert len(titles(first)) == 5
    assert "Ideeën voor iedereen" in first.text
    assert "Dit is een voorbeeld: de mensen zijn bedacht." in first.text
    assert "In deze stad is het maandag 2 maart 2026." in first.text


def test_a_form_gets_five_ideas_each_with_a_reason(oss: Served) -> None:
    answer = oss.http.post("/", data={"lang": "nl", "age": "8", "theme": ["robots", "space"], "place": "area:Centrum"})
    assert len(titles(answer)) == 5
    for why in re.findall(r'<div class="why">(.*?)</div>', answer.text, re.S):
        assert re.search(r"<li>\w.{5,}</li>", why)
    assert "Omdat je ‘Robots’ koos" in answer.text
    assert re.search(r"\d+ minu(?:ut|ten) fietsen", answer.text)


def test_the_page_says_what_the_endpoint_says(oss: Served) -> None:
    on_page = titles(oss.http.post("/", data={"lang": "nl", "theme": "space", "done": "birds"}))
    at = "2026-03-02T08:00:00+01:00"
    stamps = [{"activity": "birds", "at": at, "chosen_by": "self"}]
    body = oss.ask(passport={"wishes": ["space"], "stamps": stamps}, count=5)
    assert on_page == [one["activity"]["title"] for one in body["recommendations"]]


def test_a_stamp_on_the_page_changes_the_ideas_at_once(oss: Served) -> None:
    before = titles(oss.http.post("/", data={"lang": "nl"}))
    answer = oss.http.post("/", data={"lang": "nl", "do": "done:birds"})
    assert "Vogels spotten" in before
    assert "Vogels spotten" not in titles(answer)
    assert "Omdat je bij ‘Vogels spotten’ was" in answer.text
    assert 'name="done" value="birds" checked' in answer.text


def test_a_line_can_be_followed_and_left(oss: Served) -> None:
    followed = oss.http.post("/", data={"lang": "nl", "do": "follow:robot-line"})
    assert set(titles(followed)) == {"Bouw je eerste robot", "Robots programmeren", "Robotwedstrijd"}
    assert "Halte 3 van 3 op de lijn ‘Robotlijn’" in followed.text
    assert len(titles(oss.http.post("/", data={"lang": "nl", "line": "robot-line", "do": "leave:"}))) == 5


def test_when_nothing_fits_the_button_that_is_offered_helps(oss: Served) -> None:
    form = {"lang": "nl", "place": "venue:forest", "minutes": "10", "free": "1", "age": "13", "done": "birds"}
    empty = oss.http.post("/", data=form)
    assert titles(empty) == []
    assert "Hier is nu niets dat past." in empty.text
    offered = re.search(r'name="do" value="(relax:[^"]*)"', empty.text)
    assert offered
    assert titles(oss.http.post("/", data={**form, "do": offered.group(1)})) != []


def test_both_languages_and_the_browsers_own(oss: Served) -> None:
    for answer in (
        oss.http.get("/", headers={"Accept-Language": "en-GB,nl;q=0.5"}),
        oss.http.get("/?lang=en"),
        oss.http.post("/", data={"lang": "nl", "do": "lang:en"}),
    ):
        assert '<html lang="en">' in answer.text
        assert "What will you discover next?" in answer.text
        assert answer.headers["content-language"] == "en"
    for answer in (oss.http.get("/", headers={"Accept-Language": "xx"}), oss.http.get("/?lang=xx&"), oss.http.get("/")):
        assert '<html lang="nl">' in answer.text


def test_switching_the_language_keeps_the_choices(oss: Served) -> None:
    form = {"lang": "nl", "age": "8,5", "theme": "space", "place": "venue:lib", "voice": "parent", "do": "lang:en"}
    text = oss.http.post("/", data=form).text
    assert 'value="8.5"' in text
    assert 'value="space" checked' in text
    assert '<option value="venue:lib" selected>' in text
    assert 'value="parent" checked' in text


@pytest.mark.parametrize("age", ["4/10", "200", "acht", "nan"])
def test_a_slip_in_the_age_is_said_beside_the_field(oss: Served, age: str) -> None:
    answer = oss.http.post("/", data={"lang": "nl", "age": age})
    assert answer.status_code == 422
    assert "Vul een getal in van 0 tot en met 120" in answer.text
    assert f'value="{age}"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_names_that_the_city_does_not_have_change_nothing(oss: Served) -> None:
    plain = titles(oss.http.post("/", data={"lang": "nl"}))
    strange = {"theme": "gone", "done": "gone", "place": "venue:gone", "line": "gone", "access": "gone"}
    assert titles(oss.http.post("/", data={"lang": "nl", **strange})) == plain


@pytest.mark.parametrize("field", ["name", "birth_date", "school"])
def test_a_form_with_more_than_it_asks_is_refused(oss: Served, field: str) -> None:
    detail = problem(oss.http.post("/", data={field: "Sara"}), 422)["detail"]
    assert field in detail
    assert "Sara" not in detail


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"age": 8}', {"Content-Type": "application/json"}, 415),
        (b"age=8", {}, 415),
        (b"age=\xff", FORM, 422),
        (b"theme=%ff", FORM, 422),
        (b"&".join(b"theme=a%d" % i for i in range(2000)), FORM, 422),
        (b"do=explode%3A1", FORM, 422),
    ],
)
def test_what_is_no_form_is_refused(oss: Served, content: bytes, headers: dict[str, str], status: int) -> None:
    problem(oss.http.post("/", content=content, headers=headers), status)


def test_what_is_typed_comes_back_as_text(oss: Served) -> None:
    answer = oss.http.post("/", data={"age": '"><script>alert(1)</script>', "lang": "nl"})
    assert "<script>alert" not in answer.text


def test_nothing_is_kept_by_browser_or_proxy(oss: Served) -> None:
    answer = oss.http.post("/", data={"lang": "nl", "age": "8"})
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_style_and_the_script_are_served(oss: Served) -> None:
    css, js = oss.http.get("/page/leerlijn.css"), oss.http.get("/page/leerlijn.js")
    assert (css.headers["content-type"], css.status_code) == ("text/css; charset=utf-8", 200)
    assert (js.headers["content-type"], js.status_code) == ("text/javascript; charset=utf-8", 200)
    problem(oss.http.get("/page/index.html"), 404)
    problem(oss.http.get("/page/..%2Findex.html"), 404)


def test_the_report_is_linked_once_there_is_one(oss: Served) -> None:
    problem(oss.http.get("/report/nl"), 404)
    assert "/report/" not in oss.http.get("/?lang=nl").text
    (city,) = oss.service.cities
    folder = oss.service.home.reports(city)
    folder.mkdir(parents=True)
    written = folder / "evaluation.nl.html"
    written.write_text("<!doctype html><title>Verslag</title>", "utf-8")
    try:
        assert "Verslag" in oss.http.get("/report/nl").text
        assert 'href="/report/nl"' in oss.http.get("/?lang=nl").text
        assert "Verslag" in oss.http.get("/report/evaluation.nl.html").text, (
            "as the page calls itself in other languages"
        )
        problem(oss.http.get("/report/..%2Fnl"), 404)
        problem(oss.http.get("/report/fy"), 404)
        elsewhere = oss.http.get("/report/en", follow_redirects=False)
        assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, "/desk/report?lang=en")
        (folder / "evaluation.json").write_text("{}", "utf-8")
        os.utime(folder / "evaluation.json", (written.stat().st_mtime + 5,) * 2)
        assert oss.http.get("/report/nl", follow_redirects=False).status_code == 303, "measured again, not drawn again"
    finally:
        written.unlink()
        (folder / "evaluation.json").unlink(missing_ok=True)
        folder.rmdir()
