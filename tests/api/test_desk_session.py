"""Sessions, tokens, wrong keys and ways back, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.desk.door import START, way_back
from api.desk.session import LASTS, Session, Sessions, begin
from api.desk.tries import MOST, SECONDS, Tries

NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("to", "back"),
    [
        ("/desk", "/desk"),
        ("/desk/what-if?theme=space&hour=14%3A00", "/desk/what-if?theme=space&hour=14%3A00"),
        ("/report/nl", "/report/nl"),
        ("", START),
        ("https://elsewhere.example/desk", START),
        ("//elsewhere.example/desk", START),
        ("/desk//elsewhere.example", START),
        ("/desk\\elsewhere", START),
        ("/v1/learners/r-1", START),
        ("/deskx", START),
        ("/desk/key", START),
        ("/desk?x=\r\nSet-Cookie: a=b", START),
        ("/desk?" + "a" * 10_000, START),
    ],
)
def test_the_door_leads_nowhere_else(to: str, back: str) -> None:
    assert way_back(to) == back


def test_marks_of_who_left_go_when_they_are_not_needed_any_more(tmp_path: Path) -> None:
    sessions = Sessions(b"secret", tmp_path / "left")
    first, second = begin(NOW, "k", "c"), begin(NOW + 100, "k", "c")
    sealed = sessions.seal(first)
    assert sessions.open(sealed, NOW) == first
    sessions.end(first, NOW)
    assert sessions.open(sealed, NOW) is None
    sessions.end(second, NOW + LASTS + 50)
    assert [mark.name for mark in (tmp_path / "left").iterdir()] == [f"{NOW + 100 + LASTS}-{second.id}"]


def test_a_folder_that_cannot_be_written_keeps_nobody_from_leaving(tmp_path: Path) -> None:
    (tmp_path / "left").write_text("a file stands where the folder should be")
    Sessions(b"secret", tmp_path / "left").end(begin(NOW), NOW)


def test_a_token_belongs_to_one_session_and_one_secret() -> None:
    here, there = Sessions(b"one", Path("/nowhere")), Sessions(b"two", Path("/nowhere"))
    session, other = begin(NOW), begin(NOW)
    assert here.owns(session, here.token(session))
    assert not here.owns(other, here.token(session))
    assert not there.owns(session, here.token(session))
    assert here.open(there.seal(session), NOW) is None
    assert here.open(here.seal(Session("../../x", NOW + 9)), NOW) == Session("../../x", NOW + 9)


def test_slips_are_counted_per_network_and_forgotten() -> None:
    tries = Tries()
    for second in range(MOST):
        assert tries.wait("192.0.2.1", second) == 0
        tries.wrong("192.0.2.1", second)
    assert 0 < tries.wait("192.0.2.1", MOST) <= SECONDS
    assert tries.wait("192.0.2.2", MOST) == 0
    assert tries.wait("192.0.2.1", SECONDS + 1) == 0
    for number in range(MOST):
        tries.wrong(f"2001:db8::{number}", 0.0)
    assert tries.wait("2001:db8::ffff", 1.0) > 0
    assert tries.wait("2001:db8:0:1::", 1.0) == 0
    tries.right("2001:db8::1")
    assert tries.wait("2001:db8::ffff", 1.0) == 0


def test_no_more_callers_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.desk.tries.MOST_KEPT", 5)
    tries = Tries()
    for number in range(50):
        tries.wrong(f"192.0.2.{number}", 0.0)
    assert len(tries._wrong) == 5
