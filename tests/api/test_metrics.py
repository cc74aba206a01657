"""What the service counts about itself, of one city at a time and of no person; and that the dashboard asks for what exists."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import made_at
from api.settings import Settings
from data.store import Store, keys
from data.tables import Tables
from recommender.release import Release, save_release
from tests.api.conftest import ASK, Placed, Served, serve
from tests.api.running import running, soon

DASHBOARD = Path(__file__).resolve().parents[2] / "deploy" / "grafana.json"
RELEASE = "20260302T080000Z-one"
NOW = 1_800_000_000.0
LABELS = {
    "city", "method", "endpoint", "status", "le", "basis", "fallback", "degraded", "slot", "kind", "outcome", "what",
}  # fmt: skip


@pytest.fixture
def served(settle: Callable[..., Placed], tmp_path: Path) -> Iterator[Served]:
    with serve(Settings(home=settle(tmp_path).path), clock=lambda: NOW) as served:
        yield served


def samples(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Every sample by its name and labels."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def value(text: str, name: str, **labels: str) -> float:
    """The sum of a metric over everything that has these labels."""
    return sum(one for of, one in samples(text).get(name, {}).items() if labels.items() <= dict(of).items())


def test_every_request_is_counted_by_endpoint_and_status(served: Served) -> None:
    for _ in range(3):
        served.ask(passport={"age": 8})
    served.http.post(ASK, json={"count": 0})
    served.http.get("/v1/learners/r-1")
    served.http.get("/nowhere/r-1")
    served.http.request("BREW", "/")
    answer = served.http.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text, count = answer.text, "leerlijn_request_seconds_count"
    assert value(text, count, endpoint=ASK, status="200", method="POST", city="klein-oss") == 3
    assert value(text, count, endpoint=ASK, status="422") == 1
    assert value(text, count, endpoint="/v1/learners/{learner}", status="200") == 1
    assert value(text, count, endpoint="-", status="404") == 1
    assert value(text, count, method="other") == 1
    assert 0 < value(text, "leerlijn_request_seconds_sum", endpoint=ASK, status="200") < 60


def test_lists_slots_release_and_trouble_are_counted(served: Served) -> None:
    lists = [
        served.ask(learner="r-1", count=4),
        served.ask(passport={"wishes": ["space"]}),
        served.ask(),
        served.ask(count=3),
    ]
    slots = Counter(one["slot"] for answer in lists for one in answer["recommendations"])
    text = served.http.get("/metrics").text
    assert value(text, "leerlijn_lists_total", fallback="personalised", basis="stamps", degraded="false") == 1
    assert value(text, "leerlijn_lists_total", fallback="wishes") == 1
    assert value(text, "leerlijn_lists_total", fallback="popular_nearby") == 2
    assert len(slots) > 1
    assert {slot: value(text, "leerlijn_slots_total", slot=slot) for slot in slots} == slots
    assert value(text, "leerlijn_release_age_seconds", city="klein-oss") == NOW - made_at(RELEASE)  # type: ignore[operator]
    assert (value(text, "leerlijn_degraded"), value(text, "leerlijn_release")) == (0, 1)
    with served.service.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE stamps RENAME TO gone")
    assert served.ask(learner="r-1")["degraded"]
    stamp = {"learner": "r-1", "activity": "stars", "at": "2026-03-01T20:00:00+01:00"}
    assert served.http.post("/v1/stamps", json=[stamp]).status_code == 503
    text = served.http.get("/metrics").text
    assert value(text, "leerlijn_lists_total", degraded="true") == 1
    assert value(text, "leerlijn_store_errors_total", what="passport") == 1
    assert value(text, "leerlijn_store_errors_total", what="request") == 1


def test_no_label_is_about_a_person(served: Served) -> None:
    marks = ("r-1", "badge-of-nobody", "birds", "8.7654")
    passport = {
        "age": 8.7654,
        "badges": ["badge-of-nobody"],
        "stamps": [{"activity": "birds", "at": "2026-01-01T00:00:00Z"}],
    }
    served.ask(passport=passport)
    served.ask(learner="r-1")
    served.http.get("/v1/learners/r-1")
    served.http.get("/r-1?r-1=r-1", headers={"User-Agent": "r-1", "X-Forwarded-For": "r-1"})
    text = served.http.get("/metrics").text
    assert {name for of in samples(text).values() for labels in of for name, _ in labels} <= LABELS
    assert not [mark for mark in marks if mark in text]


def test_a_release_tells_when_it_was_made() -> None:
    assert made_at("19700101T000100Z-abcdef01") == 60
    assert made_at("first") is None
    assert made_at("") is None


def test_a_key_is_told_of_its_own_city_alone(
    place: Callable[[Path], Placed], tiny: Tables, release: Release, tmp_path: Path
) -> None:
    home, made = place(tmp_path), {}
    with Store(home.store_url) as store:
        store.create()
        for city in ("klein-oss", "groot-oss"):
            store.save(replace(tiny, city=replace(tiny.city, id=city, origin="own")))
            save_release(release, home.releases(city), name=RELEASE)
            home.point(city, RELEASE)
            with store.transaction() as connection:
                made[city] = keys.create(connection, city, ["admin", "recommend"], "", 1, None)
    with serve(Settings(home=home.path, mode="keys")) as served:
        for city, times in (("klein-oss", 1), ("groot-oss", 2)):
            for _ in range(times):
                headers = {"Authorization": f"Bearer {made[city]}"}
                assert served.http.post(ASK, json={}, headers=headers).status_code == 200
        served.http.post(ASK, json={})
        for city, other, times in (("klein-oss", "groot-oss", 1), ("groot-oss", "klein-oss", 2)):
            text = served.http.get("/metrics", headers={"Authorization": f"Bearer {made[city]}"}).text
            assert other not in text
            assert value(text, "leerlijn_lists_total") == times
            assert value(text, "leerlijn_request_seconds_count", status="401") == 1


@pytest.mark.usefixtures("ready_to_plan")
def test_several_workers_are_counted_together(settle: Callable[..., Placed], tmp_path: Path) -> None:
    with running(settle(tmp_path).environment, "--workers", "2") as service:
        soon(lambda: len(service.workers()) == 2)
        for _ in range(40):  # over connections of their own, so that both have something to count
            assert (
                httpx.post(service.url + ASK, json={"learner": "r-1"}, timeout=60, trust_env=False).status_code == 200
            )
        for _ in range(4):
            text = httpx.get(service.url + "/metrics", timeout=60, trust_env=False).text
            assert value(text, "leerlijn_lists_total", fallback="personalised") == 40
            assert value(text, "leerlijn_request_seconds_count", endpoint=ASK) == 40
            assert value(text, "leerlijn_release") == 1


# The dashboard


def asked_of_prometheus() -> list[str]:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]


def test_the_dashboard_asks_for_metrics_and_labels_that_exist(served: Served) -> None:
    served.ask(learner="r-1")
    outing = {"kind": "outing", "travel": {"from": {"lat": 51.77, "lon": 5.53}},
              "from": "2026-03-07T09:00:00+01:00", "until": "2026-03-07T17:00:00+01:00"}  # fmt: skip
    assert served.http.post("/v1/routes", json=outing).status_code == 200
    text = served.http.get("/metrics").text
    for name in re.findall(r"^# TYPE (\S+) counter$", text, re.MULTILINE):
        text += f"{name}{{}} 0\n" if f"\n{name}{{" not in text and f"\n{name} " not in text else ""
    named = {family.name: family.type for family in text_string_to_metric_families(text)}
    there = set(named) | {f"{name}_total" for name, kind in named.items() if kind == "counter"}
    there |= {
        f"{name}_{part}" for name, kind in named.items() if kind == "histogram" for part in ("bucket", "sum", "count")
    }
    asked = asked_of_prometheus()
    assert len(asked) >= 10
    for expression in asked:
        names = set(re.findall(r"leerlijn_[a-z_]+", expression))
        assert names, expression
        assert names <= there, expression
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
        labels |= {part.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for part in group.split(",")}
        assert labels <= LABELS | {"instance", "job"}, expression
    shown = {name for expression in asked for name in re.findall(r"leerlijn_[a-z_]+", expression)}
    families = {name.removesuffix("_total") for name in named}
    unseen = {
        family
        for family in families
        if family.startswith("leerlijn") and not any(one.startswith(family) for one in shown)
    }
    assert not unseen, "what is counted is on the dashboard"


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert {"title", "uid", "panels", "templating", "schemaVersion", "time"} <= board.keys()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["description"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
