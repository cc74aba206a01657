"""A list as JSON; see ``AnswerShape``. What many lists have in common is written once and kept, see ``Pieces``.

An entry of a list is mostly what the catalogue says of an activity, its session and its venue, and a few sentences that
are said again and again. Building all that as objects and writing them out took a quarter of the time of a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
from pydantic_core import to_json

from api import present
from api.pieces import PLACES, REASONS, Pieces
from api.state import Live
from data.messages import choose, load, reason_sentence, relax_text, shorten, step_text, words_for_each
from recommender.answer import Answer, Reason, Recommendation, Relaxation, Step


def written(
    live: Live, found: Answer, lang: str, request_id: str, at_source: str, stamps_not_found: int, away: bool = False
) -> bytes:
    """An answer; see ``AnswerShape``.

    Parameters
    ----------
    at_source : str
        Where the moment of the answer comes from; see ``Live.moment``.
    away : bool
        Whether the store did not say who asks.
    """
    pieces = live.pieces(lang)
    head = {
        "request_id": request_id,
        "city": live.catalogue.city,
        "release": live.release_name,
        "at": live.time(found.at),
        "at_source": at_source,
        "basis": found.basis,
        "degraded": live.degraded or away,
        "fallback": found.fallback,
        "stamps_not_found": stamps_not_found,
    }
    return b'%b,"recommendations":[%b],"funnel":[%b],"relax":%b}' % (
        to_json(head)[:-1],
        b",".join(_entries(live, found.recommendations, lang, pieces)),
        b",".join(_funnel(live, found.funnel, lang, pieces)),
        _relax(live, found.relax, lang),
    )


def _entries(live: Live, found: Sequence[Recommendation], lang: str, pieces: Pieces) -> list[bytes]:
    place_of, reason_of, slot_of = pieces.places.get, pieces.reasons.get, pieces.slots.get
    entries = []
    for rank, activity, session, venue, minutes, score, slot, probability, not_known, why, _ in found:
        said = []
        for each in why:
            way = each.minutes
            if way is None:
                said.append(reason_of(each[:4]) or _keep_reason(live, each, each[:4], lang, pieces))
            else:
                name = (*each[:4], ceil(way))
                said.append((reason_of(name) or _keep_reason(live, each, name, lang, pieces)) % (b"%.1f" % way))
        entry = b'{"rank":%d,%b,"travel_minutes":%b,"score":%b,%b,"reasons":[%b]}' % (
            rank,
            place_of(session) or _keep_place(live, activity, session, venue, lang, pieces),
            b"%.1f" % minutes if minutes == minutes else b"null",
            b"%.6f" % score if score == score else b"null",
            slot_of((slot, probability, not_known)) or _keep_slot(slot, probability, not_known, pieces),
            b",".join(said),
        )
        entries.append(entry)
    return entries


def _keep_place(live: Live, activity: int, session: int, venue: int, lang: str, pieces: Pieces) -> bytes:
    """What the catalogue says. A session stands for all of it: it is of one activity, at one venue."""
    venues = pieces.venues
    there = venues.get(venue) or venues.keep(venue, to_json(present.venue(live, venue)))
    described = {"activity": present.activity(live, activity, lang), "session": present.session(live, session)}
    return pieces.places.keep(session, b'%b,"venue":%b' % (to_json(described)[1:-1], there))


def write_ahead(live: Live) -> None:
    """Write what the catalogue says of the last sessions, as many as there is room for, and what reasons say of activities,
    in the city's first language. One after the other they take half of what each would within a request.
    """
    sessions, lang = live.catalogue.sessions, choose("", live.catalogue.languages)
    pieces = live.pieces(lang)
    last = np.argsort(sessions.start, kind="stable")[-PLACES:]
    rows = zip(sessions.activity[last].tolist(), last.tolist(), sessions.venue[last].tolist(), strict=True)
    for activity, session, venue in rows:
        if session not in pieces.places:
            _keep_place(live, activity, session, venue, lang, pieces)
    for activity in range(min(len(live.catalogue.activities), REASONS // 4)):
        for code in ("like_stamp", "together_with"):
            reason = Reason(code, activity)
            _keep_reason(live, reason, reason[:4], lang, pieces)


def _keep_slot(slot: str, probability: float, not_known: tuple[str, ...], pieces: Pieces) -> bytes:
    written = to_json({"slot": slot, "probability": probability, "not_known": not_known})[1:-1]
    return pieces.slots.keep((slot, probability, not_known), written)


def _keep_reason(live: Live, reason: Reason, name: tuple[object, ...], lang: str, pieces: Pieces) -> bytes:
    return pieces.reasons.keep(name, _reason(live, reason, lang, pieces))


def _reason(live: Live, reason: Reason, lang: str, pieces: Pieces) -> bytes:
    if reason.activity is not None and reason.theme is None and reason.line is None and reason.minutes is None:
        return _about(live, reason.code, reason.activity, lang, pieces)
    told = present.reason(live, reason, lang)
    if reason.minutes is None:
        return to_json(told)
    # The quotes within a text are escaped, so none of them can read like this field.
    written = to_json({**told, "minutes": None}).replace(b"%", b"%%")
    return written.replace(b'"minutes":null', b'"minutes":%b')


def _about(live: Live, code: str, activity: int, lang: str, pieces: Pieces) -> bytes:
    """A reason that speaks of an activity alone. There are as many of these as activities, so most are new to a list."""
    activities = live.catalogue.activities
    saying, words = pieces.sayings.get(code) or pieces.sayings.keep(code, _saying(live, code, lang))
    title = to_json(shorten(activities.title[activity], words))[1:-1]
    return saying % {b"id": to_json(activities.ids.names[activity]), b"title": title}


def _saying(live: Live, code: str, lang: str) -> tuple[bytes, int]:
    sentence = reason_sentence(load(lang, live.catalogue.languages), code, ("activity",))
    text = to_json(sentence.format(activity="\0")).replace(b"%", b"%%").replace(b"\\u0000", b"%(title)b")
    return b'{"code":%b,"activity":%%(id)b,"text":%b}' % (to_json(code), text), words_for_each(sentence)


def _funnel(live: Live, steps: Sequence[Step], lang: str, pieces: Pieces) -> Iterator[bytes]:
    kept = pieces.steps
    for one in steps:
        yield (kept.get(one.step) or kept.keep(one.step, _step(live, one, lang))) % (one.left, one.not_known)


def _step(live: Live, step: Step, lang: str) -> bytes:
    words = load(lang, live.catalogue.languages)
    written = to_json({"step": step.step, "text": step_text(step, words)}).replace(b"%", b"%%")
    return written.replace(b',"text":', b',"left":%d,"not_known":%d,"text":', 1)


def _relax(live: Live, relax: Relaxation | None, lang: str) -> bytes:
    if relax is None:
        return b"null"
    text = relax_text(relax, load(lang, live.catalogue.languages))
    return to_json({"step": relax.step, "to": relax.to, "gains": relax.gains, "text": text})
