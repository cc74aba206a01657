"""What the desk holds while the service runs."""

from __future__ import annotations

from api.desk.session import Sessions
from api.desk.tries import Tries
from api.service import Service


class Desk:
    """The desk of a running service.

    Parameters
    ----------
    service : Service
        The service it belongs to.

    Attributes
    ----------
    sessions : Sessions
        Seals and opens the cookies.
    tries : Tries
        Wrong keys of the last minutes.
    """

    def __init__(self, service: Service) -> None:
        self.sessions = Sessions(service.secret, service.home.path / "desk" / "left")
        self.tries = Tries()
