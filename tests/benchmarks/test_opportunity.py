"""What is within reach in Klein-Oss can be seen by eye; the rest is counting."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import opportunity
from benchmarks.opportunity import Seen, main, shares_table, supply_table
from benchmarks.reach import Reach, reach_of
from tests.conftest import AS_OF, moment


def within(tiny, **asked):
    reach = reach_of(tiny, asked.pop("at", AS_OF), **asked)
    sessions = np.array(reach.sessions)
    return {name: set(sessions[reach.qualifies[row]].tolist()) for row, name in enumerate(reach.learners)}


def test_on_foot_only_the_newcomer_has_something_free_close_by(tiny):
    assert within(tiny) == {"r-1": set(), "r-2": set(), "r-3": set(), "a-1": set(), "n-1": {"s-start", "s-code"}}


def test_a_bicycle_reaches_further_and_what_is_over_is_over(tiny):
    assert within(tiny, mode="bike")["r-3"] == {"s-code", "s-birds", "s-pond"}
    assert within(tiny, at=moment("2026-03-05 09:00"))["n-1"] == {"s-start"}


def test_a_need_that_is_not_met_or_not_known_does_not_qualify(tiny):
    assert within(tiny, needs=("low_stimulus",))["n-1"] == {"s-code"}
    assert within(tiny, needs=("wheelchair",))["n-1"] == {"s-start", "s-code"}
    assert within(tiny, mode="car")["n-1"] == {"s-start", "s-code"}, "stars: nobody knows whether it is accessible"


def test_activities_are_counted_once_and_claims_need_a_home_and_an_age(tiny):
    reach = reach_of(tiny, AS_OF)
    assert reach.activities.tolist() == [0, 0, 0, 0, 2]
    assert reach.claims.all()
    passports = tiny.passports.assign(age=["", *tiny.passports["age"][1:]])
    passports.loc[1, "home_lat"] = np.nan
    assert reach_of(replace(tiny, passports=passports), AS_OF).claims.tolist() == [False, False, True, True, True]


def seen(shown, exist, ages):
    n = len(shown)
    reach = Reach(("x",) * n, np.ones(n, dtype=bool), ("s",), np.zeros((n, 1), dtype=bool), np.array(exist))
    counts = {name: np.array(shown) for name in opportunity.LISTS}
    return Seen(reach, counts, ("Oost",) * n, np.zeros(n, dtype=bool), np.array(ages, dtype=float))


def cells(grid):
    return [list(column.cells) for column in grid.columns]


def test_shares_are_of_those_for_whom_three_exist():
    table = cells(shares_table([seen([3] * 9 + [2] * 3 + [3] * 8, [3] * 12 + [2] * 8, [7] * 20)], seed=1))
    assert table[0] == ["Oost", "poor neighbourhoods", "other neighbourhoods", "all"]
    assert table[1] == ["12", "0", "12", "12"]
    assert table[2][0].startswith("75.0%")
    assert table[2][1] == "hidden"


def test_small_cells_of_the_supply_are_hidden():
    table = cells(supply_table([seen([0] * 30, [0] * 12 + [3] * 14 + [0] * 4, [7] * 26 + [40] * 4)]))
    assert [column[0] for column in table] == ["Oost", "·", "12 of 26", "·", "·", "·", "·"]


def test_the_command_counts_a_small_town(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "examples:" in capsys.readouterr().out
    assert main(["--off", "rain"]) == 2
    assert "'rain'" in capsys.readouterr().err
    assert main(["--towns", "1", "--population", "150"]) == 0
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("relevance and the guarantee", "poor neighbourhoods", "Supply", "No claim"))
