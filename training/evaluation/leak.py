"""Does anything behind the cut know what came after it? Change the future on purpose and see whether the past moves.

A leak is the commonest way in which an evaluation misleads: a popularity that counts next month, a price that was changed later,
a place that is taken *now*. It cannot be seen in a figure, except that the figure is too good. So the future is altered in every
way that the tables allow, and whatever was computed from before the cut must stay the same, byte for byte. And a test that never
rings says nothing: so the same altered future is also handed over as if it were known, and that has to be noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from data.columns import ACTIVITY, AT, LEARNER, SESSION
from data.messages import load
from data.tables import Tables
from recommender.city import Ids

Behind = Callable[[Tables], Mapping[str, Any]]
"""Everything that is computed from before the cut, by name, out of tables that also hold what came after it."""
FUTURES = ("stamps", "newcomers", "no_stamps", "places", "now")
_DAY = 86_400


@dataclass(frozen=True)
class Moved:
    """What changed, and which change of the future did it."""

    future: str
    parts: tuple[str, ...]


def altered(tables: Tables, cut: int, future: str, seed: int) -> Tables:
    """The same city with another future; what was known at the cut is the same.

    Parameters
    ----------
    tables : Tables
    cut : int
        Seconds since 1970 UTC.
    future : str
        ``stamps``: after the cut everybody goes where somebody else went, at other moments, and enjoys what they did not.
        ``newcomers``: everybody ever heard of goes once more, all to the activity that was visited least before the cut.
        ``no_stamps``: nothing happens after the cut. ``places``: sessions that have places are full, and the reverse.
        ``now``: the city's own "now" is a month later. ``all``: stamps, newcomers, places and now together.
    seed : int
        Of who goes where.
    """
    if future == "all":
        for one in ("stamps", "newcomers", "places", "now"):
            tables = altered(tables, cut, one, seed)
        return tables
    if future == "places":
        left = tables.sessions["capacity_left"]
        status = tables.sessions["status"]
        taken = np.where(left.isna(), 0.0, np.where(left > 0, 0.0, 7.0))
        changed = status.map({"full": "scheduled", "scheduled": "full"}).fillna(status)
        return replace(tables, sessions=tables.sessions.assign(capacity_left=taken, status=changed.astype("str")))
    if future == "now":
        as_of = tables.city.as_of
        return replace(tables, city=replace(tables.city, as_of=None if as_of is None else as_of + 30 * _DAY))
    before, after = _parted(tables.stamps, cut)
    if future == "stamps":
        after = _elsewhere(after, np.random.default_rng(seed))
    elif future == "newcomers":
        after = pd.concat([after, _crowd(tables, before, cut)], ignore_index=True)
    elif future == "no_stamps":
        after = after.iloc[:0]
    else:
        raise ValueError(f"future: {future!r} is none of {', '.join(FUTURES)}, all")
    return replace(tables, stamps=pd.concat([before, after], ignore_index=True))


def _parted(stamps: pd.DataFrame, cut: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    late = stamps[AT] >= cut
    return stamps[~late], stamps[late]


def _elsewhere(after: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    mixed = after.iloc[rng.permutation(len(after))]
    changed: dict[str, Any] = {
        ACTIVITY: mixed[ACTIVITY].to_numpy(),
        SESSION: mixed[SESSION].to_numpy(),
        AT: after[AT].to_numpy() + rng.integers(0, _DAY, len(after)),
        "chosen_by": "school",
        "enjoyed": 1.0 - after["enjoyed"].fillna(0.0),
    }
    return after.assign(**changed)


def _crowd(tables: Tables, before: pd.DataFrame, cut: int) -> pd.DataFrame:
    """One stamp more for everybody, all at the activity that was visited least."""
    visits = before[ACTIVITY].value_counts().reindex(tables.activities[ACTIVITY], fill_value=0)
    people = sorted({*tables.passports[LEARNER], *tables.stamps[LEARNER]})
    crowd = tables.stamps.iloc[:0].reindex(range(len(people) if len(visits) else 0))
    if not len(crowd):
        return tables.stamps.iloc[:0]
    new: dict[str, Any] = {
        LEARNER: people,
        ACTIVITY: str(visits.index[int(visits.to_numpy().argmin())]),
        AT: cut + 1 + np.arange(len(people), dtype=np.int64),
        SESSION: "",
        "chosen_by": "self",
        "enjoyed": 1.0,
    }
    return crowd.assign(**new)


def revealed(tables: Tables, cut: int) -> Tables:
    """A planted leak: what came after the cut, dated just before it."""
    stamps = tables.stamps
    early = stamps[AT].where(stamps[AT] < cut, cut - 1)
    return replace(tables, stamps=stamps.assign(**{AT: early}))


def digest_of(value: Any) -> str:
    """A digest of every bit of a value: arrays, sparse matrices, frames, ids, dataclasses, and what is made of them."""
    digest = hashlib.sha256()
    _add(digest, value)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    digest.update(type(value).__name__.encode())
    if isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif sparse.issparse(value):
        _add(digest, [value.shape, *(getattr(value.tocsr(), name) for name in ("indptr", "indices", "data"))])
    elif isinstance(value, pd.DataFrame):
        _add(
            digest,
            {str(name): pd.util.hash_pandas_object(value[name], index=False).to_numpy() for name in value.columns},
        )
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            _add(digest, str(key))
            _add(digest, value[key])
    elif isinstance(value, Ids):
        _add(digest, value.names)
    elif is_dataclass(value):
        _add(digest, {item.name: getattr(value, item.name) for item in fields(value)})
    elif isinstance(value, (str, bytes)):
        digest.update(value.encode() if isinstance(value, str) else value)
    elif isinstance(value, (Sequence, np.ndarray)):
        for one in value:
            _add(digest, one)
    else:
        digest.update(repr(value).encode())


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of what is not the same in both, byte for byte."""
    names = sorted({*one, *other})
    missing = object()
    return tuple(
        name
        for name in names
        if name not in one or name not in other or digest_of(one.get(name, missing)) != digest_of(other[name])
    )


def find_leaks(behind: Behind, tables: Tables, cut: int, seed: int, futures: Sequence[str] = FUTURES) -> list[Moved]:
    """Which changes of the future move anything that was computed from before the cut; none is what is hoped for.

    Parameters
    ----------
    behind : callable
        See ``Behind``; called once with the tables as they are and once for each future.
    tables : Tables
    cut : int
        Seconds since 1970 UTC.
    seed : int
    futures : sequence of str
        See ``altered``; ``("all",)`` asks everything at once, with one call of ``behind``.
    """
    return _leaks(behind, behind(tables), tables, cut, seed, futures)


def _leaks(
    behind: Behind, base: Mapping[str, Any], tables: Tables, cut: int, seed: int, futures: Sequence[str]
) -> list[Moved]:
    moved = []
    for future in futures:
        parts = differing(base, behind(altered(tables, cut, future, seed)))
        if parts:
            moved.append(Moved(future, parts))
    return moved


def leak(behind: Behind, tables: Tables, cut: int, seed: int, futures: Sequence[str] = FUTURES) -> dict[str, Any]:
    """The leak test with its own control, as plain values for the results.

    Parameters
    ----------
    behind, tables, cut, seed, futures
        See ``find_leaks``. ``behind`` is called once more than there are futures, and once for the control.

    Returns
    -------
    dict
        ``futures``; ``moved``: one ``{"future", "parts"}`` for each leak; ``caught``: whether the leak that was planted on
        purpose was noticed (without it the test says nothing); ``passed``: nothing moved, and the planted leak was caught.
    """
    base = behind(tables)
    moved = _leaks(behind, base, tables, cut, seed, futures)
    # With nothing behind the cut there is no future to plant.
    planted = revealed(altered(tables, cut, "newcomers", seed), cut)
    caught = bool(differing(base, behind(planted)))
    return {
        "futures": list(futures),
        "moved": [{"future": one.future, "parts": list(one.parts)} for one in moved],
        "caught": caught,
        "passed": caught and not moved,
    }


def sentence(found: Mapping[str, Any], lang: str) -> str:
    """What a coordinator may read about the leak test.

    Parameters
    ----------
    found : mapping
        From ``leak``.
    lang : str
        ``nl`` or ``en``.
    """
    words = load(lang)
    if found["moved"]:
        parts = ", ".join(dict.fromkeys(part for one in found["moved"] for part in one["parts"]))
        changes = ", ".join(words.text("statistics", f"future_{one['future']}") for one in found["moved"])
        return words.text("statistics", "leak_found", parts=parts, changes=changes)
    return words.text("statistics", "leak_none" if found["caught"] else "leak_blind")
