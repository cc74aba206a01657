"""What does a request for a list cost, beside an endpoint of the same shape that computes nothing?

    python -m benchmarks.serving --sessions 100000
    python -m benchmarks.serving --sessions 100000 --workers 4     # memory of several workers instead

A town with so many activities, one session each, is stored, released and served; every question brings a passport with
fifty stamps and four filters (a window, free, half an hour by bike, one of three broad themes) and gets twenty places
with reasons. What is measured is processor time of the serving process, over loopback, everything included: HTTP,
parsing, folding in, filters, scores, list, reasons, JSON. ``nothing`` is an endpoint of the same application that reads
and checks the same question and writes an answer of the same shape and size; the last line is the ratio of the two.
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe
from benchmarks.serving.measure import EACH_TIME, ask, cpu_per_request, running
from benchmarks.serving.memory import memory_of_workers
from benchmarks.serving.questions import questions
from benchmarks.serving.town import town
from data.home import Home
from data.store import Store
from recommender.release import save_release

ASK = "/v1/recommendations"
RIVALS = ("/v1/nothing", "/v1/implicit", "/v1/filter-first")
WARM_UP = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000, help="activities, with one session each")
    parser.add_argument("--factors", type=int, default=64, help="the shipped default is 256")
    parser.add_argument("--neighbours", type=int, default=500, help="of each activity; 500 is the shipped default")
    parser.add_argument("--rounds", type=int, default=40, help=f"turns of {EACH_TIME} requests for each endpoint")
    parser.add_argument("--workers", type=int, default=0, help="measure the memory of so many workers instead")
    given = parser.parse_args(arguments)
    console = Console(width=120)
    console.print(describe(threads=1))
    with tempfile.TemporaryDirectory() as folder:
        home = prepared(Path(folder), given.sessions, given.factors, given.neighbours)
        asked = questions(given.sessions, (given.rounds + WARM_UP) * EACH_TIME)  # none is asked twice
        environment = {**os.environ, "LEERLIJN_HOME": folder, "OPENBLAS_NUM_THREADS": "1"}
        if given.workers:
            memory_of_workers(home, given.workers, free_port(), asked, environment, console)
            return
        answer, port = Path(folder) / "answer.json", free_port()
        with running(["api", "serve", "--port", str(port)], port, environment):
            answer.write_bytes(ask(port, "POST", ASK, asked[0])[1])
        port = free_port()
        command = ["benchmarks.serving.server", "--home", folder, "--port", str(port), "--answer", str(answer)]
        with running(command, port, environment) as process:
            paths = (ASK, *RIVALS)
            cpu_per_request(process.pid, port, paths, asked, WARM_UP)
            took = cpu_per_request(process.pid, port, paths, asked, given.rounds)
    report(console, given, took)


def prepared(folder: Path, n: int, factors: int, neighbours: int) -> Home:
    """A home with a town of that size in its store and its release in service."""
    home = Home(folder)
    tables, _, release = town(n, factors, neighbours)
    with Store(home.store_url) as store:
        store.create()
        store.save(tables)
    saved = save_release(release, home.releases(tables.city.id), name="drawn")
    home.point(tables.city.id, saved.name)
    return home


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def report(console: Console, given: argparse.Namespace, took: dict[str, np.ndarray]) -> None:
    """The table, and the ratio as the last line."""
    nothing = float(np.median(took["/v1/nothing"]))
    table = Table("endpoint", "µs CPU (median)", "10–90%", "÷ nothing")
    for path, values in took.items():
        low, high = np.percentile(values, [10, 90])
        table.add_row(path, f"{np.median(values):.0f}", f"{low:.0f}–{high:.0f}", f"{np.median(values) / nothing:.1f}")
    console.print(f"{given.sessions} activities with one session each, {given.factors} factors, {given.rounds} rounds")
    console.print(table)
    print(f"ratio {np.median(took[ASK]) / nothing:.1f}")


if __name__ == "__main__":
    main()
