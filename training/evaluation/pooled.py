"""Several cuts together: every learner counts once, with the mean of their figures over the cuts they were tested in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.city import Float64, Int64
from training.evaluation.measured import BY_DOMAIN, RELEVANT, SETTING, Measured


@dataclass(frozen=True, eq=False)
class People:
    """What figures are grouped by, one for each learner.

    Attributes
    ----------
    area : tuple of str
        ``""`` where not known.
    place : tuple of str
        The area, else the cell of 0.01° of the home, else ``""``.
    age : float64, shape (n_learners,)
        Years, the lower end of a band; NaN where not known.
    """

    area: tuple[str, ...]
    place: tuple[str, ...]
    age: Float64


@dataclass(frozen=True, eq=False)
class Pooled:
    """Figures of every learner that was tested at any cut.

    Attributes
    ----------
    learners : tuple of str
        By name. They never leave the computation.
    rows : tuple of int64 arrays, one per cut
        Row of each of the cut's tested learners in ``learners``.
    measured : tuple of Measured, one per cut
    """

    learners: tuple[str, ...]
    rows: tuple[Int64, ...]
    measured: tuple[Measured, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The lists, in the order in which they were measured."""
        return tuple(name for name in self.measured[0].figures if name not in (SETTING, BY_DOMAIN, RELEVANT))

    def labels(self, name: str) -> tuple[str, ...]:
        """The figures of a list."""
        return tuple(self.measured[0].figures[name])

    def figure(self, name: str, label: str, where: Sequence[np.ndarray] | None = None) -> Float64:
        """One figure of one list, per learner. Shape (n_learners,), NaN where it is defined at no cut.

        Parameters
        ----------
        where : sequence of bool arrays, one per cut, optional
            Which of the cut's learners count there.
        """
        total, times = np.zeros(len(self.learners)), np.zeros(len(self.learners))
        for cut, (rows, measured) in enumerate(zip(self.rows, self.measured, strict=True)):
            values = measured.figures[name][label].astype(np.float64)
            counts = ~np.isnan(values) if where is None else ~np.isnan(values) & where[cut]
            total += np.bincount(rows[counts], weights=values[counts], minlength=len(total))
            times += np.bincount(rows[counts], minlength=len(total))
        mean: Float64 = np.divide(total, times, out=np.full(len(total), np.nan), where=times > 0)
        return mean

    def total(self, name: str, label: str) -> Float64:
        """A count, summed over the cuts at which each learner was tested. Shape (n_learners,)."""
        found = np.zeros(len(self.learners))
        for rows, measured in zip(self.rows, self.measured, strict=True):
            found[rows] += measured.figures[name][label]
        return found

    def together(self, name: str, label: str) -> Float64:
        """Coverage or Gini, the mean over the cuts: the value, then what each draw gives. Shape (1 + draws,)."""
        found = np.array([measured.together[name][label] for measured in self.measured])
        defined = (~np.isnan(found)).sum(axis=0)
        mean: Float64 = np.divide(
            np.nansum(found, axis=0), defined, out=np.full(found.shape[1], np.nan), where=defined > 0
        )
        return mean


def pooled(learners: Sequence[Sequence[str]], measured: Sequence[Measured]) -> Pooled:
    """Put the cuts together.

    Parameters
    ----------
    learners : sequence of sequences of str
        Of each cut, in the order of its figures.
    """
    names = tuple(sorted({name for cut in learners for name in cut}))
    place = {name: row for row, name in enumerate(names)}
    rows = tuple(np.array([place[name] for name in cut], dtype=np.int64) for cut in learners)
    return Pooled(names, rows, tuple(measured))


def both(one: Measured, other: Measured) -> Measured:
    """What was measured behind the same cut, in one: the engine's lists first."""
    figures: Mapping[str, Mapping[str, np.ndarray]] = {**one.figures, **other.figures}
    return Measured(figures, {**one.together, **other.together}, one.venues or other.venues)
