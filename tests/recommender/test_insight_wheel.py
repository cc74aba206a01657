"""The wheel of a town that can be seen by eye: three houses about making, one far away, one on a line already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from data.columns import LINES
from data.insight import insight_from
from data.tables import frame_of
from recommender.city import DOMAINS, UNKNOWN
from recommender.insight.asked import Asked
from recommender.insight.insight import Insight
from recommender.insight.plain import plain_wheel
from tests.recommender.towns import DAY, NOW, town

THEMES = [
    {"theme_id": "tech", "nl": "Techniek"},
    {"theme_id": "making", "parent": "tech", "nl": "Maken"},
    {"theme_id": "song", "nl": "Zang"},
]
VENUES = [
    {"venue_id": "lib", "name": "Bieb", "domain": "library", "lat": 51.760, "lon": 5.520},
    {"venue_id": "lab", "name": "Lab", "domain": "education", "lat": 51.763, "lon": 5.520},
    {"venue_id": "museum", "name": "Museum", "domain": "culture", "lat": 51.762, "lon": 5.524},
    {"venue_id": "farm", "name": "Boerderij", "domain": "nature", "lat": 51.80, "lon": 5.52},
    {"venue_id": "wood", "name": "Bos", "domain": "nature", "lat": 51.90, "lon": 5.52},
]
HOUR = 3600


def activity(name: str, venue: str, low: float = 6, high: float = 12, theme: str = "making") -> dict[str, object]:
    return {"activity_id": name, "title": name, "themes": f"{theme}:1", "venue_id": venue, "organiser": venue,
            "age_min": low, "age_max": high, "price": 0.0}  # fmt: skip


def session(name: str, activity: str, day: int, hour: float, hours: float = 1) -> dict[str, object]:
    start = NOW + day * DAY + int(hour * HOUR)
    return {"session_id": name, "activity_id": activity, "start": start, "end": start + int(hours * HOUR)}


def built(
    activities: Iterable[dict[str, object]], sessions: Iterable[dict[str, object]], line: tuple[str, ...] = ()
) -> Insight:
    tables = town(activities, themes=THEMES, venues=VENUES, sessions=sessions)
    rows = [
        {"line_id": "l", "name": "l", "station": float(place), "activity_id": name} for place, name in enumerate(line)
    ]
    return insight_from(replace(tables, lines=frame_of(LINES, rows)), None, Asked(at=NOW))


FIVE = [activity("a", "lib"), activity("b", "lab"), activity("c", "museum"), activity("far", "farm")]
TIMES = [session("s-a", "a", 1, 0), session("s-b", "b", 1, 2), session("s-c", "c", 1, 4), session("s-far", "far", 1, 2)]


def pairs(insight: Insight, theme: str = "making") -> set[tuple[str, str]]:
    found = plain_wheel(insight.wheel(insight.catalogue.themes.ids.row(theme)), insight)["pairs"]
    return {(pair["a"]["venue"], pair["b"]["venue"]) for pair in found}


def test_partners_stand_by_domain_and_missing_domains_have_a_venue() -> None:
    insight = built(FIVE, TIMES)
    told = plain_wheel(insight.wheel(1), insight)
    assert {one["domain"]: one["partners"][0]["venue"] for one in told["domains"]} == {
        "library": "lib", "education": "lab", "culture": "museum", "nature": "farm",
    }  # fmt: skip
    assert {one["domain"] for one in told["missing"]} == set(DOMAINS) - {"library", "education", "culture", "nature"}
    assert all(one["venue"] is None for one in told["missing"])
    assert (told["activities"], told["broader"], told["narrower"]) == (4, "tech", [])


def test_the_nearest_venue_of_a_missing_domain_is_named() -> None:
    insight = built(FIVE[:1], TIMES[:1])
    missing = {DOMAINS[one.domain]: one for one in insight.wheel(1).missing}
    names = insight.catalogue.venues.ids.names
    assert names[missing["nature"].venue] == "farm"
    assert names[missing["nature"].near] == "lib"
    # 0.04 degrees of latitude are 4.45 km; on foot with detours 72 minutes.
    assert missing["nature"].minutes == pytest.approx(72.3, abs=0.5)
    assert missing["business"].venue == UNKNOWN


def test_a_broader_theme_holds_its_narrower_ones() -> None:
    insight = built(FIVE, TIMES)
    assert insight.wheel(0).activities == 4
    assert insight.wheel(0).narrower == (1,)
    assert insight.wheel(2).activities == 0
    assert insight.wheel(2).missing == ()


def test_pairs_are_near_on_one_day_one_after_the_other() -> None:
    # From lib at 0–1, lab at 2–3, museum at 4–5: what is more than three hours later does not follow; the farm is too far.
    assert pairs(built(FIVE, TIMES)) == {("lib", "lab"), ("lab", "museum"), ("lib", "museum")}


def test_the_way_must_fit_between_them() -> None:
    late = [TIMES[0], session("s-b", "b", 1, 1.0)]
    assert pairs(built(FIVE[:2], late)) == set()
    assert pairs(built(FIVE[:2], [TIMES[0], session("s-b", "b", 1, 1.2)])) == {("lib", "lab")}


def test_what_is_on_a_line_together_is_no_new_route() -> None:
    assert pairs(built(FIVE, TIMES, line=("a", "b"))) == {("lab", "museum"), ("lib", "museum")}


def test_pairs_welcome_an_age_together() -> None:
    apart = [activity("a", "lib", 4, 6), activity("b", "lab", 7, 12)]
    assert pairs(built(apart, TIMES[:2])) == set()
    wheel = built([activity("a", "lib", 4, 8), activity("b", "lab", 7, 12)], TIMES[:2]).wheel(1)
    assert (wheel.pairs[0].age_min, wheel.pairs[0].age_max) == (7, 8)


def test_one_house_is_no_pair() -> None:
    same = [activity("a", "lib"), {**activity("b", "lab"), "organiser": "lib"}]
    assert pairs(built(same, TIMES[:2])) == set()
