"""What comes back: ranked activities, the funnel they came through, and what to relax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

SLOTS = ("interest", "next_station", "new_direction", "drawn")
FALLBACKS = ("personalised", "wishes", "popular_nearby", "agenda")


class Reason(NamedTuple):
    """Why an activity stands where it stands.

    Attributes
    ----------
    code : str
        Key of the message tables: ``like_stamp``, ``together_with``, ``wish``, ``theme``, ``popular``,
        ``next_station``, ``near``, ``known_venue``, ``free``, ``soon``.
    activity, theme, line : int or None
        Rows of what the reason speaks of.
    minutes : float or None
        For ``near``.
    gain : float
        How much the score falls when this part is taken away; always above 0.
    """

    code: str
    activity: int | None = None
    theme: int | None = None
    line: int | None = None
    minutes: float | None = None
    gain: float = 0.0


class Recommendation(NamedTuple):
    """One activity of the list, with the session to go to.

    Attributes
    ----------
    activity, session : int
        Rows of the catalogue.
    venue : int
        Row, or ``UNKNOWN``.
    travel_minutes : float
        One way; NaN where the place or the start is not known.
    score : float
        In the units of the blend; only the order within one answer means something.
    probability : float
        The exact chance with which this activity got this place: 1.0 unless ``slot`` is ``drawn``.
    not_known : tuple of str
        What the city does not say and was asked for: ``age``, ``price``, ``language``, ``place``.
    parts : mapping of str to float
        What each source added to the score.
    """

    rank: int
    activity: int
    session: int
    venue: int
    travel_minutes: float
    score: float = 0.0
    slot: str = "interest"
    probability: float = 1.0
    not_known: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    parts: Mapping[str, float] = MappingProxyType({})


class Step(NamedTuple):
    """One step of the funnel: how many activities are ``left`` after it, and for how many of those it
    could not be checked because the city does not know.
    """

    step: str
    left: int
    not_known: int = 0


@dataclass(frozen=True)
class Relaxation:
    """The one wish that gains most when relaxed. ``to`` is the new value where the step has one (minutes
    for ``travel``), else None; ``gains`` counts activities.
    """

    step: str
    to: float | None
    gains: int


@dataclass(frozen=True)
class Answer:
    """A ranked list and how it came about.

    ``basis`` says what the passport offered (``stamps``, ``wishes`` or ``none``), ``fallback`` what the
    list was made with (one of ``FALLBACKS``).
    """

    at: int
    basis: str
    fallback: str
    recommendations: tuple[Recommendation, ...]
    funnel: tuple[Step, ...]
    relax: Relaxation | None
