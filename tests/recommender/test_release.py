"""A release on disk: what is loaded is what was saved, to the byte, or it is refused by name."""

import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from data.translate import catalogue_from
from recommender.errors import BrokenRelease
from recommender.passport import NOBODY, Passport
from recommender.recommend import recommend
from recommender.release import MANIFEST, SUMS, TIMES, load_release, save_release, write_sums
from tests.recommender.test_recommend import as_bytes
from tests.recommender.towns import QUICK, ask, themes, town, visits
from training.fit import fit


@pytest.fixture(scope="module")
def saved(tiny_release, tmp_path_factory) -> Path:
    """A release folder; to be copied before it is harmed."""
    directory = tmp_path_factory.mktemp("releases")
    return directory / save_release(tiny_release, directory, "20260302T080000Z", {"started": "08:00"}).name


@pytest.fixture
def copied(saved, tmp_path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / saved.name))


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def resign(folder: Path, changed: str | None = None) -> None:
    """Make the checksums right again, as somebody would who means harm."""
    manifest = json.loads((folder / MANIFEST).read_text())
    if changed:
        manifest["files"][changed] = hashlib.sha256((folder / changed).read_bytes()).hexdigest()
        (folder / MANIFEST).write_text(json.dumps(manifest))
    write_sums(folder)


# --- there and back -------------------------------------------------------------------------------------------------


def test_what_is_loaded_answers_as_what_was_saved(saved, tiny_catalogue, tiny_release):
    loaded = load_release(saved).extended(tiny_catalogue)
    assert loaded.name == saved.name
    for passport in (
        NOBODY,
        Passport(age_low=9, age_high=9, stamps=visits(tiny_catalogue, "birds")),
        Passport(wishes=themes(tiny_catalogue, "tech")),
    ):
        request = ask(policy="served")
        before, after = (recommend(passport, tiny_catalogue, release, request) for release in (tiny_release, loaded))
        assert as_bytes(before) == as_bytes(after)


def test_a_large_one_too(crowd_catalogue, crowd_release, tmp_path):
    loaded = load_release(tmp_path / save_release(crowd_release, tmp_path).name).extended(crowd_catalogue)
    passport = Passport(stamps=visits(crowd_catalogue, "a-003", "a-050", "a-118"))
    before, after = (recommend(passport, crowd_catalogue, release, ask()) for release in (crowd_release, loaded))
    assert as_bytes(before) == as_bytes(after)


def test_the_arrays_of_a_loaded_release_are_shared_and_cannot_be_written(saved):
    model = load_release(saved).model
    assert isinstance(model.als.activities.base, np.memmap)
    assert not model.als.activities.flags.writeable
    assert not model.graph.weights.data.flags.writeable


@pytest.mark.parametrize(
    "activities", [[], [{"activity_id": "a", "title": ""}], [{"activity_id": name, "title": name} for name in "ab"]]
)
def test_a_release_of_hardly_anything_comes_back(tmp_path, activities):
    tables = town(activities)
    release = fit(tables, QUICK)
    loaded = load_release(tmp_path / save_release(release, tmp_path).name)
    catalogue = catalogue_from(tables)
    for found in (release, loaded):
        assert len(recommend(NOBODY, catalogue, found, ask()).recommendations) == len(activities)


def test_names_survive_in_every_script(tmp_path):
    names = ["é", "\u202e", "日本", "a b;c", "'", '"\\n']
    tables = town({"activity_id": name, "title": name} for name in names)
    folder = tmp_path / save_release(fit(tables, QUICK), tmp_path).name
    assert load_release(folder).model.ids == tuple(names)


def test_the_name_is_the_time_and_the_content(tiny_release, saved, tmp_path):
    assert saved.name.startswith("20260302T080000Z-")
    assert saved.name.endswith(hashlib.sha256((saved / MANIFEST).read_bytes()).hexdigest()[:8])
    later = save_release(tiny_release, tmp_path, "20270101T000000Z")
    assert later.name[-8:] == saved.name[-8:]
    assert save_release(tiny_release, tmp_path, name="mine").name == "mine"
    assert not [name for name in files_of(tmp_path) if name.startswith(".")]  # nothing half-written stays


def test_saving_under_a_name_that_is_taken_replaces_it_whole(tiny_release, crowd_release, tmp_path):
    save_release(crowd_release, tmp_path, name="same")
    (tmp_path / "same" / "stray.npy").write_bytes(b"x")
    save_release(tiny_release, tmp_path, name="same")
    assert load_release(tmp_path / "same").model.ids == tiny_release.model.ids
    assert "stray.npy" not in files_of(tmp_path / "same")


# --- equal bytes ----------------------------------------------------------------------------------------------------


def test_equal_input_gives_equal_bytes_but_for_the_times(tiny, tiny_release, saved, tmp_path):
    folder = tmp_path / save_release(fit(tiny, QUICK), tmp_path, "20991231T235959Z", {"started": "later"}).name
    one, another = content(saved), content(folder)
    assert one.keys() == another.keys()
    differ = {name for name in one if one[name] != another[name]}
    assert differ == {TIMES, SUMS}
    assert saved.name[-8:] == folder.name[-8:]


def test_loading_and_saving_again_gives_equal_bytes(saved, tmp_path):
    loaded = load_release(saved)
    folder = tmp_path / save_release(loaded, tmp_path, "20260302T080000Z", {"started": "08:00"}).name
    assert content(saved) == content(folder)


# --- nothing is unpickled -------------------------------------------------------------------------------------------


def test_loading_never_unpickles(saved, tiny_catalogue, monkeypatch):
    def forbidden(*args, **more):
        raise AssertionError("a release was unpickled")

    load = np.load

    def watched(*args, allow_pickle=False, **more):
        return forbidden() if allow_pickle else load(*args, **more)

    for name in ("load", "loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, forbidden)
    monkeypatch.setattr(np, "load", watched)
    with pytest.raises(AssertionError):
        pickle.loads(b"N.")
    release = load_release(saved).extended(tiny_catalogue)
    assert recommend(NOBODY, tiny_catalogue, release, ask()).recommendations


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_an_array_of_objects_is_refused_even_with_the_right_checksum(copied, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    np.save(copied / "degree.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    resign(copied, "degree.npy")
    with pytest.raises(BrokenRelease, match=r"degree\.npy is no plain array"):
        load_release(copied)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("wrong", [b"", b"\x93NUMPY", pickle.dumps([1, 2]), b"PK\x03\x04" + bytes(60)])
def test_a_file_that_is_no_array_is_refused_even_with_the_right_checksum(copied, wrong):
    (copied / "degree.npy").write_bytes(wrong)
    resign(copied, "degree.npy")
    with pytest.raises(BrokenRelease, match=r"degree\.npy"):
        load_release(copied)


# --- one flipped byte -----------------------------------------------------------------------------------------------

FILES = [
    *(f"{name}_{part}.npy" for name in ("graph", "similar", "features") for part in ("data", "indices", "indptr")),
    *(f"{name}{part}.npy" for name in ("als", "metadata", "low_pass") for part in ("", "_mean", "_covariance")),
    *(f"known_{name}.npy" for name in ("themes", "venues", "organisers")),
    *(f"{name}.npy" for name in ("reference", "visited", "als_inverse", "degree", "similar_scale", "popular")),
    *(f"{name}.npy" for name in ("metadata_weights", "ids", "words", "grams", "word_idf", "gram_idf")),
    MANIFEST, TIMES, SUMS,
]  # fmt: skip


def test_these_are_the_files_of_a_release(saved):
    assert set(FILES) <= set(files_of(saved))
    assert set(files_of(saved)) - {*FILES, MANIFEST, TIMES, SUMS} == set(
        json.loads((saved / MANIFEST).read_text())["files"]
    ) - set(FILES)


def flip(path: Path, position: int) -> None:
    changed = bytearray(path.read_bytes())
    changed[position] ^= 0x20 if position % 2 else 0x01
    path.write_bytes(bytes(changed))


@pytest.mark.parametrize("share", [0.0, 0.13, 0.5, 0.77, 1.0])
def test_one_flipped_byte_in_any_file_is_refused_by_the_name_of_the_file(copied, share):
    for name in files_of(copied):
        path = copied / name
        whole = path.read_bytes()
        flip(path, round(share * (len(whole) - 1)))
        with pytest.raises(BrokenRelease) as error:
            load_release(copied)
        assert name in str(error.value), name
        path.write_bytes(whole)
    assert load_release(copied)


def test_every_bit_of_the_checksums_themselves_counts(copied):
    path = copied / SUMS
    whole = path.read_bytes()
    for position in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[position] ^= 1 << bit
            path.write_bytes(bytes(changed))
            with pytest.raises(BrokenRelease, match=SUMS):
                load_release(copied)


@pytest.mark.parametrize("name", ["ids.npy", "graph_data.npy", MANIFEST, TIMES, SUMS])
def test_a_missing_emptied_shortened_or_lengthened_file_is_refused_by_its_name(copied, name):
    path = copied / name
    whole = path.read_bytes()
    for harm in (b"", whole[:-1], whole[: len(whole) // 2], whole + b"\n", whole + b"\x00"):
        path.write_bytes(harm)
        with pytest.raises(BrokenRelease, match=name):
            load_release(copied)
    path.unlink()
    with pytest.raises(BrokenRelease, match=name):
        load_release(copied)


def test_sums_that_leave_a_file_out_are_refused(copied):
    lines = (copied / SUMS).read_text().splitlines(keepends=True)
    assert len(lines) == 2
    for kept, left_out in ((lines[0], TIMES), (lines[1], MANIFEST)):
        (copied / SUMS).write_text(kept)
        with pytest.raises(BrokenRelease, match=f"{SUMS}.*{left_out}"):
            load_release(copied)


def test_another_schema_is_refused_with_what_to_do(copied):
    manifest = json.loads((copied / MANIFEST).read_text())
    (copied / MANIFEST).write_text(json.dumps({**manifest, "schema": 99}))
    resign(copied)
    with pytest.raises(BrokenRelease, match=r"manifest\.json: schema 99, .*train again"):
        load_release(copied)


def test_a_folder_that_is_not_there_is_no_release(tmp_path):
    with pytest.raises(BrokenRelease, match="nowhere"):
        load_release(tmp_path / "nowhere")


def test_a_side_file_belongs_to_the_release_once_it_is_summed(copied):
    (copied / "evaluation.json").write_text("{}")
    write_sums(copied)
    assert load_release(copied)
    flip(copied / "evaluation.json", 0)
    with pytest.raises(BrokenRelease, match=r"evaluation\.json"):
        load_release(copied)


@pytest.mark.parametrize("name", ["extra.npy", ".hidden", "notes.txt", "evaluation.json"])
def test_a_file_that_does_not_belong_to_it_is_refused_by_its_name(copied, name):
    (copied / name).write_bytes(b"{}")
    with pytest.raises(BrokenRelease, match=f"{name} does not belong to the release"):
        load_release(copied)
