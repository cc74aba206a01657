"""What is in service: one city's catalogue and release, swapped whole between two requests."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from api.fallback import answered
from api.pieces import Pieces, by_language
from data.home import Home
from data.hours import Doors
from data.messages import theme_label
from data.pages.metro import Metro, metro
from data.store import Store
from data.tables import CitySettings
from data.translate import catalogue_from
from data.travel.city import CityTravel, signs_of, travel_of
from recommender.answer import Answer
from recommender.city import Catalogue, Int64
from recommender.errors import LeerlijnError
from recommender.passport import Passport, Request
from recommender.recommend import warm_up
from recommender.release import Release, load_release

LOG = logging.getLogger("leerlijn.api")


@dataclass(frozen=True, eq=False)
class Live:
    """A city at one moment of its service; never changes, only gives way to the next.

    Attributes
    ----------
    settings : CitySettings
    catalogue : Catalogue
    release : Release or None
        Extended to the catalogue; None when there is none that can be used.
    changes : int64, shape (n,)
        The moments at which a session stops being open to newcomers, ascending.
    travel : CityTravel
        How long it takes to get somewhere.
    why : tuple of str
        Why the service is degraded; empty when it is not.
    pieces : callable
        What lists are put together from, by language; goes on as long as the catalogue does.
    """

    settings: CitySettings
    catalogue: Catalogue
    release: Release | None
    changes: Int64
    travel: CityTravel
    why: tuple[str, ...] = ()
    pieces: Callable[[str], Pieces] = field(default_factory=by_language)

    @property
    def degraded(self) -> bool:
        """Whether something that should be in service is not."""
        return bool(self.why)

    @property
    def release_name(self) -> str | None:
        """Name of the release in service."""
        return self.release.name if self.release else None

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.catalogue.time_zone)

    @cached_property
    def doors(self) -> Doors:
        """When the venues are open."""
        return Doors(self.catalogue)

    @cached_property
    def sessions_known(self) -> frozenset[str]:
        """Ids of the sessions there are: made once, as a large city has a hundred thousand of them."""
        return frozenset(self.catalogue.sessions.ids)

    @cached_property
    def metro(self) -> Metro:
        """The map of the lines; takes a while the first time, so ask for it beside the event loop."""
        return metro(self.catalogue)

    def moment(self, asked: int | None, now: float) -> tuple[int, str]:
        """The moment an answer is for, and where it comes from: ``request``, ``as_of`` or ``clock``.

        By the clock it is the last moment at which the day's agenda changed, today's midnight at the earliest:
        between two changes everybody who asks the same gets the same answer, byte for byte.

        Parameters
        ----------
        asked : int or None
            Seconds since 1970 UTC.
        now : float
            The clock, likewise.
        """
        if asked is not None:
            return asked, "request"
        if self.catalogue.as_of is not None:
            return self.catalogue.as_of, "as_of"
        today = datetime.fromtimestamp(now, self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        at = int(today.timestamp())
        last = int(np.searchsorted(self.changes, int(now), side="right")) - 1
        return max(at, int(self.changes[last])) if last >= 0 else at, "clock"

    def recommend(self, passport: Passport, request: Request) -> Answer:
        """The one recipe, on what is in service; with less to go on where it breaks, see ``fallback``."""
        return answered(passport, self.catalogue, self.release, request)

    def time(self, moment: int) -> str:
        """A moment as the city's clocks show it, ISO 8601 with offset."""
        return self._time(moment)

    @cached_property
    def _time(self) -> Callable[[int], str]:
        """Sessions begin and end at the same few moments, so they are put in words once.

        What is kept must not hold on to the city itself, here and below: a circle is only let go of by the collector,
        which in a service that was loaded before it was forked may not come by for hundreds of swaps.
        """
        zone = self.zone
        return lru_cache(maxsize=8192)(lambda moment: datetime.fromtimestamp(moment, zone).isoformat())

    @cached_property
    def theme_labels(self) -> Callable[[str], tuple[str, ...]]:
        """Every theme's name in a language, see ``theme_label``."""
        catalogue, themes = self.catalogue, range(len(self.catalogue.themes.ids))
        return lru_cache(maxsize=32)(lambda lang: tuple(theme_label(catalogue, theme, lang) for theme in themes))


def changes_of(catalogue: Catalogue) -> Int64:
    """When the set of open sessions changes: just after a session starts, and when a drop-in window ends."""
    sessions = catalogue.sessions
    if sessions.always:
        return np.empty(0, dtype=np.int64)
    moments: Int64 = np.unique(np.where(sessions.drop_in, sessions.end, sessions.start + 1))
    return moments


def _load_first(home: Home, city: str, catalogue: Catalogue, erased: int) -> tuple[Release | None, tuple[str, ...]]:
    """The newest published release that can be trusted, and what was wrong with newer ones.

    The one in service goes on until the next, whoever was erased meanwhile; nobody goes back to an older one that
    knew them.
    """
    names = [
        name
        for place, name in enumerate(home.published(city))
        if not place or not home.before_erasure(city, name, erased)
    ]
    why: list[str] = []
    for name in names:
        folder = home.releases(city) / name
        try:
            return load_release(folder).extended(catalogue), tuple(why)
        except Exception as error:  # whatever is wrong with it, another one may be right
            # Which file is for everybody to know, where it lies on this machine is not.
            told = (
                str(error) if isinstance(error, (LeerlijnError, OSError)) else f"{type(error).__name__} in loading it"
            )
            why.append(f"release {name} cannot be used: {told}".replace(f"{folder}/", ""))
    return None, tuple(why) or ("no release is published",)


class City:
    """One city in service. ``live`` is read by requests and replaced on the event loop alone.

    Parameters
    ----------
    name : str
        The city's id.
    store, home : Store, Home
        Where its catalogue and its releases are.
    refresh_seconds : float
        How often, at most, to look whether either changed.
    get_ready : callable
        What to do, beside the service, with a new catalogue before it comes into service.
    """

    def __init__(
        self,
        name: str,
        store: Store,
        home: Home,
        refresh_seconds: float,
        get_ready: Callable[[Live], None] = lambda live: None,
    ) -> None:
        self.name, self.store, self.home, self.refresh_seconds = name, store, home, refresh_seconds
        self._get_ready = get_ready
        self._seen: tuple[Any, ...] = ()
        self._looked = -float("inf")
        self._looking: asyncio.Task[None] | None = None
        self._loading = threading.Lock()
        self.live: Live = self._load(None)
        self._good = self.live

    def _signs(self) -> tuple[Any, ...]:
        """What changes when there is something new: the pointer file, the travel files, and the catalogue's number."""
        try:
            pointer = self.home.pointer(self.name).stat()
            sign = (pointer.st_ino, pointer.st_mtime_ns)
        except FileNotFoundError:
            sign = (0, 0)
        return (*sign, signs_of(self.home, self.name), self.store.revision(self.name))

    def _load(self, old: Live | None) -> Live:
        """What should be in service now; parts that did not change are taken over from ``old``."""
        with self._loading:
            signs = self._signs()
            same_catalogue = old is not None and self._seen[3:] == signs[3:]
            if old is not None and same_catalogue:
                settings, catalogue = old.settings, old.catalogue
            else:
                tables = self.store.load(self.name, people=False)
                settings, catalogue = tables.city, catalogue_from(tables)
            before = old.travel if old is not None and self._seen[2] == signs[2] else None
            travel = travel_of(self.home, self.name, catalogue, before)
            for note in travel.notes if travel is not before else ():
                LOG.error("city %s: %s", self.name, note)
            release, why = _load_first(self.home, self.name, catalogue, self.store.erased(self.name))
            if release is None and old is not None and old.release is not None:
                release = old.release.extended(catalogue)  # what was good a moment ago is still in memory
            self._seen = signs
            for reason in why:
                LOG.error("city %s: %s", self.name, reason)
            pieces = old.pieces if old is not None and same_catalogue else by_language()
            live = Live(settings, catalogue, release, changes_of(catalogue), travel, why, pieces)
            try:
                warm_up(catalogue, release)
                if old is None or live.pieces is not old.pieces:
                    self._get_ready(live)
            except Exception as error:  # there is a way down from a release that cannot be scored with: ``fallback``
                LOG.error(
                    "city %s: no list could be made when it came into service: %s", self.name, type(error).__name__
                )
            return live

    def now(self, clock: float) -> Live:
        """What is in service; looks for something new in the background when it is time to.

        Parameters
        ----------
        clock : float
            Seconds of any clock that does not go back.
        """
        if clock - self._looked >= self.refresh_seconds and self._looking is None:
            self._looked = clock
            self._looking = asyncio.create_task(self.look())
        return self.live

    async def look(self) -> None:
        """Take what is new into service when there is something new; whatever is wrong with it, nothing is raised."""
        try:
            new = await asyncio.to_thread(self._load_if_changed)
            if new is not None:
                self._good = new
                LOG.info("city %s: release %s in service", self.name, new.release_name)
            self.live = self._good
        except Exception as error:  # whatever is wrong with what is new, what was there before goes on serving
            self.live = replace(self._good, why=(*self._good.why, "what is new cannot be read; what was there stays"))
            LOG.error("city %s: looking for something new failed: %s", self.name, type(error).__name__)
        finally:
            self._looking = None

    def _load_if_changed(self) -> Live | None:
        return None if self._signs() == self._seen else self._load(self.live)

    async def settle(self) -> None:
        """Wait until a look that has begun is over."""
        if self._looking is not None:
            await self._looking
