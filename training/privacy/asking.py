"""Before the learners are asked: what it costs goes into the city's ledger."""

from __future__ import annotations

from pathlib import Path

from data.home import Home
from data.tables import Tables
from training.config import Config
from training.privacy.ledger import FILE, spend
from training.privacy.model import Asking, delta_of_city


def ledger_of(home: Home, city: str) -> Path:
    """Where a city's ledger is: beside its releases, and never among what is cleared away."""
    return home.releases(city).parent / FILE


def paid(home: Home, tables: Tables, config: Config, now: int) -> Asking | None:
    """Spend what a release with these settings costs, and hand out the right to fit it once.

    Parameters
    ----------
    now : int
        Seconds since 1970 UTC, by the clock.

    Returns
    -------
    Asking or None
        None when the settings ask for no private release: then nothing is spent.

    Raises
    ------
    OverspentError
        When the year's budget does not allow it.
    BadInput
        When the ledger is damaged.
    """
    settings = config.privacy
    if not settings.epsilon:
        return None
    delta = delta_of_city(settings, tables)
    spend(ledger_of(home, tables.city.id), settings.epsilon, delta, settings.budget, now)
    return Asking(now)
