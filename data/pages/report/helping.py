"""What would help: additions with what they would bring, and the wheel of partners around a theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from data.pages.charts import dots_chart, intervals_chart
from data.pages.report.reach import band_text, missing, ranked
from data.pages.report.section import Cell, Part, Section, Sources, absent, section
from data.pages.svg import OWN
from recommender.city import DOMAINS

MOST_PAIRS, MOST_THEMES = 10, 16


def helping(of: Sources) -> list[Section]:
    """The charts on what would help."""
    return [additions(of), wheel(of), pairs(of)]


def theme_name(of: Sources, theme: str) -> str:
    """The name of a theme in the language of the page, else in any, else its id."""
    names = of.opportunity.get("themes", {}).get(theme, {})
    if not isinstance(names, Mapping):
        return theme
    return str(names.get(of.words.lang) or next((name for name in names.values() if name), theme))


def venue_name(of: Sources, venue: str | None) -> str:
    """The name of a venue, else its id."""
    found = of.opportunity.get("reach", {}).get("venues", [])
    return next((str(one["name"] or venue) for one in found if one["venue"] == venue), str(venue or ""))


def addition_text(addition: Part, of: Sources) -> str:
    """``Ruimte, in De Zandloper, op woensdag om 14:00, gratis, voor 6 tot en met 8 jaar``."""
    words = of.words
    themes = words.series([theme_name(of, theme["theme"]) for theme in addition["themes"]])
    where = (
        venue_name(of, addition["venue"])
        if addition["venue"]
        else addition.get("area") or words("helping", "new_place")
    )
    days = words.messages.entry("calendar", "weekdays")
    ages = (addition.get("age_min"), addition.get("age_max"))
    age = words("reach", "every_age") if None in ages else band_text((ages[0], ages[1]), words)  # type: ignore[arg-type]
    price = (
        words("helping", "free")
        if not addition["price"]
        else words("helping", "price", price=words.number(addition["price"], 2))
    )
    return words(
        "helping",
        "addition",
        themes=themes,
        where=where,
        day=days[addition["weekday"]],
        hour=addition["hour"],
        price=price,
        age=age,
    )


def gain_text(gain: Part, of: Sources) -> str:
    """What an addition would bring, in one or two sentences."""
    words = of.words
    said = []
    for key in ("near", "crosses"):
        if key in gain.get("few", []):
            said.append(words("helping", f"{key}_few"))
        elif gain.get(key):
            said.append(words("helping", key, n=words.count(gain[key]), enough=of.opportunity["asked"]["enough"]))
        else:
            said.append(words("helping", f"{key}_none"))
    visits = gain.get("visits")
    if visits:
        said.append(
            words(
                "helping",
                "visits",
                expected=words.count(visits["expected"]),
                low=words.count(visits["low"]),
                high=words.count(visits["high"]),
                weeks=of.opportunity["asked"]["weeks"],
            )
        )
    else:
        said.append(words("helping", "visits_unknown"))
    return " ".join(said)


def _count(gain: Part, key: str, of: Sources) -> Cell:
    if key in gain.get("few", []):
        return of.words("reach", "few"), ""
    return of.words.count(gain.get(key) or 0), ""


def additions(of: Sources) -> Section:
    """What if: the additions that would help most, with expected visits."""
    words = of.words
    if why := missing(of):
        return absent("additions", words, why)
    found, title = of.opportunity.get("suggestions", []), ""
    if of.choices.area or of.choices.band:
        own = [one["suggestion"] for one in ranked(of) if one.get("suggestion")]
        found = own or found
    if not found:
        return absent("additions", words, words("helping", "absent"))
    first = found[0]
    rows = [
        {
            "label": f"{number}. {theme_name(of, one['addition']['themes'][0]['theme']) if one['addition']['themes'] else ''}, "
            f"{venue_name(of, one['addition']['venue']) or one['addition'].get('area', '')}",
            "value": one["gain"]["visits"]["expected"],
            "low": one["gain"]["visits"]["low"],
            "high": one["gain"]["visits"]["high"],
            "colour": OWN,
            "group": "",
        }
        for number, one in enumerate(found, 1)
        if one["gain"].get("visits")
    ]
    calibration = of.opportunity.get("calibration") or {}
    return section(
        "additions",
        words,
        words("helping", "best", addition=addition_text(first["addition"], of)) + " " + gain_text(first["gain"], of),
        basis=[
            title,
            words(
                "helping",
                "calibrated" if calibration.get("calibrated") else "not_calibrated",
                n=words.count(calibration.get("activities") or 0),
            ),
        ],
        chart=intervals_chart(
            rows, words("helping", "axis", weeks=of.opportunity["asked"]["weeks"]), False, words.locale
        ),
        head=[words("head", name) for name in ("rank", "addition", "near", "crosses", "visits")],
        body=[
            [
                (str(number), ""),
                (addition_text(one["addition"], of), ""),
                _count(one["gain"], "near", of),
                _count(one["gain"], "crosses", of),
                _visits(one["gain"], of),
            ]
            for number, one in enumerate(found, 1)
        ],
    )


def _visits(gain: Part, of: Sources) -> Cell:
    visits = gain.get("visits")
    if not visits:
        return "–", ""
    count = of.words.count
    return count(visits["expected"]), f"{count(visits['low'])} – {count(visits['high'])}"


def _spokes(of: Sources) -> list[Part]:
    found = list(of.opportunity.get("wheel", []))
    chosen = [spoke for spoke in found if spoke["theme"] == of.choices.theme]
    return chosen or found


def wheel(of: Sources) -> Section:
    """Which domains touch a theme already, and which are missing."""
    words = of.words
    if not of.opportunity:
        return absent("wheel", words, words("reach", "absent"))
    found = _spokes(of)
    if not found:
        return absent("wheel", words, words("helping", "no_wheel"))
    widest = max(found, key=lambda spoke: (_known(spoke), spoke["activities"]))
    lonely = [spoke for spoke in found if _known(spoke) == 1]
    ordered = sorted(found, key=lambda spoke: (-_known(spoke), theme_name(of, spoke["theme"])))
    shown = ordered[:MOST_THEMES]
    rows = [
        {
            "label": theme_name(of, spoke["theme"]),
            "column": words.domain(one["domain"] or ""),
            "value": one["activities"],
        }
        for spoke in shown
        for one in spoke["domains"]
    ]
    domains = wheel_domains(found)
    names = [words.domain(domain) for domain in domains]
    return section(
        "wheel",
        words,
        words(
            "charts.wheel",
            "sentence",
            theme=theme_name(of, widest["theme"]),
            domains=_known(widest),
            total=len(DOMAINS),
            lonely=len(lonely),
        ),
        basis=[
            words("charts.wheel", "basis", n=words.count(of.opportunity.get("programme", {}).get("open", 0))),
            words("charts.wheel", "empty"),
        ],
        chart=dots_chart(rows, names, words.locale),
        note=words("charts.wheel", "shown", shown=len(shown)) if len(shown) < len(found) else "",
        head=[words("head", "theme"), *names, words("head", "nearest")],
        body=[_spoke(spoke, domains, of) for spoke in ordered],
    )


def _known(spoke: Part) -> int:
    """How many domains touch a theme, not counting what has no domain."""
    return sum(bool(one["domain"]) for one in spoke["domains"])


def wheel_domains(spokes: Sequence[Part]) -> list[str]:
    """The seven domains, and ``""`` when some activity has none that is known."""
    unknown = any(not one["domain"] for spoke in spokes for one in spoke["domains"])
    return [*DOMAINS, *([""] if unknown else [])]


def _spoke(spoke: Part, domains: Sequence[str], of: Sources) -> list[Cell]:
    """One line of the wheel: activities per domain, and the nearest place of a domain that is missing."""
    words = of.words
    counts = {one["domain"] or "": one["activities"] for one in spoke["domains"]}
    lacking = [one for one in spoke.get("missing", []) if one.get("venue") and one.get("minutes") is not None]
    nearest = min(lacking, key=lambda one: one["minutes"], default=None)
    near = (
        words("helping", "nearest", name=nearest["name"] or nearest["venue"], domain=words.domain(nearest["domain"]))
        if nearest
        else "–"
    )
    cells = [(words.count(counts[domain]) if domain in counts else "–", "") for domain in domains]
    return [(theme_name(of, spoke["theme"]), ""), *cells, (near, "")]


def pairs(of: Sources) -> Section:
    """Pairs of activities at two partners that would make a new route possible."""
    words = of.words
    found = [(spoke["theme"], pair) for spoke in _spokes(of) for pair in spoke.get("pairs", [])]
    if not found:
        return absent("pairs", words, words("helping", "no_pairs" if of.opportunity else "no_wheel"))
    found = sorted(found, key=lambda one: (-one[1]["fits"], one[1]["minutes"] or 0.0))
    # One pair of places under several themes is one idea.
    seen: dict[tuple[str, str], tuple[str, Part]] = {}
    for theme, pair in found:
        seen.setdefault((pair["a"]["activity"], pair["b"]["activity"]), (theme, pair))
    shown = list(seen.values())[:MOST_PAIRS]
    theme, first = shown[0]
    return section(
        "pairs",
        words,
        words(
            "charts.pairs",
            "sentence",
            theme=theme_name(of, theme),
            a=first["a"]["name"],
            b=first["b"]["name"],
            minutes=words.number(first["minutes"], 0),
        ),
        head=[words("head", name) for name in ("theme", "first_place", "second_place", "minutes", "age", "together")],
        body=[
            [
                (theme_name(of, theme), ""),
                (pair["a"]["name"], _start(pair, "a", of)),
                (pair["b"]["name"], _start(pair, "b", of)),
                (words.number(pair["minutes"], 0), ""),
                (_ages(pair, of), ""),
                (words.count(pair["fits"]), ""),
            ]
            for theme, pair in shown
        ],
    )


def _start(pair: Part, which: str, of: Sources) -> str:
    first = (pair.get("first") or {}).get(which)
    if not first:
        return of.words.domain(pair[which]["domain"])
    hour = datetime.fromisoformat(first).astimezone(ZoneInfo(of.zone)).strftime("%H:%M")
    return f"{of.words.domain(pair[which]['domain'])}, {of.words.day(first, of.zone)} {hour}"


def _ages(pair: Part, of: Sources) -> str:
    ages = pair.get("ages") or [None, None]
    return of.words("page", "not_known") if None in ages else band_text(ages, of.words)
