"""Streets and paths of an OpenStreetMap extract, as plain arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from data.travel.access import CLOSED, TAGS, paces
from data.travel.arrays import load_arrays, save_arrays
from recommender.city import Bool, Float32, Float64, Int8, Int32
from recommender.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

FILE = "streets.npz"
_FORM = "streets 1"
_INSTALL = "reading street maps needs pyrosm; install it with: pip install --constraint constraints.txt pyrosm"
STEPS = ("reading the map", "applying access rules", "looking for dead fragments")


@dataclass(frozen=True, eq=False)
class Streets:
    """A network of streets and paths.

    Attributes
    ----------
    lat, lon : float64, shape (n_nodes,), degrees
    tail, head : int32, shape (n_edges,)
        Nodes; every edge goes one way, so a street for both directions is two edges.
    metres : float32, shape (n_edges,)
    walk, bike : int8, shape (n_edges,)
        How fast: a value of ``data.travel.access``. Edges that are open to a mode form one strongly connected
        network: from every node of it every other one can be reached.
    """

    lat: Float64
    lon: Float64
    tail: Int32
    head: Int32
    metres: Float32
    walk: Int8
    bike: Int8

    def save(self, path: Path) -> None:
        """Write to a file, whole or not at all."""
        save_arrays(path, _FORM, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Streets:
        """Read what ``save`` wrote; raises ``BadInput`` for a file that cannot be trusted."""
        return cls(**load_arrays(path, _FORM, [field.name for field in fields(cls)]))


@dataclass(frozen=True)
class StreetsSummary:
    """What became of a map: directed edges open to each mode, and how many were left out and why."""

    nodes: int
    edges: int
    walk: int
    bike: int
    kilometres: float
    no_access: int
    walk_fragments: int
    bike_fragments: int


def _raw(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and segments of all ways with a ``highway`` tag, as the library reads them."""
    try:
        from pyrosm import OSM
    except ImportError:
        raise BadInput(_INSTALL) from None
    if not path.is_file():
        raise BadInput(f"{path}: no such file; an OpenStreetMap extract (.osm.pbf) was expected")
    extra = [tag for tag in TAGS if ":" in tag or tag in ("motorroad", "vehicle", "junction", "cycleway")]
    try:
        with warnings.catch_warnings():
            # Where nothing is found; that is told below.
            warnings.filterwarnings("ignore", message="Could not find any", category=UserWarning)
            found = OSM(str(path)).get_network(network_type="all", nodes=True, extra_attributes=extra)
    except Exception as error:  # the library raises whatever its parsers do
        told = " ".join(str(error).split())[:200]
        raise BadInput(
            f"{path}: cannot be read as an OpenStreetMap extract (.osm.pbf); was the download cut off? ({told})"
        ) from None
    if found is None or found[0] is None or len(found[1]) == 0:
        raise BadInput(f"{path}: holds no streets; an extract of the city itself was expected")
    nodes, ways = found
    return nodes, ways


def _tag_columns(ways: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    nothing = pd.Series("", index=ways.index, dtype="str")
    return pd.DataFrame({tag: ways[tag].fillna("").astype("str") if tag in ways else nothing for tag in TAGS})


def _ways(ways: pd.DataFrame) -> NDArray[np.int8]:
    """Paces of every segment, shape (n, 3); the rules are asked once for each distinct set of tags."""
    texts = _tag_columns(ways)
    kinds = texts.groupby(list(TAGS), sort=False)
    of = kinds.ngroup().to_numpy()
    distinct = texts[~texts.duplicated()]
    table = np.array([paces(dict(zip(TAGS, row, strict=True))) for row in distinct.itertuples(index=False)], np.int8)
    found: NDArray[np.int8] = table[of]
    return found


def main_component(n_nodes: int, tail: Int32, head: Int32) -> Bool:
    """Which edges lie within the largest strongly connected part. Shape (n_edges,)."""
    graph = sparse.coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), (n_nodes, n_nodes)).tocsr()
    _, part = csgraph.connected_components(graph, directed=True, connection="strong")
    if not len(tail):
        return np.zeros(0, dtype=np.bool_)
    inside = part[tail] == part[head]
    largest = np.bincount(part[tail][inside], minlength=1).argmax() if inside.any() else -1
    kept: Bool = inside & (part[tail] == largest)
    return kept


def read_streets(path: Path, tell: Callable[[str], None] = lambda step: None) -> tuple[Streets, StreetsSummary]:
    """The walking and cycling network of an extract.

    Parameters
    ----------
    path : Path
        An ``.osm.pbf`` file of the city.
    tell : function of str
        Told each of ``STEPS`` when it begins.

    Raises
    ------
    BadInput
        When pyrosm is not installed, or the file is missing, broken, or without a street to walk on.
    """
    tell(STEPS[0])
    nodes, ways = _raw(path)
    return streets_from(nodes, ways, str(path), tell)


def streets_from(
    nodes: pd.DataFrame, ways: pd.DataFrame, source: str, tell: Callable[[str], None] = lambda step: None
) -> tuple[Streets, StreetsSummary]:
    """The network of nodes and the stretches between them.

    Parameters
    ----------
    nodes : DataFrame
        ``id``, ``lat`` and ``lon``.
    ways : DataFrame
        A row for each stretch: nodes ``u`` and ``v``, ``length`` in metres, and a column for each of ``access.TAGS``
        that occurs.
    source : str
        Name of the map, for messages.
    """
    tell(STEPS[1])
    of = _ways(ways)
    ids = nodes["id"].to_numpy(np.int64)
    order = np.argsort(ids)
    row = order[np.searchsorted(ids, ways[["u", "v"]].to_numpy(np.int64), sorter=order)].astype(np.int32)
    metres = np.maximum(ways["length"].to_numpy(np.float32), np.float32(0.1))
    tail, head = np.concatenate([row[:, 0], row[:, 1]]), np.concatenate([row[:, 1], row[:, 0]])
    metres = np.concatenate([metres, metres])
    walk, bike = np.concatenate([of[:, 0], of[:, 0]]), np.concatenate([of[:, 1], of[:, 2]])
    loop = tail == head
    no_access = ((walk == CLOSED) & (bike == CLOSED)) | loop
    tell(STEPS[2])
    lost = {}
    for name, pace in (("walk", walk), ("bike", bike)):
        open_to = np.flatnonzero((pace != CLOSED) & ~loop)
        dead = open_to[~main_component(len(ids), tail[open_to], head[open_to])]
        pace[dead] = CLOSED
        lost[name] = len(dead)
    kept = ((walk != CLOSED) | (bike != CLOSED)) & ~loop
    if not (walk[kept] != CLOSED).any():
        raise BadInput(f"{source}: holds no street to walk on; an extract of the city itself was expected")
    used, ends = np.unique(np.concatenate([tail[kept], head[kept]]), return_inverse=True)
    half = int(kept.sum())
    streets = Streets(
        lat=nodes["lat"].to_numpy(np.float64)[used],
        lon=nodes["lon"].to_numpy(np.float64)[used],
        tail=ends[:half].astype(np.int32),
        head=ends[half:].astype(np.int32),
        metres=metres[kept],
        walk=walk[kept],
        bike=bike[kept],
    )
    summary = StreetsSummary(
        nodes=len(used),
        edges=half,
        walk=int((streets.walk != CLOSED).sum()),
        bike=int((streets.bike != CLOSED).sum()),
        kilometres=float(streets.metres.sum() / 2000),
        no_access=int(no_access.sum()),
        walk_fragments=lost["walk"],
        bike_fragments=lost["bike"],
    )
    return streets, summary
