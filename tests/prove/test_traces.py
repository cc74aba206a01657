"""After a thousand calls with a passport in them, not one byte of a passport is anywhere: files, logs, metrics, database."""

from __future__ import annotations

import re
import secrets
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pytest

from data.store import Store, keys
from data.tables import Tables
from recommender.routing.solve import warm_up
from tests import postgres
from tests.api.running import running
from tests.prove.placed import put_city
from training.config import Config
from training.fit import fit

pytestmark = pytest.mark.prove
CALLS, CITY = 1000, "klein-oss"
DAY_OUT = {"kind": "outing", "from": "2026-03-07T09:00:00+01:00", "until": "2026-03-07T17:00:00+01:00"}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[], list[Path]]]]:
    """Address of a store, and where its pages are besides the home."""
    if request.param == "sqlite":
        yield "", list
        return
    with postgres.server() as server:
        address = server.new_database()
        with psycopg.connect(server.address) as connection:
            row = connection.execute("SHOW data_directory").fetchone()

        def pages() -> list[Path]:
            with psycopg.connect(server.address, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
            return [Path(str(row[0] if row else ""))]

        yield address, pages


def mark() -> str:
    """A text that is nowhere else."""
    return f"mk{secrets.token_hex(5)}"


def passport(number: int, marks: list[str]) -> dict[str, object]:
    """A passport with an age, a home, badges and stamps that nobody else has."""
    badge, activity = mark(), mark()
    age = f"{7 + number % 5}.{secrets.randbelow(900_000_000) + 100_000_000}"
    lat, lon = (f"{whole}.{secrets.randbelow(9_000_000) + 1_000_000}" for whole in (51, 5))
    marks += [badge, activity, age, lat, lon]
    return {
        "age": float(age), "home": {"lat": float(lat), "lon": float(lon)}, "badges": [badge], "wishes": ["space"],
        "stamps": [{"activity": activity, "at": "2026-01-01T00:00:00Z"}, {"activity": "birds", "at": "2026-01-02T00:00:00Z"}],
    }  # fmt: skip


def call(client: httpx.Client, number: int, marks: list[str]) -> None:
    """One of the ways in which a passport comes in: fitting, not fitting, in the wrong place, or not even JSON."""
    lent = passport(number, marks)
    way = number % 10
    if way < 4:
        assert client.post("/v1/recommendations", json={"passport": lent}).status_code == 200
    elif way == 4:
        asked = {**DAY_OUT, "passport": lent}
        assert client.post("/v1/routes", json=asked).status_code == 200
    elif way == 5:
        assert client.post("/v1/lines", json={"passport": lent}).status_code == 200
    elif way == 6:
        assert client.post("/v1/recommendations", json={"passport": lent | {"name": marks[-5]}}).status_code == 422
    elif way == 7:
        broken = str({"passport": lent}).encode()
        assert (
            client.post("/v1/recommendations", content=broken, headers={"Content-Type": "application/json"}).status_code
            == 400
        )
    elif way == 8:
        headers = {
            "User-Agent": marks[-5],
            "X-Request-Id": marks[-4],
            "Accept-Language": marks[-5],
            "Referer": marks[-4],
        }
        found = client.post(f"/v1/recommendations?{marks[-5]}={marks[-4]}", json={"passport": lent}, headers=headers)
        assert found.status_code == 422
        assert client.get(f"/v1/{marks[-5]}/{marks[-4]}").status_code == 404
    else:
        form = {"age": lent["age"], "theme": "space", "done": "birds", "place": marks[-5]}
        assert client.post("/", data=form).status_code in (200, 422)


def test_nothing_of_a_passport_is_left_anywhere(
    url: tuple[str, Callable[[], list[Path]]], tiny: Tables, tmp_path: Path
) -> None:
    warm_up()
    address, pages = url
    home = put_city(tmp_path / "home", tiny, fit(tiny, Config()), ("20260302T080000Z-one",), address)
    with Store(address or home.store_url) as store, store.transaction() as connection:
        key = keys.create(connection, CITY, ["recommend"], "", 1, None)
        admin = keys.create(connection, CITY, ["admin"], "", 1, None)
    for folder in ("tmp", "cache"):
        (home.path / folder).mkdir()
    environment = {
        "LEERLIJN_HOME": str(home.path), "LEERLIJN_DATABASE_URL": address, "LEERLIJN_LOG": "json", "LEERLIJN_MODE": "keys",
        "LEERLIJN_RATE_PER_SECOND": "0", "TMPDIR": str(home.path / "tmp"), "XDG_CACHE_HOME": str(home.path / "cache"),
    }  # fmt: skip
    marks: list[str] = []
    with running(environment, "--workers", "2") as service:
        with httpx.Client(
            base_url=service.url, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
        ) as client:
            for number in range(CALLS):
                call(client, number, marks)
        told = httpx.get(
            service.url + "/metrics", headers={"Authorization": f"Bearer {admin}"}, trust_env=False
        ).content
        assert b"leerlijn_lists_total" in told
        look("the metrics", told, marks)
        everything(home.path, pages(), marks)
        service.stop()
        look("the log", bytes(service.out), marks)
    assert service.out.count(b'"endpoint": "/v1/recommendations"') >= CALLS // 2
    assert len(marks) == 5 * CALLS
    everything(home.path, pages(), marks)


def everything(home: Path, pages: list[Path], marks: list[str]) -> None:
    """Look through every byte of every file."""
    looked = 0
    for folder in (home, *pages):
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                look(str(path), path.read_bytes(), marks)
                looked += 1
    assert looked > 40


def look(where: str, content: bytes, marks: list[str]) -> None:
    """Look for every mark as text, in capitals, in UTF-16, as hexadecimal digits, and for numbers as eight bytes."""
    wanted = {text.lower() for text in marks}
    texts = [content, content.replace(b"\x00", b"")]
    texts += [bytes.fromhex(found.decode()) for found in re.findall(rb"6d6b(?:[0-9a-f]{2}){10}", content)]
    seen = {
        word.decode().lower()
        for text in texts
        for word in re.findall(rb"(?i)mk[0-9a-f]{10}|(?<![\d.])\d{1,2}\.\d{7,9}(?!\d)", text)
    }
    found = seen & wanted
    numbers = np.array([float(text) for text in wanted if not text.startswith("mk")])
    for shift in range(8):
        whole = content[shift : shift + (len(content) - shift) // 8 * 8]
        for order in ("<f8", ">f8"):
            found |= {str(value) for value in numbers[np.isin(numbers, np.frombuffer(whole, dtype=order))]}
    assert not found, f"{sorted(found)[:3]} in {where}"


def test_the_look_would_find_one() -> None:
    text, number = mark(), "8.123456789"
    forms = (text.encode(), text.upper().encode(), text.encode("utf-16-le"), text.encode().hex().encode(),
             number.encode(), struct.pack("<d", float(number)), struct.pack(">d", float(number)))  # fmt: skip
    for form in forms:
        with pytest.raises(AssertionError, match="in here"):
            look("here", b"\x00\x01\x07" + form + b"\x02", [mark(), text, number])
    look("here", b"\x00mk1234567890 8.1234567891" + bytes(100), [mark(), text, number])
