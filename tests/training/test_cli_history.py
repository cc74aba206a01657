"""A history from the command line into the store; and nothing of a person anywhere: not shown, not stored, not logged."""

import json
from pathlib import Path

import pytest

from data.feeds.histories.registry import HISTORIES
from data.feeds.histories.struck import scalars
from data.folder import write_folder
from data.home import Home
from data.store import Store
from tests.data.histories import NAMING_NOOR, badge, checkin, statement

FOLDERS = {
    "openbadges": ("openbadges", "clr"),
    "xapi": ("xapi",),
    "uitpas": ("uitpas",),
    "oslo": ("oslo-cultuurparticipatie",),
}
NAMING = {
    "openbadges": {"identityHash", "email", "licenseNumber"},
    "xapi": {"mbox", "mbox_sha1sum", "openid", "name", "registration"},
    "uitpas": {
        "name", "firstName", "inszNumber", "dateOfBirth", "postalCode", "uitpasNumber", "chipNumber", "socialTariff",
    },
    "oslo": {"participant_id", "participant_birthyear", "participant_statsector_id"},
}  # fmt: skip
"""Fields of the published examples that tell who somebody is."""


@pytest.fixture
def run(run, tiny, tmp_path):
    """Type a command with Klein-Oss in the store; gives exit code, and all that was shown."""

    def typed(*arguments):
        code, out, err = run(*arguments)
        return code, out + err

    assert typed("load", write_folder(tiny, tmp_path / "town"))[0] == 0
    return typed


def kept(folder: Path) -> bytes:
    """Every byte that an installation keeps."""
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def opened(tmp_path):
    return Store(Home(tmp_path / "var").store_url)


def test_people_go_into_a_city_that_is_there_and_nobody_is_named(run, tmp_path):
    for name, record in (("openbadges", badge()), ("xapi", statement()), ("uitpas", {"member": [checkin()]})):
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
        code, shown = run("load", tmp_path / f"{name}.json", "--feed", name, "--city", "klein-oss")
        assert code == 0, shown
        assert [word for word in NAMING_NOOR if word in shown.lower()] == []
    with opened(tmp_path) as store:
        city = store.load("klein-oss")
    assert len(city.activities) == 8
    new = city.stamps[city.stamps["learner_id"].str.startswith("p-")]
    assert sorted(new["activity_id"]) == ["birds", "paint", "robot-match"]
    # One mail address in two systems is one learner, a passholder's id is somebody else.
    assert new["learner_id"].nunique() == 2
    whole = kept(tmp_path / "var").lower()
    assert [word for word in NAMING_NOOR if word.encode() in whole] == []


def test_loading_again_adds_nothing(run, tmp_path):
    (tmp_path / "badges.json").write_text(json.dumps([badge(), badge(2, issuer=None)]))
    run("load", tmp_path / "badges.json", "--feed", "openbadges")
    with opened(tmp_path) as store:
        before = store.load("klein-oss")
    assert run("load", tmp_path / "badges.json", "--feed", "openbadges")[0] == 0
    with opened(tmp_path) as store:
        after = store.load("klein-oss")
    assert after.passports.equals(before.passports)
    assert after.stamps.equals(before.stamps)
    assert len(after.quarantine) == len(before.quarantine) == 1


def test_a_history_needs_a_city_and_holds_no_activities(run, tmp_path):
    (tmp_path / "badges.json").write_text(json.dumps(badge()))
    code, shown = run("load", tmp_path / "badges.json", "--feed", "openbadges", "--city", "oz")
    assert (code, "no city 'oz' in the store; it holds: klein-oss" in shown) == (2, True)
    code, shown = run("load", tmp_path / "badges.json", "--feed", "openbadges", "--learners", 5)
    assert (code, "a history of people" in shown) == (2, True)
    code, shown = run("simulate", "--over", tmp_path / "badges.json", "--feed", "openbadges", "--out", tmp_path / "x")
    assert (code, "a history of people" in shown) == (2, True)


def test_check_changes_nothing(run, tmp_path):
    (tmp_path / "badges.json").write_text(json.dumps(badge()))
    before = kept(tmp_path / "var")
    code, shown = run("check", tmp_path / "badges.json", "--feed", "openbadges")
    assert (code, "not looked up" in shown) == (0, True)
    assert kept(tmp_path / "var") == before
    (tmp_path / "badges.json").write_text("{")
    code, shown = run("check", tmp_path / "badges.json", "--feed", "openbadges")
    assert (code, "Cannot be used" in shown) == (1, True)


def under(value, names, inside=False):
    """All texts of the fields with one of some names."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from under(part, names, inside or name in names)
    elif isinstance(value, list):
        for part in value:
            yield from under(part, names, inside)
    elif inside:
        yield from scalars(value)


def naming(feed, folder):
    """What identifies somebody in the published examples of a history."""
    found = set()
    for file in sorted(folder.rglob("*.json")):
        document = json.loads(file.read_text())
        if feed == "xapi":
            document = [{key: one.get(key) for key in ("actor", "context", "authority")} for one in document]
        if feed == "openbadges":
            subject = document["credentialSubject"]
            found |= {document["id"], subject["id"]}
            found |= {document["name"]} if folder.name == "clr" else set()
            document = subject
        found |= set(under(document, NAMING[feed]))
    for file in sorted(folder.glob("*_results.csv")) if feed == "oslo" else ():
        names, *rows = (line.split(",") for line in file.read_text().splitlines())
        found |= {cell for row in rows for name, cell in zip(names, row, strict=False) if name in NAMING[feed]}
    # Words that a whole database holds for other reasons, and what is the sign of nobody.
    return {text.lower() for text in found if len(text) > 3} - {"active", "anonymous", "true", "false", "not-used"}


@pytest.mark.parametrize("feed", sorted(HISTORIES))
def test_nothing_in_the_published_examples_names_anybody_afterwards(run, tmp_path, shared_data, feed):
    for folder in FOLDERS[feed]:
        path = shared_data / "feeds" / folder
        words = naming(feed, path)
        assert len(words) > 2
        before = kept(tmp_path / "var").lower()
        code, shown = run("load", path, "--feed", feed)
        assert code == 0, shown
        whole = kept(tmp_path / "var").lower()
        assert len(whole) > 0
        there = [word for word in words if word.encode() in whole and word.encode() not in before]
        assert there == []
        assert [word for word in words if word in shown.lower()] == []
