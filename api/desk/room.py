"""What the desk holds while the service runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from api.desk.files import Figures, Reports
from api.desk.kept import Kept, StillWorking
from api.desk.session import Sessions
from api.desk.tries import Tries
from api.problems import Busy
from api.service import Service
from api.state import Live
from data.insight import insight_from
from data.store import schema
from recommender.city import Catalogue
from recommender.errors import LeerlijnError
from recommender.insight.asked import Asked
from recommender.insight.calibration import Calibration
from recommender.insight.insight import Insight
from recommender.release import load_release

Part = Mapping[str, Any]
INSIGHTS, ANSWERS, DRAWINGS = 3, 256, 64
"""How many are kept: cities as a whole, what was worked out of them, and drawn pages."""

MOST_STAMPS = 5_000_000
"""Above it a city is too large to be read by a service that has others to serve; the report still holds it all."""


class TooLarge(LeerlijnError):
    """A city that this service does not work things out for."""


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
    answers, drawings : Kept
        What was worked out and drawn.
    """

    def __init__(self, service: Service) -> None:
        self.sessions = Sessions(service.secret, service.home.path / "desk" / "left")
        self.tries = Tries()
        self.answers, self.drawings = Kept(ANSWERS), Kept(DRAWINGS)
        self._insights = Kept(INSIGHTS)
        self._reports = Reports()
        self._service = service
        self._preparing: set[asyncio.Task[None]] = set()
        self._closing = False

    async def figures(self, city: str) -> Figures:
        """What was measured of a city."""
        return await asyncio.to_thread(self._reports.of, self._service.home.reports(city))

    def releases(self, city: str) -> tuple[str, ...]:
        """Names of the releases that can be looked at: the one in service, and those before it."""
        home = self._service.home
        return tuple(name for name in home.published(city) if (home.releases(city) / name).is_dir())

    def today(self, live: Live) -> int:
        """The moment that answers are for: the city's own, else its last midnight, so that one answer holds for a day."""
        if live.catalogue.as_of is not None:
            return live.catalogue.as_of
        now = datetime.fromtimestamp(self._service.clock(), live.zone)
        return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())

    async def insight(self, live: Live, release: str, figures: Figures) -> tuple[Any, Insight]:
        """A city as the coordinator's questions see it, and what tells it from others.

        Parameters
        ----------
        release : str
            Name of the release, ``""`` for the one in service.

        Raises
        ------
        Busy, StillWorking
            When it is not ready.
        TooLarge
            When it never will be.
        """
        opportunity = figures.opportunity or {}
        asked = _asked(self.today(live), opportunity.get("asked") or {})
        city = live.catalogue.city
        erased = await asyncio.to_thread(self._service.store.erased, city)
        # Whoever holds the answer holds the catalogue too, so its id is nobody else's.
        question = (city, release or live.release_name, asked, id(live.catalogue), erased, figures.signs)
        work = partial(self._build, live, release, asked, opportunity.get("calibration"))
        _, insight = await self._insights.get(question, work)
        return question, insight

    def get_ready(self, live: Live, figures: Figures) -> None:
        """Begin what the pages behind the first one need, so that nobody waits for it there."""
        task = asyncio.create_task(self._ready(live, figures))
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _ready(self, live: Live, figures: Figures) -> None:
        with suppress(Busy, StillWorking, LeerlijnError, DBAPIError):  # whoever asks for it will be told
            question, insight = await self.insight(live, "", figures)
            await self.answers.get((question, "standing"), lambda: insight.standing)

    def _build(self, live: Live, release: str, asked: Asked, calibration: Part | None) -> tuple[Catalogue, Insight]:

        city = live.catalogue.city
        with self._service.store.engine.connect() as connection:
            stamps = connection.scalar(
                select(func.count()).select_from(schema.stamps).where(schema.stamps.c.city == city)
            )
        if (stamps or 0) > MOST_STAMPS:
            raise TooLarge(f"{city} has {stamps} stamps")
        tables = self._service.store.load(city).before(asked.at)
        used = live.release
        if release and release != live.release_name:
            used = load_release(self._service.home.releases(city) / release).extended(live.catalogue)
        known = Calibration.from_plain(dict(calibration)) if calibration else None
        return live.catalogue, insight_from(tables, used, asked, known, progress=self._go_on)

    def _go_on(self, step: str, done: int, total: int) -> None:
        """Heard between the parts of long work: breaks it off when the service stops."""
        if self._closing:
            raise Busy("the service is stopping")

    async def settle(self) -> None:
        """Break off what is being worked out, and wait until nothing asks the store any more."""
        self._closing = True
        for kept in (self._insights, self.answers, self.drawings):
            await kept.settle()
        await asyncio.gather(*self._preparing)


def _asked(at: int, measured: Part) -> Asked:
    """The question that the figures on file answer, of today, so that both agree."""
    names = {field.name for field in fields(Asked)} - {"at"}
    given = {name: value for name, value in measured.items() if name in names}
    if "bands" in given:
        given["bands"] = tuple((int(low), int(high)) for low, high in given["bands"])
    if "needs" in given:
        given["needs"] = tuple(given["needs"])
    return Asked(at=at, **given)


def desk_of(request: Request) -> Desk:
    """The desk of the service that a request came to."""
    desk: Desk = request.app.state.desk
    return desk
