"""The command line as somebody types it: exit codes, messages, files."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.folder import write_folder
from recommender.errors import BadInput, BrokenRelease, LeerlijnError
from tests.training.conftest import coming
from training.__main__ import EXIT_CODES, main
from training.cli import EXAMPLES, build

QUICK = """
threads = 1
[als]
factors = 8
iterations = 3
[graph]
rank = 4
[evaluation]
bootstrap = 100
"""


@pytest.fixture(scope="module")
def folder(two_tastes, tmp_path_factory):
    path = write_folder(coming(two_tastes), tmp_path_factory.mktemp("town"))
    (path / "quick.toml").write_text(QUICK)
    return path


@pytest.fixture(scope="module")
def releases(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("releases")
    with pytest.raises(SystemExit) as stopped:
        main(["train", "--data", str(folder), "--out", str(target), "--config", str(folder / "quick.toml")])
    assert not stopped.value.code
    return target


def learners_file(path, *names):
    path.write_text("note,learner_id\n" + "".join(f"hello,{name}\n" for name in names))
    return path


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_help_teaches_with_examples(run):
    for name in EXAMPLES:
        code, out, _ = run(name, "--help")
        assert code == 0
        assert "Examples" in out
        assert EXAMPLES[name][0].removeprefix("python -m ").split()[1] in out
    assert {command.name for command in build().registered_commands} == set(EXAMPLES)


def test_every_error_has_an_exit_code():
    def code(error):
        return next(code for kind, code in EXIT_CODES if issubclass(error, kind))

    assert (code(BadInput), code(BrokenRelease), code(LeerlijnError)) == (2, 3, 1)


# check


def test_check_says_what_is_there_and_what_is_not(run, folder):
    code, out, _ = run("check", folder)
    assert code == 0
    assert "Two Tastes" in out
    assert "activities without age" in out
    assert "100%" in out
    assert "stamps of 80 learners" in out


def test_check_shows_the_reason_of_a_rejected_row(run, folder, two_tastes, tmp_path):
    path = write_folder(two_tastes, tmp_path / "town")
    with (path / "stamps.csv").open("a") as file:
        file.write("r-00,no-such-thing,2026-01-06T10:00:00+01:00\nr-00,robots-00-0,yesterday\n")
    code, out, _ = run("check", path)
    assert code == 0
    assert "no-such-thing" in out
    assert "yesterday" in out
    assert f"line {len(two_tastes.stamps) + 2}" in out


def test_check_fails_only_when_nothing_can_be_used(run, tmp_path):
    (tmp_path / "activities.csv").write_text("activity_id\na\n")
    code, out, _ = run("check", tmp_path)
    assert code == 1
    assert "Cannot be used" in out
    assert "'title' is missing" in out
    assert run("check", tmp_path / "nowhere")[0] == 1


def test_an_unknown_feed(run, folder):
    code, _, err = run("load", folder, "--feed", "utrecht")
    assert code == 2
    assert "'utrecht' is none of folder, madrid" in err


def test_a_simulated_town_can_be_checked(run, tmp_path):
    options = ["simulate", "--preset", "small", "--learners", 30, "--seed", 3, "--out"]
    code, out, _ = run(*options, tmp_path / "one")
    assert code == 0
    assert "30 learners" in out
    assert run("check", tmp_path / "one")[0] == 0
    run(*options, tmp_path / "two")
    run(*options[:-2], 4, "--out", tmp_path / "three")
    one, two, three = ((tmp_path / name / "stamps.csv").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three
    assert run("simulate", "--preset", "village", "--out", tmp_path / "x")[0] == 2


def test_invented_learners_over_a_catalogue(run, folder, tmp_path):
    code, out, _ = run("simulate", "--over", folder, "--learners", 25, "--out", tmp_path / "over")
    assert code == 0
    assert "25 learners" in out
    assert (tmp_path / "over/activities.csv").read_bytes() == (folder / "activities.csv").read_bytes()


# load, train, evaluate, publish, rollback: the whole way round


def test_from_folder_to_service_and_back(run, folder, tmp_path):
    settings = folder / "quick.toml"
    assert run("load", folder)[0] == 0
    assert run("train", "--config", settings)[0] == 0
    first = sorted(path.name for path in (tmp_path / "var/two-tastes/releases").iterdir())
    assert len(first) == 1

    code, _, err = run("publish")
    assert code == 2
    assert "evaluate first" in err

    code, out, _ = run("evaluate", "--config", settings)
    assert code == 0
    assert "recall@10" in out
    reports = tmp_path / "var/two-tastes/reports"
    pages = {"evaluation.nl.html", "evaluation.en.html"}
    assert {path.name for path in reports.iterdir()} == {"evaluation.json", "opportunity.json", "facts.json", *pages}
    assert "The new model may go live." in out
    assert json.loads((reports / "evaluation.json").read_text())["city"]["id"] == "two-tastes"

    code, out, _ = run("publish", "--city", "two-tastes")
    assert code == 0
    assert first[0] in out

    code, _, err = run("rollback")
    assert code == 2
    assert "no earlier release" in err

    learners = learners_file(tmp_path / "learners.csv", "r-00")
    code, _, err = run(
        "recommend", "--learners", learners, "--out", tmp_path / "recs.csv", "--at", "2026-03-01T09:00:00+01:00"
    )
    assert code == 0
    assert f"Release: {first[0]}, in service" in err
    assert len(rows(tmp_path / "recs.csv")) == 20


def test_two_settings_side_by_side(run, folder, tmp_path):
    (tmp_path / "plain.toml").write_text(QUICK + "[blend]\nsimple = true\n")
    options = ["compare", folder / "quick.toml", tmp_path / "plain.toml", "--data", folder]
    code, out, _ = run(*options)
    assert code == 0
    found = json.loads((tmp_path / "var/two-tastes/reports/compare.json").read_text())
    assert found["schema"] == "leerlijn-comparison/1"
    assert [found[side]["name"] for side in ("a", "b")] == [str(one) for one in options[1:3]]
    lead = found["differences"]["leerlijn"]["recall@10"]
    sides = [found["models"][side]["leerlijn"]["recall@10"]["value"] for side in ("a", "b")]
    assert lead["value"] == pytest.approx(sides[0] - sides[1], abs=1e-6)
    assert lead["low"] > 0, "everybody has a taste of their own, and the simple blend knows none"
    assert f"{lead['value']:+.3f}" in out
    code, _, err = run("compare", "nothing", "shipped", "--data", folder)
    assert code == 2
    assert "there is none yet" in err
    assert run("compare", "current", "shipped", "--data", folder)[0] == 2


def test_an_empty_store_says_what_to_do(run):
    code, _, err = run("train")
    assert code == 2
    assert "load" in err


def test_a_city_that_is_not_in_the_store(run, folder):
    run("load", folder)
    code, _, err = run("train", "--city", "atlantis")
    assert code == 2
    assert "atlantis" in err
    assert "two-tastes" in err


def test_two_cities_need_a_choice(run, folder):
    run("load", folder)
    run("load", folder, "--city", "other-town")
    code, _, err = run("evaluate")
    assert code == 2
    assert "other-town, two-tastes; choose one with --city" in err


def test_folder_and_city_that_disagree(run, folder):
    code, _, err = run("train", "--data", folder, "--city", "elsewhere")
    assert code == 2
    assert "'two-tastes', not 'elsewhere'" in err


def test_a_wrong_setting(run, folder, tmp_path):
    (tmp_path / "wrong.toml").write_text("[als]\nfactor = 3\n")
    code, _, err = run("train", "--data", folder, "--config", tmp_path / "wrong.toml")
    assert code == 2
    assert "the nearest is 'als.factors'" in err


# recommend


def test_the_export_has_the_promised_columns_and_order(run, folder, releases, tmp_path):
    learners = learners_file(tmp_path / "learners.csv", "r-02", "a-01", "r-02", "stranger")
    target = tmp_path / "out/recs.csv"
    at = "2026-03-02T09:00:00+01:00"
    code, _, err = run(
        "recommend",
        "--data",
        folder,
        "--release",
        releases,
        "--learners",
        learners,
        "--count",
        5,
        "--at",
        at,
        "--out",
        target,
    )
    assert code == 0
    found = rows(target)
    assert target.read_text().splitlines()[0] == "learner_id,rank,activity_id,session_id,score"
    assert [(row["learner_id"], row["rank"]) for row in found] == [
        (name, str(rank)) for name in ("r-02", "a-01", "stranger") for rank in range(1, 6)
    ]
    for name in ("r-02", "a-01", "stranger"):
        scores = [float(row["score"]) for row in found if row["learner_id"] == name]
        assert scores == sorted(scores, reverse=True)
    assert all(row["session_id"] == f"s-{row['activity_id']}" for row in found)
    tastes = {row["learner_id"]: row["activity_id"][0] for row in found if row["rank"] == "1"}
    assert tastes["r-02"] == "r"
    assert tastes["a-01"] == "a"
    assert "1 had neither stamps nor wishes" in err
    assert "as asked" in err


def test_only_what_is_still_to_come_and_new_unless_asked(run, folder, releases, two_tastes, tmp_path):
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    options = ["recommend", "--data", folder, "--release", releases, "--learners", learners, "--count", 100]
    target = tmp_path / "recs.csv"
    run(*options, "--out", target, "--at", "2026-03-02T09:00:00+01:00")
    weeks = {int(row["activity_id"].split("-")[1]) for row in rows(target)}
    assert min(weeks) == 8
    code, _, err = run(*options, "--out", target)
    assert code == 0
    assert "the city's own now (as_of)" in err
    own = set(two_tastes.stamps[two_tastes.stamps["learner_id"] == "r-02"]["activity_id"])
    again = {name for name in two_tastes.activities["activity_id"] if "-19-" in name}
    assert {row["activity_id"] for row in rows(target)} == again - own != again
    _, _, err = run(*options, "--out", target, "--at", "2026-09-01T09:00:00+02:00")
    assert rows(target) == []
    assert "1 lists are empty" in err


def test_stamped_activities_come_back_when_asked(run, tmp_path, folder, releases, two_tastes):
    always = write_folder(
        replace(two_tastes, sessions=two_tastes.sessions[:0], has_sessions=False), tmp_path / "always"
    )
    own = set(two_tastes.stamps[two_tastes.stamps["learner_id"] == "r-02"]["activity_id"])
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    options = ["recommend", "--data", always, "--release", releases, "--learners", learners, "--count", 100]
    run(*options, "--out", tmp_path / "new.csv")
    run(*options, "--include-stamped", "--out", tmp_path / "all.csv")
    new, everything = ({row["activity_id"] for row in rows(tmp_path / name)} for name in ("new.csv", "all.csv"))
    assert new == everything - own
    assert own <= everything


def test_candidates_restrict_the_list(run, folder, releases, tmp_path):
    learners = learners_file(tmp_path / "learners.csv", "r-02", "a-01")
    candidates = tmp_path / "candidates.csv"
    candidates.write_text("activity_id\nrobots-18-0\nanimals-18-1\nno-such\n")
    target = tmp_path / "recs.csv"
    options = ["recommend", "--data", folder, "--release", releases, "--learners", learners, "--out", target]
    at = ["--at", "2026-03-02T09:00:00+01:00"]
    code, _, err = run(*options, *at, "--candidates", candidates)
    assert code == 0
    assert {row["activity_id"] for row in rows(target)} == {"robots-18-0", "animals-18-1"}
    assert "1 of 3 candidates do not exist in this city" in err
    candidates.write_text("activity_id\nno-such\n")
    code, _, err = run(*options, *at, "--candidates", candidates)
    assert code == 2
    assert "none of its 1 activity_id exists" in err


def test_the_future_is_not_known_at_the_moment_of_asking(run, folder, releases, two_tastes, tmp_path):
    """Somebody whose stamps all lie after the moment counts as new, and gets a stranger's list."""
    learners = learners_file(tmp_path / "learners.csv", "r-02", "stranger")
    target = tmp_path / "recs.csv"
    options = ["recommend", "--release", releases, "--learners", learners, "--at", "2026-01-05T08:00:00+01:00"]
    code, _, err = run(*options, "--data", folder, "--out", target)
    assert code == 0
    assert "2 had neither stamps nor wishes" in err


def test_the_same_bytes_twice(run, folder, releases, tmp_path):
    learners = learners_file(tmp_path / "learners.csv", *(f"r-{number:02d}" for number in range(0, 80, 2)))
    options = ["recommend", "--data", folder, "--release", releases, "--learners", learners]
    at = ["--at", "2026-03-02T09:00:00+01:00"]
    run(*options, *at, "--out", tmp_path / "one.csv")
    run(*options, *at, "--out", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_without_a_release_it_fits_first(run, folder, tmp_path):
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    code, _, err = run(
        "recommend", "--data", folder, "--learners", learners, "--out", tmp_path / "recs.csv",
        "--at", "2026-03-02T09:00:00+01:00", "--config", folder / "quick.toml",
    )  # fmt: skip
    assert code == 0
    assert "one is fitted" in err
    assert rows(tmp_path / "recs.csv")[0]["activity_id"].startswith("robots")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"name\nr-02\n", "'learner_id' is missing"),
        (b"learner_id\n\n", "no learner_id in it"),
        ("learner_id\nzo\xe9\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_wrong_learners_file(run, folder, releases, tmp_path, content, told):
    (tmp_path / "learners.csv").write_bytes(content)
    code, _, err = run(
        "recommend",
        "--data",
        folder,
        "--release",
        releases,
        "--learners",
        tmp_path / "learners.csv",
        "--out",
        tmp_path / "o",
    )
    assert code == 2
    assert told in err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--at", "2026-03-02T09:00:00", "'2026-03-02T09:00:00' is not a moment with offset"),
        ("--at", "tomorrow", "'tomorrow' is not a moment with offset"),
        ("--policy", "best", "none of relevance, served"),
        ("--release", "/nowhere", "no release here"),
    ],
)
def test_a_wrong_option(run, folder, tmp_path, option, value, told):
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    code, _, err = run("recommend", "--data", folder, "--learners", learners, "--out", tmp_path / "o", option, value)
    assert code == 2
    assert told in err


def test_a_damaged_release_is_refused_by_name(run, folder, releases, tmp_path):
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(next(releases.glob("*")), broken)
    array = broken / "als.npy"
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(bytes(content))
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    code, _, err = run(
        "recommend", "--data", folder, "--release", broken, "--learners", learners, "--out", tmp_path / "o"
    )
    assert code == 3
    assert "als.npy" in err


def test_a_release_of_another_city_is_refused(run, folder, releases, two_tastes, tmp_path):
    other = write_folder(replace(two_tastes, city=replace(two_tastes.city, id="elsewhere")), tmp_path / "other")
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    code, _, err = run(
        "recommend", "--data", other, "--release", releases, "--learners", learners, "--out", tmp_path / "o"
    )
    assert code == 2
    assert "was trained for city 'two-tastes', this is 'elsewhere'" in err


def test_a_place_that_cannot_be_written(run, folder, releases, tmp_path):
    (tmp_path / "file").write_text("in the way")
    learners = learners_file(tmp_path / "learners.csv", "r-02")
    options = ["recommend", "--data", folder, "--release", releases, "--learners", learners]
    code, _, err = run(*options, "--out", tmp_path / "file" / "recs.csv")
    assert code == 2
    assert "Stopped." in err
    assert str(tmp_path / "file") in err


def test_reading_does_not_depend_on_pandas_guessing(two_tastes, tmp_path):
    """Learner ids that look like numbers stay text."""
    from training.cli_recommend import read_ids

    path = tmp_path / "learners.csv"
    pd.DataFrame({"learner_id": ["007", "1e5", "NA", "007"], "x": np.arange(4)}).to_csv(path, index=False)
    assert read_ids(path, "learner_id") == ["007", "1e5", "NA"]
