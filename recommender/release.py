"""A release on disk: arrays as ``.npy``, a manifest, and a checksum for every byte of it.

<name>/
    manifest.json   what it was made of and from, with the sha256 of every array
    *.npy           the arrays, memory-mapped on loading; nothing is ever unpickled
    times.json      when and how long: outside the digest, so equal input gives equal bytes
    SHA256SUMS      of the manifest and the side files; ``sha256sum -c SHA256SUMS`` checks them too
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recommender.align import align
from recommender.arrays import arrays_of, built, weights_of
from recommender.city import Catalogue
from recommender.encoder import Encoder
from recommender.errors import BrokenRelease
from recommender.model import Model

SCHEMA = 1
MANIFEST, SUMS, TIMES = "manifest.json", "SHA256SUMS", "times.json"
_SUM_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_.-]+)")
_READ_BYTES = 1 << 20
_ASIDE, _GONE = ".writing-", ".removing-"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@dataclass(frozen=True, eq=False)
class Release:
    """Everything one training run publishes.

    Attributes
    ----------
    model : Model
    encoder : Encoder
    manifest : mapping
        City, config, data digest, code version and sizes; on a loaded release also the files' checksums.
    name : str
        ``<UTC time>-<digest8>``; ``""`` before it is saved.
    """

    model: Model
    encoder: Encoder
    manifest: Mapping[str, Any]
    name: str = ""

    def extended(self, catalogue: Catalogue) -> Release:
        """The same release in the rows of a catalogue; what is new in it gets vectors from its description.

        Call it once when the release or the catalogue changes, not per request.
        """
        return replace(self, model=align(self.model, self.encoder, catalogue, int(self.manifest["neighbours"])))

    def fits(self, catalogue: Catalogue) -> bool:
        """Whether the release stands in the rows of this catalogue."""
        aligned = self.model.theme_shares.shape == (len(catalogue.activities), len(catalogue.themes.ids))
        aligned &= self.model.place_kernel.shape[0] == len(catalogue.venues.ids)
        aligned &= self.model.theme_ids == catalogue.themes.ids.names
        same = self.model.ids is catalogue.activities.ids.names or self.model.ids == catalogue.activities.ids.names
        return aligned and same


def save_release(
    release: Release, directory: Path, created: str = "", times: Mapping[str, Any] | None = None, name: str = ""
) -> Release:
    """Write a release aside, make it durable, and move it into place in one step.

    Parameters
    ----------
    directory : Path
        Where releases live; the new one becomes a folder in it.
    created : str
        UTC time for the name, such as ``20260301T120000Z``.
    times : mapping, optional
        When and how long; goes into ``times.json``.
    name : str, optional
        Instead of ``<created>-<digest8>``.

    Returns
    -------
    Release
        With its name and full manifest.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with alone(directory):
        return _save(release, directory, created, times or {}, name)


def _save(release: Release, directory: Path, created: str, times: Mapping[str, Any], name: str) -> Release:
    aside = directory / f"{_ASIDE}{os.getpid()}"
    aside.mkdir()
    files = {}
    for file, array in sorted(arrays_of(release.model, release.encoder).items()):
        np.save(aside / f"{file}.npy", np.ascontiguousarray(array), allow_pickle=False)
        files[f"{file}.npy"] = _sha256(aside / f"{file}.npy")
    manifest = {
        **release.manifest,
        "schema": SCHEMA,
        "weights": weights_of(release.model, release.encoder),
        "files": files,
    }
    _write_json(aside / MANIFEST, manifest)
    _write_json(aside / TIMES, dict(times))
    write_sums(aside)
    for path in aside.iterdir():
        _sync(path)
    _sync(aside)
    name = name or f"{created}-{_sha256(aside / MANIFEST)[:8]}".strip("-")
    target = directory / name
    if target.exists():
        _exchange(aside, target)
    else:
        aside.rename(target)
    _sync(directory)
    _clear(directory)
    return replace(release, name=name, manifest=manifest)


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold a folder of releases for oneself while its names change, and clear what a killed writer left in it.

    The lock is the folder's own and goes with the process that holds it, however that ends.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _clear(directory)
        yield
    finally:
        os.close(handle)


def remove_release(folder: Path) -> None:
    """Take a release away so that it is there whole or not at all; within ``alone``."""
    gone = folder.with_name(f"{_GONE}{folder.name}")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _clear(directory: Path) -> None:
    for path in directory.glob(".*"):
        if path.name.startswith((_ASIDE, _GONE)):
            shutil.rmtree(path, ignore_errors=True)


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change names in one step, so that neither name is ever missing."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    if not hasattr(libc, "renameat2") or libc.renameat2(*names, _RENAME_EXCHANGE):
        remove_release(other)  # a file system that cannot: the name is missing for a moment
        one.rename(other)


def write_sums(directory: Path) -> None:
    """Write ``SHA256SUMS`` for the manifest and every side file of a release folder."""
    names = sorted(path.name for path in directory.iterdir() if path.suffix == ".json")
    lines = [f"{_sha256(directory / name)}  {name}\n" for name in names]
    (directory / SUMS).write_text("".join(lines), encoding="ascii")


def load_release(directory: Path) -> Release:
    """Load a release, every byte checked.

    Raises
    ------
    BrokenRelease
        Names the file that is missing, changed or of another version.
    """
    sums = _read(directory / SUMS)
    try:
        return _load_checked(directory, sums)
    except BrokenRelease:
        if _read(directory / SUMS) == sums:
            raise
    return load_release(directory)  # written anew under the same name while it was read


def _load_checked(directory: Path, sums: bytes) -> Release:
    for line in sums.decode("ascii", "replace").splitlines(keepends=True):
        match = _SUM_LINE.fullmatch(line.removesuffix("\n"))
        if match is None or not line.endswith("\n"):
            raise BrokenRelease(f"{directory / SUMS} is damaged: {line!r} is no checksum")
        _check(directory / match[2], match[1], SUMS)
    listed = {line.partition("  ")[2] for line in sums.decode("ascii").splitlines()}
    for needed in (MANIFEST, TIMES):
        if needed not in listed:
            raise BrokenRelease(f"{directory / SUMS} is damaged: it does not name {needed}")
    manifest = json.loads(_read(directory / MANIFEST))
    if manifest.get("schema") != SCHEMA:
        raise BrokenRelease(
            f"{directory / MANIFEST}: schema {manifest.get('schema')!r}, this version reads {SCHEMA}; train again"
        )
    arrays = {}
    for file, digest in manifest["files"].items():
        _check(directory / file, digest, MANIFEST)
        arrays[Path(file).stem] = _load(directory / file)
    for extra in sorted({path.name for path in directory.iterdir()} - {SUMS, *listed, *manifest["files"]}):
        raise BrokenRelease(
            f"{directory / extra} does not belong to the release: neither {MANIFEST} nor {SUMS} names it"
        )
    return Release(*built(arrays, manifest), manifest, directory.name)


def _check(path: Path, digest: str, source: str) -> None:
    if not path.is_file():
        raise BrokenRelease(f"{path} is missing from the release; {source} names it")
    if _sha256(path) != digest:
        raise BrokenRelease(f"{path} is not what was released: its checksum differs from the one in {source}")


def _load(path: Path) -> Any:
    """Memory-map one array. Unlike ``np.load`` this knows neither pickles nor archives."""
    try:
        # As a plain array: asking for a part of a memory map costs ten times as much, and so does handing it on.
        return np.lib.format.open_memmap(path, mode="r").view(np.ndarray)
    except ValueError as error:
        raise BrokenRelease(f"{path} is no plain array: {error}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BrokenRelease(f"{path} cannot be read: {error.strerror}") from None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_READ_BYTES):
            digest.update(part)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
