"""The same activity in two feeds: found by title, time and place together, and never on one of them alone.

Two records are the same only when all of this holds:

- their titles say the same: the same words, or words that differ by a slip of the pen; the numbers in them are equal;
  words left over name nothing but the place, the organiser or what became of it;
- they take place within 200 m of each other, or at a venue of the same name where one of the two names no point;
- they start at the same time (within five minutes) at least once, and mostly where their dates overlap;
- the ages that the records themselves name do not contradict each other;
- there is no better counterpart for either of them.

What is only alike is told, and kept twice: a coordinator can see a double, nobody can see what was merged away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from data.columns import ACTIVITY, VENUE
from data.feeds.spanish import plain
from data.tables import Tables

METRES = 200.0
MINUTES = 5
ALIKE, SLIP = 0.5, 0.8
OFTEN = 0.5
YEARS = 1.0
_BLOCK = 2_000
_WORD = re.compile(r"\w+")
_EMPTY = frozenset(
    [
        "de",
        "het",
        "een",
        "en",
        "in",
        "op",
        "van",
        "voor",
        "met",
        "bij",
        "te",
        "aan",
        "the",
        "a",
        "an",
        "and",
        "in",
        "on",
        "of",
        "for",
        "with",
        "at",
        "to",
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "y",
        "en",
        "de",
        "del",
        "para",
        "con",
        "le",
        "la",
        "les",
        "un",
        "une",
        "et",
        "du",
        "des",
        "pour",
        "avec",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "und",
        "im",
        "am",
        "mit",
        "geannuleerd",
        "afgelast",
        "cancelled",
        "canceled",
        "cancelado",
        "cancelada",
        "annule",
        "abgesagt",
        "volzet",
        "uitverkocht",
        "gratis",
        "free",
    ]
)


@dataclass(frozen=True)
class Pair:
    """Two activities of two feeds, by their ids. ``why_not`` is ``""`` when they are the same."""

    first: str
    second: str
    alike: float
    why_not: str = ""


@dataclass(frozen=True)
class _Side:
    """What is compared, in the order of the activities table."""

    ids: list[str]
    titles: list[str]
    words: list[frozenset[str]]
    around: list[frozenset[str]]
    places: list[tuple[float, float, frozenset[str]]]
    ages: NDArray[np.float64]
    starts: Mapping[str, NDArray[np.int64]]
    days: Mapping[str, frozenset[int]]


def words_of(text: str) -> frozenset[str]:
    """The words of a title, without articles and without what became of it."""
    return frozenset(_WORD.findall(plain(text))) - _EMPTY


def _metres(first: tuple[float, float], second: tuple[float, float]) -> float:
    lat = np.radians((first[0] + second[0]) / 2)
    return float(111_200 * np.hypot(first[0] - second[0], (first[1] - second[1]) * np.cos(lat)))


def _slip(first: str, second: str) -> bool:
    if first.isdecimal() or second.isdecimal() or min(len(first), len(second)) < 5:
        return False
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= SLIP


def same_title(first: frozenset[str], second: frozenset[str], around: frozenset[str]) -> bool:
    """Whether two titles say the same, when ``around`` are the words of places and organisers.

    Words of one title alone must be such words, or slips of the pen of words of the other alone.
    """
    if not first & second:
        return False
    left, right = first - second - around, second - first - around
    numbers = {word for word in left | right if any(sign.isdigit() for sign in word)}
    if numbers:
        return False
    if bool(left) != bool(right):
        return False
    return all(any(_slip(word, other) for other in right) for word in left) and all(
        any(_slip(word, other) for other in left) for word in right
    )


def _said_ages(tables: Tables) -> NDArray[np.float64]:
    """Ages that records name themselves: what a standard says instead contradicts nobody. Shape (n, 2)."""
    ages = tables.activities[["age_min", "age_max"]].to_numpy(np.float64, copy=True)
    assumed = tables.origins[
        (tables.origins["table"] == "activities") & tables.origins["field"].isin(["age_min", "age_max"])
    ]
    ages[tables.activities[ACTIVITY].isin(set(assumed["id"])).to_numpy(np.bool_)] = np.nan
    return ages


def _side(tables: Tables) -> _Side:
    activities, sessions = tables.activities, tables.sessions
    venues = tables.venues.set_index(VENUE)
    points = {
        name: (float(lat), float(lon), words_of(called))
        for name, lat, lon, called in zip(venues.index, venues["lat"], venues["lon"], venues["name"], strict=True)
    }
    of_session = dict(zip(sessions[ACTIVITY][::-1], sessions["venue_id"][::-1], strict=True))
    nowhere = (float("nan"), float("nan"), frozenset[str]())
    places = [
        points.get(venue or of_session.get(name, ""), nowhere)
        for name, venue in zip(activities[ACTIVITY], activities["venue_id"], strict=True)
    ]
    titles = activities["title"].tolist()
    around = [place[2] | words_of(organiser) for place, organiser in zip(places, activities["organiser"], strict=True)]
    groups = sessions.groupby(ACTIVITY, sort=False)
    starts = {str(name): np.sort(group["start"].to_numpy(np.int64)) for name, group in groups}
    drop_ins = sessions[sessions["drop_in"] == 1].groupby(ACTIVITY, sort=False)
    days = {str(name): frozenset((group["start"] // 86_400).tolist()) for name, group in drop_ins}
    return _Side(
        activities[ACTIVITY].tolist(), titles, [words_of(title) for title in titles], around, places,
        _said_ages(tables), starts, days,
    )  # fmt: skip


def _candidates(first: _Side, second: _Side) -> Iterator[tuple[int, int, float]]:
    """Pairs whose titles look alike, by groups of letters, with how much: cosine of TF-IDF, from ``ALIKE`` on."""
    texts = [" ".join(sorted(words)) for words in (*first.words, *second.words)]
    if not any(texts):
        return
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), dtype=np.float32).fit_transform(texts).tocsr()
    left, right = vectors[: len(first.ids)], vectors[len(first.ids) :].T.tocsc()
    for start in range(0, left.shape[0], _BLOCK):
        found = (left[start : start + _BLOCK] @ right).tocoo()
        keep = found.data >= ALIKE
        rows, columns, values = found.row[keep] + start, found.col[keep], found.data[keep]
        yield from zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)


def _shared(first: _Side, a: str, second: _Side, b: str) -> tuple[bool, float]:
    """Whether they start together at least once, and how often where their dates overlap."""
    one, other = first.starts.get(a), second.starts.get(b)
    if one is None or other is None:
        return False, 0.0
    low, high = max(one[0], other[0]) - MINUTES * 60, min(one[-1], other[-1]) + MINUTES * 60
    one, other = one[(one >= low) & (one <= high)], other[(other >= low) & (other <= high)]
    if not len(one) or not len(other):
        return False, 0.0
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    at = np.searchsorted(many, few)
    gaps = np.minimum(np.abs(many[np.minimum(at, len(many) - 1)] - few), np.abs(many[np.maximum(at - 1, 0)] - few))
    together = gaps <= MINUTES * 60
    open_days = first.days.get(a, frozenset()) & second.days.get(b, frozenset())
    if open_days:
        together |= np.isin(few // 86_400, list(open_days))
    return bool(together.any()), float(together.mean())


def _why_not(first: _Side, a: int, second: _Side, b: int) -> str:
    """Why two activities with titles alike are not the same; ``""`` when they are."""
    around = first.around[a] | second.around[b]
    if not same_title(first.words[a], second.words[b], around):
        return "their titles differ"
    here, there = first.places[a], second.places[b]
    if not np.isnan([here[0], there[0]]).any():
        if _metres(here[:2], there[:2]) > METRES:
            return "they are at different places"
    elif not here[2] or not there[2] or not (here[2] <= there[2] or there[2] <= here[2]):
        return "whether they are at the same place is not known"
    once, often = _shared(first, first.ids[a], second, second.ids[b])
    if not once:
        return "they never start at the same time"
    if often < OFTEN:
        return "they start at different times more often than not"
    gap = np.abs(first.ages[a] - second.ages[b])
    if np.nanmax(gap, initial=0.0) > YEARS:
        return "they are for different ages"
    return ""


def pairs(first: Tables, second: Tables) -> list[Pair]:
    """Activities of two feeds that are the same, and those that are only alike, the surest first.

    Parameters
    ----------
    first, second : Tables
        Two cities read from different feeds.

    Returns
    -------
    list of Pair
        Each activity is the same as at most one of the other feed.
    """
    if not len(first.activities) or not len(second.activities):
        return []
    one, other = _side(first), _side(second)
    judged = [
        (alike, a, b, _why_not(one, a, other, b)) for a, b, alike in _candidates(one, other)
    ]  # fmt: skip
    judged.sort(key=lambda found: (found[3] != "", -found[0], one.ids[found[1]], other.ids[found[2]]))
    taken_one: set[int] = set()
    taken_other: set[int] = set()
    result = []
    for alike, a, b, why in judged:
        if not why and (a in taken_one or b in taken_other):
            why = "there is a better counterpart"
        if not why:
            taken_one.add(a)
            taken_other.add(b)
        result.append(Pair(one.ids[a], other.ids[b], round(float(alike), 3), why))
    return result


def doubtful(found: Iterable[Pair]) -> list[Pair]:
    """Pairs that a person should look at: alike in title, place and time, but not in all of them."""
    return [
        pair
        for pair in found
        if pair.why_not
        and pair.why_not
        not in ("their titles differ", "they never start at the same time", "they are at different places")
    ]
