"""Why an activity stands on the list: parts of its own score, and only those that lifted it.

A reason's ``gain`` is what the score falls by when that part is taken away. Nothing with a gain of 0 or
less is ever given as a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from recommender.answer import Reason
from recommender.city import UNKNOWN, Catalogue, Float32, Float64, Int32, Int64
from recommender.columns import Records
from recommender.context import Context
from recommender.interest import InterestProfile
from recommender.model import AT_BEST, INTEREST, Model, Sparse
from recommender.product import compiled, row_totals
from recommender.strongest import strongest_parts, strongest_stamps, strongest_themes

MOST = 3
WORTH_SAYING = 0.05
"""A part that lifts a score by less than this is no reason for anybody."""


GAINS = {
    "like_stamp": ("similar",),
    "together_with": ("als", "graph"),
    "wish": ("wishes",),
    "theme": ("metadata",),
    "popular": ("popular",),
    "next_station": ("station",),
    "near": ("minutes",),
    "known_venue": ("venue",),
    "free": ("price",),
    "soon": ("days",),
}
"""What each reason gained: the parts that it puts in words. Of equal gains the first is said first."""
CODES = tuple(GAINS)
NAMED = {"wish": "theme", "theme": "theme", "next_station": "line", "near": "minutes"}
"""What each reason may name; others an activity."""
SPEAKERS = ("like_stamp", "together_with", "wish", "theme", "next_station")
"""The reasons that need something to name."""
PARTS = (*INTEREST, *AT_BEST)
"""The parts of a score, in the order in which they are told."""
_REASON = partial(tuple.__new__, Reason)
FEW = 255
"""Up to so many activities are told apart in one byte."""
_FREE, _NEAR = CODES.index("free"), CODES.index("near")
_PLACES = {name: place for place, name in enumerate(PARTS)}
_SPEAKERS = np.array([CODES.index(code) for code in SPEAKERS])
_FIELDS = np.array([Reason._fields.index(NAMED.get(code, "activity")) for code in CODES])
_PART = np.array([PARTS.index(GAINS[code][0]) for code in CODES])
_MORE = np.array([PARTS.index(GAINS[code][1]) if len(GAINS[code]) > 1 else UNKNOWN for code in CODES])


class Why(NamedTuple):
    """What each source added to one score, and the reasons that follow from it."""

    reasons: tuple[Reason, ...] = ()
    parts: Mapping[str, float] = MappingProxyType({})


class Parts(Mapping[str, float]):
    """What each part added to one score, by name: laid out for every place of a list, read by hardly anybody.

    Parameters
    ----------
    values : float64, shape (len(PARTS),)
    """

    __slots__ = ("_values",)

    def __init__(self, values: Float64) -> None:
        self._values = values

    def __getitem__(self, name: str) -> float:
        if name not in _PLACES:
            raise KeyError(name)
        return float(self._values[_PLACES[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(PARTS)

    def __len__(self) -> int:
        return len(PARTS)

    def __repr__(self) -> str:
        return repr(dict(self))


def explain(
    activities: Int32,
    sources: Mapping[str, Float32],
    context: Context,
    profile: InterestProfile,
    catalogue: Catalogue,
    model: Model,
) -> list[Why]:
    """Reasons for every activity of one learner's list, at most three each, strongest first.

    Parameters
    ----------
    activities : int32, shape (n,)
        Rows.
    sources : mapping of source to float32, shape (n,)
        What each added to the score.
    context : Context
        Of the same n activities.
    profile : InterestProfile
        A block of one learner.
    """
    added = np.array([sources[name] for name in INTEREST], dtype=np.float32)
    told = explained(np.arange(len(activities)), activities, added, context, profile, catalogue, model)
    return list(map(Why, *told))


def explained(
    positions: Int64,
    activities: Int32,
    sources: Float32,
    context: Context,
    profile: InterestProfile,
    catalogue: Catalogue,
    model: Model,
) -> tuple[list[tuple[Reason, ...]], list[Parts]]:
    """Reasons and parts of the score of some of the activities.

    Parameters
    ----------
    positions : int64, shape (n_chosen,)
        Which of them.
    sources : float32, shape (len(INTEREST), n)
    """
    if len(positions) > FEW:
        some = explained(positions[:FEW], activities, sources, context, profile, catalogue, model)
        rest = explained(positions[FEW:], activities, sources, context, profile, catalogue, model)
        return some[0] + rest[0], some[1] + rest[1]
    laid = model.blending
    values, until, about, sizes = _told(
        positions, activities, sources, context.rows, context.station, context.minutes,
        profile.stamped, profile.weights, profile.wishes[0],
        laid.similar, laid.graph, laid.themes, catalogue.activity_columns.records,
    )  # fmt: skip
    codes, *named = about.tolist()
    minutes, gains = sizes.tolist()
    fields = ([None if row == UNKNOWN else row for row in rows] for rows in named)
    way = (None if takes != takes else takes for takes in minutes)
    reasons = list(map(_REASON, zip([CODES[code] for code in codes], *fields, way, gains, strict=True)))
    ends = until.tolist()
    return [tuple(reasons[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)], list(map(Parts, values))


@compiled
def _told(
    positions: Int64, activities: Int32, sources: Float32, around: Float32, station: Int32, minutes: Float64,
    stamped: Int32, weights: Float32, wished: Float32,
    similar: Sparse, graph: Sparse, themes: Sparse, activity: Records,
) -> tuple[Float64, Int64, Int64, Float64]:  # fmt: skip
    """Of each chosen activity all parts of its score, and the reasons that are given, those of each after the last one's.

    Returns
    -------
    values : float64, shape (n, n_parts)
    until : int64, shape (n,)
        Where the reasons of each end.
    about : int64, shape (4, n_given)
        Code, and the activity, theme and line that it names; ``UNKNOWN`` for none.
    sizes : float64, shape (2, n_given)
        Minutes, NaN for none, and gain.
    """
    n, n_sources = len(positions), len(sources)
    rows, values = activities[positions], np.empty((n, n_sources + len(around)))
    speaks = np.full((len(_PART), n), UNKNOWN, dtype=np.int64)
    silent = np.zeros(speaks.shape, dtype=np.bool_)
    place = np.zeros(len(activity), dtype=np.uint8)
    for one in range(n):
        place[rows[one]] = one + 1
    loud = np.zeros(len(wished))
    row_totals(stamped, weights.astype(np.float64), *themes, loud)
    speaks[_SPEAKERS[0]] = strongest_stamps(stamped, weights, *similar, place, n)
    speaks[_SPEAKERS[1]] = strongest_stamps(stamped, weights, *graph, place, n)
    speaks[_SPEAKERS[2]] = strongest_themes(rows, *themes, wished.astype(np.float64))
    speaks[_SPEAKERS[3]] = strongest_themes(rows, *themes, loud)
    speaks[_SPEAKERS[4]] = station[positions]
    free = activity["free"]
    for one in range(n):
        for part in range(n_sources):
            values[one, part] = sources[part, positions[one]]
        for part in range(len(around)):
            values[one, n_sources + part] = around[part, positions[one]]
        for code in _SPEAKERS:
            silent[code, one] = speaks[code, one] == UNKNOWN
        silent[_FREE, one] = not free[rows[one]]
    gains, codes = strongest_parts(values, _PART, _MORE, silent, MOST, WORTH_SAYING)
    until, n_given = np.empty(n, dtype=np.int64), 0
    about, sizes = np.full((4, codes.size), UNKNOWN), np.full((2, codes.size), np.nan)
    for one in range(n):
        for code in codes[one]:
            if code == UNKNOWN:
                break
            about[0, n_given], sizes[1, n_given] = code, gains[one, code]
            if code == _NEAR:
                sizes[0, n_given] = minutes[positions[one]]
            else:
                about[_FIELDS[code], n_given] = speaks[code, one]
            n_given += 1
        until[one] = n_given
    return values, until, about[:, :n_given], sizes[:, :n_given]
