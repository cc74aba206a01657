"""Which children have nothing within reach: the gap in two parts, and who has least."""

from __future__ import annotations

from collections.abc import Sequence

from data.pages.charts import intervals_chart, stacked_chart
from data.pages.report.section import KEYS, Key, Part, Section, Sources, absent, section
from data.pages.report.words import Words
from data.pages.svg import OTHER, OWN, QUIET

MOST_ROWS = 14


def missing(of: Sources) -> str:
    """Why nothing can be said about reach; ``""`` when something can."""
    words = of.words
    if not of.opportunity:
        return words("reach", "absent")
    people = of.opportunity.get("people", {})
    if not people.get("claims"):
        return words("reach", "no_homes")
    return ""


def band_text(band: Sequence[float], words: Words) -> str:
    """``6 tot en met 8 jaar``."""
    low, high = (round(end) for end in band)
    if high >= 120:
        return words("reach", "band_from", low=low)
    return words("reach", "band", low=low, high=high)


def bands_text(bands: Sequence[Sequence[float]] | None, words: Words) -> str:
    """Several bands; neighbours become one."""
    if not bands:
        return words("reach", "every_age")
    joined = [list(bands[0])]
    for low, high in bands[1:]:
        if low <= joined[-1][1] + 1:
            joined[-1][1] = high
        else:
            joined.append([low, high])
    return words.series([band_text(band, words) for band in joined])


def areas_text(areas: Sequence[str] | None, words: Words) -> str:
    """Several areas; an area without a name is said to be so."""
    if not areas:
        return words("reach", "whole_city")
    named = [area or words("reach", "no_area") for area in areas]
    if len(named) > 3:
        return words("reach", "several_areas", first=", ".join(named[:2]), more=len(named) - 2)
    return words.series(named)


def group_text(group: Part, words: Words) -> str:
    """``Zandheuvel, 6 tot en met 8 jaar``."""
    if group["bands"] is None:
        return areas_text(group["areas"], words)
    if group["areas"] is None:
        return bands_text(group["bands"], words)
    return f"{areas_text(group['areas'], words)}, {bands_text(group['bands'], words)}"


def shown_share(share: Part | None) -> Part:
    """A share as a cell of a chart; hidden ones have no value."""
    if not share or share.get("status") == "hidden":
        return {"value": None, "low": None, "high": None, "n": None, "bound": None}
    return {key: share.get(key) for key in ("value", "low", "high", "n", "bound")}


def share_text(share: Part | None, words: Words) -> tuple[str, str]:
    """A share in a table, with its interval; or the words for few, nearly all, or hidden."""
    cell = shown_share(share)
    if cell["value"] is None:
        return words("reach", cell["bound"] or "hidden"), ""
    between = "" if cell["low"] is None else f"{words.percent(cell['low'])} – {words.percent(cell['high'])}"
    return words.percent(cell["value"]), between


def ranked(of: Sources) -> list[Part]:
    """Area × band, least to choose from first, as far as the reader asked for it."""
    found = of.opportunity.get("deserts", [])
    area, band = of.choices.area, of.choices.band
    if area and any(desert["area"] == area for desert in found):
        found = [desert for desert in found if desert["area"] == area]
    if band and any(f"{d['band'][0]:g}-{d['band'][1]:g}" == band for d in found):
        found = [d for d in found if f"{d['band'][0]:g}-{d['band'][1]:g}" == band]
    return list(found)


def no_ranking(of: Sources) -> str:
    """Why the part that the list misses is not drawn."""
    return of.words("reach", "no_ranking" if of.opportunity.get("release") is None else "ranking_hidden")


def _gap_groups(of: Sources) -> list[Part]:
    found = of.opportunity["reach"]
    area, band = of.choices.area, of.choices.band
    if area or band:
        chosen = [
            group
            for group in found.get("groups", [])
            if (not area or area in (group["areas"] or []))
            and (not band or band in [f"{low:g}-{high:g}" for low, high in group["bands"] or []])
        ]
        if chosen:
            return [found["all"], *chosen]
    return [found["all"], *found.get("areas", []), *found.get("bands", [])]


def gap(of: Sources) -> Section:
    """Who is left short, in two parts: it does not exist nearby, or the list does not show it."""
    words = of.words
    if why := missing(of):
        return absent("gap", words, why)
    groups = _gap_groups(of)
    everybody = groups[0]
    rows = []
    drawn = [one for one in groups if shown_share(one.get("supply"))["value"] is not None]
    whole = [one for one in drawn if not one.get("ranking") or shown_share(one["ranking"])["value"] is not None]
    # A bar without one of its parts would look like a smaller gap; the whole city always has its bar.
    for group in [one for one in drawn if one in whole or one is everybody]:
        label = group_text(group, words)
        for part, (name, tint) in enumerate((("supply", OTHER), ("ranking", OWN))):
            cell = shown_share(group.get(name))
            rows.append(
                {
                    "label": label,
                    "part": part,
                    "value": cell["value"],
                    "colour": tint,
                    "text": words.percent(cell["value"]),
                }
            )
    ranked_too = everybody.get("ranking") is not None
    cell, asked = shown_share(everybody.get("supply")), of.opportunity["asked"]
    return section(
        "gap",
        words,
        gap_sentence(everybody, of),
        basis=[
            words("reach", "basis", n=words.count(everybody["n"]), weeks=asked["weeks"]),
            *(
                [words("page", "interval", low=words.percent(cell["low"]), high=words.percent(cell["high"]))]
                if cell["low"] is not None
                else []
            ),
        ],
        chart=stacked_chart(rows, words("charts.gap", "axis"), True, words.locale),
        legend=[Key("other", "", words("charts.gap", "supply"))]
        + ([Key("own", "", words("charts.gap", "ranking"))] if ranked_too else []),
        note=(words("charts.gap", "part_hidden") if len(whole) < len(groups) else "") if ranked_too else no_ranking(of),
        head=[words("head", name) for name in ("group", "short", "supply", "ranking", "n")],
        body=[
            [
                (group_text(group, words), words("reach", "unranked") if group["status"] == "interval" else ""),
                *(share_text(group.get(name), words) for name in ("short", "supply", "ranking")),
                (words("page", "hidden") if group["n"] is None else words.count(group["n"]), ""),
            ]
            for group in groups
        ],
    )


def gap_sentence(everybody: Part, of: Sources) -> str:
    """For whom it is not there, and for whom it is there but not shown; few people are said to be few."""
    words, asked = of.words, of.opportunity["asked"]
    supply, ranking = shown_share(everybody.get("supply")), shown_share(everybody.get("ranking"))
    key = {"nearly_all": "supply_all", "few": "supply_few"}.get(supply["bound"] or "", "sentence_supply")
    said = [words("charts.gap", key, supply=words.percent(supply["value"]), enough=asked["enough"])]
    if everybody.get("ranking") is not None:
        key = "sentence_ranking" if ranking["value"] is not None else f"ranking_{ranking['bound'] or 'withheld'}"
        key = key if words.messages.has("charts.gap", key) else "ranking_withheld"
        said.append(words("charts.gap", key, ranking=words.percent(ranking["value"]), list=asked.get("list", 10)))
    return " ".join(said)


def spread_text(spread: Part | None, words: Words) -> tuple[str, str]:
    """The middle of what people have to choose from, with the tenth and ninetieth of a hundred below it."""
    if not spread:
        return words("reach", "hidden"), ""
    return words.number(spread["median"], 0), f"{words.number(spread['low'], 0)} – {words.number(spread['high'], 0)}"


def deserts(of: Sources) -> Section:
    """Where there is least to choose from, by neighbourhood and age."""
    words = of.words
    if why := missing(of):
        return absent("deserts", words, why)
    found = ranked(of)
    if not found:
        return absent("deserts", words, words("reach", "no_deserts"))
    first, asked = found[0], of.opportunity["asked"]
    empty = [one for one in found if one["activities"] and one["activities"]["high"] < 1]
    rows = [
        {
            "label": f"{areas_text([one['area']], words)}, {band_text(one['band'], words)}",
            "value": one["activities"]["median"],
            "low": one["activities"]["low"],
            "high": one["activities"]["high"],
            "colour": OTHER if one["activities"]["median"] < asked["enough"] else QUIET,
            "group": "",
        }
        for one in found[:MOST_ROWS]
        if one["activities"]
    ]
    return section(
        "deserts",
        words,
        desert_sentence(first, of),
        basis=[
            words("reach", "people", n=words.count(first["n"])) if first["n"] else words("charts.deserts", "few"),
            words("charts.deserts", "spread"),
            words("charts.deserts", "ties", n=len(empty), total=len(found)) if len(empty) > 1 else "",
        ],
        chart=intervals_chart(rows, words("charts.deserts", "axis"), False, words.locale, line=asked["enough"]),
        legend=[
            Key(KEYS[OTHER], "", words("charts.deserts", "below", enough=asked["enough"])),
            Key(KEYS[QUIET], "", words("charts.deserts", "above", enough=asked["enough"])),
        ],
        head=[words("head", name) for name in ("area", "age", "activities", "supply", "cause", "n")],
        body=[
            [
                (areas_text([one["area"]], words), ""),
                (band_text(one["band"], words), ""),
                spread_text(one["activities"], words),
                share_text(one["supply"], words),
                (words("causes", one["cause"]) if one.get("cause") else "–", ""),
                (words.count(one["n"]) if one["n"] else words("page", "hidden"), ""),
            ]
            for one in found
        ],
    )


def desert_sentence(desert: Part, of: Sources) -> str:
    """Who has least, how much, and what keeps them from more."""
    words = of.words
    spread = desert["activities"]
    said = words(
        "charts.deserts",
        "sentence_hidden" if not spread else "sentence_none" if spread["median"] < 1 else "sentence",
        area=areas_text([desert["area"]], words),
        age=band_text(desert["band"], words),
        median=words.number(spread["median"] if spread else None, 0),
        minutes=f"{of.opportunity['asked']['minutes']:g}",
    )
    if desert.get("cause"):
        said = f"{said} {words('causes', 'sentence_' + desert['cause'])}"
    return said
