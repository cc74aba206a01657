"""Many cities: each trained from its own data alone, whatever becomes of the others, and not again when nothing changed."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from data.folder import read_folder, write_folder
from data.home import Home
from data.store import Store
from data.store.people import edit, erase
from recommender.errors import BadInput
from recommender.release import SUMS, TIMES, load_release, save_release
from tests.recommender.towns import QUICK, crowd
from training.__main__ import main
from training.fit import STEPS, fit
from training.scale.all import train_all
from training.scale.cities import in_folder, in_store
from training.scale.city import FAILED, TRAINED, UP_TO_DATE
from training.scale.engine import Local, Lost, open_engine

NAMES = ("assen", "breda", "cuijk")


class Here:
    """Work in this process: for tests of what happens, not of where."""

    slots, elsewhere, blocks, threads = 1, False, 1, 1

    def each(self, work, items):
        for item in items:
            yield item, work(item)

    def hold(self, parts):
        return parts

    def together(self, work, parts):
        return [work(*part) for part in parts]

    fetch = hold


def small(seed, name):
    """Towns whose learners and activities have the same ids everywhere: who mixes them up gets another release."""
    tables = crowd(30, 40, seed)
    return replace(tables, city=replace(tables.city, id=name, name=name.title()))


@pytest.fixture(scope="module")
def towns():
    return {name: small(seed, name) for seed, name in enumerate(NAMES)}


@pytest.fixture
def folder(towns, tmp_path):
    for name, tables in towns.items():
        write_folder(tables, tmp_path / "cities" / name)
    return tmp_path / "cities"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "var")


def trained(found, home, engine=None, config=QUICK, **more):
    return {one.city: one for one in train_all(found, config, home.path, None, engine or Here(), **more)}


def states(outcomes):
    return {name: outcome.state for name, outcome in outcomes.items()}


def in_bytes(release: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in release.iterdir() if path.name not in (TIMES, SUMS)}


def names_of(home, city):
    return sorted(path.name for path in home.releases(city).iterdir() if path.is_dir())


def test_every_city_gets_the_release_it_would_get_alone(folder, home, tmp_path):
    outcomes = trained(in_folder(folder), home, Local(2))
    assert states(outcomes) == dict.fromkeys(NAMES, TRAINED)
    for name in NAMES:
        alone = save_release(fit(read_folder(folder / name), QUICK), tmp_path / "alone" / name)
        assert in_bytes(home.releases(name) / outcomes[name].said) == in_bytes(tmp_path / "alone" / name / alone.name)


def test_cities_side_by_side_in_one_store_stay_apart(towns, home, tmp_path):
    with Store(home.store_url) as store:
        store.create()
        for tables in towns.values():
            store.save(tables)
        found = in_store(store)
        loaded = {name: store.load(name, counting=True) for name in NAMES}
    assert {one.city: one.size for one in found} == {name: len(tables.stamps) for name, tables in towns.items()}
    outcomes = trained(found, home)
    for name in NAMES:
        alone = save_release(fit(loaded[name], QUICK), tmp_path / "alone" / name)
        assert in_bytes(home.releases(name) / outcomes[name].said) == in_bytes(tmp_path / "alone" / name / alone.name)


def test_a_broken_city_is_reported_and_the_others_are_trained(folder, home):
    (folder / "breda" / "activities.csv").write_text("nothing,of,use\n1,2,3\n")
    (folder / "no-city").mkdir()
    outcomes = trained(in_folder(folder), home)
    assert states(outcomes) == {"assen": TRAINED, "breda": FAILED, "cuijk": TRAINED}
    assert "activities.csv: column 'activity_id' is missing" in outcomes["breda"].said
    assert not home.releases("breda").exists()


def test_an_error_that_nobody_foresaw_names_no_value(folder, home, monkeypatch):
    def broken(tables, *_, **__):
        raise KeyError(tables.stamps["learner_id"].iloc[0])

    monkeypatch.setattr("training.scale.city.fit", broken)
    outcomes = trained(in_folder(folder), home)
    assert set(states(outcomes).values()) == {FAILED}
    assert all("KeyError at test_scale.py" in one.said and "l-00" not in one.said for one in outcomes.values())


def test_two_folders_of_one_city_are_both_refused(folder, home):
    shutil.copytree(folder / "assen", folder / "assen-again")
    outcomes = trained(in_folder(folder), home)
    assert states(outcomes) == {
        "assen (assen)": FAILED, "assen (assen-again)": FAILED, "breda": TRAINED, "cuijk": TRAINED,
    }  # fmt: skip
    assert not home.releases("assen").exists()


def test_settings_that_cannot_be_read_are_a_city_that_failed(folder, home):
    (folder / "cuijk" / "city.toml").write_text("id = 'Not An Id'")
    outcomes = trained(in_folder(folder), home)
    assert states(outcomes) == {"assen": TRAINED, "breda": TRAINED, "cuijk": FAILED}
    assert "city.toml, id = 'Not An Id'" in outcomes["cuijk"].said


@pytest.mark.parametrize("made", ["nothing", "empty"])
def test_a_folder_without_cities_is_refused(tmp_path, made):
    if made == "empty":
        (tmp_path / made).mkdir()
    with pytest.raises(BadInput, match=made):
        in_folder(tmp_path / made)


def test_what_is_done_is_not_done_again(folder, home):
    first = trained(in_folder(folder), home)
    assert states(trained(in_folder(folder), home, config=replace(QUICK, threads=2))) == dict.fromkeys(
        NAMES, UP_TO_DATE
    )

    stamps = folder / "assen" / "stamps.csv"
    stamps.write_text("\n".join(stamps.read_text().splitlines()[:-1]) + "\n")
    damaged = home.releases("breda") / first["breda"].said / "als.npy"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = trained(in_folder(folder), home)
    assert states(again) == {"assen": TRAINED, "breda": TRAINED, "cuijk": UP_TO_DATE}
    assert again["cuijk"].said == first["cuijk"].said
    assert load_release(home.releases("breda") / again["breda"].said).manifest["city"] == "breda"


@pytest.mark.parametrize("change", [{"anew": True}, {"config": replace(QUICK, seed=1)}])
def test_other_settings_and_being_asked_train_again(folder, home, change):
    trained(in_folder(folder), home)
    assert states(trained(in_folder(folder), home, **change)) == dict.fromkeys(NAMES, TRAINED)


def test_a_city_that_somebody_was_erased_from_is_trained_again(towns, home):
    with Store(home.store_url) as store:
        store.create()
        for tables in towns.values():
            store.save(tables)
        old = trained(in_store(store), home)
        with store.transaction() as connection:
            assert erase(connection, "assen", "l-00", 1_800_000_000)
        again = trained(in_store(store), home)
    assert states(again) == {"assen": TRAINED, "breda": UP_TO_DATE, "cuijk": UP_TO_DATE}
    assert names_of(home, "assen") == [again["assen"].said]
    assert old["assen"].said != again["assen"].said


# --- large cities -----------------------------------------------------------------------------------------------------


def as_parquet(tables, folder, parts=3):
    """The folder of a city, its stamps in several files, last learners first."""
    write_folder(tables, folder)
    stamps = pd.read_csv(folder / "stamps.csv", dtype=str).assign(
        at=lambda frame: pd.to_datetime(frame["at"], utc=True)
    )
    (folder / "stamps.csv").unlink()
    (folder / "stamps").mkdir()
    for number in range(parts):
        stamps.iloc[number::parts][::-1].to_parquet(folder / "stamps" / f"{number}.parquet")


def test_a_large_city_in_parts_gives_the_release_of_the_same_city_at_once(towns, folder, home, tmp_path):
    as_parquet(towns["assen"], tmp_path / "large" / "assen")
    [found] = in_folder(tmp_path / "large")
    assert found.large
    steps = []
    [outcome] = train_all([found], QUICK, home.path, None, Here(), tell=lambda city, step: steps.append((city, step)))
    assert (outcome.state, outcome.stamps) == (TRAINED, len(towns["assen"].stamps))
    assert steps == [("assen", step) for step in STEPS]
    alone = save_release(fit(read_folder(folder / "assen"), QUICK), tmp_path / "alone")
    assert in_bytes(home.releases("assen") / outcome.said) == in_bytes(tmp_path / "alone" / alone.name)
    assert {path.name for path in home.releases("assen").parent.iterdir()} == {"releases"}
    assert states(trained([found], home)) == {"assen": UP_TO_DATE}


def test_stamps_that_cannot_be_used_are_left_out_of_a_large_city_as_of_a_small_one(towns, home, tmp_path):
    as_parquet(towns["assen"], tmp_path / "large" / "assen")
    part = tmp_path / "large" / "assen" / "stamps" / "1.parquet"
    rows = pd.read_parquet(part)
    wrong = rows.iloc[:3].assign(activity_id=["", "no-such", "a-001"])
    wrong.loc[wrong.index[2], "at"] = pd.Timestamp("2099-01-01", tz="UTC")
    pd.concat([wrong, rows]).to_parquet(part)
    outcome = trained(in_folder(tmp_path / "large"), home)["assen"]
    assert (outcome.state, outcome.stamps) == (TRAINED, len(towns["assen"].stamps))


@pytest.mark.parametrize("wrong", ["no file", "no parquet"])
def test_a_large_city_whose_stamps_cannot_be_read_is_reported(towns, home, tmp_path, wrong):
    as_parquet(towns["assen"], tmp_path / "large" / "assen")
    for file in (tmp_path / "large" / "assen" / "stamps").iterdir():
        file.unlink() if wrong == "no file" else file.write_text("learner_id,activity_id,at\n")
    outcome = trained(in_folder(tmp_path / "large"), home)["assen"]
    assert outcome.state == FAILED
    assert ("which stamps are there" if wrong == "no file" else "not readable as parquet") in outcome.said
    assert not (home.releases("assen").parent / "stamps-meanwhile").exists()


def test_a_large_city_of_the_store_is_read_in_parts_too(towns, home, tmp_path, monkeypatch):
    monkeypatch.setattr("training.scale.cities.LARGE", len(towns["breda"].stamps) - 1)
    with Store(home.store_url) as store:
        store.create()
        for tables in towns.values():
            store.save(tables)
        with store.transaction() as connection:
            edit(connection, "breda", "l-01", {"muted": True}, None)
        found = in_store(store)
        loaded = {one.city: store.load(one.city, counting=True) for one in found if one.large}
    assert "breda" in loaded
    outcomes = trained(found, home)
    for name, tables in loaded.items():
        assert "l-01" not in set(tables.stamps["learner_id"]) or name != "breda"
        alone = save_release(fit(tables, QUICK), tmp_path / "alone" / name)
        assert in_bytes(home.releases(name) / outcomes[name].said) == in_bytes(tmp_path / "alone" / name / alone.name)


# --- where it is done ------------------------------------------------------------------------------------------------


def ends_badly(number):
    if number == 3:
        os._exit(9)
    return number * number


def test_work_that_takes_its_process_with_it_takes_nothing_else(recwarn):
    done = dict(Local(2).each(ends_badly, range(8)))
    assert isinstance(done.pop(3), Lost)
    assert done == {number: number * number for number in range(8) if number != 3}


@pytest.mark.parametrize("address", ["somewhere", "dask://", "spark://here:7077"])
def test_an_engine_that_is_none_is_refused(address):
    with pytest.raises(BadInput, match="expected local, or a Dask scheduler"), open_engine(address):
        pass


def test_the_command_says_what_became_of_whom(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    (folder / "cuijk" / "stamps.csv").unlink()
    settings = tmp_path / "quick.toml"
    settings.write_text("threads = 1\n[als]\nfactors = 8\niterations = 2\n[graph]\nrank = 4\n")
    typed = ["train-all", "--data", str(folder), "--jobs", "2", "--config", str(settings)]
    for said in ("2 trained, 1 failed", "2 up to date, 1 failed"):
        with pytest.raises(SystemExit) as stopped:
            main(typed)
        assert stopped.value.code == 1
        shown = capsys.readouterr()
        assert said in shown.out
        assert "Without a new release: cuijk." in shown.out
        assert "stamps.csv is missing" in shown.err
