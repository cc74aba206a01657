"""Charts as SVG text, in two widths: one for a desk, one for a phone. No script, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from data.pages.svg import CARD, GRID, INK, NARROW, OWN, WIDE, Svg, both_widths, labels, row_height, ticks, title, wrap

_LEAST = 0.05
_LEVEL = 7
"""So many names of columns stand beside each other at a desk."""
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def intervals_chart(
    rows: Sequence[Mapping[str, Any]],
    axis: str,
    percent: bool,
    locale: Mapping[str, Any],
    top: float | None = None,
    *,
    line: float | None = None,
    log: bool = False,
) -> Svg | None:
    """A point with its interval per row, from top to bottom.

    Parameters
    ----------
    rows : sequence of mappings
        ``label``, ``value``, ``low``, ``high``, ``colour`` and ``group``; rows of a named group stand
        together under its name. A row whose ``value`` is None is left out; without ``low`` it has no interval.
    axis : str
        What the values are.
    percent : bool
        Whether the values are shares, or counts.
    locale : mapping
        Decimal sign and such, as d3-format wants it.
    top : float or None
        Where the axis ends; None: just above the highest interval.
    line : float or None
        A value to draw a line at, such as 0 for differences or 1 for ratios.
    log : bool
        True for ratios: twice as much and half as much lie equally far from 1.

    Returns
    -------
    Svg or None
        None when there is nothing to draw.
    """
    shown = [_whole(row) for row in rows if row["value"] is not None]
    if not shown:
        return None
    highest = max(row["high"] for row in shown)
    lowest = min(row["low"] for row in shown)
    if log:
        low, high = min(lowest, 0.5) / 1.1, max(highest, 2.0) * 1.1
    else:
        # An axis that ends just above the highest interval; a share ends at 100% whatever the margin says.
        least = _LEAST if percent else 1.0
        high = top if top is not None else max(least, highest * 1.05, 1.15 * (line or 0.0))
        high = min(high, 1.0) if percent and highest <= 1 else high
        low = lowest * 1.05 if lowest < 0 else 0.0
        if line == 0:  # differences: as much room on either side
            high = max(_LEAST, -low, high)
            low = -high
    scale = {"type": "log"} if log else {}
    ends = {"domain": [low, high], "nice": False, **scale}
    return both_widths(lambda width: _intervals(shown, axis, percent, width, ends, line), locale)


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    low, high = row.get("low"), row.get("high")
    value = row["value"]
    return {**row, "low": value if low is None else low, "high": value if high is None else high}


def _intervals(
    rows: list[dict[str, Any]], axis: str, percent: bool, width: int, ends: dict[str, Any], line: float | None
) -> Any:
    import altair as alt

    room = 210 if width == WIDE else 118
    x = alt.X("value:Q", title=title(axis, width), scale=alt.Scale(**ends), axis=ticks(percent, width, ends))
    wrapped, y = labels(rows, width, room)
    colour = alt.Color("colour:N", scale=None, legend=None)
    base = alt.Chart({"values": wrapped})
    layers = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=x, x2="high:Q", y=y, color=colour
    ).transform_calculate(value="datum.low") + base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=colour
    )
    if line is not None:
        layers += base.mark_rule(color=INK, strokeDash=[4, 4]).encode(x=x).transform_calculate(value=str(line))
    plot = width - room - 12
    if any(row["group"] for row in rows):
        for one in wrapped:
            one["group"] = wrap(one["group"], 60 if width == WIDE else 30)
        groups = list(dict.fromkeys(row["group"] for row in wrapped))
        header = alt.Header(
            title=None,
            labelAnchor="start",
            labelOrient="top",
            labelFontWeight="bold",
            labelFontSize=13,
            labelPadding=4,
            labelExpr="split(datum.label, '\\n')",
        )
        return (
            layers.properties(width=plot, height=alt.Step(row_height(wrapped, 34)))
            .facet(row=alt.Row("group:N", sort=groups, header=header), spacing=14)
            .resolve_scale(y="independent")
        )
    return layers.properties(width=plot, height=alt.Step(row_height(wrapped, 40)))


def stacked_chart(
    rows: Sequence[Mapping[str, Any]], axis: str, percent: bool, locale: Mapping[str, Any], top: float | None = None
) -> Svg | None:
    """Bars of parts that add up, one bar per label, from top to bottom.

    Parameters
    ----------
    rows : sequence of mappings
        ``label``, ``part`` (order of the parts, 0 first), ``value``, ``colour`` and ``text`` (written inside the part when it
        is wide enough). Rows without a value are left out.
    axis, percent, locale, top
        As in ``intervals_chart``.
    """
    shown = [dict(row) for row in rows if row["value"] is not None]
    if not shown:
        return None
    sums: dict[str, float] = {}
    for row in shown:
        row["low"] = sums.get(row["label"], 0.0)
        row["high"] = sums[row["label"]] = row["low"] + row["value"]
        row["middle"] = (row["low"] + row["high"]) / 2
    high = top if top is not None else max([_LEAST, *sums.values()])
    return both_widths(lambda width: _stacked(shown, axis, percent, width, high), locale)


def _stacked(rows: list[dict[str, Any]], axis: str, percent: bool, width: int, high: float) -> Any:
    import altair as alt

    room = 210 if width == WIDE else 118
    plot = width - room - 16
    ends: dict[str, Any] = {"domain": [0.0, high], "nice": False}
    for row in rows:
        row["text"] = row["text"] if row["value"] / high * plot > 9 * len(row["text"]) + 6 else ""
    wrapped, y = labels(rows, width, room)
    x = alt.X("low:Q", title=title(axis, width), scale=alt.Scale(**ends), axis=ticks(percent, width, ends))
    base = alt.Chart({"values": wrapped})
    bars = base.mark_bar(height=22, stroke=CARD, strokeWidth=1.5).encode(
        x=x, x2="high:Q", y=y, color=alt.Color("colour:N", scale=None, legend=None)
    )
    inside = base.mark_text(color=CARD, fontSize=13, fontWeight="bold").encode(
        x=alt.X("middle:Q", scale=alt.Scale(**ends)), y=y, text="text:N"
    )
    return (bars + inside).properties(width=plot, height=alt.Step(row_height(wrapped, 36)))


def lines_chart(
    rows: Sequence[Mapping[str, Any]], axis: str, percent: bool, locale: Mapping[str, Any], top: float | None = None
) -> Svg | None:
    """A line per series over moments, each point with its interval.

    Parameters
    ----------
    rows : sequence of mappings
        ``moment`` (text, in order), ``series`` (number of the line), ``value``, ``low``, ``high`` and ``colour``.
    axis, percent, locale, top
        As in ``intervals_chart``.
    """
    shown = [_whole(row) for row in rows if row["value"] is not None]
    if not shown:
        return None
    high = top if top is not None else max([_LEAST, *(row["high"] * 1.05 for row in shown)])
    return both_widths(lambda width: _lines(shown, axis, percent, width, high), locale)


def _lines(rows: list[dict[str, Any]], axis: str, percent: bool, width: int, high: float) -> Any:
    import altair as alt

    moments = list(dict.fromkeys(row["moment"] for row in rows))
    count = len({row["series"] for row in rows})
    # Lines stand a little beside each other, so that their intervals do not hide each other.
    placed = [{**row, "at": moments.index(row["moment"]) + 0.07 * (row["series"] - (count - 1) / 2)} for row in rows]
    spoken = json.dumps([moment.replace(" ", "\n", 1) if width == NARROW else moment for moment in moments])
    x = alt.X(
        "at:Q",
        title=None,
        scale=alt.Scale(domain=[-0.3, len(moments) - 0.7], nice=False),
        axis=alt.Axis(
            values=list(range(len(moments))),
            labelExpr=f"split({spoken}[datum.value], '\\n')",
            grid=False,
            labelFlush=False,
        ),
    )
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, high], nice=False),
        axis=alt.Axis(format=".0%" if percent else ".0f", tickMinStep=0.01 if percent else 1, tickCount=5),
    )
    colour = alt.Color("colour:N", scale=None, legend=None)
    shape = alt.Shape("series:O", scale=alt.Scale(domain=list(range(count)), range=list(_SHAPES[:count])), legend=None)
    base = alt.Chart({"values": placed}, title=alt.TitleParams(axis, anchor="start", fontSize=13, fontWeight="normal"))
    drawn = (
        base.mark_rule(strokeWidth=3, opacity=0.45)
        .encode(x=x, y=y, y2="high:Q", color=colour)
        .transform_calculate(value="datum.low")
    )
    drawn += base.mark_line(strokeWidth=1.5, opacity=0.8).encode(x=x, y=y, color=colour, detail="series:N")
    drawn += base.mark_point(filled=True, size=90, opacity=1).encode(x=x, y=y, color=colour, shape=shape)
    return drawn.properties(width=width - 50, height=240)


def dots_chart(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], locale: Mapping[str, Any]) -> Svg | None:
    """A table of dots: how much stands at each label and column; what is empty stays empty.

    Parameters
    ----------
    rows : sequence of mappings
        ``label``, ``column`` and ``value``, above 0.
    columns : sequence of str
        In the order from left to right, also those that are empty.
    locale : mapping
        As in ``intervals_chart``.
    """
    if not rows:
        return None
    return both_widths(lambda width: _dots([dict(row) for row in rows], list(columns), width), locale)


def _dots(rows: list[dict[str, Any]], columns: list[str], width: int) -> Any:
    import altair as alt

    room = 210 if width == WIDE else 118
    wrapped, y = labels(rows, width, room)
    x = alt.X(
        "column:N",
        title=None,
        scale=alt.Scale(domain=columns),
        axis=alt.Axis(
            orient="top",
            labelAngle=-90 if width == NARROW else 0 if len(columns) <= _LEVEL else -35,
            labelFontSize=12,
            labelLimit=110,
            domain=False,
            ticks=False,
            grid=True,
            gridColor=GRID,
        ),
    )
    most = max(row["value"] for row in rows)
    for row in wrapped:
        # Area in pixels: room for the digits first, then more for more.
        row["area"] = (130, 260, 460)[min(len(str(row["value"])), 3) - 1] + 160 * row["value"] / most
    base = alt.Chart({"values": wrapped})
    dots = base.mark_point(filled=True, opacity=1, color=OWN).encode(
        x=x, y=y, size=alt.Size("area:Q", scale=None, legend=None)
    )
    numbers = base.mark_text(color=CARD, fontSize=11, fontWeight="bold").encode(x=x, y=y, text="value:Q")
    return (dots + numbers).properties(width=width - room - 12, height=alt.Step(row_height(wrapped, 30)))
