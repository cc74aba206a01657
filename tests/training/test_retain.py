"""The command that removes what was kept long enough: it says so first, and names nobody."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.home import Home
from data.store import Store, people
from data.store.people import NewStamp
from data.tables import Tables
from training.cli import build

AT = "2026-03-02T09:00:00+01:00"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(build(), ["retain", "--at", AT, *arguments])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def test_it_says_what_would_go_and_removes_it_only_when_told(
    store_url: str, tiny: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path))
    monkeypatch.setenv("LEERLIJN_DATABASE_URL", store_url)
    home = Home(tmp_path)
    with Store(store_url) as store:
        store.create()
        store.save(tiny)
        with store.transaction() as connection:
            people.add_stamps(connection, "klein-oss", [NewStamp("somebody-7", "stars", 1_000_000_000)])

        def has() -> bool:
            return "somebody-7" in set(store.load("klein-oss").stamps["learner_id"])

        with caplog.at_level(logging.INFO):
            told = run()
            assert "would go" in told
            assert "Nothing was changed" in told
            assert has()
            assert not home.reports("klein-oss").exists()
            (tmp_path / "klein-oss").mkdir(exist_ok=True)
            (tmp_path / "klein-oss" / "retention.toml").write_text('[keep]\nstamps = "always"\n')
            run("--go")
            assert has()
            (tmp_path / "terms.toml").write_text("[keep]\nstamps = 2000\n")
            done = run("--go", "--terms", str(tmp_path / "terms.toml"))
        assert not has()
        assert len(store.load("klein-oss").stamps) == len(tiny.stamps)
    record = (home.reports("klein-oss") / "retention.csv").read_text().splitlines()
    assert record[0].startswith("at,stamps,said,shown,")
    assert [line.split(",")[:2] for line in record[1:]] == [
        ["2026-03-02T08:00:00+00:00", "0"],
        ["2026-03-02T08:00:00+00:00", "1"],
    ]
    assert "somebody-7" not in told + done + caplog.text
    assert "removed: stamps 1," in caplog.text


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Tables) -> None:
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    with Store(Home(tmp_path).store_url) as store:
        store.create()
        store.save(tiny)
    missing = CliRunner().invoke(build(), ["retain", "--terms", str(tmp_path / "gone.toml")])
    assert "no such file" in str(missing.exception)
    elsewhere = CliRunner().invoke(build(), ["retain", "--city", "oz"])
    assert "no city 'oz'" in str(elsewhere.exception)
