"""The repair list as a page: which records to mend first, in plain words. ``training`` writes it, ``api`` may serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from data.messages import Messages, languages, load
from data.messages.values import day_text
from data.pages import asset, render

FOLDER = Path(__file__).parent
STYLES = ("base.css", "repair/repair.css")
FIRST = 20
"""So many records are what somebody mends in an afternoon."""

Links = Callable[[str], str]


def _file(lang: str) -> str:
    return f"repair.{lang}.html"


def page(found: Mapping[str, Any], lang: str, links: Links = _file, csv: str = "repair.csv", back: str = "") -> str:
    """The whole page as HTML, with its style inside; it fetches nothing and runs no script.

    Parameters
    ----------
    found : mapping
        What ``repair.json`` holds: rounded numbers, None for 1 to 9 learners.
    lang : str
        One that does not exist falls back to English.
    links : callable
        From a language to the address of the page in it.
    csv : str
        Address of the table; ``""`` shows no link.
    back : str
        Address of the page this one was opened from; ``""`` shows no link.
    """
    messages = load(lang, folder=FOLDER)
    calendar = load(messages.lang)
    day = datetime.fromisoformat(found["at"]).astimezone(ZoneInfo(found["city"]["time_zone"]))
    rounds: dict[int, list[dict[str, Any]]] = {}
    for fix in found["fixes"]:
        rounds.setdefault(fix["round"], []).append(_line(fix, messages))
    return render(
        "repair/repair.html",
        t=messages.text,
        lang=messages.lang,
        style=Markup("\n".join(asset(name) for name in STYLES)),
        others=[(code, links(code)) for code in languages(FOLDER) if code != messages.lang],
        city=found["city"]["name"],
        day=day_text(day, calendar, 0),
        lead=_lead(found, messages),
        rounds=rounds,
        counting=_number(found["counting"], messages),
        waiting=_number(found["waiting"], messages),
        left_out=_people(found["left_out"], messages) if found["left_out"] != 0 else "",
        unread=_number(found["unread"], messages) if found["unread"] else "",
        csv=csv,
        back=back,
    )


def _number(value: int, messages: Messages) -> str:
    return f"{value:,}".replace(",", messages.text("page", "thousands"))


def _people(value: int | None, messages: Messages) -> str:
    """A number of learners; too few to say is said as such."""
    return messages.text("page", "few") if value is None else _number(value, messages)


def _lead(found: Mapping[str, Any], messages: Messages) -> str:
    ranks = [fix["rank"] for fix in found["fixes"] if fix["round"] == 1]
    if not ranks:
        return messages.text("page", "nothing")
    told = found["gained"]
    first = [number for number in ranks if number <= FIRST]
    return messages.count(
        "page", "lead", len(first), records=_number(len(first), messages), learners=_people(told["first"], messages)
    )


def _line(fix: Mapping[str, Any], messages: Messages) -> dict[str, Any]:
    ask = [
        messages.text("fill_in", name) if messages.has("fill_in", name) else messages.text("page", "column", name=name)
        for name in fix["fill_in"]
    ]
    return {
        **fix,
        "kind": messages.text("kinds", fix["table"]),
        "ask": ask,
        "learners": _people(fix["gain"], messages),
        "few": _people(fix["short"], messages),
        "opens": messages.count("page", "opens", fix["activities"]),
        "in_all": _people(fix["alone"], messages),
    }


__all__ = ["FIRST", "FOLDER", "page"]
