"""Why something good is not in the route: every word once, in a town where nothing else can be meant."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from data.columns import STAMPS
from data.messages import load
from data.messages.routes import why_text
from data.tables import frame_of
from data.translate import catalogue_from
from recommender.city import Catalogue
from recommender.passport import Passport, Request
from recommender.release import Release
from recommender.routing.outing import OutingWish, Pause, plan_outing
from recommender.routing.outing.why import MEANING, WHY
from recommender.routing.problem import MaxIterations
from recommender.routing.route import Routes
from tests.conftest import AS_OF
from tests.recommender.outing_town import (
    CHILD,
    Road,
    city,
    day,
    drop_in,
    plan,
    rows,
    sat,
    session,
    session_rows,
    tables,
    told,
    why,
)
from tests.recommender.towns import QUICK, themes, visits
from training.fit import fit

AFTERNOON = day("12:00", "18:00")


def test_excluded() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    assert why(town, plan(town, AFTERNOON, excluded=rows(town, "clay"))) == {"clay": "excluded"}


def test_no_place() -> None:
    town = city(session("clay", "13:00", "14:00"), session("stars", "15:00", "16:00"))
    assert why(town, plan(town, AFTERNOON)) == {"stars": "no_place"}


def test_closed_then() -> None:
    # The day part cuts off too much of its opening hours to stay for an hour.
    town = city(session("clay", "13:00", "14:00"), drop_in("robots", "10:00", "12:30"))
    assert why(town, plan(town, AFTERNOON)) == {"robots": "closed_then"}


def test_too_far() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    assert why(town, plan(town, AFTERNOON, asked={"max_minutes": 20.0})) == {"bees": "too_far"}


@pytest.mark.parametrize(("start", "end"), [("12:20", "13:00"), ("16:00", "17:40")])
def test_no_time_to_get_there_or_home_even_alone(start: str, end: str) -> None:
    town = city(session("clay", "14:00", "15:00"), session("bees", start, end))
    assert why(town, plan(town, AFTERNOON)) == {"bees": "no_time"}


def test_no_time_is_also_said_of_what_a_longer_day_would_let_in() -> None:
    # Two hours of dropping in fit, three do not; until 19:00 they would.
    town = city(*(drop_in(name, "12:00", "20:00") for name in ("clay", "robots", "bees")))
    found = plan(town, day("12:00", "15:00"))
    assert len(found.routes[0].stops) == 2
    assert list(why(town, found).values()) == ["no_time"]


def test_price_of_its_own_and_together_with_the_others() -> None:
    sessions = session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"), session("paint", "16:00", "16:30")
    town = city(*sessions)
    found = plan(town, AFTERNOON, max_price=2.5)
    assert told(town, found.routes[0]) == ["bees 15:00-16:00"]
    assert why(town, found) == {"clay": "price", "paint": "price"}
    found = plan(town, AFTERNOON, max_price=6.0)
    assert len(found.routes[0].stops) == 1
    assert "price" in why(town, found).values()


def test_prerequisite_that_nobody_gives_or_that_comes_too_late() -> None:
    alone = city(session("clay", "13:00", "14:00"), session("exam", "15:00", "16:00"))
    assert why(alone, plan(alone, AFTERNOON)) == {"exam": "prerequisite"}
    late = city(session("exam", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    assert why(late, plan(late, AFTERNOON)) == {"exam": "prerequisite"}


def test_max_stops() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    found = plan(town, AFTERNOON, max_stops=1)
    assert list(why(town, found).values()) == ["max_stops"]


def test_no_room_beside_what_is_pinned_or_a_pause() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "13:30", "14:30"))
    found = plan(town, AFTERNOON, pinned=rows(town, "clay"))
    assert why(town, found) == {"robots": "pinned"}
    pause = Pause(sat("13:30"), sat("14:00"), 30)
    apart = city(session("clay", "13:30", "14:15"), session("bees", "15:30", "16:00"))
    assert why(apart, plan(apart, AFTERNOON, pauses=(pause,))) == {"clay": "pinned"}


def test_less_wanted_than_what_takes_place_at_the_same_time() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "13:30", "14:30"))
    found = plan(town, AFTERNOON)
    assert list(why(town, found).values()) == ["less_wanted"]


def test_min_domains_keeps_a_better_stop_of_the_same_kind_out(keen: tuple[Catalogue, Release, Passport]) -> None:
    town = keen[0]
    free = of_keen(keen)
    assert told(town, free.routes[0]) == ["robots 13:00-14:00", "exam 15:00-16:00"]
    assert why(town, free)["clay"] == "less_wanted"
    broad = of_keen(keen, min_domains=2)
    assert [one.split()[0] for one in told(town, broad.routes[0])] == ["robots", "clay"]
    assert why(town, broad)["exam"] == "min_domains"


def of_keen(keen: tuple[Catalogue, Release, Passport], **wish: object) -> Routes:
    town, release, passport = keen
    wanted = OutingWish(days=(AFTERNOON,), **wish)  # type: ignore[arg-type]
    return plan_outing(passport, town, release, Request(at=AS_OF), wanted, Road(), stop=MaxIterations(2000))


@pytest.fixture(scope="module")
def keen() -> tuple[Catalogue, Release, Passport]:
    """A town where clay and exam begin at the same time, and a child who wishes for robots alone."""
    activities = [
        {"activity_id": name, "title": name, "venue_id": venue, "price": 0.0, "themes": theme, "age_min": 4.0}
        for name, venue, theme in (
            ("clay", "pottery", "art"),
            ("robots", "workshop", "tech"),
            ("exam", "workshop", "tech"),
            ("bees", "garden", "animals"),
        )
    ]
    held = [session("robots", "13:00", "14:00"), session("exam", "15:00", "16:00"), session("clay", "15:00", "16:00")]
    made = tables(held, activities=activities, themes=[{"theme_id": name} for name in ("art", "tech", "animals")])
    others = [
        {"learner_id": f"l-{n}", "activity_id": "bees", "at": AS_OF - 86_400, "chosen_by": "self"} for n in range(3)
    ]
    made = replace(made, stamps=frame_of(STAMPS, others))
    town = catalogue_from(made)
    return town, fit(made, QUICK).extended(town), replace(CHILD, wishes=themes(town, "tech"))


def test_something_pinned_that_is_not_on_not_suitable_or_full() -> None:
    grown = {"activity_id": "robots", "title": "robots", "venue_id": "workshop", "age_min": 16.0}
    activities = [{"activity_id": "clay", "title": "clay", "venue_id": "pottery"}, grown,
                  {"activity_id": "bees", "title": "bees", "venue_id": "garden"}]  # fmt: skip
    town = city(
        session("clay", "09:00", "10:00"),
        session("robots", "13:00", "14:00"),
        session("bees", "13:00", "14:00", capacity_left=0.0),
        activities=activities,
    )
    for name, word in (("clay", "closed_then"), ("robots", "not_eligible"), ("bees", "full")):
        found = plan(town, AFTERNOON, pinned=rows(town, name))
        assert not found.routes
        assert why(town, found)[name] == word


def test_pins_that_break_a_limit_together() -> None:
    town = city(
        session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"), session("robots", "13:30", "14:30")
    )
    both = rows(town, "clay", "bees")
    assert set(why(town, plan(town, AFTERNOON, pinned=both, max_stops=1)).values()) == {"max_stops"}
    assert set(why(town, plan(town, AFTERNOON, pinned=both, max_price=6.0)).values()) == {"price"}
    clash = plan(town, AFTERNOON, pinned=rows(town, "clay", "robots"))
    assert not clash.routes
    assert why(town, clash) == {"clay": "pinned", "robots": "pinned"}


def test_another_session_of_the_same_activity_is_pinned_and_cannot_be() -> None:
    town = city(
        session("clay", "09:00", "10:00"),
        session("clay", "13:00", "14:00"),
        session("clay", "16:00", "17:00", capacity_left=0.0),
        session("clay", "17:30", "17:55"),
    )
    for clock, word in (("16:00", "full"), ("17:30", "no_time"), ("09:00", "closed_then")):
        pinned = session_rows(town, f"clay 07 {clock}")
        found = plan(town, AFTERNOON, pinned_sessions=pinned)
        assert not found.routes
        said = {(one.session, one.why) for one in found.left_out}
        # It would have been possible at 13:00.
        assert said == {(int(pinned[0]), word), (int(session_rows(town, "clay 07 13:00")[0]), "other_session")}
        assert found.relax is not None
        assert found.relax.step in ("pinned", "until", "from")


def test_pins_are_not_blamed_for_domains_that_are_not_there() -> None:
    town = city(session("clay", "13:00", "14:00"), session("bees", "15:00", "16:00"))
    found = plan(town, AFTERNOON, pinned=rows(town, "clay"), min_domains=4)
    assert not found.routes
    assert why(town, found) == {}
    assert found.relax is not None
    assert found.relax.step == "min_domains"


def test_of_several_sessions_the_one_that_came_furthest_counts() -> None:
    town = city(
        session("robots", "15:00", "16:00"),
        drop_in("bees", "10:00", "12:30"),
        session("bees", "16:00", "17:40"),
    )
    found = plan(town, AFTERNOON)
    assert why(town, found) == {"bees": "no_time"}
    assert [one.session for one in found.left_out] == session_rows(town, "bees 07 16:00").tolist()


def test_at_most_ten_and_none_that_is_in_the_route() -> None:
    halls = [{"venue_id": "hall", "domain": "culture", "lat": 52.01, "lon": 5.0}]
    shows = [{"activity_id": f"show-{n:02d}", "title": "show", "venue_id": "hall"} for n in range(15)]
    town = city(*(session(f"show-{n:02d}", "13:00", "14:00") for n in range(15)), venues=halls, activities=shows)
    found = plan(town, AFTERNOON)
    made = {stop.activity for stop in found.routes[0].stops}
    assert 9 <= len(found.left_out) <= 10
    assert not made & {one.activity for one in found.left_out}
    assert {one.why for one in found.left_out} == {"less_wanted"}
    assert set(WHY) >= {one.why for one in found.left_out}


def test_what_was_done_before_is_no_candidate() -> None:
    town = city(session("clay", "13:00", "14:00"), session("robots", "15:00", "16:00"))
    again = replace(CHILD, stamps=visits(town, "clay"))
    assert why(town, plan(town, AFTERNOON, passport=again)) == {}


def test_the_guide_says_what_every_word_means() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "outings.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", guide, flags=re.MULTILINE))
    assert said == dict(MEANING)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_people_are_told_every_word(language: str) -> None:
    messages = load(language, ("nl", "en"))
    texts = [why_text(word, messages) for word in WHY]
    assert len(set(texts)) == len(texts)
    assert why_text("nonsense", messages) not in texts
