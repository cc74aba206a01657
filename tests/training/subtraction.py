"""The strongest attack on published sums: which combination of them is about the fewest people?"""

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

MOST = 50.0
"""How often a sum may count, and how large a value's share in the result may be."""
SECONDS = 1.0


def fewest_behind_a_sum(sums: np.ndarray, kind: np.ndarray, people: np.ndarray) -> int | None:
    """The fewest people behind any combination of sums that is not always nothing; None when none was found in time.

    A mixed-integer program. A combination gives every value a share; a kind of people is *behind* it when any share of theirs
    is not 0. That something is left is asked by a random direction in which the result measures 1.
    """
    kinds, place = np.unique(np.column_stack([people[kind], sums]), axis=0, return_inverse=True)
    if len(kinds) < len(kind) and (np.bincount(kind) == 1).all():  # people who count alike are one kind
        people = np.bincount(place, weights=people[kind]).astype(int)
        sums, kind = kinds[:, 1:], np.arange(len(kinds))
    (n_values, n_sums), n_kinds = sums.shape, len(people)
    behind = sparse.csr_array((np.full(n_values, MOST), (np.arange(n_values), kind)), shape=(n_values, n_kinds))
    direction = np.random.default_rng(0).normal(size=n_values) @ sums
    found = milp(
        np.concatenate([np.zeros(n_sums), people]),
        constraints=[
            LinearConstraint(sparse.hstack([sparse.csr_array(sums), -behind]), -np.inf, 0),
            LinearConstraint(sparse.hstack([sparse.csr_array(sums), behind]), 0, np.inf),
            LinearConstraint(np.concatenate([direction, np.zeros(n_kinds)])[None, :], 1, 1),
        ],
        bounds=Bounds(
            np.concatenate([np.full(n_sums, -MOST), np.zeros(n_kinds)]),
            np.concatenate([np.full(n_sums, MOST), np.ones(n_kinds)]),
        ),
        integrality=np.concatenate([np.zeros(n_sums), np.ones(n_kinds)]),
        options={"time_limit": SECONDS},
    )
    return None if found.x is None else round(float(found.fun))
