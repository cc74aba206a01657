"""Badges by hand: what counts, what does not and why, and out of which wrappings they come."""

import base64
import gzip
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.columns import ACTIVITIES
from data.feeds.histories import openbadges
from data.feeds.histories.people import mail_identity
from data.tables import frame_of
from recommender.errors import BadInput
from tests.data.histories import PSEUDONYM, about, badge, jwt, names_nobody, png

NOOR = PSEUDONYM(mail_identity("noor@example.com"))


@pytest.fixture
def read(tmp_path, tiny):
    def read_files(*documents, catalogue=tiny, **files):
        for place, document in enumerate(documents):
            (tmp_path / f"b{place}.json").write_text(json.dumps(document))
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            (tmp_path / f"{stem}.{ending}").write_bytes(content if isinstance(content, bytes) else content.encode())
        return openbadges.read(tmp_path, PSEUDONYM, catalogue)

    return read_files


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def said(tables):
    line = only(tables.quarantine)
    return line["field"], line["value"], line["expected"]


def test_a_badge_and_the_stamp_of_the_only_activity_that_gives_it(read):
    tables = read(badge())
    passport, stamp = only(tables.passports), only(tables.stamps)
    assert (passport["learner_id"], passport["badges"]) == (NOOR, "robot-builder")
    assert (stamp["learner_id"], stamp["activity_id"], stamp["chosen_by"]) == (NOOR, "robot-match", "")
    moment = datetime(2026, 2, 14, 13, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert stamp["at"] == moment.timestamp()
    assert len(tables.quarantine) == len(tables.activities) == 0
    assert "credentials without any proof: 1" in tables.notes[1]
    names_nobody(tables)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "AchievementCredential"},
        {"validFrom": None, "issuanceDate": "2026-02-14T13:00:00+01:00"},
        {"credentialSubject": about({"type": "AchievementSubject"})},
        {"credentialSubject": about(id="urn:uuid:1")},
        {"credentialSubject": about({"id": None, "identifier": [{"identityHash": "Noor@example.com", "identityType": "emailAddress", "hashed": False}]})},
        {"validUntil": "2027-01-01T00:00:00Z"},
        {"credentialSubject": about(name="", id="https://badges.example/achievements/robot-builder/")},
    ],
)  # fmt: skip
def test_all_ways_to_say_the_same(read, changes):
    tables = read(badge(**changes))
    assert (only(tables.passports)["learner_id"], only(tables.passports)["badges"]) == (NOOR, "robot-builder")
    assert only(tables.stamps)["activity_id"] == "robot-match"
    assert len(tables.quarantine) == 0


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"type": ["VerifiableCredential", "EndorsementCredential"]}, "type", "EndorsementCredential"),
        ({"issuer": None}, "issuer", ""),
        ({"validFrom": None}, "issuanceDate", ""),
        ({"validFrom": "2026-13-01"}, "validFrom", "2026-13-01"),
        ({"validFrom": "2026-03-09T00:00:00Z"}, "validFrom", "2026-03-09T00:00:00Z"),
        ({"validUntil": "2026-03-01T00:00:00Z"}, "validUntil", "2026-03-01T00:00:00Z"),
        ({"expirationDate": "2026-03-01T00:00:00Z"}, "expirationDate", "2026-03-01T00:00:00Z"),
        ({"credentialSubject": about({"type": ["Person"]})}, "credentialSubject.type", "Person"),
        ({"credentialSubject": about({"achievement": "robots"})}, "credentialSubject.achievement", ""),
        ({"credentialSubject": about({"id": ""})}, "credentialSubject.id", ""),
        ({"credentialSubject": about(id=None)}, "credentialSubject.achievement.id", ""),
        ({"credentialSubject": about(id="mailto:noor@example.com")}, "credentialSubject.achievement.id", "(struck out)"),
        ({"credentialStatus": {"id": "https://badges.example/revoked", "type": "1EdTechRevocationList"}}, "credentialStatus", "https://badges.example/revoked"),
        ({"validUntil": "Noor de Bakker, 17061233428"}, "validUntil", "(struck out)"),
    ],
)  # fmt: skip
def test_what_does_not_count_says_why_and_names_nobody(read, changes, field, value):
    tables = read(badge(**changes))
    assert said(tables)[:2] == (field, value)
    assert len(tables.passports) == len(tables.stamps) == 0
    assert tables.records == 1
    names_nobody(tables)


def test_a_rejected_badge_keeps_the_pseudonym_so_that_an_erasure_finds_it(read):
    record = json.loads(only(read(badge(issuer=None)).quarantine)["record"])
    assert record["learner_id"] == NOOR
    assert record["credentialSubject"]["achievement"]["id"] == "https://badges.example/achievements/robot-builder"


def test_revocation_lists_beside_the_badges_are_asked(read):
    status = {"id": "https://badges.example/revoked", "type": "1EdTechRevocationList"}
    listed = {
        "id": "https://badges.example/revoked",
        "revokedCredential": [{"id": "https://badges.example/credentials/2", "revoked": True}],
    }
    other = badge(2, credentialStatus=status, credentialSubject=about({"id": "did:example:2"}))
    tables = read(badge(credentialStatus=status), other, listed)
    assert only(tables.passports)["learner_id"] == NOOR
    assert said(tables)[2] == "a badge that is in force; its issuer took it back"
    assert tables.records == 2


@pytest.mark.parametrize(
    ("place", "counts"), [("3", False), ("4", True), ("99999", None), ("Noor", None), (None, None)]
)
def test_bit_strings_are_asked(read, place, counts):
    bits = gzip.compress(bytes([0b00010000, 0]))
    packed = base64.urlsafe_b64encode(bits).decode().rstrip("=")
    listed = {
        "id": "https://badges.example/status/1",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "credentialSubject": {"encodedList": f"u{packed}"},
    }
    status = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": place,
              "statusListCredential": "https://badges.example/status/1"}  # fmt: skip
    tables = read(badge(credentialStatus=status), listed)
    assert len(tables.passports) == (counts is True)
    assert len(tables.quarantine) == (counts is not True)
    names_nobody(tables)


def test_what_was_only_suspended_for_another_purpose_counts(read):
    status = {"type": "BitstringStatusListEntry", "statusPurpose": "message", "id": "x"}
    assert len(read(badge(credentialStatus=status)).passports) == 1


def test_out_of_a_jwt_with_what_only_the_claims_say(read):
    bare = badge(id=None, issuer=None, validFrom=None, credentialSubject=about())
    del bare["credentialSubject"]["id"]
    claims = {"vc": bare, "jti": "x", "iss": "https://badges.example/issuers/1", "nbf": 1771070400,
              "sub": "mailto:noor@example.com"}  # fmt: skip
    tables = read(one_jwt=jwt(claims))
    assert only(tables.passports)["learner_id"] == NOOR
    assert only(tables.stamps)["at"] == 1771070400
    assert tables.notes[1].endswith("credentials out of a JWT, signature not checked: 1")
    late = read(one_jwt=jwt(claims | {"exp": 1771070401}))
    assert said(late)[0] == "validUntil"
    names_nobody(late)


@pytest.mark.parametrize(
    "files",
    [
        {"a_png": png(json.dumps(badge()))},
        {"a_png": png(json.dumps(badge()), packed=True)},
        {"a_png": png(json.dumps(badge()), kind=b"tEXt", keyword=b"openbadges")},
        {"a_png": png(jwt(badge()))},
        {"a_svg": f'<!DOCTYPE svg PUBLIC "a" "b"><svg xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"><openbadges:credential><![CDATA[{json.dumps(badge())}]]></openbadges:credential></svg>'},
        {"a_svg": f'<svg xmlns:o="https://purl.imsglobal.org/ob/v3p0"><o:credential verify="{jwt(badge())}"/></svg>'},
        {"a_json": json.dumps([badge()])},
        {"a_json": json.dumps({"type": "VerifiablePresentation", "verifiableCredential": [jwt({"vc": badge()})]})},
        {"a_json": json.dumps({"credential": [badge()], "compactJwsString": [jwt(badge())]})},
        {"a_json": json.dumps(jwt({"vp": {"type": ["VerifiablePresentation"], "verifiableCredential": [badge()]}}))},
    ],
)  # fmt: skip
def test_wrappings(read, files):
    tables = read(**files)
    assert only(tables.passports)["badges"] == "robot-builder"
    assert len(tables.stamps) == 1
    assert len(tables.quarantine) == 0
    names_nobody(tables)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a_png", png("{}")[:40], "an image without a badge"),
        ("a_png", png(json.dumps(badge()), packed=True)[:-60], "cut off"),
        ("a_png", png(json.dumps(badge()), packed=True).replace(b"x\x9c", b"xx"), "damaged"),
        ("a_png", b"\x89PNG\r\n\x1a\n" + b"\xff" * 64, "an image without a badge"),
        ("a_svg", "<svg/>", "an image without a badge"),
        ("a_svg", "<svg", "neither JSON nor an image"),
        ("a_svg", '<!DOCTYPE s [<!ENTITY a "b">]><s>&a;</s>', "declares Entities"),
        ("a_json", '{"name": "Noor de Bakker"', "not JSON"),
        ("a_json", "", "not JSON"),
        ("a_json", b"\xff\xfe\x00", "not UTF-16"),
    ],
)
def test_files_that_hold_no_badge_are_refused_in_plain_words(read, name, content, told):
    with pytest.raises(BadInput, match=told) as caught:
        read(**{name: content})
    assert "noor" not in str(caught.value).lower()


def test_one_broken_file_does_not_cost_the_others(read):
    tables = read(badge(), b_svg="<svg")
    assert len(tables.passports) == 1
    assert only(tables.quarantine)["source"] == "b.svg"


@pytest.mark.parametrize("nonsense", [None, 7, "Noor de Bakker", [], [[[["Noor"]]]], {"type": {"a": 1}}, {"type": 5}])
def test_nonsense_is_a_line_in_quarantine(read, nonsense):
    tables = read(nonsense, [badge()])
    assert len(tables.passports) == 1
    assert all(tables.quarantine["expected"] != "")
    names_nobody(tables)


def clr(*inside, **changes):
    subject = {"id": "mailto:noor@example.com", "type": ["ClrSubject"], "verifiableCredential": list(inside)}
    return badge(
        9, type=["VerifiableCredential", "ClrCredential"], name="Noor de Bakker", credentialSubject=subject
    ) | changes  # fmt: skip


def test_all_badges_of_a_record_are_its_learners(read):
    other = badge(
        2, credentialSubject=about({"id": "did:example:somewhere-else"}, id="https://x.example/swim", name="Swimmer")
    )
    tables = read(clr(badge(), jwt(other)))
    passport = only(tables.passports)
    assert (passport["learner_id"], passport["badges"]) == (NOOR, "robot-builder;https://x.example/swim")
    assert tables.records == 2
    names_nobody(tables)


def test_a_record_that_expired_or_holds_nothing_does_not_count(read):
    tables = read(clr(badge(), validUntil="2026-01-01T00:00:00Z"), clr())
    assert len(tables.passports) == 0
    assert tables.quarantine["field"].tolist() == ["validUntil", "type"]
    names_nobody(tables)


def test_the_same_badge_twice_is_one_badge_and_one_stamp(read):
    tables = read(badge(), badge())
    assert (len(tables.passports), len(tables.stamps)) == (1, 1)
    assert only(tables.passports)["badges"] == "robot-builder"
    assert "stamps that stand in it twice, counted once: 1" in tables.notes[-1]


def test_an_achievement_that_is_an_activity_gives_a_stamp_when_it_ended(read):
    subject = about({"activityEndDate": "2026-01-10"}, id="https://city.example/activities/pond", name="Pond")
    tables = read(badge(credentialSubject=subject, awardedDate="2026-02-01T00:00:00Z"))
    stamp = only(tables.stamps)
    assert stamp["activity_id"] == "pond"
    assert stamp["at"] == datetime(2026, 1, 10, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp()


def test_a_badge_that_several_activities_give_is_no_stamp(read, tiny):
    rows = [{"activity_id": name, "title": name, "awards": "robot-builder"} for name in ("a", "b")]
    from dataclasses import replace

    tables = read(badge(), catalogue=replace(tiny, activities=frame_of(ACTIVITIES, rows)))
    assert only(tables.passports)["badges"] == "robot-builder"
    assert len(tables.stamps) == 0


def test_what_the_city_asks_for_by_id_is_matched_by_id(read, tiny):
    from dataclasses import replace

    row = {"activity_id": "a", "title": "A", "requires": "https://badges.example/achievements/robot-builder"}
    none = tiny.lines.iloc[:0]
    tables = read(badge(), catalogue=replace(tiny, activities=frame_of(ACTIVITIES, [row]), lines=none))
    assert only(tables.passports)["badges"] == row["requires"]
    assert not any("kept by their id" in note for note in tables.notes)


def test_a_table_of_ones_own_says_what_is_meant(read, tmp_path):
    table = tmp_path / "matches.csv"
    table.write_text("theirs,activity,badge\nurn:uuid:9,birds,bird-watcher\n")
    tables = read(badge(credentialSubject=about(id="urn:uuid:9", name="?")))
    assert only(tables.passports)["badges"] == "bird-watcher"
    assert only(tables.stamps)["activity_id"] == "birds"
    table.write_text("theirs,activity,badge\nurn:uuid:9,nowhere,\n")
    with pytest.raises(BadInput, match=r"matches\.csv, line 2: the city has no activity 'nowhere'"):
        read(badge())
    table.write_text("name,badge\n")
    with pytest.raises(BadInput, match="the columns must be theirs, activity, badge"):
        read(badge())


def test_the_published_examples(shared_data):
    found = openbadges.read(shared_data / "feeds" / "openbadges", PSEUDONYM, None, 1_780_000_000)
    assert found.records == 16
    rejected = dict(zip(found.quarantine["source"], found.quarantine["field"], strict=True))
    assert rejected == {
        "complete.json": "credentialStatus",
        "credential-status-revoked.json": "credentialStatus",
        "endorsement-valid.json": "type",
        "simple-err-credential-subject-type.json": "credentialSubject.type",
        "simple-err-expired.json": "validUntil",
        "simple-err-issuer.json": "issuer",
        "simple-err-type.json": "type",
        "simple-noproof.json": "credentialSubject.achievement",
        "simple.jwt": "credentialSubject.achievement",
    }
    assert len(found.passports) == 2
    records = openbadges.read(shared_data / "feeds" / "clr", PSEUDONYM, None, 1_780_000_000)
    assert (records.records, len(records.passports), len(records.quarantine)) == (14, 2, 0)
