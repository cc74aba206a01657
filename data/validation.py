"""Rows of one table judged one by one: what can be used is kept, the rest goes to quarantine and says why.

A row is rejected when a required value is missing, a value is not what its column expects, or values contradict
each other. An optional reference to something that does not exist costs only that reference: the row is kept without
it, and quarantine gets a line that says so. Every problem has its own line, so one row may have several.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.columns import Column, Table
from data.tables import QUARANTINE_COLUMNS, dtype_of
from data.values import READERS, by_distinct, expected
from recommender.city import Bool

HOME = ("home_lat", "home_lon")
KEPT_WITHOUT = "; the row is kept without it"
SWAPPED = "latitude and longitude look swapped"
_HINTS = {"lat": "; were latitude and longitude swapped?"}
_FAR_KM, _NEAR_KM, _KM_PER_DEGREE = 500.0, 100.0, 111.2


class _Problems:
    """What was found wrong so far: which rows, in which field, and what was expected there."""

    def __init__(self, raw: pd.DataFrame, source: str) -> None:
        self.raw = raw
        self.source = source
        self.rejected = np.zeros(len(raw), dtype=np.bool_)
        self._found: list[tuple[NDArray[np.intp], str, str]] = []

    def add(self, bad: Bool, field: str, what: str, reject: bool = True) -> None:
        if bad.any():
            self._found.append((np.flatnonzero(bad), field, what))
            if reject:
                self.rejected |= bad

    def frame(self, lines: NDArray[np.int64]) -> pd.DataFrame:
        if not self._found:
            return pd.DataFrame({name: pd.Series(dtype="str") for name in QUARANTINE_COLUMNS})
        rows = np.concatenate([found for found, _, _ in self._found])
        concerned, place = np.unique(rows, return_inverse=True)
        names = [str(name) for name in self.raw.columns]
        cells = zip(*(self.raw[name].iloc[concerned].tolist() for name in names), strict=True)
        records = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in cells]
        parts = [
            pd.DataFrame({"field": field, "value": self.raw[field].iloc[found].to_numpy(), "expected": what})
            for found, field, what in self._found
        ]
        frame = pd.concat(parts, ignore_index=True)
        frame["source"] = self.source
        frame["row"] = lines[rows]
        frame["record"] = np.array(records, dtype=object)[place]
        frame = frame.sort_values("row", kind="stable", ignore_index=True)
        return frame[list(QUARANTINE_COLUMNS)].astype("str")


def as_texts(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The table's columns as stripped text, ``""`` where missing; more languages stay for an open-ended table."""
    names = list(table.names)
    if table.open_ended:
        names += [name for name in frame.columns if name not in names]
    nothing = pd.Series("", index=frame.index, dtype="str")
    texts = {name: frame[name].fillna("").astype("str").str.strip() if name in frame else nothing for name in names}
    return pd.DataFrame(texts).reset_index(drop=True)


def _point_names(table: Table) -> tuple[str, str] | None:
    kinds = {column.kind: column.name for column in table.columns}
    return (kinds["lat"], kinds["lon"]) if "lat" in kinds else None


def _without_address(raw: pd.DataFrame) -> pd.DataFrame:
    """Homes cut to 0.01°: a quarantine line must not know better than a passport where somebody lives."""
    homes = {name: raw[name].str.replace(r"(\.\d\d)\d+", r"\1", regex=True) for name in HOME if name in raw}
    return raw.assign(**homes)


def _km(lat: NDArray[np.float64], lon: NDArray[np.float64], centre: tuple[float, float]) -> NDArray[np.float64]:
    """Distance to a point on a flat map: good enough to tell 100 from 500 km."""
    east = (lon - centre[1] + 180) % 360 - 180
    km: NDArray[np.float64] = _KM_PER_DEGREE * np.hypot(lat - centre[0], east * np.cos(np.radians(centre[0])))
    return km


def centre_of(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> tuple[float, float] | None:
    """The median point (degrees), or None where fewer than three points are known or most are not near it."""
    known = ~(np.isnan(lat) | np.isnan(lon))
    if known.sum() < 3:
        return None
    centre = float(np.median(lat[known])), float(np.median(lon[known]))
    return centre if (_km(lat[known], lon[known], centre) < _NEAR_KM).mean() > 0.5 else None


def _check_points(
    table: Table, kept: dict[str, pd.Series], problems: _Problems, centre: tuple[float, float] | None
) -> None:
    names = _point_names(table)
    if names is None:
        return
    lat_name, lon_name = names
    no_lat, no_lon = (problems.raw[name] == "" for name in names)
    problems.add((no_lat & ~no_lon).to_numpy(np.bool_), lat_name, "latitude and longitude both, or neither")
    problems.add((no_lon & ~no_lat).to_numpy(np.bool_), lon_name, "latitude and longitude both, or neither")
    lat, lon = kept[lat_name].to_numpy(np.float64), kept[lon_name].to_numpy(np.float64)
    centre = centre or centre_of(lat, lon)
    if centre is not None:
        swapped = (_km(lat, lon, centre) > _FAR_KM) & (_km(lon, lat, centre) < _NEAR_KM)
        problems.add(swapped, lat_name, f"{SWAPPED}: a point near the city's other places")


def _check_order(table: Table, kept: dict[str, pd.Series], problems: _Problems, as_of: int | None) -> None:
    if table.name == "activities":
        bad = (kept["age_min"] > kept["age_max"]).to_numpy(np.bool_)
        problems.add(bad, "age_min", "at most age_max")
    if table.name == "sessions":
        both = (problems.raw["start"] != "") & (problems.raw["end"] != "") & ~problems.rejected
        problems.add((both & (kept["end"] < kept["start"])).to_numpy(np.bool_), "end", "a time not before the start")
    if table.name == "stamps" and as_of is not None:
        limit = np.datetime_as_string(np.datetime64(as_of, "s"))
        problems.add((kept["at"] > as_of).to_numpy(np.bool_), "at", f"not from the future: at most {limit}Z")


def _check_reference(
    column: Column, kept: dict[str, pd.Series], problems: _Problems, known: Mapping[str, AbstractSet[str]]
) -> None:
    """Blank what points at nothing. A table that the city does not have is not held against a row."""
    if not isinstance(column.of, str) or column.of not in known or column.kind not in ("ref", "list", "weights"):
        return
    names = known[column.of]
    values = kept[column.name]
    several, weighted = column.kind != "ref", column.kind == "weights"

    def usable(text: str) -> str:
        parts = text.split(";") if several else [text]
        return ";".join(part for part in parts if (part.partition(":")[0] if weighted else part) in names)

    left, _ = by_distinct(values, usable)
    lost = (left != values).to_numpy(np.bool_)
    what = expected(column)
    if column.required:
        problems.add(lost, column.name, what)
    else:
        problems.add(lost & ~problems.rejected, column.name, what + KEPT_WITHOUT, reject=False)
        kept[column.name] = left


def _check_circles(kept: dict[str, pd.Series], problems: _Problems, key: str) -> None:
    """Blank a broader theme that leads back to the theme itself."""
    names = kept[key].tolist()
    parent = dict(zip(names, kept["parent"].tolist(), strict=True))
    circle = np.zeros(len(names), dtype=np.bool_)
    for row, name in enumerate(names):
        above, seen = parent[name], set()
        while above and above != name and above not in seen:
            seen.add(above)
            above = parent.get(above, "")
        if above == name:
            circle[row] = True
            parent[name] = ""
    problems.add(circle & ~problems.rejected, "parent", "a broader theme, not a circle" + KEPT_WITHOUT, reject=False)
    kept["parent"] = kept["parent"].where(~circle, "")


def validate(
    table: Table,
    frame: pd.DataFrame,
    source: str,
    known: Mapping[str, AbstractSet[str]],
    as_of: int | None = None,
    *,
    lines: NDArray[np.int64] | None = None,
    centre: tuple[float, float] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the rows of one table into usable ones and quarantine.

    Parameters
    ----------
    table : Table
        What the columns mean.
    frame : DataFrame of str
        As read: a column that is not there counts as "not known" in every row.
    source : str
        File name, for quarantine.
    known : mapping of table name to set of ids
        What a reference may point at. A table that is not in it is not checked.
    as_of : int or None
        "Now" in seconds since 1970 UTC: a stamp after it is from the future. None: any time will do.
    lines : int64, shape (n_rows,), or None
        Line of each row in its file. None: one line each, below a header.
    centre : (lat, lon) in degrees, or None
        Middle of the city, to notice swapped coordinates. None: the middle of this table's own points.

    Returns
    -------
    kept : DataFrame
        Canonical values (see ``data.tables``), in the order of the file.
    rejected : DataFrame
        Quarantine lines, in the order of the file.
    """
    texts = as_texts(table, frame)
    problems = _Problems(_without_address(texts), source)
    kept: dict[str, pd.Series] = {}
    for column in table.columns:
        kept[column.name], bad = READERS[column.kind](column, texts[column.name])
        told = expected(column) + _HINTS.get(column.kind, "")
        # Hours that nobody can read are not known; the venue is there all the same.
        optional = column.kind == "hours"
        problems.add(bad, column.name, told + (KEPT_WITHOUT if optional else ""), reject=not optional)
        if column.required:
            problems.add((texts[column.name] == "").to_numpy(np.bool_), column.name, f"a value: {column.help}")
    _check_points(table, kept, problems, centre)
    _check_order(table, kept, problems, as_of)

    if any(column.of == table.name for column in table.columns):
        known = {**known, table.name: set(kept[table.key[0]][~problems.rejected])}
    for column in table.columns:
        _check_reference(column, kept, problems, known)
    twice = np.zeros(len(texts), dtype=np.bool_)
    twice[~problems.rejected] = pd.DataFrame(kept)[list(table.key)][~problems.rejected].duplicated().to_numpy()
    problems.add(twice, table.key[0], f"{' and '.join(table.key)} only once; the first row is kept")
    if "parent" in kept:
        _check_circles(kept, problems, table.key[0])

    more = {name: texts[name] for name in texts.columns if name not in kept}
    result = pd.DataFrame({**kept, **more})[~problems.rejected].reset_index(drop=True)
    result = result.astype({column.name: dtype_of(column) for column in table.columns})
    lines = np.arange(2, len(texts) + 2) if lines is None else lines
    return result, problems.frame(lines)
