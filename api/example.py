"""What a service prints when it is ready: a question, the answer it gives to it, and where to look next."""

from __future__ import annotations

import json
import math
import shlex
import textwrap
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from fastapi import FastAPI

from api.examples import examples
from api.state import Live
from data.messages import theme_label

ASK = "/v1/recommendations"
_SECONDS = 30
_WIDTH = 100
_SLOTS = {
    "next_station": " (next station of a line)",
    "new_direction": " (something new)",
    "drawn": " (drawn by lot)",
}


def example(app: FastAPI, address: str) -> str:
    """The whole of it, with the answer of the service that runs at ``address``."""
    (city,) = app.state.service.cities.values()
    body = question(city.live)
    return "\n".join(["", shown(address, body, ask(address, body), city.live), "", addresses(address), ""])


def question(live: Live) -> dict[str, Any]:
    """A passport that travels with the request, made of the names of the city in service."""
    given = examples(live)
    found: dict[str, Any] = given.get("stamps", given["newcomer"])["value"]
    return {**found, "count": 5, "lang": "en"}


def ask(address: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The running service's own answer, over HTTP."""
    request = Request(address + ASK, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as answer:  # this machine: past any proxy
        found: dict[str, Any] = json.load(answer)
    return found


def shown(address: str, body: Mapping[str, Any], answer: Mapping[str, Any], live: Live) -> str:
    """The example as text: who asks, how, and what they get."""
    curl = f"curl -s {address}{ASK} -H 'Content-Type: application/json' -d {shlex.quote(_laid_out(body))}"
    lines = [_who(body, live), "", textwrap.indent(curl, "  "), ""]
    told: set[str] = set()
    for entry in answer["recommendations"]:
        reason = _reason(entry, told)
        told.add(reason)
        kind = _SLOTS.get(entry["slot"], "")
        lines += [f"  {entry['rank']}. {entry['activity']['title']}{kind}", f"     {_where(entry)}"]
        lines += textwrap.wrap(reason, _WIDTH, initial_indent="     → ", subsequent_indent="       ")
    if answer["degraded"]:
        lines.append(f"  No model is in service, so this is the plain agenda. {address}/v1/release says why.")
    if not answer["recommendations"]:
        lines.append("  Nothing fits this question; `funnel` and `relax` in the answer say why.")
    return "\n".join(lines)


def addresses(address: str) -> str:
    """Where to look next."""
    pages = {
        "page for people": "/",
        "learning lines": "/lines",
        "how good is it?": "/report/en",
        "for coordinators": "/desk",
        "OpenAPI": "/openapi.json",
    }
    return "\n".join(f"  {name:16} {address}{path}" for name, path in pages.items())


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON on one line where it fits, else one line for each part."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) < _WIDTH or not isinstance(value, (dict, list)):
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        opening, closing = "[]"
        parts = [_laid_out(part, inner) for part in value]
    else:
        opening, closing = "{}"
        parts = [f"{json.dumps(name)}: {_laid_out(part, inner)}" for name, part in value.items()]
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


def _who(body: Mapping[str, Any], live: Live) -> str:
    passport, catalogue, lang = body["passport"], live.catalogue, body["lang"]
    titles = [
        catalogue.activities.title[catalogue.activities.ids.row(s["activity"])] for s in passport.get("stamps", ())
    ]
    labels = [theme_label(catalogue, catalogue.themes.ids.row(wish), lang) for wish in passport.get("wishes", ())]
    past = [f"went to {' and '.join(f'‘{title}’' for title in titles)}"] if titles else []
    wishes = [f"wishes for {' and '.join(f'‘{label}’' for label in labels)}"] if labels else []
    that = f" who {' and '.join(past + wishes)}" if past or wishes else ""
    return textwrap.fill(f"What next for a child of {passport['age']}{that}?", _WIDTH)


def _reason(entry: Mapping[str, Any], told: set[str]) -> str:
    """The first reason that says something new; the way there stands beside the time already."""
    telling = [reason["text"] for reason in entry["reasons"] if reason["code"] != "near"]
    texts = [*telling, *(reason["text"] for reason in entry["reasons"])]
    return next((text for text in texts if text not in told), texts[0] if texts else "")


def _where(entry: Mapping[str, Any]) -> str:
    """Where and when, as far as the city says."""
    venue, session, minutes = entry["venue"], entry["session"], entry["travel_minutes"]
    parts = [venue["name"] or venue["id"]] if venue else []
    if session:
        parts.append(f"{datetime.fromisoformat(session['start']):%a %-d %b %Y %H:%M}")
    if minutes is not None:
        parts.append(f"{math.ceil(minutes)} min")
    return " · ".join(parts)
