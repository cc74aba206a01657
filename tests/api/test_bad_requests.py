"""Whatever comes in, a 4xx with the field's path goes out, never a 5xx, and never the value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from api import body
from api.problems import MOST_ERRORS, Problem
from api.shapes.people import StampsIn
from tests.api.conftest import ASK, Served, problem


def fields(found: dict[str, Any]) -> list[str]:
    return [error["field"] for error in found["errors"]]


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        ('{"passport": {"age": NaN}}', 422, "passport.age"),
        ('{"passport": {"age": Infinity}}', 422, "passport.age"),
        ('{"passport": {"age": -Infinity}}', 422, "passport.age"),
        ('{"passport": {"age": 1e400}}', 422, "passport.age"),
        ('{"passport": {"age": -1}}', 422, "passport.age"),
        ('{"passport": {"age": 121}}', 422, "passport.age"),
        ('{"passport": {"age": "4/10"}}', 422, "passport.age"),
        ('{"passport": {"age": "8-6"}}', 422, "passport.age"),
        ('{"passport": {"age": "8.5"}}', 422, "passport.age"),
        ('{"passport": {"age": true}}', 422, "passport.age"),
        ('{"passport": {"age": [8]}}', 422, "passport.age"),
        ('{"passport": {"home": {"lat": NaN, "lon": 5}}}', 422, "passport.home.lat"),
        ('{"passport": {"home": {"lat": 5.5, "lon": 1e400}}}', 422, "passport.home.lon"),
        ('{"passport": {"home": {"lat": 151.8, "lon": 5.5}}}', 422, "passport.home.lat"),
        ('{"passport": {"home": {"lat": "51", "lon": 5.5}}}', 422, "passport.home.lat"),
        ('{"passport": {"home": {"lat": 51}}}', 422, "passport.home.lon"),
        ('{"passport": {"home": [51, 5]}}', 422, "passport.home"),
        ('{"passport": {"wishes": ["robots", "robts"]}}', 422, "passport.wishes[1]"),
        ('{"passport": {"avoid": [""]}}', 422, "passport.avoid[0]"),
        ('{"passport": {"languages": ["Dutch!"]}}', 422, "passport.languages[0]"),
        ('{"passport": {"stamps": [{"activity": "birds"}]}}', 422, "passport.stamps[0].at"),
        ('{"passport": {"stamps": [{"activity": "birds", "at": "2026-02-30T10:00:00Z"}]}}', 422, "passport.stamps[0].at"),
        ('{"passport": {"stamps": [{"activity": "birds", "at": "2026-02-03T10:00:00"}]}}', 422, "passport.stamps[0].at"),
        ('{"passport": {"stamps": [{"activity": "birds", "at": 1700000000}]}}', 422, "passport.stamps[0].at"),
        ('{"passport": {"stamps": [{"activity": "birds", "at": "2027-01-01T00:00:00Z"}]}}', 422, "passport.stamps[0].at"),
        ('{"passport": {"stamps": [{"activity": "birds", "at": "2026-01-01T00:00:00Z", "chosen_by": "me"}]}}', 422,
         "passport.stamps[0].chosen_by"),
        ('{"count": 0}', 422, "count"),
        ('{"count": 101}', 422, "count"),
        ('{"count": 9223372036854775808}', 422, "count"),
        ('{"count": -9223372036854775809}', 422, "count"),
        (f'{{"count": {"9" * 4000}}}', 422, "count"),
        ('{"count": 5.5}', 422, "count"),
        ('{"count": "5"}', 422, "count"),
        ('{"count": true}', 422, "count"),
        ('{"count": null}', 422, "count"),
        ('{"count": NaN}', 422, "count"),
        ('{"at": "soon"}', 422, "at"),
        ('{"at": "9999-12-31T23:59:59Z"}', 422, "at"),
        ('{"at": "0001-01-01T00:00:00Z"}', 422, "at"),
        ('{"at": "2026-03-02T25:00:00Z"}', 422, "at"),
        ('{"window": {"from": "2026-03-08T00:00:00Z", "until": "2026-03-07T00:00:00Z"}}', 422, "window.until"),
        ('{"travel": {"max_minutes": 0}}', 422, "travel.max_minutes"),
        ('{"travel": {"max_minutes": NaN}}', 422, "travel.max_minutes"),
        ('{"travel": {"mode": "helicopter"}}', 422, "travel.mode"),
        ('{"travel": {"from": {"lat": 0, "lon": 181}}}', 422, "travel.from.lon"),
        ('{"with": [{"age": 5}, {"age": "old"}]}', 422, "with[1].age"),
        ('{"with": [{}]}', 422, "with[0].age"),
        ('{"free_only": "yes"}', 422, "free_only"),
        ('{"themes": ["dinosaurs"]}', 422, "themes[0]"),
        ('{"domains": ["pub"]}', 422, "domains[0]"),
        ('{"line": "tram 4"}', 422, "line"),
        ('{"curiosity": 1.1}', 422, "curiosity"),
        ('{"curiosity": NaN}', 422, "curiosity"),
        ('{"lang": "xx"}', 422, "lang"),
        ('{"lang": "nederlands"}', 422, "lang"),
        ('{"learner": ""}', 422, "learner"),
        ('{"learner": 5}', 422, "learner"),
        ('{"learner": "r-1", "passport": {}}', 422, "passport"),
        ('{"profile": {}}', 422, "profile"),
        ('{"passport": {"level": 3}}', 422, "passport.level"),
        ('{"count": 5, "count": 6}', 422, "count"),
        ('{"passport": {"stamps": [], "wishes": [], "stamps": []}}', 422, "passport.stamps"),
        ('{"with": [{"age": 1}, {"age": 1, "age": 2}]}', 422, "with[1].age"),
        ("[]", 422, "body"),
        ('"text"', 422, "body"),
        ("null", 422, "body"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_named_by_its_path(oss: Served, content: str, status: int, field: str) -> None:
    found = oss.refused(content, status)
    assert fields(found) == [field]
    assert field in found["detail"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"{", b"{]", b'{"count": 5', b'{"count": 5}}', b'{"count": 5} x', b"{'count': 5}", b'{"count": 05}',
        b'{"learner": "\\ud800"}', b'{"learner": "\\udc00\\ud800"}', b'{"\\ud800": 1}', b'{"learner": "\xff"}', b"\xff\xfe{}",
        b"\xef\xbb\xbf{}", '{"count": 5}'.encode("utf-16"), '{"learner": "é"}'.encode("latin-1"),
        b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"\x00", b'{"learner": "a\x00b"}', b"1" * 10_000,
        b'{"count": ' + b"9" * 5_000 + b"}", b"nul", b"undefined", b"<x/>", b'{"count": 1_000}', b'{"count": +5}', b'{"count": .5}', b'{"count": 0x10}',
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(oss: Served, content: bytes) -> None:
    answer = oss.http.post(ASK, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/jsonp",
     "multipart/form-data; boundary=x", "json"],
)  # fmt: skip
def test_another_content_type_is_refused(oss: Served, media_type: str) -> None:
    found = oss.refused("{}", 415, **{"Content-Type": media_type})
    assert "application/json" in found["detail"]


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_may_say_its_charset(oss: Served, media_type: str) -> None:
    assert oss.http.post(ASK, content=b"{}", headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize(
    ("question", "field", "what"),
    [
        ({"name": "Jan Jansen"}, "name", "a name"),
        ({"passport": {"firstName": "Jan"}}, "passport.firstName", "a name"),
        ({"passport": {"voornaam": "Jan"}}, "passport.voornaam", "a name"),
        ({"passport": {"birth_date": "2017-05-05"}}, "passport.birth_date", "a birth date"),
        ({"passport": {"dateOfBirth": "2017-05-05"}}, "passport.dateOfBirth", "a birth date"),
        ({"passport": {"geboortedatum": "2017-05-05"}}, "passport.geboortedatum", "a birth date"),
        ({"passport": {"home": {"lat": 51, "lon": 5, "address": "Kerkstraat 1"}}}, "passport.home.address", "an address"),
        ({"passport": {"home": {"lat": 51, "lon": 5, "postcode": "5341"}}}, "passport.home.postcode", "an address"),
        ({"passport": {"e-mail": "x@y.z"}}, "passport.e-mail", "an address"),
        ({"passport": {"school": "De Kring"}}, "passport.school", "a school"),
        ({"passport": {"SCHOOL_ID": 5}}, "passport.SCHOOL_ID", "a school"),
        ({"passport": {"gender": "f"}}, "passport.gender", "a gender"),
        ({"passport": {"geslacht": "v"}}, "passport.geslacht", "a gender"),
        ({"passport": {"countryOfOrigin": "NL"}}, "passport.countryOfOrigin", "an origin"),
        ({"passport": {"nationality": "NL"}}, "passport.nationality", "an origin"),
        ({"passport": {"household_income": 1}}, "passport.household_income", "an income"),
        ({"passport": {"bsn": "123456789"}}, "passport.bsn", "an identity number"),
        ({"with": [{"age": 8, "name": "Jan"}]}, "with[0].name", "a name"),
        ({"child": {"details": [{"age": 8}, {"surname": "Jansen"}]}}, "child.details[1].surname", "a name"),
        ({"passport": {"stamps": [{"activity": "birds", "at": "2026-01-01T00:00:00Z", "teacher": "X"}]}},
         "passport.stamps[0].teacher", "a school"),
    ],
)  # fmt: skip
def test_who_somebody_is_is_not_wanted(oss: Served, question: dict[str, Any], field: str, what: str) -> None:
    found = oss.refused(json.dumps(question), 422)
    assert found["type"] == "urn:leerlijn:problem:unwanted-data"
    assert found["errors"] == [{"field": field, "detail": f"Leerlijn does not want {what}; leave this field out"}]
    assert "Jan" not in str(found)
    assert "2017" not in str(found)


def test_values_are_not_repeated(oss: Served) -> None:
    secret = "kerkstraat-12-oss"
    for question in (
        {"learner": [secret]},
        {"passport": {"age": secret}},
        {"passport": {"wishes": [secret]}},
        {"travel": {"mode": secret}},
        {"at": secret},
        {"line": secret},
        {"lang": "nl-" + secret},
    ):
        assert secret not in json.dumps(oss.refused(json.dumps(question), 422))


def test_a_slip_of_the_pen_is_met_with_the_nearest_names(oss: Served) -> None:
    found = oss.refused('{"passport": {"wishes": ["robts", "anmals"]}}', 422)
    assert fields(found) == ["passport.wishes[0]", "passport.wishes[1]"]
    assert "did you mean robots" in found["errors"][0]["detail"]
    assert "did you mean animals" in found["errors"][1]["detail"]
    assert "GET /v1/themes" in oss.refused('{"themes": ["qqqqqq"]}', 422)["detail"]
    assert "GET /v1/lines" in oss.refused('{"line": "qqqqqq"}', 422)["detail"]


def test_a_query_is_no_place_for_a_question(oss: Served) -> None:
    found = problem(oss.http.post(ASK + "?name=Jan", json={}), 422)
    assert fields(found) == ["query.name"]
    assert "Jan" not in str(found)


def test_many_faults_are_listed_up_to_a_limit(oss: Served) -> None:
    found = oss.refused(json.dumps({"passport": {"wishes": [""] * 90, "age": -1}}), 422)
    assert len(found["errors"]) == 20


def test_too_much_of_anything_is_refused(oss: Served) -> None:
    stamp = {"activity": "birds", "at": "2026-01-01T00:00:00Z"}
    assert fields(oss.refused(json.dumps({"passport": {"stamps": [stamp] * 5001}}), 422)) == ["passport.stamps"]
    assert fields(oss.refused(json.dumps({"learner": "x" * 201}), 422)) == ["learner"]


@pytest.mark.parametrize("inner", ["1", "{}", "NaN", '{"learner": "x", "name": "x"}', "1e400"])
def test_of_a_flood_of_errors_the_first_are_told(inner: str) -> None:
    flood = f"[{','.join([inner] * 30_000)}]".encode()
    with pytest.raises(Problem) as caught:
        body.parse(flood, StampsIn)
    assert caught.value.status == 422
    assert caught.value.errors[0]["field"].startswith("[0]")
    assert len(caught.value.errors) <= MOST_ERRORS
    with pytest.raises(ValidationError) as all_of_them:
        StampsIn.model_validate_json(flood)
    put_in_words = body._first(all_of_them.value, flood, StampsIn)
    assert len(put_in_words) <= 1000 < 30_000 <= all_of_them.value.error_count()


def test_a_flood_that_begins_well_is_refused_as_well() -> None:
    good = '{"learner": "x", "activity": "y", "at": "2026-01-01T00:00:00Z"}'
    with pytest.raises(Problem) as caught:
        body.parse(f"[{','.join([good] * 300 + ['1'] * 6000)}]".encode(), StampsIn)
    assert (caught.value.status, caught.value.errors[0]["field"]) == (422, "body")
    assert "6000 things do not fit" in caught.value.detail


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", ASK, 405), ("PUT", ASK, 405), ("DELETE", "/v1/activities", 405), ("GET", "/v1/nothing", 404),
     ("POST", "/v1/recommendations/", 404), ("GET", "/docs-are-not-here", 404), ("GET", "/v1/%00", 404),
     ("GET", "/v1/../../etc/passwd", 404), ("OPTIONS", ASK, 405)],
)  # fmt: skip
def test_wrong_addresses_and_methods_are_problems_too(oss: Served, method: str, path: str, status: int) -> None:
    found = problem(oss.http.request(method, path), status)
    assert "/openapi.json" in found["detail"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["learner", "passport", "at", "window", "count", "travel", "with", "free_only", "access", "themes", "domains",
     "line", "curiosity", "lang", "age", "home", "lat", "lon", "stamps", "activity", "from", "until", "mode", "x"]
)  # fmt: skip
NEAR = st.recursive(
    JSON | st.sampled_from(["r-1", "robots", "birds", "robot-line", "nl", "2026-01-01T00:00:00Z", "bike", 8.5, "6-8"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=NEAR.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200))
def test_nothing_that_is_sent_breaks_the_service(oss: Served, content: bytes) -> None:
    answer = oss.http.post(ASK, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 404, 422), (content, answer.text)
    if answer.status_code != 200:
        problem(answer, answer.status_code)
