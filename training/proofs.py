"""Two proofs that a release has to pass before it goes live, on passports that nobody would think of.

*Background*: where somebody lives and what they speak is changed; no bit of what speaks for their interest may move.
*Reasons*: a part that a reason names is taken out of the model; the score has to fall by as much as the reason says.
Both are asked of the recipe itself, so a change in it is noticed as well as one in the release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.answer import Answer
from recommender.city import UNKNOWN, Catalogue, Int32, Place
from recommender.model import CONTEXT, SOURCES
from recommender.passport import CHOSEN_BY, Passport, Request, Stamps
from recommender.recommend import recommend_many
from recommender.release import Release

INTEREST = tuple(name for name in SOURCES if name not in ("popular", "places", "context"))
"""What speaks for interest. What is popular goes by age, places and circumstances by where somebody goes."""
PARTS: Mapping[str, tuple[str, ...]] = {
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
"""Which parts of the score each reason speaks of."""
PASSPORTS = 100
MOST_ACTIVITIES = 400
"""Of a larger city so many activities are drawn to be ranked."""
NEARLY = 1e-3
_YEAR = 365 * 86_400
_TONGUES = ((), ("nl",), ("nl", "ar"), ("tr", "en"), ("uk",))


@dataclass(frozen=True)
class Proof:
    """How often something was looked at, and how often it did not hold."""

    asked: int
    failed: int

    @property
    def passed(self) -> bool | None:
        """None when there was nothing to look at: then nothing is proved."""
        return None if not self.asked else not self.failed


def passports(catalogue: Catalogue, at: int, number: int, seed: int) -> Iterator[Passport]:
    """Any age, any home, up to forty stamps anywhere."""
    rng = np.random.default_rng(seed)
    n_activities, n_themes = len(catalogue.activities), len(catalogue.themes.ids)
    for _ in range(number):
        count = int(rng.integers(41)) if n_activities and rng.random() < 0.9 else 0
        age = float(rng.choice([np.nan, 6.0, 9.5, 14.2, 37.0, 71.0]))
        when = np.sort(at - rng.integers(1, _YEAR, size=count)).astype(np.int64)
        activity = rng.integers(max(n_activities, 1), size=count).astype(np.int32)
        chooser = rng.integers(UNKNOWN, len(CHOSEN_BY), size=count).astype(np.int8)
        wishes = rng.permutation(n_themes)[: int(rng.integers(3))].astype(np.int32)
        own = Passport(age_low=age, age_high=age, wishes=wishes, stamps=Stamps(activity, when, chooser))
        yield elsewhere(own, catalogue, rng)


def elsewhere(passport: Passport, catalogue: Catalogue, rng: np.random.Generator) -> Passport:
    """The same person with another home and other languages, or none that are known."""
    lat, lon = catalogue.venues.lat, catalogue.venues.lon
    known = np.flatnonzero(~np.isnan(lat))
    home = None
    if len(known) and rng.random() < 0.8:
        near = int(rng.choice(known))
        home = Place(round(float(lat[near] + rng.normal() * 0.03), 2), round(float(lon[near] + rng.normal() * 0.05), 2))
    return replace(passport, home=home, languages=_TONGUES[int(rng.integers(len(_TONGUES)))])


def _drawn(catalogue: Catalogue, rng: np.random.Generator) -> Int32 | None:
    n = len(catalogue.activities)
    return None if n <= MOST_ACTIVITIES else np.sort(rng.permutation(n)[:MOST_ACTIVITIES]).astype(np.int32)


def background_proof(release: Release, catalogue: Catalogue, at: int, number: int = PASSPORTS, seed: int = 0) -> Proof:
    """Change everybody's home and languages, and compare every interest score bit by bit.

    Parameters
    ----------
    release : Release
        In the rows of the catalogue.
    at : int
        The moment of asking, seconds since 1970 UTC.

    Returns
    -------
    Proof
        Of pairs of a learner and an activity.
    """
    rng = np.random.default_rng([seed, 1])
    before = list(passports(catalogue, at, number, seed))
    after = [elsewhere(passport, catalogue, rng) for passport in before]
    drawn = _drawn(catalogue, rng)
    request = Request(at=at, count=max(len(catalogue.activities), 1), policy="relevance", candidates=drawn)
    asked = failed = 0
    pairs = zip(*(recommend_many(people, catalogue, release, request) for people in (before, after)), strict=True)
    for one, other in pairs:
        own, flipped = _interest(one), _interest(other)
        shared = own.keys() & flipped.keys()
        asked += len(shared)
        failed += sum(own[activity] != flipped[activity] for activity in shared)
    return Proof(asked, failed)


def _interest(answer: Answer) -> dict[int, bytes]:
    return {
        entry.activity: np.array([entry.parts[source] for source in INTEREST]).tobytes()
        for entry in answer.recommendations
    }


def without(release: Release, parts: Sequence[str]) -> Release:
    """The same release with the weight of some parts at 0."""
    model = release.model
    weights = {name: 0.0 if name in parts else value for name, value in model.source_weights.items()}
    context = {name: 0.0 if name in parts else model.context_weights[name] for name in CONTEXT}
    return replace(release, model=replace(model, source_weights=weights, context_weights=context))


def reasons_proof(release: Release, catalogue: Catalogue, at: int, number: int = PASSPORTS, seed: int = 0) -> Proof:
    """Take what each reason names out of the model: the score has to fall, and by what the reason says.

    Where without that part another session of the activity is the best one, nothing can be compared.

    Returns
    -------
    Proof
        Of reasons given.
    """
    people = list(passports(catalogue, at, number, seed + 1))
    drawn = _drawn(catalogue, np.random.default_rng([seed, 2]))
    request = Request(at=at, count=10, policy="served", candidates=drawn)
    every = replace(request, count=max(len(catalogue.activities), 1), policy="relevance", explain=False)
    answers = list(recommend_many(people, catalogue, release, request))
    asked = failed = 0
    for code, parts in PARTS.items():
        spoken = [
            (row, entry, reason.gain)
            for row, answer in enumerate(answers)
            for entry in answer.recommendations
            for reason in entry.reasons
            if reason.code == code
        ]
        rows = sorted({row for row, _, _ in spoken})
        again = recommend_many([people[row] for row in rows], catalogue, without(release, parts), every)
        scores = {row: _scores(answer) for row, answer in zip(rows, again, strict=True)}
        for row, entry, gain in spoken:
            session, score = scores[row][entry.activity]
            if session == entry.session:
                asked += 1
                failed += not (gain > 0 and score < entry.score and abs(entry.score - score - gain) <= NEARLY)
    return Proof(asked, failed)


def _scores(answer: Answer) -> dict[int, tuple[int, float]]:
    return {entry.activity: (entry.session, entry.score) for entry in answer.recommendations}
