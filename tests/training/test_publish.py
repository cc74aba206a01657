"""The gate: what goes live, what does not, and the sentence that says why."""

import json
from dataclasses import replace

import pytest

from data.home import Home
from recommender.errors import BadInput, BrokenRelease
from recommender.release import save_release
from training.fit import fit
from training.publish import NotPublishedError, belongs, find_release, publish, rollback, said_of

CITY = "two-tastes"


@pytest.fixture(scope="module")
def release(two_tastes, quick):
    return fit(two_tastes, quick)


@pytest.fixture
def home(tmp_path, release):
    home = Home(tmp_path)
    for name in ("20260101T000000Z-aaaa", "20260201T000000Z-bbbb"):
        save_release(release, home.releases(CITY), name=name)
    return home


NEWEST = "20260201T000000Z-bbbb"


def results(release, gate=None, **verdict):
    empty = {"beats": [], "beaten_by": [], "level_with": []}
    opened = {"release": NEWEST, "open": True, "checks": [], "refusals": [], "instead": None}
    return {
        "schema": "leerlijn-evaluation/2",
        "city": {"id": CITY},
        "config": json.loads(json.dumps(release.manifest["config"])),
        "verdict": {"code": "better", "figure": "recall@10", **empty, **verdict},
        "gate": {**opened, **(gate or {})},
    }


def closed(instead):
    failed = {"code": "worse_than_popular", "passed": False, "facts": {"own": "20", "theirs": "30"}}
    return {"open": False, "checks": [failed], "refusals": ["worse_than_popular"], "instead": instead}


def evaluated(home, found):
    home.reports(CITY).mkdir(parents=True, exist_ok=True)
    (home.reports(CITY) / "evaluation.json").write_text(json.dumps(found))


def test_the_newest_release_goes_live_and_says_why(home, release):
    evaluated(home, results(release, beats=["popular", "random"]))
    name, sentence = publish(home, CITY)
    assert name == "20260201T000000Z-bbbb"
    assert home.current(CITY).name == name
    assert sentence == "It predicts better than popular, random."


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ({"code": "level", "level_with": ["popular_30_days"]}, "not clearly better than popular 30 days"),
        ({"code": "worse", "beaten_by": ["popular"]}, "a simple list predicts better: popular"),
        ({"code": "too_few"}, "Too few learners"),
    ],
)
def test_the_sentence_follows_the_verdict(release, verdict, sentence):
    assert sentence in said_of(results(release, **verdict))


@pytest.mark.parametrize("instead", ["current", "nothing"])
def test_what_the_gate_keeps_out_stays_out(home, release, instead):
    publish(home, CITY, "20260101T000000Z-aaaa", unjudged=True)
    evaluated(home, results(release, gate=closed(instead)))
    with pytest.raises(NotPublishedError, match="predicts less well than a list of what was visited most"):
        publish(home, CITY, make_simple=lambda config: pytest.fail("nobody asked for a simple one"))
    assert home.current(CITY).name == "20260101T000000Z-aaaa"


def test_the_simplest_goes_live_where_the_gate_says_so(home, release):
    evaluated(home, results(release, gate=closed("simple")))
    with pytest.raises(NotPublishedError, match="a simple list goes live"):
        publish(home, CITY)
    assert home.current(CITY) is None

    def make_simple(config):
        assert config == results(release)["config"]
        return save_release(release, home.releases(CITY), name="20260202T000000Z-easy").name

    name, sentence = publish(home, CITY, make_simple=make_simple)
    assert home.current(CITY).name == name == "20260202T000000Z-easy"
    assert sentence.startswith("The new model predicts less well")
    assert sentence.endswith("Until then a simple list goes live: what is popular, near and wished for.")


def test_an_evaluation_of_another_release_does_not_count(home, release):
    evaluated(home, results(release))
    with pytest.raises(NotPublishedError, match=f"looked at {NEWEST}, not at 20260101T000000Z-aaaa. Evaluate again"):
        publish(home, CITY, "20260101T000000Z-aaaa")
    evaluated(home, results(release, gate={"release": None}))
    with pytest.raises(NotPublishedError, match="looked at settings alone"):
        publish(home, CITY)


def test_an_evaluation_of_other_settings_does_not_count(home, release):
    found = results(release)
    found["config"]["als"]["factors"] = 9999
    evaluated(home, found)
    with pytest.raises(NotPublishedError, match=r"other settings \(als\)"):
        publish(home, CITY)
    found["config"] = results(release)["config"] | {"threads": 99, "evaluation": {"bootstrap": 500}}
    evaluated(home, found)
    assert publish(home, CITY)


def test_no_evaluation_no_publication(home):
    with pytest.raises(BadInput, match="evaluate first"):
        publish(home, CITY)
    home.reports(CITY).mkdir(parents=True)
    path = home.reports(CITY) / "evaluation.json"
    path.write_text("{")
    with pytest.raises(BadInput, match="not JSON"):
        publish(home, CITY)
    path.write_text('{"schema": "leerlijn-evaluation/0"}')
    with pytest.raises(BadInput, match="evaluate again"):
        publish(home, CITY)
    assert home.current(CITY) is None


def test_unjudged_is_said(home):
    assert publish(home, CITY, unjudged=True)[1] == "Published without an evaluation, as asked."


def test_a_damaged_release_stays_out(home):
    (home.releases(CITY) / "20260201T000000Z-bbbb" / "als.npy").write_bytes(b"")
    with pytest.raises(BrokenRelease, match=r"als\.npy"):
        publish(home, CITY, unjudged=True)
    assert home.current(CITY) is None


def test_no_release(tmp_path):
    with pytest.raises(BadInput, match="no release here"):
        publish(Home(tmp_path), CITY, unjudged=True)


def test_the_way_back(home):
    publish(home, CITY, "20260101T000000Z-aaaa", unjudged=True)
    publish(home, CITY, "20260201T000000Z-bbbb", unjudged=True)
    assert rollback(home, CITY) == "20260101T000000Z-aaaa"
    assert home.current(CITY).name == "20260101T000000Z-aaaa"
    with pytest.raises(BadInput, match="no earlier release"):
        rollback(home, CITY)


def test_the_way_back_is_not_taken_to_a_damaged_release(home):
    publish(home, CITY, "20260101T000000Z-aaaa", unjudged=True)
    publish(home, CITY, "20260201T000000Z-bbbb", unjudged=True)
    (home.releases(CITY) / "20260101T000000Z-aaaa" / "manifest.json").write_text("{}")
    with pytest.raises(BrokenRelease, match=r"manifest\.json"):
        rollback(home, CITY)
    assert home.current(CITY).name == "20260201T000000Z-bbbb"


def test_a_release_is_found_by_itself_or_as_the_newest_of_its_folder(home):
    folder = home.releases(CITY)
    assert find_release(folder).name == "20260201T000000Z-bbbb"
    assert find_release(folder / "20260101T000000Z-aaaa").name == "20260101T000000Z-aaaa"


def test_settings_are_compared_as_they_come_back_from_disk(release, quick):
    """A release that was just fitted and an evaluation read from JSON agree when nothing changed."""
    release = replace(release, name=NEWEST)
    belongs(release, results(release))
    earlier = {key: value for key, value in release.manifest["config"].items() if key != "blend"}
    earlier["als"] = {key: value for key, value in earlier["als"].items() if key != "iterations"} | {"factors": 8}
    found = results(release)
    found["config"]["als"] |= {"iterations": 15, "factors": 8}
    belongs(replace(release, manifest={**release.manifest, "config": earlier}), found)
    other = replace(release, manifest={**release.manifest, "config": {**release.manifest["config"], "seed": 9}})
    with pytest.raises(NotPublishedError, match="seed"):
        belongs(other, results(release))


def test_an_evaluation_of_another_city_does_not_count(release):
    with pytest.raises(NotPublishedError, match="the evaluation of 'elsewhere'"):
        belongs(release, results(release) | {"city": {"id": "elsewhere"}})
