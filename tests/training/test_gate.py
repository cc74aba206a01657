"""Shows 4: what the gate lets through, what it keeps out, and the sentence a coordinator reads. Judged on whole towns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from data.columns import ACTIVITIES, PASSPORTS, SESSIONS, STAMPS, VENUES
from data.messages import load
from data.tables import frame_of
from recommender.model import Factors, Neighbours
from recommender.release import Release
from tests.training.conftest import AS_OF, DAY, FIRST_DAY, N_WEEKS, coming
from training.assess import Candidates, assess
from training.config import config_from, simplest
from training.fit import fit
from training.gate import Check, fast_enough, gap_kept, judged, not_worse, sentences


@pytest.fixture(scope="module")
def town(two_tastes):
    return coming(two_tastes)


@pytest.fixture(scope="module")
def release(town, quick):
    return fit(town, quick)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("measured")


def judge(tables, config, kept, new=None, current=None):
    return assess(tables, config, Candidates(new, current), AS_OF, kept=kept)


def refused(gate):
    """Codes and sentences, which both languages have to say in full."""
    for lang in ("nl", "en"):
        assert all("{" not in sentence for sentence in sentences(gate, lang))
    return gate["refusals"], " ".join(sentences(gate, "en"))


def test_a_sound_release_may_go_live(town, quick, release, kept):
    found = judge(town, quick, kept, release)["gate"]
    assert refused(found) == ([], "The new model may go live. Checks that could not be made: 3.")
    assert found["open"]
    assert found["instead"] is None
    unseen = {check["code"] for check in found["checks"] if check["passed"] is None}
    # Nothing is in service, nobody's home is known, and there are too few people to attack.
    assert unseen == {"worse_than_current", "wider_gap", "tells_who"}


def shuffled(release, seed=1):
    """Every score belongs to another activity: the same numbers, dealt out anew."""
    model, deal = release.model, np.random.default_rng(seed).permutation(len(release.model.ids))

    def dealt(factors):
        return replace(factors, activities=factors.activities[deal])

    mixed = {name: dealt(getattr(model, name)) for name in ("als", "metadata", "low_pass")}
    near = {
        name: Neighbours(sparse.csr_array(getattr(model, name).weights.toarray()[deal]))
        for name in ("graph", "similar")
    }
    assert isinstance(mixed["als"], Factors)
    changed = replace(
        model, **mixed, **near, popular=np.ascontiguousarray(model.popular[:, deal]), visited=model.visited[deal]
    )
    return Release(changed, release.encoder, release.manifest)


def test_shuffled_scores_stay_out(town, quick, release, kept):
    found = judge(town, quick, kept, shuffled(release))["gate"]
    codes, said = refused(found)
    assert "not_its_settings" in codes
    assert "does not rank as its own settings should" in said
    assert found["instead"] == "simple", "nothing is in service, so the simplest model goes live"
    assert "a simple list goes live" in said


def test_worse_settings_than_those_in_service_stay_out(town, quick, release, kept):
    lots = replace(quick, weights=config_from({"weights": dict.fromkeys(vars(quick.weights), 0.0)}).weights)
    lots = replace(lots, choices=replace(lots.choices, least=1_000_000))
    found = judge(town, lots, kept, fit(town, lots), release)
    codes, said = refused(found["gate"])
    assert "worse_than_current" in codes
    assert "predicts less well than the one in service" in said
    assert found["compared"]["current"]["differences"]["recall@10"]["high"] < 0
    assert found["gate"]["instead"] == "current"
    assert "The model that is in service stays." in said


def test_the_same_settings_again_are_not_worse(town, quick, release, kept):
    found = judge(town, quick, kept, release, release)
    assert found["gate"]["open"]
    assert set(found["compared"]["current"]["differences"]["recall@10"].values()) == {0.0, 80}


def test_an_agenda_that_has_run_out_keeps_everything_as_it_is(two_tastes, quick, kept):
    found = judge(two_tastes, quick, kept, fit(two_tastes, quick))["gate"]
    codes, said = refused(found)
    assert codes == ["stale_agenda"]
    assert said == (
        "The agenda has run out: 0 activities are on in the coming 30 days, where about 16 are usual. "
        "Load the new agenda, then train again. Nothing goes live, and what is in service stays."
    )
    assert found["instead"] == "nothing"


def test_a_release_of_an_old_agenda_stays_out(town, quick, release, kept):
    new = [f"new-{number}" for number in range(20)]
    sessions = [
        {"session_id": f"s-{name}", "activity_id": name, "start": AS_OF + 3 * DAY, "end": AS_OF + 3 * DAY + 3600}
        for name in new
    ]
    later = replace(
        town,
        activities=pd.concat(
            [
                town.activities,
                frame_of(ACTIVITIES, [{"activity_id": name, "title": name, "themes": "robots:1"} for name in new]),
            ],
            ignore_index=True,
        ),
        sessions=pd.concat([town.sessions, frame_of(SESSIONS, sessions)], ignore_index=True),
    )
    codes, said = refused(judge(later, quick, kept, release)["gate"])
    assert codes == ["stale_release"]
    assert "it has seen 17% of what is on now. Train again." in said


def crowd_town(seed=0):
    """Everybody begins at the fair of the week; then each goes on with the choir or with the band."""
    rng = np.random.default_rng(seed)
    activities = [
        {"activity_id": name, "title": name, "venue_id": "hall"}
        for name in (*"abcdefghijklmno", "fair", "choir", "band")
    ]
    names = [one["activity_id"] for one in activities]
    sessions, stamps = [], []
    for week in range(N_WEEKS + 2):
        for place, name in enumerate(names):
            start = FIRST_DAY + 7 * week * DAY + place % 5 * DAY
            sessions.append({"session_id": f"{name}-{week}", "activity_id": name, "start": start, "end": start + 7200})
    for number in range(400):
        first = int(rng.integers(N_WEEKS - 3))
        own = ["fair", str(rng.choice(["choir", "band"])), *rng.permutation(names[:-3])[: rng.integers(3)].tolist()]
        stamps += [
            {"learner_id": f"p-{number:03d}", "activity_id": name, "at": FIRST_DAY + 7 * (first + turn) * DAY + 3600}
            for turn, name in enumerate(own)
            if first + turn < N_WEEKS
        ]
    return {"activities": frame_of(ACTIVITIES, activities), "sessions": frame_of(SESSIONS, sessions),
            "stamps": frame_of(STAMPS, stamps), "passports": frame_of(PASSPORTS, []),
            "venues": frame_of(VENUES, [{"venue_id": "hall", "name": "Hall", "domain": "culture", "lat": 51.7, "lon": 5.5}])}  # fmt: skip


def test_one_slower_to_learn_than_what_is_popular_stays_out(two_tastes, quick, kept):
    """Somebody of whom nothing is known goes where everybody goes. Settings that do not listen to that are slow to learn."""
    tables = replace(two_tastes, **crowd_town(), themes=two_tastes.themes[:0])
    deaf = config_from(
        {
            **{key: value for key, value in quick.as_dict().items() if key not in ("weights", "choices")},
            "weights": {"popular": 0.0, "context": 0.0, "themes": 0.0},
            "choices": {"least": 1_000_000},
        }
    )
    found = judge(tables, deaf, kept, fit(tables, deaf))
    codes, said = refused(found["gate"])
    assert "slower_to_learn" in codes
    assert "The new model is slow to learn" in said
    newcomers = found["learning"]["groups"][0]
    assert newcomers["from"] == 0
    assert newcomers["difference"]["high"] < 0
    assert found["learning"]["slower"]
    assert found["learning"]["from"] != 0
    listens = judge(tables, simplest(quick), kept)
    assert "slower_to_learn" not in listens["gate"]["refusals"]


def far_and_near(two_tastes):
    """Two quarters on foot of one hall; in the far one little is free and near, and lists that ignore the way do not find it."""
    rng = np.random.default_rng(3)
    venues = [
        {"venue_id": "middle", "name": "Middle", "domain": "culture", "lat": 51.770, "lon": 5.530, "accessible": 1},
        {"venue_id": "edge", "name": "Edge", "domain": "nature", "lat": 51.830, "lon": 5.530, "accessible": 1},
    ]
    activities, sessions, stamps = [], [], []
    for week in range(N_WEEKS + 2):
        for turn in range(24):
            at_edge = turn < 4
            name = f"w{week:02d}-{turn:02d}"
            start = FIRST_DAY + 7 * week * DAY + turn % 5 * DAY
            activities.append(
                {"activity_id": name, "title": f"thing {turn}", "venue_id": "edge" if at_edge else "middle", "price": 0.0,
                 "age_min": 4.0, "age_max": 12.0}
            )  # fmt: skip
            sessions.append({"session_id": f"s-{name}", "activity_id": name, "start": start, "end": start + 7200})
    passports = []
    for number in range(160):
        far = number % 2 == 1
        home = {"home_lat": 51.83 if far else 51.77, "home_lon": 5.53, "area": "Edge" if far else "Middle"}
        passports.append({"learner_id": f"p-{number:03d}", "age": "8", **home})
        for week in range(N_WEEKS):
            if rng.random() < 0.5:
                turn = int(rng.integers(4) if far else rng.integers(4, 24))
                start = FIRST_DAY + 7 * week * DAY + turn % 5 * DAY
                stamps.append({"learner_id": f"p-{number:03d}", "activity_id": f"w{week:02d}-{turn:02d}", "at": start})
    return replace(
        two_tastes, themes=two_tastes.themes[:0], venues=frame_of(VENUES, venues), activities=frame_of(ACTIVITIES, activities),
        sessions=frame_of(SESSIONS, sessions), passports=frame_of(PASSPORTS, passports), stamps=frame_of(STAMPS, stamps),
    )  # fmt: skip


def test_one_that_widens_the_reach_gap_stays_out(two_tastes, quick, kept):
    tables = far_and_near(two_tastes)
    weights = dict.fromkeys(vars(quick.weights), 0.0) | {"popular": 1.0}
    blind = replace(quick, weights=config_from({"weights": weights}).weights)
    blind = replace(blind, choices=replace(blind.choices, least=1_000_000))
    found = judge(tables, blind, kept, fit(tables, blind), fit(tables, quick))
    codes, said = refused(found["gate"])
    assert "wider_gap" in codes
    assert "widens the gap between neighbourhoods" in said
    assert found["reach"]["least"]["areas"] == ["Edge"]
    assert found["compared"]["current"]["gap"]["low"] > 0
    assert found["gate"]["instead"] == "current"


# The parts, by hand


def cell(value, low, high):
    return {"value": value, "low": low, "high": high, "n": 100}


NONE = {"value": None, "low": None, "high": None, "n": None}


@pytest.mark.parametrize(
    ("lead", "passed"),
    [
        (cell(-0.1, -0.2, -0.01), False),
        (cell(-0.1, -0.3, 0.01), True),
        (cell(0.1, 0.01, 0.2), True),
        (cell(0.0, 0.0, 0.0), True),
        (NONE, None),
    ],
)
def test_worse_is_an_interval_that_lies_below_zero(lead, passed):
    found = not_worse("worse_than_popular", lead, cell(0.3, 0.2, 0.4), cell(0.4, 0.3, 0.5))
    assert found.passed is passed
    if passed is not None:
        assert found.facts == {"own": "30", "theirs": "40"}


def test_figures_that_round_alike_get_a_decimal():
    found = not_worse("worse_than_popular", cell(-0.003, -0.004, -0.002), cell(0.301, 0, 1), cell(0.304, 0, 1))
    assert found.facts == {"own": "30.1", "theirs": "30.4"}


@pytest.mark.parametrize(
    ("change", "passed"), [(cell(0.1, 0.01, 0.2), False), (cell(0.1, -0.01, 0.2), True), (NONE, None)]
)
def test_wider_is_an_interval_that_lies_above_zero(change, passed):
    assert gap_kept(change, 0.3, 0.2).passed is passed


def test_slow_names_the_groups_that_lie_behind():
    def group(low, high, lead):
        return {"from": low, "to": high, "n": 50, "own": NONE, "other": NONE, "difference": lead}

    behind, level = cell(-0.1, -0.2, -0.1), cell(-0.1, -0.2, 0.1)
    found = fast_enough(
        {"groups": [group(0, 0, behind), group(1, 5, level), group(6, None, behind), group(9, 9, NONE)]}
    )
    assert found.passed is False
    assert found.facts == {"groups": "0, 6+"}
    assert fast_enough({"groups": [group(0, None, level)]}).passed is True
    assert fast_enough({"groups": []}).passed is None


@pytest.mark.parametrize(
    ("codes", "simple", "current", "instead"),
    [
        ([], True, True, None),
        (["worse_than_current"], True, True, "current"),
        (["worse_than_popular"], True, False, "simple"),
        (["worse_than_popular"], False, False, "current"),
        (["worse_than_popular"], True, None, "simple"),
        (["not_its_settings"], True, None, "simple"),
        (["not_its_settings"], True, False, "current"),
        (["stale_agenda"], True, None, "nothing"),
        (["stale_agenda"], True, False, "current"),
        (["stale_agenda", "worse_than_popular"], True, False, "nothing"),
    ],
)
def test_what_takes_its_place(codes, simple, current, instead):
    found = judged([Check(code, False) for code in codes] + [Check("reasons", True)], "r", simple, current)
    assert found["instead"] == instead
    assert found["open"] is (not codes)
    assert found["refusals"] == codes


def test_both_languages_have_a_sentence_for_every_outcome():
    codes = {
        "worse_than_current",
        "worse_than_popular",
        "wider_gap",
        "stale_agenda",
        "stale_release",
        "slower_to_learn",
    }
    codes |= {"not_its_settings", "background", "reasons", "leak", "tells_who", "open", "not_measured"}
    codes |= {f"instead_{what}" for what in ("simple", "current", "nothing")}
    for lang in ("nl", "en"):
        assert set(load(lang).table["gate"]) == codes
