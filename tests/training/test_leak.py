"""The future is altered on purpose, and the past may not move; a leak that is planted has to be noticed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from data.columns import PASSPORTS, STAMPS
from data.tables import empty, frame_of
from data.translate import catalogue_from
from recommender.city import Ids
from tests.training.conftest import DAY, FIRST_DAY
from training.evaluation.baselines import Random
from training.evaluation.cut import draw_test, known_at
from training.evaluation.leak import FUTURES, altered, differing, digest_of, find_leaks, leak, revealed, sentence
from training.evaluation.ranking import rank
from training.fit import fit

CUT = FIRST_DAY + 14 * 7 * DAY - 10 * 3600


def frames(tables):
    """What an honest evaluation may know."""
    known = known_at(tables, CUT)
    return {"stamps": known.stamps, "sessions": known.sessions, "passports": known.passports, "city": known.city}


def lists_of(two_tastes, quick, peek=lambda tables: {}):
    """The whole way: fit and rank, for people and moments that are fixed. ``peek`` is a feature that may know too much."""
    catalogue = catalogue_from(known_at(two_tastes, CUT))
    trial = draw_test(two_tastes, catalogue, CUT, 90, 0, 0)

    def behind(tables):
        known = known_at(tables, CUT)
        release = fit(known, quick)
        ranked = rank(trial, known, catalogue_from(known), release, [Random(len(catalogue.activities))], 0)
        return {**ranked.lists, "release": release.model, **peek(tables)}

    return behind


def test_lists_and_release_know_nothing_of_what_came_after(two_tastes, quick):
    found = leak(lists_of(two_tastes, quick), two_tastes, CUT, 0)
    assert found == {"futures": list(FUTURES), "moved": [], "caught": True, "passed": True}
    assert "noticed" in sentence(found, "en")
    assert "opgemerkt" in sentence(found, "nl")


def test_a_feature_that_counts_next_month_is_caught_and_named(two_tastes, quick):
    def popular(tables):
        return {
            "visits in 60 days": tables.stamps.loc[tables.stamps["at"] < CUT + 30 * DAY, "activity_id"]
            .value_counts()
            .to_numpy()
        }

    found = leak(lists_of(two_tastes, quick, popular), two_tastes, CUT, 0)
    assert not found["passed"]
    assert {part for one in found["moved"] for part in one["parts"]} == {"visits in 60 days"}
    assert {one["future"] for one in found["moved"]} >= {"newcomers", "no_stamps"}
    for lang in ("nl", "en"):
        assert "visits in 60 days" in sentence(found, lang)
        assert "{" not in sentence(found, lang)


@pytest.mark.parametrize(
    ("name", "peek", "future"),
    [
        ("places left today", lambda tables: tables.sessions["capacity_left"].to_numpy(), "places"),
        ("who was ever full", lambda tables: tables.sessions["status"].to_numpy(dtype=np.str_), "places"),
        (
            "who will like it",
            lambda tables: tables.stamps.groupby("activity_id")["enjoyed"].mean().to_numpy(),
            "stamps",
        ),
        ("today", lambda tables: str(tables.city.as_of), "now"),
        ("somebody who comes later", lambda tables: tables.stamps["learner_id"].nunique(), "no_stamps"),
        ("the last stamp", lambda tables: int(tables.stamps["at"].max()), "no_stamps"),
    ],
)
def test_every_kind_of_planted_leak_is_caught(two_tastes, name, peek, future):
    late = frame_of(PASSPORTS, [{"learner_id": "late"}])
    stamp = frame_of(
        STAMPS, [{"learner_id": "late", "activity_id": "robots-15-0", "at": CUT + 8 * DAY, "enjoyed": 1.0}]
    )
    city = replace(
        two_tastes,
        passports=pd.concat([two_tastes.passports, late], ignore_index=True),
        stamps=pd.concat([two_tastes.stamps, stamp], ignore_index=True),
        sessions=two_tastes.sessions.assign(status="scheduled"),
    )
    found = find_leaks(lambda tables: {**frames(tables), name: peek(tables)}, city, CUT, 0)
    assert future in {one.future for one in found}
    assert {one.parts for one in found} == {(name,)}


def test_everything_at_once_is_one_question(two_tastes):
    asked = []

    def behind(tables):
        asked.append(tables)
        return {**frames(tables), "now": str(tables.city.as_of)}

    found = leak(behind, two_tastes, CUT, 0, futures=("all",))
    assert [one["future"] for one in found["moved"]] == ["all"]
    assert len(asked) == 3, "as it is, with another future, and the control"


def test_a_check_that_notices_nothing_says_that_it_says_nothing(two_tastes):
    found = leak(lambda tables: {"always": np.arange(3)}, two_tastes, CUT, 0)
    assert not found["caught"]
    assert not found["passed"]
    assert "says nothing" in sentence(found, "en")
    assert "zegt dus niets" in sentence(found, "nl")


@pytest.mark.parametrize("future", [*FUTURES, "all"])
def test_another_future_has_the_same_past(two_tastes, future):
    changed = altered(two_tastes, CUT, future, 3)
    assert differing(frames(two_tastes), frames(changed)) == ()
    before = changed.stamps[changed.stamps["at"] < CUT]
    pd.testing.assert_frame_equal(before, two_tastes.stamps[two_tastes.stamps["at"] < CUT])
    assert list(changed.stamps.columns) == list(two_tastes.stamps.columns)
    assert changed.stamps.dtypes.equals(two_tastes.stamps.dtypes)
    if future not in ("places", "now"):
        assert digest_of(changed.stamps) != digest_of(two_tastes.stamps)


def test_another_future_of_a_city_without_stamps_or_people(two_tastes):
    bare = replace(two_tastes, stamps=empty(STAMPS), passports=empty(PASSPORTS), activities=two_tastes.activities[:0])
    for future in (*FUTURES, "all"):
        assert altered(bare, CUT, future, 0).stamps.empty
    with pytest.raises(ValueError, match="is none of"):
        altered(two_tastes, CUT, "tomorrow", 0)


def test_what_is_revealed_is_dated_before_the_cut(two_tastes):
    told = revealed(two_tastes, CUT)
    assert (told.stamps["at"] < CUT).all()
    assert len(told.stamps) == len(two_tastes.stamps)


def test_a_digest_is_of_every_bit():
    values = np.arange(4.0)
    nudged = values.copy()
    nudged[3] = np.nextafter(3.0, 4.0)
    different = [
        values,
        nudged,
        values.astype(np.float32),
        values.reshape(2, 2),
        sparse.csr_array(values[None, :]),
        pd.DataFrame({"a": values}),
        pd.DataFrame({"b": values}),
        {"a": values},
        {"b": values},
        ["ab", "c"],
        ["a", "bc"],
        Ids(["a", "b"]),
        Ids(["b", "a"]),
        b"ab",
        "ab",
        None,
        1,
        np.array(["a", None], dtype=object),
    ]
    assert len({digest_of(value) for value in different}) == len(different)
    assert digest_of({"b": 1, "a": values}) == digest_of({"a": values.copy(), "b": 1})
    assert differing({"a": 1}, {"a": 1, "b": 2}) == ("b",)
