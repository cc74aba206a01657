"""From a city's tables to what a coordinator's questions need: the one place that puts it together."""

from __future__ import annotations

from collections.abc import Callable

from data.columns import LEARNER
from data.hours import Doors
from data.passports import passports_from
from data.tables import Tables
from data.translate import catalogue_from
from recommender.insight.asked import Asked
from recommender.insight.calibration import Calibration
from recommender.insight.insight import SAMPLE, Insight, insight_of
from recommender.insight.suggest import first_week_of
from recommender.release import Release


def insight_from(
    tables: Tables,
    release: Release | None,
    asked: Asked,
    calibration: Calibration | None = None,
    most: int = SAMPLE,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> Insight:
    """A city ready to be asked about.

    Parameters
    ----------
    tables : Tables
        With everybody's passports and stamps; who has stamps and no passport row counts as somebody without a home.
    release : Release or None
    most : int
        Expected visits are reckoned over about so many learners: fewer answer sooner, and less exactly.
    """
    catalogue = catalogue_from(tables)
    area = dict(zip(tables.passports[LEARNER].tolist(), tables.passports["area"].tolist(), strict=True))
    names, passports = [], []
    for name, passport in passports_from(tables, catalogue):
        names.append(area.get(name, ""))
        passports.append(passport)
    hours = Doors(catalogue).open(*first_week_of(asked))
    return insight_of(catalogue, passports, names, asked, release, calibration, hours, most, seed, progress)
