"""Round after round in a simulated town: a list is shown, one activity is visited, and the visit changes what is liked.

Every policy meets the same people, the same programme and the same luck: the noise of each choice belongs to a learner,
a round and an activity, whatever list shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from benchmarks.scene import LIST, Scene, themes_of
from benchmarks.towns import lists_of
from data.simulation import after_visit, state_at
from data.simulation.choice import (
    State,
    age_at,
    enjoyment_of,
    family_chooses,
    features,
    interest_in,
    may_go,
    utility_of,
)
from data.simulation.people import YEAR
from recommender.beliefs import beliefs_of
from recommender.city import UNKNOWN, Bool, Float64, Int32, Int64
from recommender.passport import CHOSEN_BY, Passport, Stamps

_CONSOLATION, _TIE = 0.2, 1e-3
_SELF, _FAMILY = CHOSEN_BY.index("self"), CHOSEN_BY.index("family")


class Policy(Protocol):
    """Makes the lists of one round."""

    @property
    def name(self) -> str: ...

    def lists(self, scene: Scene, turn: int, passports: Sequence[Passport], interest: Float64) -> tuple[Int32, Int32]:
        """Activities and sessions, catalogue rows, shape (n, ``LIST``), padded with ``UNKNOWN``.

        Parameters
        ----------
        interest : float64, shape (n, n_themes)
            The truth, for those who are allowed to know it.
        """
        ...


@dataclass(frozen=True, eq=False)
class Played:
    """What came of a game.

    Attributes
    ----------
    activity : int32, shape (n, n_rounds)
        The visit of each round, ``UNKNOWN`` for none.
    enjoyed : bool, shape (n, n_rounds)
    peak : float64, shape (n, n_themes)
        The highest true interest in a theme at a visit to it that was enjoyed; minus infinity for none.
    interest : float64, shape (n, n_themes)
        At the end.
    """

    activity: Int32
    enjoyed: Bool
    peak: Float64
    interest: Float64


def play(scene: Scene, policy: Policy, tell: Callable[[int], None] = lambda turn: None) -> Played:
    """All rounds of a game under one policy."""
    truth, game, who = scene.truth, scene.game, scene.learners
    offer, given, n = truth.offer, truth.config.coefficients, len(scene.learners)
    state = state_at(truth, int(scene.moments[0]))
    interest = state.interest[who]
    visited = state.visited.copy()
    stamps = [passport.stamps for passport in scene.passports]
    activity = np.full((n, game.rounds), UNKNOWN, dtype=np.int32)
    enjoyed = np.zeros((n, game.rounds), dtype=np.bool_)
    peak = np.full((n, len(offer.themes)), -np.inf)
    for turn, at in enumerate(scene.moments.tolist()):
        passports = [
            _aged(replace(passport, stamps=held), truth.as_of - at)
            for passport, held in zip(scene.passports, stamps, strict=True)
        ]
        shown, session = policy.lists(scene, turn, passports, interest)
        everybody = state.interest.copy()
        everybody[who] = interest
        now = replace(state, now=at, interest=everybody, visited=visited, popularity=scene.popularity[turn])
        place, family = _choose(scene, turn, shown, session, now)
        went = np.flatnonzero(place >= 0)
        chosen, at_session = shown[went, place[went]], session[went, place[went]]
        liking = interest_in(offer, everybody, who[went], chosen)
        chance = enjoyment_of(liking, offer.quality[chosen], given)
        liked = scene.luck(turn, 3).random(n)[went] < chance
        activity[went, turn], enjoyed[went, turn] = chosen, liked
        touched = (offer.weights[chosen] > 0) & liked[:, None]
        peak[went] = np.where(touched, np.maximum(peak[went], interest[went]), peak[went])
        whole, joy = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.bool_)
        whole[went], joy[went] = chosen, liked
        interest = after_visit(truth, interest, whole, joy, scene.luck(turn, 4))
        visited[who[went], chosen] = True
        for row, what, when, chosen_by in zip(
            went.tolist(),
            chosen.tolist(),
            np.maximum(scene.catalogue.sessions.start[at_session], at).tolist(),
            np.where(family[went], _FAMILY, _SELF).tolist(),
            strict=True,
        ):
            stamps[row] = _stamped(stamps[row], what, when, chosen_by)
        tell(turn)
    return Played(activity, enjoyed, peak, interest)


def _choose(scene: Scene, turn: int, shown: Int32, session: Int32, state: State) -> tuple[Int64, Bool]:
    """Which place of each list is visited, -1 for none, and whether the family chose.

    The simulator's own conditional logit over the list. Who is not welcome after all (an age, a language or a badge
    that the tables did not tell) turns to the next best.
    """
    truth, n = scene.truth, len(scene.learners)
    offer, people = truth.offer, truth.people
    learner = np.repeat(scene.learners, shown.shape[1])
    there = shown.ravel() != UNKNOWN
    rows = np.where(there, scene.session[session.ravel()], 0)
    family = scene.luck(turn, 2).random(n) < family_chooses(age_at(people, scene.learners, state.now, truth.as_of))
    can = there & may_go(offer, people, learner, rows, state, truth.as_of)
    found = features(offer, people, learner, rows, state, truth.as_of)
    who_chose = np.repeat(family, shown.shape[1])
    utility = utility_of(found, offer.quality[offer.activity[rows]], truth.config.coefficients, who_chose)
    noise = scene.luck(turn, 1).gumbel(size=(n, len(offer.activities)))
    wanted = utility.reshape(shown.shape) + np.take_along_axis(noise, np.maximum(shown, 0), axis=1)
    wanted = np.where(can.reshape(shown.shape), wanted, -np.inf)
    best = wanted.argmax(axis=1) if shown.shape[1] else np.zeros(n, dtype=np.int64)
    return np.where(can.reshape(shown.shape).any(axis=1), best, -1), family


def _aged(passport: Passport, seconds: int) -> Passport:
    """The passport as it was before: tables hold the age of today."""
    years = seconds / YEAR
    return replace(passport, age_low=passport.age_low - years, age_high=passport.age_high - years)


def _stamped(stamps: Stamps, activity: int, at: int, chosen_by: int) -> Stamps:
    place = int(np.searchsorted(stamps.at, at, side="right"))
    return Stamps(
        np.insert(stamps.activity, place, activity).astype(np.int32),
        np.insert(stamps.at, place, at),
        np.insert(stamps.chosen_by, place, chosen_by).astype(np.int8),
        stamps.not_found,
    )


@dataclass(frozen=True)
class Engine:
    """The engine's own lists."""

    name: str
    policy: str = "served"
    curiosity: float = 0.5

    def lists(self, scene: Scene, turn: int, passports: Sequence[Passport], interest: Float64) -> tuple[Int32, Int32]:
        requests = scene.requests(turn, policy=self.policy, curiosity=self.curiosity)
        return lists_of(passports, scene.catalogue, scene.releases[turn], requests, LIST)


@dataclass(frozen=True)
class Simple:
    """The ten best of everything the engine may list, by something else than the engine.

    ``by`` is ``random``, ``popular`` (sign-ups in 30 days), ``profile`` (more of the themes of one's own stamps),
    ``greedy`` (the best by the engine's own beliefs about themes, without learned adjacency: every theme starts from how
    often it is met in this town, and only one's own stamps add to that), ``adjacent`` (the same with it), ``enjoyment`` (its true chance) or ``discovery`` (true chance of enjoying a theme that no stamp touched and that is
    liked by now: about the most that any list could find).
    """

    name: str
    by: str
    strong: float = 1.0

    def lists(self, scene: Scene, turn: int, passports: Sequence[Passport], interest: Float64) -> tuple[Int32, Int32]:
        m = len(scene.catalogue.activities)
        requests = scene.requests(turn, policy="relevance", count=m)
        shown, session = lists_of(passports, scene.catalogue, scene.releases[turn], requests, m)
        width = max(LIST, int((shown != UNKNOWN).sum(axis=1).max(initial=0)))
        shown, session = shown[:, :width], session[:, :width]
        value = np.take_along_axis(self._values(scene, turn, passports, interest), np.maximum(shown, 0), axis=1)
        best = np.argsort(np.where(shown == UNKNOWN, np.inf, -value), axis=1, kind="stable")[:, :LIST]
        return np.take_along_axis(shown, best, axis=1), np.take_along_axis(session, best, axis=1)

    def _values(self, scene: Scene, turn: int, passports: Sequence[Passport], interest: Float64) -> Float64:
        offer, given = scene.truth.offer, scene.truth.config.coefficients
        lots = scene.luck(turn, 5).random((len(passports), len(offer.activities)))
        if self.by == "random":
            return lots
        if self.by == "popular":
            popular: Float64 = scene.popularity[turn] + lots / 2
            return popular
        if self.by == "profile":
            own = np.stack([offer.weights[passport.stamps.activity].sum(axis=0) for passport in passports])
            share: Float64 = own / np.maximum(own.sum(axis=1, keepdims=True), 1e-9) @ offer.weights.T + _TIE * lots
            return share
        if self.by in ("greedy", "adjacent"):
            return self._believed(scene, turn, passports) + _TIE * lots
        chance: Float64 = enjoyment_of(interest @ offer.weights.T, offer.quality, given)
        if self.by == "enjoyment":
            return chance
        waiting = ~themes_of(scene, passports) & (interest >= self.strong)
        found: Float64 = chance * (waiting.astype(float) @ (offer.weights > 0).T + _CONSOLATION)
        return found

    def _believed(self, scene: Scene, turn: int, passports: Sequence[Passport]) -> Float64:
        """Expected liking of every activity by the beliefs about its themes. Shape (n, n_activities)."""
        model = scene.releases[turn].model
        if self.by == "greedy":
            model = replace(model, theme_adjacency=np.zeros_like(model.theme_adjacency))
        beliefs = beliefs_of(passports, [int(scene.moments[turn])] * len(passports), model)
        return np.asarray((model.theme_shares @ beliefs.mean.T).T, dtype=np.float64)
