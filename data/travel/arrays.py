"""Arrays on disk: one ``.npz`` per network, with a checksum inside, replaced whole or not at all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.home import replace_file
from recommender.errors import BadInput

Arrays = Mapping[str, NDArray[Any]]
AGAIN = "make it again with: python -m training travel"
_FORMAT, _SUM = "format", "sha256"


def _digest(arrays: Arrays) -> NDArray[np.uint8]:
    found = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
        found.update(values.tobytes())
    return np.frombuffer(found.digest(), dtype=np.uint8)


def save_arrays(path: Path, form: str, arrays: Arrays) -> None:
    """Write arrays; equal arrays give equal bytes. Makes the folder when it is not there.

    Parameters
    ----------
    path : Path
    form : str
        What is in it, with a version: ``streets 1``. ``load_arrays`` refuses another one.
    arrays : mapping of str to array
    """
    whole = {**arrays, _FORMAT: np.array(form)}
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **whole, **{_SUM: _digest(whole)})
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, content.getvalue())


def load_arrays(path: Path, form: str, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read arrays back, and check them.

    Raises
    ------
    BadInput
        Naming the file, when it is not whole, was changed, or is of another form.
    FileNotFoundError
        When there is none.
    """
    content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        told = found.pop(_SUM, np.empty(0))
        sound = np.array_equal(told, _digest(found))
    except Exception as error:  # a broken file makes its readers raise whatever they do
        raise BadInput(f"{path}: cannot be read ({type(error).__name__}); {AGAIN}") from None
    if not sound:
        raise BadInput(f"{path}: its checksum does not fit, so it was changed or cut off; {AGAIN}")
    if str(found.get(_FORMAT)) != form or not set(names) <= set(found):
        raise BadInput(f"{path}: holds {str(found.get(_FORMAT))!r}, where {form!r} was expected; {AGAIN}")
    return {name: found[name] for name in names}
