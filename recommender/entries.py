"""From the places of a list to the entries of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress, product

import numpy as np

from recommender.answer import SLOTS, Reason, Recommendation
from recommender.city import Bool, Catalogue, Float32, Float64, Int32, Int64
from recommender.columns import Records
from recommender.eligibility import UNSURE, Eligible
from recommender.product import compiled
from recommender.ranking import Places
from recommender.scoring import Scored

_NOT_KNOWN = [tuple(compress(UNSURE, flags)) for flags in product((False, True), repeat=len(UNSURE))]
"""What a city does not say, by flags: the first of ``UNSURE`` counts most."""


def entries_of(
    places: Places,
    at: Int64,
    shown: Scored,
    reasons: Sequence[tuple[Reason, ...]],
    parts: Sequence[Mapping[str, float]],
    catalogue: Catalogue,
) -> tuple[Recommendation, ...]:
    """The entries of a list.

    Parameters
    ----------
    at : int64, shape (n,)
        Where each place stands in ``shown``.
    reasons, parts
        One per place.
    """
    can, context = shown.can, shown.context
    unsure = (can.not_known[name] for name in UNSURE)
    numbers, sizes = _looked_up(
        at, can.activities, context.session, context.minutes, shown.total, catalogue.session_columns.records, *unsure
    )
    kinds, not_known = (
        [SLOTS[kind] for kind in places.kind.tolist()],
        [_NOT_KNOWN[flags] for flags in numbers[3].tolist()],
    )
    rows = zip(
        range(1, len(at) + 1), *numbers[:3].tolist(), *sizes.tolist(), kinds, places.probability.tolist(),
        not_known, reasons, parts, strict=True,
    )  # fmt: skip
    return tuple(map(Recommendation._make, rows))


def unsure_of(can: Eligible, positions: Int64) -> list[tuple[str, ...]]:
    """What the city does not say of some of the eligible."""
    flags = zip(*(can.not_known[name][positions].tolist() for name in UNSURE), strict=True)
    return [tuple(compress(UNSURE, row)) for row in flags]


@compiled
def _looked_up(
    at: Int64, rows: Int32, session: Int32, minutes: Float64, total: Float32, held: Records,
    age: Bool, language: Bool, price: Bool, place: Bool,
) -> tuple[Int64, Float64]:  # fmt: skip
    """Activity, session, venue and flags of what is not known; and minutes and score. Shapes (4, n) and (2, n)."""
    numbers, sizes = np.empty((4, len(at)), dtype=np.int64), np.empty((2, len(at)))
    venue = held["venue"]
    for one in range(len(at)):
        own = at[one]
        numbers[0, one], numbers[1, one] = rows[own], session[own]
        numbers[2, one] = venue[session[own]]
        numbers[3, one] = 8 * age[own] + 4 * language[own] + 2 * price[own] + place[own]
        sizes[0, one], sizes[1, one] = minutes[own], total[own]
    return numbers, sizes
