"""Who lives in the simulated city: homes, ages, tastes, and what they are curious about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.simulation.config import SimulationConfig
from data.simulation.places import KM_PER_DEGREE
from data.simulation.streams import stream
from recommender.city import Bool, Float64, Int32, Int64

YEAR = 365.25 * 86400
HOME_DECIMALS = 2
_AGES = ((3.0, 13.0, 0.66), (13.0, 18.0, 0.13), (18.0, 60.0, 0.14), (60.0, 88.0, 0.07))
_TONGUES = ("tr", "ar", "pl", "uk", "en")
_POOR_TRAVEL, _POOR_PRICE, _POOR_LOOKS = 1.7, 2.0, 0.7
KEPT = 0.93
"""Correlation of interests from one season to the next, where they drift."""
FASHION = 0.4
"""By how much everybody likes the theme in fashion more each season, and the one out of fashion less."""
GAP = {"travel_factor": _POOR_TRAVEL, "price_factor": _POOR_PRICE, "looks_factor": _POOR_LOOKS}


@dataclass(frozen=True)
class Hood:
    """Where people live: a point, how far they spread around it in kilometres, their share, and whether it is poor."""

    name: str
    lat: float
    lon: float
    spread: float
    share: float
    poor: bool


@dataclass(frozen=True, eq=False)
class People:
    """Learners as arrays, one row each.

    Attributes
    ----------
    ids : tuple of str
    age : float64
        Years at ``as_of``.
    lat, lon : float64, degrees
        Everybody lives at the middle of a cell of 0.01°, so tables and truth agree on the home.
    area : int32
        Row of the neighbourhood in ``hoods``.
    hoods : tuple of Hood
    poor : bool
    travel_weight, price_weight : float64
        How much heavier than usual travel and price count.
    hour : float64, shape (n, 4)
        Taste for each part of the week.
    languages : tuple of str
        ``nl;ar``.
    joined : int64
        When the passport was handed out, seconds since 1970 UTC.
    looks : float64
        Expected number of looks in a year.
    """

    ids: tuple[str, ...]
    age: Float64
    lat: Float64
    lon: Float64
    area: Int32
    hoods: tuple[Hood, ...]
    poor: Bool
    travel_weight: Float64
    price_weight: Float64
    hour: Float64
    languages: tuple[str, ...]
    joined: Int64
    looks: Float64

    def __len__(self) -> int:
        return len(self.ids)


def draw_people(config: SimulationConfig, hoods: Sequence[Hood], since: int, as_of: int, own: str = "nl") -> People:
    """Draw ``config.learners`` people.

    Parameters
    ----------
    since : int
        Start of the first season, seconds since 1970 UTC; about half of the passports are that old.
    own : str
        The language that nearly everybody speaks.
    """
    rng = stream(config.seed, "learners")
    n = config.learners
    shares = np.array([hood.share for hood in hoods])
    area = rng.choice(len(hoods), size=n, p=shares / shares.sum()).astype(np.int32)
    east, north = rng.normal(size=(2, n)) * np.array([hood.spread for hood in hoods])[area]
    lat = np.array([hood.lat for hood in hoods])[area] + north / KM_PER_DEGREE
    lon = np.array([hood.lon for hood in hoods])[area] + east / (KM_PER_DEGREE * np.cos(np.radians(lat)))
    poor = np.array([hood.poor for hood in hoods])[area]
    gap = poor & config.group_gap
    age = _ages(rng, n)
    late = rng.random(n)
    joined = since + np.where(late < 0.5, 0, (late - 0.5) * 1.9 * (as_of - since)).astype(np.int64)
    travel_weight, price_weight = np.exp(rng.normal(0, 0.25, (2, n)))
    looks = config.looks * np.exp(rng.normal(0, config.looks_spread, n))
    return People(
        ids=tuple(f"p-{number + 1:04d}" for number in range(n)),
        age=age,
        lat=np.round(lat, HOME_DECIMALS),
        lon=np.round(lon, HOME_DECIMALS),
        area=area,
        hoods=tuple(hoods),
        poor=poor,
        travel_weight=travel_weight * np.where(gap, _POOR_TRAVEL, 1),
        price_weight=price_weight * np.where(gap, _POOR_PRICE, 1),
        hour=_hour_tastes(rng, age),
        languages=_languages(rng, n, own),
        joined=joined,
        looks=looks * np.where(gap, _POOR_LOOKS, 1),
    )


def _ages(rng: np.random.Generator, n: int) -> Float64:
    shares = np.array([share for _, _, share in _AGES])
    band = rng.choice(len(_AGES), size=n, p=shares / shares.sum())
    low, high = (np.array(ends)[band] for ends in list(zip(*_AGES, strict=True))[:2])
    # One decimal is what passports carry; 0.05 keeps it away from a birthday.
    age: Float64 = np.floor((low + (high - low) * rng.random(n)) * 10) / 10 + 0.05
    return age


def _hour_tastes(rng: np.random.Generator, age: Float64) -> Float64:
    child = np.array([-0.8, 0.5, -0.8, 0.5])
    worker = np.array([-1.0, -0.4, 0.6, 0.5])
    senior = np.array([0.7, 0.5, -0.7, -0.4])
    usual = np.where((age < 16)[:, None], child, np.where((age < 65)[:, None], worker, senior))
    tastes: Float64 = usual + rng.normal(0, 0.5, usual.shape)
    return tastes


def _languages(rng: np.random.Generator, n: int, own: str) -> tuple[str, ...]:
    chance, which = rng.random((2, n))
    others = [tongue for tongue in _TONGUES if tongue != own]
    found = []
    for luck, place in zip(chance, which, strict=True):
        other = others[int(place * len(others))]
        # A newcomer without the city's language speaks some English.
        newcomer = other if other == "en" else f"{other};en"
        found.append(own if luck < 0.8 else f"{own};{other}" if luck < 0.985 else newcomer)
    return tuple(found)


def draw_interests(config: SimulationConfig, age: Float64, parent: Int32, neighbours: Bool) -> Float64:
    """What everybody is curious about at the start.

    Parameters
    ----------
    age : float64, shape (n_learners,), years
    parent : int32, shape (n_themes,)
    neighbours : bool, shape (n_themes, n_themes)

    Returns
    -------
    float64, shape (n_learners, n_themes)
        About -1 (leaves me cold) to 3 (my great love); neighbouring themes go together, each age group has its
        fashions, and one to three themes stand out. Nothing here depends on home, language or wealth.
    """
    rng = stream(config.seed, "interests")
    n, themes = len(age), len(parent)
    group = np.digitize(age, (7.0, 13.0, 18.0, 60.0))
    fashion = rng.normal(0, 0.35, (5, themes))
    degree = np.maximum(neighbours.sum(axis=1, keepdims=True), 1)
    blur = np.eye(themes) + 0.6 * neighbours / np.sqrt(degree)
    blur /= np.sqrt((blur**2).sum(axis=1, keepdims=True))
    interest = fashion[group] + 0.6 * rng.normal(size=(n, themes)) @ blur.T
    leaves = np.setdiff1d(np.arange(themes), parent[parent >= 0])
    loves = rng.integers(1, 4, n)
    order = leaves[np.argsort(rng.random((n, len(leaves))), axis=1)[:, :3]]
    height = 1.4 + 0.6 * rng.random((n, order.shape[1]))
    for turn in range(order.shape[1]):
        has = np.flatnonzero(loves > turn)
        interest[has, order[has, turn]] += height[has, turn]
    return with_parents(interest - 0.3, parent)


def in_fashion(seed: int, parent: Int32) -> tuple[int, int]:
    """Rows of the theme that comes into fashion and of the one that goes out; both without narrower themes.

    With fewer than two such themes both are the first.
    """
    leaves = np.setdiff1d(np.arange(len(parent)), parent[parent >= 0])
    if len(leaves) < 2:
        return 0, 0
    rising, falling = stream(seed, "fashion").choice(leaves, size=2, replace=False).tolist()
    return rising, falling


def with_parents(interest: Float64, parent: Int32) -> Float64:
    """The same interests, where a broader theme is as loved as its narrower themes are on average."""
    whole = interest.copy()
    for above in np.unique(parent[parent >= 0]):
        whole[:, above] = interest[:, parent == above].mean(axis=1)
    return whole
