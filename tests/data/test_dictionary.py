from pathlib import Path

from data.columns import TABLES
from data.dictionary import dictionary

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"


def test_the_page_is_what_the_code_says():
    assert PAGE.read_text(encoding="utf-8") == dictionary(), (
        "docs/data-dictionary.md is out of date: python -m data.dictionary docs/data-dictionary.md"
    )


def test_every_column_has_a_line():
    page = dictionary()
    for table in TABLES:
        section = page.partition(f"## {table.name}")[2].partition("\n## ")[0]
        for column in table.columns:
            assert f"| **{column.name}** |" in section or f"| {column.name} |" in section
