"""The invented town as tables: themes, venues, activities, sessions and lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.columns import ACTIVITIES, SESSIONS, THEMES
from data.simulation.calendar import midway, moment, seasons
from data.simulation.config import SimulationConfig
from data.simulation.lines import line_frame, line_records
from data.simulation.offer import Offer, offer_of
from data.simulation.places import TOWN, Area, areas, sites, venue_frame
from data.simulation.programme import Plan, programme
from data.simulation.sessions import Dated, dated_sessions
from data.simulation.streams import stream
from data.simulation.texts import read_themes, read_toml
from data.tables import CitySettings, Tables, frame_of
from recommender.city import Bool, Float64

QUALITY_SPREAD = 0.4


@dataclass(frozen=True, eq=False)
class Town:
    """The town without its people.

    Attributes
    ----------
    tables : Tables
        Everything known of every activity; ``unsaid`` is taken out only once people have chosen.
    offer : Offer
    areas : tuple of Area
    desert : set of str
        Names of neighbourhoods without anything for children of 6 to 11.
    season_starts : tuple of int
        Seconds since 1970 UTC; one more than there are seasons.
    """

    tables: Tables
    offer: Offer
    areas: tuple[Area, ...]
    desert: frozenset[str]
    season_starts: tuple[int, ...]


def build_town(config: SimulationConfig) -> Town:
    """Draw the town: its programme and its sessions up to the end of the last season."""
    calendar = seasons(config.first_season, config.seasons)
    hoods = areas(config)
    desert = frozenset(hood.name for hood in hoods if hood.desert and config.group_gap)
    places = sites(config, hoods)
    plans = programme(config, calendar, places, desert)
    dated = dated_sessions(config, calendar, plans, hoods, desert)
    ids = tuple(plan.activity_id for plan in plans.plans)
    stations = sum(len(line["station"]) for line in line_records(config))
    tables = Tables(
        city=CitySettings(
            id=TOWN.lower(),
            name=TOWN,
            as_of=midway(calendar[-1], config.as_of_share),
            origin="simulated",
        ),
        themes=frame_of(THEMES, ({name: row[name] for name in THEMES.names} for row in read_themes())),
        venues=venue_frame(places),
        activities=_activity_frame(plans.plans),
        sessions=_session_frame(dated, plans.plans),
        lines=line_frame(config, ids[:stations]),
    )
    quality = stream(config.seed, "quality").normal(0, QUALITY_SPREAD, len(ids))
    kinds = read_toml("kinds.toml")
    again: Bool = np.array([kinds[plan.kind].get("again", False) for plan in plans.plans])
    seats: Float64 = np.array([session.seats for session in dated])
    starts = [moment(season.start, "00:00") for season in calendar] + [moment(calendar[-1].end, "00:00")]
    return Town(tables, offer_of(tables, quality, seats, again), hoods, desert, tuple(starts))


def _activity_frame(plans: tuple[Plan, ...]) -> pd.DataFrame:
    return frame_of(
        ACTIVITIES,
        (
            {
                "activity_id": plan.activity_id,
                "title": plan.title,
                "description": plan.description,
                "language": plan.language,
                "themes": ";".join(f"{name}:{weight:g}" for name, weight in plan.themes),
                "organiser": plan.site.organiser,
                "venue_id": plan.site.venue_id,
                "age_min": float(plan.age_min),
                "age_max": float(plan.age_max),
                "price": plan.price,
                "form": plan.form,
                "stage": plan.stage,
                "requires": plan.requires,
                "awards": plan.awards,
                "access": plan.access,
                "company": plan.company,
            }
            for plan in plans
        ),
    )


def _session_frame(dated: list[Dated], plans: tuple[Plan, ...]) -> pd.DataFrame:
    return frame_of(
        SESSIONS,
        (
            {
                "session_id": f"s-{number + 1:05d}",
                "activity_id": plans[session.activity].activity_id,
                "start": session.start,
                "end": session.end,
                "venue_id": "" if plans[session.activity].site.mobile else plans[session.activity].site.venue_id,
                "lat": round(session.lat, 5),
                "lon": round(session.lon, 5),
                "status": "cancelled" if session.cancelled else "scheduled",
                "drop_in": float(session.drop_in),
            }
            for number, session in enumerate(dated)
        ),
    )


def with_gaps(tables: Tables, config: SimulationConfig, keep: Bool) -> Tables:
    """The tables as a city delivers them: of some activities the age, the price or the themes are not known.

    Parameters
    ----------
    keep : bool, shape (n_activities,)
        Activities of which everything is said.
    """
    rng = stream(config.seed, "unknown")
    activities = tables.activities.copy()
    for columns, missing in ((["age_min", "age_max"], np.nan), (["price"], np.nan), (["themes"], "")):
        unsaid = (rng.random(len(activities)) < config.unknown_share) & ~keep
        if columns == ["price"]:
            unsaid &= ~activities["description"].str.contains("gratis").to_numpy(np.bool_)
        activities.loc[unsaid, columns] = missing
    return replace(tables, activities=activities)
