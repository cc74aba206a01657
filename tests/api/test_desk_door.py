"""The door of the desk: a key lets in once, a session stands for it, and nothing else does."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from itsdangerous import URLSafeSerializer

from api.desk.door import START
from api.desk.session import COOKIE, LASTS, SECURE_COOKIE
from api.desk.tries import SECONDS, Tries
from api.settings import Settings
from data.home import Home
from data.store import Store, keys
from data.tables import Tables
from recommender.release import Release, save_release
from tests.api.conftest import Served, problem, serve

NOW = 1_800_000_000
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "en"}
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True)
class Keyed:
    """A service that asks for keys, and browsers to visit it with."""

    served: Served
    now: list[float]

    def key(self, *scopes: str, city: str = "klein-oss", expires_at: int | None = None) -> str:
        with self.served.service.store.transaction() as connection:
            return keys.create(connection, city, scopes, "", NOW - 10, expires_at)

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.served.port}", headers=BROWSER, timeout=30)

    def revoke(self, key: str, city: str = "klein-oss") -> None:
        with self.served.service.store.transaction() as connection:
            keys.revoke(connection, city, key.split("_")[1], NOW)


def token_of(page: httpx.Response) -> str:
    found = TOKEN.search(page.text)
    assert found, page.text[:500]
    return found[1]


def enter(browser: httpx.Client, key: str, to: str = "") -> httpx.Response:
    door = browser.get("/desk/key", params={"to": to} if to else None)
    back = re.search(r'name="to" value="([^"]*)"', door.text)
    assert back
    fields = {"token": token_of(door), "key": key, "to": back[1].replace("&amp;", "&")}
    return browser.post("/desk/key", data=fields)


@contextmanager
def keyed_service(home: Home, tiny: Tables, release: Release) -> Iterator[Keyed]:
    with Store(home.store_url) as store:
        store.create()
        for city in ("klein-oss", "groot-oss"):
            store.save(replace(tiny, city=replace(tiny.city, id=city, name=city.title(), origin="own")))
            save_release(release, home.releases(city), name="20260302T080000Z-one")
            home.point(city, "20260302T080000Z-one")
    now = [float(NOW)]
    with serve(Settings(home=home.path, mode="keys"), clock=lambda: now[0]) as served:
        yield Keyed(served, now)


@pytest.fixture(scope="module")
def keyed_module(tiny: Tables, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed_service(Home(tmp_path_factory.mktemp("desk")), tiny, release) as keyed:
        yield keyed


@pytest.fixture
def keyed(keyed_module: Keyed) -> Keyed:
    """One service for all tests here, each with its clock and its wrong keys set back."""
    keyed_module.now[0] = float(NOW)
    keyed_module.served.app.state.desk.tries = Tries()
    return keyed_module


def test_a_key_is_entered_once_and_opens_the_page_that_was_asked_for(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser:
        away = browser.get("/desk?area=Centrum&age=6-8")
        assert (away.status_code, away.headers["location"]) == (
            303,
            "/desk/key?to=%2Fdesk%3Farea%3DCentrum%26age%3D6-8",
        )
        entered = enter(browser, key, "/desk?area=Centrum&age=6-8")
        assert (entered.status_code, entered.headers["location"]) == (303, "/desk?area=Centrum&age=6-8")
        page = browser.get(entered.headers["location"])
        assert page.status_code == 200
        assert "Klein-Oss" in page.text
        assert "Groot-Oss" not in page.text
        assert browser.get("/report/nl").status_code == 404  # let in, and nothing was measured yet
        folder = keyed.served.service.home.reports("klein-oss")
        folder.mkdir()
        (folder / "evaluation.nl.html").write_text("<!doctype html><title>Verslag</title>", "utf-8")
        assert "Verslag" in browser.get("/report/nl").text
        assert browser.get("/desk/key").headers["location"] == START


@pytest.mark.parametrize("path", ["/", "/lines", "/?lang=en&x=r-1"])
def test_who_comes_in_by_the_front_finds_where_to_enter_a_key(keyed: Keyed, path: str) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser:
        away = browser.get(path)
        assert (away.status_code, away.headers["location"], away.text) == (303, "/desk/key", "")
        assert away.headers["cache-control"] == "no-store"
        door = browser.get(path, follow_redirects=True)
        assert (door.status_code, door.url.path) == (200, "/desk/key")
        assert "Oss" not in door.text
        enter(browser, key)
        inside = browser.get(path, follow_redirects=True)
        assert (inside.status_code, inside.url.path) == (200, "/desk")
    # Programs, forms and wrong keys are told as before, and so is whoever looks for other addresses.
    for method, address, headers in (
        ("GET", path, {"Accept": "application/json"}),
        ("POST", path, BROWSER),
        ("GET", path, BROWSER | {"Authorization": "Bearer x"}),
        ("GET", "/page/leerlijn.css", BROWSER),
        ("GET", "/v1/learners/r-1", BROWSER),
        ("GET", "/nowhere", BROWSER),
    ):
        problem(keyed.served.http.request(method, address, headers=headers), 401)


def test_while_the_store_is_away_whoever_comes_in_reads_that_on_a_page(
    keyed: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser, keyed.browser() as other:
        enter(browser, key)
        door = other.get("/desk/key")
        monkeypatch.setattr(keyed.served.service.keys, "_silent_until", float("inf"))
        monkeypatch.setattr(keyed.served.service.keys, "_seen", OrderedDict())
        pages = (
            browser.get("/desk"),
            browser.get("/report/nl"),
            other.post("/desk/key", data={"token": token_of(door), "key": key, "to": "/desk"}),
        )
        for page in pages:
            assert page.status_code == 503
            assert page.headers["content-type"].startswith("text/html")
            assert "Oss" not in page.text
        programs = browser.get("/desk", headers={"Accept": "application/json"})
        assert problem(programs, 503)["type"] == "urn:leerlijn:problem:store-away"


def test_the_key_is_in_no_page_cookie_or_address(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    secret = key.split("_", 2)[2]
    with keyed.browser() as browser:
        entered = enter(browser, key)
        seen = [str(entered.headers), browser.get("/desk").text, str(browser.cookies.jar)]
        assert not [text for text in seen if secret in text]
    with keyed.browser() as browser:
        wrong = enter(browser, f"{key}x")
        assert secret not in wrong.text + str(wrong.headers)


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser:
        for answer in (browser.get("/desk/key"), enter(browser, key)):
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith(f"{COOKIE}=")
            assert {"HttpOnly", "Path=/", f"Max-Age={LASTS}"} <= set(cookie.split("; "))
            assert "samesite=strict" in cookie.lower()
            assert "Secure" not in cookie  # this machine alone
        for host, scheme in (("desk.example.nl", "http"), ("127.0.0.1", "https")):
            with keyed.browser() as other:
                public = other.get("/desk/key", headers={"Host": host, "X-Forwarded-Proto": scheme})
                assert public.headers["set-cookie"].startswith(f"{SECURE_COOKIE}=")
                assert {"Secure", "HttpOnly", "Path=/"} <= set(public.headers["set-cookie"].split("; "))
        left = browser.post("/desk/leave", data={"token": token_of(browser.get("/desk"))})
        assert all('=""' in one for one in left.headers.get_list("set-cookie"))


@pytest.mark.parametrize("scopes", [("recommend",), ("write",), ("admin",), ("recommend", "write", "admin")])
def test_a_key_for_something_else_does_not_open_the_desk(keyed: Keyed, scopes: tuple[str, ...]) -> None:
    key = keyed.key(*scopes)
    with keyed.browser() as browser:
        refused = enter(browser, key)
        assert refused.status_code == 403
        assert "not for the desk" in refused.text
        assert browser.get("/desk").status_code == 303
    bearer = {"Authorization": f"Bearer {key}"}
    problem(keyed.served.http.get("/desk", headers=bearer), 403)


def test_a_session_opens_no_person_and_nothing_but_the_desk(keyed: Keyed) -> None:
    key = keyed.key("coordinate", "write", "recommend", "admin")
    with keyed.browser() as browser:
        enter(browser, key)
        assert browser.get("/desk").status_code == 200
        for method, path in (
            ("GET", "/v1/learners/r-1"),
            ("DELETE", "/v1/learners/r-1"),
            ("POST", "/v1/recommendations"),
            ("GET", "/v1/activities"),
            ("GET", "/metrics"),
            ("GET", "/"),
            ("GET", "/deskx"),
            ("GET", "/desk/../v1/learners/r-1"),
        ):
            headers = {"Accept": "application/json"} if path == "/" else {}  # a browser is shown the door
            assert browser.request(method, path, headers=headers).status_code == 401, path
    alone = keyed.key("coordinate")
    for path in ("/v1/learners/r-1", "/v1/activities", "/metrics"):
        problem(keyed.served.http.get(path, headers={"Authorization": f"Bearer {alone}"}), 403)


def test_a_program_is_told_and_a_browser_is_shown_the_door(keyed: Keyed) -> None:
    for path in ("/desk", "/desk/what-if", "/report/nl"):
        problem(keyed.served.http.get(path), 401)
        with keyed.browser() as browser:
            assert browser.get(path).status_code == 303
            assert browser.post(path).headers["location"].startswith("/desk/key")
    key = keyed.key("coordinate")
    assert keyed.served.http.get("/desk", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    problem(keyed.served.http.get("/desk", headers={"Authorization": "Bearer leerlijn_x_y"}), 401)


def test_a_session_ends_with_its_time_its_key_and_by_logging_out(keyed: Keyed) -> None:
    short, revoked = keyed.key("coordinate", expires_at=NOW + 60), keyed.key("coordinate")
    with keyed.browser() as one, keyed.browser() as two, keyed.browser() as three:
        enter(one, short)
        enter(two, revoked)
        enter(three, keyed.key("coordinate"))
        assert [browser.get("/desk").status_code for browser in (one, two, three)] == [200, 200, 200]
        keyed.now[0] += 61
        assert [browser.get("/desk").status_code for browser in (one, two, three)] == [303, 200, 200]
        keyed.revoke(revoked)
        keyed.served.service.keys._seen.clear()  # instead of waiting the few seconds that a key is taken at its last word
        assert [browser.get("/desk").status_code for browser in (one, two, three)] == [303, 303, 200]
        keyed.now[0] = float(NOW + LASTS + 1)
        assert three.get("/desk").status_code == 303


def test_who_logged_out_is_out_with_every_copy_of_the_cookie(keyed: Keyed) -> None:
    with keyed.browser() as browser, keyed.browser() as copy:
        enter(browser, keyed.key("coordinate"))
        copy.cookies = httpx.Cookies(browser.cookies)
        assert copy.get("/desk").status_code == 200
        token = token_of(browser.get("/desk"))
        problem_free = browser.post("/desk/leave", data={"token": token})
        assert (problem_free.status_code, problem_free.headers["location"]) == (303, "/desk/key")
        assert not browser.cookies
        assert copy.get("/desk").status_code == 303
        assert browser.get("/desk").status_code == 303


def test_entering_begins_a_new_session(keyed: Keyed) -> None:
    with keyed.browser() as browser:
        browser.get("/desk/key")
        before = browser.cookies[COOKIE]
        enter(browser, keyed.key("coordinate"))
        assert browser.cookies[COOKIE] != before
        with keyed.browser() as planted:
            planted.cookies.set(COOKIE, before)
            assert planted.get("/desk").status_code == 303


def test_a_session_sees_its_own_city_alone(keyed: Keyed) -> None:
    with keyed.browser() as here, keyed.browser() as there:
        enter(here, keyed.key("coordinate"))
        enter(there, keyed.key("coordinate", city="groot-oss"))
        assert "Klein-Oss" in here.get("/desk").text
        assert "Groot-Oss" in there.get("/desk").text
        assert "Klein-Oss" not in there.get("/desk").text


def test_a_changed_cookie_is_none(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser:
        enter(browser, key)
        good = browser.cookies[COOKIE]
        payload, _, signature = good.rpartition(".")
        other = URLSafeSerializer(b"another secret", salt="leerlijn desk cookie")
        forged = other.dumps(["0" * 32, NOW + 99, key.split("_")[1], "klein-oss"])
        changes = [
            "",
            "x",
            good[:-1],
            good + "A",
            f"{payload}.",
            f".{signature}",
            good.swapcase(),
            str(forged),
            "A" * 9000,
        ]
        for text in [*changes, f"{payload[:-2]}AA.{signature}", '"' + good]:
            answer = keyed.served.http.get("/desk", headers={**BROWSER, "Cookie": f"{COOKIE}={text}"})
            assert answer.status_code == 303, text[:80]
        assert keyed.served.http.get("/desk", headers={**BROWSER, "Cookie": f"{COOKIE}={good}"}).status_code == 200


def test_a_form_without_the_token_of_its_session_changes_nothing(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser, keyed.browser() as other:
        other.get("/desk/key")
        foreign = token_of(other.get("/desk/key"))
        token = token_of(browser.get("/desk/key"))
        for wrong in ("", "x", foreign, token[:-1], "A" * 10_000, "é"):
            refused = browser.post("/desk/key", data={"token": wrong, "key": key})
            assert refused.status_code == 403, wrong[:20]
            assert "too old" in refused.text
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        assert browser.post("/desk/key", data={"token": token, "key": key}, headers=elsewhere).status_code == 403
        assert browser.get("/desk").status_code == 303
        assert browser.post("/desk/key", data={"token": token, "key": key}).status_code == 303
        assert browser.get("/desk").status_code == 200
        for wrong in ("", foreign, token):
            assert browser.post("/desk/leave", data={"token": wrong}).status_code == 403
        assert browser.get("/desk").status_code == 200
    bare = keyed.served.http.post("/desk/key", data={"token": token, "key": key}, headers=BROWSER)
    assert bare.status_code == 403


def test_wrong_keys_are_told_and_then_made_to_wait(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser:
        for wrong in (
            f"{key}x",
            "leerlijn_0_0",
            "",
            "x" * 10_000,
            "leerlijn_é_x",
            key.swapcase(),
            " ",
            "Bearer",
            "\x00",
            "_",
        ):
            refused = enter(browser, wrong)
            assert refused.status_code == 401
            assert "does not fit" in refused.text
            assert 'aria-describedby="key-help key-wrong" aria-invalid="true"' in refused.text
        waiting = enter(browser, key)
        assert waiting.status_code == 429
        assert 0 < int(waiting.headers["retry-after"]) <= SECONDS + 1
        assert browser.get("/desk").status_code == 303


def test_the_key_may_be_pasted_with_what_stands_around_it(keyed: Keyed) -> None:
    with keyed.browser() as browser:
        assert enter(browser, f"  Bearer {keyed.key('coordinate')}\n").status_code == 303
        assert browser.get("/desk").status_code == 200


def test_what_is_no_form_is_refused(keyed: Keyed) -> None:
    with keyed.browser() as browser:
        browser.get("/desk/key")
        for content, kind in (
            (b"{}", "application/json"),
            (b"token=%ff", "application/x-www-form-urlencoded"),
            (b"", ""),
        ):
            assert browser.post("/desk/key", content=content, headers={"Content-Type": kind}).status_code == 403


def test_the_id_of_a_key_opens_nothing(keyed: Keyed) -> None:
    key = keyed.key("coordinate")
    with keyed.browser() as browser:
        enter(browser, key)
        assert browser.get("/desk").status_code == 200  # so that the key is remembered by its id
    for text in (f"klein-oss {key.split('_')[1]}", key.split("_")[1]):
        problem(keyed.served.http.get("/desk", headers={"Authorization": f"Bearer {text}"}), 401)


def test_a_strict_cookie_stays_behind_in_a_mail_so_the_door_asks_once_more(keyed: Keyed) -> None:
    address = {"to": "/desk?area=Centrum"}
    with keyed.browser() as browser:
        mailed = browser.get("/desk/key", params=address, headers={"Sec-Fetch-Site": "cross-site"})
        assert '<meta http-equiv="refresh" content="0; url=/desk?area=Centrum">' in mailed.text
        assert "set-cookie" not in mailed.headers  # it would take the place of the one that stayed behind
        again = browser.get("/desk/key", params=address, headers={"Sec-Fetch-Site": "same-origin"})
        assert 'name="key"' in again.text


def test_a_session_holds_after_a_restart_and_for_every_worker(
    place: Callable[[Path], Home], tiny: Tables, release: Release, tmp_path: Path
) -> None:
    home = place(tmp_path / "home")
    with keyed_service(home, tiny, release) as first:
        with first.browser() as browser:
            enter(browser, first.key("coordinate"))
            cookies = httpx.Cookies(browser.cookies)
        clock = first.now
        with serve(Settings(home=home.path, mode="keys"), clock=lambda: clock[0]) as second:
            beside = Keyed(second, clock)
            with beside.browser() as browser:
                browser.cookies = httpx.Cookies(cookies)
                assert browser.get("/desk").status_code == 200
                token = token_of(browser.get("/desk"))
    with serve(Settings(home=home.path, mode="keys"), clock=lambda: clock[0]) as third:
        restarted = Keyed(third, clock)
        with restarted.browser() as browser, restarted.browser() as copy:
            browser.cookies, copy.cookies = httpx.Cookies(cookies), httpx.Cookies(cookies)
            assert browser.get("/desk").status_code == 200
            assert browser.post("/desk/leave", data={"token": token}).status_code == 303
            assert copy.get("/desk").status_code == 303


def test_demo_mode_needs_no_key_and_its_forms_a_token_all_the_same(oss: Served) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{oss.port}", headers=BROWSER, timeout=30) as browser:
        page = browser.get("/desk")
        assert page.status_code == 200
        assert "/desk/leave" not in page.text
        assert browser.get("/desk/key").headers["location"] == START
        assert browser.post("/desk/least", data={"age": "6-8"}).status_code == 403
        gone = browser.post("/desk/least", data={"age": "6-8", "token": token_of(browser.get("/desk/least"))})
        assert (gone.status_code, gone.headers["location"]) == (303, "/desk/least?age=6-8")


def test_no_page_of_the_desk_is_kept_or_framed_or_fetches_from_elsewhere(oss: Served) -> None:
    for path in ("/desk", "/desk/key", "/desk/least", "/desk/nothing"):
        answer = oss.http.get(path, headers=BROWSER, follow_redirects=True)
        policy = answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert not re.findall(r'(?:src|href)="(?!/|#|data:,)[^"]*', answer.text)
        assert "<script" not in answer.text
