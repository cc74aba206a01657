"""When venues are open, as plain intervals: `data/` reads them from opening hours, for the days that are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.city import Bool, Int32, Int64
from recommender.errors import BadInput


@dataclass(frozen=True, eq=False)
class OpenHours:
    """The intervals in which venues are open.

    Attributes
    ----------
    venue : int32, shape (n_intervals,)
        Rows of the catalogue, ascending.
    opens, closes : int64, shape (n_intervals,)
        Seconds since 1970 UTC, ascending within a venue; intervals of one venue do not overlap.
    known : bool, shape (n_venues,)
        Whether a venue's hours are known. A known venue without an interval is closed on the asked days; one that
        is not known may be open or not.

    Raises
    ------
    BadInput
        When shapes do not fit, an interval ends before it starts, or belongs to a venue whose hours are not known.
    """

    venue: Int32
    opens: Int64
    closes: Int64
    known: Bool

    def __post_init__(self) -> None:
        if not len(self.venue) == len(self.opens) == len(self.closes):
            raise BadInput("opening hours: every interval needs a venue, a start and an end")
        if (self.closes <= self.opens).any():
            raise BadInput("opening hours: an interval ends before it starts")
        if len(self.venue) and not (self.venue.min() >= 0 and self.venue.max() < len(self.known)):
            raise BadInput("opening hours: an interval is of no venue of the catalogue")
        if not self.known[self.venue].all():
            raise BadInput("opening hours: an interval is of a venue whose hours are not known")
