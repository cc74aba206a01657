"""Who has been where: stamps as a learner × activity matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from data.columns import LEARNER
from data.passports import stamp_arrays
from data.tables import Tables
from data.words import age_span
from recommender.city import Catalogue, Float64, Int32, Int64
from recommender.interest import stamp_weights


@dataclass(frozen=True, eq=False)
class Interactions:
    """Stamps in rows of the catalogue, by learners who have one.

    Attributes
    ----------
    matrix : sparse array, shape (n_learners, n_activities), float32
        Sum of the weights of a learner's stamps at an activity. Learners stand in order of their
        pseudonyms, so the same stamps give the same matrix in whatever order they arrived.
    learner, activity : int32, shape (n_stamps,)
    at : int64, shape (n_stamps,)
        Where ``of`` is given, these three hold some of the stamps: all recent ones, and all of every so many learners.
    age : float64, shape (n_learners,)
        Years, the lower end of a band, NaN where not known.
    of : int or None
        How many stamps there are in all; None when they are all here.
    """

    matrix: sparse.csr_array
    learner: Int32
    activity: Int32
    at: Int64
    age: Float64
    of: int | None = None


def interactions_of(tables: Tables, catalogue: Catalogue) -> Interactions:
    """The stamps of a city whose activities the catalogue holds."""
    everybody, activity, at, chosen_by, learners = stamp_arrays(tables, catalogue)
    present, learner = np.unique(everybody, return_inverse=True)
    shape = (len(present), len(catalogue.activities))
    matrix = sparse.csr_array(sparse.coo_array((stamp_weights(chosen_by), (learner, activity)), shape=shape))
    matrix.sum_duplicates()
    age = ages_of(tables, (learners.names[row] for row in present))
    return Interactions(matrix, learner.astype(np.int32), activity, at, age)


def ages_of(tables: Tables, learners: Iterable[str]) -> Float64:
    """Years of each learner, the lower end of a band, NaN where not known. Shape (n,)."""
    age_of = dict(zip(tables.passports[LEARNER], tables.passports["age"], strict=True))
    return np.array([age_span(age_of.get(name, ""))[0] for name in learners], dtype=np.float64)
