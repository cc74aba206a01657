"""Where state lives: ``LEERLIJN_HOME`` with the store and, per city, its releases, reports and travel networks.

    <home>/leerlijn.sqlite
    <home>/<city>/releases/<name>/
    <home>/<city>/releases/current     names, newest first: the one in service, then those before it
    <home>/<city>/reports/
    <home>/<city>/feeds/               what was fetched of feeds, to go on from
    <home>/<city>/travel/              streets and timetable, as ``data.travel`` writes them

``current`` holds the way back as well, so that one atomic replacement moves both: there is no moment at which
the pointer has moved and the way back has not.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import URL

from recommender.errors import BadInput
from recommender.release import alone, remove_release

VARIABLE = "LEERLIJN_HOME"
DEFAULT = Path("var")
POINTER = "current"
ERASURES = "erasures"
"""In ``times.json`` of a release: how many people were erased from the city when its data was read."""
KEPT = 3
"""Releases that stay: the one in service and those before it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def replace_file(path: Path, content: str | bytes) -> None:
    """Replace a file so that a reader, or a power cut, sees the old content or the new, never a part."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself must reach the disk too
    finally:
        os.close(folder)


def _checked(kind: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{kind} {name!r} cannot name a folder: use letters, digits, '.', '_' and '-', starting with a letter or digit"
        )
    return name


class Home:
    """The layout of ``LEERLIJN_HOME``. Makes folders only when something is put in them.

    Parameters
    ----------
    path : Path
        The folder itself.
    """

    def __init__(self, path: Path | str = DEFAULT) -> None:
        self.path = Path(path)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Home:
        """The home that the environment names, else ``./var``."""
        return cls(environment.get(VARIABLE) or DEFAULT)

    @property
    def store_url(self) -> str:
        """Address of the embedded store."""
        return URL.create("sqlite", database=str(self.path.absolute() / "leerlijn.sqlite")).render_as_string()

    def secret(self) -> bytes:
        """The installation's own 32 random bytes, made the first time they are asked for.

        Raises
        ------
        BadInput
            When the file is there and empty, as after a disk that was full.
        """
        path = self.path / "secret"
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            self.path.mkdir(parents=True, exist_ok=True)
        else:
            if not found:
                raise BadInput(f"{path} is empty: put it back from a backup, or remove it and another one is made")
            return found
        aside = path.with_name(f".secret.{os.getpid()}")
        with aside.open("wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o600)
        try:
            os.link(aside, path)  # of several workers, the first one's stays
        except FileExistsError:
            pass
        finally:
            aside.unlink()
        return path.read_bytes()

    def releases(self, city: str) -> Path:
        """Folder of a city's releases."""
        return self.path / _checked("city", city) / "releases"

    def reports(self, city: str) -> Path:
        """Folder of a city's reports."""
        return self.path / _checked("city", city) / "reports"

    def measured(self, city: str) -> Path:
        """Folder of what was measured, kept from one evaluation to the next."""
        return self.path / _checked("city", city) / "measured"

    def feeds(self, city: str) -> Path:
        """Folder of what was fetched of a city's feeds."""
        return self.path / _checked("city", city) / "feeds"

    def travel(self, city: str) -> Path:
        """Folder of a city's streets and timetable."""
        return self.path / _checked("city", city) / "travel"

    def pointer(self, city: str) -> Path:
        """The file that says which release is in service; it does not exist before the first."""
        return self.releases(city) / POINTER

    def published(self, city: str) -> tuple[str, ...]:
        """Names of the release in service and of those before it, newest first; empty when there was none."""
        try:
            return tuple(self.pointer(city).read_text(encoding="utf-8").split())
        except FileNotFoundError:
            return ()

    def current(self, city: str) -> Path | None:
        """Folder of the release in service, None when there is none."""
        names = self.published(city)
        return self.releases(city) / _checked("release", names[0]) if names else None

    def previous(self, city: str) -> str | None:
        """Name of the release that was in service before, None when there was none."""
        names = self.published(city)
        return names[1] if len(names) > 1 else None

    def before_erasure(self, city: str, name: str, erased: int) -> bool:
        """Whether a release was made before the last person was erased; True when it does not say.

        Parameters
        ----------
        erased : int
            How many were erased so far, by the store.
        """
        if not erased:
            return False
        try:
            times = json.loads((self.releases(city) / _checked("release", name) / "times.json").read_bytes())
            return int(times[ERASURES]) < erased
        except (OSError, ValueError, KeyError, TypeError):
            return True

    def forget(self, city: str, erased: int) -> list[str]:
        """Remove releases made before the last person was erased, but the one in service; returns their names."""
        folders = sorted(path for path in self.releases(city).glob("*/manifest.json"))
        names = [path.parent.name for path in folders]
        old = [
            name for name in names if self.before_erasure(city, name, erased) and name not in self.published(city)[:1]
        ]
        if old:
            with alone(self.releases(city)):
                self._remove(city, old)
        return old

    def point(self, city: str, name: str) -> None:
        """Put a release in service, and remove those that no longer count as the last ``KEPT``.

        Newer ones that were never in service stay: they may be about to go live.

        Raises
        ------
        BadInput
            When the city has no release of that name.
        """
        folder = self.releases(city) / _checked("release", name)
        if not folder.is_dir():
            raise BadInput(f"city {city!r} has no release {name!r} in {self.releases(city)}")
        with alone(self.releases(city)):
            names = [name, *(old for old in self.published(city) if old != name)]
            self._write_pointer(city, names[:KEPT])
            made = folder.stat().st_mtime_ns
            others = (path for path in self.releases(city).glob("[!.]*") if path.is_dir())
            self._remove(city, [path.name for path in others if path.stat().st_mtime_ns < made], names[:KEPT])

    def _write_pointer(self, city: str, names: Sequence[str]) -> None:
        for rest in self.releases(city).glob(f".{POINTER}.*"):  # of somebody who was killed before the rename
            rest.unlink(missing_ok=True)
        replace_file(self.pointer(city), "\n".join(names) + "\n")

    def _remove(self, city: str, names: Sequence[str], but: Sequence[str] = ()) -> None:
        for name in names:
            if name not in but and (self.releases(city) / name).is_dir():
                remove_release(self.releases(city) / name)

    def rollback(self, city: str) -> str:
        """Put the release before the current one back in service, and return its name.

        Releases that no longer exist are skipped.

        Raises
        ------
        BadInput
            When there is nothing to go back to.
        """
        if not self.published(city)[1:]:
            raise BadInput(f"city {city!r} has no earlier release to go back to")
        with alone(self.releases(city)):
            names = [old for old in self.published(city)[1:] if (self.releases(city) / old).is_dir()]
            if not names:
                raise BadInput(f"city {city!r} has no earlier release to go back to")
            self._write_pointer(city, names)
        return names[0]
