"""Which cities an installation has, the largest first: whoever starts with the longest work ends soonest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from data.folder import read_settings
from data.store import Store
from recommender.errors import BadInput
from training.scale.reading import LARGE, is_large

_TWICE = "{} folders have the id {!r}; give each its own in city.toml"


@dataclass(frozen=True)
class Found:
    """A city, where it is, and about how large.

    Attributes
    ----------
    city : str
        Id; the folder's name where its settings cannot be read.
    folder : Path or None
        None for a city in the store.
    size : int
        Stamps in the store, or bytes of the folder: comparable within one installation.
    large : bool
        Whether its stamps are too many to be read at once.
    trouble : str
        Why it cannot be trained at all; ``""`` when nothing is known against it.
    """

    city: str
    folder: Path | None
    size: int
    large: bool = False
    trouble: str = ""


def in_store(store: Store) -> list[Found]:
    """Every city of a store, the largest first."""
    store.check()
    return _largest_first([Found(city, None, stamps, stamps > LARGE) for city, stamps in store.sizes().items()])


def in_folder(path: Path) -> list[Found]:
    """Every folder in a folder that looks like a city, the largest first.

    Two folders that say to be the same city are both refused: their releases would end up as one city's.

    Raises
    ------
    BadInput
        When there is none.
    """
    if not path.is_dir():
        raise BadInput(f"{path}: no such folder")
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir() and any(folder.glob("activities.*")))
    if not folders:
        raise BadInput(
            f"{path}: no folder in it holds activities.csv or activities.parquet; each city has its own folder"
        )
    found = [_found(folder) for folder in folders]
    often = Counter(one.city for one in found)
    return _largest_first(
        [
            one
            if often[one.city] == 1
            else Found(
                f"{one.city} ({one.folder.name})",
                one.folder,
                one.size,
                trouble=_TWICE.format(often[one.city], one.city),
            )
            for one in found
            if one.folder is not None
        ]
    )


def _found(folder: Path) -> Found:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    try:
        return Found(read_settings(folder).id, folder, size, is_large(folder))
    except BadInput as error:
        return Found(folder.name, folder, size, trouble=f"{folder}: {error}")


def _largest_first(found: list[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (-one.size, one.city))
