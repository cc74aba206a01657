"""The optimum of an outing by CP-SAT: circuits over optional visits.

A second opinion that shares nothing with the search but the problem itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from recommender.errors import BadInput
from recommender.routing.problem import Problem, Solution


@dataclass(frozen=True)
class Exact:
    """What CP-SAT says: ``optimal``, ``feasible``, ``infeasible`` or ``unknown``; the highest prize, and the route where it is at hand."""

    status: str
    prize: float = 0.0
    best: Solution | None = None


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
    return Exact("optimal" if status == cp_model.OPTIMAL else "feasible", best.prize, best)


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
