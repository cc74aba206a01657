"""From scores to a list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recommender.city import Float32, Int32, Int64


class Slot(NamedTuple):
    """One place of a list.

    Attributes
    ----------
    position : int
        Among the eligible.
    kind : str
        One of ``answer.SLOTS``.
    probability : float
        The exact chance with which this activity got this place.
    session : int or None
        Place among ``Eligible.sessions`` of the session to show instead of the best one.
    """

    position: int
    kind: str = "interest"
    probability: float = 1.0
    session: int | None = None


def top(scores: Float32, rows: Int32, count: int) -> Int64:
    """Positions of the ``count`` highest scores, best first; of equal scores the lower row first.

    Parameters
    ----------
    scores : float32, shape (n,)
    rows : int32, shape (n,)
        Activity rows, which break ties, so that equal input gives an equal list.

    Returns
    -------
    int64, shape (min(count, n),)
    """
    if count < len(scores):
        least = -np.partition(-scores, count - 1)[count - 1]
        kept = np.flatnonzero(scores >= least)
    else:
        kept = np.arange(len(scores))
    order = np.lexsort((rows[kept], -scores[kept]))[:count]
    return kept[order]
