"""The reach map: squares of 0.01 degree and venue points, drawn to scale without a base map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from data.pages.svg import ALARM, CARD, INK, QUIET, STEPS, WIDE, Svg, both_widths

CELL = 0.01
"""Homes are known to 0.01 degree, so that is the size of a square."""
_HIGHEST = 460
_ROOM_FOR_NUMBER = 21


def reach_map(
    panels: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    venues: Sequence[Mapping[str, Any]],
    names: Sequence[Mapping[str, Any]],
    locale: Mapping[str, Any],
    scale: str,
) -> Svg | None:
    """Panels side by side at a desk, below each other on a phone; every panel has the same squares and venues.

    Parameters
    ----------
    panels : sequence of (title, squares)
        A square: ``lat`` and ``lon`` of its middle, ``step`` (0 to 3 from little to much, None where it may not be
        shown) and ``text``, a short number written in it when there is room.
    venues : sequence of mappings
        ``lat`` and ``lon``.
    names : sequence of mappings
        ``lon``, ``top`` and ``bottom`` (degrees north) and ``text``: names of neighbourhoods, written above the top or else
        below the bottom; one that fits neither way is left out.
    locale : mapping
        As in ``intervals_chart``.
    scale : str
        Words for the bar of scale, with ``{km}``.

    Returns
    -------
    Svg or None
        None when no panel has a square.
    """
    squares = [square for _, found in panels for square in found]
    if not squares:
        return None
    frame = _Frame(squares)
    return both_widths(lambda width: _panels(panels, venues, names, frame, width, scale), locale)


class _Frame:
    """Degrees to kilometres east and north of the corner, and what must fit."""

    def __init__(self, squares: Sequence[Mapping[str, Any]]) -> None:
        lat: list[float] = [square["lat"] for square in squares]
        lon: list[float] = [square["lon"] for square in squares]
        self.south, self.west = min(lat) - CELL, min(lon) - CELL
        self.per_lon = 111.32 * math.cos(math.radians((min(lat) + max(lat)) / 2))
        self.wide = (max(lon) + CELL - self.west) * self.per_lon
        self.high = (max(lat) + CELL - self.south) * 110.57

    def east(self, lon: float) -> float:
        return round((lon - self.west) * self.per_lon, 3)

    def north(self, lat: float) -> float:
        return round((lat - self.south) * 110.57, 3)

    def holds(self, place: Mapping[str, Any]) -> bool:
        return 0 <= self.east(place["lon"]) <= self.wide and 0 <= self.north(place["lat"]) <= self.high


def _panels(
    panels: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    venues: Sequence[Mapping[str, Any]],
    names: Sequence[Mapping[str, Any]],
    frame: _Frame,
    width: int,
    scale: str,
) -> Any:
    import altair as alt

    beside = width == WIDE and len(panels) > 1
    across = (width - 24) / 2 if beside else width - 8
    per_km = min(across / frame.wide, _HIGHEST / frame.high)
    drawn = [_panel(title, found, venues, names, frame, per_km, scale) for title, found in panels]
    return drawn[0] if len(drawn) == 1 else alt.concat(*drawn, columns=2 if beside else 1, spacing=16)


def _panel(
    title: str,
    squares: Sequence[Mapping[str, Any]],
    venues: Sequence[Mapping[str, Any]],
    names: Sequence[Mapping[str, Any]],
    frame: _Frame,
    per_km: float,
    scale: str,
) -> Any:
    import altair as alt

    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, frame.wide], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, frame.high], nice=False))
    half_x, half_y = CELL / 2 * frame.per_lon, CELL / 2 * 110.57
    fields = []
    for square in squares:
        east, north = frame.east(square["lon"]), frame.north(square["lat"])
        fields.append(
            {
                "x": east,
                "y": north,
                "left": east - half_x,
                "right": east + half_x,
                "low": north - half_y,
                "high": north + half_y,
                "colour": CARD if square["step"] is None else STEPS[square["step"]],
                "text": square["text"],
                "empty": square["step"] == 0,
                "dash": square["step"] is None,
            }
        )
    base = alt.Chart({"values": fields}, title=alt.TitleParams(title, anchor="start", fontSize=13, fontWeight="bold"))
    drawn = base.mark_rect(strokeWidth=1).encode(
        x=alt.X("left:Q", axis=None, scale=alt.Scale(domain=[0, frame.wide], nice=False)),
        x2="right:Q",
        y=alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[0, frame.high], nice=False)),
        y2="high:Q",
        color=alt.Color("colour:N", scale=None, legend=None),
        stroke=alt.value(QUIET),
        strokeDash=alt.condition("datum.dash", alt.value([2, 3]), alt.value([1, 0])),
    )
    roomy = CELL * frame.per_lon * per_km >= _ROOM_FOR_NUMBER
    if not roomy:
        crosses = base.transform_filter("datum.empty").mark_point(
            shape="M-1,-1L1,1M1,-1L-1,1", size=30, stroke=ALARM, strokeWidth=1.5
        )
        drawn += crosses.encode(x=x, y=y)
    places = [{"x": frame.east(v["lon"]), "y": frame.north(v["lat"])} for v in venues if frame.holds(v)]
    if places:
        points = alt.Chart({"values": places}).mark_point(
            shape="diamond", filled=True, size=26 if len(places) > 120 else 44, color=INK, opacity=0.85
        )
        drawn += points.encode(x=x, y=y)
    if roomy:
        numbers = base.encode(x=x, y=y, text="text:N")
        drawn += numbers.mark_text(fontSize=12, fontWeight="bold", stroke=CARD, strokeWidth=3, color=CARD)
        drawn += numbers.mark_text(fontSize=12, fontWeight="bold", color=INK)
    if labels := _apart(names, frame, per_km):
        halo = alt.Chart({"values": labels}).encode(x=x, y=y, text="text:N")
        drawn += halo.mark_text(fontSize=12, stroke=CARD, strokeWidth=4, color=CARD)
        drawn += halo.mark_text(fontSize=12, color=INK)
    km = next((km for km in (20.0, 10.0, 5.0, 2.0, 1.0) if km <= frame.wide / 3), 0.5)
    ruler = [{"x": 0.0, "end": km, "y": 0.0, "text": scale.format(km=f"{km:g}")}]
    bar = alt.Chart({"values": ruler})
    drawn += bar.mark_rule(color=INK, strokeWidth=2, clip=False).encode(x=x, x2="end:Q", y=y)
    drawn += bar.mark_text(color=INK, fontSize=12, align="left", baseline="bottom", dy=-3).encode(
        x=x, y=y, text="text:N"
    )
    return drawn.properties(width=round(frame.wide * per_km), height=round(frame.high * per_km))


def _apart(names: Sequence[Mapping[str, Any]], frame: _Frame, per_km: float) -> list[dict[str, Any]]:
    """Where each name stands, so that no two names touch and none is cut off."""
    placed: list[dict[str, Any]] = []
    for name in names:
        half = len(name["text"]) * 3.3 / per_km
        for lat, away in ((name["top"], 9), (name["bottom"], -9)):
            east = min(max(frame.east(name["lon"]), half), frame.wide - half)
            north = frame.north(lat) + away / per_km
            free = all(
                abs(one["x"] - east) > one["half"] + half or abs(one["y"] - north) * per_km > 14 for one in placed
            )
            if free:
                placed.append({"x": round(east, 3), "y": round(north, 3), "text": name["text"], "half": half})
                break
    return placed
