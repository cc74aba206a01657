"""From validated tables to the engine's catalogue: ids become rows here, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from data.clock import clock_of
from data.columns import ACTIVITY, LINE, SESSION, THEME, VENUE
from data.rows import codes_of, rows_of
from data.tables import Tables
from data.words import split, weights
from recommender.city import (
    COMPANY,
    DOMAINS,
    FORMS,
    STAGES,
    STATUSES,
    UNKNOWN,
    Activities,
    Catalogue,
    Ids,
    Int32,
    Lines,
    Sessions,
    Themes,
    UInt32,
    Venues,
    always_open,
)
from recommender.errors import BadInput, UnknownName

WHEELCHAIR = "wheelchair"


def _texts(frame: pd.DataFrame, name: str) -> tuple[str, ...]:
    return tuple(frame[name].tolist())


def _floats(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].to_numpy(np.float64, copy=True)


def _must_find(values: pd.Series, ids: Ids) -> Int32:
    rows = rows_of(values, ids)
    if (rows == UNKNOWN).any():
        raise UnknownName(ids.kind, str(values.iloc[int(np.argmax(rows == UNKNOWN))]))
    return rows


def _bits(lists: Sequence[tuple[str, ...]], words: Sequence[str]) -> UInt32:
    bit = {word: 1 << place for place, word in enumerate(words)}
    return np.array([sum(bit[word] for word in set(terms)) for terms in lists], dtype=np.uint32)


def _themes(frame: pd.DataFrame) -> Themes:
    ids = Ids(frame[THEME].tolist(), "theme")
    languages = [name for name in frame.columns if name not in (THEME, "parent")]
    return Themes(ids, rows_of(frame["parent"], ids), {language: _texts(frame, language) for language in languages})


def _venues(frame: pd.DataFrame) -> Venues:
    accessible = _floats(frame, "accessible")
    return Venues(
        ids=Ids(frame[VENUE].tolist(), "venue"),
        name=_texts(frame, "name"),
        domain=codes_of(frame["domain"], DOMAINS),
        lat=_floats(frame, "lat"),
        lon=_floats(frame, "lon"),
        area=_texts(frame, "area"),
        opening_hours=_texts(frame, "opening_hours"),
        accessible=np.where(np.isnan(accessible), UNKNOWN, accessible).astype(np.int8),
    )


def _theme_weights(texts: Sequence[str], themes: Ids) -> sparse.csr_array:
    pairs = [(row, themes.row(name), weight) for row, text in enumerate(texts) for name, weight in weights(text)]
    rows, columns, values = zip(*pairs, strict=True) if pairs else ((), (), ())
    shape = (len(texts), len(themes))
    matrix = sparse.coo_array((np.array(values, np.float32), (np.array(rows, int), np.array(columns, int))), shape)
    return sparse.csr_array(matrix)


def _activities(frame: pd.DataFrame, themes: Themes, venues: Venues) -> Activities:
    venue = rows_of(frame["venue_id"], venues.ids)
    # One more element than there are venues: row UNKNOWN (-1) then reads "not known".
    venue_domain = np.append(venues.domain, np.int8(UNKNOWN))[venue]
    venue_accessible = np.append(venues.accessible, np.int8(UNKNOWN))[venue]
    domain = codes_of(frame["domain"], DOMAINS)

    access = [split(text) for text in frame["access"]]
    terms = sorted({WHEELCHAIR, *(term for terms in access for term in terms)})
    if len(terms) > 32:
        raise BadInput(f"activities, access: {len(terms)} different needs, at most 32 can be told apart: {terms}")
    for row, own in enumerate(access):
        if not own and venue_accessible[row] == 1:
            access[row] = (WHEELCHAIR,)
    return Activities(
        ids=Ids(frame[ACTIVITY].tolist(), "activity"),
        title=_texts(frame, "title"),
        description=_texts(frame, "description"),
        language=_texts(frame, "language"),
        themes=_theme_weights(frame["themes"].tolist(), themes.ids),
        domain=np.where(domain == UNKNOWN, venue_domain, domain).astype(np.int8),
        organiser=_texts(frame, "organiser"),
        venue=venue,
        age_min=frame["age_min"].to_numpy(np.float32),
        age_max=frame["age_max"].to_numpy(np.float32),
        price=frame["price"].to_numpy(np.float32),
        form=codes_of(frame["form"], FORMS),
        stage=codes_of(frame["stage"], STAGES),
        requires=tuple(split(text) for text in frame["requires"]),
        awards=tuple(split(text) for text in frame["awards"]),
        access_terms=tuple(terms),
        access=_bits(access, terms),
        access_known=(frame["access"] != "").to_numpy(np.bool_) | (venue_accessible != UNKNOWN),
        company=_bits([split(text) for text in frame["company"]], COMPANY),
    )


def _sessions(frame: pd.DataFrame, activities: Activities, venues: Venues) -> Sessions:
    activity = _must_find(frame[ACTIVITY], activities.ids)
    # The engine reads the sessions of one activity as one run.
    order = np.lexsort((frame[SESSION], frame["start"], activity))
    frame, activity = frame.iloc[order], activity[order]
    own_venue = rows_of(frame["venue_id"], venues.ids)
    venue = np.where(own_venue == UNKNOWN, activities.venue[activity], own_venue).astype(np.int32)
    lat, lon = _floats(frame, "lat"), _floats(frame, "lon")
    lat = np.where(np.isnan(lat), np.append(venues.lat, np.nan)[venue], lat)
    lon = np.where(np.isnan(lon), np.append(venues.lon, np.nan)[venue], lon)
    left = _floats(frame, "capacity_left")
    return Sessions(
        ids=_texts(frame, SESSION),
        activity=activity,
        venue=venue,
        start=frame["start"].to_numpy(np.int64),
        end=frame["end"].to_numpy(np.int64),
        lat=lat,
        lon=lon,
        capacity_left=np.where(np.isnan(left), UNKNOWN, left).astype(np.int32),
        # A session that says nothing of its status takes place.
        status=np.maximum(codes_of(frame["status"], STATUSES), 0).astype(np.int8),
        drop_in=_floats(frame, "drop_in") == 1,
    )


def _lines(frame: pd.DataFrame, themes: Themes, activities: Activities) -> Lines:
    ordered = frame.sort_values([LINE, "station"], kind="stable")
    groups = [group for _, group in ordered.groupby(LINE, sort=True)]
    heads = [group.iloc[0] for group in groups]
    return Lines(
        ids=Ids((head[LINE] for head in heads), "line"),
        name=tuple(head["name"] for head in heads),
        theme=themes.ids.find(head["theme"] for head in heads),
        badge=tuple(head["badge"] for head in heads),
        stations=tuple(_must_find(group[ACTIVITY], activities.ids) for group in groups),
    )


def catalogue_from(tables: Tables) -> Catalogue:
    """The city at one moment, as the engine reads it; sessions by activity, then by start.

    A session takes place at its own point, else at its own venue, else at its activity's venue. An activity
    that says nothing of access has its venue's step-free access: ``wheelchair`` or not.

    Raises
    ------
    BadInput
        When an id stands in a table twice, or more than 32 access needs are named.
    UnknownName
        When a session or station names an activity, or an activity a theme, that is not there.
    """
    city = tables.city
    themes, venues = _themes(tables.themes), _venues(tables.venues)
    activities = _activities(tables.activities, themes, venues)
    return Catalogue(
        city=city.id,
        name=city.name or city.id,
        time_zone=city.time_zone,
        languages=city.languages,
        as_of=city.as_of,
        themes=themes,
        venues=venues,
        activities=activities,
        sessions=_sessions(tables.sessions, activities, venues)
        if tables.has_sessions
        else always_open(activities.venue, venues),
        lines=_lines(tables.lines, themes, activities),
        travel=city.travel,
        default_mode=city.default_mode,
        clock=clock_of(city.time_zone),
    )
