from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES, PASSPORTS, SESSIONS, STAMPS
from data.tables import CitySettings, Tables, empty
from data.translate import catalogue_from
from recommender.errors import BadInput
from training.evaluation.cut import choose_cut, draw_test, known_at, midnight

DAY = 86_400


def moment(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def frame(table, **columns):
    """A canonical frame from the columns that matter; the rest is not known."""
    n = len(next(iter(columns.values())))
    blank = empty(table).reindex(range(n))
    texts = {name: "" for name, dtype in empty(table).dtypes.items() if dtype == "str"}
    return blank.fillna(texts).assign(**columns).astype(empty(table).dtypes.to_dict())


def town(stamps, **parts):
    learners, activities, times = zip(*stamps, strict=True)
    names = sorted(set(activities) | {"new"})
    return Tables(
        city=CitySettings(id="town", time_zone="Europe/Amsterdam"),
        activities=frame(ACTIVITIES, activity_id=names, title=names),
        passports=frame(PASSPORTS, learner_id=sorted(set(learners))),
        stamps=frame(STAMPS, learner_id=list(learners), activity_id=list(activities), at=[moment(t) for t in times]),
        has_sessions=False,
        **parts,
    )


TOWN = town(
    [
        ("ann", "read", "2026-03-02T14:00"),
        ("ann", "read", "2026-05-02T14:00"),
        ("ann", "sing", "2026-05-03T14:00"),
        ("ann", "swim", "2026-05-01T09:00"),
        ("bob", "read", "2026-05-04T10:00"),
        ("bob", "read", "2026-05-05T10:00"),
        ("cas", "sing", "2026-03-01T10:00"),
        ("cas", "sing", "2026-05-01T10:00"),
        ("dee", "swim", "2026-09-01T10:00"),
    ]
)
CUT = moment("2026-05-01T00:00")


def drawn(tables=TOWN, cut=CUT, **options):
    catalogue = catalogue_from(tables)
    test = draw_test(tables, catalogue, cut, **{"horizon_days": 90, "limit": 0, "seed": 0, **options})
    names = catalogue.activities.ids.names
    return test, {
        (test.learners[learner], names[row]) for learner, row in zip(test.learner, test.activity, strict=True)
    }


def test_only_what_is_new_and_within_the_horizon_is_relevant():
    test, relevant = drawn()
    assert test.learners == ("ann", "bob")
    assert relevant == {("ann", "sing"), ("ann", "swim"), ("bob", "read")}
    assert test.n_relevant().tolist() == [2, 1]
    assert test.n_relevant(np.array([True, False, False])).tolist() == [1, 0]


def test_the_moment_is_the_start_of_the_first_day_but_never_before_the_cut():
    test, _ = drawn()
    local_midnight_of_bob = moment("2026-05-03T22:00")
    assert test.at.tolist() == [CUT, local_midnight_of_bob]


def test_a_longer_horizon_reaches_further():
    assert ("dee", "swim") in drawn(horizon_days=200)[1]


def test_a_limit_draws_some_and_the_seed_decides_whom():
    one = [drawn(limit=1, seed=seed)[0].learners for seed in range(20)]
    assert all(len(learners) == 1 for learners in one)
    assert set(one) == {("ann",), ("bob",)}
    test, relevant = drawn(limit=1, seed=next(s for s in range(20) if one[s] == ("bob",)))
    assert relevant == {("bob", "read")}
    assert test.learner.tolist() == [0]


def test_nothing_after_the_cut():
    test, relevant = drawn(cut=moment("2027-01-01T00:00"))
    assert test.learners == ()
    assert relevant == set()
    assert test.at.shape == (0,)


def test_midnight_follows_the_clock_of_the_city_over_summer_time():
    at = np.array([moment("2026-03-29T12:00"), moment("2026-03-28T12:00"), moment("2026-03-28T23:30")])
    expected = [moment("2026-03-28T23:00"), moment("2026-03-27T23:00"), moment("2026-03-28T23:00")]
    assert midnight(at, "Europe/Amsterdam").tolist() == expected


def test_the_cut_leaves_the_last_share_and_starts_a_day():
    cut = choose_cut(TOWN, 0.25)
    assert midnight(np.array([cut]), "Europe/Amsterdam")[0] == cut
    assert (TOWN.stamps["at"] >= cut).sum() in {2, 3, 4}


def test_stamps_that_no_cut_divides():
    with pytest.raises(BadInput, match="within a day"):
        choose_cut(town([("a", "x", "2026-05-01T09:00"), ("b", "x", "2026-05-01T10:00")]), 0.25)
    with pytest.raises(BadInput, match="there are none"):
        choose_cut(replace(TOWN, stamps=empty(STAMPS)), 0.25)


def test_the_future_is_not_known_at_the_cut():
    sessions = frame(
        SESSIONS,
        session_id=["s1", "s2", "s3"],
        activity_id=["read", "read", "sing"],
        start=[1, 2, 3],
        end=[2, 3, 4],
        capacity_left=[0.0, 3.0, np.nan],
        status=["full", "cancelled", "scheduled"],
    )
    known = known_at(replace(TOWN, sessions=sessions, has_sessions=True), CUT)
    assert known.city.as_of == CUT
    assert known.stamps["at"].max() < CUT
    assert known.sessions["status"].tolist() == ["scheduled", "cancelled", "scheduled"]
    assert known.sessions["capacity_left"].isna().all()
    assert isinstance(known.sessions, pd.DataFrame)
