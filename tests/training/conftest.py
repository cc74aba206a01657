"""A town of two tastes: half of the learners go to robots, half to animals, and hardly ever to the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.columns import ACTIVITIES, PASSPORTS, SESSIONS, STAMPS, THEMES, VENUES
from data.tables import CitySettings, Tables, frame_of
from training.__main__ import main
from training.config import Config, config_from

DAY = 86_400
FIRST_DAY = 1_767_603_600  # Monday 5 January 2026, 10:00 in Amsterdam
TASTES = ("robots", "animals")
N_LEARNERS, N_WEEKS = 80, 20
AS_OF = FIRST_DAY + 7 * N_WEEKS * DAY


def two_tastes_town(seed: int = 0) -> Tables:
    """Two activities of each taste a week, each once, for twenty weeks; everybody goes to about one a fortnight."""
    rng = np.random.default_rng(seed)
    learners = [f"{TASTES[number % 2][0]}-{number:02d}" for number in range(N_LEARNERS)]
    activities, sessions, stamps = [], [], []
    for week in range(N_WEEKS):
        for taste in TASTES:
            for turn in range(2):
                name = f"{taste}-{week:02d}-{turn}"
                start = FIRST_DAY + (7 * week + 2 * turn) * DAY
                activities.append(
                    {"activity_id": name, "title": f"{taste} {week} {turn}", "themes": f"{taste}:1", "venue_id": taste}
                )
                sessions.append({"session_id": f"s-{name}", "activity_id": name, "start": start, "end": start + 7200})
                stamps += [
                    {"learner_id": learner, "activity_id": name, "at": start + 3600}
                    for learner in learners
                    if rng.random() < (0.4 if learner[0] == taste[0] else 0.03)
                ]
    return Tables(
        city=CitySettings(id="two-tastes", name="Two Tastes", as_of=AS_OF, origin="simulated"),
        themes=frame_of(THEMES, [{"theme_id": taste, "en": taste} for taste in TASTES]),
        venues=frame_of(
            VENUES,
            [
                {"venue_id": "robots", "name": "Lab", "domain": "education", "lat": 51.77, "lon": 5.53},
                {"venue_id": "animals", "name": "Farm", "domain": "nature", "lat": 51.75, "lon": 5.55},
            ],
        ),
        activities=frame_of(ACTIVITIES, activities),
        sessions=frame_of(SESSIONS, sessions),
        passports=frame_of(PASSPORTS, [{"learner_id": learner, "age": "9"} for learner in learners]),
        stamps=frame_of(STAMPS, stamps),
    )


def coming(tables: Tables) -> Tables:
    """The town with something still to come: what was on in the last week is on again in the next."""
    last = tables.sessions[tables.sessions["start"] >= AS_OF - 7 * DAY]
    week = 7 * DAY
    again = last.assign(session_id="again-" + last["session_id"], start=last["start"] + week, end=last["end"] + week)
    return replace(tables, sessions=pd.concat([tables.sessions, again], ignore_index=True))


@pytest.fixture(scope="session")
def two_tastes() -> Tables:
    return two_tastes_town()


@pytest.fixture(scope="session")
def quick() -> Config:
    """Settings that fit in a blink."""
    return config_from(
        {
            "threads": 1,
            "als": {"factors": 8, "iterations": 3, "regularisation": 1.0},
            "graph": {"rank": 4, "neighbours": 20},
            "similar": {"neighbours": 20},
            "evaluation": {"bootstrap": 200},
        }
    )


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Type a command; gives exit code, standard output and standard error. State lives in a fresh folder."""
    monkeypatch.setenv("LEERLIJN_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("LEERLIJN_DATABASE_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code or 0, shown.out, shown.err

    return typed
