"""A city's tables to rows and back, inside a transaction that somebody else opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection, RowMapping, Select, Table, case, func, insert, literal_column, select, update

from data import columns
from data.columns import ACTIVITY, AT, LEARNER, LINE, THEME, Column
from data.store import past, schema
from data.store.rows import frame_in, read, upsert, values_out, write
from data.tables import QUARANTINE_COLUMNS, CitySettings, Tables, empty
from data.words import weights
from recommender.city import TravelMode

_LINE = ("name", "theme", "badge")
_STAMPS = tuple(column.name for column in schema.stamps.columns if column.name != "city")
_POSITION = Column("position", "whole", "")


def save(connection: Connection, tables: Tables) -> None:
    """Write a city's tables; see ``Store.save`` for what is replaced and what is added to."""
    city = tables.city.id
    _save_settings(connection, tables)
    past.clear(connection, tables)
    _save_themes(connection, city, tables.themes)
    for name in ("venues", "activities", "sessions"):
        table = schema.METADATA.tables[name]
        _write_frame(connection, insert(table), table, city, tables.frame(_definition(name)))
    _save_activity_themes(connection, city, tables.activities)
    _save_lines(connection, city, tables.lines)
    _write_frame(connection, _passport_upsert(connection), schema.passports, city, tables.passports)
    save_stamps(connection, city, tables.stamps)
    _save_quarantine(connection, city, tables.quarantine)


def settings_row(connection: Connection, city: str) -> RowMapping | None:
    """The city's own row; None when the store does not hold it."""
    return connection.execute(select(schema.cities).where(schema.cities.c.city == city)).mappings().one_or_none()


def settings_from(row: RowMapping) -> CitySettings:
    """A city's settings from its row."""
    return CitySettings(
        id=row["city"],
        name=row["name"],
        time_zone=row["time_zone"],
        languages=tuple(row["languages"]),
        as_of=row["as_of"],
        default_mode=row["default_mode"],
        travel={mode: TravelMode(**settings) for mode, settings in row["travel"].items()},
        origin=row["origin"],
    )


def load(connection: Connection, city: str, people: bool, counting: bool = False, stamps: bool = True) -> Tables | None:
    """Read a city's tables; None when the store does not hold it. See ``Store.load`` for what may be left out."""
    row = settings_row(connection, city)
    if row is None:
        return None
    catalogue = Tables(
        city=settings_from(row),
        themes=_load_themes(connection, city),
        venues=_load_frame(connection, schema.venues, city, columns.VENUES.columns),
        activities=_load_activities(connection, city),
        sessions=_load_frame(connection, schema.sessions, city, columns.SESSIONS.columns),
        lines=_load_lines(connection, city),
        has_sessions=row["has_sessions"],
        notes=tuple(row["notes"]),
    )
    if not people:
        return catalogue
    return replace(
        catalogue,
        passports=_load_frame(connection, schema.passports, city, columns.PASSPORTS.columns, LEARNER),
        stamps=read(connection, stamps_query(city, counting), columns.STAMPS.columns)
        if stamps
        else empty(columns.STAMPS),
        quarantine=_load_quarantine(connection, city),
    )


def _definition(name: str) -> columns.Table:
    return next(table for table in columns.TABLES if table.name == name)


def _save_settings(connection: Connection, tables: Tables) -> None:
    settings, table = tables.city, schema.cities
    before = connection.execute(select(table.c.revision).where(table.c.city == settings.id)).scalar_one_or_none()
    values = {
        "city": settings.id,
        "name": settings.name,
        "time_zone": settings.time_zone,
        "languages": list(settings.languages),
        "as_of": settings.as_of,
        "default_mode": settings.default_mode,
        "travel": {mode: asdict(travel) for mode, travel in settings.travel.items()},
        "origin": settings.origin,
        "has_sessions": tables.has_sessions,
        "notes": list(tables.notes),
        "revision": (before or 0) + 1,
    }
    connection.execute(upsert(connection, table), values)


def _write_frame(connection: Connection, statement: Any, table: Table, city: str, frame: pd.DataFrame) -> None:
    wanted = [column for column in _definition(table.name).columns if column.name in table.c]
    values = (values_out(frame[column.name], column) for column in wanted)
    n = len(frame)
    names = ["city", *(column.name for column in wanted), "position"]
    write(connection, statement, names, zip([city] * n, *values, range(n), strict=True))


def _passport_upsert(connection: Connection) -> Any:
    """What a load knows of a learner wins, but for what the learner said here in their own words."""
    own = schema.passports.c
    words = ("wishes", "avoid", "less")
    return upsert(
        connection,
        schema.passports,
        again=lambda new: {name: case((own.edited, own[name]), else_=new[name]) for name in words},
        leave=("edited", "muted", "counts_from"),
    )


def _load_frame(
    connection: Connection, table: Table, city: str, wanted: Sequence[Column], then: str | None = None
) -> pd.DataFrame:
    """``then`` orders rows that share a position, as passports of several loads may."""
    order = [table.c.position, *([table.c[then]] if then else [])]
    query = select(*(table.c[column.name] for column in wanted)).where(table.c.city == city).order_by(*order)
    return read(connection, query, wanted)


def _save_themes(connection: Connection, city: str, frame: pd.DataFrame) -> None:
    languages = [name for name in frame.columns if name not in (THEME, "parent")]
    labels = frame[languages].to_dict("records")
    rows = [
        {"city": city, THEME: theme, "parent": parent or None, "labels": label, "position": position}
        for position, (theme, parent, label) in enumerate(
            zip(frame[THEME].tolist(), frame["parent"].tolist(), labels, strict=True)
        )
    ]
    if rows:
        connection.execute(insert(schema.themes), rows)


def _load_themes(connection: Connection, city: str) -> pd.DataFrame:
    table = schema.themes.c
    query = select(table[THEME], table.parent, table.labels).where(table.city == city).order_by(table.position)
    rows = connection.execute(query).all()
    known = columns.THEMES.columns
    more = dict.fromkeys(name for row in rows for name in row.labels if name not in columns.THEMES.names)
    wanted = (*known, *(Column(name, "text", "") for name in more))
    languages = [column.name for column in wanted[2:]]
    return frame_in(
        [[(row[0], row[1], *(row.labels.get(name) for name in languages)) for row in rows]] if rows else [], wanted
    )


def _save_activity_themes(connection: Connection, city: str, frame: pd.DataFrame) -> None:
    rows = (
        (city, activity, position, theme, weight)
        for activity, text in zip(frame[ACTIVITY].tolist(), frame["themes"].tolist(), strict=True)
        for position, (theme, weight) in enumerate(weights(text))
    )
    names = ("city", ACTIVITY, "position", THEME, "weight")
    write(connection, insert(schema.activity_themes), names, rows)


def _load_activities(connection: Connection, city: str) -> pd.DataFrame:
    table = schema.activity_themes.c
    query = select(table[ACTIVITY], table[THEME], table.weight).where(table.city == city).order_by(table.position)
    texts: dict[str, list[str]] = {}
    for activity, theme, weight in connection.execute(query):
        texts.setdefault(activity, []).append(f"{theme}:{weight:.12g}")
    own = [column for column in columns.ACTIVITIES.columns if column.name != "themes"]
    frame = _load_frame(connection, schema.activities, city, own)
    joined = [";".join(texts.get(activity, ())) for activity in frame[ACTIVITY]]
    frame.insert(columns.ACTIVITIES.names.index("themes"), "themes", pd.Series(joined, dtype="str"))
    return frame


def _save_lines(connection: Connection, city: str, frame: pd.DataFrame) -> None:
    """A line's name, theme and badge are those of its first station."""
    first = frame.sort_values([LINE, "station"], kind="stable").drop_duplicates(LINE)
    heads = zip(first[LINE].tolist(), *(first[name].tolist() for name in _LINE), strict=True)
    rows = ((city, line, name, theme or None, badge or None) for line, name, theme, badge in heads)
    write(connection, insert(schema.lines), ("city", LINE, *_LINE), rows)
    n = len(frame)
    stops = (frame[LINE].tolist(), [int(place) for place in frame["station"]], frame[ACTIVITY].tolist())
    names = ("city", LINE, "station", ACTIVITY, "position")
    write(connection, insert(schema.stations), names, zip([city] * n, *stops, range(n), strict=True))


def _load_lines(connection: Connection, city: str) -> pd.DataFrame:
    line, stop = schema.lines.c, schema.stations.c
    of = {LINE: stop[LINE], "station": stop.station, ACTIVITY: stop[ACTIVITY], **{name: line[name] for name in _LINE}}
    query = (
        select(*(of[name] for name in columns.LINES.names))
        .join_from(schema.stations, schema.lines, (line.city == stop.city) & (line[LINE] == stop[LINE]))
        .where(stop.city == city)
        .order_by(stop.position)
    )
    return read(connection, query, columns.LINES.columns)


def save_stamps(connection: Connection, city: str, frame: pd.DataFrame) -> None:
    """Add stamps; one that is there gains what the new one knows."""
    # In the order of the key: the table is a tree over it, which grows at its end this way.
    ordered = frame.sort_values([LEARNER, AT, ACTIVITY])
    values = (values_out(ordered[name], columns.STAMPS.column(name)) for name in _STAMPS)
    rows = zip([city] * len(frame), *values, strict=True)
    write(connection, upsert(connection, schema.stamps, keep_known=True), ("city", *_STAMPS), rows)


def stamps_query(city: str, counting: bool) -> Select[Any]:
    """A city's stamps by learner, then oldest first; see ``Store.load`` for those that count."""
    table, own = schema.stamps.c, schema.passports.c
    query = select(*(table[name] for name in columns.STAMPS.names)).where(table.city == city)
    if counting:
        theirs = (own.city == table.city) & (own[LEARNER] == table[LEARNER])
        query = query.join_from(schema.stamps, schema.passports, theirs, isouter=True).where(
            own.muted.is_not(True), table[AT] >= func.coalesce(own.counts_from, table[AT])
        )
    return query.order_by(table[LEARNER], table[AT], table[ACTIVITY])


def _readable(text: object) -> str:
    """Rejected text may hold anything; PostgreSQL refuses NUL, and UTF-8 half a character."""
    return str(text).replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _rejected(city: str, rows: Iterable[Sequence[object]], first: int | None) -> Iterator[tuple[Any, ...]]:
    for place, row in enumerate(rows):
        texts = tuple(_readable(value) for value in row)
        position = None if first is None else first + place
        yield (city, hashlib.sha256("\x1f".join(texts).encode()).hexdigest(), *texts, 1, position)


def add_quarantine(
    connection: Connection, city: str, rows: Iterable[Sequence[object]], first: int | None = None
) -> None:
    """Keep rejected rows, in the order of ``QUARANTINE_COLUMNS``; what came before is counted again.

    Parameters
    ----------
    first : int or None
        Position of the first of them among the rows of a load; None for what came in one by one.
    """
    table = schema.quarantine
    statement = upsert(connection, table, again=lambda _: {"times": table.c.times + literal_column("1")})
    names = ("city", "digest", *QUARANTINE_COLUMNS, "times", "position")
    write(connection, statement, names, _rejected(city, rows, first))


def _save_quarantine(connection: Connection, city: str, frame: pd.DataFrame) -> None:
    table = schema.quarantine
    connection.execute(update(table).where(table.c.city == city).values(position=None))
    add_quarantine(connection, city, frame[list(QUARANTINE_COLUMNS)].itertuples(index=False), first=0)


def _load_quarantine(connection: Connection, city: str) -> pd.DataFrame:
    table = schema.quarantine.c
    query = (
        select(*(table[name] for name in QUARANTINE_COLUMNS))
        .where(table.city == city, table.position.is_not(None))
        .order_by(table.position)
    )
    return read(connection, query, [Column(name, "text", "") for name in QUARANTINE_COLUMNS])
