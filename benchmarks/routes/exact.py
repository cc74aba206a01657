"""The optimum of an outing by CP-SAT, and how often the search finds it: ``python -m benchmarks.routes.exact``.

A second opinion that shares nothing with the search but the problem itself: circuits over optional visits.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from benchmarks.routes.towns import random_problem
from recommender.errors import BadInput
from recommender.routing.problem import Problem, Solution
from recommender.routing.solve import solve, warm_up

# Towns of one seed and the next are so many numbers apart.
APART = 1000


@dataclass(frozen=True)
class Exact:
    """What CP-SAT says: ``optimal``, ``infeasible`` or ``unknown``; the best route and the bound on its prize."""

    status: str
    bound: float = float("inf")
    best: Solution | None = None

    @property
    def prize(self) -> float:
        return 0.0 if self.best is None else self.best.prize


class CpuTime:
    """Stop after so many seconds of this process's own time."""

    def __init__(self, seconds: float) -> None:
        self._until = time.process_time() + seconds

    def __call__(self, iterations: int, best: float) -> bool:
        return time.process_time() >= self._until


def optimum(problem: Problem, seconds: float, workers: int = 1, hint: Solution | None = None) -> Exact:
    """The best route of a problem whose times, prizes and budgets are whole numbers.

    Raises
    ------
    BadInput
        When one of them is not.
    """
    whole = _integers(problem)
    n, days = len(problem), len(problem.day_opens)
    model = cp_model.CpModel()
    on = [[model.new_bool_var(f"on {d} {i}") for i in range(n)] for d in range(days)]
    begin = [model.new_int_var(0, int(whole["horizon"][0]), f"begin {i}") for i in range(n)]
    made = [sum(on[d][i] for d in range(days)) for i in range(n)]
    for i in range(n):
        model.add(made[i] <= 1)
        for d in range(days):
            _windows(model, problem, whole, i, d, begin[i], on[d][i])
    for d in range(days):
        _circuit(model, problem, whole, d, begin, on[d])
    _choices(model, problem, made)
    _badges(model, problem, whole, begin, on)
    model.maximize(sum(int(problem.prize[i]) * made[i] for i in range(n)))
    if hint is not None:
        chosen = set(zip(hint.day.tolist(), hint.visit.tolist(), strict=True))
        for d in range(days):
            for i in range(n):
                model.add_hint(on[d][i], (d, i) in chosen)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Exact("infeasible")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Exact("unknown")
    stops = sorted((d, solver.value(begin[i]), i) for d in range(days) for i in range(n) if solver.value(on[d][i]))
    best = Solution(
        visit=np.array([i for _, _, i in stops], dtype=np.int32),
        day=np.array([d for d, _, _ in stops], dtype=np.int32),
        begin=np.array([at for _, at, _ in stops], dtype=np.float64),
        prize=float(sum(problem.prize[i] for _, _, i in stops)),
        iterations=0,
    )
    return Exact("optimal" if status == cp_model.OPTIMAL else "unknown", solver.best_objective_bound, best)


def _integers(problem: Problem) -> dict[str, np.ndarray]:
    values = {name: getattr(problem, name) for name in ("prize", "service", "travel", "opens", "closes", "limit")}
    values |= {"day_opens": problem.day_opens, "day_closes": problem.day_closes}
    if problem.use is not None:
        values["use"] = problem.use
    for name, value in values.items():
        finite = value[np.isfinite(value)]
        if not (finite == np.rint(finite)).all():
            raise BadInput(f"{name}: holds a value that is not whole, which the exact model needs")
    whole = {name: np.where(np.isfinite(value), value, -1).astype(np.int64) for name, value in values.items()}
    return whole | {"horizon": np.array([whole["day_closes"].max()])}


def _windows(model, problem, whole, i, d, begin, on) -> None:  # type: ignore[no-untyped-def]
    """On a day a visit begins in one of its windows."""
    doors = []
    for k in range(problem.opens.shape[2]):
        if np.isnan(problem.opens[d, i, k]) or np.isnan(problem.closes[d, i, k]):
            continue
        door = model.new_bool_var("")
        model.add(begin >= int(whole["opens"][d, i, k])).only_enforce_if(door)
        model.add(begin <= int(whole["closes"][d, i, k])).only_enforce_if(door)
        doors.append(door)
    model.add(sum(doors) == on) if doors else model.add(on == 0)


def _circuit(model, problem, whole, d, begin, on) -> None:  # type: ignore[no-untyped-def]
    """One round from the start over the day's visits to the end; node 0 stands for both."""
    n = len(problem)
    start, end = n, n + 1
    service, travel = whole["service"], whole["travel"]
    way = np.isfinite(problem.travel)
    arcs = [(0, 0, model.new_bool_var(""))]
    for i in range(n):
        arcs.append((i + 1, i + 1, ~on[i]))
        out, back = model.new_bool_var(""), model.new_bool_var("")
        arcs += [(0, i + 1, out), (i + 1, 0, back)]
        model.add(begin[i] >= int(whole["day_opens"][d] + travel[start, i])).only_enforce_if(out)
        model.add(begin[i] + int(service[i] + travel[i, end]) <= int(whole["day_closes"][d])).only_enforce_if(back)
        if not way[start, i]:
            model.add(out == 0)
        if not way[i, end]:
            model.add(back == 0)
        for j in range(n):
            soonest = np.nanmin(problem.opens[d, i]) if not np.isnan(problem.opens[d, i]).all() else np.inf
            latest = np.nanmax(problem.closes[d, j]) if not np.isnan(problem.closes[d, j]).all() else -np.inf
            if i == j or not way[i, j] or soonest + service[i] + travel[i, j] > latest:
                continue
            arc = model.new_bool_var("")
            arcs.append((i + 1, j + 1, arc))
            model.add(begin[j] >= begin[i] + int(service[i] + travel[i, j])).only_enforce_if(arc)
    model.add_circuit(arcs)


def _choices(model, problem, made) -> None:  # type: ignore[no-untyped-def]
    """Groups, pins, budgets and domains."""
    n = len(problem)
    for group in sorted(set(problem.group.tolist())):
        own = [made[i] for i in range(n) if problem.group[i] == group]
        pinned = group in problem.pinned
        model.add(sum(own) == 1) if pinned else model.add(sum(own) <= 1)
    for resource in range(len(problem.limit)):
        assert problem.use is not None
        uses = problem.use[resource]
        model.add(sum(int(uses[i]) * made[i] for i in range(n)) <= int(problem.limit[resource]))
    if problem.min_domains and problem.domain is not None:
        met = []
        for domain in sorted(set(problem.domain.tolist()) - {-1}):
            there = model.new_bool_var("")
            model.add(sum(made[i] for i in range(n) if problem.domain[i] == domain) >= 1).only_enforce_if(there)
            met.append(there)
        model.add(sum(met) >= problem.min_domains)


def _badges(model, problem, whole, begin, on) -> None:  # type: ignore[no-untyped-def]
    """Whatever a visit asks for was given by one that had ended, on an earlier day or on the same."""
    if problem.requires is None or problem.awards is None:
        return
    n, days = len(problem), len(on)
    for i in range(n):
        for bit in range(64):
            if not int(problem.requires[i]) >> bit & 1:
                continue
            given = []
            for j in range(n):
                if j == i or not int(problem.awards[j]) >> bit & 1:
                    continue
                for here in range(days):
                    for there in range(here + 1):
                        link = model.new_bool_var("")
                        model.add_implication(link, on[here][i])
                        model.add_implication(link, on[there][j])
                        if here == there:
                            model.add(begin[j] + int(whole["service"][j]) <= begin[i]).only_enforce_if(link)
                        given.append(link)
            for d in range(days):
                model.add_bool_or([*given, ~on[d][i]])


def faults(problem: Problem, found: Solution) -> Iterator[str]:
    """What is wrong with a solution by the words of ``Problem`` alone; nothing when it is sound."""
    n = len(problem)
    groups = problem.group[found.visit]
    if len(set(groups.tolist())) < len(groups):
        yield "two visits of one group"
    if problem.use is not None and (problem.use[:, found.visit].sum(axis=1) > problem.limit + 1e-9).any():
        yield "a budget is exceeded"
    if abs(problem.prize[found.visit].sum() - found.prize) > 1e-6:
        yield "the prize is not the sum of the prizes"
    ended: list[tuple[int, float, int]] = []
    for d in range(len(problem.day_opens)):
        own = np.flatnonzero(found.day == d)
        rows, begins = found.visit[own].tolist(), found.begin[own].tolist()
        for i, at in zip(rows, begins, strict=True):
            doors = zip(problem.opens[d, i], problem.closes[d, i], strict=True)
            if not any(opens <= at <= closes for opens, closes in doors):
                yield f"visit {i} begins at a closed door"
            given = 0
            for day, end, badge in ended:
                given |= badge if day < d or end <= at + 1e-9 else 0
            asks = int(problem.requires[i]) if problem.requires is not None else 0
            if asks & ~given:
                yield f"visit {i} asks for a badge that nothing before it gives"
            ended.append((d, at + problem.service[i], int(problem.awards[i]) if problem.awards is not None else 0))
        for (i, at), (j, then) in pairwise(zip(rows, begins, strict=True)):
            if at + problem.service[i] + problem.travel[i, j] > then + 1e-9:
                yield f"visit {j} is too soon after {i}"
        if rows:
            if problem.day_opens[d] + problem.travel[n, rows[0]] > begins[0] + 1e-9:
                yield f"visit {rows[0]} is too soon after the start"
            home = begins[-1] + problem.service[rows[-1]] + problem.travel[rows[-1], n + 1]
            if home > problem.day_closes[d] + 1e-9:
                yield "home too late"
    met = set(problem.domain[found.visit].tolist()) - {-1} if problem.domain is not None else set()
    pins = set(problem.pinned.tolist()) <= set(groups.tolist())
    if found.feasible != (pins and len(met) >= problem.min_domains):
        yield f"says feasible {found.feasible}, where pins and domains are {'' if pins else 'not '}met"


@dataclass
class Tally:
    """What came of the towns of one size so far."""

    towns: int = 0
    proven: int = 0
    equal: int = 0
    own: int = 0
    impossible: int = 0
    faults: int = 0
    worst: float = 0.0
    took: list[float] = field(default_factory=list)

    def add(self, found: Solution, best: Exact) -> str | None:
        """Count a town; what is worth telling about it."""
        self.towns += 1
        self.own += found.proven
        if found.proven and best.prize > found.prize:
            self.faults += 1
            return f"the search says {found.prize} is proven, CP-SAT found {best.prize}"
        if best.status == "infeasible":
            self.impossible += not found.feasible
            return f"CP-SAT says there is none, the search found {found.prize}" if found.feasible else None
        if best.status != "optimal":
            return None
        self.proven += 1
        gap = 1 - found.prize / best.prize if found.feasible and best.prize else float(not found.feasible)
        self.worst = max(self.worst, gap)
        self.equal += abs(gap) < 1e-9
        if abs(gap) < 1e-9:
            return None
        return f"search {found.prize}, feasible {found.feasible}; optimum {best.prize}"

    def line(self, n: int) -> str:
        """One row of the table."""
        took = " / ".join(f"{np.percentile(self.took, share):.1f}" for share in (50, 90, 100))
        counts = f"{self.proven:6d}  {self.equal:5d}  {self.proven - self.equal:5d}  {100 * self.worst:8.2f}%"
        return f"{n:8d}  {self.towns:5d}  {counts}  {self.impossible:18d}  {self.own:13d}  {self.faults:6d}  {took}"


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=100, help="of each size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 60])
    parser.add_argument("--seed", type=int, default=0, help="other towns, and other searches")
    parser.add_argument("--cpu-ms", type=float, default=50.0, help="for the search")
    parser.add_argument("--seconds", type=float, default=30.0, help="for CP-SAT, per town")
    parser.add_argument("--workers", type=int, default=1, help="of CP-SAT")
    asked = parser.parse_args()
    warm_up()
    print(
        "sessions  towns  proven  equal  below  worst gap  infeasible by both  proven by own  faults  search ms p50 / p90 / max"
    )
    for n in asked.sizes:
        tally = Tally()
        for town in range(asked.seed * APART, asked.seed * APART + asked.towns):
            problem = random_problem(town, n)
            began = time.process_time()
            found = solve(problem, CpuTime(asked.cpu_ms / 1000), seed=town)
            tally.took.append((time.process_time() - began) * 1000)
            best = optimum(problem, asked.seconds, asked.workers, found if found.feasible else None)
            for who, route in (("search", found), ("CP-SAT", best.best)):
                for fault in faults(problem, route) if route is not None else ():
                    tally.faults += 1
                    print(f"  {n} sessions, town {town}: by {who}, {fault}")
            said = tally.add(found, best)
            if said:
                print(f"  {n} sessions, town {town}: {said}")
        print(tally.line(n), flush=True)


if __name__ == "__main__":
    main()
