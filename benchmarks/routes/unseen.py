"""Makes instances that nobody tuned on, in the files' own format: wide windows, long days, 48 to 288 places.

    python -m benchmarks.routes.unseen DIR

Three families like Solomon's second series (horizons three to five times as long: in clusters, at random, mixed) and one
like Cordeau's second ten (wide windows). A long run of the engine itself is the measure of its short ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recommender.city import Float64

# Horizon, service, shares of places with a window, half its width.
_SOLOMON = {
    "c": (3390, 90.0, 10),
    "r": (1000, 10.0, 1),
    "rc": (960, 10.0, 10),
}
_SHARES = (1.0, 0.75, 0.5, 0.25)
_WIDTHS = (60, 120, 240)
_SIZES = (48, 96, 144, 192, 240, 288, 72, 144, 216, 288)


def make(folder: Path, seed: int = 0) -> list[Path]:
    """Write 18 instances like Solomon's second series and 10 like Cordeau's second ten."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    paths = []
    for kind, (horizon, service, step) in _SOLOMON.items():
        for i in range(6):
            n = 100
            xy = _places(rng, kind, n)
            prize = rng.integers(1, 42, n) if step == 1 else 10 * rng.integers(1, 5, n)
            half = int(rng.choice(_WIDTHS)) * (2 if kind == "c" else 1)
            windows = _windows(rng, xy, horizon, service, half, _SHARES[i % 4])
            paths.append(_write(folder / f"{kind}{251 + i}.txt", xy, np.full(n, service), prize, windows, horizon, 2))
    for i, n in enumerate(_SIZES):
        xy = _clusters(rng, n, 4 + n // 48, spread=12.0, side=90.0)
        service = rng.integers(1, 26, n).astype(float)
        low, high = (90, 180) if i % 3 == 0 else (180, 360)
        windows = np.empty((n, 2))
        windows[:, 0] = rng.integers(60, 500, n)
        windows[:, 1] = windows[:, 0] + rng.integers(low, high, n)
        paths.append(_write(folder / f"pr{51 + i}.txt", xy, service, rng.integers(1, 26, n), windows, 1000, 3))
    return paths


def _places(rng: np.random.Generator, kind: str, n: int) -> Float64:
    """The depot in the middle, then ``n`` places."""
    random = np.round(rng.uniform(0, 70, (n, 2)))
    if kind == "r":
        return np.vstack([[35.0, 35.0], random])
    clusters = np.round(_clusters(rng, n, 10, spread=4.0, side=45.0)[1:] + 45)
    if kind == "c":
        return np.vstack([[40.0, 50.0], clusters])
    mixed = np.where(rng.random((n, 1)) < 0.5, random, clusters)
    return np.vstack([[40.0, 50.0], mixed])


def _clusters(rng: np.random.Generator, n: int, k: int, spread: float, side: float) -> Float64:
    centres = rng.uniform(-side, side, (k, 2))
    places = centres[rng.integers(0, k, n)] + rng.normal(0, spread, (n, 2))
    return np.round(np.vstack([rng.normal(0, 10.0, (1, 2)), places]), 3)


def _windows(rng: np.random.Generator, xy: Float64, horizon: int, service: float, half: int, share: float) -> Float64:
    """Around a random moment that can be reached and left in time; the whole day for the others."""
    away = np.ceil(np.hypot(*(xy[1:] - xy[0]).T))
    latest = horizon - away - service
    centre = rng.uniform(away, latest)
    windows = np.stack([np.maximum(centre - half, away), np.minimum(centre + half, latest)], axis=1).round()
    open_all_day = rng.random(len(away)) >= share
    windows[open_all_day] = np.stack([np.zeros(len(away)), latest], axis=1)[open_all_day]
    return windows


def _write(
    path: Path, xy: Float64, service: Float64, prize: Float64, windows: Float64, horizon: int, digits: int
) -> Path:
    lines = [f"0 0 {len(service)} 0", "0 0"]
    rows = zip(xy, [0.0, *service], [0, *prize], [(0, horizon), *windows], strict=True)
    for i, ((x, y), minutes, worth, (opens, closes)) in enumerate(rows):
        lines.append(f"{i} {x:.{digits}f} {y:.{digits}f} {minutes:g} {worth:g} 0 0 0 {opens:g} {closes:g}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the instances into a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routes.unseen", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    wish = parser.parse_args(arguments)
    print(f"{len(make(wish.folder, wish.seed))} instances in {wish.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
