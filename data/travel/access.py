"""Who may use a way, in which direction and how fast, by its OpenStreetMap tags.

Walking is allowed both ways wherever no tag forbids it, but not on motorways and trunk roads. Where cycling is not
allowed, or not in this direction, and walking is, the bicycle is pushed at walking speed; never over steps.
Sources: https://wiki.openstreetmap.org/wiki/Key:access, Key:oneway, Key:cycleway and OSM_tags_for_routing.
"""

from __future__ import annotations

from collections.abc import Mapping

CLOSED, FULL, SLOW, PUSH = range(4)
"""How fast: not at all, at the city's own speed of the mode, at a share of it, or walking beside the bicycle."""

WALK_SLOW = 0.5
"""Share of the walking speed on steps."""
BIKE_SLOW = 0.6
"""Share of the cycling speed on paths, tracks and streets shared with people on foot."""

TAGS = (
    "highway", "access", "foot", "bicycle", "vehicle", "motorroad", "junction", "oneway", "oneway:bicycle",
    "cycleway", "cycleway:left", "cycleway:right", "cycleway:both",
)  # fmt: skip
"""All the tags that are looked at."""

_FAST_ROADS = {"motorway", "motorway_link", "trunk", "trunk_link"}
_NO_STREET = {
    "abandoned", "bus_guideway", "busway", "construction", "escape", "no", "planned", "platform", "proposed", "raceway",
    "razed", "rest_area", "services", "via_ferrata",
}  # fmt: skip
_ON_FOOT = {"footway", "pedestrian", "steps", "corridor", "elevator", "bridleway"}
_SLOW_BIKE = {"path", "track", "living_street", "footway", "pedestrian", "bridleway", "service"}
_DENIED = {"no", "private", "agricultural", "forestry", "military", "delivery", "use_sidepath"}
_ALLOWED = {"yes", "designated", "official", "permissive", "destination", "customers", "public", "permit"}
_ONE_WAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1, "no": 0, "false": 0, "0": 0}


def _allowed(tags: Mapping[str, str], keys: tuple[str, ...], default: bool) -> bool:
    """The most specific key that says something decides."""
    for key in keys:
        if tags.get(key) in _ALLOWED:
            # A general "yes" does not open a motorway; a "yes" for this very mode does.
            return key == keys[0] or default
        if tags.get(key) in _DENIED:
            return False
    return default


def _direction(tags: Mapping[str, str]) -> int:
    """Where bicycles may ride: 1 along the way, -1 against it, 0 both."""
    own = tags.get("oneway:bicycle", "")
    if own in _ONE_WAY:
        return _ONE_WAY[own]
    if any(tags.get(key, "").startswith("opposite") for key in TAGS if key.startswith("cycleway")):
        return 0
    round_about = 1 if tags.get("junction") in ("roundabout", "circular") else 0
    return _ONE_WAY.get(tags.get("oneway", ""), round_about)


def paces(tags: Mapping[str, str]) -> tuple[int, int, int]:
    """How fast one gets along a way.

    Parameters
    ----------
    tags : mapping of str to str
        Only ``TAGS`` matter; a missing one is not there.

    Returns
    -------
    walk, bike, bike_back : int
        One of ``CLOSED``, ``FULL``, ``SLOW``, ``PUSH``; walking is the same in both directions.
    """
    kind = tags.get("highway", "")
    street = bool(kind) and kind not in _NO_STREET and kind not in _FAST_ROADS and tags.get("motorroad") != "yes"
    on_foot = _allowed(tags, ("foot", "access"), street)
    walk = CLOSED if not on_foot else SLOW if kind == "steps" else FULL
    rides = _allowed(tags, ("bicycle", "vehicle", "access"), street and kind not in _ON_FOOT) and kind != "steps"
    rides = rides and tags.get("bicycle") != "dismount"
    ride = SLOW if kind in _SLOW_BIKE else FULL
    otherwise = PUSH if on_foot and kind != "steps" else CLOSED
    where = _direction(tags)
    bike = ride if rides and where >= 0 else otherwise
    bike_back = ride if rides and where <= 0 else otherwise
    return walk, bike, bike_back
