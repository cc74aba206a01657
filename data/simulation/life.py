"""One day in the simulated city: what was planned takes place, and whoever looks today sees, chooses and signs up."""

from __future__ import annotations

from collections import defaultdict
from zoneinfo import ZoneInfo

import numpy as np

from data.simulation.calendar import daily
from data.simulation.choice import (
    State,
    age_at,
    attendance_of,
    enjoyment_of,
    family_chooses,
    features,
    interest_in,
    may_go,
    minutes,
    tongues,
    utility_of,
)
from data.simulation.config import SimulationConfig
from data.simulation.exposure import draw, drawn_probability, pull, seen_probability
from data.simulation.history import woken
from data.simulation.offer import Offer
from data.simulation.people import FASHION, KEPT, YEAR, People, in_fashion, with_parents
from data.simulation.streams import stream
from recommender.city import Bool, Float64, Int32, Int64
from recommender.passport import CHOSEN_BY

LOOK_AT = "16:30"
SELF, FAMILY, SCHOOL = (CHOSEN_BY.index(name) for name in ("self", "family", "school"))
_DAY, _SLACK = 86400, 1800
_BLOCK = 4_000_000
_POPULAR_DAYS = 30


class Life:
    """The changing state of the city while days go by."""

    def __init__(
        self,
        config: SimulationConfig,
        offer: Offer,
        people: People,
        interest: Float64,
        parent: Int32,
        neighbours: Bool,
        since: int,
        as_of: int,
        zone: ZoneInfo,
    ) -> None:
        self.config, self.offer, self.people = config, offer, people
        self.parent, self.neighbours = parent, neighbours
        self.as_of = as_of
        self.interest = interest.copy()
        self.spread = interest.std(axis=0)
        self.mean = interest.mean(axis=0)
        self.visited = np.zeros((len(people), len(offer.activities)), dtype=np.bool_)
        self.tongues = tongues(offer, people)
        self.days = daily(since, as_of, LOOK_AT, zone)
        ahead = daily(as_of, as_of + (config.horizon_days + 3) * _DAY, LOOK_AT, zone)
        self.slots = np.concatenate([self.days, ahead[ahead >= as_of]])
        self.busy = np.zeros((len(people), len(self.slots) + 1), dtype=np.bool_)
        self.taken = np.zeros(len(offer.sessions), dtype=np.int64)
        self.signed = np.zeros((len(self.days) + 1, len(offer.activities)), dtype=np.int32)
        self.due: dict[int, list[tuple[np.ndarray, ...]]] = defaultdict(list)
        self.visits: list[tuple[np.ndarray, ...]] = []
        self.shifts: list[tuple[np.ndarray, ...]] = []
        self.log: list[dict[str, np.ndarray]] = []
        self.settled: list[tuple[Int64, Bool]] = []
        self.looks = self.rows = 0

    def popularity(self, day: int) -> Float64:
        """Sign-ups in the 30 days before a day."""
        total: Float64 = self.signed[max(0, day - _POPULAR_DAYS) : day].sum(axis=0).astype(np.float64)
        return total

    def plan(self, learner: Int32, session: Int32, activity: Int32, at: Int64, chosen_by: Int32, row: Int64) -> None:
        """Visits that will come; ``row`` is the place in the log, or -1."""
        slot = np.searchsorted(self.days, at, side="right")
        for day in np.unique(slot):
            here = slot == day
            self.due[int(day)].append(tuple(x[here] for x in (learner, session, activity, at, chosen_by, row)))

    def settle(self, day: int) -> None:
        """Visits between the day before and this day: who turned up, who enjoyed it, what it woke."""
        if day not in self.due:
            return
        parts = self.due.pop(day)
        learner, session, activity, at, chosen_by, row = (np.concatenate(x) for x in zip(*parts, strict=True))
        given, offer = self.config.coefficients, self.offer
        chance = np.where(session >= 0, attendance_of(minutes(offer, self.people, learner, session), given), 1.0)
        came = (stream(self.config.seed, "attendance", day).random(len(at)) < chance) & (at < self.as_of)
        learner, session, activity, at, chosen_by, row = (
            x[came] for x in (learner, session, activity, at, chosen_by, row)
        )
        liking = interest_in(offer, self.interest, learner, activity)
        joy = enjoyment_of(liking, offer.quality[activity], given)
        enjoyed = stream(self.config.seed, "enjoyment", day).random(len(at)) < joy
        self.visited[learner, activity] = True
        self.visits.append((learner, activity, session, at, chosen_by, enjoyed))
        self.settled.append((row[row >= 0], enjoyed[row >= 0]))
        if self.config.interests_spread:
            self._wake(day, learner[enjoyed], activity[enjoyed], at[enjoyed])

    def _wake(self, day: int, learner: Int32, activity: Int32, at: Int64) -> None:
        rng = stream(self.config.seed, "spread", day)
        theme, by = woken(self.neighbours, self.offer.weights[activity], self.interest[learner], rng)
        grew = by > 0
        self.shifts.append((at[grew], learner[grew], theme[grew], by[grew]))
        np.add.at(self.interest, (learner[grew], theme[grew]), by[grew])

    def drift(self, season: int) -> None:
        """Between seasons interests move a little: towards the usual, and somewhere of their own."""
        rng = stream(self.config.seed, "drift", season)
        noise = rng.normal(size=self.interest.shape) * self.spread
        moved = self.mean + KEPT * (self.interest - self.mean) + np.sqrt(1 - KEPT**2) * noise
        self.interest = with_parents(moved, self.parent)

    def turn(self) -> None:
        """Between seasons everybody likes one theme more and another less."""
        rising, falling = in_fashion(self.config.seed, self.parent)
        moved = self.interest.copy()
        for theme, by in ((rising, FASHION), (falling, -FASHION)):
            moved[:, theme] += by
            # What drifts back, drifts back to the new usual.
            self.mean[theme] += by
        self.interest = with_parents(moved, self.parent)

    def look(self, day: int) -> None:
        """Everybody who looks today sees something, and perhaps signs up."""
        now, people, config = int(self.days[day]), self.people, self.config
        rate = people.looks * _DAY / YEAR
        wants = stream(config.seed, "looks", day).random(len(people)) < rate
        lookers = np.flatnonzero(wants & (people.joined <= now)).astype(np.int32)
        sessions = self._coming(now)
        if not len(lookers) or not len(sessions):
            return
        state = State(now, self.interest, self.popularity(day), self.visited, *self.tongues)
        size = max(1, _BLOCK // len(sessions))
        for block, first in enumerate(range(0, len(lookers), size)):
            self._choose(day, block, lookers[first : first + size], sessions, state)

    def _coming(self, now: int) -> Int32:
        offer = self.offer
        opens = np.where(offer.drop_in, offer.end - _SLACK / 2, offer.start) > now + _SLACK
        soon = offer.start < now + self.config.horizon_days * _DAY
        return np.flatnonzero(opens & soon & offer.held & (self.taken < offer.seats)).astype(np.int32)

    def _choose(self, day: int, block: int, lookers: Int32, sessions: Int32, state: State) -> None:
        config, offer, people = self.config, self.offer, self.people
        seed, given = config.seed, config.coefficients
        who = lookers[:, None]
        can = may_go(offer, people, who, sessions, state, self.as_of)
        slot = np.searchsorted(self.slots, offer.start[sessions], side="right")
        can &= ~self.busy[who, slot] | offer.drop_in[sessions]
        popular = state.popularity[offer.activity[sessions]]
        weight = pull(can, popular, minutes(offer, people, who, sessions), config.exposure_bias)
        chance = seen_probability(weight, config.seen)
        seen = stream(seed, "exposure", day, block).random(chance.shape) < chance
        slot_chance = drawn_probability(weight)
        drawn = np.zeros_like(seen)
        place = draw(slot_chance, stream(seed, "drawn", day, block))
        drawn[np.flatnonzero(place >= 0), place[place >= 0]] = True
        row, column = np.nonzero(seen | drawn)
        if not len(row):
            return
        learner, session = lookers[row], sessions[column]
        rng = stream(seed, "choice", day, block)
        age = age_at(people, lookers, state.now, self.as_of)
        family = rng.random(len(lookers)) < family_chooses(age)
        found = features(offer, people, learner, session, state, self.as_of)
        utility = utility_of(found, offer.quality[offer.activity[session]], given, family[row])
        utility = utility + rng.gumbel(size=len(utility))
        nothing = given.nothing + rng.gumbel(size=len(lookers))
        order = np.lexsort((-utility, row))
        best = order[np.flatnonzero(np.diff(row[order], prepend=-1))]
        best = best[utility[best] > nothing[row[best]]]
        chosen = np.zeros(len(row), dtype=np.bool_)
        chosen[best] = True
        seated = self._seat(day, block, best, learner, session, family[row], state.now)
        number = self.looks + np.cumsum(np.diff(row, prepend=-1) > 0) - 1
        self.looks = int(number[-1]) + 1
        self.rows += len(row)
        self.log.append(
            {
                "look": number,
                "at": np.full(len(row), state.now),
                "learner": learner,
                "session": session,
                "eligible": can.sum(axis=1)[row],
                "seen": seen[row, column],
                "seen_probability": chance[row, column],
                "drawn": drawn[row, column],
                "drawn_probability": np.where(drawn[row, column], slot_chance[row, column], np.nan),
                "popularity": popular[column],
                "family": family[row],
                "chosen": chosen,
                "seated": seated,
                "visited": np.zeros(len(row), dtype=np.bool_),
                "enjoyed": np.zeros(len(row), dtype=np.bool_),
            }
        )

    def _seat(self, day: int, block: int, best: Int64, learner: Int32, session: Int32, family: Bool, now: int) -> Bool:
        """Sign up in a random order until a session is full. Returns who got a place, for every row of the look."""
        rng = stream(self.config.seed, "seats", day, block)
        offer = self.offer
        queue = best[rng.permutation(len(best))]
        at = np.where(
            offer.drop_in[session[queue]], self._whenever(session[queue], now, rng), offer.start[session[queue]]
        )
        slot = np.searchsorted(self.slots, at, side="right")
        free = ~self.busy[learner[queue], slot]
        queue, at, slot = queue[free], at[free], slot[free]
        by_session = np.argsort(session[queue], kind="stable")
        sorted_sessions = session[queue][by_session]
        first = np.searchsorted(sorted_sessions, sorted_sessions)
        rank = np.empty(len(queue), dtype=np.int64)
        rank[by_session] = np.arange(len(queue)) - first
        gets = self.taken[session[queue]] + rank < offer.seats[session[queue]]
        queue, at, slot = queue[gets], at[gets], slot[gets]
        np.add.at(self.taken, session[queue], 1)
        np.add.at(self.signed[day], offer.activity[session[queue]], 1)
        self.busy[learner[queue], slot] = True
        seated = np.zeros(len(learner), dtype=np.bool_)
        seated[queue] = True
        chosen_by = np.where(family[queue], FAMILY, SELF)
        self.plan(learner[queue], session[queue], offer.activity[session[queue]], at, chosen_by, self.rows + queue)
        return seated

    def _whenever(self, session: Int32, now: int, rng: np.random.Generator) -> Int64:
        """When somebody drops in: a moment in the window, by daylight when it lasts for days."""
        start = np.maximum(self.offer.start[session], now + _SLACK)
        end = np.minimum(self.offer.end[session] - _SLACK // 2, now + self.config.horizon_days * _DAY)
        share, hour = rng.random((2, len(session)))
        at = start + (share * np.maximum(end - start, 0)).astype(np.int64)
        by_day = at // _DAY * _DAY + ((9 + 7 * hour) * 3600).astype(np.int64)
        long = end - start > _DAY
        moment: Int64 = np.clip(np.where(long, by_day, at) // 300 * 300, start, np.maximum(start, end))
        return moment
