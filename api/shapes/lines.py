"""Learning lines: what can be asked, and what they look like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.shapes.answer import SessionShape, VenueShape
from api.shapes.question import Asker
from api.shapes.values import Id, Strict


class LinesQuestion(Asker):
    """How far is somebody on the lines? For a known learner, or for a passport given here."""

    line: Annotated[Id | None, Field(description="This line alone.")] = None


class InterchangeShape(Strict):
    """A station of another line at the same venue."""

    line: str
    station: int


class StationShape(Strict):
    """A stop on a line."""

    station: int
    activity: str
    title: str
    stage: Literal["start", "core", "finish"] | None
    requires: list[str]
    awards: list[str]
    venue: VenueShape | None
    sessions_open: Annotated[int, Field(description="Sessions that one can still go to.")]
    next_session: SessionShape | None
    interchanges: Annotated[list[InterchangeShape], Field(description="Stations of other lines at this venue.")]
    done: Annotated[bool | None, Field(description="Whether the passport has a stamp of it; null without a passport.")]


class ProgressShape(Strict):
    """How far somebody is on a line. It counts stamps; it judges nobody."""

    done: Annotated[int, Field(description="Stations with a stamp.")]
    of: int
    next_station: Annotated[int | None, Field(description="The first without a stamp; null when there is none.")]
    badge_earned: Annotated[bool | None, Field(description="Null when the line has no badge.")]


class LineShape(Strict):
    """A learning line."""

    id: str
    letter: Annotated[str, Field(description="As on the map of GET /v1/lines.svg.")]
    name: str
    theme: str | None
    theme_label: str | None
    badge: str | None
    stations: list[StationShape]
    progress: ProgressShape | None


class LinesShape(Strict):
    """The city's learning lines."""

    city: str
    at: str
    at_source: Literal["request", "as_of", "clock"]
    lines: list[LineShape]
