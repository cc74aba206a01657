"""What one city shares: coefficients of the conditional logit and how sure it is of them, and nothing else.

No stamp, learner, activity, venue or theme stands in it, only numbers for the weights of the blend. A coefficient is an
average over choices, and averages over few people tell about those people: see ``least`` in ``shared``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.city import Float64
from recommender.errors import BadInput
from training.borrowing.prior import Fields

SCHEMA = 1
KIND = "leerlijn-coefficients"
DIGITS = 6
"""Significant digits that leave a city: finer differences are noise, and may be about somebody."""


@dataclass(frozen=True, eq=False)
class Rung:
    """Coefficients of models fitted on a history of ``stamps`` stamps.

    Attributes
    ----------
    choices, learners : int
        How many choices by how many learners they were learned from.
    names : tuple of str
        Weights of the blend.
    values : float64, shape (n_names,)
    information : float64, shape (n_names, n_names)
        Of the likelihood: the inverse of the values' covariance. Positive definite.
    """

    stamps: int
    choices: int
    learners: int
    names: tuple[str, ...]
    values: Float64
    information: Float64


@dataclass(frozen=True)
class Coefficients:
    """One city's rungs, the smallest history first.

    ``version`` and ``settings``, a digest, say with what sources they were learned: other sources deserve other weights.
    """

    city: str
    version: str
    settings: str
    rungs: tuple[Rung, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as they stand in the file."""
        rungs = [
            {
                "stamps": rung.stamps,
                "choices": rung.choices,
                "learners": rung.learners,
                "values": dict(zip(rung.names, map(rounded, rung.values.tolist()), strict=True)),
                "information": [[rounded(value) for value in row] for row in rung.information.tolist()],
            }
            for rung in self.rungs
        ]
        made = {"city": self.city, "version": self.version, "settings": self.settings}
        return {"kind": KIND, "schema": SCHEMA, **made, "rungs": rungs}


def rounded(value: float) -> float:
    """A number with ``DIGITS`` significant digits."""
    return float(f"{value:.{DIGITS}g}")


def coefficients_from(given: object, source: str = "coefficients") -> Coefficients:
    """A city's coefficients from plain values.

    Raises
    ------
    BadInput
        Naming the source, the field, its value and what was expected.
    """
    file = Fields(given, source)
    file.must_be(KIND, SCHEMA, "python -m training share")
    return Coefficients(
        file.get("city", str, "the id of a city"),
        file.get("version", str, "a version"),
        file.get("settings", str, "a digest"),
        tuple(_rung(one) for one in file.parts("rungs")),
    )


def _rung(file: Fields) -> Rung:
    values = file.weights("values")
    rows = file.get("information", list, "a square of numbers")
    try:
        information = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        information = np.empty(0)
    n = len(values)
    if information.shape != (n, n) or not np.isfinite(information).all() or not (information == information.T).all():
        raise BadInput(f"{file.source}: information: a symmetric square of {n} × {n} numbers was expected")
    if n and np.linalg.eigvalsh(information)[0] <= 0:
        raise BadInput(f"{file.source}: information: not positive definite")
    order = [list(file.get("values", dict, "")).index(name) for name in values]
    return Rung(
        stamps=file.count("stamps", 1),
        choices=file.count("choices", 1),
        learners=file.count("learners", 1),
        names=tuple(values),
        values=np.array(list(values.values())),
        information=information[np.ix_(order, order)],
    )
