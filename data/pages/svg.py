"""How a chart becomes SVG text: its colours, its widths, and what all charts write beside their axes.

The drawing library is imported when the first chart is drawn, so that a service without charts never pays for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDE, NARROW = 660, 330
OWN, OTHER, QUIET, ALARM = "#0f5f66", "#b1590a", "#4f5d68", "#9a2f1b"
INK, GRID = "#21303b", "#e3d8c4"
CARD = "#fffdf9"
STEPS = ("#fbd9cf", "#f3e3c6", "#bfded6", "#6db3a8")
"""From little to much, for areas; the first is drawn with a cross as well, so colour is never the only sign."""
_VARIABLES = {
    OWN: "--brand",
    OTHER: "--recreation",
    QUIET: "--soft",
    ALARM: "--warn",
    INK: "--ink",
    GRID: "--rule",
    CARD: "--card",
    **{step: f"--step-{number}" for number, step in enumerate(STEPS)},
}
"""Each colour as the page calls it, so that a chart follows the page into the dark."""

_VEGA_LITE = "v6.4"


@dataclass(frozen=True)
class Svg:
    """One chart in both widths."""

    wide: str
    narrow: str


def ticks(percent: bool, width: int, ends: Mapping[str, Any]) -> Any:
    import altair as alt

    if ends.get("type") == "log":
        marks = [mark for mark in (0.1, 0.25, 0.5, 1, 2, 4, 10) if ends["domain"][0] <= mark <= ends["domain"][1]]
        return alt.Axis(values=marks, format="~g", titleAnchor="start")
    return alt.Axis(
        format=".0%" if percent else ".0f",
        tickCount=5 if width == WIDE else 3,
        tickMinStep=0.01 if percent else 1,
        titleAnchor="start",
    )


def title(axis: str, width: int) -> list[str]:
    """The name of an axis in lines that fit beside the labels."""
    return wrap(axis, 60 if width == WIDE else 28).split("\n")


def row_height(rows: Sequence[Mapping[str, Any]], least: int) -> int:
    """Height of a row, so that the longest label touches no other."""
    lines: int = max(row["label"].count("\n") + 1 for row in rows)
    return max(least, 12 + 15 * lines)


def labels(rows: list[dict[str, Any]], width: int, room: int) -> tuple[list[dict[str, Any]], Any]:
    """The rows with labels broken to lines, and the axis that writes them."""
    import altair as alt

    letters = 30 if width == WIDE else 16
    order = list(dict.fromkeys(wrap(row["label"], letters) for row in rows))
    axis = alt.Axis(
        labelExpr="split(datum.label, '\\n')",
        labelLimit=room - 8,
        labelOffset={
            "condition": [
                {"test": f"length(split(datum.label, '\\n')) == {lines}", "value": -7 * (lines - 1)} for lines in (2, 3)
            ],
            "value": 0,
        },
        minExtent=room,
        maxExtent=room,
        labelPadding=7,
        domain=False,
        ticks=False,
    )
    wrapped = [{**row, "label": wrap(row["label"], letters)} for row in rows]
    return wrapped, alt.Y("label:N", title=None, sort=order, axis=axis)


def wrap(label: str, width: int, most: int = 3) -> str:
    """A label in lines of at most so many letters; what does not fit in ``most`` lines ends in an ellipsis."""
    lines, line = [], ""
    for word in label.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: width - 2].rstrip()} …"]
    return "\n".join(lines)


def both_widths(draw: Callable[[int], Any], locale: Mapping[str, Any]) -> Svg:
    """The chart that ``draw`` makes for a width in pixels, at a desk and on a phone."""
    from altair.utils.schemapi import debug_mode

    # Holding every part to its schema takes longer than drawing; a chart that is not valid fails in the drawing.
    with debug_mode(False):
        return Svg(*(_render(draw(width), locale) for width in (WIDE, NARROW)))


def _render(chart: Any, locale: Mapping[str, Any]) -> str:
    import altair as alt
    import vl_convert

    styled = chart.configure(
        font="sans-serif",
        background="transparent",
        padding=2,
        axis=alt.AxisConfig(
            labelFontSize=13,
            titleFontSize=13,
            titleFontWeight="normal",
            labelColor=INK,
            titleColor=INK,
            gridColor=GRID,
            domainColor=GRID,
            tickColor=GRID,
        ),
        view=alt.ViewConfig(stroke=None),
        header=alt.HeaderConfig(labelColor=INK),
        title=alt.TitleConfig(color=INK),
    )
    svg: str = vl_convert.vegalite_to_svg(
        styled.to_dict(validate=False), vl_version=_VEGA_LITE, allowed_base_urls=[], format_locale=dict(locale)
    )
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"var({variable})"')
    # The page names each chart itself; the parts of the drawing say nothing of their own to a screen reader.
    svg = re.sub(r'\s(?:role|aria-roledescription|aria-label|aria-hidden)="[^"]*"', "", svg)
    return re.sub(r"<svg ", '<svg aria-hidden="true" focusable="false" ', svg, count=1)
