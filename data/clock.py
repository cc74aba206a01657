"""A city's time zone as plain arrays, for an engine that knows no calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from recommender.city import Clock
from recommender.errors import BadInput


@lru_cache(maxsize=64)
def clock_of(time_zone: str) -> Clock:
    """The changes of a time zone's offset from 1970 to 2100, found to the hour.

    Raises
    ------
    BadInput
        When the zone is not in the tz database.
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"city.toml, time_zone: {time_zone!r} is no zone such as Europe/Amsterdam") from None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def offset(hour: int) -> int:
        shift = (epoch + timedelta(hours=hour)).astimezone(zone).utcoffset()
        return 0 if shift is None else int(shift.total_seconds())

    since, offsets = [0], [offset(0)]
    day = 24
    for hour in range(day, 130 * 366 * day, day):
        if offset(hour) == offsets[-1]:
            continue
        change = next(earlier for earlier in range(hour - day + 1, hour + 1) if offset(earlier) != offsets[-1])
        since.append(change * 3600)
        offsets.append(offset(hour))
    return Clock(np.array(since, dtype=np.int64), np.array(offsets, dtype=np.int64))
