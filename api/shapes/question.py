"""What can be asked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.values import Age, Id, Language, Latitude, Longitude, Moment, Strict

Domain = Literal["library", "culture", "social", "education", "business", "nature", "recreation"]
Themes = Annotated[tuple[Id, ...], Field(max_length=100)]


class Spoken(BaseModel):
    """In which language: all that a query asks."""

    model_config = ConfigDict(extra="forbid")
    lang: Language | None = None


class Point(Strict):
    """A place on earth, in degrees."""

    lat: Latitude
    lon: Longitude


class GivenStamp(Strict):
    """One visit to one activity."""

    activity: Id
    at: Moment
    chosen_by: Literal["self", "family", "school"] | None = None


class GivenPassport(Strict):
    """A passport that travels with the request; nothing of it is kept."""

    age: Age | None = None
    home: Annotated[Point | None, Field(description="Rounded to 0.01 degrees, about a kilometre, before use.")] = None
    languages: Annotated[tuple[Language, ...], Field(max_length=20)] = ()
    wishes: Themes = ()
    avoid: Themes = ()
    less: Themes = ()
    stamps: Annotated[tuple[GivenStamp, ...], Field(max_length=5000)] = ()
    badges: Annotated[tuple[Id, ...], Field(max_length=500)] = ()


class Window(Strict):
    """When a session must lie."""

    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class Travel(Strict):
    """How somebody gets there."""

    mode: Literal["walk", "bike", "transit", "car"] | None = None
    max_minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    from_: Annotated[Point | None, Field(alias="from", description="When not from home.")] = None


class Companion(Strict):
    """Somebody who comes along."""

    age: Annotated[float, Field(ge=0, le=120, description="Decimal years.")]


class Asker(Strict):
    """Who asks, when, and in which language: a known learner, a passport given here, or nobody in particular."""

    learner: Annotated[Id | None, Field(description="A learner known to the store.")] = None
    passport: GivenPassport | None = None
    at: Annotated[Moment | None, Field(description="The moment of asking; now when left out.")] = None
    lang: Annotated[Language | None, Field(description="Language of the texts; else Accept-Language.")] = None


class Wishes(Asker):
    """What everything that is proposed must suit."""

    travel: Travel | None = None
    with_: Annotated[tuple[Companion, ...], Field(alias="with", max_length=20)] = ()
    free_only: bool = False
    access: Annotated[tuple[Id, ...], Field(max_length=32, description="Needs that must be met.")] = ()
    themes: Annotated[tuple[Id, ...], Field(max_length=100, description="One of these, or a narrower one.")] = ()
    domains: Annotated[tuple[Domain, ...], Field(max_length=7)] = ()
    line: Id | None = None
    curiosity: Annotated[float, Field(ge=0, le=1, description="0: what I know; 1: what is new to me.")] = 0.5


class Question(Wishes):
    """What next? For a known learner, for a passport given here, or for everybody alike."""

    window: Window | None = None
    count: Annotated[int, Field(ge=1, le=100)] = 10
