"""Every setting of a training run: its default, its range, and how it loads from TOML.

A setting checks itself at birth, so a ``Config`` in hand is a valid one. An empty TOML file equals the
defaults. The defaults of the model sections were best or level on every public data set they were tried on.
"""

from __future__ import annotations

import difflib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from recommender.errors import BadConfig, BadInput
from training.borrowing.prior import Prior, prior_from

_Kind = TypeVar("_Kind")


def _within(default: float | bool, low: float, high: float) -> Any:
    """A field with its default and its inclusive range."""
    return field(default=default, metadata={"range": (low, high)})


class _Checked:
    """Checks every field against the range in its metadata; ``where`` names the section in messages."""

    where = ""

    def __post_init__(self) -> None:
        for entry in fields(self):  # type: ignore[arg-type]
            name = f"{self.where}.{entry.name}" if self.where else entry.name
            value = getattr(self, entry.name)
            if is_dataclass(entry.default_factory):
                if not isinstance(value, entry.default_factory):
                    raise BadConfig(f"[{name}] is a section with settings of its own, not {value!r}")
            elif isinstance(entry.default, bool):
                if not isinstance(value, bool):
                    raise BadConfig(f"{name}: {value!r} is neither true nor false")
            else:
                _check_number(name, value, entry.default, *entry.metadata["range"])


def _check_number(name: str, value: object, default: object, low: float, high: float) -> None:
    whole = isinstance(default, int)
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind):
        raise BadConfig(f"{name}: {value!r} is not a {'whole ' if whole else ''}number")
    if not (math.isfinite(value) and low <= value <= high):
        raise BadConfig(f"{name}: {value!r} is outside {low:g} to {high:g}")


@dataclass(frozen=True)
class Als(_Checked):
    """Implicit-feedback ALS. ``factors`` is capped at a quarter of the activities by the fit; a stamp counts for the visits
    of its activity to the power of minus ``damping``.
    """

    where = "als"
    factors: int = _within(256, 1, 4096)
    alpha: float = _within(40.0, 0.0, 10_000.0)
    regularisation: float = _within(100.0, 1e-6, 1e6)
    iterations: int = _within(15, 1, 1000)
    damping: float = _within(0.25, 0.0, 1.0)


@dataclass(frozen=True)
class Graph(_Checked):
    """What co-visits say: singular vectors, and neighbours kept per activity. The neighbours are EASE's, with its
    regularisation ``ease``, as long as there are at most ``ease_limit`` learners or at most so many activities.
    """

    where = "graph"
    rank: int = _within(256, 1, 4096)
    neighbours: int = _within(500, 1, 100_000)
    ease: float = _within(100.0, 1e-3, 1e9)
    ease_limit: int = _within(8000, 0, 50_000)


@dataclass(frozen=True)
class Similar(_Checked):
    """Content neighbours kept per activity."""

    where = "similar"
    neighbours: int = _within(500, 1, 100_000)


@dataclass(frozen=True)
class Metadata(_Checked):
    """Ridge from an activity's metadata to its ALS factors."""

    where = "metadata"
    ridge: float = _within(0.3, 1e-9, 1e6)


@dataclass(frozen=True)
class Popular(_Checked):
    """Visitors of the last ``days``, shrunk towards the mean by ``prior`` pseudo-visitors, per age band."""

    where = "popular"
    days: float = _within(30.0, 0.1, 3650.0)
    prior: float = _within(5.0, 0.0, 1e6)


@dataclass(frozen=True)
class Encoder(_Checked):
    """What of an activity's text becomes features: character n-grams beside words, and at most how many of each."""

    where = "encoder"
    characters: bool = True
    max_features: int = _within(50_000, 1, 10_000_000)


@dataclass(frozen=True)
class Weights(_Checked):
    """How much each source counts in the blend, after standardising."""

    where = "weights"
    als: float = _within(1.0, 0.0, 100.0)
    graph: float = _within(1.5, 0.0, 100.0)
    metadata: float = _within(0.75, 0.0, 100.0)
    similar: float = _within(0.4, 0.0, 100.0)
    themes: float = _within(0.5, 0.0, 100.0)
    popular: float = _within(0.3, 0.0, 100.0)
    wishes: float = _within(2.0, 0.0, 100.0)
    places: float = _within(0.8, 0.0, 100.0)
    context: float = _within(1.0, 0.0, 100.0)


@dataclass(frozen=True)
class Blend(_Checked):
    """``simple`` ranks by what is popular, what somebody wishes for and circumstances alone, with weights learned as ever: the
    model that goes live when a better one cannot be shown to be one.
    """

    where = "blend"
    simple: bool = False


@dataclass(frozen=True)
class Choices(_Checked):
    """What the weights are learned from: the last ``share`` of the stamps, at most ``most`` of them, each beside so
    many ``alternatives``; below ``least`` choices the shipped weights stay.
    """

    where = "choices"
    share: float = _within(0.25, 0.01, 0.9)
    most: int = _within(2000, 10, 1_000_000)
    alternatives: int = _within(100, 1, 10_000)
    least: int = _within(50, 2, 1_000_000)


@dataclass(frozen=True)
class Privacy(_Checked):
    """A release that does not tell who was in it: ``epsilon`` is how much it may tell of one learner, 0 switches it off.

    ``delta`` 0 stands for a tenth of one over the number of learners, rounded up to a power of ten. Of a learner the last ``cap``
    activities count, and their co-visits for at most ``clip``, in ``columns`` dimensions of descriptions; with fewer learners than ``enough``, by
    their noisy number, co-visits stay silent. Within 365 days a city's releases may spend ``budget`` of ε together.
    """

    where = "privacy"
    epsilon: float = _within(0.0, 0.0, 100.0)
    delta: float = _within(0.0, 0.0, 0.01)
    cap: int = _within(30, 1, 10_000)
    clip: float = _within(1.0, 1e-3, 1e6)
    columns: int = _within(64, 1, 1024)
    enough: int = _within(4000, 0, 1_000_000_000)
    budget: float = _within(16.0, 0.0, 10_000.0)


@dataclass(frozen=True)
class Share(_Checked):
    """Whether the city agreed to tell other cities the weights it learned (``python -m training share``), and how many learners at
    least must stand behind them.
    """

    where = "share"
    agreed: bool = False
    least: int = _within(30, 10, 1_000_000)


@dataclass(frozen=True)
class Borrow:
    """What other cities learned: the content of a prior, as ``training.borrowing`` makes it; None where nothing is borrowed.
    In a file of settings it is the prior's path, from where that file lies.
    """

    prior: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.prior is not None:
            self.known()

    def known(self) -> Prior | None:
        """The prior itself. Raises ``BadConfig`` when the content is not one."""
        try:
            return None if self.prior is None else prior_from(self.prior, "borrow.prior")
        except BadInput as error:
            raise BadConfig(str(error)) from None


@dataclass(frozen=True)
class Evaluation(_Checked):
    """Global time cuts: how many, for how long a visit counts, how often it is redrawn.

    ``cuts`` is the number of season starts at most, the last ones. Where there is none among the stamps, one cut leaves
    ``test_share`` of them for the test;
    ``learners`` caps the learners who are tested (0: all), drawn with the seed; cells of fewer than
    ``smallest_cell`` learners are not shown. ``attack`` models are attacked to see whether they tell who was in them (0: none), and a
    release whose settings give an area under the curve above ``most_told`` stays behind the gate (1: none does).
    """

    where = "evaluation"
    cuts: int = _within(3, 1, 12)
    horizon_days: float = _within(90.0, 1.0, 3650.0)
    test_share: float = _within(0.25, 0.01, 0.9)
    bootstrap: int = _within(1000, 100, 100_000)
    learners: int = _within(0, 0, 100_000_000)
    smallest_cell: int = _within(10, 10, 1000)
    attack: int = _within(8, 0, 256)
    most_told: float = _within(1.0, 0.5, 1.0)


@dataclass(frozen=True)
class Config(_Checked):
    """Every setting of a training run. ``threads`` 0 means all cores; the result does not depend on it."""

    als: Als = field(default_factory=Als)
    graph: Graph = field(default_factory=Graph)
    similar: Similar = field(default_factory=Similar)
    metadata: Metadata = field(default_factory=Metadata)
    popular: Popular = field(default_factory=Popular)
    encoder: Encoder = field(default_factory=Encoder)
    weights: Weights = field(default_factory=Weights)
    blend: Blend = field(default_factory=Blend)
    choices: Choices = field(default_factory=Choices)
    privacy: Privacy = field(default_factory=Privacy)
    share: Share = field(default_factory=Share)
    borrow: Borrow = field(default_factory=Borrow)
    evaluation: Evaluation = field(default_factory=Evaluation)
    seed: int = _within(0, 0, 2**32 - 1)
    threads: int = _within(0, 0, 4096)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.privacy.epsilon and self.borrow.prior is not None:
            raise BadConfig(
                "borrow.prior: what other cities learned was learned with sources that a private release does without; "
                "leave it out, or set privacy.epsilon to 0"
            )

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values, as they stand in a release's manifest."""
        return asdict(self)


def simplest(config: Config) -> Config:
    """The same settings with the simple blend; what it does not use is fitted as small as can be."""
    return replace(
        config,
        als=replace(config.als, factors=1, iterations=1),
        graph=replace(config.graph, rank=1, neighbours=1, ease_limit=0),
        similar=replace(config.similar, neighbours=1),
        blend=Blend(simple=True),
    )


def config_from(settings: Mapping[str, Any], source: str = "settings") -> Config:
    """A config from nested plain values; what is left out keeps its default.

    Raises
    ------
    BadConfig
        Names the key that does not exist and the nearest one that does, or the value and its range.
    """
    try:
        return _build(Config, settings, "")
    except BadConfig as error:
        raise BadConfig(f"{source}: {error}") from None


def parse_config(text: str, source: str = "settings", folder: Path | None = None) -> Config:
    """A config from TOML text; an empty text gives the defaults. Raises ``BadConfig``.

    Parameters
    ----------
    folder : Path or None
        Where the path of a borrowed prior starts; None: the working directory.
    """
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{source} is not TOML: {error}") from None
    borrow = settings.get("borrow")
    if isinstance(borrow, dict) and isinstance(borrow.get("prior"), str):
        path = (folder or Path()) / borrow["prior"]
        try:
            borrow["prior"] = json.loads(_read(path, f"{source}: borrow.prior: "))
        except ValueError:
            raise BadConfig(
                f"{source}: borrow.prior: {path} is not JSON; make it with: python -m training borrow"
            ) from None
    return config_from(settings, source)


def load_config(path: Path | None) -> Config:
    """A config from a TOML file, or the defaults for None. Raises ``BadConfig``."""
    if path is None:
        return Config()
    return parse_config(_read(path), str(path), path.parent)


def _read(path: Path, said: str = "") -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfig(f"{said}{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadConfig(f"{said}{path} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}") from None


def _build(kind: type[_Kind], settings: Mapping[str, Any], where: str) -> _Kind:
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{where}.{key}" if where else key
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise BadConfig(f"no setting {name!r}; the nearest is {f'{where}.{near}' if where else near!r}")
        section = known[key].default_factory
        if isinstance(section, type) and isinstance(value, Mapping):
            value = _build(section, value, name)
        values[key] = value
    return kind(**values)
