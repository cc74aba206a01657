"""Everything a running service holds, and the way an endpoint gets at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request

from api.access import Keys
from api.cities import cities_to_serve
from api.language import language
from api.limits import Limits, Rate
from api.metrics import Metrics
from api.planning import Planning
from api.present_list import write_ahead
from api.problems import Problem
from api.settings import Settings
from api.state import City, Live
from api.writer import Writer
from data.home import Home
from data.store import Store
from data.store.reader import Reader, open_reader

Clock = Callable[[], float]


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes
    ----------
    cities : mapping of str to City
        The cities in service, by id.
    secret : bytes
        What the drawn place is seeded with.
    clock : callable
        Seconds since 1970 UTC.
    limits : Limits
        How much each key may still ask.
    metrics : Metrics
        What the service counts about itself.
    planning : Planning
        Room for a few routes at once.
    """

    settings: Settings
    store: Store
    home: Home
    cities: Mapping[str, City]
    reader: Reader
    writer: Writer
    keys: Keys
    secret: bytes
    clock: Clock
    limits: Limits
    metrics: Metrics
    planning: Planning = field(default_factory=Planning)


@dataclass(frozen=True)
class Opened:
    """A store, and every city to serve as it stands in it: all that several workers may share."""

    store: Store
    home: Home
    cities: Mapping[str, City]


def open_cities(settings: Settings) -> Opened:
    """Open the store and load every city to serve.

    Raises
    ------
    BadConfig, BadInput
        When there is no city to serve, or it may not be served like this.
    """
    store, home = Store(settings.store_url), Home(settings.home)
    try:
        names = cities_to_serve(settings.city, settings.demo, store)
        return Opened(
            store, home, {name: City(name, store, home, settings.refresh_seconds, write_ahead) for name in names}
        )
    except BaseException:
        store.close()
        raise


def open_service(settings: Settings, clock: Clock = time.time, opened: Opened | None = None) -> Service:
    """Everything that a running service holds; see ``open_cities`` for the errors.

    Parameters
    ----------
    opened : Opened or None
        What was loaded already, by the process that this worker was forked from.
    """
    opened = opened or open_cities(settings)
    store, home, cities = opened.store, opened.home, opened.cities
    metrics = Metrics(lambda: [city.live for city in cities.values()], clock)
    return Service(
        settings=settings,
        store=store,
        home=home,
        cities=cities,
        reader=open_reader(store, settings.store_seconds),
        writer=Writer(store, lost=metrics.lost.inc),
        keys=Keys(store),
        secret=home.secret(),
        clock=clock,
        limits=Limits(Rate(settings.rate_per_second, settings.rate_burst), store, settings.workers),
        metrics=metrics,
    )


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service: Service = request.app.state.service
    return service


def live_of(request: Request) -> Live:
    """What is in service for the caller's city: the one of the key, and in demo mode the only one.

    Raises
    ------
    Problem
        403 when this service does not serve the key's city.
    """
    cities = service_of(request).cities
    key = getattr(request.state, "key", None)
    if key is not None and key.city not in cities:
        raise Problem(403, "This service does not serve the city of this key.", slug="city", title="Not this city")
    city = cities[key.city] if key is not None else next(iter(cities.values()))
    return city.now(time.monotonic())


def key_of(request: Request) -> str:
    """Id of the key that asks, ``""`` in demo mode."""
    key = getattr(request.state, "key", None)
    return key.id if key is not None else ""


def language_of(request: Request, asked: str | None, live: Live) -> str:
    """The language to answer a request in; see ``language``."""
    return language(asked, request.headers.get("accept-language", ""), live.catalogue.languages)
