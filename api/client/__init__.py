"""A typed client: ``from api.client import Leerlijn``."""

from api.client.client import Leerlijn, ProblemError

__all__ = ["Leerlijn", "ProblemError"]
