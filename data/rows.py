"""Rows of ids, for whole columns at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recommender.city import UNKNOWN, Ids, Int8, Int32


def rows_of(values: pd.Series, ids: Ids) -> Int32:
    """Row of each id, ``UNKNOWN`` where it is not there. Looks every distinct id up once, whatever the length."""
    codes, distinct = pd.factorize(values)
    rows = np.append(ids.find(distinct.tolist()), np.int32(UNKNOWN)).astype(np.int32)
    found: Int32 = rows[codes]
    return found


def codes_of(values: pd.Series, words: Sequence[str]) -> Int8:
    """Index of each value in ``words``, ``UNKNOWN`` where it is none of them."""
    return rows_of(values, Ids(words)).astype(np.int8)
