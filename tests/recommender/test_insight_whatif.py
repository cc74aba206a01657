"""What if: held against the same city with the activity really in it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES, SESSIONS
from data.insight import insight_from
from data.simulation import simulate
from data.simulation.config import preset
from data.tables import Tables, frame_of
from recommender.city import UNKNOWN, Catalogue, Clock, Place
from recommender.errors import BadInput
from recommender.insight.addition import Addition, starts_of, with_additions
from recommender.insight.asked import Asked
from recommender.insight.calibration import BOOSTS, Calibration, calibrate
from recommender.insight.choice import expected_visits, sample_of, weekly
from recommender.insight.insight import Insight
from recommender.insight.plain import addition_from, plain_addition, plain_gain
from recommender.insight.whatif import gained
from tests.conftest import AS_OF, moment
from tests.recommender.towns import QUICK
from training.fit import fit


@pytest.fixture(scope="module")
def small() -> Tables:
    return simulate(preset("small")).tables


@pytest.fixture(scope="module")
def ready(small: Tables) -> Insight:
    assert small.city.as_of is not None
    return insight_from(small, fit(small, QUICK), Asked(at=small.city.as_of))


def added_to(tables: Tables, insight: Insight, addition: Addition) -> Tables:
    """The tables as they would be delivered with the activity in them."""
    catalogue = insight.catalogue
    name = "a-new"
    activity = {
        "activity_id": name, "title": "x", "language": "nl", "venue_id": catalogue.venues.ids.names[addition.venue],
        "age_min": addition.age_min, "age_max": addition.age_max, "price": addition.price,
        "access": "wheelchair" if addition.access else "",
        "themes": ";".join(f"{catalogue.themes.ids.names[theme]}:{weight}" for theme, weight in addition.themes),
    }  # fmt: skip
    sessions = [
        {"session_id": f"s-new-{turn}", "activity_id": name, "start": int(start), "end": int(start) + 5400}
        for turn, start in enumerate(starts_of(addition, catalogue.clock, insight.asked.at))
    ]
    return replace(
        tables,
        activities=pd.concat([tables.activities, frame_of(ACTIVITIES, [activity])], ignore_index=True),
        sessions=pd.concat([tables.sessions, frame_of(SESSIONS, sessions)], ignore_index=True),
    )


@pytest.mark.parametrize(
    "change",
    [{}, {"price": 3.0}, {"access": False}, {"age_min": math.nan, "age_max": math.nan}, {"age_min": 18.0, "age_max": math.nan}],
)  # fmt: skip
def test_who_gains_is_who_has_more_when_it_is_really_there(
    small: Tables, ready: Insight, change: dict[str, float]
) -> None:
    addition = Addition(themes=((3, 1.0),), venue=11, age_min=7.0, age_max=10.0)
    addition = replace(addition, **change)
    found = gained([addition], ready.cases)
    after = insight_from(added_to(small, ready, addition), None, ready.asked).cases.own_activities
    before, claims = ready.cases.own_activities, ready.cases.of >= 0
    assert found.near[:, 0].tolist() == (after - before == 1).tolist()
    assert (after[claims] - before[claims] <= 1).all()
    assert found.crosses[:, 0].tolist() == ((before == 2) & (after == 3)).tolist()
    assert found.helps[:, 0].tolist() == ((before < 3) & (after > before)).tolist()
    if not change:
        assert found.near.any()
        assert found.eligible.sum() > found.near.sum()


def test_several_at_once_are_each_alone(ready: Insight) -> None:
    additions = [Addition(themes=((2, 1.0),), venue=0, age_min=6, age_max=8), Addition(venue=11, age_min=9, age_max=11)]
    for both, alone in zip(ready.what_ifs(additions), [ready.what_if(one) for one in additions], strict=True):
        assert replace(both, visits=None) == replace(alone, visits=None)
        # Sums over another number of columns may end in another last bit.
        assert both.visits.expected == pytest.approx(alone.visits.expected, rel=1e-6)


def test_visits_grow_with_sessions_and_end_at_the_places(ready: Insight) -> None:
    one = Addition(themes=((5, 1.0),), venue=0, age_min=4, age_max=99, sessions=1)
    few, many, capped = ready.what_ifs([one, replace(one, sessions=6), replace(one, sessions=6, places=1)])
    assert few.visits.expected < many.visits.expected
    assert capped.visits.expected <= 6
    assert capped.visits.high <= 6
    assert many.visits.low < many.visits.expected < many.visits.high


def test_nobody_comes_after_the_weeks_asked_about(ready: Insight) -> None:
    whole = Addition(venue=0, age_min=4, age_max=99, sessions=8)
    longer = replace(whole, sessions=30)
    first, second = ready.what_ifs([whole, longer])
    assert first.visits.expected == pytest.approx(second.visits.expected, rel=1e-6)


def test_what_everybody_does_adds_up_to_their_pace(ready: Insight) -> None:
    """Visits expected at everything that is there already are what the learners make in all, or less."""
    standing, asked = ready.standing, ready.asked
    rows = np.flatnonzero(weekly(ready.catalogue, asked).any(axis=0)).astype(np.int32)
    found = expected_visits(standing, ready.passports, ready.catalogue, ready.release, asked, rows, added=False)
    weeks_used = asked.weeks
    assert found.sum() <= standing.pace.sum() * weeks_used * 1.05
    assert found.sum() >= standing.pace.sum() * weeks_used * 0.6
    assert (found >= 0).all()


def test_a_theme_that_people_like_draws_more(ready: Insight) -> None:
    stamps = np.bincount(ready.catalogue.activities.themes.argmax(axis=1).ravel(), minlength=30)
    assert stamps.any()
    variants = [Addition(themes=((theme, 1.0),), venue=0, age_min=6, age_max=12) for theme in range(6, 12)]
    expected = {gain.visits.expected for gain in ready.what_ifs(variants)}
    assert len(expected) > 3


def test_without_a_release_visits_are_not_told(small: Tables) -> None:
    assert small.city.as_of is not None
    insight = insight_from(small, None, Asked(at=small.city.as_of))
    assert insight.what_if(Addition(venue=0, age_min=6, age_max=8)).visits is None


def test_plain_counts_are_never_of_fewer_than_ten(ready: Insight) -> None:
    for low in range(0, 60, 4):
        told = plain_gain(ready.what_if(Addition(venue=11, age_min=low, age_max=low)), ready)
        for name in ("eligible", "near", "helps", "crosses"):
            assert told[name] is None or (told[name] >= 10 and told[name] % 5 == 0)
            assert (told[name] is None) == (name in told["few"])


def test_what_costs_money_counts_for_nobody_and_that_may_be_said(ready: Insight) -> None:
    told = plain_gain(ready.what_if(Addition(venue=0, age_min=4, age_max=99, price=2.0)), ready)
    assert (told["near"], told["helps"], told["crosses"]) == (0, 0, 0)
    assert told["eligible"] > 0


def test_the_rest_of_the_catalogue_stays_as_it_is(tiny_catalogue: Catalogue) -> None:
    more = with_additions(tiny_catalogue, [Addition(venue=0, themes=((1, 2.0), (3, 1.0)), age_min=6)], AS_OF)
    n = len(tiny_catalogue.activities)
    assert len(more.activities) == n + 1
    assert more.activities.title[n] == "Robots · Buiten"
    assert more.activities.themes[[n]].toarray().ravel().tolist() == [0, 2, 0, 1, 0, 0]
    assert more.activities.organiser[n] == "Bibliotheek"
    assert (more.activities.price[n], more.activities.domain[n]) == (0.0, tiny_catalogue.venues.domain[0])
    assert more.sessions.activity[-4:].tolist() == [n] * 4
    assert more.activities.title[:n] == tiny_catalogue.activities.title
    assert more.sessions.start[:-4].tolist() == tiny_catalogue.sessions.start.tolist()


def test_sessions_start_at_the_same_hour_before_and_after_the_clock_changes(tiny_catalogue: Catalogue) -> None:
    # 2 March 2026 is a Monday; summer time begins on the 29th.
    starts = starts_of(Addition(venue=0, weekday=6, minute=14 * 60, sessions=5), tiny_catalogue.clock, AS_OF)
    assert starts[0] == moment("2026-03-08 14:00")
    assert np.diff(starts).tolist() == [7 * 86400] * 2 + [7 * 86400 - 3600] + [7 * 86400]


def test_today_counts_only_when_the_hour_has_not_passed() -> None:
    nine = Addition(venue=0, weekday=3, minute=9 * 60, sessions=1)  # day 0 of the clock was a Thursday
    assert starts_of(nine, Clock(), 8 * 3600).tolist() == [9 * 3600]
    assert starts_of(nine, Clock(), 9 * 3600).tolist() == [7 * 86400 + 9 * 3600]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"venue": UNKNOWN}, "venue"),
        ({"weekday": 7}, "weekday"),
        ({"minute": 1440}, "hour"),
        ({"sessions": 0}, "sessions"),
        ({"price": -1.0}, "price"),
        ({"price": math.nan}, "price"),
        ({"age_min": 9.0, "age_max": 8.0}, "age_max"),
        ({"age_max": 200.0}, "age_max"),
        ({"places": 0}, "places"),
        ({"length": 0}, "length"),
        ({"domain": 9}, "domain"),
        ({"place": Place(91.0, 5.0)}, "lat"),
        ({"themes": ((0, 0.0),)}, "themes"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=f"^{says}"):
        Addition(**{"venue": 0, **change})  # type: ignore[arg-type]


def test_a_venue_without_a_place_needs_one(ready: Insight) -> None:
    lab = int(np.flatnonzero(np.isnan(ready.catalogue.venues.lat))[0])
    with pytest.raises(BadInput, match="no place of its own"):
        ready.what_if(Addition(venue=lab, age_min=6, age_max=8))
    ready.what_if(Addition(venue=lab, place=Place(51.77, 5.53), age_min=6, age_max=8))


def test_a_filled_in_form_comes_back_as_it_was(ready: Insight) -> None:
    form = {"theme": "space", "venue": "v-01", "weekday": "2", "hour": "14:30", "price": "2.5", "age_min": "6",
            "age_max": None, "sessions": 3, "places": "", "lat": None, "domain": "culture"}  # fmt: skip
    one = addition_from(ready.catalogue, form)
    assert (one.weekday, one.minute, one.price, one.sessions, one.places) == (2, 870, 2.5, 3, None)
    told = plain_addition(one, ready)
    assert (told["hour"], told["venue"], told["domain"], told["age_max"]) == ("14:30", "v-01", "culture", None)
    assert addition_from(ready.catalogue, told) == replace(one, place=addition_from(ready.catalogue, told).place)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"venue": "nowhere"}, "nowhere"),
        ({"venue": "v-01", "theme": "nothing"}, "nothing"),
        ({"venue": "v-01", "hour": "25:00"}, "hour"),
        ({"venue": "v-01", "weekday": "Monday"}, "weekday"),
        ({"venue": "v-01", "price": "inf"}, "price"),
        ({"lat": 51.7}, "lon"),
        ({"venue": "v-01", "domain": "moon"}, "domain"),
        ({}, "venue"),
    ],
)
def test_a_wrong_form_says_which_field(ready: Insight, form: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        addition_from(ready.catalogue, form)


def test_calibration_finds_what_was_planted() -> None:
    rng = np.random.default_rng(1)
    new = np.arange(4000) < 2000
    worth = rng.gamma(2.0, 6.0, 4000)
    # All the model says is that learners come so often: what new activities gain by a constant, others lose.
    mass = worth[:, None] * np.where(new[:, None], BOOSTS, 1.0)
    expected = mass / mass.sum(axis=0) * worth.sum()
    planted = 6.0
    true = worth * np.where(new, planted, 1.0)
    true *= 1.7 * worth.sum() / true.sum()
    came = rng.poisson(true * rng.gamma(1 / 0.3, 0.3, 4000)).astype(float)
    found = calibrate(expected, came, new, 8)
    assert found.boost == pytest.approx(planted, rel=0.1)
    assert found.factor == pytest.approx(1.7, rel=0.05)
    assert found.dispersion == pytest.approx(0.3, rel=0.25)
    assert 0.95 <= found.coverage <= 0.98
    assert Calibration.from_plain(found.as_plain()).boost == pytest.approx(found.boost, abs=1e-3)


def test_too_little_to_calibrate_with_is_said() -> None:
    for many, came in ((5, 1.0), (50, 0.0)):
        ones = np.ones(many)
        assert not calibrate(np.ones((many, len(BOOSTS))), came * ones, ones > 0, 8).calibrated
    wide, narrow = Calibration().visits(20.0), Calibration(1.0, 0.05, 1.0, 50, 8).visits(20.0)
    assert wide.high - wide.low > narrow.high - narrow.low
    assert Calibration().visits(0.0).high == 0


def test_what_is_new_gains_by_its_constant_and_never_more_than_everybody(ready: Insight) -> None:
    one = Addition(venue=0, themes=((5, 1.0),), age_min=4, age_max=99, sessions=4)
    told = [replace(ready, calibration=Calibration(boost=boost)) for boost in (1.0, 4.0, 1e6)]
    visits = [insight.what_if(one).visits.expected for insight in told]
    assert visits[0] < visits[1] < visits[2]
    assert visits[2] <= 4 * len(ready.people)


def test_a_sample_stands_for_everybody() -> None:
    block = np.repeat([0, 1, 2], [1000, 30, 5])
    person, weight = sample_of(block, 90, 0)
    assert 60 <= len(person) <= 120
    assert weight.sum() == pytest.approx(1035)
    assert np.bincount(block[person], weights=weight).tolist() == pytest.approx([1000, 30, 5])
    everybody, ones = sample_of(block, 2000, 0)
    assert (len(everybody), ones.sum()) == (1035, 1035)


def test_a_sample_of_learners_expects_about_the_same(small: Tables, ready: Insight) -> None:
    addition = Addition(themes=((5, 1.0),), venue=0, age_min=4, age_max=99)
    fewer = insight_from(small, ready.release, ready.asked, most=100)
    assert len(fewer.standing.person) < len(ready.standing.person)
    assert fewer.what_if(addition).visits.expected == pytest.approx(ready.what_if(addition).visits.expected, rel=0.4)


def test_suggestions_help_and_keep_to_opening_hours(ready: Insight) -> None:
    found = ready.suggest(most=4)
    assert found.city
    helped = [gain.helps for gain in found.city]
    assert helped[0] == max(helped)
    for gain in found.city:
        one, hours = gain.addition, ready.hours
        assert one.price == 0
        assert (one.age_min, one.age_max) in ready.asked.bands
        if hours.known[one.venue]:
            start = starts_of(one, ready.catalogue.clock, ready.asked.at)[0]
            own = hours.venue == one.venue
            assert ((hours.opens[own] <= start) & (hours.closes[own] >= start + one.length * 60)).any()
