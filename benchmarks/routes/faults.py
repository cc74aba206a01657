"""What is wrong with a solution by the words of a problem alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from recommender.routing.problem import Problem, Solution


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
