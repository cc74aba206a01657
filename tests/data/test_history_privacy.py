"""Whatever is wrong in whichever field of a record, nothing that is kept of it says who it is about."""

import copy
import json

import pytest

from data.feeds.histories.registry import HISTORIES, history_reader
from recommender.errors import BadInput
from tests.data.histories import NAMING_NOOR, PSEUDONYM, badge, checkin, everything, names_nobody, statement
from tests.data.test_history_uitpas import HEADER, LINE

WRONG = (None, "", "Noor de Bakker", "noor@example.com", "17061233428", "2017-06-12", 17061233428, -1, True, [], {},
         ["Noor de Bakker"], {"name": "Noor de Bakker", "id": "noor"}, [[["noor@example.com"]]], "\x00", "a;b")  # fmt: skip
GROUP = {
    "objectType": "Group",
    "name": "Noor de Bakker",
    "member": [statement()["actor"], {"openid": "https://noor.example"}],
}
RECORDS = {
    "openbadges": [badge(awardedDate="2026-02-01", validUntil="2027-01-01", credentialStatus={"id": "https://x.example/1"})],
    "xapi": [statement(actor=GROUP, context={"instructor": {"name": "Noor"}}, result={"response": "Noor was here"})],
    "uitpas": [checkin()],
}  # fmt: skip


def places(value, path=()):
    """The way to every part of a record, itself aside."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*path, name)
        yield from places(part, (*path, name))


def changed(record, path, value=None, gone=False):
    """A copy of a record with one part changed, or without it."""
    record = copy.deepcopy(record)
    inner = record
    for name in path[:-1]:
        inner = inner[name]
    if gone:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return record


def variants(record):
    """A record with each of its parts wrong in every way."""
    for path in places(record):
        yield changed(record, path, gone=True)
        for value in WRONG:
            yield changed(record, path, value)


@pytest.mark.parametrize("feed", sorted(RECORDS))
@pytest.mark.parametrize("known", [True, False])
def test_whatever_is_wrong_nobody_is_named(tmp_path, tiny, feed, known):
    catalogue = tiny if known else None
    every = [variant for record in RECORDS[feed] for variant in variants(record)]
    for number, variant in enumerate(every):
        if isinstance(variant.get("id"), str):
            variant["id"] += f"-{number}"  # else all but the first would be repeats of it
    (tmp_path / "all.json").write_text(json.dumps(every))
    tables = history_reader(feed)(tmp_path / "all.json", PSEUDONYM, catalogue, tiny.city.as_of)
    assert tables.records == len(every) > 100
    assert len(tables.quarantine) > 25
    # Without a city ids of activities are taken as they are; what is put aside still names nobody.
    text = everything(tables) if known else tables.quarantine.to_csv().lower()
    # A badge and a statement hold no birth date to know one by: a day is a day in them.
    days = ("2017", "2017-06-12") if feed != "uitpas" else ()
    assert [name for name in NAMING_NOOR if name in text and name not in days] == []


def test_whatever_is_wrong_in_a_line_nobody_is_named(tmp_path, tiny):
    cells = LINE.split(",")
    words = [word for word in WRONG if isinstance(word, str) and word not in ("\x00", "a;b")]
    lines = [",".join([*cells[:n], word, *cells[n + 1 :]]) for n in range(len(cells)) for word in words]
    (tmp_path / "deelname.csv").write_text("\n".join([HEADER, *lines]))
    tables = history_reader("oslo")(tmp_path, PSEUDONYM, tiny)
    assert tables.records == len(lines)
    # The area is the field that somebody would have to write a name into for it to stay.
    names_nobody(tables)


@pytest.mark.parametrize("feed", sorted(HISTORIES))
def test_the_wrong_reader_names_nobody_either(tmp_path, tiny, feed):
    records = [badge(), statement(), checkin(), LINE.split(",")]
    (tmp_path / "all.json").write_text(json.dumps(records))
    (tmp_path / "all.csv").write_text(f"{HEADER}\n{LINE},Noor\n")
    for file in ("all.json", "all.csv"):
        try:
            said = everything(history_reader(feed)(tmp_path / file, PSEUDONYM, tiny))
        except BadInput as error:
            said = str(error).lower()
        assert file in said
        assert [name for name in NAMING_NOOR if name in said] == []
