"""That no route is better: tolls give a bound, and a tree goes through what the bound leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from recommender.routing.kernel.moments import Moments, moments_of
from recommender.routing.kernel.state import BEST_PRIZE, BEST_TIME, BEST_WORTH, EFFORT, ITERATION, Fixed, Work
from recommender.routing.kernel.tolls import HOPELESS, LOOKED, tighten, tolls_of
from recommender.routing.kernel.tree import AIM, SEEN, Tree, grow, tree_of

# The first turn comes after so many iterations of the search, and whether there is another is asked as often.
EVERY = 150
# Places looked at in a turn, and in all of them at most. The search looks at so many times as many as the proof in all.
TURN, MOST, SHARE = 1_000_000, 20_000_000, 2
# Where no route meets every wish there are tolls under which none is worth anything; they are high.
IMPOSSIBLE = 16.0


class Word(Enum):
    """What a proof says between two batches: go on, it is the search's turn, or there is no better route."""

    ON = auto()
    REST = auto()
    PROVEN = auto()


def proving(fixed: Fixed, work: Work, batch: int) -> Iterator[Word]:
    """Prove that the best route in ``work`` is the best there is, or find a better one, in turns with the search.

    A turn counts as one iteration, so that equal numbers of iterations mean an equal route. After the first turn the
    search looks at as many places before the next one. It ends when it is through, or has looked at too many.

    Parameters
    ----------
    batch : int
        Places looked at between two words.

    Yields
    ------
    Word
    """
    moments = moments_of(fixed)
    if moments is None:
        return
    tolls, tree = tolls_of(fixed, moments), tree_of(fixed, moments)
    while tighten(fixed, moments, tolls, *_aims(fixed, work, moments, tree), batch):
        yield Word.ON
    if tolls.tally[HOPELESS]:
        return
    more = True
    while more and tree.tally[SEEN] < MOST:
        until = tree.tally[SEEN] + TURN
        while more and tree.tally[SEEN] < until:
            more = grow(fixed, work, moments, tolls, tree, min(batch, until - tree.tally[SEEN]))
            if more:
                yield Word.ON
        work.tally[ITERATION] += 1
        yield Word.PROVEN if not more and work.value[BEST_WORTH] >= 0.0 else Word.REST
        while more and SHARE * (tolls.tally[LOOKED] + tree.tally[SEEN]) > work.tally[EFFORT]:
            yield Word.REST


def _aims(fixed: Fixed, work: Work, moments: Moments, tree: Tree) -> tuple[float, float]:
    """What the bound is held against, and what the tolls aim at."""
    prize, time, worth = work.value[BEST_PRIZE], work.value[BEST_TIME], work.value[BEST_WORTH]
    if worth >= 0.0:
        return (float(prize - moments.thrift * time),) * 2
    aim = float(tree.figure[AIM])
    return aim, aim - IMPOSSIBLE * fixed.unmet
