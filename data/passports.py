"""From stored passports and stamps to the engine's: one learner's, many learners', or all stamps as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, AT, LEARNER
from data.rows import codes_of, rows_of
from data.tables import Tables
from data.words import age_span, split
from recommender.city import UNKNOWN, Catalogue, Ids, Int8, Int32, Int64, Place
from recommender.passport import CHOSEN_BY, Passport, Stamps

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
    chosen_by = codes_of(pd.Series(list(chosen), dtype="str"), CHOSEN_BY)
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
    chosen_by = codes_of(tables.stamps["chosen_by"], CHOSEN_BY)[keep]
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
    chosen_by = codes_of(tables.stamps["chosen_by"][wanted], CHOSEN_BY)
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
