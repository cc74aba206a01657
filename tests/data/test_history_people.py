"""Pseudonyms, and what is struck out of a record."""

import csv
import json
import re
from pathlib import Path

import pytest

from data.feeds.histories import openbadges, uitpas
from data.feeds.histories.people import keyed, linked, parse_learners
from data.feeds.histories.registry import HISTORIES, history_reader
from data.feeds.histories.struck import ADDRESS, MOMENT, WORDS, names_of, struck, tells_who
from data.feeds.histories.targets import parse_own
from recommender.errors import BadInput
from tests.data.histories import PSEUDONYM, badge, checkin, names_nobody


def test_a_pseudonym_is_the_same_for_the_same_person_city_and_secret_and_no_other():
    one = keyed(b"a" * 32, "oss")
    assert one("did:x:1") == keyed(b"a" * 32, "oss")("did:x:1")
    assert (
        len({one("did:x:1"), one("did:x:2"), keyed(b"b" * 32, "oss")("did:x:1"), keyed(b"a" * 32, "assen")("did:x:1")})
        == 4
    )
    assert re.fullmatch("p-[0-9a-f]{32}", one("did:x:1"))
    # The same letters, written in two ways.
    assert one("Zo\u00eb") == one("Zoe\u0308")


def test_the_city_may_have_names_of_its_own():
    learners = parse_learners("theirs,learner_id\n8703fee0,r-1\nNoor@Example.com,r-2\ndid:x:1,r-3\n", "learners.csv")
    named = linked(PSEUDONYM, learners)
    assert named("uitpas:8703fee0") == "r-1"
    assert named("did:x:1") == "r-3"
    assert named("other:8703fee0") == PSEUDONYM("other:8703fee0")
    assert named(openbadges.identity(badge()["credentialSubject"])) == "r-2"


@pytest.mark.parametrize(
    "text", ["a,b\n", "", "theirs,learner_id\nNoor,\n", "theirs,learner_id\n,r-1\n", "theirs,learner_id\nNoor,r,x\n"]
)
def test_a_table_of_names_that_is_not_understood_is_not_repeated(text):
    with pytest.raises(BadInput, match=r"learners\.csv") as caught:
        parse_learners(text, "learners.csv")
    assert "Noor" not in str(caught.value)


def test_the_table_of_names_is_read_from_beside_the_history(tmp_path, tiny):
    (tmp_path / "a.json").write_text(json.dumps([checkin()]))
    (tmp_path / "learners.csv").write_text("theirs,learner_id\n8703fee0-29cc-452c-b1af-94ef494d4196,r-1\n")
    for source in (tmp_path, tmp_path / "a.json"):
        tables = uitpas.read(source, PSEUDONYM, tiny)
        assert tables.stamps["learner_id"].tolist() == ["r-1"]
        names_nobody(tables)


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("2026-02-14T13:00:00+01:00", False), ("2026-02-14 13:00:00", False), ("https://x.example/a/12345678", False),
        ("17.06.12-334.28", True), ("17061233428", True), ("0560002524314", True), ("a@b.example", True),
        ("https://x.example/noor", True), ("Noortje", False), ("NOOR!", True), ("12 June 2017", False),
        ("2017-06-12", True), ("Jan", True), ("January", False), ("x-8703fee0-x", True),
    ],
)  # fmt: skip
def test_what_tells_who_somebody_is(text, tells):
    names = names_of({"a": ["Noor", "Jan"], "b": "2017-06-12"}, "https://x.example/8703fee0", 7)
    assert tells_who(text, names) is tells


def test_only_what_is_named_stays_and_only_when_it_looks_right():
    record = {
        "when": "2026-02-14", "then": "Noor's birthday", "id": "https://x.example/1", "noor": 1, "title": "For Noor",
        "parts": [{"id": "a b"}, {"id": "c", "secret": "x"}, "d"], "nested": {"id": "e"}, "none": None, "empty": "",
    }  # fmt: skip
    shown = {
        "when": MOMENT, "then": MOMENT, "id": ADDRESS, "title": WORDS, "parts": {"id": ADDRESS}, "nested": ADDRESS,
        "none": MOMENT, "empty": MOMENT,
    }  # fmt: skip
    assert struck(record, shown, frozenset({"noor"})) == {
        "when": "2026-02-14", "then": "(struck out)", "id": "https://x.example/1", "title": "(struck out)",
        "parts": [{"id": "(struck out)"}, {"id": "c", "more": "1 (struck out)"}, "(struck out)"],
        "nested": "(struck out)", "none": None, "empty": "", "more": "1 (struck out)",
    }  # fmt: skip


def test_the_guide_names_every_history_its_files_and_its_tables():
    guide = (Path(__file__).resolve().parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")
    section = guide.partition("## Passport histories")[2]
    rows = dict(re.findall(r"^\|[^|]*\| `--feed (\w+)` \|([^|]*)\|", section, re.MULTILINE))
    assert set(rows) == set(HISTORIES)
    for name, files in rows.items():
        module = history_reader(name).__globals__
        assert set(re.findall(r"`(\.\w+)`", files)) == set(module["ENDINGS"]), name
    learners, matches = re.findall(r"```csv\n(.*?)```", section, re.DOTALL)
    assert len(parse_learners(learners, "")) == len(list(csv.reader(learners.splitlines()))) - 1
    assert len(parse_own(matches, "")) == 2


def test_a_history_that_there_is_not_is_named_with_those_that_are():
    with pytest.raises(BadInput, match="'nothing' is none of openbadges, xapi, uitpas, oslo"):
        history_reader("nothing")
