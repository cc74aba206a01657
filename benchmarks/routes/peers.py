"""The same instances by PyVRP and by OR-Tools routing, so that a gap can be read beside what others reach.

Both minimise a cost, so a prize not collected costs ``SCALE`` per point; that weight was the best of 10, 100, 1000 and 10000
for PyVRP (OR-Tools is level from 1000 on). Instances with budgets or several windows a day are not posed to them.
"""

from __future__ import annotations

import time

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from pyvrp import Model

from recommender.routing.problem import Problem

SCALE = 10000


class _ProcessorTime:
    def __init__(self, milliseconds: float) -> None:
        self.until = time.thread_time() + milliseconds / 1000

    def __call__(self, best_cost: float) -> bool:
        return time.thread_time() >= self.until


def poseable(problem: Problem) -> bool:
    """Whether a peer can be asked: one window a day, the same every day, and no budgets."""
    same = bool((problem.opens == problem.opens[:1]).all() and (problem.closes == problem.closes[:1]).all())
    return problem.opens.shape[2] == 1 and same and len(problem.limit) == 0


def pyvrp(problem: Problem, milliseconds: float) -> list[list[int]]:
    """By PyVRP; building its model is not counted."""
    n, days = len(problem), len(problem.day_opens)
    model = Model()
    places = [model.add_location(x=0, y=0) for _ in range(n + 1)]
    model.add_depot(places[0])
    for i in range(n):
        model.add_client(
            places[i + 1],
            service_duration=int(problem.service[i]),
            tw_early=int(problem.opens[0, i, 0]),
            tw_late=int(problem.closes[0, i, 0]),
            prize=int(problem.prize[i] * SCALE),
            required=False,
        )
    model.add_vehicle_type(num_available=days, tw_early=int(problem.day_opens[0]), tw_late=int(problem.day_closes[0]))
    rows = np.r_[n, 0:n]
    for a, row in zip(places, rows, strict=True):
        for b, column in zip(places, rows, strict=True):
            if a is not b:
                way = int(problem.travel[row, column])
                model.add_edge(a, b, distance=way, duration=way)
    result = model.solve(stop=_ProcessorTime(milliseconds), seed=0, display=False)
    routes = []
    if result.is_feasible():
        routes = [[step.idx + 1 for step in route if step.is_client()] for route in result.best.routes()]
    return routes + [[] for _ in range(days - len(routes))]


def ortools(problem: Problem, milliseconds: float) -> list[list[int]]:
    """By OR-Tools routing with guided local search. Its limit is wall time."""
    n, days = len(problem), len(problem.day_opens)
    manager = pywrapcp.RoutingIndexManager(n + 1, days, 0)
    routing = pywrapcp.RoutingModel(manager)
    rows = np.r_[n, 0:n]
    way = problem.travel[np.ix_(rows, rows)].astype(int)
    spent = way + np.r_[0, problem.service].astype(int)[:, None]
    cost = routing.RegisterTransitMatrix(way.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(cost)
    horizon = int(problem.day_closes[0])
    routing.AddDimension(routing.RegisterTransitMatrix(spent.tolist()), horizon, horizon, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for i in range(n):
        at = manager.NodeToIndex(i + 1)
        clock.CumulVar(at).SetRange(int(problem.opens[0, i, 0]), min(int(problem.closes[0, i, 0]), horizon))
        routing.AddDisjunction([at], int(problem.prize[i] * SCALE))
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    search.time_limit.FromMilliseconds(int(milliseconds))
    answer = routing.SolveWithParameters(search)
    routes: list[list[int]] = [[] for _ in range(days)]
    for day in range(days if answer else 0):
        at = answer.Value(routing.NextVar(routing.Start(day)))
        while not routing.IsEnd(at):
            routes[day].append(manager.IndexToNode(at))
            at = answer.Value(routing.NextVar(at))
    return routes
