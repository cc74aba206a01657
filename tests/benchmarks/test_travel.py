"""The benchmark of travel times: its invented town is one network, and it says what it measured."""

import sys

import numpy as np
import pytest

from benchmarks import travel
from data.travel.city import CityTravel
from data.travel.streets import main_component
from recommender.city import DEFAULT_TRAVEL


def test_the_invented_town_is_one_network_of_about_the_size_asked_for():
    town = travel.invented(900)
    assert len(town.lat) == 900
    assert main_component(900, town.tail, town.head).all()
    lat, lon = travel.places(town.lat, town.lon, 5, 1)
    minutes = CityTravel(DEFAULT_TRAVEL, town).between(lat, lon, lat, lon, "walk", 0)
    assert np.isfinite(minutes).all()


def test_it_prints_every_measurement(monkeypatch, capsys):
    pytest.importorskip(
        "pyrosm", reason="pyrosm is missing; install it with: pip install --constraint constraints.txt pyrosm"
    )
    monkeypatch.setattr(sys, "argv", ["travel", "--nodes", "400"])
    monkeypatch.setattr(travel, "REPEATS", 1)
    monkeypatch.setenv("COLUMNS", "200")
    travel.main()
    said = capsys.readouterr().out
    assert "invented, 400 nodes" in said
    assert said.count("remembered") == 4
