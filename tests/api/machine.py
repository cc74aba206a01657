"""Stamps, feedback, erasure, training, publishing, going back, damage and swaps, in any order that hypothesis thinks of.

Beside the service stands a model of what must be so: plain sets and lists. After every step the service is asked, and
must agree with it; whatever happened, nobody gets an error.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import start_blocking_portal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from api.app import create_app
from api.settings import Settings
from data.home import ERASURES, KEPT, Home
from data.store import Store, schema
from recommender.errors import BadInput, BrokenRelease
from recommender.release import Release, save_release
from tests.api.conftest import ASK
from tests.conftest import AS_OF
from training.publish import NotPublishedError, publish, rollback

CITY = "klein-oss"
DAY = 86_400
MEMORY = Path("/dev/shm")
"""Where files cost no waiting for a disk: what a power cut leaves is held to elsewhere, by killing writers."""
ACTIVITIES = ("robot-start", "robot-code", "stars", "birds", "pond", "paint")
PASSPORTS = ("r-1", "n-1")
LEARNERS = (*PASSPORTS, "new-1", "new-2", "ü;'1")
learners, activities = st.sampled_from(LEARNERS), st.sampled_from(ACTIVITIES)
days = st.integers(1, 9)
KINDS = ("not_for_me", "more_like_this", "enjoyed")


def iso(day: int) -> str:
    """A moment some days before the town's own now."""
    return datetime.fromtimestamp(AS_OF - day * DAY, UTC).isoformat()


class Client:
    """Asks a service that runs in this very process, without a socket in between."""

    def __init__(self, settings: Settings) -> None:
        self._app = create_app(settings)
        self._open = ExitStack()
        self._portal = self._open.enter_context(start_blocking_portal())
        self._open.enter_context(self._portal.wrap_async_context_manager(self._app.router.lifespan_context(self._app)))
        transport = httpx.ASGITransport(self._app, client=("127.0.0.1", 5))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://town")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            return await self._http.request(method, path, **more)

        return self._portal.call(ask)

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path)

    def post(self, path: str, json: Any) -> httpx.Response:
        return self._ask("POST", path, json=json)

    def delete(self, path: str) -> httpx.Response:
        return self._ask("DELETE", path)

    def look(self) -> None:
        """Let the service see whether there is something new."""
        self._portal.call(self._app.state.service.cities[CITY].look)

    def close(self) -> None:
        self._portal.call(self._http.aclose)
        self._open.close()


class Town(RuleBasedStateMachine):
    """One service on a store and releases of its own. ``template`` and ``release`` are set by whoever runs it."""

    template: Path
    release: Release

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="leerlijn-machine-", dir=MEMORY if MEMORY.is_dir() else None))
        shutil.copytree(self.template, self.folder / "home")
        self.home = Home(self.folder / "home")
        self.client = Client(Settings(home=self.home.path, refresh_seconds=1e9))
        self.store = Store(self.home.store_url)
        found = self.store.load(CITY)
        self.passports = set(found.passports["learner_id"])
        self.stamps = {(one.learner_id, one.activity_id, int(one.at)) for one in found.stamps.itertuples()}
        self.said: set[tuple[str, str, str, int]] = set()
        self.rejected: set[str] = set()
        self.erased, self.number = 0, 0
        self.published = list(self.home.published(CITY))
        self.knew = dict.fromkeys(self.published, 0)
        """Of each release that is on the disk, how many were erased when it was made."""
        self.broken: dict[str, tuple[Path, int]] = {}
        self.live, self.degraded, self.turn = self.published[0], False, 0
        self.seen = self._signs()

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.client.close()
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def known(self, learner: str) -> bool:
        return learner in self.passports or any(learner == one[0] for one in (*self.stamps, *self.said))

    # What apps tell

    @rule(learner=learners, activity=activities, day=days, again=st.booleans())
    def stamp(self, learner: str, activity: str, day: int, again: bool) -> None:
        one = (learner, activity, AS_OF - day * DAY)
        body = [{"learner": learner, "activity": activity, "at": iso(day), "chosen_by": "self"}] * (2 if again else 1)
        answer = self.client.post("/v1/stamps", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"kept": len(body), "new": int(one not in self.stamps), "rejected": []}
        self.stamps.add(one)

    @rule(learner=learners, day=days)
    def stamp_at_nothing(self, learner: str, day: int) -> None:
        answer = self.client.post("/v1/stamps", json=[{"learner": learner, "activity": "nowhere", "at": iso(day)}])
        assert (answer.json()["kept"], len(answer.json()["rejected"])) == (0, 1)
        self.rejected.add(learner)

    @rule(learner=learners, activity=activities, day=days, kind=st.sampled_from(KINDS))
    def say(self, learner: str, activity: str, day: int, kind: str) -> None:
        answer = self.client.post(
            "/v1/feedback", json=[{"learner": learner, "activity": activity, "kind": kind, "at": iso(day)}]
        )
        assert answer.status_code == 200, answer.text
        self.said.add((learner, activity, kind, AS_OF - day * DAY))

    @rule(learner=learners)
    def erase(self, learner: str) -> None:
        assert self.client.delete(f"/v1/learners/{learner}").status_code == 204
        self.erased += int(self.known(learner) or learner in self.rejected)
        self.stamps = {one for one in self.stamps if one[0] != learner}
        self.said = {one for one in self.said if one[0] != learner}
        self.rejected.discard(learner)
        self.passports.discard(learner)
        assert self.client.get(f"/v1/learners/{learner}").status_code == 404
        assert self.store.erased(CITY) == self.erased
        with self.store.engine.connect() as connection:
            for table in (schema.passports, schema.stamps, schema.feedback, schema.quarantine):
                rows = connection.execute(select(table)).all()
                values = [str(value) for row in rows for value in row]
                assert not [value for value in values if value == learner or f'"{learner}"' in value]

    # What data staff do

    @rule()
    def train(self) -> None:
        self.number += 1
        name = f"20260303T{self.number:06}Z-made"
        save_release(self.release, self.home.releases(CITY), name=name, times={ERASURES: self.erased})
        self.home.forget(CITY, self.erased)  # as training does
        self.knew = {
            old: knew for old, knew in self.knew.items() if knew >= self.erased or old == self.published[0]
        } | {name: self.erased}
        self.broken = {old: where for old, where in self.broken.items() if old in self.knew}

    @rule(choice=st.integers(0, 5))
    def publish(self, choice: int) -> None:
        name = sorted(self.knew)[-1 - choice % len(self.knew)]
        try:
            publish(self.home, CITY, name, unjudged=True, erased=self.erased)
        except BrokenRelease:
            assert name in self.broken
        except NotPublishedError:
            assert self.knew[name] < self.erased
        else:
            assert name not in self.broken
            assert self.knew[name] >= self.erased
            self.published = [name, *(old for old in self.published if old != name)][:KEPT]
        self._what_is_on_the_disk()

    @rule()
    def back(self) -> None:
        earlier = [name for name in self.published[1:] if name in self.knew]
        try:
            rollback(self.home, CITY, self.erased)
        except BrokenRelease:
            assert earlier[0] in self.broken
        except NotPublishedError:
            assert self.knew[earlier[0]] < self.erased, "it may also be damaged"
        except BadInput:
            assert not earlier
        else:
            assert earlier[0] not in self.broken
            self.published = earlier
        self._what_is_on_the_disk()

    def _what_is_on_the_disk(self) -> None:
        there = {path.parent.name for path in self.home.releases(CITY).glob("*/SHA256SUMS")}
        assert there <= set(self.knew)
        assert {name for name in self.published if self.knew.get(name, -1) >= self.erased} <= there, (
            "the last ones stay"
        )
        assert self.published[0] in there
        self.knew = {name: knew for name, knew in self.knew.items() if name in there}
        self.broken = {name: where for name, where in self.broken.items() if name in there}

    @rule(choice=st.integers(0, 5), where=st.integers(0, 10_000))
    def damage(self, choice: int, where: int) -> None:
        name = sorted(self.knew)[-1 - choice % len(self.knew)]
        if name not in self.broken:
            files = sorted(self.home.releases(CITY).joinpath(name).glob("*.npy"))
            path = files[where % len(files)]
            self.broken[name] = (path, where % path.stat().st_size)
            flip(*self.broken[name])

    @precondition(lambda self: self.broken)
    @rule()
    def mend(self) -> None:
        flip(*self.broken.pop(min(self.broken)))

    # What the service does

    @rule()
    def swap(self) -> None:
        self.client.look()
        if self._signs() != self.seen:
            self.seen = self._signs()
            fit = [
                name for place, name in enumerate(self.published) if not place or self.knew.get(name, -1) >= self.erased
            ]
            good = [name for name in fit if name in self.knew and name not in self.broken]
            self.live = good[0] if good else self.live
            self.degraded = not good or good[0] != self.published[0]

    def _signs(self) -> tuple[int, int]:
        pointer = self.home.pointer(CITY).stat()
        return pointer.st_ino, pointer.st_mtime_ns

    @invariant()
    def whoever_asks_is_answered(self) -> None:
        if not hasattr(self, "client"):
            return
        self.turn += 1
        learner = (*LEARNERS, None)[self.turn % (len(LEARNERS) + 1)]
        answer = self.client.post(ASK, json={"count": 50} | ({"learner": learner} if learner else {}))
        if learner is None or self.known(learner):
            assert answer.status_code == 200, answer.text
            self._agrees(answer.json(), learner)
        else:
            assert answer.status_code == 404
        if learner is not None:
            self._page_agrees(learner)

    def _agrees(self, told: dict[str, Any], learner: str | None) -> None:
        assert (told["release"], told["degraded"]) == (self.live, self.degraded)
        stamped = {activity for who, activity, _ in self.stamps if who == learner}
        said = {kind: {one[1] for one in self.said if (one[0], one[2]) == (learner, kind)} for kind in KINDS}
        shown = {one["activity"]["id"] for one in told["recommendations"]}
        assert not shown & stamped
        assert not shown & (said["not_for_me"] - said["more_like_this"])
        if stamped:
            assert (told["basis"], told["fallback"]) == ("stamps", "personalised")

    def _page_agrees(self, learner: str) -> None:
        answer = self.client.get(f"/v1/learners/{learner}")
        assert answer.status_code == (200 if self.known(learner) else 404)
        if answer.status_code == 200:
            mine = sorted(activity for who, activity, _ in self.stamps if who == learner)
            assert sorted(one["activity"] for one in answer.json()["stamps"]) == mine
            assert len(answer.json()["said"]) == sum(one[0] == learner for one in self.said)


def flip(path: Path, position: int) -> None:
    """Change one bit, in a new file of the same name: the service goes on with the old bytes that it has mapped."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    aside = path.parent.parent / "aside"
    aside.write_bytes(content)
    aside.replace(path)


def town(template: Path, release: Release) -> type[Town]:
    """The machine on a template home and a release."""
    return type("TownHere", (Town,), {"template": template, "release": release})
