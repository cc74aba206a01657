"""A route in one's own agenda, and which form an answer comes in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from api.negotiate import chosen
from api.problems import Problem
from tests.api.conftest import Served, problem
from tests.api.test_routes import JOURNEY, OUTING, ROUTES, plan

pytestmark = pytest.mark.usefixtures("ready_to_plan")
OFFERS = ("application/json", "text/calendar")
OSS = ZoneInfo("Europe/Amsterdam")


def written(served: Served, question: dict[str, object]) -> bytes:
    answer = served.http.post(ROUTES, json=question, headers={"Accept": "text/calendar"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return answer.content


def opened(content: bytes) -> icalendar.Calendar:
    found = icalendar.Calendar.from_ical(content)
    assert isinstance(found, icalendar.Calendar)
    assert found.to_ical() == content
    return found


def test_the_calendar_has_the_stops_and_the_ways_of_the_best_route(oss: Served) -> None:
    best = plan(oss, OUTING)["routes"][0]
    found = opened(written(oss, {**OUTING, "lang": "nl"}))
    events = {event["summary"]: event for event in found.events}
    for stop in best["stops"]:
        event = events[stop["activity"]["title"]]
        assert event.start == datetime.fromisoformat(stop["begin"])
        assert event.end == datetime.fromisoformat(stop["end"])
        assert event.start.tzinfo is not None
        assert str(event["location"]).startswith(stop["venue"]["name"])
        assert (event["geo"].latitude, event["geo"].longitude) == (stop["venue"]["lat"], stop["venue"]["lon"])
        assert all(reason["text"] in event["description"] for reason in stop["reasons"])
    ways = [event for event in found.events if "fietsen" in event["summary"]]
    assert len(ways) == len(best["legs"])
    assert len(events) == len(ways) + len(best["stops"])
    assert not list(found.walk("VALARM"))


def test_the_clocks_of_the_city_come_along(oss: Served) -> None:
    found = opened(written(oss, OUTING))
    (zone,) = found.timezones
    assert zone.tz_name == "Europe/Amsterdam"
    assert not found.get_missing_tzids()
    clocks = zone.to_tz(lookup_tzid=False)
    for moment in (
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 29, 12, tzinfo=UTC),
        datetime(2026, 10, 26, tzinfo=UTC),
    ):
        assert moment.astimezone(clocks).utcoffset() == moment.astimezone(OSS).utcoffset()


def test_the_same_event_has_the_same_id_in_every_answer(oss: Served) -> None:
    assert written(oss, OUTING) == written(oss, OUTING)
    one, other = (
        {str(event["summary"]): str(event["uid"]) for event in opened(written(oss, question)).events}
        for question in (OUTING, {**OUTING, "max_stops": 1, "pinned": ["robot-start"]})
    )
    assert one["Bouw je eerste robot"] == other["Bouw je eerste robot"]
    assert len(set(one.values())) == len(one)


def test_an_event_is_stamped_with_the_moment_of_asking(oss: Served) -> None:
    found = opened(written(oss, {**OUTING, "at": "2026-03-03T12:00:00+01:00"}))
    assert {event.DTSTAMP for event in found.events} == {datetime(2026, 3, 3, 11, 0, tzinfo=UTC)}


def test_a_journey_is_a_calendar_too(oss: Served) -> None:
    best = plan(oss, JOURNEY)["routes"][0]
    starts = {event.start for event in opened(written(oss, JOURNEY)).events}
    assert {datetime.fromisoformat(stop["begin"]) for stop in best["stops"]} <= starts


def test_no_route_is_a_calendar_that_says_what_to_relax(oss: Served) -> None:
    question = {**OUTING, "until": "2026-03-07T10:00:00+01:00", "lang": "en"}
    found = opened(written(oss, question))
    assert not found.events
    assert found.timezones
    assert str(found.description) == plan(oss, question)["relax"]["text"]


def test_an_answer_says_what_it_varies_by(oss: Served) -> None:
    for accept in OFFERS:
        answer = oss.http.post(ROUTES, json=OUTING, headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == accept
        assert answer.headers["vary"] == "Accept, Accept-Language"
        assert answer.headers["content-language"] == "nl"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/calendar"),
        ("text/calendar", "text/calendar"),
        ("TEXT/Calendar; charset=utf-8", "text/calendar"),
        ("application/json;q=0.5, text/calendar;q=0.9", "text/calendar"),
        ("application/json;q=0.9, text/calendar;q=0.5", "application/json"),
        ("application/json, text/calendar", "application/json"),
        ("text/calendar;q=0.2, */*;q=0.1", "text/calendar"),
        ("application/json;q=0, */*", "text/calendar"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        ("text/calendar;q=high, application/json;q=0.1", "application/json"),
        ("whatever", "application/json"),
    ],
)
def test_the_form_that_is_wanted_most_is_given(accept: str, media_type: str) -> None:
    assert chosen(accept, OFFERS) == media_type


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/json;q=0", "*/*;q=0", "application/xml, text/html"]
)
def test_a_form_that_is_not_there_is_refused(accept: str) -> None:
    with pytest.raises(Problem) as refused:
        chosen(accept, OFFERS)
    assert refused.value.status == 406


def test_a_refusal_says_what_there_is(oss: Served) -> None:
    found = problem(oss.http.post(ROUTES, json=OUTING, headers={"Accept": "text/html"}), 406)
    assert found["type"] == "urn:leerlijn:problem:not-acceptable"
    assert "text/calendar" in found["detail"]
    wrong = oss.http.post(ROUTES, json={**OUTING, "until": OUTING["from"]}, headers={"Accept": "text/calendar"})
    problem(wrong, 422)
