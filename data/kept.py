"""Releases and reports that have been kept long enough."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from data.home import Home
from recommender.release import alone, remove_release

DAY = 86_400
_IN_USE = 2
"""The release in service and the one to go back to."""


def _made(folder: Path) -> float:
    """When a release was made, by its name; else when its folder was written."""
    try:
        return datetime.strptime(folder.name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return folder.stat().st_mtime


def old_releases(home: Home, city: str, days: int | None, now: float) -> list[Path]:
    """Releases older than so many days, but the one in service and the one before it; none for None."""
    if days is None:
        return []
    stay = set(home.published(city)[:_IN_USE])
    folders = sorted(path for path in home.releases(city).glob("[!.]*") if path.is_dir() and path.name not in stay)
    return [path for path in folders if _made(path) < now - days * DAY]


def old_reports(home: Home, city: str, days: int | None, now: float) -> list[Path]:
    """Files among the reports, in whatever folder, that were written longer ago than that; none for None."""
    if days is None:
        return []
    files = sorted(path for path in home.reports(city).rglob("*") if path.is_file())
    return [path for path in files if path.stat().st_mtime < now - days * DAY]


def remove(home: Home, city: str, releases: list[Path], reports: list[Path]) -> None:
    """Remove them. One that is gone already is no error."""
    for file in reports:
        file.unlink(missing_ok=True)
    if releases:
        with alone(home.releases(city)):
            stay = set(home.published(city)[:_IN_USE])  # one of them may have gone live meanwhile
            for folder in releases:
                if folder.name not in stay and folder.is_dir():
                    remove_release(folder)
