"""A simulated town in which one neighbourhood has nothing for its children, measured and in service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from data.home import Home
from data.simulation import SimulationConfig, simulate
from data.store import Store
from recommender.release import save_release
from training.config import Config
from training.fit import fit
from training.opportunity import opportunity

FIRST, SECOND = "20260401T080000Z-one", "20260410T080000Z-two"


@dataclass(frozen=True)
class Town:
    """A home with a town in it, and what the simulator planted there."""

    home: Home
    city: str
    planted: Mapping[str, object]

    @property
    def desert(self) -> str:
        """The neighbourhood that has nothing for its children."""
        (area,) = self.planted["desert_areas"]  # type: ignore[misc]
        return str(area)


def settle_town(home: Home, learners: int = 1200, expected: bool = False) -> Town:
    """Simulate a town, train it, and leave its figures where the desk finds them.

    Parameters
    ----------
    expected : bool
        Whether suggestions say how many visits they would bring; that takes longer.
    """
    made = simulate(SimulationConfig(seed=3, learners=learners, seasons=2, activities_per_season=90))
    tables, city = made.tables, made.tables.city
    release = fit(tables, Config())
    with Store(home.store_url) as store:
        store.create()
        store.save(tables)
    for name in (FIRST, SECOND):
        save_release(release, home.releases(city.id), name=name)
        home.point(city.id, name)
    assert city.as_of is not None
    figures = opportunity(tables, Config(), release if expected else None, int(city.as_of))
    home.reports(city.id).mkdir(parents=True)
    (home.reports(city.id) / "opportunity.json").write_text(json.dumps(figures), "utf-8")
    return Town(home, city.id, made.truth.planted)
