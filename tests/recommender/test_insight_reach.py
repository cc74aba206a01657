"""Who can reach what, held against the guarantee that is served and against a second count that knows nothing of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reach import reach_of as counted_from_tables
from data.insight import insight_from
from data.simulation import simulate
from data.simulation.config import preset
from data.tables import Tables
from recommender.eligibility import eligible, open_pool
from recommender.guarantee import claim_of
from recommender.insight.asked import Asked
from recommender.insight.insight import Insight
from recommender.insight.reach import LIST, Lists
from recommender.insight.supply import around_homes, around_venues
from recommender.passport import Request
from recommender.recommend import recommend_many
from recommender.scoring import score_block
from tests.recommender.towns import DAY, NOW, QUICK, town
from training.fit import fit

LONG = 104
HERE, FAR = {"home_lat": 51.76, "home_lon": 5.52}, {"home_lat": 51.86, "home_lon": 5.52}


def session(name: str, activity: str, days: float, **more: object) -> dict[str, object]:
    start = NOW + int(days * DAY)
    return {"session_id": name, "activity_id": activity, "start": start, "end": start + 3600, **more}


def people(many: int, prefix: str, **more: object) -> list[dict[str, object]]:
    return [
        {"learner_id": f"{prefix}{number:02d}", "age": "8", "area": "Hier", **HERE, **more} for number in range(many)
    ]


PLAIN = {"venue_id": "hall", "age_min": 6.0, "age_max": 9.0, "price": 0.0, "access": "wheelchair", "language": "nl"}
VENUES = [{"venue_id": "hall", "name": "Hal", "domain": "social", "lat": 51.761, "lon": 5.521, "area": "Hier"}]


def built(
    activities: Sequence[dict[str, object]], passports: Sequence[dict[str, object]], asked: Asked | None = None
) -> Insight:
    sessions = [session(f"s-{one['activity_id']}", str(one["activity_id"]), 2) for one in activities]
    tables = town(activities, passports=passports, venues=VENUES, sessions=sessions)
    return insight_from(tables, None, asked or Asked(at=NOW))


@pytest.fixture(scope="module")
def small() -> Tables:
    return simulate(preset("small")).tables


@pytest.fixture(scope="module")
def asked_small(small: Tables) -> Asked:
    assert small.city.as_of is not None
    return Asked(at=small.city.as_of, weeks=LONG)


def test_every_learner_has_what_a_count_from_the_tables_says(small: Tables, asked_small: Asked) -> None:
    insight = insight_from(small, None, asked_small)
    second = counted_from_tables(small, asked_small.at, "walk")
    told = dict(zip(second.learners, np.where(second.claims, second.activities, -1).tolist(), strict=True))
    names = sorted({*small.passports["learner_id"], *small.stamps["learner_id"]})
    assert insight.cases.own_activities.tolist() == [told[name] for name in names]
    assert len(set(told.values())) > 5


@pytest.mark.parametrize("needs", [(), ("wheelchair",)])
def test_every_learner_has_what_the_guarantee_counts(small: Tables, asked_small: Asked, needs: tuple[str, ...]) -> None:
    asked = replace(asked_small, needs=needs)
    insight = insight_from(small, None, asked)
    release = fit(small, QUICK)
    request = Request(at=asked.at, count=LIST, access=needs, explain=False)
    pool = open_pool(insight.catalogue, request)
    block = [(passport, request) for passport in insight.passports]
    can = [eligible(passport, insight.catalogue, request, pool) for passport, _ in block]
    exist = [
        claim_of(one, insight.catalogue).exist for one in score_block(block, can, insight.catalogue, release.model)
    ]
    own = insight.cases.own_activities
    assert own[own >= 0].tolist() == np.array(exist)[own >= 0].tolist()
    assert not np.array(exist)[own < 0].any()


def test_what_the_guarantee_serves_leaves_no_ranking_part(small: Tables, asked_small: Asked) -> None:
    insight = insight_from(small, fit(small, QUICK), asked_small)
    request = Request(at=asked_small.at, closes=asked_small.until, count=LIST, explain=False)
    session = np.full((len(insight.passports), LIST), -1, dtype=np.int32)
    for row, answer in enumerate(recommend_many(insight.passports, insight.catalogue, insight.release, request)):
        shown = [one.session for one in answer.recommendations]
        session[row, : len(shown)] = shown
    everybody = np.arange(len(insight.passports), dtype=np.int32)
    served, nothing = Lists(everybody, session), Lists(everybody, np.full_like(session, -1))
    found = insight.reach(served).everybody
    assert found.ranking is not None
    assert found.ranking.value == 0.0
    assert found.short == found.supply
    # Were nothing shown, everybody for whom enough exists would be in the ranking part.
    blank = insight.reach(nothing).everybody
    assert blank.ranking is not None
    assert blank.supply.value is not None
    assert blank.ranking.value == pytest.approx(1 - blank.supply.value, abs=0.06)


def test_cases_are_fewer_than_people(small: Tables, asked_small: Asked) -> None:
    insight = insight_from(small, None, asked_small)
    assert insight.cases.count.sum() == insight.people.claims.sum()
    assert len(insight.cases) < insight.people.claims.sum()


def test_price_age_and_access_that_are_not_told_do_not_count_and_are_counted_apart() -> None:
    activities = [
        {"activity_id": "good", "title": "x", **PLAIN},
        {"activity_id": "no-price", "title": "x", **PLAIN, "price": None},
        {"activity_id": "no-age", "title": "x", **PLAIN, "age_min": None, "age_max": None},
        {"activity_id": "no-access", "title": "x", **PLAIN, "access": ""},
        {"activity_id": "nothing", "title": "x", **PLAIN, "access": "", "price": None},
        {"activity_id": "dear", "title": "x", **PLAIN, "price": 4.0},
        {"activity_id": "old", "title": "x", **PLAIN, "age_min": 60.0, "age_max": None},
    ]
    insight = built(activities, people(40, "l"))
    group = insight.reach().everybody
    assert (group.activities.low, group.activities.high) == (1, 1)
    assert group.not_known == {"price": 2.0, "age": 1.0, "access": 2.0, "place": 0.0}
    (desert,) = (one for one in insight.deserts() if one.band == 1)
    assert desert.keeps_out["price"] == 1.0
    assert desert.keeps_out["age"] == 1.0
    assert desert.keeps_out["not_known"] == 4.0
    assert desert.left == {"near": 7.0, "age": 6.0, "language": 6.0, "access": 6.0, "price": 5.0, "not_known": 1.0}
    assert desert.cause == "not_known"


def test_who_has_no_home_or_age_makes_no_claim() -> None:
    passports = [*people(12, "a"), *people(11, "b", home_lat=None, home_lon=None), *people(3, "c", age="")]
    insight = built([{"activity_id": "good", "title": "x", **PLAIN}], passports)
    assert insight.people.claims.sum() == 12
    assert insight.reach().everybody.n == 12


def test_far_away_nothing_is_near() -> None:
    passports = [*people(30, "a"), *people(30, "b", area="Ver", **FAR)]
    activities = [{"activity_id": f"a-{number}", "title": "x", **PLAIN} for number in range(4)]
    insight = built(activities, passports)
    first, second = (one for one in insight.deserts() if insight.asked.bands[one.band] == (6, 8))
    assert (insight.people.areas.names[first.area], first.mean, first.cause) == ("Ver", 0.0, "near")
    assert (insight.people.areas.names[second.area], second.mean, second.cause) == ("Hier", 4.0, None)
    told = insight.reach()
    assert {insight.people.areas.names[one.areas[0]]: one.supply.value for one in told.areas} == {
        "Hier": 0.0,
        "Ver": 1.0,
    }
    assert told.everybody.supply.value == 0.5


def test_what_was_visited_is_no_longer_there_to_choose() -> None:
    activities = [{"activity_id": f"a-{number}", "title": "x", **PLAIN} for number in range(3)]
    sessions = [session(f"s-{number}", f"a-{number}", 2) for number in range(3)]
    stamps = [(f"l{number:02d}", "a-0", 9) for number in range(20)]
    tables = town(activities, stamps, passports=people(40, "l"), venues=VENUES, sessions=sessions)
    group = insight_from(tables, None, Asked(at=NOW)).reach().everybody
    assert group.supply.value == 0.5
    assert (group.activities.low, group.activities.high) == (2, 3)


def test_sessions_after_the_weeks_asked_about_do_not_count() -> None:
    activities = [{"activity_id": "late", "title": "x", **PLAIN}]
    tables = town(activities, passports=people(30, "l"), venues=VENUES, sessions=[session("s", "late", 10)])
    for weeks, there in ((1, 0), (2, 1)):
        assert insight_from(tables, None, Asked(at=NOW, weeks=weeks)).reach().everybody.activities.median == there


def test_the_map_shows_no_cell_in_which_fewer_than_ten_live() -> None:
    insight = built([{"activity_id": "good", "title": "x", **PLAIN}], [*people(10, "a"), *people(9, "b", **FAR)])
    (cell,) = around_homes(insight.cases)
    assert (cell.place.lat, cell.activities) == (51.76, (0, 1, 0, 0, 0, 0))


def test_a_venue_shows_what_is_there_and_what_is_near() -> None:
    insight = built([{"activity_id": "good", "title": "x", **PLAIN}, {"activity_id": "dear", "title": "x", **PLAIN, "price": 4.0}],
                    people(10, "a"))  # fmt: skip
    (venue,) = around_venues(insight.cases)
    assert (venue.open, venue.free, venue.here, venue.activities) == (2, 1, (0, 1, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0))


def test_the_order_of_the_passports_changes_nothing(small: Tables, asked_small: Asked) -> None:
    turned = replace(small, passports=small.passports.iloc[::-1].reset_index(drop=True))
    one, other = insight_from(small, None, asked_small), insight_from(turned, None, asked_small)
    assert repr(one.reach()) == repr(other.reach())
    assert one.deserts() == other.deserts()


def test_without_anybody_or_anything_there_is_an_answer() -> None:
    assert built([], people(30, "l")).reach().everybody.supply.value == 1.0
    nobody = built([{"activity_id": "good", "title": "x", **PLAIN}], [])
    assert nobody.reach().everybody.n == 0
    assert nobody.deserts() == ()
    assert nobody.suggest().city == ()


def test_a_city_without_sessions_has_everything_open() -> None:
    activities = [{"activity_id": f"a-{number}", "title": "x", **PLAIN} for number in range(3)]
    tables = town(activities, passports=people(30, "l"), venues=VENUES)
    assert insight_from(tables, None, Asked(at=NOW)).reach().everybody.supply.value == 0.0


def test_other_ways_of_getting_there_are_told_apart() -> None:
    # Two kilometres and a bit: too far on foot, near by bicycle.
    passports = [*people(30, "a"), *people(30, "b", home_lat=51.74, home_lon=5.52)]
    activities = [{"activity_id": f"a-{number}", "title": "x", **PLAIN} for number in range(3)]
    modes, needs = built(activities, passports).otherwise(["bike"], ["wheelchair", "hearing_loop"])
    assert modes["bike"].value == 0.0
    assert needs["wheelchair"].value == 0.5
    assert needs["hearing_loop"].value == 1.0
