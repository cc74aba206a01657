"""The metro map as a drawing: one station per venue, eight directions, told apart by everybody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from data.folder import read_folder
from data.messages import load
from data.pages import asset
from data.pages.metro import COLOURS, PATTERNS, Metro, metro, svg
from data.pages.metro_stations import LETTERS_A_LINE, WIDTH, letter
from data.pages.metro_ways import Grid, Way, corners, plain
from data.translate import catalogue_from
from recommender.city import UNKNOWN, Catalogue, Ids, Lines

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def elzenvoort() -> Catalogue:
    return catalogue_from(read_folder(SAMPLE))


def with_lines(catalogue: Catalogue, *stations: Sequence[int]) -> Catalogue:
    names = tuple(f"line-{place}" for place in range(len(stations)))
    rows = tuple(np.array(line, dtype=np.int32) for line in stations)
    lines = Lines(Ids(names, "line"), names, np.full(len(rows), UNKNOWN, dtype=np.int32), ("",) * len(rows), rows)
    return replace(catalogue, lines=lines)


def rows(catalogue: Catalogue, *names: str) -> list[int]:
    return [catalogue.activities.ids.row(name) for name in names]


def stops_of(drawn: Metro) -> dict[str, list[tuple[int, int]]]:
    return {station.name: sorted(station.visits) for station in drawn.stations}


def test_every_station_of_every_line_is_at_its_venue(elzenvoort: Catalogue) -> None:
    drawn = metro(elzenvoort)
    venue_of = elzenvoort.activities.venue
    wanted: dict[str, list[tuple[int, int]]] = {}
    for line, stations in enumerate(elzenvoort.lines.stations):
        for number, activity in enumerate(stations.tolist(), 1):
            wanted.setdefault(elzenvoort.venues.name[venue_of[activity]], []).append((line, number))
    assert stops_of(drawn) == {name: sorted(stops) for name, stops in wanted.items()}


def test_no_two_stops_stand_on_one_place_and_none_outside(elzenvoort: Catalogue) -> None:
    drawn = metro(elzenvoort)
    cells = Counter(stop.cell for station in drawn.stations for stop in station.stops)
    assert set(cells.values()) == {1}
    assert all(0 <= x * 14 < WIDTH and 0 <= y * 14 < drawn.height for x, y in cells)
    assert drawn.shared == 0


def test_the_same_city_has_the_same_map(elzenvoort: Catalogue) -> None:
    again = catalogue_from(read_folder(SAMPLE))
    one, other = (svg("Elzenvoort", metro(city), load("nl")) for city in (elzenvoort, again))
    assert one == other


def test_lines_go_in_eight_directions(elzenvoort: Catalogue) -> None:
    for line in metro(elzenvoort).lines:
        numbers = re.findall(r"([MLQ])([-\d. ]+)", line.path)
        points = [tuple(map(float, text.split()[-2:])) for _, text in numbers]
        straight = [(points[i], points[i + 1]) for i in range(len(points) - 1) if numbers[i + 1][0] == "L"]
        assert straight
        for (x, y), (to_x, to_y) in straight:
            dx, dy = abs(to_x - x), abs(to_y - y)
            assert min(dx, dy) < 0.3 or abs(dx - dy) < 0.3, (line.letter, x, y, to_x, to_y)


def test_a_line_may_come_back_to_a_venue(tiny_catalogue: Catalogue) -> None:
    drawn = metro(with_lines(tiny_catalogue, rows(tiny_catalogue, "robot-start", "robot-code", "robot-match")))
    assert stops_of(drawn) == {"Bibliotheek": [(0, 2)], "Maakplaats": [(0, 1), (0, 3)]}


def test_a_place_that_nobody_knows_stands_between_its_neighbours(tiny_catalogue: Catalogue) -> None:
    """``stars`` is in the mobile lab, which has no place of its own."""
    drawn = metro(with_lines(tiny_catalogue, rows(tiny_catalogue, "birds", "stars", "paint")))
    assert [station.name for station in drawn.stations] == ["Stadsmuseum", "Rijdend lab", "Boswachterij"]


def test_without_a_venue_the_activity_gives_its_name(tiny_catalogue: Catalogue) -> None:
    nowhere = np.full(len(tiny_catalogue.activities), UNKNOWN, dtype=np.int32)
    city = replace(
        tiny_catalogue,
        activities=replace(tiny_catalogue.activities, venue=nowhere),
        sessions=replace(tiny_catalogue.sessions, venue=np.full(len(tiny_catalogue.sessions), UNKNOWN, dtype=np.int32)),
    )
    drawn = metro(with_lines(city, rows(city, "birds", "pond"), rows(city, "pond", "farm")))
    assert stops_of(drawn) == {
        "Vogels spotten": [(0, 1)],
        "Waterdieren vangen": [(0, 2), (1, 1)],
        "Dieren verzorgen": [(1, 2)],
    }


@pytest.mark.parametrize("stations", [[], [[]], [["birds"]], [["birds", "birds"]], [["birds"], ["birds"]]])
def test_odd_lines_are_drawn_all_the_same(tiny_catalogue: Catalogue, stations: list[list[str]]) -> None:
    drawn = metro(with_lines(tiny_catalogue, *(rows(tiny_catalogue, *line) for line in stations)))
    assert len(drawn.lines) == len(stations)
    assert svg("Klein-Oss", drawn, load("nl")).startswith("<svg")


def test_thirty_stations_on_each_of_seven_lines_are_still_a_map(elzenvoort: Catalogue) -> None:
    draw = np.random.default_rng(3)
    lines = [draw.choice(len(elzenvoort.activities), 30, replace=False) for _ in range(7)]
    drawn = metro(with_lines(elzenvoort, *lines))
    assert sum(len(station.visits) for station in drawn.stations) == 210
    assert all(len(station.stops) <= 7 for station in drawn.stations)
    cells = Counter(stop.cell for station in drawn.stations for stop in station.stops)
    assert set(cells.values()) == {1}


def test_a_name_that_is_long_or_wild_stays_a_label(tiny_catalogue: Catalogue) -> None:
    wild = "<b>Het & \"'alleroudste stadsgemeenschapshuis-annex-muziekcentrum van de hele wijde omgeving"
    venues = replace(tiny_catalogue.venues, name=(wild,) * len(tiny_catalogue.venues.ids))
    drawn = metro(replace(tiny_catalogue, venues=venues))
    assert all(len(part) <= LETTERS_A_LINE + 3 for station in drawn.stations for part in station.label[:-1])
    assert "<b>" not in svg("Klein-Oss", drawn, load("nl"))


def test_lines_are_lettered_and_no_two_of_many_look_alike() -> None:
    assert [letter(place) for place in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    looks = [(place % COLOURS, place % PATTERNS) for place in range(COLOURS * PATTERNS)]
    assert len(set(looks)) == COLOURS * PATTERNS


# Colours that everybody can tell apart

# Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1; on linear RGB
SEES = {
    "everything": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    part = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * part[1] - 16, 500 * (part[0] - part[1]), 200 * (part[1] - part[2])])


def palettes() -> list[dict[str, str]]:
    return [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", text)) for text in asset("metro.css").splitlines()[:2]]


@pytest.mark.parametrize("sight", SEES)
@pytest.mark.parametrize("scheme", [0, 1])
def test_two_lines_with_one_pattern_have_colours_that_differ_for_everybody(scheme: int, sight: str) -> None:
    seen = [lab(SEES[sight] @ linear(palettes()[scheme][f"c{place}"])) for place in range(COLOURS)]
    apart = {
        (one, other): float(np.linalg.norm(seen[one] - seen[other]))
        for one, other in combinations(range(COLOURS), 2)
        if one % PATTERNS == other % PATTERNS
    }
    assert apart
    assert min(apart.values()) > 20, apart


@pytest.mark.parametrize("scheme", [0, 1])
def test_lines_and_letters_stand_out_from_what_is_behind_them(scheme: int) -> None:
    palette = palettes()[scheme]

    def luminance(name: str) -> float:
        return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(palette[name]))

    def contrast(one: str, other: str) -> float:
        low, high = sorted((luminance(one), luminance(other)))
        return (high + 0.05) / (low + 0.05)

    for place in range(COLOURS):
        assert contrast(f"c{place}", "ground") >= 3
        assert contrast(f"c{place}", "on") >= 4.5
    assert contrast("metro-ink", "ground") >= 4.5
    assert contrast("metro-dim", "ground") >= 4.5


# Ways


def steps(way: Way) -> list[tuple[int, int]]:
    return [(to[0] - here[0], to[1] - here[1]) for here, to in pairwise(way)]


def test_a_way_goes_round_what_is_in_between() -> None:
    grid = Grid(9, 9)
    assert grid.find((1, 4), (7, 4)) == tuple((x, 4) for x in range(1, 8))
    grid.blocked |= {(4, 3), (4, 4), (4, 5)}
    way = grid.find((1, 4), (7, 4))
    assert not set(way) & grid.blocked
    assert all(max(abs(dx), abs(dy)) == 1 for dx, dy in steps(way))


def test_two_ways_between_the_same_stations_do_not_lie_on_each_other() -> None:
    grid = Grid(12, 12)
    for _ in range(2):
        grid.take(grid.find((2, 6), (9, 6)))
    assert grid.shared() == 0


def test_a_way_that_is_given_back_leaves_no_trace() -> None:
    grid = Grid(12, 12)
    way = grid.find((2, 6), (9, 6))
    grid.take(way)
    grid.take(way, -1)
    assert grid.find((2, 6), (9, 6)) == way


@pytest.mark.parametrize("end", [(0, 0), (5, 0), (0, 5), (5, 5), (9, 2), (2, 9), (-3, 4)])
def test_the_plain_way_arrives(end: tuple[int, int]) -> None:
    way = plain((0, 0), end)
    assert (way[0], way[-1]) == ((0, 0), end)
    assert len(corners(way)) <= 3
