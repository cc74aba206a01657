"""From a question to the engine's passport and request: ids become rows, and unknown ones are named."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from operator import attrgetter
from typing import Any

import numpy as np

from api.problems import Problem, at_field
from api.shapes.question import GivenPassport, GivenStamp, Point, Question, Wishes
from recommender.city import DOMAINS, UNKNOWN, Catalogue, Ids, Int32, Place
from recommender.passport import CHOSEN_BY, Passport, Request, Stamps

CLOCKS_DIFFER = 86_400
"""Seconds that a stamp may lie after the moment of asking: phones' clocks and time zones are not exact."""
_CHOSEN_BY: dict[str | None, int] = {None: UNKNOWN, **{word: place for place, word in enumerate(CHOSEN_BY)}}
_WHEN = attrgetter("at")


def passport_from_given(given: GivenPassport, catalogue: Catalogue, at: int) -> Passport:
    """A passport that came with the request.

    Parameters
    ----------
    given : GivenPassport
        As validated.
    catalogue : Catalogue
        Whose rows the passport speaks in. Stamps at activities it does not hold are counted in ``not_found``.
    at : int
        The moment of asking, in seconds since 1970 UTC.

    Raises
    ------
    Problem
        422 for a theme that the city does not have, with the nearest names, and for a stamp from the future.
    """
    low, high = given.age or (float("nan"), float("nan"))
    return Passport(
        age_low=low,
        age_high=high,
        home=Place(round(given.home.lat, 2), round(given.home.lon, 2)) if given.home else None,
        languages=tuple(given.languages),
        wishes=rows(catalogue.themes.ids, given.wishes, "passport.wishes"),
        avoid=rows(catalogue.themes.ids, given.avoid, "passport.avoid"),
        less=rows(catalogue.themes.ids, given.less, "passport.less"),
        badges=frozenset(given.badges),
        stamps=_stamps(given.stamps, catalogue, at),
    )


def _stamps(given: Sequence[GivenStamp], catalogue: Catalogue, at: int) -> Stamps:
    if not given:
        return Stamps()
    visits = sorted(given, key=_WHEN)
    moments = [visit.at for visit in visits]
    if moments[-1] > at + CLOCKS_DIFFER:
        place = next(place for place, stamp in enumerate(given) if stamp.at > at + CLOCKS_DIFFER)
        raise at_field(f"passport.stamps[{place}].at", "a stamp cannot lie after the moment of asking")
    if len(set(moments)) < len(moments):
        # The same visit twice is one visit; without this an app that retries would count it double.
        once = {(stamp.at, stamp.activity): stamp for stamp in given}
        visits = [once[visit] for visit in sorted(once)]
        moments = [visit.at for visit in visits]
    activity = catalogue.activities.ids.find([visit.activity for visit in visits])
    chosen_by = [_CHOSEN_BY[visit.chosen_by] for visit in visits]
    stamps = Stamps(activity, np.array(moments, dtype=np.int64), np.array(chosen_by, dtype=np.int8))
    if activity.min() != UNKNOWN:
        return stamps
    found = activity != UNKNOWN
    return Stamps(activity[found], stamps.at[found], stamps.chosen_by[found], not_found=int((~found).sum()))


def until(stamps: Stamps, at: int) -> Stamps:
    """The stamps as they were known at a moment."""
    known = stamps.at <= at + CLOCKS_DIFFER
    if known.all():
        return stamps
    return Stamps(stamps.activity[known], stamps.at[known], stamps.chosen_by[known], stamps.not_found)


def request_from(question: Question, catalogue: Catalogue, at: int, seed: int | None = None) -> Request:
    """What is asked, in the engine's words.

    Parameters
    ----------
    seed : int or None
        Of the drawn place; see ``seed_of``.

    Raises
    ------
    Problem
        422 for a name that the city does not have, and for a window that ends before it starts.
    """
    window = question.window
    opens, closes = (window.from_, window.until) if window else (None, None)
    if opens is not None and closes is not None and closes <= opens:
        raise at_field("window.until", "the window ends before it starts")
    return wishes_from(question, catalogue, at, opens=opens, closes=closes, count=question.count, seed=seed)


def wishes_from(wishes: Wishes, catalogue: Catalogue, at: int, **more: Any) -> Request:
    """What everything that is proposed must suit, in the engine's words; errors as ``request_from``.

    Parameters
    ----------
    more
        Further fields of the request.
    """
    travel = wishes.travel
    mode = travel.mode if travel else None
    if mode and mode not in catalogue.travel:
        raise at_field("travel.mode", f"this city knows {', '.join(catalogue.travel)}")
    return Request(
        at=at,
        mode=mode or "",
        max_minutes=travel.max_minutes if travel else None,
        start=place_from(travel.from_) if travel else None,
        company=tuple(companion.age for companion in wishes.with_),
        free_only=wishes.free_only,
        access=tuple(wishes.access),
        themes=rows(catalogue.themes.ids, wishes.themes, "themes"),
        domains=np.array([DOMAINS.index(domain) for domain in wishes.domains], dtype=np.int8),
        line=None if wishes.line is None else row(catalogue.lines.ids, wishes.line, "line"),
        curiosity=wishes.curiosity,
        **more,
    )


def place_from(point: Point | None) -> Place | None:
    """A point as the engine's place."""
    return Place(point.lat, point.lon) if point else None


def rows(ids: Ids, names: Sequence[str], field: str) -> Int32:
    """Rows of names, each once, in the order given.

    Raises
    ------
    Problem
        422 that names the field of each unknown one, and the nearest names there are.
    """
    if not names:
        return np.empty(0, dtype=np.int32)
    found = ids.find(dict.fromkeys(names))
    if found.min() != UNKNOWN:
        return found
    errors = [
        {"field": f"{field}[{place}]", "detail": _unknown(ids, name)}
        for place, name in enumerate(names)
        if name not in ids
    ]
    detail = f"{errors[0]['field']}: {errors[0]['detail']}"
    raise Problem(422, detail, errors, slug="unknown-name", title="The city does not have this")


def row(ids: Ids, name: str, field: str) -> int:
    """Row of one name; a 422 that names the field when it is unknown."""
    if name not in ids:
        raise at_field(field, _unknown(ids, name))
    return ids.row(name)


def _unknown(ids: Ids, name: str) -> str:
    return f"this city has no such {ids.kind}{near(ids, name)}"


def near(ids: Ids, name: str) -> str:
    """What to try instead of a name that is unknown: the nearest ones, or where they are listed."""
    close = get_close_matches(name[:100], ids.names, n=3, cutoff=0.5)
    return f"; did you mean {', '.join(close)}?" if close else f"; GET /v1/{plural(ids.kind)} lists them"


def plural(kind: str) -> str:
    """Where a kind of thing is listed: ``activity`` → ``activities``."""
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
