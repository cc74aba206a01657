"""What apps tell about learners, and what a learner's own page holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from api.shapes.question import Point, Themes
from api.shapes.values import Age, Id, Language, Moment, Strict

MOST_AT_ONCE = 5000


class StampIn(Strict):
    """One visit of one learner to one activity."""

    learner: Id
    activity: Id
    at: Moment
    session: Id | None = None
    chosen_by: Literal["self", "family", "school"] | None = None


class FeedbackIn(Strict):
    """What a learner said of an activity."""

    learner: Id
    activity: Id
    kind: Literal["not_for_me", "more_like_this", "enjoyed"]
    at: Moment
    request_id: Annotated[Id | None, Field(description="Of the answer in which it was shown.")] = None


class StampsIn(RootModel[Annotated[tuple[StampIn, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Stamps, at most 5,000 at a time."""


class FeedbacksIn(RootModel[Annotated[tuple[FeedbackIn, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]]):
    """Feedback, at most 5,000 at a time."""


class RejectedShape(Strict):
    """An entry that was not taken; it is in quarantine, for the city's data staff."""

    field: str
    detail: str


class KeptShape(Strict):
    """What became of a batch: all that is counted under ``kept`` is on the disk."""

    kept: int
    new: Annotated[int, Field(description="How many were not there yet; the others were sent before.")]
    rejected: tuple[RejectedShape, ...]


class Changes(Strict):
    """What is to change in a passport. What is left out stays; null means "not known"."""

    age: Age | None = None
    home: Annotated[Point | None, Field(description="Rounded to 0.01 degrees before it is kept.")] = None
    languages: Annotated[tuple[Language, ...], Field(max_length=20)] = ()
    wishes: Themes = ()
    avoid: Themes = ()
    less: Themes = ()
    badges: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    muted: Annotated[bool, Field(description="True: no profile is made of this learner.")] = False
    reset: Annotated[bool, Field(description="True: a fresh start. Stamps stay, and no longer count.")] = False


class NamedShape(Strict):
    """A theme with its name."""

    id: str
    label: str


class ThemeSeenShape(NamedShape):
    """A theme this learner met: how often, and a sentence that says so."""

    visits: int
    text: str


class StampShape(Strict):
    """A visit."""

    activity: str
    title: Annotated[str | None, Field(description="null when the city no longer knows the activity.")]
    at: str
    chosen_by: Literal["self", "family", "school"] | None
    counts: Annotated[bool, Field(description="Whether it counts in recommendations.")]


class SaidShape(Strict):
    """What the learner said of an activity."""

    activity: str
    kind: Literal["not_for_me", "more_like_this", "enjoyed"]
    at: str


class LearnerShape(Strict):
    """All that is kept of one learner, in plain words."""

    learner: str
    age: float | str | None
    home: Point | None
    languages: tuple[str, ...]
    wishes: tuple[NamedShape, ...]
    avoid: tuple[NamedShape, ...]
    less: tuple[NamedShape, ...]
    badges: tuple[str, ...]
    muted: bool
    counts_from: str | None
    text: Annotated[str, Field(description="What recommendations build on, in one sentence.")]
    themes: Annotated[tuple[ThemeSeenShape, ...], Field(description="Met at visits that count, most often first.")]
    stamps: tuple[StampShape, ...]
    said: tuple[SaidShape, ...]
