"""What stays of a catalogue when a new one takes its place: the activities that somebody has a stamp of.

Most activities are new every season. Without those of last year a passport would be a list of names that mean nothing,
and what a learner is curious about would be forgotten each autumn.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from data.columns import ACTIVITY, THEME, VENUE
from data.store import schema
from data.tables import Tables


def _ids(connection: Connection, table: Table, column: str, city: str) -> set[str]:
    query = select(table.c[column]).where(table.c.city == city).distinct()
    return {name for name in connection.execute(query).scalars() if name is not None}


def clear(connection: Connection, tables: Tables) -> None:
    """Remove a city's catalogue, to make room for a new one, but for past activities that carry stamps.

    These stay without sessions, behind the new ones, with their venues and themes. In a city without sessions
    everything is always open, so there nothing stays.
    """
    city = tables.city.id
    for table in (schema.stations, schema.lines, schema.sessions):
        connection.execute(delete(table).where(table.c.city == city))
    there = _ids(connection, schema.activities, ACTIVITY, city)
    past: set[str] = set()
    if tables.has_sessions and there:
        past = there & _ids(connection, schema.stamps, ACTIVITY, city) - set(tables.activities[ACTIVITY])
    # Themes and venues are removed first where nothing past needs them, so each is asked before it goes.
    themes, venues = (
        (_themes_of(connection, city, past), _venues_of(connection, city, past)) if past else (set(), set())
    )
    themes -= set(tables.themes[THEME])
    venues -= set(tables.venues[VENUE])
    _keep(connection, schema.activities, ACTIVITY, city, past, len(tables.activities))
    _keep(connection, schema.venues, VENUE, city, venues, len(tables.venues))
    _keep(connection, schema.themes, THEME, city, themes, len(tables.themes))


def _themes_of(connection: Connection, city: str, activities: set[str]) -> set[str]:
    """The themes of some activities, and everything above them."""
    table = schema.activity_themes.c
    rows = connection.execute(select(table[ACTIVITY], table[THEME]).where(table.city == city))
    found = {theme for activity, theme in rows if activity in activities}
    above = schema.themes.c
    query = select(above[THEME], above.parent).where(above.city == city)
    parent = {theme: parent for theme, parent in connection.execute(query) if parent is not None}
    waiting = list(found)
    while waiting:
        broader = parent.get(waiting.pop())
        if broader is not None and broader not in found:
            found.add(broader)
            waiting.append(broader)
    return found


def _venues_of(connection: Connection, city: str, activities: set[str]) -> set[str]:
    table = schema.activities.c
    rows = connection.execute(select(table[ACTIVITY], table[VENUE]).where(table.city == city))
    return {venue for activity, venue in rows if activity in activities and venue is not None}


def _keep(connection: Connection, table: Table, column: str, city: str, kept: Iterable[str], after: int) -> None:
    """Remove a city's rows but some, which get the places behind the first ``after``."""
    kept = set(kept)
    if not kept:
        connection.execute(delete(table).where(table.c.city == city))
        return
    query = select(table.c[column]).where(table.c.city == city).order_by(table.c.position)
    names = list(connection.execute(query).scalars())
    gone = [{"row": name} for name in names if name not in kept]
    mine = (table.c.city == city, table.c[column] == bindparam("row"))
    if gone:
        connection.execute(delete(table).where(*mine), gone)
    stay = [name for name in names if name in kept]
    places = [{"row": name, "place": after + place} for place, name in enumerate(stay)]
    connection.execute(update(table).where(*mine).values(position=bindparam("place")), places)
