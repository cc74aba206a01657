"""Where work is shared out: processes of this machine, or a Dask cluster. What is worked out is the same on either."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from itertools import cycle
from typing import Any, Protocol, TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from recommender.errors import BadInput, LeerlijnError

Item = TypeVar("Item")
Result = TypeVar("Result")

LOCAL = "local"
_PATIENCE = 30
"""Seconds to wait for a scheduler and its first worker."""


class Lost(LeerlijnError):
    """The process that did the work is gone, and so is its work."""


class Engine(Protocol):
    """Something that does pieces of work side by side.

    Attributes
    ----------
    slots : int
        How many at once.
    elsewhere : bool
        Whether its processes may be on other machines.
    blocks, threads : int
        Into how many parts one large piece of work is cut, and how many threads each part gets.
    """

    elsewhere: bool

    @property
    def slots(self) -> int: ...
    @property
    def blocks(self) -> int: ...
    @property
    def threads(self) -> int: ...

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        """Every item with what the work made of it, in the order in which it is done.

        An item whose process died comes with ``Lost``. An exception of the work itself is raised.
        """

    def hold(self, parts: Sequence[Any]) -> list[Any]:
        """Put parts where the work will be; what comes back stands for them in ``together`` and ``fetch``. Raises as that."""

    def together(self, work: Callable[..., Any], parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Work on every part side by side; its arguments may be, or be lists of, what stands for a value."""

    def fetch(self, held: Sequence[Any]) -> list[Any]:
        """The values themselves.

        Raises
        ------
        Lost
            When somebody who held one is gone.
        """


@contextmanager
def open_engine(address: str, jobs: int = 0) -> Iterator[Engine]:
    """The engine of an address: ``local``, or ``dask://scheduler:8786``.

    Parameters
    ----------
    jobs : int
        Processes of a local engine; 0 for one per core.

    Raises
    ------
    BadInput
        For another address, a cluster that does not answer, or one that runs another version.
    """
    if address == LOCAL:
        yield Local(jobs or os.cpu_count() or 1)
        return
    kind, _, where = address.partition("://")
    if kind != "dask" or not where:
        raise BadInput(f"engine {address!r}: expected {LOCAL}, or a Dask scheduler such as dask://scheduler:8786")
    with _client(where) as client:
        yield Cluster(client)


def _distributed() -> Any:
    """The library, which is an extra.

    Raises
    ------
    BadInput
        Where it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise BadInput(
            "Dask is not installed; add it with: pip install --constraint constraints.txt --editable '.[scale]'"
        ) from None


@contextmanager
def _client(where: str) -> Iterator[Any]:
    try:
        client = _distributed().Client(f"tcp://{where}", timeout=_PATIENCE, set_as_default=False)
        client.wait_for_workers(1, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise BadInput(
            f"no Dask worker at {where} within {_PATIENCE} seconds ({type(error).__name__}); "
            "start `dask scheduler` and, on each machine, `dask worker`"
        ) from None
    try:
        _same_version(client)
        yield client
    finally:
        client.close()


def _same_version(client: Any) -> None:
    here = _version()
    for worker, found in client.run(_version, on_error="return").items():
        if found != here:
            raise BadInput(
                f"Dask worker {worker} runs {found!r} instead of leerlijn {here}; install the same on every machine"
            )


def _version() -> str:
    importlib.import_module("training.scale.als")  # a worker has it at hand then when its first piece comes
    return version("leerlijn")


def _alone(work: Callable[[Any], Any], item: Any) -> Any:
    """Work with one BLAS thread for good: tasks that share a process would give each other's limit back."""
    threadpool_limits(1, "blas")
    return work(item)


class Threads:
    """One process, this one: one part, as large as it is, with all threads, which share what they read."""

    slots, elsewhere, blocks = 1, False, 1

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        for item in items:
            yield item, work(item)

    def hold(self, parts: Sequence[Any]) -> list[Any]:
        return list(parts)

    def together(self, work: Callable[..., Any], parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        return [work(*part) for part in parts]

    def fetch(self, held: Sequence[Any]) -> list[Any]:
        return list(held)


class Local(Threads):
    """Processes of this machine for pieces of work that know nothing of each other; for parts of one, its threads."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots)
        self.slots = slots

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        left = list(items)
        while left:
            begun, done = list[int](), set[int]()

            def numbered() -> Iterator[Any]:
                for place, item in enumerate(left):  # noqa: B023
                    begun.append(place)  # noqa: B023
                    yield delayed(_numbered)(work, place, item)

            try:
                for place, result in self._run(numbered(), min(self.slots, len(left))):
                    done.add(place)
                    yield left[place], result
                return
            except TerminatedWorkerError:
                # Of those under way one took its process with it, and joblib all the others: each gets a process alone.
                under_way = [place for place in begun if place not in done]
                for place in under_way:
                    yield left[place], self._by_itself(work, left[place])
                left = [item for place, item in enumerate(left) if place not in done and place not in under_way]

    def _run(self, tasks: Iterator[Any], slots: int) -> Iterator[Any]:
        # Two at least: joblib makes no process of its own for one.
        with parallel_config("loky", inner_max_num_threads=1):
            yield from Parallel(
                max(slots, 2), return_as="generator_unordered", batch_size=1, pre_dispatch=max(slots, 1)
            )(tasks)

    def _by_itself(self, work: Callable[[Item], Result], item: Item) -> Result | Lost:
        try:
            found: Result = next(iter(self._run(iter([delayed(_numbered)(work, 0, item)]), 1)))[1]
            return found
        except TerminatedWorkerError as error:
            return Lost(str(error).partition("\n")[0])


def _numbered(work: Callable[[Any], Any], place: int, item: Any) -> tuple[int, Any]:
    return place, _alone(work, item)


class Cluster:
    """Workers of a Dask cluster.

    joblib's own way to Dask is not taken: it waits for ever for a task that its scheduler gave up, and sends what
    tasks share anew with every call (seen with joblib 1.6 and distributed 2026.8).
    """

    elsewhere = True

    def __init__(self, client: Any) -> None:
        self.client = client

    @property
    def slots(self) -> int:
        return sum(self.client.ncores().values())

    @property
    def blocks(self) -> int:
        # One for each process, whose threads share what they read: as many copies as there are processes, not threads.
        return max(len(self.client.ncores()), 1)

    @property
    def threads(self) -> int:
        return max(min(self.client.ncores().values(), default=1), 1)

    def each(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[Item, Result | Lost]]:
        dask = _distributed()
        of = {
            self.client.submit(_alone, work, item, pure=False, priority=-place): item
            for place, item in enumerate(items)
        }
        try:
            for future in dask.as_completed(list(of), loop=self.client.loop, raise_errors=False):
                item = of.pop(future)
                # What is not finished any more went with its worker, and is worked out anew: that is waited for.
                error = None if future.status == "finished" else future.exception()
                if error is None:
                    yield item, future.result()
                elif isinstance(error, dask.KilledWorker):
                    yield item, Lost(f"its worker died {error.allowed_failures + 1} times; is there enough memory?")
                else:
                    raise error if isinstance(error, Exception) else Lost(f"cancelled: {error}")
        finally:
            self.client.cancel(list(of))

    def hold(self, parts: Sequence[Any]) -> list[Any]:
        # Under names of their own: what one run put there is not another's to take away.
        with _or_lost():
            return [
                self.client.scatter(part, workers=[worker], hash=False)
                for part, worker in zip(parts, self._in_turn(), strict=False)
            ]

    def together(self, work: Callable[..., Any], parts: Sequence[tuple[Any, ...]]) -> list[Any]:
        return [
            self.client.submit(work, *part, pure=False, workers=[worker], allow_other_workers=True)
            for part, worker in zip(parts, self._in_turn(), strict=False)
        ]

    def _in_turn(self) -> Iterator[str]:
        if not self.client.ncores():  # those that went away may be on their way back
            try:
                self.client.wait_for_workers(1, timeout=_PATIENCE)
            except TimeoutError:
                raise Lost("no Dask worker is left") from None
        return cycle(sorted(self.client.ncores()))

    def fetch(self, held: Sequence[Any]) -> list[Any]:
        with _or_lost():
            return list(self.client.gather(list(held)))


@contextmanager
def _or_lost() -> Iterator[None]:
    """Of what a worker took with it Dask says many things: cancelled, killed, no such key, a stream that is closed."""
    try:
        yield
    except Exception as error:
        raise Lost(f"{type(error).__name__}: {error}") from error
