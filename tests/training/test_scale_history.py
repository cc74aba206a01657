"""Stamps that do not fit in memory: read part by part, and the release is the same, byte by byte."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from data.columns import PASSPORTS, STAMPS
from data.store.digest import digest
from data.tables import empty, frame_of
from data.translate import catalogue_from
from recommender.release import save_release
from tests.recommender.towns import QUICK, crowd
from training.fit import fit
from training.scale import history as history_module
from training.scale.history import InMemory, OnDisk
from training.scale.spool import spool
from training.sources import adjacency, collaborative
from training.sources.collaborative import fit_graph


@pytest.fixture(scope="module")
def whole():
    """A town with everything that stamps can have: unknown activities, several who chose, ages, two visits of one activity."""
    tables = crowd(80, 60, 3)
    stamps = tables.stamps.copy()
    rng = np.random.default_rng(1)
    stamps["chosen_by"] = pd.Series(rng.choice(["", "self", "school", "family"], len(stamps)), dtype="str")
    stamps["enjoyed"] = rng.choice([np.nan, 0.0, 1.0], len(stamps))
    stamps["at"] -= rng.integers(0, 300, len(stamps)) * 86_400
    again = stamps.iloc[::9].assign(at=stamps["at"].iloc[::9] - 86_400)
    gone = stamps.iloc[::11].assign(activity_id="gone")
    lost = gone.iloc[:1].assign(learner_id="nobody-known")
    passports = frame_of(PASSPORTS, ({"learner_id": f"l-{n:02d}", "age": f"{5 + n % 9}"} for n in range(0, 90, 2)))
    mixed = pd.concat([stamps, again, gone, lost]).sample(frac=1, random_state=2, ignore_index=True)
    return replace(tables, stamps=mixed.drop_duplicates(list(STAMPS.key)).reset_index(drop=True), passports=passports)


def on_disk(whole, folder, chunk=97, rows=150, ordered=False):
    folder.mkdir()
    stamps = whole.stamps.sort_values(["learner_id", "at"]) if ordered else whole.stamps

    def chunks():
        return (stamps.iloc[low : low + chunk] for low in range(0, len(stamps), chunk))

    without = replace(whole, stamps=empty(STAMPS))
    return without, OnDisk(without, spool(chunks, folder, rows))


def in_bytes(release, folder):
    saved = folder / save_release(release, folder).name
    return {path.name: path.read_bytes() for path in saved.iterdir()}


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("rows", [1, 150, 100_000])
def test_a_release_is_the_same_whichever_way_the_stamps_came(whole, tmp_path, ordered, rows):
    without, history = on_disk(whole, tmp_path / "spool", rows=rows, ordered=ordered)
    one, another = fit(whole, QUICK), fit(without, QUICK, history=history)
    assert in_bytes(another, tmp_path / "another") == in_bytes(one, tmp_path / "one")


def test_also_where_a_few_learners_alone_are_heard(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(adjacency, "MOST_VISITS", 100)
    monkeypatch.setattr(history_module, "LEARNED_FROM", 300)
    without, history = on_disk(whole, tmp_path / "spool")
    assert 0 < len(history.sample().stamps) < len(whole.stamps) / 2
    catalogue = catalogue_from(whole)
    some = history.interactions(catalogue, QUICK.popular.days)
    assert len(some.at) < some.of == len(InMemory(whole).interactions(catalogue, 30).at)
    one, another = fit(whole, QUICK), fit(without, QUICK, history=history)
    assert in_bytes(another, tmp_path / "another") == in_bytes(one, tmp_path / "one")


@pytest.mark.parametrize("ordered", [True, False])
def test_parts_are_in_order_and_no_learner_is_in_two(whole, tmp_path, ordered):
    _, history = on_disk(whole, tmp_path / "spool", ordered=ordered)
    parts = list(history._stamps.parts())
    assert len(parts) > 3
    learners = [set(part["learner_id"]) for part in parts]
    assert sum(map(len, learners)) == len(set.union(*learners)) == history.sizes()[0]
    joined = pd.concat(parts, ignore_index=True)
    expected = whole.stamps.sort_values(list(STAMPS.key), ignore_index=True)
    pd.testing.assert_frame_equal(joined, expected)
    assert history.digest() == digest(whole)


def test_a_stamp_that_comes_twice_counts_once_and_the_first_is_kept(whole, tmp_path):
    twice = pd.concat([whole.stamps, whole.stamps.assign(chosen_by="school")], ignore_index=True)
    _, history = on_disk(replace(whole, stamps=twice), tmp_path / "spool")
    assert history.digest() == digest(whole)


def test_a_city_without_stamps(whole, tmp_path):
    nothing = replace(whole, stamps=empty(STAMPS))
    without, history = on_disk(nothing, tmp_path / "spool")
    assert history.sizes() == (0, 0)
    one, another = fit(nothing, QUICK), fit(without, QUICK, history=history)
    assert in_bytes(another, tmp_path / "another") == in_bytes(one, tmp_path / "one")


def test_singular_vectors_over_blocks_of_learners_span_what_those_of_all_at_once_span(monkeypatch):
    rng = np.random.default_rng(0)
    tastes = rng.integers(6, size=400)
    visits = rng.random((400, 60)) < np.where(np.arange(60) % 6 == tastes[:, None], 0.6, 0.05)
    matrix = sparse.csr_array(visits, dtype=np.float32)
    settings = replace(QUICK.graph, rank=5)
    _, once, degree = fit_graph(matrix, settings, 0)
    monkeypatch.setattr(collaborative, "LARGEST_AT_ONCE", 0)
    monkeypatch.setattr(collaborative, "_LEARNERS", 70)
    _, blocked, same_degree = fit_graph(matrix, settings, 0)
    _, threaded, _ = fit_graph(matrix, settings, 0, threads=3)
    np.testing.assert_array_equal(blocked.activities, threaded.activities)
    np.testing.assert_array_equal(degree, same_degree)
    # The scores of the low pass are those of the projection, whatever vectors span it.
    weights = np.sqrt(degree)
    ours, theirs = (
        (low.activities / weights[:, None]) @ (low.activities / weights[:, None]).T for low in (blocked, once)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
