"""One tiny named town whose answers can be seen by eye, and the way to the shared public data.

Klein-Oss has three robot builders (``r-1`` to ``r-3``), two animal lovers (``a-1``, ``a-2``) and a newcomer with
nothing but a wish (``n-1``). ``robot-match`` and ``farm`` are new: nobody has been there yet. So what comes next for
``r-1`` is ``robot-match``, for ``a-1`` ``farm``, for ``n-1`` ``stars``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from data.columns import ACTIVITIES, LINES, PASSPORTS, SESSIONS, STAMPS, THEMES, VENUES
from data.tables import CitySettings, Tables, frame_of
from data.translate import catalogue_from
from recommender.city import Catalogue
from tests import postgres

# A busy machine is slow, not wrong; and a check must say the same today and tomorrow.
settings.register_profile("leerlijn", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leerlijn")


def moment(text: str) -> int:
    """Seconds since 1970 UTC of a time of the tiny town: ``2026-03-07 14:00`` in Dutch winter time."""
    return int(datetime.fromisoformat(f"{text}+01:00").timestamp())


AS_OF = moment("2026-03-02 09:00")
"""A Monday morning. All stamps lie before it, the sessions of the coming weeks after it."""

THEME_ROWS = [
    {"theme_id": "tech", "nl": "Techniek", "en": "Technology"},
    {"theme_id": "robots", "parent": "tech", "nl": "Robots", "en": "Robots"},
    {"theme_id": "space", "parent": "tech", "nl": "Ruimte", "en": "Space"},
    {"theme_id": "outdoors", "nl": "Buiten", "en": "Outdoors"},
    {"theme_id": "animals", "parent": "outdoors", "nl": "Dieren", "en": "Animals"},
    {"theme_id": "art", "nl": "Kunst", "en": "Art"},
]

VENUE_ROWS = [
    {"venue_id": "lib", "name": "Bibliotheek", "domain": "library", "lat": 51.765, "lon": 5.518, "area": "Centrum",
     "opening_hours": "Mo-Fr 10:00-17:30; Sa 10:00-16:00", "accessible": 1.0},
    {"venue_id": "maker", "name": "Maakplaats", "domain": "education", "lat": 51.769, "lon": 5.525, "area": "Centrum",
     "accessible": 1.0},
    {"venue_id": "forest", "name": "Boswachterij", "domain": "nature", "lat": 51.735, "lon": 5.59, "area": "Buiten",
     "accessible": 0.0},
    {"venue_id": "museum", "name": "Stadsmuseum", "domain": "culture", "lat": 51.766, "lon": 5.529, "area": "Centrum"},
    {"venue_id": "lab", "name": "Rijdend lab", "domain": "education"},
]  # fmt: skip

ACTIVITY_ROWS = [
    {"activity_id": "robot-start", "title": "Bouw je eerste robot", "description": "Met motortjes en karton.",
     "language": "nl", "themes": "robots:1", "organiser": "Maakplaats", "venue_id": "maker", "age_min": 6.0,
     "age_max": 12.0, "price": 0.0, "form": "nonformal", "stage": "start", "access": "wheelchair",
     "company": "alone;with_adult"},
    {"activity_id": "robot-code", "title": "Robots programmeren", "description": "Laat een robot een doolhof lopen.",
     "language": "nl", "themes": "robots:0.8;tech:0.2", "organiser": "Bibliotheek", "venue_id": "lib", "age_min": 6.0,
     "age_max": 12.0, "price": 0.0, "form": "nonformal", "stage": "core", "access": "wheelchair;low_stimulus"},
    {"activity_id": "robot-match", "title": "Robotwedstrijd", "description": "Wie bouwt de snelste robot?",
     "language": "nl", "themes": "robots:1", "organiser": "Maakplaats", "venue_id": "maker", "age_min": 8.0,
     "age_max": 14.0, "price": 5.0, "form": "nonformal", "stage": "finish", "awards": "robot-builder"},
    {"activity_id": "stars", "title": "Sterren kijken", "description": "Met een telescoop naar de maan.",
     "language": "nl", "themes": "space:1", "organiser": "Sterrenwacht", "venue_id": "lab", "age_min": 5.0,
     "price": 0.0, "form": "informal", "stage": "start"},
    {"activity_id": "birds", "title": "Vogels spotten", "description": "Met een boswachter op pad.",
     "language": "nl", "themes": "animals:1", "organiser": "Boswachterij", "venue_id": "forest", "age_min": 4.0,
     "age_max": 99.0, "price": 0.0, "form": "informal", "stage": "start", "company": "with_adult;family"},
    {"activity_id": "pond", "title": "Waterdieren vangen", "description": "Scheppen in de vijver.",
     "language": "nl", "themes": "animals:0.7;outdoors:0.3", "organiser": "Boswachterij", "venue_id": "forest",
     "age_min": 4.0, "age_max": 10.0, "price": 0.0, "form": "informal", "stage": "core"},
    {"activity_id": "farm", "title": "Dieren verzorgen", "description": "Een ochtend op de kinderboerderij.",
     "language": "nl", "themes": "animals:1", "organiser": "Boswachterij", "venue_id": "forest", "age_min": 4.0,
     "age_max": 12.0, "price": 2.5, "form": "informal", "stage": "finish"},
    {"activity_id": "paint", "title": "Schilderen als een meester", "description": "Met verf en penselen.",
     "themes": "art:1", "venue_id": "museum", "form": "nonformal"},
]  # fmt: skip
"""``paint`` names no language, age, price, organiser or stage: the city does not know them."""


def _session(name: str, activity: str, start: str, end: str, **more: object) -> dict[str, object]:
    return {"session_id": name, "activity_id": activity, "start": moment(start), "end": moment(end), **more}


SESSION_ROWS = [
    _session("s-old", "robot-start", "2026-02-07 14:00", "2026-02-07 16:00", status="scheduled"),
    _session("s-start", "robot-start", "2026-03-07 14:00", "2026-03-07 16:00", capacity_left=8.0, status="scheduled"),
    _session("s-code", "robot-code", "2026-03-04 15:00", "2026-03-04 16:30", status="scheduled"),
    _session("s-match", "robot-match", "2026-03-14 10:00", "2026-03-14 13:00", status="scheduled"),
    _session("s-stars", "stars", "2026-03-06 19:00", "2026-03-06 21:00", lat=51.79, lon=5.54, status="scheduled"),
    _session("s-birds", "birds", "2026-03-08 09:00", "2026-03-08 11:00", status="scheduled"),
    _session("s-birds-off", "birds", "2026-03-15 09:00", "2026-03-15 11:00", status="cancelled"),
    _session("s-pond", "pond", "2026-03-07 10:00", "2026-03-07 12:00", status="scheduled"),
    _session("s-farm", "farm", "2026-03-11 13:00", "2026-03-11 15:00", venue_id="lib", status="scheduled"),
    _session("s-paint", "paint", "2026-03-03 10:00", "2026-03-03 17:00", drop_in=1.0, status="scheduled"),
    _session("s-paint-full", "paint", "2026-03-10 10:00", "2026-03-10 12:00", capacity_left=0.0, status="full"),
]

PASSPORT_ROWS = [
    {"learner_id": "r-1", "age": "9.5", "home_lat": 51.76, "home_lon": 5.52, "area": "Centrum", "languages": "nl"},
    {"learner_id": "r-2", "age": "8", "home_lat": 51.77, "home_lon": 5.53, "area": "Centrum", "languages": "nl;ar"},
    {"learner_id": "r-3", "age": "10-12", "home_lat": 51.75, "home_lon": 5.55, "area": "Oost", "languages": "nl"},
    {"learner_id": "a-1", "age": "7", "home_lat": 51.76, "home_lon": 5.53, "area": "Centrum", "languages": "nl",
     "avoid": "robots"},
    {"learner_id": "n-1", "age": "8.5", "home_lat": 51.77, "home_lon": 5.52, "area": "Centrum", "languages": "nl",
     "wishes": "space"},
]  # fmt: skip
"""``a-2`` has stamps but no passport row: age, home and languages are not known."""


def _stamp(learner: str, activity: str, at: str, chosen_by: str = "self", **more: object) -> dict[str, object]:
    return {"learner_id": learner, "activity_id": activity, "at": moment(at), "chosen_by": chosen_by, **more}


STAMP_ROWS = [
    _stamp("r-1", "robot-start", "2026-02-07 16:00", session_id="s-old", enjoyed=1.0),
    _stamp("r-1", "robot-code", "2026-02-11 16:00"),
    _stamp("r-2", "robot-start", "2026-02-07 16:00", session_id="s-old"),
    _stamp("r-2", "robot-code", "2026-02-18 16:00", chosen_by="family"),
    _stamp("r-3", "robot-start", "2026-01-17 16:00"),
    _stamp("r-3", "paint", "2026-01-24 12:00", chosen_by="school"),
    _stamp("a-1", "birds", "2026-01-18 11:00"),
    _stamp("a-1", "pond", "2026-02-14 12:00"),
    _stamp("a-2", "birds", "2026-02-15 11:00"),
    _stamp("a-2", "pond", "2026-02-21 12:00", chosen_by=""),
]

LINE_ROWS = [
    {"line_id": "robot-line", "name": "Robotlijn", "station": station, "activity_id": activity, "theme": "robots",
     "badge": "robot-builder"}
    for station, activity in ((1.0, "robot-start"), (2.0, "robot-code"), (3.0, "robot-match"))
]  # fmt: skip


@pytest.fixture(scope="session")
def tiny() -> Tables:
    """Klein-Oss: five venues, eight activities, six learners, one line of three stations with a badge."""
    return Tables(
        city=CitySettings(id="klein-oss", name="Klein-Oss", as_of=AS_OF, default_mode="bike", origin="sample"),
        themes=frame_of(THEMES, THEME_ROWS),
        venues=frame_of(VENUES, VENUE_ROWS),
        activities=frame_of(ACTIVITIES, ACTIVITY_ROWS),
        sessions=frame_of(SESSIONS, SESSION_ROWS),
        passports=frame_of(PASSPORTS, PASSPORT_ROWS),
        stamps=frame_of(STAMPS, STAMP_ROWS),
        lines=frame_of(LINES, LINE_ROWS),
    )


@pytest.fixture(scope="session")
def tiny_catalogue(tiny: Tables) -> Catalogue:
    """The catalogue of Klein-Oss."""
    return catalogue_from(tiny)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets, or a skip that says how to get it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("LEERLIJN_SHARED_DATA") or beside)
    if not path.is_dir():
        pytest.skip(f"no public data in {path}: set LEERLIJN_SHARED_DATA to the folder that holds ranking/ and feeds/")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real PostgreSQL, one for all processes of a run."""
    with postgres.server(shared=os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:12]) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty store, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'store.sqlite'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    url = server.new_database()
    yield url
    server.drop_database(url)
