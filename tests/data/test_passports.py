from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.passports import passport_from, passports_from, stamp_arrays
from data.rows import rows_of
from recommender.city import UNKNOWN, Ids, Place
from recommender.errors import UnknownName


def names(ids, rows):
    return [ids.names[row] for row in rows]


def test_rows_of_ids():
    found = rows_of(pd.Series(["b", "", "a", "b", "z"], dtype="str"), Ids(["a", "b"]))
    assert found.tolist() == [1, UNKNOWN, 0, 1, UNKNOWN]
    assert found.dtype == np.int32


def test_passports_of_everybody(tiny, tiny_catalogue):
    passports = dict(passports_from(tiny, tiny_catalogue))
    assert list(passports) == ["a-1", "a-2", "n-1", "r-1", "r-2", "r-3"]
    ids = tiny_catalogue.activities.ids
    r1 = passports["r-1"]
    assert names(ids, r1.stamps.activity) == ["robot-start", "robot-code"]
    assert (np.diff(r1.stamps.at) > 0).all()
    assert r1.stamps.chosen_by.tolist() == [0, 0]
    assert (r1.age_low, r1.age_high, r1.home, r1.languages) == (9.5, 9.5, Place(51.76, 5.52), ("nl",))
    assert names(tiny_catalogue.themes.ids, passports["n-1"].wishes) == ["space"]
    assert (passports["n-1"].basis, r1.basis) == ("wishes", "stamps")
    assert names(tiny_catalogue.themes.ids, passports["a-1"].avoid) == ["robots"]
    only_stamps = passports["a-2"]
    assert np.isnan(only_stamps.age_low)
    assert only_stamps.home is None
    assert only_stamps.stamps.chosen_by.tolist() == [0, UNKNOWN]


def test_passports_in_the_order_asked_for(tiny, tiny_catalogue):
    asked = ["r-2", "a-1", "r-2"]
    assert [name for name, _ in passports_from(tiny, tiny_catalogue, asked)] == asked
    with pytest.raises(UnknownName, match="no learner 'nobody'"):
        passports_from(tiny, tiny_catalogue, ["r-2", "nobody"])


def same(left, right):
    for name in ("activity", "at", "chosen_by"):
        np.testing.assert_array_equal(getattr(left.stamps, name), getattr(right.stamps, name))
    np.testing.assert_array_equal([left.age_low, left.age_high], [right.age_low, right.age_high])
    np.testing.assert_array_equal(left.wishes, right.wishes)
    np.testing.assert_array_equal(left.avoid, right.avoid)
    assert (left.home, left.languages, left.badges) == (right.home, right.languages, right.badges)
    assert left.stamps.not_found == right.stamps.not_found
    return True


def test_one_passport_equals_the_same_one_among_many_whatever_the_order_of_the_rows(tiny, tiny_catalogue):
    shuffled = replace(tiny, stamps=tiny.stamps.sample(frac=1, random_state=5))
    shuffled_passports = dict(passports_from(shuffled, tiny_catalogue))
    for name, passport in passports_from(tiny, tiny_catalogue):
        found = tiny.passports[tiny.passports["learner_id"] == name]
        record = found.iloc[0].to_dict() if len(found) else {}
        stamps = tiny.stamps[tiny.stamps["learner_id"] == name]
        assert same(passport_from(record, stamps, tiny_catalogue), passport)
        assert same(shuffled_passports[name], passport)


def test_a_stamp_or_wish_that_the_catalogue_does_not_hold_is_left_out_and_counted(tiny_catalogue):
    stamps = {"activity_id": ["birds", "gone"], "at": [200, 100]}
    passport = passport_from({"wishes": "dragons;art", "home_lat": 51.7654, "home_lon": 5.5}, stamps, tiny_catalogue)
    assert names(tiny_catalogue.activities.ids, passport.stamps.activity) == ["birds"]
    assert passport.stamps.not_found == 1
    assert passport.stamps.chosen_by.tolist() == [UNKNOWN]
    assert names(tiny_catalogue.themes.ids, passport.wishes) == ["art"]
    assert passport.home == Place(51.77, 5.5)


def test_stamp_arrays_do_not_depend_on_the_order_of_the_rows(tiny, tiny_catalogue):
    learner, activity, at, chosen_by, learners = stamp_arrays(tiny, tiny_catalogue)
    assert learners.names == ("a-1", "a-2", "n-1", "r-1", "r-2", "r-3")
    assert [part.dtype for part in (learner, activity, at, chosen_by)] == [np.int32, np.int32, np.int64, np.int8]
    assert len(learner) == 10
    assert names(learners, learner[:2]) == ["a-1", "a-1"]
    assert names(tiny_catalogue.activities.ids, activity[:2]) == ["birds", "pond"]
    turned = replace(tiny, stamps=tiny.stamps[::-1], passports=tiny.passports[::-1])
    for left, right in zip(stamp_arrays(turned, tiny_catalogue)[:4], (learner, activity, at, chosen_by), strict=True):
        np.testing.assert_array_equal(left, right)
