"""Nobody moves what is asked by more than 1, and a private release is made of nothing but the answers."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.columns import STAMPS
from data.store.digest import digest
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.errors import BadInput
from recommender.passport import NOBODY, Stamps
from recommender.recommend import recommend
from recommender.release import SUMS, TIMES, load_release, save_release
from tests.recommender.towns import ask as question
from training.config import Config, Privacy, simplest
from training.fit import fit
from training.interactions import interactions_of
from training.privacy.asked import GRID, SHARES, Answers, capped, sums
from training.privacy.gaussian import noise_for
from training.privacy.model import Asking, axes_of, delta_of_city, only_measured, points_of, root, settled
from training.sources.content import fit_encoder

DAY = 86_400
PRIVATE = Config(threads=1, privacy=Privacy(epsilon=4.0, columns=8))
DAYS = PRIVATE.popular.days


def asked_of(tables, settings=PRIVATE.privacy):
    """The sums without noise, as the fit asks for them."""
    catalogue = catalogue_from(tables)
    features = fit_encoder(catalogue, PRIVATE.encoder).encode(catalogue, np.arange(len(catalogue.activities)))
    points, _ = points_of(features, axes_of(features, settings.columns, PRIVATE.seed))
    return sums(interactions_of(tables, catalogue), points, tables.city.as_of, DAYS, settings)


def without(tables, learner):
    return replace(tables, stamps=tables.stamps[tables.stamps["learner_id"] != learner].reset_index(drop=True))


def greedy(tables):
    """Somebody who went to everything, many times over, in the last days."""
    every = tables.activities["activity_id"].tolist()
    rows = [
        {"learner_id": "everywhere", "activity_id": name, "at": tables.city.as_of - 3600 * turn - place}
        for turn in range(3)
        for place, name in enumerate(every)
    ]
    return replace(tables, stamps=pd.concat([tables.stamps, frame_of(STAMPS, rows)], ignore_index=True))


@pytest.mark.parametrize(
    "settings", [PRIVATE.privacy, Privacy(cap=3, columns=4), Privacy(cap=500, clip=0.01), Privacy(clip=50.0)]
)
def test_nobody_moves_all_of_it_together_by_more_than_one(two_tastes, settings):
    tables = greedy(two_tastes)
    whole = asked_of(tables, settings)
    moved = []
    for learner in ("everywhere", *sorted(set(two_tastes.stamps["learner_id"]))[:12]):
        rest = asked_of(without(tables, learner), settings)
        parts = {name: float(np.linalg.norm((whole[name] - rest[name]) * GRID)) for name in whole}
        assert all(length <= 1 for length in parts.values()), parts
        moved.append(np.sqrt(sum(SHARES[name] * length**2 for name, length in parts.items())))
    assert max(moved) <= 1
    if settings.clip <= 1:
        assert max(moved) > 0.9, "so that the bound is met and not only kept"


def test_the_shares_are_all_of_it():
    assert sum(SHARES.values()) == pytest.approx(1)
    assert all(share > 0 for share in SHARES.values())


def test_the_latest_activities_count_each_once(two_tastes):
    tables = greedy(two_tastes)
    catalogue = catalogue_from(tables)
    stamps = interactions_of(tables, catalogue)
    learner, activity, at = capped(stamps, tables.city.as_of, 5)
    assert np.bincount(learner).max() == 5
    assert len(np.unique(np.column_stack([learner, activity]), axis=0)) == len(learner)
    own = at[learner == learner[activity.searchsorted(0)]]
    assert (np.diff(own) <= 0).all()
    last = {row: stamps.at[stamps.learner == row].max() for row in np.unique(learner)}
    assert all(at[learner == row].max() == latest for row, latest in last.items())


def test_what_happens_after_the_moment_is_not_asked_for(two_tastes):
    late = two_tastes.stamps.assign(at=two_tastes.city.as_of + DAY).drop_duplicates(["learner_id", "activity_id"])
    tables = replace(two_tastes, stamps=late.reset_index(drop=True))
    assert all(not row.any() for row in asked_of(tables).values())


def in_bytes(release, folder: Path) -> dict[str, bytes]:
    saved = folder / save_release(release, folder).name
    return {path.name: path.read_bytes() for path in saved.iterdir() if path.name not in (TIMES, SUMS)}


def makes_up_for(own, other):
    """Noise that turns the sums of one city into those of another, whatever they are."""
    spread = noise_for(PRIVATE.privacy.epsilon, 1e-3)
    wanted = [(other[name] - own[name]) * GRID * np.sqrt(SHARES[name]) / spread for name in own]

    def noise(count):
        found = wanted.pop(0)
        assert len(found) == count
        return found

    return noise


def test_two_cities_that_give_the_same_answers_get_the_same_release_to_the_last_byte(two_tastes, tmp_path):
    from tests.training.conftest import two_tastes_town

    other = two_tastes_town(seed=5)
    other = replace(other, stamps=other.stamps.assign(chosen_by="school", enjoyed=1.0))
    assert not two_tastes.stamps.equals(other.stamps)
    wanted = asked_of(two_tastes)
    one = fit(two_tastes, PRIVATE, asking=Asking(noise=np.zeros))
    same = fit(other, PRIVATE, asking=Asking(noise=makes_up_for(asked_of(other), wanted)))
    unlike = fit(other, PRIVATE, asking=Asking(noise=np.zeros))
    of_one = in_bytes(one, tmp_path / "one")
    assert in_bytes(same, tmp_path / "same") == of_one
    changed = {name for name, content in in_bytes(unlike, tmp_path / "unlike").items() if content != of_one[name]}
    assert {"popular.npy", "metadata.npy", "metadata_weights.npy"} <= changed


def test_a_release_says_nothing_exact_of_its_people(two_tastes):
    manifest = fit(two_tastes, PRIVATE, asking=only_measured(1, 2)).manifest
    assert manifest["data"] != digest(two_tastes)
    assert (
        manifest["data"] == fit(without(two_tastes, "robots-00"), PRIVATE, asking=only_measured(3, 4)).manifest["data"]
    )
    assert manifest["privacy"] == {"epsilon": 4.0, "delta": 1e-3}
    assert manifest["choices"]["learned_from"] == 0
    exact = (two_tastes.stamps["learner_id"].nunique(), len(two_tastes.stamps))
    found = [fit(two_tastes, PRIVATE, asking=only_measured(seed, 0)).manifest["sizes"] for seed in range(4)]
    assert len({(sizes["learners"], sizes["stamps"]) for sizes in found} - {exact}) > 1


def test_the_noise_of_a_release_is_new_every_time_and_that_of_a_measurement_is_not(two_tastes):
    drawn = [fit(two_tastes, PRIVATE, asking=asking).model.popular for asking in (Asking(), Asking())]
    again = [fit(two_tastes, PRIVATE, asking=only_measured(7, 8)).model.popular for _ in range(2)]
    assert not np.array_equal(*drawn)
    assert np.array_equal(*again)


def test_nothing_is_asked_by_accident(two_tastes):
    with pytest.raises(ValueError, match="ledger"):
        fit(two_tastes, PRIVATE)
    timeless = replace(two_tastes, city=replace(two_tastes.city, as_of=None))
    with pytest.raises(BadInput, match="moment"):
        fit(timeless, PRIVATE, asking=Asking())
    assert fit(timeless, PRIVATE, asking=Asking(two_tastes.city.as_of)).manifest["as_of"] is None


@pytest.mark.parametrize("config", [PRIVATE, simplest(PRIVATE)], ids=["whole", "simple"])
def test_a_private_release_is_saved_loaded_and_recommends(two_tastes, tmp_path, config):
    made = fit(two_tastes, config, asking=only_measured(0, 0))
    weights = made.model.source_weights
    assert weights["als"] == weights["graph"] == weights["metadata"] == 0, "of so few learners co-visits say nothing"
    assert weights["popular"] > 0
    saved = save_release(made, tmp_path)
    catalogue = catalogue_from(two_tastes)
    release = load_release(tmp_path / saved.name).extended(catalogue)
    been = Stamps(np.array([0], np.int32), np.array([two_tastes.city.as_of - DAY]), np.array([0], np.int8))
    answer = recommend(replace(NOBODY, stamps=been), catalogue, release, question(at=two_tastes.city.as_of - 30 * DAY))
    scores = [shown.score for shown in answer.recommendations]
    assert len(scores) > 10
    assert np.isfinite(scores).all()
    assert len(set(scores)) > 1


def test_with_enough_learners_the_co_visits_speak(two_tastes):
    """The number comes from the noisy answers; here the noise itself says there are enough."""
    own = asked_of(two_tastes)
    many = {**own, "learners": np.array([int(2 * PRIVATE.privacy.enough / GRID)])}
    made = fit(two_tastes, PRIVATE, asking=Asking(noise=makes_up_for(own, many)))
    assert made.model.source_weights["metadata"] == PRIVATE.weights.metadata
    robots = np.array([name.startswith("robots") for name in made.model.ids])
    factors = made.model.metadata.activities
    alike = factors @ factors.T
    assert alike[np.ix_(robots, robots)].mean() > alike[np.ix_(robots, ~robots)].mean() + 0.1


def answers(together, noise):
    return Answers(1.0, 1.0, np.zeros(0), np.zeros(0), together, {"together": noise})


def test_what_does_not_rise_above_the_noise_is_left_out():
    rng, width = np.random.default_rng(0), 40
    drawn = np.triu(rng.standard_normal((width, width)) / np.sqrt(2))
    noise = drawn + np.triu(drawn, 1).T
    direction = np.full(width, 1 / np.sqrt(width))
    silent = root(answers(noise * 0.99, 1.0))
    assert silent.shape == (width, 1) or (silent**2).sum() < 3
    found = root(answers(noise + 60 * np.outer(direction, direction), 1.0))
    assert abs(found[:, -1] @ direction) > 0.95 * np.linalg.norm(found[:, -1])
    assert (np.linalg.eigvalsh(found @ found.T) > -1e-9).all()
    assert not root(answers(np.zeros((3, 3)), 1.0)).any()


def test_counts_are_pulled_to_the_wider_group_as_far_as_noise_explains_them():
    wider, counts = np.array([1.0, 1.0, 1.0, 5.0]), np.array([40.0, 0.0, 10.0, 10.0])
    exact = settled(counts, 0.0, wider)
    drowned = settled(counts, 1e3, wider)
    assert exact.sum() == pytest.approx(1)
    assert (np.argsort(-exact)[0], np.argsort(-drowned)[0]) == (0, 3)
    assert (exact > 0).all()
    assert drowned[:3] == pytest.approx(drowned[0])
    assert settled(np.array([-3.0, -1.0]), 1.0, np.ones(2)) == pytest.approx([0.5, 0.5])
    assert len(settled(np.zeros(0), 1.0, np.zeros(0))) == 0


@pytest.mark.parametrize(
    ("settings", "expected"), [(Privacy(epsilon=1.0), 1e-3), (Privacy(epsilon=1.0, delta=1e-6), 1e-6)]
)
def test_delta_tells_the_size_of_a_city_by_powers_of_ten_alone(two_tastes, settings, expected):
    assert delta_of_city(settings, two_tastes) == pytest.approx(expected)
    assert delta_of_city(settings, without(two_tastes, "robots-00")) == pytest.approx(expected)


def test_a_city_nobody_went_anywhere_in(two_tastes):
    empty = replace(two_tastes, stamps=two_tastes.stamps.iloc[:0], passports=two_tastes.passports.iloc[:0])
    made = fit(empty, PRIVATE, asking=only_measured(0, 0))
    assert np.isfinite(made.model.popular).all()
    assert np.isfinite(made.model.metadata.activities).all()


def test_the_guide_names_every_array_of_a_release(two_tastes, tmp_path):
    text = (Path(__file__).resolve().parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+\*?)`", text))
    saved = save_release(fit(two_tastes, PRIVATE, asking=only_measured(0, 0)), tmp_path)
    for path in (tmp_path / saved.name).glob("*.npy"):
        assert path.stem in named or f"{path.stem.rpartition('_')[0]}_*" in named, path.stem
