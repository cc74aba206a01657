"""Rows as a table to read and as CSV to compute with."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from benchmarks.ranking.run import Row
from training.evaluation.uncertainty import Interval

NOT_KNOWN = "–"


def table_of(title: str, rows: Sequence[Row], metrics: Sequence[str], splits: int, best: str | None = None) -> Table:
    """One line per model: each metric with the engine's lead in it, and the times.

    Parameters
    ----------
    metrics : sequence of str
        Columns, the deciding one last.
    splits : int
        With several, a column gives the last metric split by split.
    best : str or None
        Name of the row that all others are also given as a share of.
    """
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for metric in metrics:
        table.add_column(_shown(metric), justify="right", no_wrap=True)
        table.add_column("engine leads by [95%]", justify="right", no_wrap=True)
    if splits > 1:
        table.add_column("per season", justify="right", no_wrap=True)
    if best is not None:
        table.add_column(f"of {best}", justify="right", no_wrap=True)
    table.add_column("fit s", justify="right", no_wrap=True)
    table.add_column("ms per 1,000", justify="right", no_wrap=True)
    top = next((row for row in rows if row.name == best), None)
    for place, row in enumerate(rows):
        cells = [row.name]
        for metric in metrics:
            cells += [_value(row, metric), "" if place == 0 else _lead(row.lead.get(metric))]
        if splits > 1:
            cells.append(" ".join(_bare(value) for value in row.per_split.get(metrics[-1], ())) or NOT_KNOWN)
        if best is not None:
            cells.append(_share(row, top, metrics[-1]))
        cells += [_number(row.fit_seconds, "{:.1f}"), _number(row.ms_per_thousand, "{:,.0f}")]
        table.add_row(*(Text(cell) for cell in cells), style="bold" if place == 0 else "")
    return table


def _shown(metric: str) -> str:
    return metric.replace("ndcg", "NDCG")


def _value(row: Row, metric: str) -> str:
    return _bare(row.value[metric].value) if metric in row.value else NOT_KNOWN


def _bare(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _lead(lead: Interval | None) -> str:
    if lead is None:
        return NOT_KNOWN
    return f"{_signed(lead.value)} [{_signed(lead.low)}, {_signed(lead.high)}]"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("0.", ".", 1)


def _share(row: Row, top: Row | None, metric: str) -> str:
    if top is None or metric not in row.value or not top.value[metric].value:
        return NOT_KNOWN
    return f"{row.value[metric].value / top.value[metric].value:.0%}"


def _number(value: float, form: str) -> str:
    return NOT_KNOWN if value != value else form.format(value)


HEADER = ("data", "model", "metric", "value", "low", "high", "lead", "lead_low", "lead_high", "learners")
TIMES = ("fit_seconds", "ms_per_thousand_learners", "left_out")


def write_csv(path: Path, tables: Iterable[tuple[str, Sequence[Row]]]) -> None:
    """Every figure with its interval: one line per data set, model and metric; nothing where a model was left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*HEADER, *TIMES))
        for data, rows in tables:
            for row in rows:
                times = (_csv(row.fit_seconds), _csv(row.ms_per_thousand), row.left_out)
                if not row.value:
                    writer.writerow((data, row.name, *[""] * (len(HEADER) - 2), *times))
                for metric, value in row.value.items():
                    lead = row.lead[metric]
                    figures = (value.value, value.low, value.high, lead.value, lead.low, lead.high)
                    writer.writerow((data, row.name, metric, *map(_csv, figures), value.n, *times))


def _csv(value: float) -> str:
    return "" if value != value else f"{value:.6g}"
