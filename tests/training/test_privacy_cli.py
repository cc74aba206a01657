"""A private release from the command line: what it costs is in the ledger, and what would cost too much is not made."""

import json

import pytest

from data.folder import write_folder
from tests.training.conftest import coming
from training.__main__ import main
from training.privacy.ledger import read

SETTINGS = "threads = 1\n[privacy]\nbudget = 6.0\ncolumns = 8\n[evaluation]\nbootstrap = 100\nattack = 4\n"


@pytest.fixture
def town(two_tastes, tmp_path, monkeypatch, capsys):
    """Type a command about the town; gives exit code, standard output and standard error."""
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "300")
    folder = write_folder(coming(two_tastes), tmp_path / "town")
    (folder / "settings.toml").write_text(SETTINGS)

    def typed(command, *arguments):
        words = (command, "--data", folder, "--config", folder / "settings.toml", *arguments)
        try:
            code = main([str(word) for word in words])
        except SystemExit as stopped:
            code = stopped.code
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code or 0, shown.out, shown.err

    typed.home = tmp_path / "var" / "two-tastes"
    return typed


def manifests(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*/manifest.json"))]


def test_a_private_release_is_paid_for_and_the_next_that_costs_too_much_is_refused(town, tmp_path):
    code, out, _ = town("train", "--privacy-epsilon", 4)
    assert code == 0, out
    assert [(line.epsilon, line.delta) for line in read(town.home / "privacy.jsonl")] == [(4.0, 1e-3)]
    (manifest,) = manifests(town.home / "releases")
    assert manifest["privacy"] == {"epsilon": 4.0, "delta": 1e-3}
    (times,) = [json.loads(path.read_text()) for path in town.home.glob("releases/*/times.json")]
    assert not times["began_after_seconds"], "how long it took depends on who was in it"
    code, _, err = town("train", "--privacy-epsilon", 4, "--out", tmp_path / "elsewhere")
    assert code == 1
    assert "epsilon of at most 2 today" in err
    assert not manifests(tmp_path / "elsewhere")
    assert len(read(town.home / "privacy.jsonl")) == 1
    code, _, _ = town("train", "--privacy-epsilon", 2, "--out", tmp_path / "elsewhere")
    assert code == 0
    assert len(manifests(tmp_path / "elsewhere")) == 1
    assert len(read(town.home / "privacy.jsonl")) == 2


def test_a_release_that_is_not_private_costs_nothing(town):
    code, _, _ = town("train")
    assert code == 0
    assert not (town.home / "privacy.jsonl").exists()
    assert "privacy" not in manifests(town.home / "releases")[0]


def test_what_the_dial_cannot_be_set_to_is_told(town):
    code, _, err = town("train", "--privacy-epsilon", -1)
    assert code == 2
    assert "privacy.epsilon: -1.0 is outside 0 to 100" in err


def test_a_damaged_ledger_stops_training(town):
    town("train", "--privacy-epsilon", 1)
    with (town.home / "privacy.jsonl").open("a") as file:
        file.write('{"at": 17')
    code, _, err = town("train", "--privacy-epsilon", 1)
    assert code == 2
    assert "privacy.jsonl, line 2" in err
    assert len(manifests(town.home / "releases")) == 1


def test_lists_from_a_model_that_is_made_for_them_cost_too(town, tmp_path):
    (tmp_path / "learners.csv").write_text("learner_id\nrobots-00\n")
    settings = tmp_path / "town" / "settings.toml"
    settings.write_text(SETTINGS.replace("[privacy]", "[privacy]\nepsilon = 5.0"))
    asked = ("--learners", tmp_path / "learners.csv", "--count", 3, "--out", tmp_path / "recs.csv")
    assert town("recommend", *asked)[0] == 0
    assert len(read(town.home / "privacy.jsonl")) == 1
    assert town("recommend", *asked)[0] == 1
