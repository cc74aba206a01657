"""What a coordinator asks about: the moment, the weeks ahead, and what counts as within reach."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.city import MODES, Int32
from recommender.errors import BadInput
from recommender.guarantee import PROMISED, WITHIN_MINUTES
from recommender.passport import Request

BANDS = ((0, 5), (6, 8), (9, 11), (12, 17), (18, 64), (65, 120))
"""Ages in years, both ends included: 6–8 lasts until the ninth birthday."""
WEEK = 7 * 86_400


@dataclass(frozen=True)
class Asked:
    """One coordinator's question, the same for every figure of an answer.

    Attributes
    ----------
    at : int
        Seconds since 1970 UTC.
    weeks : int
        How far ahead a session may lie.
    mode : str
        How people get there.
    minutes : float
        What counts as within reach, one way.
    enough : int
        Fewer activities than this within reach is too few.
    needs : tuple of str
        Access needs that must be met.
    bands : tuple of (int, int)
        Age bands, ascending and apart from one another.

    Raises
    ------
    BadInput
        When a value is outside its range.
    """

    at: int
    weeks: int = 8
    mode: str = "walk"
    minutes: float = WITHIN_MINUTES
    enough: int = PROMISED
    needs: tuple[str, ...] = ()
    bands: tuple[tuple[int, int], ...] = BANDS

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= 104:
            raise BadInput(f"weeks: {self.weeks} is not between 1 and 104")
        if self.mode not in MODES:
            raise BadInput(f"mode: {self.mode!r} is none of {', '.join(MODES)}")
        if not 0 < self.minutes <= 240:
            raise BadInput(f"minutes: {self.minutes} is not between 0 and 240")
        if not 1 <= self.enough <= 100:
            raise BadInput(f"enough: {self.enough} is not between 1 and 100")
        ends = [end for low, high in self.bands for end in (low, high + 0.5)]
        if not ends or ends != sorted(set(ends)):
            raise BadInput(f"bands: {self.bands} are not ages from young to old, apart from one another")

    @property
    def until(self) -> int:
        """The end of the weeks ahead, seconds since 1970 UTC."""
        return self.at + self.weeks * WEEK

    def request(self) -> Request:
        """What the engine is asked when only the window counts."""
        return Request(at=self.at, closes=self.until, count=1, mode=self.mode, access=self.needs, explain=False)

    def anytime(self, candidates: Int32) -> Request:
        """The same for some activities, whenever they take place."""
        return Request(at=self.at, count=1, mode=self.mode, explain=False, candidates=candidates)
