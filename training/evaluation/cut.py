"""One global time cut: what was known before it, who is tested after it, on what, at which moment.

Leave-one-out lets a model see the future and reverses the winner; a global cut does not (SCIENCE.md §2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.columns import ACTIVITY, AT, LEARNER
from data.tables import Tables
from data.translate import rows_of
from recommender.city import UNKNOWN, Bool, Catalogue, Ids, Int32, Int64
from recommender.errors import BadInput

DAY = 86_400


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
