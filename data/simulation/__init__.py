"""A simulated learning city with known preferences: an invented town, or invented people over a real agenda."""

from data.simulation.config import Coefficients, SimulationConfig, load_simulation_config, parse_config, preset
from data.simulation.real import simulate_learners
from data.simulation.recipe import Simulation, simulate
from data.simulation.truth import (
    Truth,
    after_visit,
    eligible,
    enjoyment,
    interest_at,
    open_sessions,
    oracle,
    planted_truths,
    popularity_at,
    state_at,
    themes_in_fashion,
    utility,
)

__all__ = [
    "Coefficients",
    "Simulation",
    "SimulationConfig",
    "Truth",
    "after_visit",
    "eligible",
    "enjoyment",
    "interest_at",
    "load_simulation_config",
    "open_sessions",
    "oracle",
    "parse_config",
    "planted_truths",
    "popularity_at",
    "preset",
    "simulate",
    "simulate_learners",
    "state_at",
    "themes_in_fashion",
    "utility",
]
