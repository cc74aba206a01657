"""What the what-if form makes of what people type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from data.pages.desk.what_if import begin, read_form

ADDITION = {"theme": "space", "venue": "v-12", "weekday": "2", "hour": "14:00", "price": "0", "from": "6", "to": "8"}


def test_the_form_begins_with_the_choice_and_with_a_free_wednesday() -> None:
    assert begin("space", "6-8").typed == {**ADDITION, "venue": ""}
    assert begin().asked is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"hour": "9"}, {"hour": "09:00"}),
        ({"hour": "9.30"}, {"hour": "09:30"}),
        ({"hour": "19h15"}, {"hour": "19:15"}),
        ({"hour": "9:30 uur"}, {"hour": "09:30"}),
        ({"price": "2,50"}, {"price": 2.5}),
        ({"price": "€ 2.50"}, {"price": 2.5}),
        ({"price": "Gratis"}, {"price": 0.0}),
        ({"from": "6,5", "to": ""}, {"age_min": 6.5, "age_max": None}),
        ({"from": "", "to": "8"}, {"age_min": None, "age_max": 8.0}),
        ({"from": "", "to": ""}, {"age_min": 0.0, "age_max": None}),
        ({"from": "8", "to": "8"}, {"age_min": 8.0, "age_max": 8.0}),
        ({"venue": "place:51.75741,5.59104"}, {"venue": None, "lat": 51.75741, "lon": 5.59104}),
        ({"weekday": "6"}, {"weekday": 6}),
        ({"theme": ""}, {"theme": ""}),
    ],
)
def test_the_form_reads_what_people_type(typed: Mapping[str, str], meant: Mapping[str, Any]) -> None:
    form = read_form({**ADDITION, **typed}, {"space"}, {"v-12"})
    assert form.asked is not None
    assert {name: form.asked[name] for name in meant} == meant


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"theme": "gone"}, {"theme": "theme_unknown"}),
        ({"venue": ""}, {"venue": "venue"}),
        ({"venue": "gone"}, {"venue": "venue_unknown"}),
        ({"venue": "place:91,5"}, {"venue": "venue_unknown"}),
        ({"weekday": "7"}, {"weekday": "weekday"}),
        ({"weekday": ""}, {"weekday": "weekday"}),
        ({"hour": ""}, {"hour": "hour"}),
        ({"hour": "24:00"}, {"hour": "hour"}),
        ({"hour": "12:60"}, {"hour": "hour"}),
        ({"price": ""}, {"price": "price"}),
        ({"price": "1000.01"}, {"price": "price"}),
        ({"price": "inf"}, {"price": "price"}),
        ({"from": "121"}, {"from": "age"}),
        ({"from": "9", "to": "8"}, {"to": "ages_turned"}),
    ],
)
def test_the_form_says_what_it_cannot_read(typed: Mapping[str, str], wrong: Mapping[str, str]) -> None:
    form = read_form({**ADDITION, **typed}, {"space"}, {"v-12"})
    assert (form.wrong, form.asked) == (wrong, None)
