"""Erasure reaches the model: what comes after never knew them, and what came before does not come back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from data.home import ERASURES, Home
from data.store import Store, people
from data.tables import Tables
from recommender.release import save_release
from training.__main__ import main
from training.config import Config
from training.fit import fit
from training.publish import NotPublishedError, publish, rollback

CITY, GONE = "klein-oss", "r-2"


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a release but the times of day, which no digest holds."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in ("times.json", "SHA256SUMS")}


def without(tables: Tables, learner: str) -> Tables:
    frames = {name: getattr(tables, name) for name in ("passports", "stamps")}
    return replace(tables, **{name: frame[frame["learner_id"] != learner] for name, frame in frames.items()})


def test_a_release_made_after_erasure_is_the_one_that_never_saw_them(
    store_url: str, tiny: Tables, tmp_path: Path
) -> None:
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        with store.transaction() as connection:
            assert people.erase(connection, CITY, GONE, 1)
        after = save_release(fit(store.load(CITY, counting=True), Config()), tmp_path, name="after")
    with Store(f"sqlite:///{tmp_path / 'never.sqlite'}") as store:
        store.create()
        store.save(without(tiny, GONE))
        never = save_release(fit(store.load(CITY, counting=True), Config()), tmp_path, name="never")
    assert files(tmp_path / after.name) == files(tmp_path / never.name)
    with_them = save_release(fit(tiny, Config()), tmp_path, name="with-them")
    assert files(tmp_path / with_them.name) != files(tmp_path / never.name)


def test_what_somebody_does_not_want_to_count_is_not_learned_from(store_url: str, tiny: Tables) -> None:
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        with store.transaction() as connection:
            people.edit(connection, CITY, "r-1", {"muted": True}, None)
            people.edit(connection, CITY, "a-2", {}, fresh_from=int(tiny.stamps["at"].max()))
        counting = store.load(CITY, counting=True).stamps
        assert "r-1" not in set(counting["learner_id"])
        assert (counting["learner_id"] == "a-2").sum() == 1  # the last of all stamps is theirs
        assert (counting["learner_id"] == "a-1").sum() == 2
        assert len(store.load(CITY).stamps) == len(tiny.stamps)


@pytest.fixture
def city(tiny: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Klein-Oss in a home of its own, which the commands find."""
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    home = Home(tmp_path)
    with Store(home.store_url) as store:
        store.create()
        store.save(tiny)
    return home


def erase(home: Home) -> None:
    with Store(home.store_url) as store, store.transaction() as connection:
        people.erase(connection, CITY, GONE, 1)


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with suppress(SystemExit):
        main(list(arguments))
    said = capsys.readouterr()
    return " ".join((said.out + said.err).split())


def test_older_releases_stay_behind_and_go_with_the_next_training(
    city: Home, tiny: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    release = fit(tiny, Config())
    for name in ("20260101T000000Z-old", "20260102T000000Z-current"):
        save_release(release, city.releases(CITY), times={ERASURES: 0}, name=name)
        publish(city, CITY, name, unjudged=True)
    erase(city)
    assert "was made before somebody was erased" in command(capsys, "rollback")
    assert "was made before somebody was erased" in command(capsys, "publish", "20260101T000000Z-old", "--unjudged")
    said = command(capsys, "train")
    assert "20260101T000000Z-old" in said
    names = {path.parent.name for path in city.releases(CITY).glob("*/manifest.json")}
    assert "20260101T000000Z-old" not in names
    assert "20260102T000000Z-current" in names  # in service until the next one is
    command(capsys, "publish", "--unjudged")
    (left,) = {path.parent.name for path in city.releases(CITY).glob("*/manifest.json")}
    assert city.published(CITY)[0] == left
    assert not city.before_erasure(CITY, left, 1)


def test_a_release_that_does_not_say_when_it_was_made_counts_as_old(city: Home, tiny: Tables) -> None:
    save_release(fit(tiny, Config()), city.releases(CITY), name="20260101T000000Z-old")
    publish(city, CITY, unjudged=True)
    with pytest.raises(NotPublishedError, match="before somebody was erased"):
        publish(city, CITY, unjudged=True, erased=1)
    save_release(fit(tiny, Config()), city.releases(CITY), times={ERASURES: 1}, name="20260102T000000Z-new")
    publish(city, CITY, unjudged=True, erased=1)
    with pytest.raises(Exception, match="no earlier release"):
        rollback(city, CITY, erased=1)
