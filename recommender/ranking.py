"""From scores to a list."""

from __future__ import annotations

import numpy as np

from recommender.city import Float32, Int32, Int64


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


def slot_of(next_station: bool) -> str:
    """Which kind of place on the list this is, one of ``answer.SLOTS``."""
    return "next_station" if next_station else "interest"
