"""An outing: from a wish, over the problem it poses, to routes that are checked and explained."""

from recommender.routing.hours import OpenHours
from recommender.routing.outing.plan import DEFAULT_STOP, plan_outing
from recommender.routing.outing.wish import OutingWish, Pause

__all__ = ["DEFAULT_STOP", "OpenHours", "OutingWish", "Pause", "plan_outing"]
