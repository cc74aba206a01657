"""What is answered. The endpoints write these shapes themselves; tests hold every answer against them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.shapes.question import Domain, Point
from api.shapes.values import Latitude, Longitude, Strict


class ThemeWeight(Strict):
    """A theme of an activity."""

    id: str
    label: str
    weight: float


class ActivityShape(Strict):
    """Something to take part in. null and [] mean that the city does not say."""

    id: str
    title: str
    description: str | None
    language: str | None
    themes: list[ThemeWeight]
    domain: Domain | None
    organiser: str | None
    venue: Annotated[str | None, Field(description="Id of the venue it usually takes place at.")]
    age_min: float | None
    age_max: Annotated[float | None, Field(description="That whole year included.")]
    price: Annotated[float | None, Field(description="Euros for one person; 0 is free.")]
    form: Literal["informal", "nonformal", "formal"] | None
    stage: Literal["start", "core", "finish"] | None
    requires: list[str]
    awards: list[str]
    access: Annotated[list[str] | None, Field(description="Needs that are met; null when the city does not say.")]
    company: list[Literal["alone", "with_adult", "family"]]


class SessionShape(Strict):
    """One dated occurrence."""

    id: str
    start: str
    end: str
    drop_in: bool
    capacity_left: int | None
    place: Point | None


class VenueShape(Strict):
    """Where it is."""

    id: str
    name: str | None
    domain: Domain | None
    lat: Latitude | None
    lon: Longitude | None
    area: str | None
    opening_hours: str | None
    accessible: bool | None


class ReasonShape(Strict):
    """Why: a part of the score whose removal lowers it."""

    code: str
    activity: str | None = None
    theme: str | None = None
    line: str | None = None
    minutes: float | None = None
    text: str


class RecommendationShape(Strict):
    """One place in the list. ``session`` is null in a city whose activities are always open."""

    rank: int
    activity: ActivityShape
    session: SessionShape | None
    venue: VenueShape | None
    travel_minutes: float | None
    score: float
    slot: Literal["interest", "next_station", "new_direction", "drawn"]
    probability: Annotated[float, Field(gt=0, le=1)]
    not_known: Annotated[list[str], Field(description="What was asked for and the city does not say.")]
    reasons: list[ReasonShape]


class StepShape(Strict):
    """How many activities are left after a step, and for how many of those the city does not say."""

    step: str
    left: int
    not_known: int
    text: str


class RelaxShape(Strict):
    """The one wish that gains most when relaxed."""

    step: str
    to: float | None
    gains: int
    text: str


class AnswerShape(Strict):
    """A ranked list and how it came about."""

    request_id: str
    city: str
    release: str | None
    at: str
    at_source: Annotated[
        Literal["request", "as_of", "clock"],
        Field(description="as_of: the city's own now; clock: the last change of the day's agenda."),
    ]
    basis: Literal["stamps", "wishes", "none"]
    degraded: bool
    fallback: Literal["personalised", "wishes", "popular_nearby", "agenda"]
    stamps_not_found: Annotated[int, Field(description="Stamps at activities that the city does not know.")]
    recommendations: list[RecommendationShape]
    funnel: list[StepShape]
    relax: RelaxShape | None


class ActivitiesShape(Strict):
    """A page of activities, in the city's own order."""

    city: str
    total: int
    offset: int
    limit: int
    next: Annotated[int | None, Field(description="The offset of the next page; null on the last.")]
    activities: list[ActivityShape]


class ThemeShape(Strict):
    """A topic of the city's own list."""

    id: str
    parent: str | None
    label: str
    labels: dict[str, str]


class ThemesShape(Strict):
    """The city's themes."""

    city: str
    themes: list[ThemeShape]


class ReleaseShape(Strict):
    """What is in service."""

    city: str
    release: str | None
    degraded: bool
    why: Annotated[list[str], Field(description="Why the service is degraded; empty when it is not.")]
    as_of: str | None
    catalogue: dict[str, int]
    manifest: Annotated[dict[str, Any] | None, Field(description="The release's own account of itself.")]


class HealthShape(Strict):
    """Whether the service can answer."""

    status: Literal["alive", "ready"]
    degraded: bool = False


class FieldShape(Strict):
    """A field that does not fit."""

    field: str
    detail: str


class ProblemShape(Strict):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: tuple[FieldShape, ...] = ()
