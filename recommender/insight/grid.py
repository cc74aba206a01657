"""Everybody in one table of areas and age bands, with thin cells joined once for all questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.city import Bool, Float64, Int32, Int64
from recommender.insight.cases import Cases
from recommender.insight.cells import HIDDEN_BELOW, MERGED_BELOW, flocks, together
from recommender.insight.people import bands_of
from recommender.travel import great_circle_km

_APART = 1e9


@dataclass(frozen=True, eq=False)
class Grid:
    """Who belongs together.

    Attributes
    ----------
    cell : int64, shape (n_people,)
        ``area * n_bands + band``; -1 for whom nothing is claimed, or outside all bands.
    counts : int64, shape (n_areas, n_bands)
    group : int32, shape (n_areas, n_bands)
        Groups of 30 and more, -1 where there are fewer than ten people in all.
    own_group, flock : int32, shape (n_people,)
        Each one's group, and lasting flock of ten neighbours or more; -1 where ``cell`` is.
    """

    cell: Int64
    counts: Int64
    group: Int32
    own_group: Int32
    flock: Int32

    @property
    def n_groups(self) -> int:
        return int(self.group.max(initial=-1)) + 1

    def where(self, group: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Areas and bands in which a group's people are; those without anybody are left out."""
        area, band = np.nonzero((self.group == group) & (self.counts > 0))
        return tuple(np.unique(area).tolist()), tuple(np.unique(band).tolist())

    def sets(self) -> Int64:
        """Which areas are joined: for each group the number of its set of areas, in the order of the areas."""
        found = np.full(self.n_groups, -1, dtype=np.int64)
        number = 0
        for row in range(len(self.group)):
            own = np.unique(self.group[row])
            own = own[own >= 0]
            if len(own) and found[own[0]] < 0:
                found[own] = number
                number += 1
        return found

    def people(self, area: int, band: int) -> Bool:
        """Who is in one cell. Shape (n_people,)."""
        inside: Bool = self.cell == area * self.counts.shape[1] + band
        return inside


def grid_of(cases: Cases) -> Grid:
    """Put everybody for whom something is claimed into the table."""
    people, n_bands = cases.people, len(cases.asked.bands)
    band = bands_of(people, cases.asked.bands)
    there = (cases.of >= 0) & (band >= 0)
    cell = np.where(there, people.area.astype(np.int64) * n_bands + band, -1)
    shape = (len(people.areas), n_bands)
    counts = np.bincount(cell[there], minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)
    far = _between_areas(cases)
    group, block = together(counts, MERGED_BELOW, far), together(counts, HIDDEN_BELOW, far)

    def own(labels: Int32) -> Int32:
        found = np.full(len(people), -1, dtype=np.int32)
        found[there] = labels.ravel()[cell[there]]
        return found

    # People of one year first, then neighbours: what is offered is for an age before it is for a street.
    years = np.nan_to_num(np.floor(people.age_low)).astype(np.int64)
    home = np.where(there, cases.home[cases.of], 0) if len(cases) else np.zeros(len(people), dtype=np.int64)
    order = years * 1_000_000 + home
    return Grid(cell, counts, group, own(group), flocks(own(block), order))


def _between_areas(cases: Cases) -> Float64:
    """Kilometres between the middles of areas; one where nobody's home is known is far from everything."""
    people = cases.people
    middle = np.full((len(people.areas), 2), np.nan)
    for area in range(len(people.areas)):
        homes = (people.area == area) & (cases.of >= 0)
        if homes.any():
            middle[area] = people.lat[homes].mean(), people.lon[homes].mean()
    lat, lon = middle.T
    far = great_circle_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    return np.where(np.isnan(far), _APART, far)
