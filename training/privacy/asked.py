"""What a private release asks of its learners: sums in which nobody counts for more than 1, with noise, once.

Everything that such a release knows of people comes from one vector: a few numbers for each learner, clipped so that their
Euclidean norm is at most 1, added up over all learners, with Gaussian noise on every sum. The parts of the vector share the
norm: a part with the share a is scaled by the root of a, so all of them together still move by at most 1 when a learner comes
or goes with all their stamps. That is a single Gaussian mechanism, and nothing has to be composed within a release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.city import Float64, Int32, Int64
from training.config import Privacy
from training.interactions import Interactions
from training.privacy.gaussian import noise_for
from training.privacy.noise import Noise

DAY = 86_400
SHARES: Mapping[str, float] = {"learners": 0.01, "visits": 0.02, "recent": 0.28, "ever": 0.09, "together": 0.60}
"""How the norm is shared: the number of learners and of visits, recent visitors, visitors ever, and co-visits."""
GRID = 2.0**-20
"""Every contribution is cut down to a multiple of this, so the sums are exact, and noise rounded to it is noise first and
rounding after. The last bits of floating-point sums, which may tell what was added (Mironov 2012,
doi:10.1145/2382196.2382264), are gone."""
_A_HAIR = 1 - 1e-9
"""So that a norm of 1 is not a rounding more."""
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Answers:
    """Noisy sums over all learners.

    Attributes
    ----------
    learners, visits : float
        How many have a stamp, and how many activities they visited, each counted once and at most ``cap`` of a learner.
    recent, ever : float64, shape (n_activities,)
        Visitors lately and at any time, each counting for one over the root of how many activities they visited then.
    together : float64, shape (n_columns, n_columns), symmetric
        Co-visits in the space of descriptions: for each learner the products of all pairs of different activities.
    noise : mapping of each of these to float
        Standard deviation of what was added to every number; of ``together`` on the diagonal, elsewhere it is smaller by the
        root of 2.
    """

    learners: float
    visits: float
    recent: Float64
    ever: Float64
    together: Float64
    noise: Mapping[str, float]


def ask(
    stamps: Interactions, points: Float64, moment: int, days: float, settings: Privacy, delta: float, noise: Noise
) -> Answers:
    """Ask once.

    Parameters
    ----------
    points : float64, shape (n_activities, n_columns)
        Where each activity lies in the space of descriptions; made of the catalogue alone.
    moment : int
        Seconds since 1970 UTC: now. Later visits do not count.
    days : float
        How long a visit is recent.
    delta : float
    noise : Noise
        Is drawn from once for every number.
    """
    spread = noise_for(settings.epsilon, delta)
    noises = {name: spread / float(np.sqrt(share)) for name, share in SHARES.items()}
    found: dict[str, Float64] = {
        name: (own + np.rint(noise(len(own)) * (noises[name] / GRID)).astype(np.int64)).astype(np.float64) * GRID
        for name, own in sums(stamps, points, moment, days, settings).items()
    }
    return Answers(
        learners=float(found["learners"][0]),
        visits=float(found["visits"][0]) * settings.cap,
        recent=found["recent"],
        ever=found["ever"],
        together=_square(found["together"], points.shape[1]) * settings.clip,
        noise={
            **noises,
            "visits": noises["visits"] * settings.cap,
            "together": noises["together"] * settings.clip,
        },
    )


def sums(stamps: Interactions, points: Float64, moment: int, days: float, settings: Privacy) -> dict[str, Int64]:
    """What is asked, without noise and in units of the grid: for the noise alone to see.

    Parameters
    ----------
    stamps, points, moment, days, settings
        As for ``ask``.

    Returns
    -------
    dict
        A row of numbers for each of ``SHARES``. Without any one learner each row is nearer than 1 to what it was, by the
        Euclidean norm.
    """
    learner, activity, at = capped(stamps, moment, settings.cap)
    n_activities = len(points)
    recent = at > moment - days * DAY
    return {
        "learners": np.array([len(np.unique(learner)) / GRID]).astype(np.int64),
        "visits": np.array([len(learner) * np.floor(1 / settings.cap / GRID)]).astype(np.int64),
        "recent": _visitors(learner[recent], activity[recent], n_activities),
        "ever": _visitors(learner, activity, n_activities),
        "together": _together(learner, activity, points, settings.clip),
    }


def capped(stamps: Interactions, moment: int, cap: int) -> tuple[Int32, Int32, Int64]:
    """The activities that each learner visited last before a moment, at most ``cap``, each once, by learner.

    What is kept of one learner does not depend on anybody else.

    Returns
    -------
    learner, activity : int32
    at : int64
        Of the last visit.
    """
    past = np.flatnonzero(stamps.at <= moment)
    order = past[np.lexsort((stamps.activity[past], -stamps.at[past], stamps.learner[past]))]
    pairs = stamps.learner[order].astype(np.int64) * stamps.matrix.shape[1] + stamps.activity[order]
    _, first = np.unique(pairs, return_index=True)
    kept = order[np.sort(first)]
    place = np.arange(len(kept)) - np.searchsorted(stamps.learner[kept], stamps.learner[kept])
    kept = kept[place < cap]
    return stamps.learner[kept], stamps.activity[kept], stamps.at[kept]


def _visitors(learner: Int32, activity: Int32, n_activities: int) -> Int64:
    """Visitors of each activity in units of the grid; the norm of one learner's is at most 1."""
    count = np.bincount(learner)[learner]
    weight = np.floor(_A_HAIR / np.sqrt(count) / GRID)
    return np.bincount(activity, weight, minlength=n_activities).astype(np.int64)


def _together(learner: Int32, activity: Int32, points: Float64, clip: float) -> Int64:
    """Co-visits in units of the grid, one triangle of the symmetric matrix as one row.

    Off the diagonal a number stands for two equal ones: times the root of 2 the row has the norm of the matrix.
    """
    width = points.shape[1]
    upper, twice = np.triu_indices(width), _twice(width)
    total = np.zeros(len(twice), dtype=np.int64)
    begins = np.flatnonzero(np.diff(learner, prepend=-1))
    ends = np.append(begins[1:], len(learner))
    for start in range(0, len(begins), _BLOCK):
        first, last = begins[start : start + _BLOCK], ends[start : start + _BLOCK]
        longest = int((last - first).max())
        place = first[:, None] + np.arange(longest)
        there = place < last[:, None]
        own = points[activity[np.where(there, place, 0)]] * there[:, :, None]
        whole = own.sum(axis=1)
        pairs = whole[:, :, None] * whole[:, None, :] - own.transpose(0, 2, 1) @ own
        rows = pairs[:, upper[0], upper[1]] * twice
        norm = np.linalg.norm(rows, axis=1)
        rows *= (_A_HAIR / np.maximum(norm, clip))[:, None]
        total += np.trunc(rows / GRID).astype(np.int64).sum(axis=0)
    return total


def _twice(width: int) -> Float64:
    row, column = np.triu_indices(width)
    found: Float64 = np.where(row == column, 1.0, np.sqrt(2.0))
    return found


def _square(row: NDArray[np.float64], width: int) -> Float64:
    """The symmetric matrix of such a row."""
    square = np.zeros((width, width))
    square[np.triu_indices(width)] = row / _twice(width)
    return square + np.triu(square, 1).T
