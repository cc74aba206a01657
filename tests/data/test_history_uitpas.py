"""Check-ins of UiTPAS and participations of OSLO by hand: stamps, ages and areas, and nobody's name."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from data.feeds.histories import oslo, uitpas
from data.feeds.histories.people import age_at
from data.feeds.records import UnusableError
from recommender.errors import BadInput
from tests.data.histories import PSEUDONYM, checkin, everything, names_nobody

NOOR = PSEUDONYM("uitpas:8703fee0-29cc-452c-b1af-94ef494d4196")
BRUSSELS = ZoneInfo("Europe/Brussels")
HEADER = "participant_id,participant_birthyear,participant_statsector_id,participant_statsector_name,deelname_id,deelname_modifieddate,event_id,event_theme,event_type"
LINE = "noor-67db,2017,24062A00,LEUVEN-CENTRUM,d-1,2026-02-14T13:00:00+01:00,paint,kunst,workshop"


@pytest.fixture
def read(tmp_path, tiny):
    def read_checkins(*checkins, document=None, catalogue=tiny):
        (tmp_path / "answer.json").write_text(json.dumps(document or {"totalItems": 3, "member": checkins}))
        return uitpas.read(tmp_path / "answer.json", PSEUDONYM, catalogue)

    return read_checkins


@pytest.fixture
def read_csv(tmp_path, tiny):
    def read_lines(*lines, header=HEADER, catalogue=tiny, **more):
        (tmp_path / "deelname.csv").write_text("\n".join([header, *lines]))
        for name, content in more.items():
            (tmp_path / f"{name}.csv").write_text(content)
        return oslo.read(tmp_path, PSEUDONYM, catalogue)

    return read_lines


def only(frame):
    assert len(frame) == 1, frame.to_dict("records")
    return frame.iloc[0]


def test_a_check_in_is_a_stamp_and_a_passport_without_a_person_in_it(read):
    tables = read(checkin())
    passport, stamp = only(tables.passports), only(tables.stamps)
    assert (passport["learner_id"], passport["age"], passport["area"]) == (NOOR, "8-8", "Oss")
    assert (stamp["learner_id"], stamp["activity_id"]) == (NOOR, "birds")
    assert stamp["at"] == datetime(2026, 2, 14, 12, tzinfo=ZoneInfo("UTC")).timestamp()
    assert len(tables.quarantine) == 0
    names_nobody(tables)


@pytest.mark.parametrize(
    ("born", "at", "age"),
    [
        ("2000-01-01", "2026-08-24", "26-26"),
        ("2000-08-24", "2026-08-24", "26-26"),
        ("2000-08-25", "2026-08-24", "25-25"),
        ("2000-02-29", "2026-02-28", "25-25"),
        ("2000-01-01T00:00:00Z", "2026-08-24", "26-26"),
        ("1987", "2026-08-24", "38-39"),
        ("2026", "2026-08-24", "0-0"),
        (1987, "2026-01-01", "38-39"),
        ("", "2026-08-24", ""),
        (None, "2026-08-24", ""),
    ],
)
def test_a_birth_date_becomes_whole_years(born, at, age):
    assert age_at("born", born, datetime.fromisoformat(at).replace(tzinfo=BRUSSELS)) == age


@pytest.mark.parametrize("born", ["2027-01-01", "1850", "1850-01-01", "soon", "01/02/2003", "2003-13-01", "20xx"])
def test_what_is_no_birth_date_is_refused(born):
    with pytest.raises(UnusableError):
        age_at("born", born, datetime(2026, 8, 24, tzinfo=BRUSSELS))


def test_an_age_that_cannot_be_read_costs_the_age_alone(read):
    tables = read(checkin(holder={"dateOfBirth": "17061233428"}))
    assert only(tables.passports)["age"] == ""
    assert len(tables.stamps) == 1
    line = only(tables.quarantine)
    assert (line["field"], line["value"]) == ("passholder.dateOfBirth", "(struck out)")
    assert line["expected"].endswith("the row is kept without it")
    names_nobody(tables)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"eventId": "31e926e2"}, "eventId", "31e926e2"),
        ({"eventId": ""}, "eventId", ""),
        ({"eventId": "Noor"}, "eventId", "(struck out)"),
        ({"eventId": "0560002524314"}, "eventId", "(struck out)"),
        ({"creationDate": None}, "creationDate", ""),
        ({"creationDate": "17.06.12-334.28"}, "creationDate", "(struck out)"),
        ({"passholder": None, "uitpasNumber": None}, "passholder.id", ""),
        ({"passholder": "Noor de Bakker", "uitpasNumber": None}, "passholder.id", ""),
    ],
)
def test_what_is_no_check_in_says_why_and_names_nobody(read, changes, field, value):
    tables = read(checkin(**changes))
    line = only(tables.quarantine)
    assert (line["source"], line["row"], line["field"], line["value"]) == ("answer.json", "1", field, value)
    assert len(tables.stamps) == len(tables.passports) == 0
    names_nobody(tables)


def test_a_check_in_counts_once_and_a_person_is_one_whatever_card_they_have(read):
    again = checkin(2, holder={"uitpasNumber": "0560009999999"}, uitpasNumber="0560009999999", eventId="pond")
    tables = read(checkin(), checkin(creationDate="2026-02-14T12:00:01Z"), again)
    assert only(tables.passports)["learner_id"] == NOOR
    assert sorted(tables.stamps["activity_id"]) == ["birds", "pond"]
    assert only(tables.quarantine)["expected"] == uitpas.ONCE
    names_nobody(tables)


def test_who_is_known_by_a_card_alone_is_counted(read):
    tables = read(checkin(passholder=None))
    assert only(tables.stamps)["learner_id"] == PSEUDONYM("uitpas card:0560002524314")
    assert f"{uitpas.BY_CARD}: 1" in tables.notes[-1]
    names_nobody(tables)


@pytest.mark.parametrize("town", ["Noor de Bakker", "17061233428", "noor@example.com", 5341])
def test_a_town_that_says_more_is_not_known(read, town):
    tables = read(checkin(holder={"address": {"city": town}}))
    assert (only(tables.passports)["area"], len(tables.stamps)) == ("", 1)
    names_nobody(tables)


def test_other_answers_of_the_api_are_left_out_and_counted(read):
    family = [{"passholder": checkin()["passholder"], "mainFamilyMember": True}]
    card = {"uitpasNumber": "0560002524314", "chipNumber": "042F51B2712380", "cardSystem": {}}
    tables = read(document={"a": {"member": [checkin()]}, "b": family, "c": card})
    assert tables.records == len(tables.stamps) == 1
    assert tables.notes[-1].endswith(f"{uitpas.OTHERS}: 2")
    assert "042f51b" not in everything(tables)
    names_nobody(tables)


def test_an_event_is_found_by_its_address_too(read, tiny):
    assert only(read(checkin(eventId="https://io.uitdatabank.be/event/birds")).stamps)["activity_id"] == "birds"


@pytest.mark.parametrize("nonsense", [7, "Noor", None, [checkin()], {"points": {"a": "Noor"}}])
def test_nonsense_among_check_ins_is_a_line_in_quarantine(read, nonsense):
    tables = read(checkin(), nonsense)
    assert len(tables.stamps) == 1
    assert len(tables.quarantine) == 1
    names_nobody(tables)


def test_the_published_examples_of_uitpas(shared_data):
    tables = uitpas.read(shared_data / "feeds" / "uitpas", PSEUDONYM, None, 1_800_000_000)
    assert (tables.records, len(tables.stamps), len(tables.quarantine)) == (3, 1, 2)
    assert only(tables.passports)["age"] == "27-27"


def test_a_participation_is_a_stamp_and_its_participant_a_passport(read_csv):
    tables = read_csv(LINE, matches="theirs,activity,badge\n", activiteit="activiteit_id\n1\n")
    passport, stamp = only(tables.passports), only(tables.stamps)
    assert (passport["age"], passport["area"]) == ("8-9", "LEUVEN-CENTRUM")
    assert (stamp["learner_id"], stamp["activity_id"]) == (passport["learner_id"], "paint")
    assert stamp["at"] == datetime(2026, 2, 14, 12, tzinfo=ZoneInfo("UTC")).timestamp()
    assert any(note.endswith(f"{oslo.NOT_PEOPLE}: 1") for note in tables.notes)
    names_nobody(tables)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (LINE.replace("paint", "x"), "event_id"),
        (LINE.replace("paint", "noor-67db"), "event_id"),
        (LINE.replace("2026-02-14T13:00:00+01:00", "soon"), "deelname_modifieddate"),
        (LINE.replace("noor-67db", ""), "participant_id"),
        (LINE.replace(",d-1,", ",,"), "deelname_id"),
        (LINE + ",Noor de Bakker", ""),
        (LINE.replace("2017,", "1066,"), "participant_birthyear"),
    ],
)
def test_what_is_no_participation_says_why_and_names_nobody(read_csv, line, field):
    tables = read_csv(line)
    rejected = only(tables.quarantine)
    assert (rejected["source"], rejected["row"], rejected["field"]) == ("deelname.csv", "2", field)
    names_nobody(tables)
    assert "leuven" not in everything(tables) or field == "participant_birthyear"


def test_participants_without_a_participation_are_passports(read_csv):
    header = "participant_id,participant_birthyear,participant_statsector_name"
    tables = read_csv(LINE, participant=f"{header}\nnoor-67db,2016,ELDERS\nsem,2010,X\n")
    assert tables.passports["age"].tolist() == ["8-9", "15-16"]
    assert len(tables.stamps) == 1


def test_files_without_participants_are_refused(read_csv, tmp_path):
    with pytest.raises(BadInput, match="no file in here has the column participant_id"):
        read_csv(header="a,b")
    with pytest.raises(BadInput, match=r"deelname\.csv: the column participant_id is missing"):
        oslo.read(tmp_path / "deelname.csv", PSEUDONYM)


def test_the_published_examples_of_oslo(shared_data):
    tables = oslo.read(shared_data / "feeds" / "oslo-cultuurparticipatie", PSEUDONYM, None, 1_780_000_000)
    assert (tables.records, len(tables.stamps), len(tables.quarantine)) == (2, 1, 0)
    assert only(tables.passports)["age"] == "38-39"
