"""How long does a whole request for a route take, over HTTP, in a town of 300 activities a season?

    python -m benchmarks.routing_api

A simulated town is trained, stored and served by ``python -m api serve`` in a process of its own; learners of the town ask on
loopback, one after the other, each for a day out and for a journey of eight weeks. What is timed is the whole request, from the
first byte sent to the last one read. Then the same questions come two at a time while somebody else asks for lists.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from data.home import Home
from data.simulation import SimulationConfig, simulate
from data.store import Store
from data.tables import Tables
from recommender.release import save_release
from training.config import Config
from training.fit import fit

PATIENCE = 300.0
MODES = ("bike", "walk", "car", "transit")


@contextmanager
def served(tables: Tables) -> Iterator[httpx.Client]:
    """The town behind a running service; a client to ask it with."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        home = Home(Path(folder))
        with Store(home.store_url) as store:
            store.create()
            store.save(tables)
        saved = save_release(fit(tables, Config()), home.releases(tables.city.id))
        home.point(tables.city.id, saved.name)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
        environment = {**os.environ, "LEERLIJN_HOME": folder}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False) as client:
                _wait(client, process)
                yield client
        finally:
            process.terminate()
            process.wait(30)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            client.get("/health/ready")
            return
        except httpx.ConnectError:
            time.sleep(0.1)
    raise RuntimeError("the service did not start")


def questions(tables: Tables, count: int, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Outings and journeys of learners of the town, drawn at random: their passports, a day soon, a way to travel."""
    draw = np.random.default_rng(seed)
    as_of = tables.city.as_of
    assert as_of is not None
    now = datetime.fromtimestamp(as_of, ZoneInfo(tables.city.time_zone))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    stamps = tables.stamps.groupby("learner_id")
    outings, journeys = [], []
    known = tables.passports[tables.passports["home_lat"].notna()]
    for row in known.iloc[draw.permutation(len(known))[:count]].to_dict("records"):
        passport: dict[str, Any] = {"home": {"lat": row["home_lat"], "lon": row["home_lon"]}, "stamps": []}
        if row["age"]:
            passport["age"] = row["age"] if "-" in row["age"] else float(row["age"])
        if row["learner_id"] in stamps.groups:
            passport["stamps"] = [
                {"activity": one["activity_id"], "at": datetime.fromtimestamp(int(one["at"]), now.tzinfo).isoformat()}
                for one in stamps.get_group(row["learner_id"]).tail(50).to_dict("records")
            ]
        leave = midnight + timedelta(days=int(draw.integers(1, 15)), hours=int(draw.integers(9, 14)))
        asked = {
            "passport": passport,
            "travel": {"mode": MODES[int(draw.choice(4, p=[0.5, 0.2, 0.2, 0.1]))]},
            "lang": "nl",
        }
        hours = int(draw.integers(3, 9))
        until = (leave + timedelta(hours=hours)).isoformat()
        outings.append(
            {
                **asked,
                "kind": "outing",
                "from": leave.isoformat(),
                "until": until,
                "max_stops": int(draw.integers(2, 6)),
            }
        )
        journeys.append({**asked, "kind": "journey", "weeks": 8, "sessions_per_week": int(draw.integers(1, 3))})
    return outings, journeys


def timed(client: httpx.Client, path: str, asked: Sequence[dict[str, Any]]) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Milliseconds of each request, and the answers."""
    took, answers = [], []
    for question in asked:
        body = json.dumps(question).encode()
        began = time.perf_counter()
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        took.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
        answers.append(answer.json())
    return np.array(took), answers


def beside(client: httpx.Client, routes: Sequence[dict[str, Any]], lists: Sequence[dict[str, Any]]) -> np.ndarray:
    """Milliseconds of lists while two others ask for routes."""
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=client.base_url, timeout=PATIENCE, trust_env=False) as own:
            for question in cycle(routes):
                if stop.is_set():
                    break
                timed(own, "/v1/routes", [question])

    others = [threading.Thread(target=ask) for _ in range(2)]
    for other in others:
        other.start()
    try:
        return timed(client, "/v1/recommendations", lists)[0]
    finally:
        stop.set()
        for other in others:
            other.join()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing_api", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="questions of each kind")
    parser.add_argument("--activities", type=int, default=300, help="activities a season")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    tables = simulate(SimulationConfig(seed=given.seed, activities_per_season=given.activities)).tables
    outings, journeys = questions(tables, given.count, given.seed)
    lists = [{"passport": one["passport"], "travel": one["travel"]} for one in outings]
    table = Table("request", "p50 ms", "p90 ms", "p99 ms", "with a route", "stops", "proven", "cut")
    with served(tables) as client:
        while client.post("/v1/routes", json=outings[0]).status_code == 503:  # the search is being compiled
            time.sleep(1)
        for path, asked in (("/v1/routes", outings), ("/v1/routes", journeys), ("/v1/recommendations", lists)):
            timed(client, path, asked[:5])
        for name, asked in (("outing", outings), ("journey", journeys)):
            took, answers = timed(client, "/v1/routes", asked)
            best = [answer["routes"][0] for answer in answers if answer["routes"]]
            table.add_row(
                name,
                *_percentiles(took),
                f"{len(best) / len(answers):.0%}",
                f"{np.mean([route['totals']['stops'] for route in best]):.1f}" if best else "–",
                f"{np.mean([route['proven'] for route in best]):.0%}" if best else "–",
                f"{sum(answer['cut'] for answer in answers)}",
            )
        table.add_row("list", *_percentiles(timed(client, "/v1/recommendations", lists)[0]), "", "", "", "")
        table.add_row("list, beside two who ask for outings", *_percentiles(beside(client, outings, lists)), *[""] * 4)
    console = Console(width=120)
    console.print(describe(threads=1))
    console.print(
        f"{len(tables.activities)} activities in {len(tables.venues)} venues, {given.count} questions of each kind"
    )
    console.print(table)


def _percentiles(took: np.ndarray) -> list[str]:
    return [f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in np.percentile(took, [50, 90, 99])]


if __name__ == "__main__":
    main()
