"""What can be set in a simulated city, with its defaults; every value is checked at birth."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from recommender.errors import BadConfig


def _check(name: str, value: object, low: float, high: float, whole: bool = False) -> None:
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not (isinstance(value, (int, float)) and number and math.isfinite(value) and low <= value <= high):
        kind = "a whole number" if whole else "a number"
        raise BadConfig(f"{name}: {value!r} is not {kind} from {low:g} to {high:g}")


@dataclass(frozen=True)
class Coefficients:
    """The planted truth of every choice, in units of the conditional logit's noise.

    Attributes
    ----------
    interest : float
        Per unit of latent interest in the activity's themes.
    travel : float
        Per ten minutes, times the learner's own ``travel_weight``.
    price : float
        Per five euros, times the learner's own ``price_weight``.
    age : float
        Per unit of misfit: 1 at an end of the activity's age range, 0 from a year and a half inside it.
    hour : float
        Per unit of the learner's taste for that part of the week.
    popularity : float
        Per unit of log(1 + sign-ups in the last 30 days).
    next_station : float
        When the station before it on a line was visited.
    again : float
        When the activity was visited before.
    nothing : float
        Utility of choosing nothing of what was seen.
    family_interest : float
        Share of the interest that counts when the family chooses.
    shows_up, shows_up_travel : float
        Log-odds of turning up: a constant, and per ten minutes.
    enjoys, enjoys_interest, enjoys_quality : float
        Log-odds of enjoying the visit: a constant, per unit of interest, per unit of hidden quality.
    """

    interest: float = 1.5
    travel: float = -0.5
    price: float = -0.3
    age: float = -0.4
    hour: float = 0.5
    popularity: float = 0.15
    next_station: float = 1.0
    again: float = -1.5
    nothing: float = 1.0
    family_interest: float = 0.6
    shows_up: float = 2.2
    shows_up_travel: float = -0.25
    enjoys: float = 0.2
    enjoys_interest: float = 1.0
    enjoys_quality: float = 1.0

    def __post_init__(self) -> None:
        for item in fields(self):
            _check(f"coefficients.{item.name}", getattr(self, item.name), -10, 10)


DESERTS = ("age", "price", "near")


@dataclass(frozen=True)
class SimulationConfig:
    """A simulated learning city.

    Attributes
    ----------
    seed : int
    learners : int
    venues, areas, lines : int
        How many of the invented town's venues, neighbourhoods and learning lines there are.
    seasons : int
        The last one is under way at ``as_of``.
    activities_per_season : int
    returning_share : float
        Part of a season's activities that also ran in the season before, line stations included.
    first_season : str
        Year and month in which the first season starts: month 3, 6, 9 or 12.
    as_of_share : float
        How much of the last season has passed at ``as_of``.
    lat, lon : float
        Middle of the town, degrees.
    looks : float
        Median number of times a learner looks for something to do in a year.
    looks_spread : float
        Standard deviation of its logarithm.
    horizon_days : int
        How far ahead people look.
    seen : float
        How many sessions somebody sees at one look, on average.
    school_trips : float
        Chance that a class goes somewhere in a season.
    unknown_share : float
        Part of the activities whose age, price or themes the tables leave out.
    interests_spread : bool
        An enjoyed visit wakes interest in a neighbouring theme.
    exposure_bias : bool
        People see popular and nearby sessions more often; else all alike.
    group_gap : bool
        Poor neighbourhoods feel travel and price more and look less often, and one is a desert for children of 6 to 11.
    desert : str
        What makes it one, of ``DESERTS``: nothing there is for their ``age``, all that is for them has a ``price``, or
        nothing at all is ``near``.
    drift : bool
        Interests change from season to season.
    fashion : bool
        Each season everybody likes one theme a little more than the season before, and another a little less.
    coefficients : Coefficients
    """

    seed: int = 1
    learners: int = 2000
    venues: int = 28
    areas: int = 8
    lines: int = 7
    seasons: int = 4
    activities_per_season: int = 250
    returning_share: float = 0.25
    first_season: str = "2025-06"
    as_of_share: float = 0.5
    lat: float = 51.77
    lon: float = 5.53
    looks: float = 20.0
    looks_spread: float = 0.55
    horizon_days: int = 21
    seen: float = 12.0
    school_trips: float = 0.4
    unknown_share: float = 0.03
    interests_spread: bool = True
    exposure_bias: bool = True
    group_gap: bool = True
    desert: str = "age"
    drift: bool = True
    fashion: bool = False
    coefficients: Coefficients = field(default_factory=Coefficients)

    def __post_init__(self) -> None:
        _check("seed", self.seed, 0, 2**32, whole=True)
        _check("learners", self.learners, 1, 5_000_000, whole=True)
        _check("venues", self.venues, 7, 36, whole=True)
        _check("areas", self.areas, 6, 10, whole=True)
        _check("lines", self.lines, 0, 7, whole=True)
        _check("seasons", self.seasons, 1, 40, whole=True)
        _check("activities_per_season", self.activities_per_season, 40, 20_000, whole=True)
        _check("returning_share", self.returning_share, 0, 0.9)
        _check("as_of_share", self.as_of_share, 0.1, 0.9)
        _check("lat", self.lat, -66, 66)
        _check("lon", self.lon, -180, 180)
        _check("looks", self.looks, 0, 1000)
        _check("looks_spread", self.looks_spread, 0, 3)
        _check("horizon_days", self.horizon_days, 1, 120, whole=True)
        _check("seen", self.seen, 1, 1000)
        _check("school_trips", self.school_trips, 0, 1)
        _check("unknown_share", self.unknown_share, 0, 1)
        for name in ("interests_spread", "exposure_bias", "group_gap", "drift", "fashion"):
            if not isinstance(getattr(self, name), bool):
                raise BadConfig(f"{name}: {getattr(self, name)!r} is neither true nor false")
        if self.desert not in DESERTS:
            raise BadConfig(f"desert: {self.desert!r} is none of {', '.join(DESERTS)}")
        year, _, month = str(self.first_season).partition("-")
        if not (year.isdigit() and 1970 < int(year) < 2200 and month in ("03", "06", "09", "12")):
            raise BadConfig(f"first_season: {self.first_season!r} is not a year and month 03, 06, 09 or 12: 2025-06")
        if not isinstance(self.coefficients, Coefficients):
            raise BadConfig(f"coefficients: {self.coefficients!r} is not a table of coefficients")


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "town": {},
    "small": {"learners": 200, "venues": 12, "areas": 6, "lines": 4, "activities_per_season": 60, "looks": 26.0},
}


def preset(name: str) -> SimulationConfig:
    """The configuration behind a preset's name; raises ``BadConfig`` when there is none."""
    if name not in PRESETS:
        raise BadConfig(f"preset: {name!r} is none of {', '.join(PRESETS)}")
    return SimulationConfig(**PRESETS[name])


def _known(given: Mapping[str, Any], of: type[SimulationConfig] | type[Coefficients], where: str, source: str) -> None:
    names = [item.name for item in fields(of)]
    for key in given:
        if key not in names:
            raise BadConfig(f"{source}: no setting {where}{key!r}; there are {', '.join(names)}")


def parse_config(text: str, base: SimulationConfig | None = None, source: str = "config") -> SimulationConfig:
    """A configuration from TOML; what the text leaves out comes from ``base``, or from the defaults.

    Raises
    ------
    BadConfig
        Naming the field, its value and its range.
    """
    base = base or SimulationConfig()
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{source}: not TOML: {error}") from None
    _known(given, SimulationConfig, "", source)
    chosen = given.pop("coefficients", {})
    if not isinstance(chosen, Mapping):
        raise BadConfig(f"{source}: coefficients: {chosen!r} is not a table; write [coefficients] above them")
    _known(chosen, Coefficients, "coefficients.", source)
    return replace(base, coefficients=replace(base.coefficients, **chosen), **given)


def load_simulation_config(path: Path | None, base: SimulationConfig | None = None) -> SimulationConfig:
    """``parse_config`` of a file; without one, ``base`` or the defaults."""
    if path is None:
        return base or SimulationConfig()
    return parse_config(Path(path).read_text(encoding="utf-8"), base, str(path))
