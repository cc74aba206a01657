"""One definition of every column of every table: name, kind, whether it is required, what is allowed.

Validation, the CSV folder, the store, the simulated city and the data dictionary all read this list.
"""

from __future__ import annotations

from dataclasses import dataclass

from recommender.city import COMPANY, DOMAINS, FORMS, STAGES, STATUSES
from recommender.passport import CHOSEN_BY

LEARNER = "learner_id"
ACTIVITY = "activity_id"
SESSION = "session_id"
VENUE = "venue_id"
THEME = "theme_id"
LINE = "line_id"
AT = "at"


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    name : str
    kind : str
        ``id``, ``ref`` (an id of ``of``), ``text``, ``choice`` (one of ``of``), ``choices`` (several of
        ``of``, separated by ``;``), ``list`` (free words separated by ``;``), ``weights``
        (``space:0.7;making``), ``hours``, ``age``, ``age_or_band``, ``number``, ``whole``, ``flag``, ``lat``, ``lon``,
        ``time``.
    required : bool
        The file is refused without the column; a row is rejected without a value.
    of : str or tuple of str
        The table an id points into, or the words allowed.
    low, high : float or None
        The range of a number, inclusive.
    help : str
        One line for the data dictionary and for error messages.
    """

    name: str
    kind: str
    help: str
    required: bool = False
    of: str | tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """A table: its file name without extension, its columns, and the columns that name a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    open_ended: bool = False

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _lat(name: str = "lat") -> Column:
    return Column(name, "lat", "latitude in degrees, WGS 84", low=-90, high=90)


def _lon(name: str = "lon") -> Column:
    return Column(name, "lon", "longitude in degrees, WGS 84", low=-180, high=180)


THEMES = Table(
    "themes",
    (
        Column(THEME, "id", "short name of the theme", required=True),
        Column("parent", "ref", "the broader theme", of="themes"),
        Column("nl", "text", "name in Dutch"),
        Column("en", "text", "name in English"),
    ),
    key=(THEME,),
    open_ended=True,
)

VENUES = Table(
    "venues",
    (
        Column(VENUE, "id", "id of the venue", required=True),
        Column("name", "text", "name as people know it"),
        Column("domain", "choice", "which part of the learning city it belongs to", of=DOMAINS),
        _lat(),
        _lon(),
        Column("area", "text", "neighbourhood"),
        Column("opening_hours", "hours", "when its doors are open"),
        Column("accessible", "flag", "step-free for a wheelchair"),
    ),
    key=(VENUE,),
)

ACTIVITIES = Table(
    "activities",
    (
        Column(ACTIVITY, "id", "id of the activity", required=True),
        Column("title", "text", "what it is called", required=True),
        Column("description", "text", "what happens there"),
        Column("language", "text", "language code, such as nl"),
        Column("themes", "weights", "themes with weights: space:0.7;making", of="themes"),
        Column("domain", "choice", "wins over the venue's domain", of=DOMAINS),
        Column("organiser", "text", "who organises it"),
        Column("venue_id", "ref", "where it usually takes place", of="venues"),
        Column("age_min", "age", "youngest age in years", low=0, high=120),
        Column("age_max", "age", "oldest age in years, that whole year included", low=0, high=120),
        Column("price", "number", "euros for one person; 0 is free", low=0, high=100_000),
        Column("form", "choice", "kind of learning", of=FORMS),
        Column("stage", "choice", "place in a learning journey", of=STAGES),
        Column("requires", "list", "badges asked for"),
        Column("awards", "list", "badges given"),
        Column("access", "list", "needs that are met: wheelchair;low_stimulus"),
        Column("company", "choices", "who is welcome", of=COMPANY),
    ),
    key=(ACTIVITY,),
    required=True,
)

SESSIONS = Table(
    "sessions",
    (
        Column(SESSION, "id", "id of the session", required=True),
        Column(ACTIVITY, "ref", "the activity", required=True, of="activities"),
        Column("start", "time", "ISO 8601 with offset", required=True),
        Column("end", "time", "ISO 8601 with offset, not before the start", required=True),
        Column("venue_id", "ref", "where, when not at the activity's venue", of="venues"),
        _lat(),
        _lon(),
        Column("capacity_left", "whole", "places left", low=0, high=1_000_000),
        Column("status", "choice", "what became of it", of=STATUSES),
        Column("drop_in", "flag", "come whenever between start and end"),
    ),
    key=(SESSION,),
)

PASSPORTS = Table(
    "passports",
    (
        Column(LEARNER, "id", "pseudonym", required=True),
        Column("age", "age_or_band", "decimal years, or a band such as 6-8", low=0, high=120),
        _lat("home_lat"),
        _lon("home_lon"),
        Column("area", "text", "neighbourhood"),
        Column("languages", "list", "language codes: nl;ar"),
        Column("wishes", "list", "themes the learner wants", of="themes"),
        Column("avoid", "list", "themes the learner does not want", of="themes"),
        Column("less", "list", "themes the learner wants less of", of="themes"),
        Column("badges", "list", "badges earned"),
    ),
    key=(LEARNER,),
)

STAMPS = Table(
    "stamps",
    (
        Column(LEARNER, "id", "pseudonym", required=True),
        Column(ACTIVITY, "ref", "the activity visited", required=True, of="activities"),
        Column(AT, "time", "ISO 8601 with offset, not after as_of", required=True),
        Column(SESSION, "ref", "the session visited", of="sessions"),
        Column("chosen_by", "choice", "who chose it", of=CHOSEN_BY),
        Column("enjoyed", "number", "evaluation only, never a feature", low=0, high=1),
    ),
    key=(LEARNER, ACTIVITY, AT),
    required=True,
)

LINES = Table(
    "lines",
    (
        Column(LINE, "id", "id of the line", required=True),
        Column("name", "text", "name of the line", required=True),
        Column("station", "whole", "order along the line, from 1", required=True, low=1, high=1000),
        Column(ACTIVITY, "ref", "the activity at this station", required=True, of="activities"),
        Column("theme", "ref", "theme of the line", of="themes"),
        Column("badge", "text", "badge at its end"),
    ),
    key=(LINE, "station"),
)

TABLES = (THEMES, VENUES, ACTIVITIES, SESSIONS, PASSPORTS, STAMPS, LINES)
"""In the order in which they refer to each other."""
