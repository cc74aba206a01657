"""The simulated city: what a person would believe, and a planted truth that can be found again."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.columns import TABLES
from data.folder import read_folder, write_folder
from data.simulation import (
    Coefficients,
    SimulationConfig,
    after_visit,
    eligible,
    enjoyment,
    interest_at,
    load_simulation_config,
    open_sessions,
    oracle,
    parse_config,
    popularity_at,
    preset,
    simulate,
    simulate_learners,
    state_at,
    utility,
)
from data.simulation.__main__ import main
from data.simulation.calendar import day_off, school_holiday, seasons
from data.simulation.choice import FEATURES, age_at, features, minutes
from data.simulation.texts import SLOT, read_ideas, read_themes, read_toml
from data.simulation.town import build_town
from data.tables import Tables
from recommender.city import DOMAINS
from recommender.errors import BadConfig, BadInput

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
AGES_OF_CHILD = 8.0


@pytest.fixture(scope="module")
def town():
    return simulate(SimulationConfig())


@pytest.fixture(scope="module")
def small():
    return simulate(preset("small"))


@pytest.fixture(scope="module")
def even():
    """A town without bias, spread, gap or drift."""
    return simulate(
        SimulationConfig(
            learners=1500, interests_spread=False, exposure_bias=False, group_gap=False, drift=False, unknown_share=0.0
        )
    )


def local(seconds: pd.Series) -> pd.Series:
    return pd.to_datetime(seconds, unit="s", utc=True).dt.tz_convert("Europe/Amsterdam")


# --- settings


def test_an_empty_file_equals_the_defaults(tmp_path: Path):
    file = tmp_path / "simulation.toml"
    file.write_text("")
    assert load_simulation_config(file) == SimulationConfig() == load_simulation_config(None) == preset("town")


def test_a_file_changes_what_it_names_and_nothing_else():
    given = parse_config("learners = 50\ndrift = false\n[coefficients]\ntravel = -1.5\n")
    assert given == SimulationConfig(learners=50, drift=False, coefficients=Coefficients(travel=-1.5))


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("learners = 0", "learners: 0 is not a whole number from 1 to 5e+06"),
        ("learners = 2.5", "learners: 2.5 is not a whole number"),
        ("venues = 6", "venues: 6 is not a whole number from 7 to 36"),
        ("returning_share = 1.5", "returning_share: 1.5 is not a number from 0 to 0.9"),
        ("seen = nan", "seen: nan is not a number"),
        ("seed = true", "seed: True is not a whole number"),
        ('drift = "no"', "drift: 'no' is neither true nor false"),
        ('first_season = "2025-05"', "first_season: '2025-05'"),
        ("[coefficients]\ninterest = 11", "coefficients.interest: 11 is not a number from -10 to 10"),
        ("coefficients = 3", "coefficients: 3 is not a table"),
        ("learner = 3", "no setting 'learner'"),
        ("[coefficients]\nlove = 3", "no setting coefficients.'love'"),
        ("learners = ", "not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_range(setting: str, names: str):
    with pytest.raises(BadConfig, match=re.escape(names)):
        parse_config(setting)


def test_an_unknown_preset_is_refused():
    with pytest.raises(BadConfig, match="'village' is none of town, small"):
        preset("village")


# --- the same again


def test_the_sample_is_what_the_documented_command_writes(tmp_path: Path):
    assert main(["--preset", "small", "--out", str(tmp_path)]) == 0
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    shipped = {file.name: file.read_bytes() for file in SAMPLE.iterdir()}
    assert written == shipped
    assert sum(map(len, shipped.values())) < 2**20


def test_another_seed_is_another_town(small):
    other = simulate(replace(preset("small"), seed=2))
    assert not other.tables.activities["title"].equals(small.tables.activities["title"])
    assert not other.tables.stamps.equals(small.tables.stamps)


def test_a_change_in_one_part_does_not_shuffle_another(small):
    config = preset("small")
    other = simulate(replace(config, coefficients=Coefficients(interest=0.1), looks=2.0))
    for name in ("themes", "venues", "lines", "activities"):
        pd.testing.assert_frame_equal(getattr(other.tables, name), getattr(small.tables, name))
    same = ["session_id", "start", "end", "lat", "lon"]
    pd.testing.assert_frame_equal(other.tables.sessions[same], small.tables.sessions[same])
    same = ["learner_id", "age", "home_lat", "home_lon", "area", "languages"]
    pd.testing.assert_frame_equal(other.tables.passports[same], small.tables.passports[same])
    np.testing.assert_array_equal(other.truth.snapshots[0], small.truth.snapshots[0])
    assert len(other.tables.stamps) < len(small.tables.stamps)


def test_a_bad_setting_on_the_command_line_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "wrong.toml"
    file.write_text("learners = -3")
    assert main(["--config", str(file), "--out", str(tmp_path / "town")]) == 2
    assert capsys.readouterr().err.startswith("learners: -3 is not a whole number")
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize(
    "config",
    [
        SimulationConfig(learners=1, venues=7, areas=6, lines=0, seasons=1, activities_per_season=40, seed=3),
        SimulationConfig(learners=60, venues=7, areas=6, seasons=2, activities_per_season=40, first_season="2024-03"),
        SimulationConfig(learners=60, venues=36, areas=10, lines=2, seasons=5, activities_per_season=80, seed=5),
        SimulationConfig(learners=60, looks=0.0, school_trips=0.0, first_season="2023-12", group_gap=False),
    ],
)
def test_very_small_and_very_other_towns_stand_too(config: SimulationConfig, tmp_path: Path):
    made = simulate(config)
    read = read_folder(write_folder(made.tables, tmp_path))
    assert not len(read.quarantine)
    assert len(read.passports) == config.learners
    assert len(read.venues) == config.venues
    assert bool(len(read.stamps)) == (config.looks > 0 and config.learners > 1)


# --- tables that a city could hand over


def test_the_tables_pass_validation_whole(town, tmp_path: Path):
    read = read_folder(write_folder(town.tables, tmp_path))
    assert not len(read.quarantine)
    assert read.city == town.tables.city
    for table in TABLES:
        pd.testing.assert_frame_equal(read.frame(table), town.tables.frame(table))


def test_the_default_town_has_the_size_of_a_town(town):
    tables = town.tables
    assert (len(tables.passports), len(tables.venues), tables.lines["line_id"].nunique()) == (2000, 28, 7)
    assert set(tables.venues["domain"]) == set(DOMAINS)
    assert 24 <= len(tables.themes) <= 32
    assert 6 <= tables.passports["area"].nunique() <= 10
    domain = tables.activities["venue_id"].map(tables.venues.set_index("venue_id")["domain"])
    assert domain.value_counts().min() >= 40
    assert tables.city.origin == "simulated"


def test_the_sample_covers_all_domains_too(small):
    tables = small.tables
    domain = tables.activities["venue_id"].map(tables.venues.set_index("venue_id")["domain"])
    assert set(domain) == set(DOMAINS)
    assert (len(tables.passports), len(tables.venues), tables.lines["line_id"].nunique()) == (200, 12, 4)
    assert read_folder(SAMPLE).city.origin == "sample"


@pytest.fixture(scope="module")
def by_season(town) -> list[pd.DataFrame]:
    """The activities of each season."""
    config, tables = town.truth.config, town.tables
    start = local(tables.sessions["start"]).dt.date
    found = []
    for season in seasons(config.first_season, config.seasons):
        ids = tables.sessions.loc[(start >= season.start) & (start < season.end), "activity_id"].unique()
        found.append(tables.activities[tables.activities["activity_id"].isin(ids)])
    return found


def test_most_activities_are_new_every_season_and_some_return(by_season):
    for before, now in pairwise(by_season):
        assert len(now) == 250
        returning = now["activity_id"].isin(before["activity_id"]).mean()
        assert 0.15 < returning < 0.35


def test_titles_are_unique_in_a_season(by_season):
    for season in by_season:
        assert season["title"].is_unique


def test_texts_are_whole_sentences(town):
    for title, text in zip(town.tables.activities["title"], town.tables.activities["description"], strict=True):
        assert not re.search(r"[{}]|  |\bnan\b", title + text), title
        assert re.match(r"[A-Z0-9É]", title), title
        assert title[-1] not in ".,: ", title
        assert 1 <= len(re.findall(r"[.?!](?= |$)", text)) <= 3, text
        assert re.match(r"[A-ZÉ0-9]", text), text
        assert text[-1] in ".?!", text


def test_every_idea_can_be_filled_and_placed():
    kinds, audiences = read_toml("kinds.toml"), read_toml("audiences.toml")
    themes = {row["theme_id"] for row in read_themes()}
    ideas = read_ideas()
    assert len(ideas) > 280
    for idea in ideas:
        assert idea.choices, idea.title
        assert set(SLOT.findall(idea.title + idea.text)) <= {name for name, _ in idea.choices[0]} | {"bij"}, idea.title
        assert idea.kind in kinds, idea.title
        assert idea.theme in themes, idea.title
        assert not idea.also or idea.also in themes, idea.title
        assert set(idea.ages) <= set(audiences), idea.title
        assert set(idea.where) <= set(DOMAINS), idea.title
        assert set(idea.seasons) <= {"spring", "summer", "autumn", "winter"}, idea.title


def test_what_is_for_adults_is_not_offered_to_children(town):
    activities = town.tables.activities
    grown_up = activities["title"].str.contains("Opvoedcafé|Denkcafé|Spreekuur|Hulp bij een|Wetenschapscafé")
    assert grown_up.any()
    assert (activities.loc[grown_up, "age_min"].dropna() >= 16).all()
    small_ones = activities["title"].str.contains("op schoot|Spelen en delen|vingers en voeten")
    assert small_ones.any()
    assert (activities.loc[small_ones, "age_max"].dropna() <= 7).all()


def test_what_is_not_known_is_left_out_of_the_tables_but_not_of_the_truth(town):
    activities, offer = town.tables.activities, town.truth.offer
    for unsaid in (activities["age_min"].isna(), activities["price"].isna(), activities["themes"] == ""):
        assert 0.01 < unsaid.mean() < 0.06
    assert not np.isnan(offer.age_min).any()
    assert not np.isnan(offer.price).any()
    np.testing.assert_allclose(offer.weights.sum(axis=1), 1)


# --- dates and hours


def test_hours_stay_the_same_on_the_clock_when_the_clock_changes(town):
    start = local(town.tables.sessions["start"])
    assert set(start.dt.minute) <= {0, 15, 30, 45}
    assert {3600, 7200} == set(start.map(lambda moment: moment.utcoffset().total_seconds()))
    assert start.dt.hour.between(9, 22).all()
    season = (start >= "2026-03-01") & (start < "2026-06-01")
    weekly = town.tables.sessions[season].assign(clock=start[season].dt.time, day=start[season].dt.day_of_week)
    weekly = weekly.groupby("activity_id").filter(lambda group: len(group) >= 6)
    across = weekly.groupby("activity_id").filter(lambda g: g["start"].min() < 1774746000 < g["start"].max())
    assert len(across)
    assert (across.groupby("activity_id")[["clock", "day"]].nunique() == 1).all(axis=None)


def test_nothing_takes_place_on_days_off_and_school_clubs_pause_in_holidays(town):
    start = local(town.tables.sessions["start"])
    assert not start.dt.date.map(day_off).any()
    clubs = town.tables.activities.loc[
        town.tables.activities["title"].str.match("Kinderkoor|Kookclub|Robotclub|Tekenclub|Dansclub"), "activity_id"
    ]
    of_clubs = town.tables.sessions["activity_id"].isin(clubs)
    assert of_clubs.sum() > 20
    assert not start[of_clubs].dt.date.map(school_holiday).any()


def test_half_of_the_last_season_is_still_to_come(town):
    config, tables = town.truth.config, town.tables
    last = seasons(config.first_season, config.seasons)[-1]
    day = local(tables.sessions["start"]).dt.date
    season = tables.sessions[(day >= last.start) & (day < last.end)]
    assert 0.4 < (season["start"] > tables.city.as_of).mean() < 0.6
    to_come = tables.sessions[tables.sessions["start"] > tables.city.as_of]
    assert to_come.loc[to_come["status"] == "scheduled", "activity_id"].nunique() > 100
    assert set(to_come["status"]) == {"scheduled", "cancelled", "full"}
    assert (to_come.loc[to_come["status"] == "full", "capacity_left"] == 0).all()
    assert tables.sessions.loc[tables.sessions["start"] <= tables.city.as_of, "capacity_left"].isna().all()


def test_the_mobile_lab_has_no_place_of_its_own_but_its_sessions_have(town):
    tables = town.tables
    lab = tables.venues[tables.venues["lat"].isna()]
    assert len(lab) == 1
    activities = tables.activities.loc[tables.activities["venue_id"] == lab["venue_id"].iloc[0], "activity_id"]
    stops = tables.sessions[tables.sessions["activity_id"].isin(activities)]
    assert not stops[["lat", "lon"]].isna().any(axis=None)
    assert stops["lat"].round(2).nunique() > 4
    elsewhere = tables.sessions[~tables.sessions["activity_id"].isin(activities)]
    assert elsewhere["lat"].isna().all()


def test_lines_run_from_start_to_finish_across_domains(town):
    tables = town.tables
    domain = tables.venues.set_index("venue_id")["domain"]
    stations = tables.lines.merge(tables.activities, on="activity_id", suffixes=("", "_of"))
    for _, line in stations.sort_values("station").groupby("line_id"):
        assert line["station"].tolist() == list(range(1, len(line) + 1))
        assert (line["stage"].iloc[0], line["stage"].iloc[-1]) == ("start", "finish")
        assert line["venue_id"].map(domain).nunique() >= 3
        assert line["awards"].iloc[-1] == line["badge"].iloc[0]
        assert line["requires"].iloc[-1] in line["awards"].iloc[:-1].tolist()


# --- learners


def test_most_learners_have_a_few_stamps_some_none_and_a_few_many(town):
    tables = town.tables
    count = tables.stamps.groupby("learner_id").size().reindex(tables.passports["learner_id"], fill_value=0)
    assert 0.03 < (count == 0).mean() < 0.15
    assert ((count >= 3) & (count <= 12)).mean() > 0.5
    assert 5 <= (count >= 30).sum() <= 60
    assert tables.stamps["chosen_by"].value_counts().index.tolist() == ["self", "family", "school"]
    assert 0.5 < tables.stamps["enjoyed"].mean() < 0.8
    assert 0.1 < tables.stamps["enjoyed"].isna().mean() < 0.2


def test_passports_are_rounded_and_sometimes_silent(town):
    passports = town.tables.passports
    for name in ("home_lat", "home_lon"):
        assert 0 < passports[name].isna().mean() < 0.06
        known = passports[name].dropna()
        np.testing.assert_array_equal(known, known.round(2))
    band = passports["age"].str.contains("-")
    assert 0.02 < band.mean() < 0.08
    assert 0 < (passports["age"] == "").mean() < 0.05
    assert passports["age"][~band & (passports["age"] != "")].str.fullmatch(r"\d+(\.\d)?").all()
    assert 0.25 < (passports["wishes"] != "").mean() < 0.45
    assert 0 < (passports["avoid"] != "").mean() < 0.15


def test_every_visit_was_possible(town):
    tables, truth = town.tables, town.truth
    visits, offer = truth.visits, truth.offer
    assert (visits.at < tables.city.as_of).all()
    with_session = visits.session >= 0
    session = visits.session[with_session]
    np.testing.assert_array_equal(offer.activity[session], visits.activity[with_session])
    at = visits.at[with_session]
    assert ((at >= offer.start[session]) & (at <= offer.end[session])).all()
    assert offer.held[session].all()
    assert (np.bincount(session, minlength=len(offer.seats)) <= offer.seats).all()
    age = truth.people.age[visits.learner] - (truth.as_of - visits.at) / (365.25 * 86400)
    slack = 21 / 365  # The age counts on the day of choosing.
    assert (age >= offer.age_min[visits.activity]).all()
    assert (age < offer.age_max[visits.activity] + 1 + slack).all()
    needs = offer.needs[visits.activity]
    for row in np.flatnonzero(needs >= 0):
        mine = visits.learner == visits.learner[row]
        assert visits.at[mine & (visits.activity == needs[row])].min() < visits.at[row]


def test_badges_come_from_visits(town):
    tables = town.tables
    awards = tables.activities.set_index("activity_id")["awards"]
    earned = tables.stamps.assign(badge=tables.stamps["activity_id"].map(awards))
    earned = earned[earned["badge"] != ""].groupby("learner_id")["badge"].agg(lambda all_: set(all_))
    shown = tables.passports.set_index("learner_id")["badges"]
    shown = shown[shown != ""].map(lambda text: set(text.split(";")))
    assert len(shown) > 50
    assert shown.sort_index().to_dict() == earned.sort_index().to_dict()


# --- the truth can be found again


def test_stamps_follow_the_latent_interests(town):
    truth = town.truth
    log = truth.exposure
    rows = np.flatnonzero(~log.family)
    own = np.einsum(
        "ij,ij->i", truth.interest[log.learner[rows]], truth.offer.weights[truth.offer.activity[log.session[rows]]]
    )
    frame = pd.DataFrame({"look": log.look[rows], "own": own, "chosen": log.chosen[rows]})
    frame = frame[frame.groupby("look")["chosen"].transform("any")]
    frame["rank"] = frame.groupby("look")["own"].rank(pct=True)
    chosen = frame.loc[frame["chosen"], "rank"]
    others = frame.loc[~frame["chosen"], "rank"]
    # By chance both means would be equal.
    assert chosen.mean() - others.mean() > 0.15


def choice_sets(truth, looks: int):
    """Features, hidden quality and choice of the first self-chosen looks, ``nothing`` as the first alternative."""
    log, offer = truth.exposure, truth.offer
    alone = log.look[~log.family]
    wanted = np.unique(alone)[:looks]
    rows = np.flatnonzero(np.isin(log.look, wanted))
    parts = []
    for moment in np.unique(log.at[rows]):
        here = rows[log.at[rows] == moment]
        state = state_at(truth, int(moment))
        found = features(offer, truth.people, log.learner[here], log.session[here], state, truth.as_of)
        frame = pd.DataFrame(found)
        frame["popularity"] = np.log1p(log.popularity[here])
        frame["quality"] = offer.quality[offer.activity[log.session[here]]]
        frame["look"], frame["chosen"], frame["nothing"] = log.look[here], log.chosen[here], 0.0
        parts.append(frame)
    stay = pd.DataFrame({"look": wanted, **dict.fromkeys(FEATURES, 0.0), "quality": 0.0, "nothing": 1.0})
    seen = pd.concat(parts)
    stay["chosen"] = ~seen.groupby("look")["chosen"].any().reindex(wanted).to_numpy()
    return pd.concat([stay, seen]).sort_values("look", kind="stable")


def logit(frame: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Conditional logit by Newton's method: estimates and standard errors."""
    x, offset = frame[names].to_numpy(float), frame["quality"].to_numpy()
    look = np.unique(frame["look"], return_inverse=True)[1]
    chosen = frame["chosen"].to_numpy(float)
    beta = np.zeros(len(names))
    for _ in range(25):
        score = np.exp(x @ beta + offset)
        p = score / np.bincount(look, score)[look]
        mean = np.stack([np.bincount(look, p * column) for column in x.T], axis=1)
        centred = x - mean[look]
        information = (centred * p[:, None]).T @ centred
        step = np.linalg.solve(information, (chosen - p) @ x)
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


@pytest.mark.parametrize("world", ["town", "even"])
def test_a_conditional_logit_finds_every_planted_coefficient(world, request):
    truth = request.getfixturevalue(world).truth
    names = [*FEATURES, "nothing"]
    estimate, error = logit(choice_sets(truth, 12000), names)
    planted = np.array([getattr(truth.config.coefficients, name) for name in names])
    distance = np.abs(estimate - planted) / error
    # Nine intervals at once: 2.8 standard errors is 95% for all of them together.
    assert distance.max() < 2.8, dict(zip(names, distance.round(2), strict=True))
    assert np.abs(planted[1] / error[1]) > 10


def test_interest_at_a_look_is_what_was_chosen_by(town):
    truth = town.truth
    np.testing.assert_array_equal(interest_at(truth), truth.interest)
    np.testing.assert_array_equal(interest_at(truth, int(truth.snapshot_at[0])), truth.snapshots[0])
    log = truth.exposure
    moment = int(log.at[len(log) // 2])
    here = np.flatnonzero(log.at == moment)
    popularity = popularity_at(truth, moment)[truth.offer.activity[log.session[here]]]
    np.testing.assert_array_equal(popularity, log.popularity[here])


def test_enjoyment_has_the_planted_chances(town):
    truth = town.truth
    visits = truth.visits
    rows = np.flatnonzero(visits.at >= truth.snapshot_at[-1])
    chance = np.empty(len(rows))
    for place, row in enumerate(rows):
        learner, activity = visits.learner[[row]], visits.activity[[row]]
        interest = truth.snapshots[-1][learner[0]] @ truth.offer.weights[activity[0]]
        given = truth.config.coefficients
        odds = given.enjoys + given.enjoys_interest * interest + given.enjoys_quality * truth.offer.quality[activity[0]]
        chance[place] = 1 / (1 + np.exp(-odds))
    error = np.sqrt((chance * (1 - chance)).mean() / len(rows))
    # Interests that woke during the season add a little.
    assert -4 * error < visits.enjoyed[rows].mean() - chance.mean() < 4 * error + 0.03
    joyful = enjoyment(truth, np.arange(50), np.arange(40))
    assert joyful.shape == (50, 40)
    assert ((joyful > 0) & (joyful < 1)).all()


def test_the_oracle_beats_popularity_and_chance(town):
    truth = town.truth
    moment = int(truth.snapshot_at[-1])
    later = (truth.visits.at > moment) & (truth.visits.at < moment + 21 * 86400) & (truth.visits.session >= 0)
    learners = np.unique(truth.visits.learner[later])
    popular = popularity_at(truth, moment)
    hits = {"oracle": 0, "alone": 0, "popular": 0}
    by_exposure = oracle(truth, learners, moment)
    by_utility = oracle(truth, learners, moment, exposed=False)
    for place, learner in enumerate(learners):
        went = set(truth.visits.activity[later & (truth.visits.learner == learner)])
        by_popularity = by_exposure[place][np.argsort(-popular[by_exposure[place]], kind="stable")]
        hits["oracle"] += bool(went & set(by_exposure[place][:5]))
        hits["alone"] += bool(went & set(by_utility[place][:5]))
        hits["popular"] += bool(went & set(by_popularity[:5]))
    assert len(learners) > 200
    assert hits["oracle"] > 1.3 * hits["popular"]
    assert hits["alone"] > 1.1 * hits["popular"]
    assert hits["oracle"] >= hits["alone"]
    assert len(set(by_exposure[0])) == len(by_exposure[0])


def test_utility_agrees_with_its_parts(even):
    truth = even.truth
    sessions = open_sessions(truth)
    learners = np.arange(30)
    table = utility(truth, learners, sessions)
    assert table.shape == (30, len(sessions))
    state = state_at(truth)
    pairs = features(truth.offer, truth.people, np.full(len(sessions), 7), sessions, state, truth.as_of)
    by_hand = truth.offer.quality[truth.offer.activity[sessions]] + sum(
        pairs[name] * getattr(truth.config.coefficients, name) for name in FEATURES
    )
    np.testing.assert_allclose(table[7], by_hand)


# --- exposure


def test_shown_with_exactly_the_logged_probability(town):
    log = town.truth.exposure
    drawn = np.flatnonzero(log.drawn)
    assert len(drawn) > 5000
    assert len(np.unique(log.look[drawn])) == len(drawn)
    assert ((log.drawn_probability[drawn] > 0) & (log.drawn_probability[drawn] <= 1)).all()
    assert np.isnan(log.drawn_probability[~log.drawn]).all()
    # Over the draws, 1/p adds up to the number of sessions that could have been drawn.
    ratio = 1 / (log.drawn_probability[drawn].astype(float) * log.eligible[drawn])
    assert abs(ratio.mean() - 1) < 4 * ratio.std() / np.sqrt(len(ratio))
    seen = log.seen
    ratio = 1 / log.seen_probability[seen].astype(float)
    looks = pd.Series(log.eligible).groupby(log.look).first()
    # The same for what was met by chance, up to the looks at which nothing at all was shown.
    assert abs(np.bincount(log.look[seen], ratio).sum() / looks.sum() - 1) < 0.05


def test_a_chosen_session_was_shown_and_a_visited_one_had_a_seat(town):
    log = town.truth.exposure
    assert (log.seen | log.drawn).all()
    assert not (log.seated & ~log.chosen).any()
    assert not (log.visited & ~log.seated).any()
    assert not (log.enjoyed & ~log.visited).any()
    assert (pd.Series(log.chosen).groupby(log.look).sum() <= 1).all()
    assert 0.02 < 1 - log.visited.sum() / log.seated[log.at < town.truth.as_of - 21 * 86400].sum() < 0.25


# --- the switches


def test_exposure_bias(town, even):
    def nearness(truth) -> float:
        log = truth.exposure
        far = minutes(truth.offer, truth.people, log.learner, log.session)
        return float(far[log.seen].mean())

    log = even.truth.exposure
    looks = pd.DataFrame({"look": log.look, "p": log.seen_probability, "n": log.eligible})
    assert (looks.groupby("look")["p"].nunique() == 1).all()
    np.testing.assert_allclose(log.drawn_probability[log.drawn], 1 / log.eligible[log.drawn], rtol=1e-5)
    assert nearness(town.truth) < 0.8 * nearness(even.truth)


def test_interests_spread(town, even):
    assert not len(even.truth.shifts.at)
    np.testing.assert_array_equal(even.truth.interest, even.truth.snapshots[0])
    shifts, truth = town.truth.shifts, town.truth
    assert len(shifts.at) > 1000
    assert (shifts.by > 0).all()
    themes = list(truth.offer.themes)
    stories = [themes[row] for row in np.flatnonzero(truth.neighbours[themes.index("stories")])]
    assert {"theatre", "writing", "history"} <= set(stories)
    assert "sport" not in stories
    assert not truth.neighbours.diagonal().any()
    np.testing.assert_array_equal(truth.neighbours, truth.neighbours.T)


def test_an_enjoyed_visit_wakes_a_neighbour_and_a_dull_one_nothing(town, even):
    truth = town.truth
    themes = list(truth.offer.themes)
    activity = np.flatnonzero(truth.offer.weights[:, themes.index("space")] == 1)[[0, 0]]
    before = np.zeros((2, len(themes)))
    after = after_visit(truth, before, activity, np.array([True, False]), np.random.default_rng(1))
    woken = np.flatnonzero(after[0])
    assert len(woken) == 1
    assert truth.neighbours[themes.index("space"), woken[0]]
    assert after[0, woken[0]] == 1.0
    assert not after[1].any()
    still = after_visit(even.truth, before, activity, np.array([True, True]), np.random.default_rng(1))
    assert not still.any()


def test_drift(town):
    still = simulate(replace(preset("small"), drift=False, interests_spread=False)).truth.snapshots
    np.testing.assert_array_equal(still[0], still[-1])
    moved = simulate(replace(preset("small"), drift=True, interests_spread=False)).truth.snapshots
    steps = [np.corrcoef(moved[0].ravel(), later.ravel())[0, 1] for later in moved]
    assert steps[0] == pytest.approx(1)
    assert steps == sorted(steps, reverse=True)
    assert 0.7 < steps[-1] < 0.95
    assert moved[-1].std() == pytest.approx(moved[0].std(), rel=0.1)


def reach(simulation) -> pd.Series:
    """Share of the children of 6 to 11 in each area who have three free sessions within 20 minutes on foot."""
    truth = simulation.truth
    offer, people = truth.offer, truth.people
    children = np.flatnonzero((people.age >= 6) & (people.age < 12))
    sessions = open_sessions(truth)
    free = sessions[offer.price[offer.activity[sessions]] == 0]
    fits = eligible(truth, children, free)
    # The offer's mode is the bike; on foot the same way takes 15 / 4.8 times as long.
    near = minutes(offer, people, children[:, None], free) * 15 / 4.8 <= 20
    enough = (fits & near).sum(axis=1) >= 3
    area = np.array([hood.name for hood in people.hoods])[people.area[children]]
    return pd.Series(enough).groupby(area).mean()


def test_group_gap():
    config = SimulationConfig(learners=3000)
    with_gap, without = simulate(config), simulate(replace(config, group_gap=False))
    planted = with_gap.truth.planted
    assert planted["desert_areas"] == ("Zandheuvel",)
    assert planted["poor_areas"] == ("Stationskwartier", "Vogelbuurt", "Zandheuvel")
    assert without.truth.planted == {}
    poor, even = list(planted["poor_areas"]), reach(without)
    now = reach(with_gap)
    assert now["Zandheuvel"] == 0 < even["Zandheuvel"]
    assert now[poor].mean() < even[poor].mean()
    for simulation, factor in ((with_gap, 1.7), (without, 1.0)):
        people = simulation.truth.people
        weight = pd.Series(people.travel_weight).groupby(people.poor).mean()
        assert weight[True] / weight[False] == pytest.approx(factor, rel=0.05)
    stamps = {}
    for name, simulation in (("gap", with_gap), ("even", without)):
        tables = simulation.tables
        count = tables.stamps.groupby("learner_id").size().reindex(tables.passports["learner_id"], fill_value=0)
        by_wealth = count.groupby(simulation.truth.people.poor).mean()
        stamps[name] = by_wealth[True] / by_wealth[False]
    assert stamps["gap"] < 0.75 * stamps["even"]


def test_the_desert_has_nothing_for_children_and_blooms_without_the_gap():
    counts = {}
    for gap in (True, False):
        town = build_town(SimulationConfig(group_gap=gap))
        tables = town.tables
        there = tables.venues.loc[tables.venues["area"] == "Zandheuvel", "venue_id"]
        own = tables.activities[tables.activities["venue_id"].isin(there)]
        assert len(own)
        counts[gap] = ((own["age_min"] <= AGES_OF_CHILD) & (own["age_max"] >= AGES_OF_CHILD)).sum()
    assert counts[True] == 0 < counts[False]


def test_interests_know_nothing_of_wealth(town):
    truth = town.truth
    gap = truth.snapshots[0][truth.people.poor].mean(axis=0) - truth.snapshots[0][~truth.people.poor].mean(axis=0)
    n = truth.people.poor.sum()
    error = truth.snapshots[0].std(axis=0) * np.sqrt(1 / n + 1 / (len(truth.people) - n))
    assert np.abs(gap / error).max() < 3.5


# --- learners over a real catalogue


@pytest.fixture(scope="module")
def agenda() -> Tables:
    """A catalogue as a real city delivers it: no learners, no ages, some prices and places missing."""
    tables = build_town(preset("small")).tables
    activities = tables.activities.assign(age_min=np.nan, age_max=np.nan)
    activities.loc[::3, "price"] = np.nan
    activities.loc[::4, "themes"] = ""
    return replace(tables, activities=activities, city=replace(tables.city, id="real", origin="own"))


def test_learners_over_a_real_catalogue(agenda, tmp_path: Path):
    made = simulate_learners(agenda, SimulationConfig(learners=300))
    tables = made.tables
    assert tables.city == replace(agenda.city, origin="simulated")
    pd.testing.assert_frame_equal(tables.activities, agenda.activities)
    pd.testing.assert_frame_equal(tables.sessions, agenda.sessions)
    assert len(tables.passports) == 300
    assert len(tables.stamps) > 300
    assert (tables.stamps["at"] < agenda.city.as_of).all()
    assert not len(read_folder(write_folder(tables, tmp_path)).quarantine)
    again = simulate_learners(agenda, SimulationConfig(learners=300))
    pd.testing.assert_frame_equal(again.tables.stamps, tables.stamps)
    earlier = agenda.city.as_of - 60 * 86400
    moved = simulate_learners(agenda, SimulationConfig(learners=300), as_of=earlier)
    assert moved.tables.city.as_of == earlier
    assert (moved.tables.stamps["at"] < earlier).all()


def test_a_catalogue_that_nobody_could_have_visited_is_refused_with_what_to_do(agenda):
    config = SimulationConfig(learners=10)
    no_now = replace(agenda, city=replace(agenda.city, as_of=None))
    with pytest.raises(BadInput, match="no as_of"):
        simulate_learners(no_now, config)
    with pytest.raises(BadInput, match="no sessions"):
        simulate_learners(replace(agenda, sessions=agenda.sessions.iloc[:0]), config)
    too_early = int(agenda.sessions["start"].sort_values().iloc[3])
    with pytest.raises(BadInput, match=r"only 3 sessions lie before as_of .* set a later as_of"):
        simulate_learners(agenda, config, as_of=too_early)
    nowhere = agenda.venues.assign(lat=np.nan, lon=np.nan)
    sessions = agenda.sessions.assign(lat=np.nan, lon=np.nan)
    with pytest.raises(BadInput, match="has a place"):
        simulate_learners(replace(agenda, venues=nowhere, sessions=sessions), config)


def test_ages_count_on_the_day(town):
    truth = town.truth
    year_ago = age_at(truth.people, np.arange(5), truth.as_of - round(365.25 * 86400), truth.as_of)
    np.testing.assert_allclose(year_ago, truth.people.age[:5] - 1)


# --- the page about it


def test_the_page_lists_every_setting_with_its_default():
    page = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page.split("## Settings")[1].split("## Questions")[0], re.M))
    settings = {**vars(SimulationConfig()), **vars(Coefficients())}
    del settings["coefficients"]
    assert {name: tomllib.loads(f"x = {value}")["x"] for name, value in rows.items()} == settings
    assert f"{len(read_ideas())} handwritten ideas" in page
