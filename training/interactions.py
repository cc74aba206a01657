"""Who has been where: stamps as a learner × activity matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from data.columns import LEARNER
from data.tables import Tables
from data.translate import stamp_arrays
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
    age : float64, shape (n_learners,)
        Years, the lower end of a band, NaN where not known.
    """

    matrix: sparse.csr_array
    learner: Int32
    activity: Int32
    at: Int64
    age: Float64


def interactions_of(tables: Tables, catalogue: Catalogue) -> Interactions:
    """The stamps of a city whose activities the catalogue holds."""
    everybody, activity, at, chosen_by, learners = stamp_arrays(tables, catalogue)
    present, learner = np.unique(everybody, return_inverse=True)
    shape = (len(present), len(catalogue.activities))
    matrix = sparse.csr_array(sparse.coo_array((stamp_weights(chosen_by), (learner, activity)), shape=shape))
    matrix.sum_duplicates()
    age_of = dict(zip(tables.passports[LEARNER], tables.passports["age"], strict=True))
    age = np.array([age_span(age_of.get(learners.names[row], ""))[0] for row in present], dtype=np.float64)
    return Interactions(matrix, learner.astype(np.int32), activity, at, age)
