"""A Dask cluster gives what one process gives, also when its workers are killed in the middle."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from data.folder import write_folder
from data.home import Home
from recommender.release import SUMS, TIMES
from tests.recommender.towns import QUICK, crowd
from training.scale.all import train_all
from training.scale.als import alternate
from training.scale.cities import in_folder
from training.scale.city import TRAINED
from training.scale.engine import Cluster, Lost, Threads, open_engine

distributed = pytest.importorskip("distributed", reason="needs the extra scale: pip install --editable '.[scale]'")
pytestmark = [
    pytest.mark.prove,
    # A killed process leaves sockets and semaphores behind, and says so.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made:
        yield made


@pytest.fixture(scope="module")
def stamps():
    rng = np.random.default_rng(0)
    shape, size = (3000, 800), 60_000
    values = np.full(size, 40, dtype=np.float32)
    return sparse.csr_matrix((values, (rng.integers(shape[0], size=size), rng.integers(shape[1], size=size))), shape)


class Killing(Cluster):
    """A cluster that loses workers on the way: at the given pieces of work, the first that is there each time."""

    def __init__(self, client, *when):
        super().__init__(client)
        self.when, self.count, self.killed = when, 0, []

    def together(self, work, parts):
        begun = super().together(work, parts)
        self.count += 1
        if self.count in self.when:
            self.fetch(begun)
            worker, pid = sorted(self.client.run(os.getpid).items())[0]
            os.kill(pid, signal.SIGKILL)
            self.killed.append(worker)
        return begun


@pytest.mark.parametrize("when", [(), (7,), (3, 18)], ids=["none", "one", "two"])
def test_factors_are_the_same_bit_by_bit_whoever_is_killed(cluster, stamps, when):
    expected = alternate(stamps, 32, 10.0, 8, 0, Threads(2))
    with distributed.Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2)
        engine = Killing(client, *when)
        found = alternate(stamps, 32, 10.0, 8, 0, engine)
    assert len(engine.killed) == len(when)
    np.testing.assert_array_equal(found, expected)


def ends_badly(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_work_that_kills_its_workers_is_given_up_and_the_rest_is_done(cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2)
        done = dict(Cluster(client).each(ends_badly, range(8)))
    assert isinstance(done.pop(3), Lost)
    assert done == {number: number * number for number in range(8) if number != 3}


def test_cities_trained_on_a_cluster_are_those_trained_here(cluster, tmp_path):
    for seed, name in enumerate(("assen", "breda", "cuijk")):
        tables = crowd(30, 40, seed)
        write_folder(replace(tables, city=replace(tables.city, id=name)), tmp_path / "cities" / name)
    made = {}
    for engine in ("local", cluster.scheduler_address.replace("tcp://", "dask://")):
        home = Home(tmp_path / engine.partition(":")[0])
        with open_engine(engine, 2) as shared:
            outcomes = list(train_all(in_folder(tmp_path / "cities"), QUICK, home.path, None, shared))
        assert {one.state for one in outcomes} == {TRAINED}
        made[engine] = {
            (one.city, path.name): path.read_bytes()
            for one in outcomes
            for path in (home.releases(one.city) / one.said).iterdir()
            if path.name not in (TIMES, SUMS)
        }
    here, there = made.values()
    assert here == there
