"""What can be asked, as plain dictionaries with types; the names are those of the OpenAPI document (a test holds them to it)."""

from __future__ import annotations

from typing import Literal, TypedDict

Mode = Literal["walk", "bike", "transit", "car"]
Domain = Literal["library", "culture", "social", "education", "business", "nature", "recreation"]
ChosenBy = Literal["self", "family", "school"]
Said = Literal["not_for_me", "more_like_this", "enjoyed"]


class Point(TypedDict):
    """A place on earth, in degrees."""

    lat: float
    lon: float


class _Visit(TypedDict):
    activity: str
    at: str


class GivenStamp(_Visit, total=False):
    """A visit in a passport that travels along; ``at`` is ISO 8601 with its offset, everywhere."""

    chosen_by: ChosenBy | None


class GivenPassport(TypedDict, total=False):
    """A passport that travels with the request; nothing of it is kept. ``age`` is decimal years, or a band: ``"6-8"``."""

    age: float | str | None
    home: Point | None
    languages: list[str]
    wishes: list[str]
    avoid: list[str]
    less: list[str]
    stamps: list[GivenStamp]
    badges: list[str]


Span = TypedDict("Span", {"from": str, "until": str}, total=False)
Travel = TypedDict("Travel", {"mode": Mode, "max_minutes": float, "from": Point}, total=False)
Pause = TypedDict("Pause", {"from": str, "until": str, "minutes": float})


class Companion(TypedDict):
    """Somebody who comes along, in decimal years."""

    age: float


class Goal(TypedDict, total=False):
    """What a journey works towards: one of these."""

    theme: str
    line: str
    badge: str


class Asker(TypedDict, total=False):
    """Who asks, when, and in which language: a known learner, a passport, or nobody in particular."""

    learner: str | None
    passport: GivenPassport | None
    at: str | None
    lang: str | None


_Wishes = TypedDict("_Wishes", {"with": list[Companion]}, total=False)


class Wishes(Asker, _Wishes, total=False):
    """What everything that is proposed must suit."""

    travel: Travel | None
    free_only: bool
    access: list[str]
    themes: list[str]
    domains: list[Domain]
    line: str | None
    curiosity: float


class Question(Wishes, total=False):
    """What next?"""

    window: Span | None
    count: int


_From = TypedDict("_From", {"from": str | None}, total=False)


class OutingQuestion(Wishes, _From, total=False):
    """Which day out? ``kind`` is filled in."""

    until: str | None
    days: list[Span]
    end: Point | None
    max_stops: int
    max_price: float | None
    min_domains: int
    pauses: list[Pause]
    pinned: list[str]
    excluded: list[str]
    visit_minutes: float
    alternatives: int


class JourneyQuestion(Wishes, _From, total=False):
    """Which journey of weeks? ``kind`` is filled in."""

    weeks: int
    sessions_per_week: int
    min_domains: int
    goal: Goal | None
    rest_weeks: list[int]
    holidays: list[Span]
    pinned: list[str]
    excluded: list[str]
    max_price: float | None
    max_stops: int | None
    alternatives: int


class LinesQuestion(Asker, total=False):
    """How far on the lines?"""

    line: str | None


class _Stamp(TypedDict):
    learner: str
    activity: str
    at: str


class StampIn(_Stamp, total=False):
    """A visit of a learner that the store keeps."""

    session: str | None
    chosen_by: ChosenBy | None


class _Feedback(_Stamp):
    kind: Said


class FeedbackIn(_Feedback, total=False):
    """What a learner said of an activity."""

    request_id: str | None


class Changes(TypedDict, total=False):
    """What is to change in a passport; what is left out stays."""

    age: float | str | None
    home: Point | None
    languages: list[str]
    wishes: list[str]
    avoid: list[str]
    less: list[str]
    badges: list[str]
    muted: bool
    reset: bool
