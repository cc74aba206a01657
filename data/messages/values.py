"""Times, prices and ages as people say them."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from data.messages.tables import Messages
from recommender.city import Sessions


def day_text(moment: datetime, messages: Messages, year: int) -> str:
    """A day, "zaterdag 7 maart"; with its year when that is another than ``year``."""
    days, months = messages.entry("calendar", "days"), messages.entry("calendar", "months")
    return messages.text(
        "calendar",
        "day" if moment.year == year else "dated",
        weekday=days[moment.weekday()],
        date=moment.day,
        month=months[moment.month - 1],
        year=moment.year,
    )


def clock_text(moment: datetime, messages: Messages) -> str:
    """A time of day: "14.00"."""
    return messages.text("calendar", "clock", hour=moment.hour, minute=moment.minute)


def session_text(sessions: Sessions, row: int, time_zone: str, at: int, messages: Messages) -> str:
    """When a session takes place, in the city's own time.

    Parameters
    ----------
    sessions : Sessions
        Those of the catalogue.
    row : int
        Row of the session.
    time_zone : str
        IANA name.
    at : int
        Moment of asking in seconds since 1970 UTC: a day of another year is said with its year.
    messages : Messages
        The language.
    """
    if sessions.always:
        return messages.text("calendar", "always")
    zone = ZoneInfo(time_zone)
    start = datetime.fromtimestamp(int(sessions.start[row]), zone)
    end = datetime.fromtimestamp(int(sessions.end[row]), zone)
    year = datetime.fromtimestamp(at, zone).year
    same_day = start.date() == end.date()
    if sessions.drop_in[row]:
        key = "drop_in" if same_day else "drop_in_days"
    elif start == end:
        key = "moment"
    else:
        key = "between" if same_day else "several_days"
    return messages.text(
        "calendar",
        key,
        day=day_text(start, messages, year),
        last=day_text(end, messages, year),
        start=clock_text(start, messages),
        end=clock_text(end, messages),
    )


def price_text(price: float, messages: Messages) -> str:
    """A price in euros: "Gratis", "€ 2,50", or that it is not known (NaN)."""
    if math.isnan(price):
        return messages.text("money", "unknown")
    cents = round(price * 100)
    if cents == 0:
        return messages.text("money", "free")
    return messages.text("money", "amount", whole=cents // 100, cents=cents % 100)


def age_text(low: float, high: float, messages: Messages) -> str:
    """For which ages something is meant: "6 tot en met 12 jaar"; ``""`` when neither end is known."""
    if math.isnan(low) and math.isnan(high):
        return ""
    if math.isnan(high) or high >= 99:
        return messages.text("page", "age_from", low=f"{0 if math.isnan(low) else low:g}")
    if math.isnan(low):
        return messages.text("page", "age_to", high=f"{high:g}")
    if low == high:
        return messages.text("page", "age_single", low=f"{low:g}")
    return messages.text("page", "age_range", low=f"{low:g}", high=f"{high:g}")
