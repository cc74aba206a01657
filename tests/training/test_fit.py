"""The recipe of training: the same town gives the same bytes, and every town gives a model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.columns import PASSPORTS, STAMPS
from data.passports import passports_from
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.model import CONTEXT, SOURCES
from recommender.passport import NOBODY, Passport
from recommender.recommend import recommend
from recommender.release import SUMS, TIMES, save_release
from tests.recommender.towns import DAY, NOW, QUICK, ask, checkerboard, crowd, left_out, listed, themes, town, visits
from training.config import Config, config_from
from training.fit import STEPS, fit


def in_bytes(release, folder: Path) -> dict[str, bytes]:
    """Everything a release says on disk but when it was made."""
    saved = folder / save_release(release, folder).name
    return {path.name: path.read_bytes() for path in saved.iterdir() if path.name not in (TIMES, SUMS)}


def differing(one: dict[str, bytes], another: dict[str, bytes]) -> set[str]:
    return {name for name in one.keys() | another.keys() if one.get(name) != another.get(name)}


# --- the same again -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [3])
def test_the_same_town_gives_the_same_bytes_on_any_number_of_threads(two_tastes, tmp_path, threads):
    settings = {"als": {"factors": 8}, "graph": {"rank": 8}}
    one = fit(two_tastes, config_from({**settings, "threads": 1}))
    another = fit(two_tastes, config_from({**settings, "threads": threads}))
    assert differing(in_bytes(one, tmp_path / "one"), in_bytes(another, tmp_path / "another")) == set()


def test_the_number_of_blas_threads_does_not_matter_either(tmp_path):
    from threadpoolctl import threadpool_info, threadpool_limits

    large, found = crowd(500, 600), []  # in a smaller town BLAS has nothing to share out
    for threads in (1, 4):
        with threadpool_limits(threads, "blas"):
            assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {threads}
            found.append(in_bytes(fit(large, Config()), tmp_path / f"{threads}"))
    assert differing(*found) == set()


def test_another_seed_gives_other_factors(crowded):
    one, another = (fit(crowded, replace(QUICK, seed=seed)).model for seed in (0, 1))
    assert not np.array_equal(one.als.activities, another.als.activities)


def test_the_order_of_the_stamps_and_of_the_passports_does_not_matter(two_tastes, quick, tmp_path):
    shuffled = replace(
        two_tastes,
        stamps=two_tastes.stamps.sample(frac=1, random_state=3),
        passports=two_tastes.passports.sample(frac=1, random_state=4),
    )
    one, another = in_bytes(fit(two_tastes, quick), tmp_path / "one"), in_bytes(fit(shuffled, quick), tmp_path / "two")
    assert differing(one, another) == set()


def test_who_is_erased_leaves_no_trace(two_tastes, quick, tmp_path):
    """The tables with a learner added and taken out again give the bytes of the tables that never had them."""
    at = int(two_tastes.stamps["at"].min())
    visits = [{"learner_id": "m-erased", "activity_id": f"robots-{week:02d}-0", "at": at + week} for week in range(9)]
    joined = replace(
        two_tastes,
        stamps=pd.concat([frame_of(STAMPS, visits), two_tastes.stamps]),
        passports=pd.concat([frame_of(PASSPORTS, [{"learner_id": "m-erased", "age": "7"}]), two_tastes.passports]),
    )
    erased = replace(
        joined,
        stamps=joined.stamps[joined.stamps.learner_id != "m-erased"],
        passports=joined.passports[joined.passports.learner_id != "m-erased"],
    )
    never = in_bytes(fit(two_tastes, quick), tmp_path / "never")
    assert differing(never, in_bytes(fit(erased, quick), tmp_path / "erased")) == set()
    there = in_bytes(fit(joined, quick), tmp_path / "there")
    assert {"als.npy", "graph_data.npy", "popular.npy", "manifest.json"} <= differing(never, there)


# --- the answer one can see -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [QUICK, Config()], ids=["quick", "shipped"])
def test_on_a_checkerboard_everybody_gets_their_own_colour(settings):
    tables = checkerboard()
    catalogue, release = catalogue_from(tables), fit(tables, settings)
    for name, passport in passports_from(tables, catalogue):
        answer = listed(recommend(passport, catalogue, release, ask()), catalogue)
        assert answer[0] == f"a-{left_out(int(name[2:])):02d}", name
    newcomer = Passport(stamps=visits(catalogue, "a-02", "a-04"))
    first = listed(recommend(newcomer, catalogue, release, ask()), catalogue)[:8]
    assert all(int(activity[2:]) % 2 == 0 for activity in first)


def test_each_source_alone_tells_the_tastes_apart(two_tastes, quick):
    release = fit(two_tastes, quick)
    catalogue = catalogue_from(replace(two_tastes, has_sessions=False))
    names = catalogue.activities.ids.names
    passport = Passport(stamps=visits(catalogue, "robots-03-0", "robots-11-1", "robots-15-0"))
    for source in ("als", "graph", "metadata", "similar"):
        alone = dict.fromkeys(SOURCES, 0.0) | {source: 1.0}
        model = replace(release.model, source_weights=alone)
        answer = recommend(passport, catalogue, replace(release, model=model), ask(count=10))
        found = [names[entry.activity].partition("-")[0] for entry in answer.recommendations]
        assert found == ["robots"] * 10, source


# --- every town gets a model ----------------------------------------------------------------------------------------

ONE = {"activity_id": "a", "title": "Sterren kijken", "description": "Met een telescoop."}
TWO = {"activity_id": "b", "title": "Vogels kijken", "description": "In het bos."}


@pytest.mark.parametrize(
    ("tables", "n_activities"),
    [
        (town([]), 0),
        (town([ONE]), 1),
        (town([ONE], [("l", "a", 1)]), 1),
        (town([ONE, TWO]), 2),
        (town([ONE, TWO], [("l", "a", 1)]), 2),
        (town([ONE, TWO], [("l", "a", 1), ("l", "b", 1)]), 2),
        (town([ONE, TWO], [("l", "a", 1), ("m", "b", 2)], [{"learner_id": "n", "age": "8"}]), 2),
        (town([{"activity_id": name, "title": ""} for name in "abcdefgh"], [("l", "a", 1), ("m", "b", 1)]), 8),
        (town([{"activity_id": name, "title": "hetzelfde"} for name in "abcdefgh"], [("l", "a", 1)]), 8),
    ],
    ids=["empty", "one", "one-stamped", "two", "one-stamp", "all-seen", "strangers", "undescribed", "all-alike"],
)
@pytest.mark.parametrize("settings", [QUICK, Config()], ids=["quick", "shipped"])
def test_hardly_any_town_is_too_small(tables, n_activities, settings, tmp_path):
    release, catalogue = fit(tables, settings), catalogue_from(tables)
    model = release.model
    assert release.fits(catalogue)
    assert model.n_activities == n_activities
    assert set(model.source_weights) == set(SOURCES)
    assert set(model.context_weights) == set(CONTEXT)
    for values in (model.als.activities, model.als_inverse, model.metadata.activities, model.low_pass.activities,
                   model.graph.weights.data, model.similar.weights.data, model.popular, model.metadata_weights):  # fmt: skip
        assert np.isfinite(values).all()
    for passport in (NOBODY, *(found for _, found in passports_from(tables, catalogue))):
        for release_or_none in (release, None):
            answer = recommend(passport, catalogue, release_or_none, ask(include_stamped=True))
            assert len(answer.recommendations) == n_activities
            assert all(np.isfinite(entry.score) for entry in answer.recommendations)


def test_a_town_without_stamps_ranks_by_wishes_and_circumstances(tiny):
    bare = replace(tiny, stamps=frame_of(STAMPS, []))
    catalogue, release = catalogue_from(bare), fit(bare, QUICK)
    assert not release.model.visited.any()
    assert not release.model.popular.any()
    answer = recommend(Passport(wishes=themes(catalogue, "animals")), catalogue, release, ask(count=3))
    assert set(listed(answer, catalogue)) == {"birds", "pond", "farm"}
    stamped = Passport(stamps=visits(catalogue, "birds"))  # a stamp that came after training still counts
    assert set(listed(recommend(stamped, catalogue, release, ask(count=2)), catalogue)) == {"pond", "farm"}


def test_a_town_without_descriptions_lives_by_its_stamps():
    tables = checkerboard()
    release = fit(tables, QUICK)
    assert release.encoder.words == ("x",)
    nameless = replace(tables, activities=tables.activities.assign(title=""))
    model = fit(nameless, QUICK).model
    assert model.features.nnz == 0
    assert model.similar.weights.nnz == 0
    assert not model.metadata.activities.any()
    assert model.als.activities.any()


# --- what is said about it ------------------------------------------------------------------------------------------


def test_the_manifest_says_what_it_was_made_of(tiny):
    manifest = fit(tiny, QUICK).manifest
    assert manifest["city"] == "klein-oss"
    assert manifest["sizes"]["learners"] == 5
    assert manifest["sizes"]["stamps"] == 10
    assert manifest["sizes"]["activities"] == 8
    assert manifest["sizes"]["activities_visited"] == 5
    assert manifest["config"]["als"]["factors"] == 8
    assert "threads" not in manifest["config"]  # the result does not depend on it
    assert manifest["data"] != fit(tiny.before(NOW - 20 * DAY), QUICK).manifest["data"]


def test_it_tells_what_it_is_doing_in_order(tiny):
    told = []
    fit(tiny, QUICK, told.append)
    assert told == list(STEPS)


def test_nothing_is_learned_from_what_came_after_the_moment(tiny, tmp_path):
    moment = NOW - 20 * DAY
    early = tiny.before(moment)
    assert len(early.stamps) == 5
    later = replace(early, stamps=pd.concat([early.stamps, tiny.stamps[tiny.stamps["at"] >= moment]]))
    assert (
        differing(
            in_bytes(fit(early, QUICK), tmp_path / "early"),
            in_bytes(fit(later.before(moment), QUICK), tmp_path / "later"),
        )
        == set()
    )


def test_enjoyment_is_never_a_feature(two_tastes, quick, tmp_path):
    rng = np.random.default_rng(0)
    enjoyed = replace(two_tastes, stamps=two_tastes.stamps.assign(enjoyed=rng.random(len(two_tastes.stamps))))
    one, another = fit(two_tastes, quick), fit(enjoyed, quick)
    differ = differing(in_bytes(one, tmp_path / "one"), in_bytes(another, tmp_path / "two"))
    assert differ == {"manifest.json"}  # which names the digest of the data


def test_where_somebody_lives_or_what_they_speak_is_not_learned_from(crowded, tmp_path):
    learners = sorted(set(crowded.stamps.learner_id))
    plain = [{"learner_id": name, "age": "8"} for name in learners]
    full = [
        row | {"home_lat": 51.7 + place / 1000, "home_lon": 5.5, "area": f"area-{place % 3}", "badges": "b"}
        for place, row in enumerate(plain)
    ]
    found = [
        in_bytes(fit(replace(crowded, passports=frame_of(PASSPORTS, rows)), QUICK), tmp_path / str(place))
        for place, rows in enumerate((plain, full))
    ]
    assert differing(*found) == {"manifest.json"}


@pytest.fixture(scope="module")
def crowded():
    return crowd()
