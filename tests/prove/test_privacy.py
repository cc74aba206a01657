"""Training of private releases killed at any moment: no release without its line, and never more lines than the budget allows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from data.folder import write_folder
from data.simulation import preset, simulate
from recommender.release import load_release
from training.privacy.ledger import read

pytestmark = pytest.mark.prove
KILLS = 10
BUDGET = 11


def trains(folder: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "training",
        "train",
        "--data",
        str(folder),
        "--config",
        str(folder / "settings.toml"),
    ]
    environment = {**os.environ, "LEERLIJN_HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("LEERLIJN_DATABASE_URL", None)
    return subprocess.Popen(
        [*command, "--privacy-epsilon", "1"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_killed_anywhere_it_never_spends_what_it_has_not_written_down(tmp_path: Path) -> None:
    made = simulate(preset("small")).tables
    folder, home = write_folder(made, tmp_path / "town"), tmp_path / "var"
    (folder / "settings.toml").write_text(f"threads = 1\n[privacy]\nbudget = {BUDGET}\n")
    ledger, releases = home / made.city.id / "privacy.jsonl", home / made.city.id / "releases"
    began = time.monotonic()
    assert trains(folder, home).wait() == 0
    whole = time.monotonic() - began
    rng, killed_after_spending = np.random.default_rng(0), 0
    for number in range(KILLS):
        before, stood = len(read(ledger)), {path.parent.name for path in releases.glob("*/manifest.json")}
        run = trains(folder, home)
        if (
            number % 2
        ):  # anywhere; else soon after the line is written, where the noise is drawn and the release written
            time.sleep(float(rng.uniform(0.3, 1.0)) * whole)
        else:
            while len(read(ledger)) == before and run.poll() is None:
                time.sleep(0.005)
            time.sleep(float(rng.uniform(0.0, 0.4)))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        lines = read(ledger)
        new = {path.parent.name for path in releases.glob("*/manifest.json")} - stood
        assert before <= len(lines) <= min(before + 1, BUDGET)
        assert len(new) <= len(lines) - before, "a release that nothing was paid for"
        killed_after_spending += len(lines) - before > len(new)
        for name in new:
            load_release(releases / name)
    assert killed_after_spending > 0, "no kill hit what it was meant for; widen the moments"
    while len(read(ledger)) < BUDGET:
        assert trains(folder, home).wait() == 0
    stood = set(releases.iterdir())
    assert trains(folder, home).wait() == 1
    assert len(read(ledger)) == BUDGET
    assert set(releases.iterdir()) == stood
