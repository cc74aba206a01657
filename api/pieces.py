"""What lists are put together from: finished JSON, written once for all lists of one language."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")

PLACES, VENUES, REASONS, FEW = 12_288, 4096, 40_960, 256
"""How many are kept for one language of one city, however large it is: about eleven megabytes, one, ten, and next to nothing,
where descriptions are a few sentences."""


class Kept(dict[Name, Value]):
    """What was made before, with room for some: a full one lets go of the half that was made first.

    Parameters
    ----------
    most : int
        What it has room for.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, name: Name, value: Value) -> Value:
        """Take in one more, and return it."""
        if len(self) >= self._most:
            for first in list(islice(self, -(-self._most // 2))):
                del self[first]
        self[name] = value
        return value


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of one catalogue in one language; nothing of whoever asked is in any of them.

    Attributes
    ----------
    places : Kept
        By row of a session: the activity, the session and the venue, as they stand in an entry of a list.
    venues : Kept
        By row of a venue.
    reasons : Kept
        By all that a reason says but its gain, with minutes in whole ones: where there are any, ``%b`` keeps their place.
    sayings : Kept
        By code of a reason that speaks of an activity alone: the whole of it, with ``%(id)b`` and ``%(title)b``
        in the place of that, and how many words that may have.
    steps : Kept
        By step of the funnel, with ``%d`` for the two counts.
    slots : Kept
        By slot, probability and what is not known: these three, as they stand in an entry.
    """

    places: Kept[int, bytes] = field(default_factory=lambda: Kept(PLACES))
    venues: Kept[int, bytes] = field(default_factory=lambda: Kept(VENUES))
    reasons: Kept[tuple[object, ...], bytes] = field(default_factory=lambda: Kept(REASONS))
    sayings: Kept[str, tuple[bytes, int]] = field(default_factory=lambda: Kept(FEW))
    steps: Kept[str, bytes] = field(default_factory=lambda: Kept(FEW))
    slots: Kept[tuple[object, ...], bytes] = field(default_factory=lambda: Kept(FEW))


def by_language() -> Callable[[str], Pieces]:
    """No pieces yet, for every language there is."""
    return lru_cache(maxsize=8)(lambda lang: Pieces())
