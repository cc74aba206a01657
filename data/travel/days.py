"""On which days a service runs, and at which moment its day begins."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.travel.feed import DAYS, day_numbers

Days = NDArray[np.int64]
_EPOCH = date(1970, 1, 1)
_THURSDAY = 3  # 1970-01-01
_MOST_DAYS = 366 * 5


def service_days(calendar: pd.DataFrame, exceptions: pd.DataFrame) -> tuple[list[str], list[Days]]:
    """Every service and the days since 1970-01-01 on which it runs, ascending: its week days, with exceptions.

    Parameters
    ----------
    calendar, exceptions : DataFrame
        ``calendar`` and ``calendar_dates`` of a feed; either may be empty. Of a span longer than five years only
        the first five count.
    """
    days: dict[str, set[int]] = {}
    starts, ends = (day_numbers(calendar[name])[0] for name in ("start_date", "end_date"))
    weekly = calendar[list(DAYS)].to_numpy(np.float64) == 1
    for service, start, end, week in zip(calendar["service_id"], starts, ends, weekly, strict=True):
        span = np.arange(int(start), min(int(end), int(start) + _MOST_DAYS) + 1)
        days[service] = set(span[week[(span + _THURSDAY) % 7]].tolist())
    on = day_numbers(exceptions["date"])[0]
    for service, day, kind in zip(exceptions["service_id"], on, exceptions["exception_type"], strict=True):
        some = days.setdefault(service, set())
        (some.add if kind == "1" else some.discard)(int(day))
    return list(days), [np.array(sorted(some), dtype=np.int64) for some in days.values()]


@lru_cache(maxsize=1024)
def start_of(day: int, zone: str) -> int:
    """The moment from which a service day counts its seconds: noon minus twelve hours, not midnight.

    On a day on which the clock changes the two are an hour apart.

    Parameters
    ----------
    day : int
        Days since 1970-01-01.
    """
    that = _EPOCH + timedelta(days=day)
    noon = datetime(that.year, that.month, that.day, 12, tzinfo=ZoneInfo(zone))
    return int(noon.timestamp()) - 12 * 3600


def day_of(moment: int, zone: str) -> int:
    """The calendar day of a moment, in days since 1970-01-01."""
    return (datetime.fromtimestamp(moment, ZoneInfo(zone)).date() - _EPOCH).days
