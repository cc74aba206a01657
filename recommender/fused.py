"""One pass over what passed the filters: every source and every circumstance, standardised, weighted and added up.

What each number means is said in ``interest``, ``beliefs``, ``scoring`` and ``context``. Every activity is scored by
itself, in one fixed order of sums, so that its score depends on nothing else that is scored with it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from recommender.ahead import DISTANCE, fetch
from recommender.city import Bool, Float32, Float64, Int32, Int64
from recommender.columns import Records
from recommender.columns import part_of_week as part_of
from recommender.product import compiled

NEARLY_NOTHING = 1e-12
"""A variance below this share of the mean square is rounding: the values are all alike."""
ALS, GRAPH, METADATA, SIMILAR, THEMES, POPULAR, WISHES, PLACES = range(8)
"""Rows of what ``blended`` gives, in the order in which they are added up."""
WIDE = 64
"""Sums side by side, so that none waits for the one before."""
LINE = 16
"""Numbers of four bytes that the memory hands over at a time."""
SHIFTS = 7
"""What is standardised: als, co-visits, low pass, metadata, similar, themes, places."""


@compiled
def scattered(
    stamped: Int32,
    weights: Float32,
    first: NDArray[np.integer],
    near: NDArray[np.integer],
    closeness: Float32,
    counts: Bool,
    n_counted: int,
    out: Float32,
) -> tuple[float, float]:
    """Add up the rows of what was stamped; mean and spread of what comes of it.

    Parameters
    ----------
    stamped, weights : shape (n_stamped,)
        Rows of the sparse matrix, those below 0 left out, and what each counts.
    first, near, closeness
        The matrix: row i holds ``closeness[first[i]:first[i + 1]]`` in the columns ``near[...]``.
    counts : bool, shape (n_columns,)
        Columns that mean and spread are over; empty for all of them.
    n_counted : int
        How many they are.
    out : float32, shape (n_columns,)
        Of 0; is filled.

    Returns
    -------
    mean, spread : float
        0 for no columns.
    """
    for one in range(len(stamped)):
        if stamped[one] < 0:
            continue
        weight, begin, end = weights[one], np.int64(first[stamped[one]]), np.int64(first[stamped[one] + 1])
        ahead = np.int64(first[max(stamped[one + 1], 0)]) - begin if one + 1 < len(stamped) else 0
        whole = end - (end - begin) % LINE
        for line in range(begin, whole, LINE):
            fetch(near, line + ahead)
            fetch(closeness, line + ahead)
            for k in range(LINE):
                out[near[line + k]] += weight * closeness[line + k]
        for place in range(whole, end):
            out[near[place]] += weight * closeness[place]
    return _mean_and_spread(out, counts, n_counted)


@compiled
def _mean_and_spread(values: Float32, counts: Bool, n_counted: int) -> tuple[float, float]:
    """Over the values that count, or all where ``counts`` is empty."""
    if n_counted == 0:
        return 0.0, 0.0
    sums, squares = np.zeros(WIDE), np.zeros(WIDE)
    whole = 0 if len(counts) else len(values) - len(values) % WIDE
    for start in range(0, whole, WIDE):
        some = values[start : start + WIDE]
        for k in range(WIDE):
            value = np.float64(some[k])
            sums[k] += value
            squares[k] += value * value
    for place in range(whole, len(values)):
        if len(counts) == 0 or counts[place]:
            value = np.float64(values[place])
            sums[place % WIDE] += value
            squares[place % WIDE] += value * value
    mean, square = sums.sum() / n_counted, squares.sum() / n_counted
    variance = square - mean * mean
    return mean, math.sqrt(variance) if variance > NEARLY_NOTHING * square else 0.0


@compiled
def blended(
    rows: Int32, place: Int64, raw: Float32, learner: int, near: Float32, similar: Float32, closeness: Float32,
    shift: Float32, scale: Float32, weight: Float32, visited: Bool, themes: tuple[Int64, NDArray[np.integer], Float32],
    liking: Float32, wished: Float32, popular: Float32, bands: Int32, activity: Records, out: Float32, interest: Float32,
) -> None:  # fmt: skip
    """Every source but ``context`` for each row.

    Parameters
    ----------
    place : int64, shape (n,)
        Column of ``raw`` of each row; empty where each stands at its own.
    raw : float32, shape (3, n_learners, n_raw)
        Products with factors: als, metadata, low pass.
    near, similar, closeness : float32, shape (n_activities,), (n_activities,), (n_venues,)
        From ``scattered``; empty for who has no stamps, and then every source of stamps is 0.
    shift, scale : float32, shape (SHIFTS,)
        Mean and one over the spread of what is standardised.
    weight : float32, shape (8,)
        0 silences a source.
    bands : int32, shape (n_bands,)
        The learner's row of ``popular``, and those of the company.
    out : float32, shape (8, n)
        Is filled.
    interest : float32, shape (n,)
        Is filled: their sum.
    """
    stamps, half = len(near) > 0, np.float32(0.5)
    theme_first, theme, share = themes
    placed = activity["placed"]
    crowd, width = popular.reshape(popular.size), np.int64(popular.shape[1])
    for one in range(len(rows)):
        if one + DISTANCE < len(rows):
            soon = rows[one + DISTANCE]
            fetch(activity, soon)
            fetch(theme_first, soon)
            fetch(visited, soon)
            fetch(crowd, bands[0] * width + soon)
            if stamps:
                fetch(near, soon)
                fetch(similar, soon)
            sooner = theme_first[rows[one + DISTANCE // 2]]
            fetch(theme, sooner)
            fetch(share, sooner)
        row, at = rows[one], place[one] if len(place) else np.int64(one)
        known = visited[row]
        likes = wishes = np.float32(0)
        for p in range(theme_first[row], theme_first[row + 1]):
            likes += share[p] * liking[theme[p]]
            wishes += share[p] * wished[theme[p]]
        if stamps:
            if known:
                out[ALS, one] = (raw[0, learner, at] - shift[0]) * scale[0] * weight[ALS]
                both = (near[row] - shift[1]) * scale[1] + (raw[2, learner, at] - shift[2]) * scale[2]
                out[GRAPH, one] = both * half * weight[GRAPH]
            else:
                out[ALS, one] = out[GRAPH, one] = 0
            out[METADATA, one] = (raw[1, learner, at] - shift[3]) * scale[3] * weight[METADATA]
            out[SIMILAR, one] = (similar[row] - shift[4]) * scale[4] * weight[SIMILAR]
            there = placed[row]
            close = closeness[there] if there >= 0 else shift[6]
            out[PLACES, one] = (close - shift[6]) * scale[6] * weight[PLACES]
        else:
            out[ALS, one] = out[GRAPH, one] = out[METADATA, one] = out[SIMILAR, one] = out[PLACES, one] = 0
        # What has no theme that is known is neither liked nor disliked for it: silent, as a place without an address is.
        themed = theme_first[row + 1] > theme_first[row]
        out[THEMES, one] = (likes - shift[5]) * scale[5] * weight[THEMES] if themed else 0
        least = crowd[bands[0] * width + row]
        for band in bands[1:]:
            least = min(least, crowd[band * width + row])
        out[POPULAR, one] = least * weight[POPULAR]
        out[WISHES, one] = wishes * weight[WISHES]
        total = np.float32(0)
        for source in range(8):
            total += out[source, one]
        interest[one] = total


@compiled
def habit_of(at: Int64, since: Int64, offset: Int64) -> Float64:
    """How much more of some moments than usual fall in each part of the week, -1 to 1. Shape (6,).

    Parts are weekend or not × morning, afternoon, evening. Four stamps spread evenly are added, so that
    three stamps do not make a habit.

    Parameters
    ----------
    since, offset : int64, shape (n_changes,)
        Of the city's ``Clock``.
    """
    counts = np.zeros(6)
    for moment in at:
        place = max(np.searchsorted(since, moment, side="right") - 1, 0)
        counts[part_of(moment + offset[place])] += 1
    return (counts + 4 / 6) / (len(at) + 4) - 1 / 6


@compiled
def circumstances(
    rows: Int32, sessions: Int32, first: Int32, minutes: Float64, weight: Float64, usual: Float64, at: int,
    timed: bool, habit: Float64, been: Bool, met: Bool, next_rows: Int32, next_lines: Int32,
    child: bool, unsure_costs: float, language_unknown: Bool, activity: Records, held: Records,
    best: Int32, takes: Float64, station: Int32, out: Float32,
) -> None:  # fmt: skip
    """The parts of ``context`` for each row, at its best session: of equal ones the first.

    Parameters
    ----------
    weight : float64, shape (8,)
        In the order of ``out``: minutes, days, hour, price, venue, organiser, station, age.
    usual : float64, shape (6,)
        Usual minutes and the most that count, usual price and the most, usual days and seconds a day.
    timed : bool
        False where every session stands for "always".
    habit : float64, shape (6,)
        What each part of the week adds; empty where nobody knows.
    been, met : bool, shape (n_venues,), (n_organisers,)
        Empty for none.
    next_rows, next_lines : int32, shape (n,)
        Next stations and their lines; of several the last counts.
    unsure_costs : float
        Of an age that is not known to fit a ``child`` (or an adult); 0 where nobody's age is known.
    language_unknown : bool, shape (n_rows,)
    best, takes, station, out : shape (n_rows,), (n_rows,), (n_rows,), (8, n_rows)
        Are filled: row of the session, its minutes, line, parts.
    """
    price, age_min, age_max, organiser = (
        activity["price"],
        activity["age_min"],
        activity["age_max"],
        activity["organiser"],
    )
    start, part_of_week, venue = held["start"], held["part_of_week"], held["venue"]
    for one in range(len(rows)):
        if one + DISTANCE < len(rows):
            fetch(activity, rows[one + DISTANCE])
            fetch(held, sessions[first[one + DISTANCE]])
        row = rows[one]
        until = first[one + 1] if one + 1 < len(rows) else len(sessions)
        highest, chosen = -math.inf, first[one]
        m = d = h = 0.0
        for place in range(first[one], until):
            way = 0.0 if math.isnan(minutes[place]) else weight[0] * (usual[0] - min(minutes[place], usual[1]))
            wait = fit = 0.0
            if timed:
                days = max(start[sessions[place]] - at, 0) / usual[5]
                wait = weight[1] * min(max(usual[4] - days, -2 * usual[4]), usual[4])
                if len(habit) > 0:
                    fit = weight[2] * habit[part_of_week[sessions[place]]]
            if way + wait + fit > highest:
                highest, chosen, m, d, h = way + wait + fit, place, way, wait, fit
        best[one], takes[one] = sessions[chosen], minutes[chosen]
        asked = price[row]
        cheap = 0.0 if math.isnan(asked) else weight[3] * (usual[2] - min(np.float64(asked), usual[3]))
        there, who = venue[best[one]], organiser[row]
        station[one] = -1
        for k in range(len(next_rows)):
            if next_rows[k] == row:
                station[one] = next_lines[k]
        unsure, last = 0.0, age_max[row]
        if unsure_costs > 0 and math.isnan(age_min[row]):
            ends = last < 18 if child else not math.isnan(last)
            unsure = 0.0 if ends else unsure_costs
        if language_unknown[one]:
            unsure = max(unsure, 1.0)
        out[0, one], out[1, one], out[2, one], out[3, one] = m, d, h, cheap
        out[4, one] = weight[4] if len(been) > 0 and there >= 0 and been[there] else 0.0
        out[5, one] = weight[5] if len(met) > 0 and who >= 0 and met[who] else 0.0
        out[6, one] = weight[6] if station[one] >= 0 else 0.0
        out[7, one] = -weight[7] * unsure
