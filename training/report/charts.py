"""Charts as SVG text, in two widths: one for a desk, one for a phone. No script, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

WIDE, NARROW = 660, 330
OWN, OTHER, QUIET = "#0f5f66", "#b1590a", "#4f5d68"
_INK, _GRID = "#21303b", "#e3d8c4"
_VARIABLES = {OWN: "--brand", OTHER: "--recreation", QUIET: "--soft", _INK: "--ink", _GRID: "--rule"}
"""Each colour as the page calls it, so that a chart follows the page into the dark."""

_VEGA_LITE = "v6.4"
_LEAST = 0.05


@dataclass(frozen=True)
class Svg:
    """One chart in both widths."""

    wide: str
    narrow: str


def intervals_chart(
    rows: Sequence[Mapping[str, Any]], axis: str, percent: bool, locale: Mapping[str, Any], top: float | None = None
) -> Svg:
    """A point with its interval per row, from top to bottom.

    Parameters
    ----------
    rows : sequence of mappings
        ``label``, ``value``, ``low``, ``high``, ``colour`` and ``group``; rows of a named group stand
        together under its name. A row whose ``value`` is None is left out.
    axis : str
        What the values are.
    percent : bool
        Whether the values are shares, or counts.
    locale : mapping
        Decimal sign and such, as d3-format wants it.
    top : float or None
        Where the axis ends; None: just above the highest interval.
    """
    shown = [dict(row) for row in rows if row["value"] is not None]
    end = top or max([_LEAST, *(row["high"] * 1.05 for row in shown)])
    return Svg(*(_render(_intervals(shown, axis, percent, width, end), locale) for width in (WIDE, NARROW)))


def _intervals(rows: list[dict[str, Any]], axis: str, percent: bool, width: int, end: float) -> Any:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    room = 210 if width == WIDE else 118
    wrapped = [{**row, "label": _wrap(row["label"], 34 if width == WIDE else 17)} for row in rows]
    x = alt.X(
        "value:Q",
        title=axis,
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(
            format=".0%" if percent else ".0f",
            tickCount=5 if width == WIDE else 4,
            tickMinStep=0.01 if percent else 1,
            titleAnchor="start",
        ),
    )
    y = alt.Y(
        "label:N",
        title=None,
        sort=[_wrap(label, 34 if width == WIDE else 17) for label in labels],
        axis=alt.Axis(
            labelExpr="split(datum.label, '\\n')",
            labelLimit=room,
            labelOffset={"condition": {"test": "indexof(datum.label, '\\n') > 0", "value": -7}, "value": 0},
            minExtent=room,
            maxExtent=room,
            domain=False,
            ticks=False,
        ),
    )
    colour = alt.Color("colour:N", scale=None, legend=None)
    base = alt.Chart({"values": wrapped})
    layers = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=x, x2="high:Q", y=y, color=colour
    ).transform_calculate(value="datum.low") + base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=colour
    )
    plot = width - room - 12
    if any(row["group"] for row in rows):
        groups = list(dict.fromkeys(row["group"] for row in rows))
        header = alt.Header(
            title=None, labelAnchor="start", labelOrient="top", labelFontWeight="bold", labelFontSize=13
        )
        return layers.properties(width=plot, height=alt.Step(34)).facet(
            row=alt.Row("group:N", sort=groups, header=header), spacing=14
        )
    return layers.properties(width=plot, height=alt.Step(40))


def _wrap(label: str, width: int) -> str:
    lines, line = [], ""
    for word in label.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _render(chart: Any, locale: Mapping[str, Any]) -> str:
    styled = chart.configure(
        font="sans-serif",
        background="transparent",
        padding=2,
        axis=alt.AxisConfig(
            labelFontSize=13,
            titleFontSize=13,
            titleFontWeight="normal",
            labelColor=_INK,
            titleColor=_INK,
            gridColor=_GRID,
            domainColor=_GRID,
            tickColor=_GRID,
        ),
        view=alt.ViewConfig(stroke=None),
        header=alt.HeaderConfig(labelColor=_INK),
    )
    svg: str = vl_convert.vegalite_to_svg(styled.to_dict(), vl_version=_VEGA_LITE, format_locale=dict(locale))
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"var({variable})"')
    # The page names each chart itself; the parts of the drawing say nothing of their own to a screen reader.
    svg = re.sub(r'\s(?:role|aria-roledescription|aria-label|aria-hidden)="[^"]*"', "", svg)
    return re.sub(r"<svg ", '<svg aria-hidden="true" focusable="false" ', svg, count=1)
