"""The stage of a game of rounds: a town with a year behind it, who plays, and what the rest of the town does meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data.columns import AT, LEARNER
from data.passports import passports_from
from data.simulation import SimulationConfig, Truth, interest_at, popularity_at, simulate
from data.tables import Tables
from data.translate import catalogue_from
from data.words import split
from recommender.city import Bool, Catalogue, Float64, Int32, Int64
from recommender.errors import BadInput
from recommender.passport import Passport, Request
from recommender.release import Release
from training.config import Config
from training.evaluation.cut import known_at
from training.fit import fit

DAY = 86_400
LIST = 10
HISTORY_SEASONS = 4
SEASON_DAYS = 91


@dataclass(frozen=True)
class Rounds:
    """How the game is played.

    Attributes
    ----------
    rounds : int
    days : int
        Between two rounds; a list holds what takes place before the next one. The same three weeks that people in the
        simulator look ahead (``SimulationConfig.horizon_days``).
    refit : int
        Rounds between two fits of the engine, on what the rest of the town did by then.
    learners : int
        At most so many, as many as possible from every neighbourhood.
    stamps : tuple of int
        Fewest and most stamps at the start.
    seed : int
        Of who plays and of all luck.
    """

    rounds: int = 20
    days: int = 21
    refit: int = 4
    learners: int = 300
    stamps: tuple[int, int] = (1, 5)
    seed: int = 1

    def town(self, config: SimulationConfig) -> SimulationConfig:
        """The same town for long enough: a year of history, then every round in a programme that goes on."""
        ahead = -(-(self.rounds + 1) * self.days // SEASON_DAYS) + 1
        return replace(config, seasons=HISTORY_SEASONS + ahead, as_of_share=0.9)


@dataclass(frozen=True, eq=False)
class Scene:
    """A town at the moment the game begins, and what the town does meanwhile.

    Attributes
    ----------
    learners : int32, shape (n,)
        Who plays: rows of the truth.
    passports : tuple of Passport
        At the start.
    moments : int64, shape (n_rounds,)
    releases : tuple of Release
        The engine of each round.
    popularity : float64, shape (n_rounds, n_activities)
        Sign-ups of the rest of the town in the 30 days before.
    session : int32, shape (n_catalogue_sessions,)
        The truth's row of each session of the catalogue.
    """

    game: Rounds
    truth: Truth
    catalogue: Catalogue
    learners: Int32
    passports: tuple[Passport, ...]
    moments: Int64
    releases: tuple[Release, ...]
    popularity: Float64
    session: Int32

    def luck(self, turn: int, what: int) -> np.random.Generator:
        """The random numbers of one step of one round, alike for every policy."""
        return np.random.default_rng([self.game.seed, turn, what])

    def requests(self, turn: int, **more: object) -> list[Request]:
        """What each player asks in a round: what takes place before the next one. Everybody draws their own lot."""
        at = int(self.moments[turn])
        closes = at + self.game.days * DAY
        asked: dict[str, Any] = {"at": at, "closes": closes, "count": LIST, "explain": False, **more}
        lots = self.luck(turn, 6).integers(2**32, size=len(self.learners))
        return [Request(**asked, seed=lot) for lot in lots.tolist()]


def build_scene(
    config: SimulationConfig,
    game: Rounds,
    fitting: Config | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> Scene:
    """Let a town live for a year, choose who plays, and fit the engine as often as the game asks for.

    Parameters
    ----------
    config : SimulationConfig
        Of the town; its number of seasons is set by the game.
    fitting : Config or None
        Of the engine; None: the shipped defaults.

    Raises
    ------
    BadInput
        When nobody has that few stamps.
    """
    tell("town")
    made = simulate(game.town(config))
    truth, tables = made.truth, made.tables
    start = int(truth.snapshot_at[HISTORY_SEASONS])
    moments = start + np.arange(game.rounds, dtype=np.int64) * game.days * DAY
    catalogue = catalogue_from(known_at(tables, start))
    learners = _players(truth, start, game)
    names = [truth.people.ids[row] for row in learners]
    before = _wished_then(known_at(tables, start), truth, learners, start)
    passports = tuple(passport for _, passport in passports_from(before, catalogue, names))
    theirs = tables.stamps[LEARNER].isin(set(names)) & (tables.stamps[AT] >= start)
    others = replace(tables, stamps=tables.stamps[~theirs].reset_index(drop=True))
    releases: list[Release] = []
    for turn, at in enumerate(moments.tolist()):
        if turn % game.refit == 0:
            tell(f"fit before round {turn + 1}")
            release = fit(known_at(others, at), fitting or Config()).extended(catalogue)
        releases.append(release)
    row_of = {name: row for row, name in enumerate(truth.offer.sessions)}
    return Scene(
        game=game,
        truth=truth,
        catalogue=catalogue,
        learners=learners,
        passports=passports,
        moments=moments,
        releases=tuple(releases),
        popularity=np.stack([popularity_at(truth, at) for at in moments.tolist()]),
        session=np.array([row_of[name] for name in catalogue.sessions.ids], dtype=np.int32),
    )


def _players(truth: Truth, start: int, game: Rounds) -> Int32:
    """Learners with few stamps, taken from the neighbourhoods in turn until there are enough."""
    stamps = np.bincount(truth.visits.learner[truth.visits.at < start], minlength=len(truth.people))
    fewest, most = game.stamps
    rows = np.flatnonzero((stamps >= fewest) & (stamps <= most))
    if not len(rows):
        raise BadInput(f"stamps: nobody has {fewest} to {most} of them at the start; ask for another number")
    rows = np.random.default_rng([game.seed, 0]).permutation(rows)
    area = truth.people.area[rows]
    turn = pd.Series(area).groupby(area).cumcount().to_numpy()
    return np.sort(rows[np.lexsort((area, turn))][: game.learners]).astype(np.int32)


def _wished_then(tables: Tables, truth: Truth, learners: Int32, start: int) -> Tables:
    """Wishes and avoids as they were at the start: the table has those of today, which know what is to come."""
    interest = interest_at(truth, start) + np.random.default_rng([truth.config.seed, 1]).normal(
        0, 0.5, truth.interest.shape
    )
    leaf = ~np.isin(np.arange(len(truth.parent)), truth.parent)
    wishes, avoid = tables.passports["wishes"].tolist(), tables.passports["avoid"].tolist()
    place = {name: place for place, name in enumerate(tables.passports[LEARNER])}
    for row in learners.tolist():
        own = place[truth.people.ids[row]]
        ranked = [truth.offer.themes[theme] for theme in np.argsort(-interest[row]) if leaf[theme]]
        wishes[own] = ";".join(ranked[: len(split(wishes[own]))])
        avoid[own] = ranked[-1] if avoid[own] else ""
    return replace(tables, passports=tables.passports.assign(wishes=wishes, avoid=avoid))


def themes_of(scene: Scene, passports: Sequence[Passport]) -> Bool:
    """Themes that a stamp touched. Shape (n_learners, n_themes)."""
    weights = scene.truth.offer.weights > 0
    touched: Bool = np.stack([weights[passport.stamps.activity].any(axis=0) for passport in passports])
    return touched
