"""Rows of a sparse matrix, made block by block, put together."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def stack(rows: list[sparse.csr_array], width: int) -> sparse.csr_array:
    """Blocks of rows as one matrix of float32 with int32 indices; an empty one for no blocks."""
    if not rows:
        return sparse.csr_array((0, width), dtype=np.float32)
    return sparse.csr_array(sparse.vstack(rows, format="csr"), dtype=np.float32)
