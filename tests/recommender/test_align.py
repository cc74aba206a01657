"""A new season: what is new gets vectors from its description, and nothing else moves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.passport import Passport
from recommender.recommend import recommend
from tests.recommender.towns import ask, listed, themes, town, visits

ROBOT_CAMP = {
    "activity_id": "robot-camp", "title": "Robots bouwen en programmeren", "description": "Laat een robot lopen.",
    "language": "nl", "themes": "robots:1", "organiser": "Maakplaats", "venue_id": "maker", "price": 0.0,
}  # fmt: skip


def season(tiny, *new, gone=(), shuffle=None):
    """Klein-Oss, always open, with new activities and without some old ones."""
    activities = pd.concat([tiny.activities, frame_of(ACTIVITIES, new)], ignore_index=True)
    activities = activities[~activities.activity_id.isin(gone)]
    if shuffle is not None:
        activities = activities.sample(frac=1, random_state=shuffle)
    lines = tiny.lines[~tiny.lines.activity_id.isin(gone)]
    return catalogue_from(replace(tiny, activities=activities, lines=lines, has_sessions=False))


def dense(model):
    """Everything of a model that has a row or a column per activity, by activity, in order of their ids."""
    order = np.argsort(model.ids)
    return {
        "als": model.als.activities[order],
        "metadata": model.metadata.activities[order],
        "low_pass": model.low_pass.activities[order],
        "degree": model.degree[order],
        "graph": model.graph.weights.toarray()[np.ix_(order, order)],
        "similar": model.similar.weights.toarray()[np.ix_(order, order)],
        "scale": model.similar_scale[order],
        "popular": model.popular[:, order],
        "features": model.features.toarray()[order],
        "themes": model.theme_shares.toarray()[order],
        "visited": model.visited[order],
        "reference": np.isin(np.arange(len(order)), model.reference)[order],
    }


def test_another_order_of_the_same_activities_changes_nothing_but_the_rows(tiny, tiny_release):
    shuffled = tiny_release.extended(season(tiny, shuffle=3)).model
    assert shuffled.ids != tiny_release.model.ids
    before, after = dense(tiny_release.model), dense(shuffled)
    for name, values in before.items():
        assert np.array_equal(values, after[name]), name


def test_a_new_activity_gets_vectors_and_leaves_the_others_alone(tiny, tiny_release):
    catalogue = season(tiny, ROBOT_CAMP)
    model, old = tiny_release.extended(catalogue).model, tiny_release.model
    new, known = catalogue.activities.ids.row("robot-camp"), catalogue.activities.ids.row
    assert model.features[[new]].toarray().any()
    assert model.metadata.activities[new] == pytest.approx((model.features[[new]] @ old.metadata_weights).ravel())
    similar = model.similar.weights.toarray()
    assert similar[known("robot-start"), new] > similar[known("birds"), new]
    assert not model.visited[new]
    assert not model.als.activities[new].any()
    assert new not in model.reference
    assert (model.popular[:, new] == old.popular.min(axis=1)).all()
    before, after = dense(old), dense(model)
    kept = np.array([name != "robot-camp" for name in sorted(model.ids)])
    for name in ("als", "metadata", "low_pass", "degree", "features", "themes", "reference"):
        assert np.array_equal(before[name], after[name][kept]), name
    assert np.array_equal(before["similar"], after["similar"][np.ix_(kept, kept)])


def test_a_stamp_at_a_new_activity_speaks_for_old_and_new_ones_alike(tiny, tiny_release):
    second = {**ROBOT_CAMP, "activity_id": "robot-camp-2"}
    catalogue = season(tiny, ROBOT_CAMP, second)
    similar = tiny_release.extended(catalogue).model.similar.weights.toarray()
    row = catalogue.activities.ids.row
    assert similar[row("robot-camp"), row("robot-code")] > similar[row("robot-camp"), row("birds")]
    assert similar[row("robot-camp"), row("robot-camp-2")] > 0
    assert similar[row("robot-camp"), row("robot-camp")] == 0


def test_a_wish_finds_its_theme_when_the_city_lists_its_themes_in_another_order(tiny, tiny_release):
    catalogue = catalogue_from(replace(tiny, themes=tiny.themes.iloc[::-1]))
    answer = recommend(Passport(wishes=themes(catalogue, "art")), catalogue, tiny_release, ask(count=1))
    assert listed(answer, catalogue) == ["paint"]


def test_what_left_the_catalogue_leaves_the_model(tiny, tiny_release):
    model = tiny_release.extended(season(tiny, gone=("birds", "robot-code"))).model
    assert len(model.ids) == 6
    assert model.graph.weights.shape == model.similar.weights.shape == (6, 6)
    kept = [name not in ("birds", "robot-code") for name in sorted(tiny_release.model.ids)]
    assert np.array_equal(dense(model)["als"], dense(tiny_release.model)["als"][kept])
    assert len(model.reference) == 6


def test_extending_again_changes_nothing(tiny, tiny_release):
    catalogue = season(tiny, ROBOT_CAMP)
    once = tiny_release.extended(catalogue)
    before, after = dense(once.model), dense(once.extended(catalogue).model)
    assert all(np.array_equal(values, after[name]) for name, values in before.items())
    assert once.fits(catalogue)


def test_the_reference_stays_that_of_training_through_every_season(tiny, tiny_release):
    second = {**ROBOT_CAMP, "activity_id": "robot-camp-2", "title": "Robotkamp"}
    last = season(tiny, ROBOT_CAMP, second)
    step_by_step = tiny_release.extended(season(tiny, ROBOT_CAMP)).extended(last)
    at_once = tiny_release.extended(last)
    assert np.array_equal(step_by_step.model.reference, at_once.model.reference)
    passport = Passport(stamps=visits(last, "robot-start", "robot-camp"))
    scores = [
        {entry.activity: entry.score for entry in recommend(passport, last, release, ask()).recommendations}
        for release in (step_by_step, at_once)
    ]
    trained = set(at_once.model.reference.tolist()) - set(passport.stamps.activity.tolist())
    assert len(trained) == 7
    assert scores[0] == scores[1]


def test_it_makes_no_difference_whether_activities_arrive_one_by_one_or_all_at_once(crowded, crowd_release):
    titles = ["robot ster klei", "vogel bos vogel", "robot ster dans", "nieuw", "muziek dans dans"]
    new = [{"activity_id": f"n-{row}", "title": title, "themes": "t-1:1"} for row, title in enumerate(titles)]
    seasons = [season(crowded, *new[: count + 1], shuffle=count) for count in range(len(new))]
    at_once = crowd_release.extended(seasons[-1]).model
    step_by_step = crowd_release
    for catalogue in seasons:
        step_by_step = step_by_step.extended(catalogue)
    before, after = dense(at_once), dense(step_by_step.model)
    assert (before["similar"][-5:, -5:] > 0).any()
    for name, values in before.items():
        assert np.array_equal(values, after[name]), name


def test_a_release_says_whether_it_fits(tiny, tiny_catalogue, tiny_release):
    assert tiny_release.fits(tiny_catalogue)
    assert not tiny_release.fits(season(tiny, ROBOT_CAMP))
    assert not tiny_release.fits(season(tiny, shuffle=3))
    renamed = tiny.themes.replace({"theme_id": {"art": "music"}})
    music = tiny.activities.replace({"themes": {"art:1": "music:1"}})
    assert not tiny_release.fits(catalogue_from(replace(tiny, themes=renamed, activities=music)))
    assert not tiny_release.fits(catalogue_from(replace(tiny, themes=tiny.themes.iloc[::-1])))
    one_more = pd.concat([tiny.venues, tiny.venues.tail(1).assign(venue_id="new")], ignore_index=True)
    moved = catalogue_from(replace(tiny, venues=one_more))
    assert not tiny_release.fits(moved)
    assert recommend(Passport(stamps=visits(moved, "birds")), moved, tiny_release, ask()).recommendations


@pytest.mark.parametrize("stamped", [(), ("tent",)])
def test_a_town_of_which_the_release_knows_nothing_still_gets_an_answer(tiny_release, stamped):
    catalogue = catalogue_from(town([{"activity_id": "tent", "title": "Robots"}, {"activity_id": "hut", "title": "y"}]))
    passport = Passport(stamps=visits(catalogue, *stamped))
    answer = recommend(passport, catalogue, tiny_release, ask())
    assert len(listed(answer, catalogue)) == 2 - len(stamped)
    assert all(np.isfinite(entry.score) for entry in answer.recommendations)


def test_an_empty_catalogue_gets_an_empty_answer(tiny_release):
    catalogue = catalogue_from(town([]))
    for release in (tiny_release, None):
        answer = recommend(Passport(age_low=8, age_high=8), catalogue, release, ask())
        assert answer.recommendations == ()
        assert [step.left for step in answer.funnel] == [0, 0]
        assert answer.relax is None
