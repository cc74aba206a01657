"""Whatever is wrong with a release, it is refused by the name of the file, and the service goes on with the old one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.settings import Settings
from data.home import Home
from data.tables import Tables
from recommender.release import SUMS, save_release
from tests.api.conftest import Served, serve
from tests.prove.placed import put_city
from training.config import Config
from training.fit import fit

pytestmark = pytest.mark.prove
CITY, FIRST, SECOND = "klein-oss", "20260302T080000Z-one", "20260303T080000Z-two"
Harm = Callable[[bytes], bytes]


def flipped(share: float, bit: int) -> Harm:
    """One bit of one byte, at a share of the length: 0 is the first, 1 the last."""

    def harm(whole: bytes) -> bytes:
        changed = bytearray(whole)
        changed[round(share * (len(whole) - 1))] ^= 1 << bit
        return bytes(changed)

    return harm


HARMS: dict[str, Harm | None] = {
    **{f"bit {bit} at {share:g}": flipped(share, bit) for share in (0, 0.02, 0.3, 0.5, 0.98, 1) for bit in (0, 7)},
    "empty": lambda whole: b"",
    "all but the last byte": lambda whole: whole[:-1],
    "the first half": lambda whole: whole[: len(whole) // 2],
    "a byte too many": lambda whole: whole + b"\x00",
    "all zeros": lambda whole: bytes(len(whole)),
    "missing": None,
}


@pytest.fixture(scope="module")
def served(tiny: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Home]]:
    release = fit(tiny, Config())
    home = put_city(tmp_path_factory.mktemp("publish"), tiny, release, (FIRST,))
    save_release(release, home.releases(CITY), name=SECOND)
    with serve(Settings(home=home.path, refresh_seconds=0.005)) as served:
        yield served, home


def until(served: Served, degraded: bool) -> None:
    """Ask until the service says so; every answer on the way is a whole one of the first release or of the second."""
    patience = time.monotonic() + 30
    while (answer := served.ask(learner="r-1"))["degraded"] != degraded:
        assert time.monotonic() < patience, served.http.get("/v1/release").text
        assert answer["fallback"] == "personalised"
        assert len(answer["recommendations"]) > 1


@contextmanager
def published(served: Served, home: Home) -> Iterator[list[str]]:
    """Publish the second release, wait until it is refused, and give why; the first one is put back afterwards."""
    home.point(CITY, SECOND)
    until(served, degraded=True)
    told = served.http.get("/v1/release").json()
    assert told["release"] == FIRST
    yield told["why"]
    home.point(CITY, FIRST)
    until(served, degraded=False)


@pytest.mark.parametrize("harm", HARMS)
def test_every_file_harmed(served: tuple[Served, Home], harm: str) -> None:
    folder = served[1].releases(CITY) / SECOND
    files = sorted(folder.iterdir())
    assert len(files) > 30
    for path in files:
        whole, change = path.read_bytes(), HARMS[harm]
        if change is None:
            path.unlink()
        else:
            path.write_bytes(change(whole))
        with published(*served) as (why,):
            assert SECOND in why, path.name
            assert path.name in why, path.name
            assert str(folder) not in why
        path.write_bytes(whole)


@pytest.mark.parametrize("name", ["extra.npy", ".hidden", "evaluation.json", "als.npy.bak", "folder"])
def test_an_extra_file(served: tuple[Served, Home], name: str) -> None:
    extra: Path = served[1].releases(CITY) / SECOND / name
    if name == "folder":
        extra.mkdir()
    else:
        extra.write_bytes(b"{}")
    with published(*served) as (why,):
        assert name in why
    extra.rmdir() if name == "folder" else extra.unlink()


def test_a_folder_of_which_nothing_is_left(served: tuple[Served, Home]) -> None:
    folder = served[1].releases(CITY) / SECOND
    away = folder.parents[1] / "away"
    folder.rename(away)
    folder.mkdir()
    with published(*served) as (why,):
        assert SUMS in why
    folder.rmdir()
    away.rename(folder)


def test_in_the_end_the_second_release_is_whole_and_taken(served: tuple[Served, Home]) -> None:
    """Nothing but the harm was the reason."""
    served[1].point(CITY, SECOND)
    patience = time.monotonic() + 30
    while (answer := served[0].ask(learner="r-1"))["release"] != SECOND:
        assert time.monotonic() < patience
    assert not answer["degraded"]
