"""What would help most: a bounded search over venues, ages, themes and hours for one free activity to add.

First who: every venue and age band, by how many learners would get something to choose who have too little, each pick
leaving aside whom the ones before it help. Then what and when: for each pick the theme, and then the hour, to which most
would come, by the release's own choice model. Without a release nothing is said of theme and hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.city import UNKNOWN, Bool, Catalogue, Int64
from recommender.insight.addition import DAY, Addition, starts_of
from recommender.insight.asked import WEEK, Asked
from recommender.insight.calibration import Calibration
from recommender.insight.cases import Cases, passes_of
from recommender.insight.choice import Standing
from recommender.insight.grid import Grid
from recommender.insight.supply import Typical, middle_age
from recommender.insight.whatif import Gain, gained, visits_to, what_if
from recommender.passport import Passport
from recommender.release import Release
from recommender.routing.hours import OpenHours
from recommender.travel import great_circle_km, travel_minutes

MOST_VENUES, MOST_THEMES, SESSIONS, LENGTH = 200, 40, 4, 90
_AT_ONCE = 48
_PARTS = ((0, 0, 12), (0, 12, 18), (0, 18, 24), (1, 0, 12), (1, 12, 18), (1, 18, 24))
"""Weekend or not, from and until which hour."""
USUAL = ((2, 10 * 60), (2, 14 * 60), (2, 19 * 60), (5, 10 * 60 + 30), (5, 14 * 60), (5, 19 * 60))
"""Weekday and minute in each part where the city's own sessions name none."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Suggestions:
    """The additions that would help most: in the whole city, best first, and for single cells of the grid."""

    city: tuple[Gain, ...] = ()
    cells: Mapping[tuple[int, int], Gain] = field(default_factory=dict)


def suggest(
    cases: Cases,
    grid: Grid,
    typical: Typical,
    passports: Sequence[Passport] = (),
    release: Release | None = None,
    standing: Standing | None = None,
    calibration: Calibration | None = None,
    hours: OpenHours | None = None,
    most: int = 10,
    wanted: Sequence[tuple[int, int]] = (),
    progress: Progress = lambda done, total: None,
) -> Suggestions:
    """Search for what would help most.

    Parameters
    ----------
    cases, grid, passports, release, standing, calibration
        As for ``what_if``.
    typical : Typical
        Of the same cases.
    hours : OpenHours or None
        When venues are open in the first week. A venue whose hours are not known may be open at any time.
    most : int
        At most so many for the city, each of which adds to those before it.
    wanted : sequence of (area, band)
        Cells of the grid for each of which the best one is wanted too.
    progress : callable
        Told how much of the work is done, and how much there is.

    Returns
    -------
    Suggestions
        Nothing where nobody who has too little could be helped.
    """
    candidates = _places_and_ages(cases)
    if not candidates or not grid.n_groups or not (cases.own_activities[grid.cell >= 0] < cases.asked.enough).any():
        return Suggestions()
    helped, size = _helped(candidates, cases, grid, progress)
    city = _cover(helped, size, most)
    total = size @ helped
    cells = {cell: pick for cell in wanted if (pick := _best_for(candidates, total, cases, typical, cell)) is not None}
    picks = list(dict.fromkeys([*city, *cells.values()]))
    chosen = [candidates[pick] for pick in picks]
    if release is not None and standing is not None:
        known = calibration or Calibration()
        chosen = _with_theme(chosen, cases, passports, release, standing, known)
        chosen = _with_hour(chosen, cases, passports, release, standing, known, hours)
    gains = dict(zip(picks, what_if(chosen, cases, grid, passports, release, standing, calibration), strict=True))
    progress(len(candidates) + 1, len(candidates) + 1)
    return Suggestions(tuple(gains[pick] for pick in city), {cell: gains[pick] for cell, pick in cells.items()})


def _places_and_ages(cases: Cases) -> list[Addition]:
    """One for each venue and age band; of very many venues those with most people with too little around them."""
    venues, mode = cases.catalogue.venues, cases.catalogue.travel[cases.asked.mode]
    located = np.flatnonzero(~np.isnan(venues.lat))
    short = (cases.of >= 0) & (cases.own_activities < cases.asked.enough)
    if not len(cases) or not len(located):
        return []
    around = np.zeros(len(located))
    lives = np.bincount(cases.home[cases.of[short]], minlength=len(cases.homes))
    for home, people in zip(cases.homes, lives.tolist(), strict=True):
        if people:
            near = travel_minutes(home, venues.lat[located], venues.lon[located], mode) <= cases.asked.minutes
            around += people * near
    order = np.lexsort((located, -around))
    kept = np.sort(located[order[:MOST_VENUES][around[order[:MOST_VENUES]] > 0]])
    sessions = min(SESSIONS, cases.asked.weeks)
    return [
        Addition(venue=int(venue), age_min=float(low), age_max=float(high), sessions=sessions, length=LENGTH)
        for venue in kept
        for low, high in cases.asked.bands
    ]


def _helped(candidates: Sequence[Addition], cases: Cases, grid: Grid, progress: Progress) -> tuple[Bool, Int64]:
    """Which flocks each candidate helps, (n_flocks, n_candidates), and how many people are in each flock."""
    inside = np.flatnonzero(grid.flock >= 0)
    flock = grid.flock[inside]
    size = np.bincount(flock).astype(np.int64)
    order = np.argsort(flock, kind="stable")
    first = np.searchsorted(flock[order], np.arange(len(size)))
    helped = np.zeros((len(size), len(candidates)), dtype=np.bool_)
    for start in range(0, len(candidates), _AT_ONCE):
        block = slice(start, min(start + _AT_ONCE, len(candidates)))
        found = gained(candidates[block], cases).helps[inside][order]
        if len(size):
            helped[:, block] = 2 * np.add.reduceat(found, first, axis=0, dtype=np.int32) >= size[:, None]
        progress(block.stop, len(candidates) + 1)
    return helped, size


def _cover(helped: Bool, size: Int64, most: int) -> list[int]:
    """Greedy cover: each time the candidate that helps most people whom none before it helps."""
    left = size.copy()
    picks: list[int] = []
    while len(picks) < most:
        value: Int64 = left @ helped
        if not value.size or value.max() <= 0:
            break
        picks.append(int(value.argmax()))
        left[helped[:, picks[-1]]] = 0
    return picks


def _best_for(
    candidates: Sequence[Addition], total: Int64, cases: Cases, typical: Typical, cell: tuple[int, int]
) -> int | None:
    """The candidate for that age that brings something to most homes of the area that have too little.

    Of equal ones the one that helps most people in all, then the nearest to those homes.
    """
    area, band = cell
    inside = (typical.area == area) & (typical.band == band)
    low, high = cases.asked.bands[band]
    places = [place for place, one in enumerate(candidates) if (one.age_min, one.age_max) == (low, high)]
    found = gained([candidates[place] for place in places], typical.cases).helps if places else np.zeros((0, 0))
    value = typical.weight[inside] @ found[inside] if places else np.zeros(0)
    if not value.size or value.max() <= 0:
        return None
    people, mode = typical.cases.people, cases.catalogue.travel[cases.asked.mode]
    venues = cases.catalogue.venues
    rows = [candidates[place].venue for place in places]
    km = great_circle_km(people.lat[inside][:, None], people.lon[inside][:, None], venues.lat[rows], venues.lon[rows])
    far = typical.weight[inside] @ km * mode.detour
    return places[int(np.lexsort((far, -total[places], -value))[0])]


def _with_theme(
    chosen: Sequence[Addition],
    cases: Cases,
    passports: Sequence[Passport],
    release: Release,
    standing: Standing,
    calibration: Calibration,
) -> list[Addition]:
    """Each with the theme to which most would come."""
    themes = cases.catalogue.themes
    leaves = np.setdiff1d(np.arange(len(themes.ids)), themes.parent[themes.parent >= 0])
    often = np.asarray(cases.catalogue.activities.themes.sum(axis=0)).ravel()[leaves]
    tried = np.sort(leaves[np.lexsort((leaves, -often))][:MOST_THEMES]).tolist()
    if not tried or not chosen:
        return list(chosen)
    variants = [replace(one, themes=((theme, 1.0),)) for one in chosen for theme in tried]
    return _best_of(variants, len(tried), cases, passports, release, standing, calibration)


def _with_hour(
    chosen: Sequence[Addition],
    cases: Cases,
    passports: Sequence[Passport],
    release: Release,
    standing: Standing,
    calibration: Calibration,
    hours: OpenHours | None,
) -> list[Addition]:
    """Each at the hour at which most would come, of those at which the venue is open."""
    best: list[Addition] = []
    for one in chosen:
        slots = [
            slot
            for slot in slots_of(cases, one)
            if _is_open(replace(one, weekday=slot[0], minute=slot[1]), cases, hours)
        ]
        variants = [replace(one, weekday=weekday, minute=minute) for weekday, minute in slots] or [one]
        best += _best_of(variants, len(variants), cases, passports, release, standing, calibration)
    return best


def _best_of(
    variants: Sequence[Addition],
    each: int,
    cases: Cases,
    passports: Sequence[Passport],
    release: Release,
    standing: Standing,
    calibration: Calibration,
) -> list[Addition]:
    """Of every ``each`` in a row the one to which most would come; of equal ones the first."""
    expected = visits_to(variants, cases, passports, release, standing, calibration).reshape(-1, each)
    return [variants[row * each + int(column)] for row, column in enumerate(expected.argmax(axis=1))]


def slots_of(cases: Cases, addition: Addition) -> list[tuple[int, int]]:
    """In each part of the week the weekday and minute at which most sessions for that age start."""
    catalogue: Catalogue = cases.catalogue
    sessions = catalogue.sessions
    band = next((band for band in cases.asked.bands if band[0] == addition.age_min), None)
    age = middle_age(band) if band else addition.age_min
    pool = cases.offer.pool
    fits = passes_of([Passport(age_low=age, age_high=age)], catalogue, cases.asked, cases.offer)[0]
    rows = pool.sessions[np.repeat(fits & cases.offer.age_known, np.diff(pool.first, append=len(pool.sessions)))]
    if sessions.always or not len(rows):
        return list(USUAL)
    local = catalogue.clock.local(sessions.start[rows[~sessions.drop_in[rows]]])
    weekday, minute = (local // DAY + 3) % 7, local % DAY // 60
    found = []
    for part, (weekend, since, until) in enumerate(_PARTS):
        inside = ((weekday >= 5) == weekend) & (minute >= since * 60) & (minute < until * 60)
        slots, counts = np.unique(np.column_stack([weekday, minute])[inside], axis=0, return_counts=True)
        found.append((int(slots[counts.argmax()][0]), int(slots[counts.argmax()][1])) if len(slots) else USUAL[part])
    return found


def _is_open(addition: Addition, cases: Cases, hours: OpenHours | None) -> bool:
    """Whether the venue is open during the first session; True where its hours are not known."""
    if hours is None or addition.venue == UNKNOWN or not hours.known[addition.venue]:
        return True
    start = int(starts_of(addition, cases.catalogue.clock, cases.asked.at)[0])
    own = hours.venue == addition.venue
    return bool(((hours.opens[own] <= start) & (hours.closes[own] >= start + addition.length * 60)).any())


def first_week_of(asked: Asked) -> tuple[int, int]:
    """For which days opening hours are needed: until every weekday was there once, with a day to spare."""
    return asked.at, asked.at + WEEK + 2 * DAY
