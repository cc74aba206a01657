"""Which children have nothing within reach: the map, the gap in two parts, and who has least."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from data.pages.charts import OTHER, OWN, QUIET, intervals_chart, stacked_chart
from data.pages.charts_map import CELL, reach_map
from data.pages.report.section import KEYS, Key, Part, Section, Sources, absent, section
from data.pages.report.words import Words

MOST_ROWS = 14
MOST_NAMES = 14
SHARE_STEPS = (0.3, 0.15, 0.05)
"""From this share of people on an area gets the first, second, third colour: a way to look, not a limit."""


def reach(of: Sources) -> list[Section]:
    """The charts of the page on reach, without what would help."""
    return [area_map(of), bands_map(of), gap(of), deserts(of)]


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


def chosen_band(of: Sources) -> int | None:
    """Row of the band the reader chose, else of the children who have least; None when there is no band."""
    bands = of.opportunity.get("asked", {}).get("bands", [])
    wanted = [row for row, (low, high) in enumerate(bands) if of.choices.band == f"{low:g}-{high:g}"]
    if wanted:
        return wanted[0]
    for desert in ranked(of):
        if list(desert["band"]) in [list(band) for band in bands] and desert["band"][1] < 18:
            return [list(band) for band in bands].index(list(desert["band"]))
    return 0 if bands else None


def ranked(of: Sources) -> list[Part]:
    """Area × band, least to choose from first, as far as the reader asked for it."""
    found = of.opportunity.get("deserts", [])
    area, band = of.choices.area, of.choices.band
    if area and any(desert["area"] == area for desert in found):
        found = [desert for desert in found if desert["area"] == area]
    if band and any(f"{d['band'][0]:g}-{d['band'][1]:g}" == band for d in found):
        found = [d for d in found if f"{d['band'][0]:g}-{d['band'][1]:g}" == band]
    return list(found)


def _step(count: float, enough: int) -> int:
    return 0 if count < 1 else 1 if count < enough else 2 if count < 10 else 3


def _count_keys(of: Sources, hidden: bool = False) -> list[Key]:
    words, enough = of.words, of.opportunity["asked"]["enough"]
    few = words("reach", "few_one") if enough == 2 else words("reach", "few_range", high=enough - 1)
    labels = [words("reach", "none"), few, words("reach", "enough", low=enough), words("reach", "much")]
    return [Key(f"step-{step}", "×" if step == 0 else "", label) for step, label in enumerate(labels)]


def _share_keys(words: Words) -> list[Key]:
    """The colours of the second map, where much is bad."""
    bounds = [round(100 * least) for least in SHARE_STEPS]
    texts = [
        words("charts.map", "from", low=bounds[0]),
        *(words("charts.map", "between", low=low, high=high) for high, low in pairwise(bounds)),
        words("charts.map", "below", high=bounds[-1]),
        words("reach", "square_hidden"),
    ]
    swatches = [*(f"step-{step}" for step in range(len(texts) - 1)), "unknown"]
    return [Key(key, "", words("charts.map", "second", text=text)) for key, text in zip(swatches, texts, strict=True)]


def _squares(of: Sources, band: int) -> list[dict[str, Any]]:
    enough = of.opportunity["asked"]["enough"]
    return [
        {
            "lat": cell["lat"],
            "lon": cell["lon"],
            "step": _step(cell["activities"][band], enough),
            "text": f"{cell['activities'][band]:g}",
        }
        for cell in of.opportunity["reach"].get("cells", [])
    ]


def _by_area(of: Sources) -> dict[str, float]:
    """Share of people per area whom the list leaves short, as far as it may be told."""
    found: dict[str, float] = {}
    for group in of.opportunity["reach"].get("areas", []):
        cell = shown_share(group.get("ranking"))
        if cell["value"] is not None and group["areas"]:
            found |= dict.fromkeys(group["areas"], cell["value"])
    return found


def _names(of: Sources) -> list[dict[str, Any]]:
    places: dict[str, list[tuple[float, float]]] = {}
    for cell in of.opportunity["reach"].get("cells", []):
        if cell.get("area"):
            places.setdefault(cell["area"], []).append((cell["lat"], cell["lon"]))
    if len(places) > MOST_NAMES:
        return []
    half = CELL / 2
    return [
        {
            "text": name,
            "top": max(lat for lat, _ in found) + half,
            "bottom": min(lat for lat, _ in found) - half,
            "lon": sum(lon for _, lon in found) / len(found),
        }
        for name, found in places.items()
    ]


def _venues(of: Sources) -> list[Part]:
    return [venue for venue in of.opportunity["reach"].get("venues", []) if venue.get("lat") is not None]


def area_map(of: Sources) -> Section:
    """What is there, and whether the list shows it."""
    words = of.words
    if why := missing(of):
        return absent("map", words, why)
    band = chosen_band(of)
    cells = of.opportunity["reach"].get("cells", [])
    if band is None or not cells:
        return absent("map", words, words("reach", "no_cells"))
    asked, age = of.opportunity["asked"], band_text(of.opportunity["asked"]["bands"][band], words)
    supply = _squares(of, band)
    panels = [(words("charts.map", "panel_supply"), supply)]
    by_area = _by_area(of)
    keys = _count_keys(of)
    if by_area:
        ranking = [
            {
                **square,
                "step": None if cell["area"] not in by_area else _share_step(by_area[cell["area"]]),
                "text": "" if cell["area"] not in by_area else f"{100 * by_area[cell['area']]:.0f}%",
            }
            for square, cell in zip(supply, cells, strict=True)
        ]
        panels.append((words("charts.map", "panel_ranking"), ranking))
    empty, few = (sum(square["step"] == step for square in supply) for step in (0, 1))
    key = "sentence_none" if not empty + few else "sentence"
    venues = _venues(of)
    return section(
        "map",
        words,
        words("charts.map", key, age=age, empty=empty, few=few, total=len(cells), enough=asked["enough"]),
        basis=[
            words("reach", "basis", n=words.count(of.opportunity["people"]["claims"]), weeks=asked["weeks"]),
            words("reach", "meaning", minutes=f"{asked['minutes']:g}", mode=words("modes", asked["mode"])),
        ],
        chart=reach_map(panels, venues, _names(of), words.locale, str(words.messages.entry("reach", "scale"))),
        legend=[*keys, Key("venue", "◆", words("reach", "venue"))] + (_share_keys(words) if by_area else []),
        note=words("charts.map", "note") if by_area else no_ranking(of),
        head=[words("head", name) for name in ("area", "square", "activities", "sessions")],
        body=[
            [
                (areas_text([cell["area"]], words), ""),
                (f"{words.number(cell['lat'], 3)}, {words.number(cell['lon'], 3)}", ""),
                (words.count(cell["activities"][band]), ""),
                (words.count(cell["sessions"][band]), ""),
            ]
            for cell in sorted(cells, key=lambda cell: (cell["activities"][band], cell["area"]))
        ],
    )


def no_ranking(of: Sources) -> str:
    """Why the part that the list misses is not drawn."""
    return of.words("reach", "no_ranking" if of.opportunity.get("release") is None else "ranking_hidden")


def empty_places(of: Sources) -> list[tuple[str, list[Sequence[float]]]]:
    """Neighbourhoods with a square where children of some ages have nothing at all within reach, and those ages."""
    bands = of.opportunity.get("asked", {}).get("bands", [])
    found: dict[str, set[int]] = {}
    for cell in of.opportunity.get("reach", {}).get("cells", []):
        none = {row for row, band in enumerate(bands) if band[1] < 18 and cell["activities"][row] == 0}
        if none:
            found.setdefault(cell.get("area") or "", set()).update(none)
    told = [(area, [bands[row] for row in sorted(rows)]) for area, rows in found.items()]
    return sorted(told, key=lambda one: (-len(one[1]), one[0]))


def _share_step(share: float) -> int:
    return next((step for step, least in enumerate(SHARE_STEPS) if share >= least), 3)


def bands_map(of: Sources) -> Section:
    """The same map for each age of children."""
    words = of.words
    if why := missing(of):
        return absent("ages", words, why)
    cells = of.opportunity["reach"].get("cells", [])
    bands = [(row, band) for row, band in enumerate(of.opportunity["asked"]["bands"]) if band[1] < 18]
    if not cells or not bands:
        return absent("ages", words, words("reach", "no_cells"))
    panels = [(band_text(band, words), _squares(of, row)) for row, band in bands]
    short = [sum(square["step"] < 2 for square in squares) for _, squares in panels]
    worst = max(range(len(panels)), key=lambda i: short[i])
    return section(
        "ages",
        words,
        words("charts.ages", "sentence", age=panels[worst][0], short=short[worst], total=len(cells))
        if short[worst]
        else words("charts.ages", "sentence_none"),
        basis=[
            words(
                "reach",
                "meaning",
                minutes=f"{of.opportunity['asked']['minutes']:g}",
                mode=words("modes", of.opportunity["asked"]["mode"]),
            )
        ],
        chart=reach_map(panels, _venues(of), [], words.locale, str(words.messages.entry("reach", "scale"))),
        legend=[*_count_keys(of), Key("venue", "◆", words("reach", "venue"))],
        head=[words("head", "area"), words("head", "square"), *(title for title, _ in panels)],
        body=[
            [
                (areas_text([cell["area"]], words), ""),
                (f"{words.number(cell['lat'], 3)}, {words.number(cell['lon'], 3)}", ""),
                *((words.count(cell["activities"][row]), "") for row, _ in bands),
            ]
            for cell in sorted(cells, key=lambda cell: (cell["area"], cell["lat"], cell["lon"]))
        ],
    )


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
