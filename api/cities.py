"""Which cities an installation serves."""

from __future__ import annotations

from collections.abc import Sequence

from data.store import Store
from recommender.errors import BadConfig


def cities_to_serve(wanted: str, demo: bool, store: Store) -> Sequence[str]:
    """Ids of the cities that this installation serves.

    Raises
    ------
    BadInput
        When there is none, or the one wanted is not there.
    BadConfig
        When it is not clear which one, or demo mode would serve a city of its own.
    """
    store.check()
    names = (wanted,) if wanted else store.cities()
    if not names:
        raise BadConfig("the store holds no city yet: load one first")
    settings = [store.settings(name) for name in names]
    if demo:
        if len(names) > 1:
            raise BadConfig(f"the store holds several cities; choose one with --city: {', '.join(names)}")
        if settings[0].origin not in ("sample", "simulated"):
            raise BadConfig(
                f"{names[0]!r} is a city of its own, with real people in it; demo mode needs no key and serves only "
                "sample and simulated cities: use --mode keys"
            )
    return names
