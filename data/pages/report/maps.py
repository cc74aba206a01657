"""The maps of reach: what is nearby, square by square, and what the list leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from data.pages.charts_map import CELL, reach_map
from data.pages.report.reach import areas_text, band_text, missing, no_ranking, ranked, shown_share
from data.pages.report.section import Key, Part, Section, Sources, absent, section
from data.pages.report.words import Words

MOST_NAMES = 14
SHARE_STEPS = (0.3, 0.15, 0.05)
"""From this share of people on an area gets the first, second, third colour: a way to look, not a limit."""


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
