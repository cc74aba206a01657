"""The shared prior: what a weight of the blend usually is, and how much cities differ in it, by how many stamps there are.

How much a source deserves depends on what it was fitted on: with two hundred stamps co-visits say next to nothing. So a
prior holds a *rung* for each of several sizes of history, and a city takes what lies between the two nearest its own.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from recommender.errors import BadInput
from recommender.model import CONTEXT, SOURCES

SCHEMA = 1
KIND = "leerlijn-prior"


@dataclass(frozen=True)
class Belief:
    """Mean and spread of each weight in cities with a history of some size; a weight may stand below 0 here."""

    mean: Mapping[str, float]
    spread: Mapping[str, float]


@dataclass(frozen=True)
class PriorRung:
    """What cities together say about models fitted on ``stamps`` stamps.

    Attributes
    ----------
    cities : int
        How many spoke.
    mean : mapping of weight to float
    spread : mapping of weight to float
        Standard deviation of a new city's weight around the mean, above 0: cities differ, and the mean is not known exactly.
    """

    stamps: int
    cities: int
    mean: Mapping[str, float]
    spread: Mapping[str, float]


@dataclass(frozen=True)
class Prior:
    """Rungs, the smallest history first, and the ids of the cities they were learned from."""

    cities: tuple[str, ...]
    rungs: tuple[PriorRung, ...]

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits of the content."""
        text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def at(self, stamps: int) -> Belief:
        """The belief for a city with so many stamps: linear in their logarithm between two rungs, the outer rung beyond."""
        above = next((place for place, rung in enumerate(self.rungs) if rung.stamps >= stamps), len(self.rungs))
        if above in (0, len(self.rungs)):
            end = self.rungs[min(above, len(self.rungs) - 1)]
            return Belief(end.mean, end.spread)
        low, high = self.rungs[above - 1], self.rungs[above]
        share = math.log(stamps / low.stamps) / math.log(high.stamps / low.stamps)
        both = [name for name in high.mean if name in low.mean]
        return Belief(
            {name: (1 - share) * low.mean[name] + share * high.mean[name] for name in both},
            {name: math.hypot((1 - share) ** 0.5 * low.spread[name], share**0.5 * high.spread[name]) for name in both},
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as they stand in the file and in a release's manifest."""
        rungs = [asdict(rung) for rung in self.rungs]
        return {"kind": KIND, "schema": SCHEMA, "cities": list(self.cities), "rungs": rungs}


def prior_from(given: object, source: str = "prior") -> Prior:
    """A prior from plain values.

    Raises
    ------
    BadInput
        Naming the source, the field, its value and what was expected.
    """
    file = Fields(given, source)
    file.must_be(KIND, SCHEMA, "python -m training borrow")
    cities = tuple(file.texts("cities"))
    if not cities:
        raise BadInput(f"{source}: cities: empty, where the ids of the cities it was learned from were expected")
    rungs = tuple(_rung(one) for one in file.parts("rungs"))
    if not rungs or [rung.stamps for rung in rungs] != sorted({rung.stamps for rung in rungs}):
        raise BadInput(f"{source}: rungs: one for each size of history was expected, the smallest first")
    return Prior(cities, rungs)


def _rung(file: Fields) -> PriorRung:
    mean, spread = file.weights("mean"), file.weights("spread")
    if set(mean) != set(spread):
        raise BadInput(f"{file.source}: mean and spread name different weights")
    for name, value in spread.items():
        if value <= 0:
            raise BadInput(f"{file.source}: spread.{name}: {value!r} is not above 0")
    return PriorRung(file.count("stamps", 1), file.count("cities", 1), mean, spread)


@dataclass(frozen=True)
class Fields:
    """Checked access to the fields of an object out of a JSON file; every complaint names where it stands."""

    given: object
    source: str

    def get(self, name: str, kind: type, expected: str) -> Any:
        """A field of one type."""
        value = self.given.get(name) if isinstance(self.given, Mapping) else None
        if not isinstance(value, kind) or isinstance(value, bool):
            raise BadInput(f"{self.source}: {name}: {value!r} where {expected} was expected")
        return value

    def must_be(self, kind: str, schema: int, maker: str) -> None:
        """Whether the file is of a kind and schema."""
        if not isinstance(self.given, Mapping) or (self.given.get("kind"), self.given.get("schema")) != (kind, schema):
            raise BadInput(f"{self.source}: not a {kind} file of schema {schema}; make one with: {maker}")

    def count(self, name: str, least: int) -> int:
        """A whole number."""
        value = self.get(name, int, f"a whole number of at least {least}")
        if value < least:
            raise BadInput(f"{self.source}: {name}: {value} where at least {least} was expected")
        return int(value)

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        values = self.get(name, list, "a list of names")
        if not all(isinstance(value, str) for value in values):
            raise BadInput(f"{self.source}: {name}: not all of them are names")
        return list(values)

    def parts(self, name: str) -> list[Fields]:
        """A list of objects."""
        values = self.get(name, list, "a list")
        return [Fields(value, f"{self.source}: {name}[{place}]") for place, value in enumerate(values)]

    def weights(self, name: str) -> dict[str, float]:
        """A finite number for some of the weights of the blend, in the order in which the engine names them."""
        values = self.get(name, Mapping, "a number for each weight")
        for key, value in values.items():
            if key not in SOURCES and key not in CONTEXT:
                raise BadInput(f"{self.source}: {name}: {key!r} is no weight of the blend")
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
                raise BadInput(f"{self.source}: {name}.{key}: {value!r} is not a number")
        return {key: float(values[key]) for key in (*SOURCES, *CONTEXT) if key in values}
