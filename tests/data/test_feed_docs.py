"""The guide names every feed and every mapping table, and its examples are read."""

import re
from pathlib import Path

from data.feeds import several
from data.feeds.mapping import FOLDER
from data.feeds.registry import FEEDS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")


def test_the_guide_names_every_feed():
    named = set(re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE))
    assert named == set(FEEDS)


def test_the_guide_names_every_vocabulary():
    tables = {file.stem for file in FOLDER.glob("*.csv") if not file.stem.endswith(("_themes", "_venues"))}
    tables -= {"boxes", "themes", "venues"}
    assert tables == {name for name in tables if f"`{name}`" in GUIDE}


def test_the_list_of_feeds_in_the_guide_is_read():
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert [part.feed for part in several.parse(text)] == ["uitdatabank", "openactive"]
