"""What is said about a route: why something is left out, and what to relax."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from data.messages.tables import Messages
from data.messages.values import clock_text, price_text
from recommender.routing.route import RouteRelaxation


def why_text(why: str, messages: Messages) -> str:
    """Why a candidate is not in a route, as one sentence."""
    return messages.text("route.why", why if messages.has("route.why", why) else "other")


def relax_text(relax: RouteRelaxation, messages: Messages, time_zone: str) -> str:
    """What to relax and what it brings: "Als je om 18.00 uur thuis mag zijn, past er 1 stop meer in.".

    Parameters
    ----------
    relax : RouteRelaxation
        As the engine found it.
    time_zone : str
        The city's, in which a moment is said.
    """
    step = relax.step if messages.has("route.relax.condition", relax.step) else "other"
    gain = "none" if relax.gains < 1 else "one" if relax.gains == 1 else "other"
    return messages.text(
        "route.relax",
        "sentence",
        condition=messages.text("route.relax.condition", step, **_to(relax, messages, time_zone)),
        gain=messages.text("route.relax", f"gain_{gain}", **({"count": relax.gains} if relax.gains > 1 else {})),
    )


def _to(relax: RouteRelaxation, messages: Messages, time_zone: str) -> dict[str, object]:
    if relax.to is None:
        return {}
    if relax.step in ("from", "until"):
        return {"to": clock_text(datetime.fromtimestamp(relax.to, ZoneInfo(time_zone)), messages)}
    if relax.step == "max_price":
        return {"to": price_text(relax.to, messages)}
    return {"to": f"{relax.to:g}"}
