"""Towns made for a question: the smallest table that can answer it wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from data.columns import ACTIVITIES, PASSPORTS, SESSIONS, STAMPS, THEMES, VENUES
from data.tables import CitySettings, Tables, frame_of
from recommender.answer import Answer
from recommender.city import Catalogue, Int32
from recommender.passport import Passport, Request, Stamps
from tests.conftest import AS_OF
from training.config import Config, config_from

DAY = 86_400
NOW = AS_OF

QUICK: Config = config_from(
    {
        "threads": 1,
        "als": {"factors": 8, "iterations": 5, "regularisation": 1.0},
        "graph": {"rank": 8, "neighbours": 20},
        "similar": {"neighbours": 20},
    }
)
"""Settings that fit in a blink."""


def town(
    activities: Iterable[Mapping[str, object]],
    stamps: Iterable[tuple[str, str, int]] = (),
    passports: Iterable[Mapping[str, object]] = (),
    **more: Iterable[Mapping[str, object]],
) -> Tables:
    """A town from records; stamps are (learner, activity, days before now). Always open without ``sessions``."""
    visits = [
        {"learner_id": learner, "activity_id": activity, "at": NOW - days * DAY, "chosen_by": "self"}
        for learner, activity, days in stamps
    ]
    return Tables(
        city=CitySettings(id="somewhere", as_of=NOW, origin="sample"),
        themes=frame_of(THEMES, more.get("themes", ())),
        venues=frame_of(VENUES, more.get("venues", ())),
        activities=frame_of(ACTIVITIES, activities),
        sessions=frame_of(SESSIONS, more.get("sessions", ())),
        passports=frame_of(PASSPORTS, passports),
        stamps=frame_of(STAMPS, visits),
        has_sessions="sessions" in more,
    )


def checkerboard(n_learners: int = 30, n_activities: int = 20) -> Tables:
    """Learner i has been to every activity of its own colour but one: that one must come first."""
    return town(
        ({"activity_id": f"a-{number:02d}", "title": "x"} for number in range(n_activities)),
        (
            (f"l-{learner:02d}", f"a-{number:02d}", 1 + number % 5)
            for learner in range(n_learners)
            for number in range(n_activities)
            if (learner + number) % 2 == 0 and number != left_out(learner, n_activities)
        ),
    )


def left_out(learner: int, n_activities: int = 20) -> int:
    """The activity of its own colour that a learner of the checkerboard has not been to."""
    return (learner + 2 * (learner // 2)) % n_activities


WORDS = ["robot", "ster", "vogel", "verf", "klei", "bos", "muziek", "dans", "code", "lamp"]


def crowd(n_learners: int = 60, n_activities: int = 120, seed: int = 7) -> Tables:
    """A town large enough for real linear algebra: random tastes, some languages, ages and prices not known."""
    rng = np.random.default_rng(seed)
    numbers = range(n_activities)
    return town(
        activities=(
            {
                "activity_id": f"a-{number:03d}",
                "title": " ".join(rng.choice(WORDS, 3)),
                "description": " ".join(rng.choice(WORDS, 6)),
                "language": str(rng.choice(["", "nl", "ar", "en"])),
                "themes": str(rng.choice(["", "t-0:1", "t-1:0.7;t-2:0.3", "t-3:1"])),
                "venue_id": str(rng.choice(["", "v-0", "v-1", "v-2"])),
                "organiser": str(rng.choice(["", "o-0", "o-1"])),
                "age_min": float(rng.choice([np.nan, 4, 8])),
                "age_max": float(rng.choice([np.nan, 12, 99])),
                "price": float(rng.choice([np.nan, 0, 5])),
            }
            for number in numbers
        ),
        stamps=sorted(
            {
                (f"l-{learner:02d}", f"a-{int(number):03d}", 1 + int(number) % 7)
                for learner in range(n_learners)
                for number in rng.integers(0, n_activities - 10, 12)
            }
        ),
        themes=({"theme_id": f"t-{number}", "parent": "t-0" if number == 3 else ""} for number in range(4)),
        venues=(
            {"venue_id": f"v-{number}", "lat": 51.76 + number / 100, "lon": 5.52, "domain": "culture"}
            for number in range(3)
        ),
    )


def visits(catalogue: Catalogue, *names: str, days: int = 3, chosen_by: int = 0) -> Stamps:
    """Stamps at activities by name, all on one day."""
    rows = np.sort(catalogue.activities.ids.find(names))
    return Stamps(rows, np.full(len(rows), NOW - days * DAY), np.full(len(rows), chosen_by, dtype=np.int8))


def themes(catalogue: Catalogue, *names: str) -> Int32:
    return np.array([catalogue.themes.ids.row(name) for name in names], dtype=np.int32)


def ask(**wanted: object) -> Request:
    """A request for the plain ranking by score."""
    return Request(**{"at": NOW, "count": 100, "policy": "relevance", **wanted})


def listed(answer: Answer, catalogue: Catalogue) -> list[str]:
    """The activities of an answer by name, best first."""
    return [catalogue.activities.ids.names[entry.activity] for entry in answer.recommendations]


def own_passport(tables: Tables, catalogue: Catalogue, learner: str) -> Passport:
    from data.passports import passports_from

    return next(passport for _, passport in passports_from(tables, catalogue, [learner]))
