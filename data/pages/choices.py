"""What somebody chose on the page, and what each button changes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from data.messages import VOICES
from recommender.answer import Relaxation
from recommender.city import MODES
from recommender.errors import BadInput

WHEN = ("", "week", "weekend", "month")
MINUTES = (10, 15, 20, 30, 45, 60)
LEAVE, BACK = tuple(range(8, 20)), tuple(range(9, 24))
"""Hours at which an outing may begin and end."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOST_AT_ONCE = 200
FIELDS = frozenset(
    {"lang", "voice", "age", "theme", "place", "mode", "minutes", "when", "free", "access", "spoken", "done", "line"}
    | {"again", "do", "route", "day", "leave", "back"}
)


@dataclass(frozen=True)
class Choices:
    """The fields of the form.

    Attributes
    ----------
    lang, voice : str
        Language of the page; who reads it: one of ``VOICES``.
    age : float or None
        Years.
    wrong_age : str
        What was typed when it is no age.
    themes, access, spoken : tuple of str
        Theme ids wished for, needs, languages understood.
    place : str
        ``venue:<id>``, ``area:<name>`` or ``""``.
    mode, when : str
        One of ``MODES`` or ``""``; one of ``WHEN``.
    minutes : float or None
        Travel limit.
    free, again : bool
        Only what is free; also what was done before.
    done : tuple of str
        Ids of activities that got a stamp on this page, oldest first.
    line : str
        Id of the line that is followed, or ``""``.
    route : bool
        An outing is asked for, instead of ideas.
    day : str
        Of the outing, ``2026-04-18``; ``""`` for the first that is offered.
    leave, back : int
        Hours of the clock: leave no sooner, be back no later.
    """

    lang: str = ""
    voice: str = "child"
    age: float | None = None
    wrong_age: str = ""
    themes: tuple[str, ...] = ()
    place: str = ""
    mode: str = ""
    minutes: float | None = None
    when: str = ""
    free: bool = False
    access: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    line: str = ""
    again: bool = False
    route: bool = False
    day: str = ""
    leave: int = 10
    back: int = 17

    @property
    def personal(self) -> bool:
        """Whether anything was chosen besides the language, the reader, and the hours of a day out that nobody asked for."""
        plain = Choices(lang=self.lang, voice=self.voice, day=self.day, leave=self.leave, back=self.back)
        return self != plain


def read_choices(fields: Mapping[str, Sequence[str]]) -> Choices:
    """The choices in a submitted form, with the button that was pressed carried out.

    Parameters
    ----------
    fields : mapping of str to list of str
        As ``urllib.parse.parse_qs`` returns them.

    Raises
    ------
    BadInput
        When a field is unknown or its value is none of those offered. An age that is no number is kept in
        ``wrong_age`` instead: that is a slip of the hand, and the page says so beside the field.
    """
    for name in fields:
        if name not in FIELDS:
            raise BadInput(f"form: unknown field {name[:40]!r}; expected only {', '.join(sorted(FIELDS))}")

    def one(name: str, allowed: Sequence[str] | None = None) -> str:
        value = fields.get(name, [""])[-1].strip()[:200]
        if allowed is not None and value not in allowed:
            raise BadInput(f"form: {name} {value!r} is none of {', '.join(repr(word) for word in allowed)}")
        return value

    def several(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value[:200] for value in fields.get(name, ())))[:MOST_AT_ONCE]

    age, wrong_age = _age(one("age"))
    choices = Choices(
        lang=one("lang"),
        voice=one("voice", ("", *VOICES)) or VOICES[0],
        age=age,
        wrong_age=wrong_age,
        themes=several("theme"),
        place=one("place"),
        mode=one("mode", ("", *MODES)),
        minutes=_minutes(one("minutes")),
        when=one("when", WHEN),
        free=one("free", ("", "1")) == "1",
        access=several("access"),
        spoken=several("spoken"),
        done=several("done"),
        line=one("line"),
        again=one("again", ("", "1")) == "1",
        route=one("route", ("", "1")) == "1",
        day=_day(one("day")),
        leave=int(one("leave", ("", *map(str, LEAVE))) or 10),
        back=int(one("back", ("", *map(str, BACK))) or 17),
    )
    return pressed(choices, one("do"))


def _age(text: str) -> tuple[float | None, str]:
    if not text:
        return None, ""
    try:
        age = float(text.replace(",", "."))
    except ValueError:
        return None, text
    return (age, "") if 0 <= age <= 120 else (None, text)


def _day(text: str) -> str:
    try:
        if text and not (_DAY.fullmatch(text) and 1970 < date.fromisoformat(text).year < 2199):
            raise ValueError
    except ValueError:
        raise BadInput(f"form: day {text!r} is not a date such as 2026-04-18") from None
    return text


def _minutes(text: str) -> float | None:
    if not text:
        return None
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes <= 1440:
        raise BadInput(f"form: minutes {text!r} is not a number above 0 and at most 1440")
    return minutes


def pressed(choices: Choices, button: str) -> Choices:
    """The choices after a button: ``lang:nl``, ``more:<theme>``, ``done:<activity>``, ``follow:<line>``, ``leave:``,
    ``route``, ``ideas``, ``relax:<step>:<to>`` or ``""`` for the ordinary one.
    """
    kind, _, value = button.partition(":")
    if kind == "":
        return choices
    if kind == "lang":
        return replace(choices, lang=value)
    if kind == "more":
        return replace(choices, themes=tuple(dict.fromkeys((*choices.themes, value))))
    if kind == "done":
        return replace(choices, done=tuple(dict.fromkeys((*choices.done, value))))
    if kind == "follow":
        return replace(choices, line=value)
    if kind == "leave":
        return replace(choices, line="")
    if kind in ("route", "ideas"):
        return replace(choices, route=kind == "route")
    if kind == "relax":
        step, _, to = value.partition(":")
        return relaxed(choices, step, _minutes(to))
    raise BadInput(f"form: unknown button {button[:40]!r}")


RELAXED: Mapping[str, Mapping[str, object]] = {
    "open in window": {"when": ""},
    "not done yet": {"again": True},
    "age": {"age": None},
    "language": {"spoken": ()},
    "price": {"free": False},
    "access": {"access": ()},
    "line": {"line": ""},
}
"""What each step of the funnel that this form can cause becomes when it is relaxed; travel stands apart."""


def relaxed(choices: Choices, step: str, to: float | None) -> Choices:
    """The choices with one wish relaxed; unchanged when the form has no such wish."""
    if step == "travel":
        return replace(choices, minutes=to)
    return replace(choices, **RELAXED.get(step, {}))  # type: ignore[arg-type]


def can_relax(choices: Choices, relax: Relaxation) -> bool:
    """Whether the form can do what the engine proposes."""
    return relaxed(choices, relax.step, relax.to) != choices
