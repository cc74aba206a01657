"""The store's tables, derived from ``data.columns`` so that a column exists once.

Missing values are NULL, never ``""`` or NaN. ``position`` keeps the order in which a city gave its rows. Names
sort by their bytes on every database, so that two stores give the same order.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
)
from sqlalchemy.types import TypeEngine

from data import columns
from data.columns import ACTIVITY, AT, LEARNER, LINE, SESSION, THEME

NAME: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
_TYPES: dict[str, TypeEngine[Any]] = {
    "id": NAME,
    "ref": NAME,
    "age": Double(),
    "number": Double(),
    "lat": Double(),
    "lon": Double(),
    "whole": BigInteger(),
    "flag": Boolean(),
    "time": BigInteger(),
}
METADATA = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(referred_table_name)s", "ix": "ix_%(column_0_label)s"}
)  # fmt: skip

cities = Table(
    "cities",
    METADATA,
    Column("city", NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("as_of", BigInteger),
    Column("default_mode", Text, nullable=False),
    Column("travel", JSON, nullable=False),
    Column("origin", Text, nullable=False),
    Column("has_sessions", Boolean, nullable=False),
    Column("notes", JSON, nullable=False),
    # Counts up with every save, so that a running service sees at a glance that the catalogue changed.
    Column("revision", BigInteger, nullable=False),
)


def _city() -> Column[str]:
    return Column("city", NAME, primary_key=True)


def _of_city() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["city"], ["cities.city"], ondelete="CASCADE")


def _of_activity() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["city", ACTIVITY], ["activities.city", f"activities.{ACTIVITY}"], ondelete="CASCADE")


def _column(column: columns.Column, key: tuple[str, ...]) -> Column[Any]:
    named = column.name in key
    kind = _TYPES.get(column.kind, Text())
    return Column(column.name, kind, primary_key=named, nullable=not (named or column.required))


def _derived(table: columns.Table, *more: ForeignKeyConstraint | Column[Any], without: tuple[str, ...] = ()) -> Table:
    own = (_column(column, table.key) for column in table.columns if column.name not in without)
    return Table(table.name, METADATA, _city(), *own, Column("position", Integer, nullable=False), _of_city(), *more)


themes = Table(
    "themes",
    METADATA,
    _city(),
    Column(THEME, NAME, primary_key=True),
    Column("parent", NAME),
    Column("labels", JSON, nullable=False),
    Column("position", Integer, nullable=False),
    _of_city(),
)
venues = _derived(columns.VENUES)
activities = _derived(columns.ACTIVITIES, without=("themes",))
activity_themes = Table(
    "activity_themes",
    METADATA,
    _city(),
    Column(ACTIVITY, NAME, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column(THEME, NAME, nullable=False),
    Column("weight", Double, nullable=False),
    _of_activity(),
)
sessions = _derived(columns.SESSIONS, _of_activity())
lines = Table(
    "lines",
    METADATA,
    _city(),
    Column(LINE, NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("theme", NAME),
    Column("badge", Text),
    _of_city(),
)
stations = Table(
    "stations",
    METADATA,
    _city(),
    Column(LINE, NAME, primary_key=True),
    Column("station", Integer, primary_key=True),
    Column(ACTIVITY, NAME, nullable=False),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["city", LINE], ["lines.city", f"lines.{LINE}"], ondelete="CASCADE"),
    _of_activity(),
)
# ``edited``: wishes, avoids and "less of" are the learner's own words, which a load does not write over. ``muted``: no
# profile is made of this learner. ``counts_from``: stamps before it no longer count in the profile.
passports = _derived(
    columns.PASSPORTS,
    Column("edited", Boolean, nullable=False, server_default=false()),
    Column("muted", Boolean, nullable=False, server_default=false()),
    Column("counts_from", BigInteger),
)

# No foreign key to activities: a stamp outlives the season in which its activity was offered.
# The key is in the order in which one learner's history is read, and on SQLite the table is that key.
stamps = Table(
    "stamps",
    METADATA,
    _city(),
    *(_column(columns.STAMPS.column(name), columns.STAMPS.key) for name in (LEARNER, AT, ACTIVITY)),
    *(_column(columns.STAMPS.column(name), ()) for name in (SESSION, "chosen_by", "enjoyed")),
    _of_city(),
    sqlite_with_rowid=False,
)

SHOWN = "shown"
KINDS = (SHOWN, "not_for_me", "more_like_this", "enjoyed")
feedback = Table(
    "feedback",
    METADATA,
    _city(),
    Column(LEARNER, NAME, primary_key=True),
    Column(AT, BigInteger, primary_key=True),
    Column("request_id", NAME, primary_key=True),
    Column(ACTIVITY, NAME, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column(SESSION, NAME),
    Column("release", Text),
    Column("rank", Integer),
    Column("slot", Text),
    Column("probability", Double),
    CheckConstraint("probability > 0 AND probability <= 1", name="probability_is_a_chance"),
    _of_city(),
    sqlite_with_rowid=False,
)
keys = Table(
    "keys",
    METADATA,
    Column("key_id", NAME, primary_key=True),
    Column("city", NAME, nullable=False),
    Column("hash", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("label", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    _of_city(),
)
quarantine = Table(
    "quarantine",
    METADATA,
    _city(),
    Column("digest", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("row", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("times", Integer, nullable=False),
    # NULL once a later load no longer rejects the row: it is kept, and no longer in the city's tables.
    Column("position", Integer),
    # When the clean-up first saw it, NULL until then and whenever it came in again.
    Column("at", BigInteger),
    _of_city(),
)
# That somebody was erased, and when; not who. Releases made before the last one may not go live again.
erasures = Table(
    "erasures",
    METADATA,
    _city(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    _of_city(),
)
# What a batch was answered, for callers who send it again under the same key. ``body`` is a keyed digest.
retries = Table(
    "retries",
    METADATA,
    _city(),
    Column("key", NAME, primary_key=True),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    _of_city(),
)
# What is left of a key's allowance, as of a moment: one bucket of tokens that all workers take from.
allowances = Table(
    "allowances",
    METADATA,
    _city(),
    Column("key_id", NAME, primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("at", Double, nullable=False),
    _of_city(),
)
Index("ix_sessions_activity", sessions.c.city, sessions.c[ACTIVITY])
