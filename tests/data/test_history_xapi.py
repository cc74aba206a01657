"""Statements by hand: who attended what, and what is no visit."""

import json
from datetime import datetime
from hashlib import sha1
from zoneinfo import ZoneInfo

import pytest

from data.feeds.histories import xapi
from data.feeds.histories.people import agent_identity, mail_identity
from recommender.errors import BadInput
from tests.data.histories import PSEUDONYM, names_nobody, statement

NOOR = PSEUDONYM(mail_identity("noor@example.com"))


@pytest.fixture
def read(tmp_path, tiny):
    def read_statements(*statements, catalogue=tiny):
        (tmp_path / "said.json").write_text(json.dumps(statements))
        return xapi.read(tmp_path / "said.json", PSEUDONYM, catalogue)

    return read_statements


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def test_who_attended_gets_a_stamp(read):
    tables = read(statement())
    stamp = only(tables.stamps)
    assert (stamp["learner_id"], stamp["activity_id"]) == (NOOR, "paint")
    assert stamp["at"] == datetime(2026, 2, 14, 13, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp()
    assert len(tables.passports) == len(tables.quarantine) == 0
    names_nobody(tables)


def test_mail_and_its_checksum_are_one_person():
    checksum = sha1(b"mailto:noor@example.com").hexdigest()
    people = [
        {"mbox": "mailto:Noor@example.com"},
        {"mbox_sha1sum": checksum.upper()},
        {"mbox": "noor@example.com", "name": "?"},
    ]
    assert {agent_identity(agent) for agent in people} == {mail_identity("noor@example.com")}
    account = {"account": {"homePage": "https://a.example", "name": "noor"}}
    other = {"account": {"homePage": "https://b.example", "name": "noor"}}
    assert agent_identity(account) != agent_identity(other) != ""
    assert agent_identity({"openid": "https://noor.example"}) == "https://noor.example"
    assert [agent_identity(agent) for agent in ({}, None, "noor", {"name": "Noor"}, {"account": {}})] == [""] * 5


def test_a_group_gives_a_stamp_to_each_member_that_it_names(read):
    members = [{"mbox": f"mailto:{name}@example.com"} for name in ("noor", "sem", "noor")]
    tables = read(statement(actor={"objectType": "Group", "mbox": "mailto:class@example.com", "member": members}))
    assert len(tables.stamps) == 2
    assert NOOR in set(tables.stamps["learner_id"])
    nobody = read(statement(actor={"objectType": "Group", "mbox": "mailto:class@example.com"}))
    assert only(nobody.quarantine)["field"] == "actor"
    names_nobody(nobody)


@pytest.mark.parametrize("verb", ["completed", "attempted", "experienced", "registered"])
def test_other_verbs_are_left_out_and_counted(read, verb):
    tables = read(statement(verb=f"http://adlnet.gov/expapi/verbs/{verb}"))
    assert len(tables.stamps) == len(tables.quarantine) == 0
    assert "other verbs than attended, left out: 1" in tables.notes[1]


def test_what_was_voided_or_comes_twice_does_not_count_again(read, tmp_path, tiny):
    gone = {
        **statement(3, verb="http://adlnet.gov/expapi/verbs/voided"),
        "object": {"objectType": "StatementRef", "id": statement()["id"].upper()},
    }
    assert len(read(statement(), gone).stamps) == 0
    assert len(read(gone, statement()).stamps) == 0
    tables = read(statement(), statement(timestamp="2026-02-15T13:00:00Z"))
    assert len(tables.stamps) == 1
    assert "came twice, counted once: 1" in tables.notes[1]
    (tmp_path / "a.json").write_text(json.dumps({"statements": [statement()], "more": ""}))
    (tmp_path / "said.json").write_text("\n".join(json.dumps(one) for one in (gone, statement(2))))
    tables = xapi.read(tmp_path, PSEUDONYM, tiny)
    assert (tables.records, len(tables.stamps)) == (3, 1)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"actor": None}, "actor", ""),
        ({"actor": {"name": "Noor de Bakker"}}, "actor", ""),
        ({"object": {"id": "https://city.example/activities/x"}}, "object.id", "https://city.example/activities/x"),
        ({"object": {"id": "https://city.example/noor/x"}}, "object.id", "(struck out)"),
        ({"object": {"id": "x", "objectType": "Agent", "mbox": "mailto:noor@example.com"}}, "object.objectType", ""),
        ({"object": {"objectType": "SubStatement", "actor": {"name": "Noor"}}}, "object.objectType", ""),
        ({"object": None}, "object.objectType", ""),
        ({"timestamp": None}, "stored", ""),
        ({"timestamp": "yesterday"}, "timestamp", "(struck out)"),
        ({"timestamp": "2026-02-31T10:00:00Z"}, "timestamp", "2026-02-31T10:00:00Z"),
        ({"verb": ""}, "verb.id", ""),
        ({"verb": None, "noor": "bakker"}, "verb.id", ""),
    ],
)
def test_what_is_no_visit_says_why_and_names_nobody(read, changes, field, value):
    tables = read(statement(**changes))
    line = only(tables.quarantine)
    assert (line["source"], line["row"], line["field"], line["value"]) == ("said.json", "1", field, value)
    assert line["expected"]
    names_nobody(tables)


def test_a_visit_from_the_future_is_none(read):
    tables = read(statement(timestamp="2026-03-09T13:00:00Z"))
    assert only(tables.quarantine)["field"] == "at"
    assert json.loads(only(tables.quarantine)["record"])["learner_id"] == NOOR
    names_nobody(tables)


@pytest.mark.parametrize("nonsense", [[7], ["Noor"], [None], [[statement()]], [{"verb": {"id": 5}}]])
def test_nonsense_is_a_line_in_quarantine(read, nonsense):
    tables = read(*nonsense, statement())
    assert len(tables.stamps) == 1
    names_nobody(tables)


def test_what_is_no_json_is_refused_without_its_content(tmp_path):
    (tmp_path / "a.json").write_text('{"actor": "Noor de Bakker"\n{"actor": 7')
    with pytest.raises(BadInput, match=r"a\.json, line 2: not JSON") as caught:
        xapi.read(tmp_path, PSEUDONYM)
    assert "Noor" not in str(caught.value)


def test_the_examples_of_the_specification(shared_data):
    tables = xapi.read(shared_data / "feeds" / "xapi", PSEUDONYM, None, 1_780_000_000)
    assert (tables.records, len(tables.stamps), len(tables.quarantine)) == (10, 3, 0)
    assert set(tables.stamps["activity_id"]) == {"http://www.example.com/meetings/occurances/34534"}
