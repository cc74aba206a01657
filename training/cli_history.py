"""Passport histories on the command line: people added to a city that is in the store."""

from __future__ import annotations

import secrets
from pathlib import Path

from rich.table import Table as Grid

from data.columns import ACTIVITY, LEARNER
from data.feeds.histories.people import keyed
from data.feeds.histories.registry import history_reader
from data.tables import Tables
from data.validation import KEPT_WITHOUT
from training.cli_common import home, open_store, out, patient, the_city
from training.health import problems


def check_history(source: Path, feed: str) -> None:
    """Read a history and say what can be used. Pseudonyms are made with a key that is thrown away.

    Raises
    ------
    BadInput
        When there is no history in the source.
    """
    show_history(history_reader(feed)(source, keyed(secrets.token_bytes(32), "")))
    out().print("\nWhich activities these are was not looked up: that happens when it is loaded into a city.")


def load_history(source: Path, feed: str, city: str | None) -> None:
    """Add the people of a history to a city in the store; its catalogue stays as it is.

    Raises
    ------
    BadInput
        When there is no history in the source, or no such city in the store.
    """
    with open_store() as store:
        name = the_city(store, city)
        catalogue = store.load(name, people=False)
        tables = history_reader(feed)(source, keyed(home().secret(), name), catalogue)
        show_history(tables)
        patient(store, lambda: store.add(tables))
    out().print(f"\nAdded to city [bold]{name}[/]. Next: python -m training train --city {name}")


def show_history(tables: Tables) -> None:
    """Print what was read, kept and put aside, without anybody's pseudonym."""
    console, lines = out(), tables.quarantine
    lost = lines[~lines["expected"].str.endswith(KEPT_WITHOUT)]
    rejected = len(set(zip(lost["source"], lost["row"], strict=True)))
    grid = Grid("records", "in quarantine", "learners", "with an age", "with badges", "stamps", "at activities")
    learners = {*tables.passports[LEARNER], *tables.stamps[LEARNER]}
    counts = (
        tables.records, rejected, len(learners), int((tables.passports["age"] != "").sum()),
        int((tables.passports["badges"] != "").sum()), len(tables.stamps), tables.stamps[ACTIVITY].nunique(),
    )  # fmt: skip
    grid.add_row(*(f"{count:,}" for count in counts))
    console.print(grid)
    for line in tables.notes:
        console.print(f"  {line}", markup=False)
    for problem in problems(tables):
        console.print(f"• {problem}", markup=False)
    if len(lines):
        console.print("→ Correct the lines above in the source and load it again: what is there already counts once.")
