"""The data dictionary: ``docs/data-dictionary.md``, written from the one definition of every column.

``python -m data.dictionary docs/data-dictionary.md`` writes it; a test holds it to the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

from data.columns import TABLES, Column, Table
from data.values import expected

_HEAD = """# Data dictionary

What a city hands in: one folder with these files, as `.csv` or as `.parquet`. This page is written from
`data/columns.py` by `python -m data.dictionary docs/data-dictionary.md`.

- Only the files marked **required** must be there. A missing file, column or cell means *not known*, and *not known*
  is never read as "suits everyone".
- CSV is UTF-8 with a comma between cells and one header line. A byte order mark is accepted.
- Columns that are not named here are left out, and the reader says so.
- A row with a problem goes to quarantine with file, line, field, value and what was expected. It is never dropped in
  silence. `quarantine.csv` shows such lines.
- A reference that may be left out, but points at nothing, costs only itself: the row is kept without it, and
  quarantine says so. A reference that is required costs the row.
- The first row of an id is kept, further ones go to quarantine. So does the same stamp twice.
- Times are ISO 8601 with an offset: `2026-03-07T14:00:00+01:00`, or `…T13:00:00Z`. A time without offset is refused,
  because nobody can tell which moment is meant.
- Without `themes`, the themes that activities and lines name are the list.
"""

_CITY = """## city.toml

All keys may be left out.

| key | expected | default |
|---|---|---|
| `id` | lower-case letters, digits, `-` and `_` | `city` |
| `name` | name as people know it | the id |
| `time_zone` | a zone of the tz database | `Europe/Amsterdam` |
| `languages` | a list of language codes | `["nl", "en"]` |
| `as_of` | the city's own "now", ISO 8601 with offset; without it the clock's | |
| `default_mode` | `walk`, `bike`, `transit` or `car` | `bike` |
| `travel.<mode>` | `km_per_hour`, `detour` (at least 1), `fixed_minutes` | 4.8, 15, 20 and 30 km an hour |
| `origin` | `own`, `sample` or `simulated` | `own` |
"""


def _row(column: Column) -> str:
    name = f"**{column.name}**" if column.required else column.name
    words = column.help[:1].upper() + column.help[1:]
    told = expected(column)
    return f"| {name} | {words} | {told[:1].upper() + told[1:]} |"


def _section(table: Table) -> str:
    title = f"## {table.name}{' (required)' if table.required else ''}"
    key = f"Named by {' and '.join(f'`{name}`' for name in table.key)}."
    more = " More languages may stand in columns named by their code." if table.open_ended else ""
    rows = "\n".join(_row(column) for column in table.columns)
    return f"{title}\n\n{key}{more}\n\n| column | what it is | what is expected |\n|---|---|---|\n{rows}\n"


def dictionary() -> str:
    """The page as Markdown; required columns are **bold**."""
    return "\n".join([_HEAD, _CITY, *(_section(table) for table in TABLES)])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(dictionary(), encoding="utf-8", newline="\n")
