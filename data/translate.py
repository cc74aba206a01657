"""From validated tables to the engine's values: ids become rows here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from data.clock import clock_of
from data.columns import ACTIVITY, AT, LEARNER, LINE, SESSION, THEME, VENUE
from data.tables import Tables
from data.words import age_span, split, weights
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
    Int8,
    Int32,
    Int64,
    Lines,
    Place,
    Sessions,
    Themes,
    UInt32,
    Venues,
    always_open,
)
from recommender.errors import BadInput, UnknownName
from recommender.passport import CHOSEN_BY, Passport, Stamps

WHEELCHAIR = "wheelchair"


def _texts(frame: pd.DataFrame, name: str) -> tuple[str, ...]:
    return tuple(frame[name].tolist())


def _floats(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].to_numpy(np.float64, copy=True)


def rows_of(values: pd.Series, ids: Ids) -> Int32:
    """Row of each id, ``UNKNOWN`` where it is not there. Looks every distinct id up once, whatever the length."""
    codes, distinct = pd.factorize(values)
    rows = np.append(ids.find(distinct.tolist()), np.int32(UNKNOWN)).astype(np.int32)
    found: Int32 = rows[codes]
    return found


def _codes(values: pd.Series, words: Sequence[str]) -> Int8:
    """Index of each value in ``words``, ``UNKNOWN`` where it is none of them."""
    return rows_of(values, Ids(words)).astype(np.int8)


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
        domain=_codes(frame["domain"], DOMAINS),
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
    domain = _codes(frame["domain"], DOMAINS)

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
        form=_codes(frame["form"], FORMS),
        stage=_codes(frame["stage"], STAGES),
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
        status=np.maximum(_codes(frame["status"], STATUSES), 0).astype(np.int8),
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


def _passport(record: Mapping[str, Any], stamps: Stamps, themes: Ids) -> Passport:
    low, high = age_span(record["age"])
    lat, lon = record["home_lat"], record["home_lon"]
    told = {name: themes.find(split(record[name])) for name in ("wishes", "avoid", "less")}
    return Passport(
        age_low=low,
        age_high=high,
        home=None if lat != lat or lon != lon else Place(round(lat, 2), round(lon, 2)),
        languages=split(record["languages"]),
        **{name: rows[rows != UNKNOWN] for name, rows in told.items()},
        badges=frozenset(split(record["badges"])),
        stamps=stamps,
    )


MORE, LESS = "more_like_this", "not_for_me"
_NO_RECORD: Mapping[str, Any] = {
    "age": "",
    "home_lat": float("nan"),
    "home_lon": float("nan"),
    "languages": "",
    "wishes": "",
    "avoid": "",
    "less": "",
    "badges": "",
}


def passport_from(
    record: Mapping[str, Any], stamps: Any, catalogue: Catalogue, said: Iterable[tuple[str, str, int]] = ()
) -> Passport:
    """One learner's passport.

    Parameters
    ----------
    record : mapping
        Canonical values of the passports table; a missing or None value is "not known". Wishes and avoids
        for a theme that the city no longer has are left out.
    stamps : DataFrame, or mapping of column name to sequence
        The learner's own rows of the stamps table: ``activity_id``, ``at`` and, where known, ``chosen_by``.
        Stamps at activities that the catalogue does not hold are counted in ``not_found``.
    catalogue : Catalogue
        Whose rows the passport speaks in.
    said : iterable of (activity, kind, at)
        Feedback, oldest first: the last word on an activity counts.
    """
    known = {name: record[name] for name in _NO_RECORD if record.get(name) is not None}
    at = np.asarray(stamps[AT], dtype=np.int64)
    chosen = stamps["chosen_by"] if "chosen_by" in stamps else [""] * len(at)
    activity = catalogue.activities.ids.find(stamps[ACTIVITY])
    chosen_by = _codes(pd.Series(list(chosen), dtype="str"), CHOSEN_BY)
    order = np.lexsort((activity, at))
    order = order[activity[order] != UNKNOWN]
    history = Stamps(activity[order], at[order], chosen_by[order], not_found=len(at) - len(order))
    ids = catalogue.activities.ids
    last = {name: kind for name, kind, _ in said if kind in (MORE, LESS) and name in ids}
    return replace(
        _passport({**_NO_RECORD, **known}, history, catalogue.themes.ids),
        liked=ids.find(name for name, kind in last.items() if kind == MORE),
        declined=ids.find(name for name, kind in last.items() if kind == LESS),
    )


def _learners(tables: Tables) -> Ids:
    names = {*tables.passports[LEARNER].tolist(), *tables.stamps[LEARNER].unique().tolist()}
    return Ids(sorted(names), "learner")


def _in_order(learner: Int32, activity: Int32, at: Int64) -> np.ndarray:
    """Rows by learner, then oldest first, then activity; a cheap look first, because stored stamps mostly are."""
    same, later = learner[1:] == learner[:-1], at[1:] > at[:-1]
    tied = (at[1:] == at[:-1]) & (activity[1:] >= activity[:-1])
    if bool(np.all((learner[1:] > learner[:-1]) | (same & (later | tied)))):
        return np.arange(len(learner))
    return np.lexsort((activity, at, learner))


def stamp_arrays(tables: Tables, catalogue: Catalogue) -> tuple[Int32, Int32, Int64, Int8, Ids]:
    """All stamps as columns, for the fit.

    Returns
    -------
    learner : int32, shape (n_stamps,)
        Rows of ``learners``. Sorted by learner, then oldest first, then activity, so that the order of the
        rows in a file changes nothing.
    activity : int32
        Rows of the catalogue. Stamps at activities that it does not hold are left out.
    at : int64
        Seconds since 1970 UTC.
    chosen_by : int8
        Index into ``CHOSEN_BY``, ``UNKNOWN`` where not known.
    learners : Ids
        Everybody with a passport row or a stamp, by name.
    """
    learners = _learners(tables)
    activity = rows_of(tables.stamps[ACTIVITY], catalogue.activities.ids)
    keep = activity != UNKNOWN
    activity = activity[keep]
    learner = rows_of(tables.stamps[LEARNER], learners)[keep]
    at = tables.stamps[AT].to_numpy(np.int64)[keep]
    chosen_by = _codes(tables.stamps["chosen_by"], CHOSEN_BY)[keep]
    order = _in_order(learner, activity, at)
    return learner[order], activity[order], at[order], chosen_by[order], learners


def passports_from(
    tables: Tables, catalogue: Catalogue, learners: Sequence[str] | None = None
) -> Iterator[tuple[str, Passport]]:
    """Passports of many learners; the stamps are grouped by one sort, whatever the number of learners.

    Parameters
    ----------
    tables : Tables
        Whose passports and stamps.
    catalogue : Catalogue
        Of the same city.
    learners : sequence of str or None
        Whose, in this order. None: everybody with a passport row or a stamp, by name.

    Yields
    ------
    learner, passport : str, Passport
        Somebody with stamps but without a passport row has an empty passport with those stamps.

    Raises
    ------
    UnknownName
        At once, for a learner with neither passport row nor stamp.
    """
    everybody = _learners(tables)
    names = everybody.names if learners is None else tuple(learners)
    for name in names:
        everybody.row(name)
    ids = Ids(dict.fromkeys(names), "learner")
    learner = rows_of(tables.stamps[LEARNER], ids)
    wanted = learner != UNKNOWN
    learner = learner[wanted]
    activity = rows_of(tables.stamps[ACTIVITY][wanted], catalogue.activities.ids)
    at = tables.stamps[AT].to_numpy(np.int64)[wanted]
    chosen_by = _codes(tables.stamps["chosen_by"][wanted], CHOSEN_BY)
    found = activity != UNKNOWN
    lost = np.bincount(learner[~found], minlength=len(ids))
    learner, activity, at, chosen_by = learner[found], activity[found], at[found], chosen_by[found]
    order = _in_order(learner, activity, at)
    learner, activity, at, chosen_by = learner[order], activity[order], at[order], chosen_by[order]
    first = np.searchsorted(learner, np.arange(len(ids) + 1))

    def walk() -> Iterator[tuple[str, Passport]]:
        frame = tables.passports
        fields = {name: frame[name].tolist() for name in _NO_RECORD}
        record_of = Ids(frame[LEARNER].tolist(), "learner").find(ids.names)
        for name in names:
            row = ids.row(name)
            own = slice(first[row], first[row + 1])
            stamps = Stamps(activity[own], at[own], chosen_by[own], not_found=int(lost[row]))
            record = _NO_RECORD
            if record_of[row] != UNKNOWN:
                record = {field: values[record_of[row]] for field, values in fields.items()}
            yield name, _passport(record, stamps, catalogue.themes.ids)

    return walk()
