"""Rows that every feed writes in the same way: sessions and venues, and the city they stand in."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data.feeds.mapping import CategoryMapping
from data.feeds.opening import Hours
from data.feeds.records import Row
from data.feeds.series import Occurrence
from data.folder import SETTINGS, read_settings
from data.tables import CitySettings


@dataclass(frozen=True)
class Context:
    """What a file is read with: its name, the city, now, our words for theirs, and opening hours of places by id.

    ``others`` are the words of further vocabularies that records may use, by name.
    """

    source: str
    city: CitySettings
    now: datetime
    mapping: CategoryMapping
    places: Mapping[str, Hours] = field(default_factory=dict)
    others: Mapping[str, CategoryMapping] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.city.time_zone)


def session_rows(
    activity: str, found: Iterable[Occurrence], source: str, line: int, status: str = "scheduled", **more: str
) -> list[Row]:
    """Rows of an activity's sessions, named by activity and local start.

    Parameters
    ----------
    activity : str
        Id of the activity.
    found : iterable of Occurrence
    source, line : str, int
        Where they stand.
    status : str
        That of the activity: ``cancelled`` and ``full`` hold for all of its sessions.
    **more : str
        Further columns, the same for all.
    """
    return [
        Row(
            source,
            line,
            {
                "session_id": f"{activity}-{session.start:%Y%m%dT%H%M}",
                "activity_id": activity,
                "start": session.start.isoformat(),
                "end": session.end.isoformat(),
                "status": status if status != "scheduled" else session.status,
                "drop_in": "true" if session.drop_in else "false",
                **more,
            },
            session.origin,
        )
        for session in found
    ]


def known(values: Mapping[str, str]) -> dict[str, str]:
    """The values that say something."""
    return {name: value for name, value in values.items() if value}


def city_of(path: Path, otherwise: CitySettings) -> CitySettings:
    """``city.toml`` beside or in the source; without one, the feed's own usual city."""
    folder = path if path.is_dir() else path.parent
    return read_settings(folder) if (folder / SETTINGS).is_file() else otherwise


def now_of(city: CitySettings, now: int | None) -> datetime:
    """The moment that sessions are counted from, on the city's clocks: as asked, else its own, else the clock's."""
    moment = now if now is not None else city.as_of if city.as_of is not None else int(time.time())
    return datetime.fromtimestamp(moment, ZoneInfo(city.time_zone))
