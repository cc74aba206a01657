"""A journey: from a wish, over an exact model of its weeks, to routes that are checked and explained."""

from recommender.routing.journey.plan import plan_journey, solutions
from recommender.routing.journey.wish import JourneyWish, SolveLimit

__all__ = ["JourneyWish", "SolveLimit", "plan_journey", "solutions"]
