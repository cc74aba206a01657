"""What a route looks like from outside."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from api.shapes.answer import ActivityShape, ReasonShape, SessionShape, VenueShape
from api.shapes.question import Domain
from api.shapes.values import Strict


class StopShape(Strict):
    """One visit, or a pause; a pause has neither activity nor session."""

    stop: Annotated[int, Field(description="1 is the first.")]
    kind: Literal["activity", "pause"]
    day: Annotated[str, Field(description="The date on the city's own calendar.")]
    arrive: str
    begin: str
    end: str
    activity: ActivityShape | None
    session: SessionShape | None
    venue: VenueShape | None
    stage: Literal["start", "core", "finish"] | None
    role: Annotated[
        Literal["start", "core", "finish", "station", "interchange"] | None,
        Field(description="Why it is in a journey."),
    ]
    score: float | None
    reasons: list[ReasonShape]
    not_known: Annotated[list[str], Field(description="What was asked for and the city does not say.")]


class LegShape(Strict):
    """The way from one stop to the next; null is the start, or the end, of the route."""

    from_: Annotated[int | None, Field(alias="from", description="Number of a stop; null: from where it starts.")]
    to: Annotated[int | None, Field(description="Number of a stop; null: to where it ends.")]
    mode: Literal["walk", "bike", "transit", "car"]
    minutes: float | None
    leave: str
    arrive: str


class TotalsShape(Strict):
    """The route as a whole."""

    stops: Annotated[int, Field(description="Visits; pauses do not count.")]
    minutes: Annotated[float, Field(description="Under way, from leaving to being at the end, all days together.")]
    travel_minutes: float | None
    price: Annotated[float | None, Field(description="Euros for one person; null when one price is not known.")]
    domains: list[Domain]
    badges: list[str]


class RouteShape(Strict):
    """A feasible route."""

    rank: int
    stops: list[StopShape]
    legs: list[LegShape]
    totals: TotalsShape
    proven: Annotated[bool, Field(description="No better route exists.")]
    gap: Annotated[float | None, Field(description="At most so far below the best, as a share; null: nobody knows.")]
    geojson: Annotated[dict[str, Any], Field(description="A FeatureCollection, RFC 7946: stops and legs.")]


class LeftOutShape(Strict):
    """A good candidate that is in no route, and what kept it out."""

    activity: str
    title: str
    session: str | None
    score: Annotated[float | None, Field(description="Null for a pinned one that was never scored.")]
    why: str
    text: str


class RouteRelaxShape(Strict):
    """The one wish that gains most when relaxed. ``to`` is its new value where it has one."""

    step: str
    to: float | str | None
    gains: Annotated[int, Field(description="Stops that the route would have more.")]
    text: str


class RoutesShape(Strict):
    """Routes, best first; none when the request cannot be met, and then ``relax`` says what to change."""

    request_id: str
    city: str
    release: str | None
    kind: Literal["outing", "journey"]
    at: str
    at_source: Literal["request", "as_of", "clock"]
    basis: Literal["stamps", "wishes", "none"]
    degraded: bool
    fallback: Literal["personalised", "wishes", "popular_nearby", "agenda"]
    stamps_not_found: int
    routes: list[RouteShape]
    left_out: list[LeftOutShape]
    relax: RouteRelaxShape | None
    cut: Annotated[bool, Field(description="A time cap ended the search: on a quieter machine it may find better.")]
