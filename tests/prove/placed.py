"""Puts a city where a service finds it: its tables in a store, its releases in a home."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.home import Home
from data.store import Store
from data.tables import Tables
from recommender.release import Release, save_release


def put_city(path: Path, tables: Tables, release: Release, names: Sequence[str], url: str = "") -> Home:
    """A home with a city in its store, and one release under several names, of which the last is in service.

    Parameters
    ----------
    url : str
        Address of the store; ``""`` for the embedded one.
    """
    home = Home(path)
    with Store(url or home.store_url) as store:
        store.create()
        store.save(tables)
    for name in names:
        save_release(release, home.releases(tables.city.id), name=name)
        home.point(tables.city.id, name)
    return home
