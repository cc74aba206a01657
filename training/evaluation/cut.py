"""Global time cuts: what was known before each, who is tested after it, on what, at which moment.

Leave-one-out lets a model see the future and reverses the winner; a global cut does not. One season may be an odd one,
so there is a cut at the start of each of the last seasons, where the stamps allow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, AT, LEARNER
from data.rows import rows_of
from data.tables import Tables
from recommender.city import UNKNOWN, Bool, Catalogue, Ids, Int32, Int64
from recommender.errors import BadInput

DAY = 86_400
SEASONS = {3: "spring", 6: "summer", 9: "autumn", 12: "winter"}
"""First months of the seasons in which agendas and passports are made up."""
SHORTEST_DAYS = 28
"""A season start counts when so many days of stamps lie before it, and half as many of the test after it."""


@dataclass(frozen=True)
class Cut:
    """Learn from before ``at``, test on what comes from then until ``until``; both in seconds since 1970 UTC.

    ``season`` names the season that begins at ``at``; ``""`` for a cut that is no season's start.
    """

    at: int
    until: int
    season: str = ""

    @property
    def days(self) -> float:
        """How long the test lasts."""
        return (self.until - self.at) / DAY


@dataclass(frozen=True)
class Cuts:
    """The cuts of an evaluation, oldest first.

    Attributes
    ----------
    why : str
        Why there are fewer than ``wanted``: ``span`` (the stamps hold no more season starts), ``learners`` (too few
        before or after one), ``asked`` (somebody chose so); ``""`` when there are as many.
    span_days : float
        From the first stamp to the end of what is known.
    """

    cuts: tuple[Cut, ...]
    wanted: int
    why: str
    span_days: float


@dataclass(frozen=True, eq=False)
class Trial:
    """Who is tested.

    Attributes
    ----------
    learners : tuple of str
    at : int64, shape (n_learners,)
        Each learner's own moment: the start of the day of their first visit after the cut (in the city's
        time zone), never before the cut. The day's start, because the choice comes before the visit.
    learner, activity : int32, shape (n_relevant,)
        What each learner went on to do within the horizon and had not done before: rows of ``learners`` and of
        the catalogue. Each pair once.
    """

    learners: tuple[str, ...]
    at: Int64
    learner: Int32
    activity: Int32

    def n_relevant(self, of: Bool | None = None) -> Int64:
        """How many relevant pairs (or those marked in ``of``) each learner has. Shape (n_learners,), int64."""
        owner = self.learner if of is None else self.learner[of]
        return np.bincount(owner, minlength=len(self.learners)).astype(np.int64)


def midnight(at: Int64, time_zone: str) -> Int64:
    """Start of the local day of each moment, in seconds since 1970 UTC."""
    local = pd.to_datetime(np.asarray(at, dtype=np.int64), unit="s", utc=True).tz_convert(time_zone)
    starts: Int64 = local.normalize().tz_convert("UTC").tz_localize(None).to_numpy("datetime64[s]").astype(np.int64)
    return starts


def choose_cut(tables: Tables, test_share: float) -> int:
    """The start of the local day that leaves about the last ``test_share`` of the stamps behind it.

    Raises
    ------
    BadInput
        When no cut has stamps on both sides.
    """
    at = np.sort(tables.stamps[AT].to_numpy(np.int64))
    if not len(at):
        raise BadInput("stamps: there are none, so nothing can be evaluated; load stamps first")
    cut = int(midnight(at[[int(len(at) * (1 - test_share))]], tables.city.time_zone)[0])
    if cut <= at[0]:
        raise BadInput(
            "stamps: all lie within a day, so no moment divides them into before and after; "
            "evaluate when there are more, or give a moment with --cut"
        )
    return cut


def known_until(tables: Tables) -> int:
    """Until when the city's stamps tell what happened: its own now, else the last stamp."""
    return int(tables.stamps[AT].max()) if tables.city.as_of is None else tables.city.as_of


def season_starts(first: int, last: int, time_zone: str) -> list[tuple[int, str]]:
    """Every start of a season strictly between two moments: seconds since 1970 UTC, and its name."""
    begins, ends = (pd.Timestamp(moment, unit="s", tz="UTC").tz_convert(time_zone) for moment in (first, last))
    months = [(year, month) for year in range(begins.year, ends.year + 1) for month in SEASONS]
    starts = [(int(pd.Timestamp(year, month, 1, tz=time_zone).timestamp()), SEASONS[month]) for year, month in months]
    return [start for start in starts if first < start[0] < last]


def choose_cuts(tables: Tables, wanted: int, horizon_days: float, test_share: float, least: int) -> Cuts:
    """The last ``wanted`` season starts that can be tested; without any, one cut that leaves ``test_share`` behind it.

    The test of each lasts until the next season start, the horizon or the end of what is known, whichever is first, so
    that no visit is counted twice.

    Parameters
    ----------
    least : int
        With fewer learners before a season start, or in its test, it is passed over.

    Raises
    ------
    BadInput
        When no cut has stamps on both sides.
    """
    at = tables.stamps[AT].to_numpy(np.int64)
    if not len(at):
        raise BadInput("stamps: there are none, so nothing can be evaluated; load stamps first")
    first, last = int(at.min()), known_until(tables)
    span = (last - first) / DAY
    starts = season_starts(first, last, tables.city.time_zone)
    ends = [*(moment for moment, _ in starts[1:]), last + 1][: len(starts)]
    every = [
        Cut(moment, min(end, int(moment + horizon_days * DAY)), season)
        for (moment, season), end in zip(starts, ends, strict=True)
    ]
    fit = [cut for cut in every if _can_be_tested(tables, cut, first, least)]
    if not fit:
        moment = choose_cut(tables, test_share)
        until = max(moment, min(int(moment + horizon_days * DAY), last + 1))
        return Cuts((Cut(moment, until),), wanted, _why(1, wanted, len(every)), span)
    kept = tuple(fit[-wanted:])
    return Cuts(kept, wanted, _why(len(kept), wanted, len(every)), span)


def _why(found: int, wanted: int, there: int) -> str:
    return "" if found >= wanted else "span" if there < wanted else "learners"


def _can_be_tested(tables: Tables, cut: Cut, first: int, least: int) -> bool:
    if cut.at - first < SHORTEST_DAYS * DAY or cut.until - cut.at < SHORTEST_DAYS / 2 * DAY:
        return False
    at = tables.stamps[AT]
    before, after = at < cut.at, (at >= cut.at) & (at < cut.until)
    return min(tables.stamps[LEARNER][side].nunique() for side in (before, after)) >= least


def known_at(tables: Tables, cut: int) -> Tables:
    """The city as it was known at the cut: no later stamp, and the cut as its "now".

    Places that are taken today were free then: what is left of a session's capacity and ``full`` are forgotten.
    """
    known = tables.before(cut)
    sessions = known.sessions.assign(
        capacity_left=np.nan, status=known.sessions["status"].where(known.sessions["status"] != "full", "scheduled")
    )
    return replace(known, sessions=sessions, city=replace(known.city, as_of=cut))


def draw_test(tables: Tables, catalogue: Catalogue, cut: int, horizon_days: float, limit: int, seed: int) -> Trial:
    """Learners who did something new in the horizon after the cut.

    Parameters
    ----------
    tables : Tables
        With the stamps of both sides.
    catalogue : Catalogue
        Of the same tables.
    cut : int
        Seconds since 1970 UTC.
    horizon_days : float
        For how long after the cut a visit counts.
    limit : int
        At most so many learners, drawn without replacement; 0 tests everybody.
    seed : int
        Of that draw.
    """
    stamps = tables.stamps
    at = stamps[AT].to_numpy(np.int64)
    after = (at >= cut) & (at < cut + horizon_days * DAY)
    activity = rows_of(stamps[ACTIVITY], catalogue.activities.ids)
    everybody = Ids(sorted(stamps[LEARNER][after].unique().tolist()), "learner")
    learner = rows_of(stamps[LEARNER], everybody)
    base = 1 + len(catalogue.activities)
    pair = learner.astype(np.int64) * base + activity
    counts = (learner != UNKNOWN) & (activity != UNKNOWN)
    new = np.setdiff1d(pair[after & counts], pair[(at < cut) & counts])
    if limit:
        tested = np.unique(new // base)
        chosen = np.random.default_rng(seed).permutation(tested)[:limit]
        new = new[np.isin(new // base, chosen)]
    rows, owner = np.unique(new // base, return_inverse=True)
    names = tuple(everybody.names[row] for row in rows)
    first = np.full(len(everybody), np.iinfo(np.int64).max)
    np.minimum.at(first, learner[after & counts], at[after & counts])
    moments = np.maximum(midnight(first[rows], tables.city.time_zone), cut)
    return Trial(names, moments, owner.astype(np.int32), (new % base).astype(np.int32))
