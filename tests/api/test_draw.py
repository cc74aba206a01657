"""The seed of the drawn place: one for a day and a person, and nobody can tell it from outside."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from api.draw import local_day, seed_of, traits_of
from recommender.city import Catalogue, Place
from recommender.passport import NOBODY, Passport, Stamps

SECRET, HOUR, DAY = b"s" * 32, 3600, 86_400
MORNING = 1_772_438_400
"""Nine o'clock in the tiny town."""

ROWS = np.array([3, 5], dtype=np.int32)
STAMPED = Stamps(ROWS, np.array([10, 20]), np.array([0, 1], dtype=np.int8))
SOMEBODY = Passport(9.0, 9.5, Place(51.76, 5.52), ("nl", "ar"), ROWS, ROWS, ROWS, ROWS, ROWS, frozenset("ab"), STAMPED)
OTHER = np.array([3, 6], dtype=np.int32)
CHANGES = {
    "age_low": 8.0,
    "age_high": 9.6,
    "home": Place(51.76, 5.53),
    "languages": ("nl",),
    "wishes": OTHER,
    "avoid": OTHER,
    "less": OTHER,
    "liked": OTHER,
    "declined": OTHER,
    "badges": frozenset("abc"),
    "stamps": replace(STAMPED, activity=OTHER),
}


def seed(catalogue: Catalogue, who: bytes = b"p-1", at: int = MORNING, secret: bytes = SECRET) -> int:
    return seed_of(secret, who, at, catalogue)


def test_it_holds_for_the_citys_own_day(tiny_catalogue: Catalogue) -> None:
    assert 0 <= seed(tiny_catalogue) < 2**64
    assert seed(tiny_catalogue) == seed(tiny_catalogue, at=MORNING + 15 * HOUR - 1)
    assert seed(tiny_catalogue) == seed(tiny_catalogue, at=MORNING - 9 * HOUR)
    assert seed(tiny_catalogue) != seed(tiny_catalogue, at=MORNING + 15 * HOUR)
    assert seed(tiny_catalogue) != seed(tiny_catalogue, at=MORNING - 9 * HOUR - 1)
    assert local_day(MORNING, tiny_catalogue.clock) == MORNING // DAY


def test_everything_it_is_made_of_counts(tiny_catalogue: Catalogue) -> None:
    elsewhere = replace(tiny_catalogue, city="elders")
    found = {
        seed(tiny_catalogue),
        seed(tiny_catalogue, who=b"p-2"),
        seed(tiny_catalogue, secret=b"t" * 32),
        seed(tiny_catalogue, secret=b"t" * 64 + b"\n"),  # written by hand
        seed(elsewhere),
    }
    assert len(found) == 5


@pytest.mark.parametrize("field", [field.name for field in fields(Passport)])
def test_every_field_of_a_passport_tells_people_apart(field: str) -> None:
    changed = replace(SOMEBODY, **{field: CHANGES[field]})
    assert traits_of(changed) != traits_of(SOMEBODY)
    assert traits_of(changed) != traits_of(replace(SOMEBODY, **{field: getattr(NOBODY, field)}))


@pytest.mark.parametrize("field", [field.name for field in fields(Stamps) if field.name != "not_found"])
def test_every_field_of_a_stamp_tells_people_apart(field: str) -> None:
    values = getattr(STAMPED, field)
    stamps = replace(STAMPED, **{field: values[::-1].copy()})
    assert traits_of(replace(SOMEBODY, stamps=stamps)) != traits_of(SOMEBODY)


def test_the_same_passport_is_the_same_person() -> None:
    again = replace(SOMEBODY, badges=frozenset("ba"), stamps=replace(STAMPED, not_found=7), wishes=ROWS.copy())
    assert traits_of(again) == traits_of(SOMEBODY)
    assert traits_of(Passport()) == traits_of(NOBODY)


def test_what_moves_from_one_field_to_the_next_is_another_passport() -> None:
    none = np.empty(0, dtype=np.int32)
    wishing, avoiding = (Passport(wishes=ROWS), Passport(avoid=ROWS))
    assert len({traits_of(one) for one in (wishing, avoiding, Passport(wishes=ROWS[:1], avoid=ROWS[1:]))}) == 3
    assert traits_of(Passport(wishes=none)) == traits_of(NOBODY)
