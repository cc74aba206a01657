"""That no route is better, or that there is none: tolls give a bound, and a tree goes through what the bound leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from math import log10

from recommender.routing.kernel.moments import Moments, moments_of
from recommender.routing.kernel.state import BEST_PRIZE, BEST_TIME, BEST_WORTH, EFFORT, ITERATION, Fixed, Work
from recommender.routing.kernel.tighten import tighten
from recommender.routing.kernel.tolls import FAR, LOOKED, tolls_of
from recommender.routing.kernel.tree import AIM, SEEN, Tree, grow, through, tree_of

# The first turn comes after so many iterations of the search, and whether there is another is asked as often.
EVERY = 150
# Places looked at in a turn. Before the next one the search looks at so many times as many as the proof in all, at most: less
# the more of the tree is done, down to nothing, by a fifth for every power of ten.
TURN, MOST_SHARE, LESS = 500_000, 8.0, 0.2
# After so many places it is left alone, unless this much of the tree is done.
MOST, DONE = 10_000_000, 1e-3
# Where no route meets every wish there are tolls under which none is worth anything; they are high.
IMPOSSIBLE = 16.0


# Nothing done counts as this.
TINY = 1e-300


class Word(Enum):
    """What a proof says between two batches: go on, it is the search's turn, there is no better route, or none at all."""

    ON = auto()
    REST = auto()
    PROVEN = auto()
    IMPOSSIBLE = auto()


def proving(fixed: Fixed, work: Work, batch: int) -> Iterator[Word]:
    """Prove that the best route in ``work`` is the best there is, or find a better one, in turns with the search.

    A turn counts as one iteration, so that equal numbers of iterations mean an equal route.

    Parameters
    ----------
    batch : int
        Places looked at between two words.

    Yields
    ------
    Word
        The last one is ``PROVEN``, or ``IMPOSSIBLE`` when no route meets every wish; there is none where the problem is too large for it.
    """
    moments = moments_of(fixed)
    if moments is None:
        return
    tolls, tree = tolls_of(fixed, moments), tree_of(fixed, moments)

    def ahead(share: float) -> bool:
        return bool(share * (tolls.tally[LOOKED] + tree.tally[SEEN]) > work.tally[EFFORT])

    while tighten(fixed, moments, tolls, *_aims(fixed, work, moments, tree), batch):
        yield Word.ON
        while tolls.tally[FAR] and ahead(MOST_SHARE):
            yield Word.REST
    more = True
    while more:
        until = tree.tally[SEEN] + TURN
        while more and tree.tally[SEEN] < until:
            more = grow(fixed, work, moments, tolls, tree, min(batch, until - tree.tally[SEEN]))
            if more:
                yield Word.ON
        work.tally[ITERATION] += 1
        done = through(tree)
        if more and tree.tally[SEEN] > MOST and done < DONE:
            return
        share = min(-LESS * log10(max(done, TINY)), MOST_SHARE)
        while more and ahead(share):
            yield Word.REST
    yield Word.PROVEN if work.value[BEST_WORTH] >= 0.0 else Word.IMPOSSIBLE


def _aims(fixed: Fixed, work: Work, moments: Moments, tree: Tree) -> tuple[float, float]:
    """What the bound is held against, and what the tolls aim at."""
    prize, time, worth = work.value[BEST_PRIZE], work.value[BEST_TIME], work.value[BEST_WORTH]
    if worth >= 0.0:
        return (float(prize - moments.thrift * time),) * 2
    aim = float(tree.figure[AIM])
    return aim, aim - IMPOSSIBLE * fixed.unmet
