"""The drawn place: what may be concluded from logged chances, and what may not."""

import numpy as np
import pandas as pd
import pytest

from data.columns import STAMPS
from data.store import Shown, Store
from data.store.drawn import drawn_places
from data.tables import empty, frame_of
from recommender.errors import BadInput
from tests.conftest import AS_OF
from training.evaluation.offpolicy import DAY, Logged, drawn_slots, estimate, estimates, off_policy, sentence

T0 = 1_767_603_600  # Monday 5 January 2026, 10:00 in Amsterdam
ZONE = "Europe/Amsterdam"


def log_of(n: int, seed: int = 0, sharp: float = 1.0, per_learner: int = 10) -> tuple[Logged, float]:
    """A world of ten activities: one is drawn with known chances, and the reward is a coin that depends on which.

    The other policy is sharper by a power. Returns the log and the true value of that policy.
    """
    rng = np.random.default_rng(seed)
    chance = np.linspace(1, 3, 10) / np.linspace(1, 3, 10).sum()
    other = chance**sharp / (chance**sharp).sum()
    worth = np.linspace(0.05, 0.5, 10)
    drawn = rng.choice(10, size=n, p=chance)
    reward = (rng.random(n) < worth[drawn]).astype(float)
    guess = worth * 0.5 + 0.1
    logged = Logged(
        reward,
        chance[drawn],
        other[drawn],
        np.arange(n) // per_learner,
        predicted=guess[drawn],
        expected=np.full(n, guess @ other),
    )
    return logged, float(worth @ other)


def test_the_same_policy_is_worth_what_was_seen():
    logged, _ = log_of(5_000)
    found = estimate(logged, 200, 0)
    assert found.why == ""
    assert found.effective == pytest.approx(5_000)
    assert found.ips.value == found.snips.value == pytest.approx(logged.reward.mean())
    assert found.dr.value == pytest.approx(logged.reward.mean(), abs=0.02)
    assert (found.weight.low, found.weight.high) == pytest.approx((1, 1))


def test_another_policy_is_found_by_all_three():
    logged, truth = log_of(20_000, sharp=3.0)
    found = estimate(logged, 400, 0)
    for one in (found.ips, found.snips, found.dr):
        assert one.low < truth < one.high
        assert one.n == 2_000
        assert not one.low < logged.reward.mean() < one.high, "the other policy is better, and that is found"


def test_a_learner_with_many_places_is_one_piece_of_evidence():
    logged, _ = log_of(5_000, per_learner=1)
    # Ten copies of each place, by the same learner, say nothing more.
    ten = [np.repeat(getattr(logged, name), 10) for name in ("reward", "logged", "target", "learner")]
    once, many = estimates(logged, 400, 0), estimates(Logged(*ten), 400, 0)
    width = {name: (once[name].high - once[name].low, many[name].high - many[name].low) for name in ("ips", "snips")}
    for one, ten_times in width.values():
        assert ten_times == pytest.approx(one, rel=0.02)


def test_nothing_is_claimed_with_too_little_evidence():
    assert estimate(log_of(4_990)[0], 200, 0).why == "few_slots"
    sharp, _ = log_of(5_000)
    rare = Logged(sharp.reward, np.full(5_000, 0.5), (np.arange(5_000) < 300).astype(float), sharp.learner)
    assert estimate(rare, 200, 0).why == "few_effective"
    none = Logged(sharp.reward, sharp.logged, np.zeros(5_000), sharp.learner)
    assert estimate(none, 200, 0).why == "few_effective"
    nine = Logged(sharp.reward, sharp.logged, sharp.logged, np.arange(5_000) % 9)
    found = estimate(nine, 200, 0)
    assert found.why == "few_people"
    assert found.ips is found.snips is found.dr is None


def test_chances_that_do_not_add_up_are_noticed():
    logged, _ = log_of(6_000, sharp=2.0)
    wrong = Logged(logged.reward, np.minimum(1.0, logged.logged * 1.5), logged.target, logged.learner)
    found = estimate(wrong, 200, 0)
    assert found.why == "probabilities"
    assert found.ips is None
    assert found.weight.high < 1


@pytest.mark.parametrize(("name", "value"), [("logged", 0.0), ("target", 1.5), ("reward", np.nan)])
def test_a_chance_that_is_none_is_named(name: str, value: float):
    parts = {"reward": np.ones(3), "logged": np.ones(3), "target": np.ones(3), "learner": np.arange(3)}
    parts[name] = np.array([1.0, value, 1.0])
    with pytest.raises(BadInput, match=f"{name}: row 1"):
        Logged(**parts)
    with pytest.raises(BadInput, match="both or neither"):
        Logged(np.ones(1), np.ones(1), np.ones(1), np.zeros(1, int), predicted=np.ones(1))


def shown(*rows: tuple[str, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["learner_id", "at", "activity_id", "slot"])
    return frame.assign(kind="shown", probability=0.1)


def stamps(*rows: tuple[str, int, str]) -> pd.DataFrame:
    return frame_of(STAMPS, ({"learner_id": who, "at": at, "activity_id": what} for who, at, what in rows))


def test_what_counts_as_a_drawn_place_and_as_a_visit():
    feedback = shown(
        ("ann", T0, "robots", "drawn"),
        ("ann", T0 + 3600, "chess", "drawn"),  # the same day: no new draw
        ("ann", T0 + DAY, "robots", "drawn"),
        ("ann", T0, "paint", "interest"),  # not drawn
        ("bob", T0, "robots", "drawn"),
        ("cas", T0 + 80 * DAY, "robots", "drawn"),  # its thirty days are not over
    )
    seen = stamps(
        ("ann", T0 + DAY - 1, "robots"),
        ("bob", T0 + 30 * DAY, "robots"),
        ("bob", T0 + DAY, "chess"),
        ("cas", T0, "robots"),
    )
    found = drawn_slots(feedback, seen, until=T0 + 90 * DAY, time_zone=ZONE)
    assert list(found.itertuples(index=False, name=None)) == [
        ("ann", T0, "robots", 0.1, 1.0),
        ("bob", T0, "robots", 0.1, 0.0),  # when the thirty days are over is too late
        ("ann", T0 + DAY, "robots", 0.1, 0.0),  # went before it was shown again
    ]


def test_a_day_is_the_citys_own():
    late, early = T0 + 12 * 3600, T0 + 14 * 3600  # 22:00, and 00:00 the next day in Amsterdam
    feedback = shown(("ann", late, "robots", "drawn"), ("ann", early, "chess", "drawn"))
    assert len(drawn_slots(feedback, empty(STAMPS), T0 + 90 * DAY, ZONE)) == 2
    assert len(drawn_slots(feedback, empty(STAMPS), T0 + 90 * DAY, "America/New_York")) == 1


def test_an_empty_log_and_none():
    assert off_policy(None, empty(STAMPS), T0, ZONE, 100, 0) is None
    found = off_policy(shown(), empty(STAMPS), T0, ZONE, 100, 0)
    assert found["slots"] == 0
    assert found["why"] == "few_slots"
    assert found["estimates"] == {}


def many(people: int, each: int, visitors: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [(f"p-{who:04d}", T0 + day * DAY, "robots", "drawn") for who in range(people) for day in range(each)]
    return shown(*rows), stamps(*((f"p-{who:04d}", T0 + 60, "robots") for who in range(visitors)))


def test_enough_evidence_makes_a_claim_and_a_few_visitors_are_not_given_away():
    found = off_policy(*many(500, 10, 100), T0 + 90 * DAY, ZONE, 200, 0)
    assert found["enough"]
    assert found["slots"] == 5_000
    cell = found["estimates"]["snips"]
    assert cell["value"] == 0.02
    assert cell["low"] < 0.02 < cell["high"]
    assert found["estimates"]["dr"] is None
    for visitors in (3, 497):
        hidden = off_policy(*many(500, 10, visitors), T0 + 90 * DAY, ZONE, 200, 0)
        assert hidden["why"] == "few_people"
        assert hidden["estimates"] == {}
    assert off_policy(*many(500, 10, 0), T0 + 90 * DAY, ZONE, 200, 0)["estimates"]["snips"]["value"] == 0


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_outcome_has_its_sentence(lang: str):
    assert "2.0" in sentence(off_policy(*many(500, 10, 100), T0 + 90 * DAY, ZONE, 200, 0), lang)
    assert "5000" in sentence(off_policy(*many(10, 10, 10), T0 + 90 * DAY, ZONE, 200, 0), lang)
    assert sentence(None, lang)
    hidden = off_policy(*many(5, 10, 1), T0 + 90 * DAY, ZONE, 200, 0)
    assert hidden["slots"] is None
    assert "5000" in sentence(hidden, lang)
    for why in ("few_effective", "few_people", "probabilities"):
        assert sentence(
            {"enough": False, "why": why, "slots": 5000, "effective": 90, "needed": {"effective": 400}}, lang
        )


def test_the_log_is_read_from_the_store(tmp_path, tiny):
    with Store(f"sqlite:///{tmp_path}/store.db") as store:
        store.upgrade()
        store.save(tiny)
        names = tiny.passports["learner_id"].tolist()
        for learner in names[:2]:
            rows = (("stars", "", 1, "interest", 1.0), ("paint", "", 10, "drawn", 0.125))
            store.record_shown([Shown(tiny.city.id, learner, f"q-{learner}", AS_OF, "release-1", rows)])
        with store.snapshot() as connection:
            found = drawn_places(connection, tiny.city.id)
            assert drawn_places(connection, "elsewhere").empty
    assert found["learner_id"].tolist() == sorted(names[:2])
    assert set(found["slot"]) == {"drawn"}
    assert found["probability"].tolist() == [0.125, 0.125]
    slots = drawn_slots(found, tiny.stamps, AS_OF + 40 * DAY, tiny.city.time_zone)
    assert len(slots) == 2
