"""What the service counts about itself, for Prometheus. No label ever holds anything about a person.

With several workers each counts in a file of its own, in a folder that the process which starts them names in
``PROMETHEUS_MULTIPROC_DIR`` before this module is imported, and whoever is asked adds them all up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from api.state import Live
from recommender.answer import Answer

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ANY = ""
"""The city of what cannot be said to be one city's."""


class Metrics:
    """The service's own figures.

    Parameters
    ----------
    cities : callable
        What is in service for each city, when it is asked for.
    """

    def __init__(self, cities: Callable[[], Iterable[Live]], clock: Callable[[], float]) -> None:
        own = self._own = CollectorRegistry()
        self._state = State(cities, clock)
        self.requests = Histogram(
            "leerlijn_request_seconds", "Time from a request to its answer, as the service sees it.",
            ("city", "method", "endpoint", "status"), registry=own, buckets=SECONDS,
        )  # fmt: skip
        self.lists = Counter(
            "leerlijn_lists", "Lists that were given, by what the passport offered and what they were made with.",
            ("city", "basis", "fallback", "degraded"), registry=own,
        )  # fmt: skip
        self.slots = Counter("leerlijn_slots", "Places in lists, by kind.", ("city", "slot"), registry=own)
        self.routes = Counter(
            "leerlijn_routes", "Questions for a route, by what came of them.", ("city", "kind", "outcome"), registry=own
        )
        self.limited = Counter("leerlijn_limited", "Requests over a key's allowance.", ("city",), registry=own)
        self.store_errors = Counter(
            "leerlijn_store_errors", "Times the store did not answer, or not as it should.", ("what",), registry=own
        )
        self.lost = Counter("leerlijn_shown_lost", "Shown lists of which no record was kept.", registry=own)
        self._lists_of, self._slots_of = cache(self.lists.labels), cache(self.slots.labels)

    def listed(self, city: str, found: Answer, degraded: bool) -> None:
        """Count a list that was given, and its places."""
        self._lists_of(city, found.basis, found.fallback, "true" if degraded else "false").inc()
        slots = [one.slot for one in found.recommendations]
        for slot in set(slots):
            self._slots_of(city, slot).inc(slots.count(slot))

    def text(self, city: str | None) -> bytes:
        """All figures in Prometheus' text format.

        Parameters
        ----------
        city : str or None
            Whose figures may be told, beside those that are no city's own; None tells all.
        """
        counted: CollectorRegistry = self._own
        if os.environ.get(FOLDER):
            counted = CollectorRegistry()
            multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        told = CollectorRegistry()
        told.register(Told([counted, self._state], city))
        return generate_latest(told)


class State(Collector):
    """What is in service, looked at when it is asked for."""

    def __init__(self, cities: Callable[[], Iterable[Live]], clock: Callable[[], float]) -> None:
        self._cities, self._clock = cities, clock

    def collect(self) -> Iterator[Metric]:
        degraded = GaugeMetricFamily(
            "leerlijn_degraded", "1 when something that should be in service is not.", labels=["city"]
        )
        released = GaugeMetricFamily(
            "leerlijn_release", "1 when a release is in service, 0 when it is the agenda.", labels=["city"]
        )
        age = GaugeMetricFamily(
            "leerlijn_release_age_seconds", "Since the release in service was made.", labels=["city"]
        )
        activities = GaugeMetricFamily("leerlijn_activities", "Activities in the catalogue.", labels=["city"])
        for live in self._cities():
            name = [live.catalogue.city]
            degraded.add_metric(name, float(live.degraded))
            released.add_metric(name, float(live.release is not None))
            activities.add_metric(name, len(live.catalogue.activities))
            made = made_at(live.release_name or "")
            if made is not None:
                age.add_metric(name, self._clock() - made)
        yield from (degraded, released, age, activities)


class Told(Collector):
    """Figures of several sources, less those of other cities."""

    def __init__(self, sources: Iterable[Collector | CollectorRegistry], city: str | None) -> None:
        self._sources, self._city = tuple(sources), city

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: what there is, is known when it is asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        for source in self._sources:
            for metric in source.collect():
                metric.samples = [sample for sample in metric.samples if self._tells(sample)]
                yield metric

    def _tells(self, sample: Sample) -> bool:
        of_city = self._city is None or sample.labels.get("city", ANY) in (self._city, ANY)
        return of_city and not sample.name.endswith(
            "_created"
        )  # since when is counted: nobody asks, and it doubles the page


def made_at(release: str) -> float | None:
    """When a release was made, in seconds since 1970 UTC, by its name; None for a name of another form."""
    try:
        return datetime.strptime(release.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def method_of(method: str) -> str:
    """A method by its name when it is one that exists, so that nobody writes labels or logs from outside."""
    return method if method in METHODS else "other"


def forget_worker(pid: int) -> None:
    """Let go of what only a running worker counts."""
    if os.environ.get(FOLDER):
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
