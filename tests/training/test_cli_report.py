"""`python -m training report`: from a store to a folder of pages."""

from __future__ import annotations

import json

import pytest

from data.folder import write_folder
from training.__main__ import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Type a command; gives exit code, standard output and standard error. State lives in a fresh folder."""
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code or 0, shown.out, shown.err

    return typed


def test_before_anything_was_measured_the_report_says_what_to_do(run, two_tastes, tmp_path):
    folder = write_folder(two_tastes, tmp_path / "town")
    code, out, _ = run("report", "--data", folder, "--out", tmp_path / "pages")
    assert code == 0
    assert "Not there yet: evaluation.json, a release. The pages say what to do." in out
    assert "Er is nog niets gemeten" in (tmp_path / "pages/index.html").read_text()
    assert {"index.html", "all.nl.html", "reach.en.html", "opportunity.json"} <= {
        path.name for path in (tmp_path / "pages").iterdir()
    }
    reports = tmp_path / "var/two-tastes/reports"
    assert json.loads((reports / "facts.json").read_text())["release"] is None
    assert json.loads((reports / "opportunity.json").read_text())["release"] is None


def test_a_broken_file_is_named(run, two_tastes, tmp_path):
    folder = write_folder(two_tastes, tmp_path / "town")
    reports = tmp_path / "var/two-tastes/reports"
    reports.mkdir(parents=True)
    (reports / "evaluation.json").write_text("{")
    code, _, err = run("report", "--data", folder)
    assert code == 2
    assert "evaluation.json: not JSON" in err
    assert not (reports / "report").exists()
