"""The coordinator's questions about one city, answered as plain values: who can reach what, what is missing, what would help.

Schema ``leerlijn-opportunity/1``; every figure is defined in ``docs/opportunity.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from data.columns import AT
from data.insight import insight_from
from data.store.digest import digest
from data.tables import Tables
from recommender.city import UNKNOWN, Catalogue
from recommender.eligibility import open_pool
from recommender.insight.asked import Asked
from recommender.insight.calibration import BOOSTS, Calibration, calibrate
from recommender.insight.cells import said_count
from recommender.insight.choice import expected_visits, sample_of
from recommender.insight.insight import Insight
from recommender.insight.plain import (
    iso,
    plain_cell,
    plain_desert,
    plain_group,
    plain_share,
    plain_suggestion,
    plain_venue,
    plain_wheel,
)
from recommender.insight.reach import LIST, Lists, Reach
from recommender.insight.supply import around_homes, around_venues
from recommender.passport import Request
from recommender.recommend import recommend_many
from recommender.release import Release
from training.config import Config
from training.evaluation.cut import known_at
from training.fit import STEPS, fit
from training.privacy.model import only_measured

SCHEMA = "leerlijn-opportunity/1"
MODES = ("walk", "bike", "transit", "car")
MOST_LISTS = 5000
"""Lists are made for about so many learners, drawn from everywhere."""
DESERTS_HELPED = 12
"""For so many of the cells with least to choose from a suggestion is sought."""
FEWEST_WEEKS = 2

Progress = Callable[[str, int, int], None]
"""Told the step (``lists``, ``calibrate``, ``what if``, ``suggest``), how much of it is done, and how much there is."""


def _quiet(step: str, done: int, total: int) -> None:
    pass


def opportunity(
    tables: Tables, config: Config, release: Release | None, at: int, progress: Progress = _quiet, weeks: int = 8
) -> dict[str, Any]:
    """Answer all of a coordinator's questions about one city.

    Parameters
    ----------
    tables : Tables
    config : Config
        Of the fit that the calibration makes, and of the seed.
    release : Release or None
        None leaves out what needs one: the ranking part, expected visits, and the themes and hours of suggestions.
    at : int
        The city's "now", seconds since 1970 UTC.
    progress : callable
        See ``Progress``.
    weeks : int
        How far ahead a session may lie.

    Returns
    -------
    dict
        Plain values, ready for JSON. The same input and seed give the same values.
    """
    known = tables.before(at)
    asked = Asked(at=at, weeks=weeks)
    calibration = None if release is None else calibration_of(tables, config, asked, progress)
    insight = insight_from(known, release, asked, calibration, seed=config.seed, progress=progress)
    lists = None if insight.release is None else lists_of(insight, progress)
    reach = insight.reach(lists)
    deserts = insight.deserts(reach)
    short = [(one.area, one.band) for one in deserts if one.mean < asked.enough][:DESERTS_HELPED]
    suggestions = insight.suggest(wanted=short)
    return {
        "schema": SCHEMA,
        "city": {
            "id": tables.city.id,
            "name": tables.city.name or tables.city.id,
            "time_zone": tables.city.time_zone,
            "origin": tables.city.origin,
        },
        "asked": _asked(asked),
        "release": None if release is None else release.name,
        "digests": {"data": digest(tables)},
        "people": _people(insight),
        "programme": _programme(insight),
        "reach": _reach(insight, reach),
        "deserts": [
            plain_desert(one, rank, suggestions.cells.get((one.area, one.band)), insight)
            for rank, one in enumerate(deserts, start=1)
        ],
        "suggestions": [plain_suggestion(gain, rank, insight) for rank, gain in enumerate(suggestions.city, start=1)],
        "calibration": None if calibration is None else calibration.as_plain(),
        "wheel": _wheels(insight),
        "themes": _labels(insight.catalogue),
    }


def lists_of(insight: Insight, progress: Progress = _quiet, most: int = MOST_LISTS) -> Lists:
    """The served top ten of learners from everywhere, in the weeks asked about and by the mode asked about.

    Parameters
    ----------
    insight : Insight
        With a release.
    most : int
        About how many learners.
    """
    asked = insight.asked
    person, _ = sample_of(insight.grid.own_group, most, insight.seed)
    person = person[insight.cases.of[person] >= 0]
    # The mode is left open, as an app does: the list then follows the city's own, and the guarantee walks.
    request = Request(at=asked.at, closes=asked.until, count=LIST, access=asked.needs, explain=False)
    session = np.full((len(person), LIST), UNKNOWN, dtype=np.int32)
    answers = recommend_many(
        [insight.passports[row] for row in person.tolist()], insight.catalogue, insight.release, request
    )
    for row, answer in enumerate(answers):
        shown = [one.session for one in answer.recommendations]
        session[row, : len(shown)] = shown
        if row % 64 == 0:
            progress("lists", row, len(person))
    progress("lists", len(person), len(person))
    return Lists(person, session)


def calibration_of(tables: Tables, config: Config, asked: Asked, progress: Progress = _quiet) -> Calibration:
    """How the model would have done with earlier new activities: fitted on what was known before, compared with who came.

    The test lies in the weeks before ``asked.at``, as many as are asked about or as there are stamps for. Activities
    count that had a session then, and no visitor before.

    Returns
    -------
    Calibration
        The uncalibrated one where there is too little to learn from.
    """
    stamps = tables.stamps[tables.stamps[AT] < asked.at]
    if stamps.empty:
        return Calibration()
    span = (asked.at - int(stamps[AT].min())) // (7 * 86_400)
    weeks = min(asked.weeks, span // 3)
    if weeks < FEWEST_WEEKS:
        return Calibration()
    then = Asked(at=asked.at - weeks * 7 * 86_400, weeks=weeks)
    known = known_at(tables, then.at)
    release = fit(
        known,
        config,
        lambda step: progress("calibrate", STEPS.index(step), len(STEPS) + 1),
        asking=only_measured(config.seed, then.at),
    )
    insight = insight_from(known, release, then, seed=config.seed)
    standing = insight.standing
    assert standing is not None
    assert insight.release is not None
    rows = open_pool(insight.catalogue, then.request()).activities
    expected = expected_visits(
        standing, insight.passports, insight.catalogue, insight.release, then, rows, BOOSTS, added=False
    )
    came = visits_between(tables, insight.catalogue, then.at, asked.at)[rows].astype(np.float64)
    progress("calibrate", len(STEPS) + 1, len(STEPS) + 1)
    return calibrate(expected, came, ~insight.release.model.visited[rows], weeks)


def visits_between(tables: Tables, catalogue: Catalogue, since: int, until: int) -> np.ndarray:
    """Visits to each activity, those with school left out. Shape (n_activities,), int64."""
    stamps = tables.stamps
    inside = (stamps[AT] >= since) & (stamps[AT] < until) & (stamps["chosen_by"] != "school")
    rows = catalogue.activities.ids.find(stamps["activity_id"][inside].tolist())
    return np.bincount(rows[rows >= 0], minlength=len(catalogue.activities))


def _asked(asked: Asked) -> dict[str, Any]:
    return {
        "at": iso(asked.at),
        "until": iso(asked.until),
        "weeks": asked.weeks,
        "mode": asked.mode,
        "minutes": asked.minutes,
        "enough": asked.enough,
        "needs": list(asked.needs),
        "list": LIST,
        "bands": [list(band) for band in asked.bands],
    }


def _people(insight: Insight) -> dict[str, Any]:
    people = insight.people
    homeless = np.isnan(people.lat) | np.isnan(people.lon)
    counts = {
        "claims": int(people.claims.sum()),
        "no_home": int(homeless.sum()),
        "no_age": int((~homeless & np.isnan(people.age_low)).sum()),
    }
    told = {name: said_count(number) for name, number in counts.items()}
    return {
        **{name: number or None if name != "claims" else number for name, (number, _) in told.items()},
        "few": [name for name, (_, few) in told.items() if few],
    }


def _programme(insight: Insight) -> dict[str, Any]:
    offer, sessions = insight.cases.offer, insight.catalogue.sessions
    placed = ~np.isnan(sessions.lat[offer.pool.sessions])
    somewhere = np.logical_or.reduceat(placed, offer.pool.first) if len(offer.pool.first) else placed[:0]
    return {
        "activities": len(insight.catalogue.activities),
        "open": len(offer.pool.activities),
        "free": int(offer.free.sum()),
        "free_known": int((offer.free & offer.age_known & offer.access_known).sum()),
        "not_known": {
            "price": int((~offer.price_known).sum()),
            "age": int((~offer.age_known).sum()),
            "access": int((~offer.access_known).sum()),
            "place": int((~somewhere).sum()),
        },
    }


def _reach(insight: Insight, reach: Reach) -> dict[str, Any]:
    modes = [mode for mode in MODES if mode != insight.asked.mode and mode in insight.catalogue.travel]
    by_mode, by_need = insight.otherwise(modes, insight.catalogue.activities.access_terms)
    return {
        "all": plain_group(reach.everybody, insight),
        "areas": [plain_group(group, insight) for group in reach.areas],
        "bands": [plain_group(group, insight) for group in reach.bands],
        "groups": [plain_group(group, insight) for group in reach.groups if group.n],
        "modes": [{"mode": mode, "supply": plain_share(share)} for mode, share in by_mode.items()],
        "needs": [{"need": need, "supply": plain_share(share)} for need, share in by_need.items()],
        "cells": [plain_cell(around, insight) for around in around_homes(insight.cases)],
        "venues": [plain_venue(around, insight) for around in around_venues(insight.cases)],
    }


def _wheels(insight: Insight) -> list[dict[str, Any]]:
    found = (insight.wheel(theme) for theme in range(len(insight.catalogue.themes.ids)))
    return [plain_wheel(wheel, insight) for wheel in found if wheel.activities]


def _labels(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    themes = catalogue.themes
    return {
        name: {language: labels[row] for language, labels in themes.labels.items() if labels[row]}
        for row, name in enumerate(themes.ids.names)
    }
