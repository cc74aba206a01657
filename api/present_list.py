"""A list as JSON; see ``AnswerShape``. What many lists have in common is written once and kept, see ``Pieces``.

An entry of a list is mostly what the catalogue says of an activity, its session and its venue, and a few sentences that
are said again and again. Building all that as objects and writing them out took a quarter of the time of a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from pydantic_core import to_json

from api import present
from api.pieces import Pieces
from api.state import Live
from data.messages import load, relax_text, step_text
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


def _entries(live: Live, found: Sequence[Recommendation], lang: str, pieces: Pieces) -> Iterator[bytes]:
    places, reasons, slots = pieces.places, pieces.reasons, pieces.slots
    for one in found:
        rank, _, session, _, minutes, score, slot, probability, not_known, why, _ = one
        kind = slot, probability, not_known
        said = []
        for each in why:
            way = each.minutes
            name = each[:4] if way is None else (*each[:4], ceil(way))
            told = reasons.get(name) or reasons.keep(name, _reason(live, each, lang))
            said.append(told if way is None else told % (b"%.1f" % way))
        yield b'{"rank":%d,%b,"travel_minutes":%b,"score":%b,%b,"reasons":[%b]}' % (
            rank,
            places.get(session) or places.keep(session, _place(live, one, lang, pieces)),
            _number(minutes, 1),
            _number(score, 6),
            slots.get(kind) or slots.keep(kind, _slot(*kind)),
            b",".join(said),
        )


def _number(value: float, digits: int) -> bytes:
    """A number with so many digits behind the point, null for NaN."""
    return b"null" if value != value else b"%.*f" % (digits, value)


def _place(live: Live, one: Recommendation, lang: str, pieces: Pieces) -> bytes:
    """What the catalogue says. A session stands for all of it: it is of one activity, at one venue."""
    activity, session = present.activity(live, one.activity, lang), present.session(live, one.session)
    venue = pieces.venues.get(one.venue) or pieces.venues.keep(one.venue, to_json(present.venue(live, one.venue)))
    return b'%b,"venue":%b' % (to_json({"activity": activity, "session": session})[1:-1], venue)


def _slot(slot: str, probability: float, not_known: tuple[str, ...]) -> bytes:
    return to_json({"slot": slot, "probability": probability, "not_known": not_known})[1:-1]


def _reason(live: Live, reason: Reason, lang: str) -> bytes:
    told = present.reason(live, reason, lang)
    if reason.minutes is None:
        return to_json(told)
    # The quotes within a text are escaped, so none of them can read like this field.
    written = to_json({**told, "minutes": None}).replace(b"%", b"%%")
    return written.replace(b'"minutes":null', b'"minutes":%b')


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
