"""A second opinion on every route before it leaves; it shares no code with the solvers."""

from recommender.routing.validator.check import check_journey, check_outing
from recommender.routing.validator.rules import Pause, Rules

__all__ = ["Pause", "Rules", "check_journey", "check_outing"]
