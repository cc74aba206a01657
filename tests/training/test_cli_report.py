"""`python -m training report`: from a store to a folder of pages."""

from __future__ import annotations

import json

from data.folder import write_folder


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
