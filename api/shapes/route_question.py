"""What can be asked of a route: an outing of one or more day parts, or a journey of weeks."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from api.shapes.question import Point, Wishes
from api.shapes.values import Date, Id, Moment, Strict
from recommender.city import DOMAINS
from recommender.routing.journey import wish as journey_wish
from recommender.routing.outing import wish as outing_wish

Stops = Annotated[tuple[Id, ...], Field(max_length=outing_wish.MOST_STOPS)]
Price = Annotated[float, Field(ge=0, le=1_000_000, description="Euros, all stops together.")]
Domains = Annotated[int, Field(ge=0, le=len(DOMAINS), description="So many different kinds of place, at least.")]


class RouteKind(BaseModel):
    """The one field that says how the others are to be read."""

    model_config = ConfigDict(strict=True, extra="ignore")
    kind: Literal["outing", "journey"]


class DayPart(Strict):
    """Leave no sooner, be at the end no later."""

    from_: Annotated[Moment, Field(alias="from")]
    until: Moment


class GivenPause(Strict):
    """A rest, wherever one is then, that begins between two moments."""

    from_: Annotated[Moment, Field(alias="from")]
    until: Moment
    minutes: Annotated[float, Field(gt=0, le=outing_wish.DAY_MINUTES)]


class OutingQuestion(Wishes):
    """A route of a day part across several venues. Give ``from`` and ``until``, or several ``days``."""

    kind: Literal["outing"]
    from_: Annotated[Moment | None, Field(alias="from", description="Leave no sooner.")] = None
    until: Annotated[Moment | None, Field(description="Be at the end no later.")] = None
    days: Annotated[tuple[DayPart, ...], Field(max_length=outing_wish.MOST_DAYS)] = ()
    end: Annotated[Point | None, Field(description="Where every day ends; where it started when left out.")] = None
    max_stops: Annotated[int, Field(ge=1, le=outing_wish.MOST_STOPS)] = 4
    max_price: Price | None = None
    min_domains: Domains = 0
    pauses: Annotated[tuple[GivenPause, ...], Field(max_length=outing_wish.MOST_PAUSES)] = ()
    pinned: Annotated[Stops, Field(description="Activities or sessions that must be in it.")] = ()
    excluded: Annotated[tuple[Id, ...], Field(max_length=1000, description="Activities that must not.")] = ()
    visit_minutes: Annotated[
        float, Field(gt=0, le=outing_wish.DAY_MINUTES, description="How long to stay where one can drop in.")
    ] = 60.0
    alternatives: Annotated[int, Field(ge=1, le=outing_wish.MOST_ALTERNATIVES)] = 3

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> Self:
        if self.days and (self.from_ is not None or self.until is not None):
            raise ValueError("give from and until, or days, not both")
        if not self.days and (self.from_ is None or self.until is None):
            raise ValueError("an outing needs from and until, or days")
        return self


class Goal(Strict):
    """What a journey works towards: a theme, a line or a badge."""

    theme: Id | None = None
    line: Id | None = None
    badge: Id | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.theme, self.line, self.badge)) != 1:
            raise ValueError("give a theme, a line or a badge, one of them")
        return self


class Holiday(Strict):
    """Days on which nothing is planned, both included; ``until`` left out means that day alone."""

    from_: Annotated[Date, Field(alias="from")]
    until: Date | None = None


class JourneyQuestion(Wishes):
    """A route of weeks: a start, a core and a finish, across domains."""

    kind: Literal["journey"]
    from_: Annotated[Moment | None, Field(alias="from", description="Nothing before it; ``at`` when left out.")] = None
    weeks: Annotated[int, Field(ge=1, le=journey_wish.MOST_WEEKS)] = 8
    sessions_per_week: Annotated[int, Field(ge=1, le=journey_wish.MOST_PER_WEEK)] = 1
    min_domains: Domains = 2
    goal: Goal | None = None
    rest_weeks: Annotated[
        tuple[Annotated[int, Field(ge=1, le=journey_wish.MOST_WEEKS)], ...],
        Field(max_length=journey_wish.MOST_WEEKS, description="1 is the week of ``from``, Monday to Sunday."),
    ] = ()
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=100)] = ()
    pinned: Annotated[
        tuple[Id, ...], Field(max_length=journey_wish.MOST_STOPS, description="Activities that must be in it.")
    ] = ()
    excluded: Annotated[tuple[Id, ...], Field(max_length=1000, description="Activities that must not.")] = ()
    max_price: Price | None = None
    max_stops: Annotated[int | None, Field(ge=1, le=journey_wish.MOST_STOPS)] = None
    alternatives: Annotated[int, Field(ge=1, le=journey_wish.MOST_ALTERNATIVES)] = 2


class RouteQuestion(RootModel[Annotated[OutingQuestion | JourneyQuestion, Field(discriminator="kind")]]):
    """Which route? For a known learner, for a passport given here, or for everybody alike."""
