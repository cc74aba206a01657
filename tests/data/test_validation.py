import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.columns import ACTIVITIES, LINES, PASSPORTS, SESSIONS, STAMPS, TABLES, THEMES, VENUES
from data.tables import QUARANTINE_COLUMNS, empty
from data.validation import validate

KNOWN = {
    "themes": {"space", "art"},
    "venues": {"lib"},
    "activities": {"a-1", "a-2"},
    "sessions": {"s-1"},
}
AS_OF = 1_772_438_400
"""2026-03-02T09:00:00+01:00."""


def judge(table, *rows, known=KNOWN, as_of=AS_OF, **options):
    frame = pd.DataFrame(list(rows), dtype="str")
    return validate(table, frame, f"{table.name}.csv", known, as_of, **options)


def activity(**more):
    return {"activity_id": "a-1", "title": "Sterren kijken", **more}


def stamp(**more):
    return {"learner_id": "p-1", "activity_id": "a-1", "at": "2026-02-01T14:00:00+01:00", **more}


def session(**more):
    times = {"start": "2026-03-07T14:00:00+01:00", "end": "2026-03-07T16:00:00+01:00"}
    return {"session_id": "s-1", "activity_id": "a-1", **times, **more}


def only(rejected):
    assert len(rejected) == 1, rejected.to_dict("records")
    return rejected.iloc[0]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_rows_give_an_empty_canonical_frame(table):
    kept, rejected = validate(table, pd.DataFrame({name: pd.Series(dtype="str") for name in table.names}), "x", {})
    pd.testing.assert_frame_equal(kept, empty(table))
    assert tuple(rejected.columns) == QUARANTINE_COLUMNS
    assert len(rejected) == 0


def test_a_column_that_is_not_there_is_not_known_in_every_row():
    kept, rejected = judge(ACTIVITIES, activity())
    assert len(rejected) == 0
    row = kept.iloc[0]
    assert (row["venue_id"], row["themes"]) == ("", "")
    assert np.isnan(row["price"])
    assert np.isnan(row["age_min"])


@pytest.mark.parametrize(
    ("table", "row", "field", "value", "told"),
    [
        (ACTIVITIES, activity(age_min="4/10"), "age_min", "4/10", "8.5"),
        (PASSPORTS, {"learner_id": "p", "age": "4/10"}, "age", "4/10", "8.5, or a band such as 6-8"),
        (PASSPORTS, {"learner_id": "p", "age": "8-6"}, "age", "8-6", "a band such as 6-8"),
        (PASSPORTS, {"learner_id": "p", "age": "121"}, "age", "121", "between 0 and 120"),
        (PASSPORTS, {"learner_id": "p", "age": "inf"}, "age", "inf", "between 0 and 120"),
        (ACTIVITIES, activity(price="3,50"), "price", "3,50", "decimal point"),
        (ACTIVITIES, activity(price="-1"), "price", "-1", "between 0 and 100000"),
        (ACTIVITIES, activity(price="NaN"), "price", "NaN", "a number"),
        (ACTIVITIES, activity(price="inf"), "price", "inf", "a number"),
        (ACTIVITIES, activity(price="1e999"), "price", "1e999", "a number"),
        (ACTIVITIES, activity(form="course"), "form", "course", "informal, nonformal, formal"),
        (ACTIVITIES, activity(company="alone;dog"), "company", "alone;dog", "alone, with_adult, family"),
        (ACTIVITIES, activity(themes="space:much"), "themes", "space:much", "space:0.7;making"),
        (ACTIVITIES, activity(themes="space:-1"), "themes", "space:-1", "above 0"),
        (ACTIVITIES, activity(themes="space;space:2"), "themes", "space;space:2", "each once"),
        (ACTIVITIES, activity(age_min="9", age_max="8"), "age_min", "9", "at most age_max"),
        (ACTIVITIES, {"activity_id": "a-1", "title": " "}, "title", "", "a value"),
        (VENUES, {"venue_id": "v", "lat": "51", "lon": ""}, "lon", "", "both, or neither"),
        (VENUES, {"venue_id": "v", "lat": "", "lon": "5"}, "lat", "", "both, or neither"),
        (VENUES, {"venue_id": "v", "lat": "105.5", "lon": "51"}, "lat", "105.5", "swapped?"),
        (VENUES, {"venue_id": "v", "accessible": "perhaps"}, "accessible", "perhaps", "true or false"),
        (SESSIONS, session(start="2026-03-07T14:00:00"), "start", "2026-03-07T14:00:00", "ISO 8601 with offset"),
        (SESSIONS, session(start="2026-03-07"), "start", "2026-03-07", "ISO 8601 with offset"),
        (SESSIONS, session(start="2026-02-30T10:00:00Z"), "start", "2026-02-30T10:00:00Z", "ISO 8601"),
        (SESSIONS, session(end="2026-03-07T13:59:59+01:00"), "end", "2026-03-07T13:59:59+01:00", "before the start"),
        (SESSIONS, session(capacity_left="2.5"), "capacity_left", "2.5", "a whole number"),
        (SESSIONS, session(activity_id="a-9"), "activity_id", "a-9", "stands in activities"),
        (STAMPS, stamp(activity_id="a-9"), "activity_id", "a-9", "stands in activities"),
        (STAMPS, stamp(at="2026-03-02T09:00:01+01:00"), "at", "2026-03-02T09:00:01+01:00", "2026-03-02T08:00:00Z"),
        (STAMPS, stamp(chosen_by="boss"), "chosen_by", "boss", "self, family, school"),
        (THEMES, {"theme_id": "a:b"}, "theme_id", "a:b", "without : and ;"),
        (LINES, {"line_id": "l", "name": "L", "station": "0", "activity_id": "a-1"}, "station", "0", "between 1"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_says_where_and_why(table, row, field, value, told):
    kept, rejected = judge(table, row)
    line = only(rejected)
    assert len(kept) == 0
    assert (line["source"], line["row"], line["field"], line["value"]) == (f"{table.name}.csv", "2", field, value)
    assert told in line["expected"]
    assert json.loads(line["record"])[field] == value


@pytest.mark.parametrize(
    ("table", "row", "field", "canonical"),
    [
        (ACTIVITIES, activity(themes=" space : 0.70 ; art"), "themes", "space:0.7;art:1"),
        (ACTIVITIES, activity(company="Alone; family;alone"), "company", "alone;family"),
        (ACTIVITIES, activity(access="wheelchair; ;low_stimulus"), "access", "wheelchair;low_stimulus"),
        (ACTIVITIES, activity(price="3.50"), "price", 3.5),
        (ACTIVITIES, activity(age_max="8"), "age_max", 8.0),
        (ACTIVITIES, activity(form="Formal"), "form", "formal"),
        (VENUES, {"venue_id": "v", "accessible": "Yes"}, "accessible", 1.0),
        (VENUES, {"venue_id": "v", "accessible": "0"}, "accessible", 0.0),
        (PASSPORTS, {"learner_id": "p", "age": "6 – 8"}, "age", "6-8"),
        (PASSPORTS, {"learner_id": "p", "age": "8.50"}, "age", "8.5"),
        (PASSPORTS, {"learner_id": "p", "home_lat": "51.76543", "home_lon": "5.51"}, "home_lat", 51.77),
        (STAMPS, stamp(at="2026-02-01T13:00:00Z"), "at", 1_769_950_800),
        (STAMPS, stamp(at="2026-02-01 14:00+0100"), "at", 1_769_950_800),
        (STAMPS, stamp(at="2026-03-02T09:00:00+01:00"), "at", AS_OF),
        (STAMPS, stamp(enjoyed="0.1"), "enjoyed", 0.1),
    ],
)  # fmt: skip
def test_what_can_be_used_becomes_canonical(table, row, field, canonical):
    kept, rejected = judge(table, row)
    assert rejected.to_dict("records") == []
    assert kept.iloc[0][field] == canonical


@pytest.mark.parametrize(
    ("table", "row", "field", "left"),
    [
        (ACTIVITIES, activity(venue_id="nowhere"), "venue_id", ""),
        (ACTIVITIES, activity(themes="space:0.7;dragons"), "themes", "space:0.7"),
        (SESSIONS, session(venue_id="nowhere"), "venue_id", ""),
        (STAMPS, stamp(session_id="s-9"), "session_id", ""),
        (PASSPORTS, {"learner_id": "p", "wishes": "dragons;art"}, "wishes", "art"),
        (THEMES, {"theme_id": "t", "parent": "nothing"}, "parent", ""),
        (THEMES, {"theme_id": "t", "parent": "t"}, "parent", ""),
    ],
)
def test_an_optional_reference_to_nothing_costs_only_itself(table, row, field, left):
    kept, rejected = judge(table, row)
    line = only(rejected)
    assert kept.iloc[0][field] == left
    assert (line["field"], line["value"]) == (field, row[field])
    assert "the row is kept without it" in line["expected"]


def test_a_table_that_the_city_does_not_have_is_not_held_against_a_row():
    kept, rejected = judge(ACTIVITIES, activity(venue_id="lib"), known={})
    assert len(rejected) == 0
    assert kept.iloc[0]["venue_id"] == "lib"


def test_themes_may_not_run_in_a_circle():
    rows = [{"theme_id": "a", "parent": "b"}, {"theme_id": "b", "parent": "c"}, {"theme_id": "c", "parent": "a"}]
    kept, rejected = judge(THEMES, *rows)
    assert only(rejected)["value"] == "b"
    assert kept["parent"].tolist() == ["", "c", "a"]


def test_the_first_row_of_an_id_is_kept():
    kept, rejected = judge(ACTIVITIES, activity(title="first"), activity(title="second"), activity(title="third"))
    assert kept["title"].tolist() == ["first"]
    assert rejected["row"].tolist() == ["3", "4"]
    assert set(rejected["field"]) == {"activity_id"}


def test_a_rejected_row_does_not_stand_in_the_way_of_a_good_one_with_its_id():
    kept, rejected = judge(ACTIVITIES, activity(price="free"), activity(title="second"))
    assert kept["title"].tolist() == ["second"]
    assert only(rejected)["field"] == "price"


def test_the_same_stamp_twice_counts_once_but_another_day_counts():
    kept, rejected = judge(STAMPS, stamp(), stamp(at="2026-02-01T13:00:00Z"), stamp(at="2026-02-02T14:00:00+01:00"))
    assert len(kept) == 2
    assert only(rejected)["row"] == "3"


def test_every_problem_of_a_row_is_told():
    _, rejected = judge(ACTIVITIES, activity(age_min="x", price="y"))
    assert rejected["field"].tolist() == ["age_min", "price"]


TOWN = [{"venue_id": f"v-{i}", "lat": f"{51.76 + i / 500}", "lon": f"{5.5 + i / 500}"} for i in range(5)]


def test_a_point_that_fits_the_town_when_swapped_was_swapped():
    kept, rejected = judge(VENUES, *TOWN, {"venue_id": "v-9", "lat": "5.52", "lon": "51.765"})
    line = only(rejected)
    assert len(kept) == 5
    assert (line["row"], line["field"]) == ("7", "lat")
    assert "latitude and longitude look swapped" in line["expected"]


@pytest.mark.parametrize(("lat", "lon"), [("40.4", "-3.7"), ("-33.9", "151.2"), ("52.1", "5.1")])
def test_a_point_far_away_is_only_swapped_when_the_swap_fits(lat, lon):
    _, rejected = judge(VENUES, *TOWN, {"venue_id": "v-9", "lat": lat, "lon": lon})
    assert len(rejected) == 0


def test_places_all_over_the_world_have_no_middle_to_be_swapped_around():
    spots = [("40.7", "-73.9"), ("51.5", "-0.1"), ("-23.5", "-46.6"), ("-6.2", "106.8"), ("-46.6", "-23.5")]
    _, rejected = judge(VENUES, *({"venue_id": f"v-{i}", "lat": a, "lon": b} for i, (a, b) in enumerate(spots)))
    assert len(rejected) == 0


def test_a_home_is_held_against_the_middle_of_the_city_and_never_told_precisely():
    row = {"learner_id": "p", "home_lat": "5.51876", "home_lon": "51.76543"}
    kept, rejected = judge(PASSPORTS, row, centre=(51.76, 5.52))
    line = only(rejected)
    assert len(kept) == 0
    assert line["value"] == "5.51"
    assert "876" not in line["record"]
    assert "543" not in line["record"]


def test_lines_of_the_file_are_told_as_given():
    _, rejected = judge(ACTIVITIES, activity(), activity(activity_id="a-2", price="x"), lines=np.array([2, 17]))
    assert only(rejected)["row"] == "17"


CELLS = st.sampled_from(
    ["", "a-1", "a-2", "a-3", "nan", "4/10", "7", "-1", "space:2;dragons", "lib", "formal", "é\n;", '"']
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(ACTIVITIES.names, CELLS)), max_size=6))
def test_nothing_is_lost(rows):
    """Every row is kept, or has a line in quarantine that holds all of it."""
    frame = pd.DataFrame(rows, columns=list(ACTIVITIES.names), dtype="str")
    kept, rejected = validate(ACTIVITIES, frame, "activities.csv", KNOWN)
    told = {int(line) for line in rejected.loc[~rejected["expected"].str.contains("kept without"), "row"]}
    assert len(kept) + len(told) == len(rows)
    for _, line in rejected.iterrows():
        assert json.loads(line["record"]) == {name: cell.strip() for name, cell in rows[int(line["row"]) - 2].items()}
    again, none = validate(ACTIVITIES, _texts(kept), "again", KNOWN)
    pd.testing.assert_frame_equal(again, kept)
    assert len(none) == 0


def _texts(frame):
    return frame.apply(lambda column: column.map(lambda cell: "" if cell != cell else str(cell)))


def test_a_hundred_thousand_rows_of_which_three_percent_are_bad():
    n = 100_000
    frame = pd.DataFrame(
        {
            "activity_id": [f"a-{i}" for i in range(n)],
            "title": "Sterren kijken",
            "description": "Met een telescoop naar de maan. " * 5,
            "themes": "space:0.7;art",
            "venue_id": "lib",
            "age_min": ["4/10" if i % 33 == 0 else "4" for i in range(n)],
        }
    )
    kept, rejected = validate(ACTIVITIES, frame, "activities.csv", KNOWN)
    assert len(rejected) == 3031
    assert len(kept) == n - 3031
