"""From what was measured to results: plain values, versioned, the same bytes for the same input.

Counts of learners are rounded to 5, cells below ``smallest_cell`` are not shown and thin groups are merged
with their neighbour, so that nobody can be read off or subtracted out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recommender.city import DOMAINS, UNKNOWN, Catalogue
from training.config import Config
from training.evaluation.beside import Beside, beside
from training.evaluation.cut import Cut, Cuts
from training.evaluation.gap import reach_part
from training.evaluation.groups import by_age, by_area, by_history, grouped
from training.evaluation.history import BESIDE, learning, of_groups, present_lengths
from training.evaluation.measured import BY_DOMAIN, PARTS, SETTING, TOGETHER, Measured
from training.evaluation.metrics import CUTOFFS
from training.evaluation.plain import NOTHING, cell, count, drawn_cell, iso, rounded, share
from training.evaluation.pooled import People, Pooled
from training.evaluation.several import compare
from training.evaluation.uncertainty import bounds_of, intervals
from training.evaluation.verdict import ENGINE, NO_BASELINE, SERVED, verdict

SCHEMA = "leerlijn-evaluation/2"
MAIN = "recall@10"
BY_CUT = ("recall@10", "ndcg@10", "domains@10")


def protocol(cuts: Cuts, pooled: Pooled, before: Sequence[int], config: Config) -> dict[str, Any]:
    """How it was measured.

    Parameters
    ----------
    before : sequence of int
        Stamps before each cut.
    """
    settings = config.evaluation
    enough = len(pooled.learners) >= settings.smallest_cell
    each = [
        {
            "cut": iso(cut.at),
            "until": iso(cut.until),
            "season": cut.season,
            "learners": count(len(rows)),
            "stamps_before": stamps,
            **(_circumstances([measured], settings.smallest_cell) if enough else {}),
        }
        for cut, rows, measured, stamps in zip(cuts.cuts, pooled.rows, pooled.measured, before, strict=True)
    ]
    why = {"code": cuts.why, "wanted": cuts.wanted, "found": len(cuts.cuts), "days": round(cuts.span_days)}
    return {
        "cut": iso(cuts.cuts[0].at),
        "until": iso(cuts.cuts[-1].until),
        "cuts": each,
        "why_fewer": why if cuts.why else None,
        "horizon_days": settings.horizon_days,
        "learners": count(len(pooled.learners)),
        "lists": count(sum(len(rows) for rows in pooled.rows)),
        "bootstrap": settings.bootstrap,
        "main": MAIN,
        "cutoffs": list(CUTOFFS),
        **(_circumstances(pooled.measured, settings.smallest_cell) if enough else {}),
    }


def _circumstances(measured: Sequence[Measured], smallest: int) -> dict[str, Any]:
    """What there was to choose from and to find, over one cut or several."""
    of = {
        name: np.concatenate([one.figures[SETTING][name] for one in measured]).astype(np.float64)
        for name in measured[0].figures[SETTING]
    }
    n, relevant = len(of["relevant"]), float(of["relevant"].sum())
    if n < smallest or not relevant:
        return dict.fromkeys(("candidates", "relevant_per_learner", "reachable", "new_activities", "new_learners"))
    return {
        "candidates": rounded(float(np.median(of["candidates"]))),
        "relevant_per_learner": rounded(relevant / n),
        "reachable": rounded(float(of["reachable"].sum()) / relevant),
        "new_activities": rounded(float(of["unseen"].sum()) / relevant),
        "new_learners": share(of["history"] == 0, smallest),
    }


def too_few(pooled: Pooled, config: Config) -> bool:
    """Whether so few people were tested that no figure may be shown."""
    return len(pooled.learners) < config.evaluation.smallest_cell


def nothing_to_say(config: Config) -> dict[str, Any]:
    """The results of a test with too few people."""
    return {"verdict": {"code": "too_few", "figure": MAIN, "needed": config.evaluation.smallest_cell}}


def summarise(
    pooled: Pooled, cuts: Sequence[Cut], catalogue: Catalogue, people: People, config: Config
) -> dict[str, Any]:
    """All figures of the engine and the lists beside it.

    Parameters
    ----------
    catalogue : Catalogue
        Behind the last cut.
    people : People
        Where ``pooled.learners`` live and how old they are.
    config : Config
        Of the fit and of the evaluation.
    """
    settings = config.evaluation
    draws, seed, smallest = settings.bootstrap, config.seed, settings.smallest_cell
    by_length = by_history(present_lengths(pooled))
    groupings = [by_area(people.area), by_age(people.age), by_length]
    may = beside(pooled, groupings, by_length)
    models, differences = {}, {}
    for name in pooled.names:
        models[name], lead = (_without(one, may) for one in _of_list(pooled, name, draws, seed, smallest))
        if name != ENGINE:
            differences[name] = lead
    domains = np.column_stack([pooled.figure(BY_DOMAIN, domain) for domain in DOMAINS])
    shown = [name for name in (SERVED, ENGINE, BESIDE, "nearest_and_free") if name in pooled.names]
    return {
        "models": models,
        "differences": differences,
        "p": _p(pooled, draws, seed, smallest),
        "by_cut": _by_cut(pooled, cuts, draws, seed, smallest) if may.by_cut else [],
        "history": of_groups(pooled, by_length, MAIN, draws, seed, smallest),
        "learning": learning(pooled, by_length, MAIN, draws, seed, smallest, may.learning),
        "groups": grouped(
            pooled.figure(ENGINE, MAIN),
            groupings,
            draws,
            seed,
            domains=domains if may.domains else np.full_like(domains, np.nan),
            figure=MAIN,
            model=ENGINE,
        ),
        "venues": _venues(pooled, catalogue),
        "reach": reach_part(pooled, people.place, shown, draws, seed, smallest),
        "verdict": verdict(differences, MAIN, NO_BASELINE),
    }


def _without(cells: dict[str, dict[str, Any]], may: Beside) -> dict[str, dict[str, Any]]:
    """The cells that may be told; the others are there and empty."""
    if may.parts:
        return cells
    return {label: dict(NOTHING) if label.startswith(PARTS) else one for label, one in cells.items()}


def _of_list(
    pooled: Pooled, name: str, draws: int, seed: int, smallest: int
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Cells of one list, and of the engine minus it."""
    labels = pooled.labels(name)
    own = [pooled.figure(name, label) for label in labels]
    lead = [pooled.figure(ENGINE, label) - values for label, values in zip(labels, own, strict=True)]
    bounds = [bounds_of(label, minus) for minus in (False, True) for label in labels]
    found = [cell(one, smallest) for one in intervals(np.column_stack([*own, *lead]), draws, seed, bounds=bounds)]
    cells = dict(zip(labels, found[: len(labels)], strict=True))
    for kind in TOGETHER:
        for k in CUTOFFS:
            drawn = pooled.together(name, f"{kind}@{k}")
            cells[f"{kind}@{k}"] = drawn_cell(drawn[0], drawn[1:], len(pooled.learners), smallest, (0.0, 1.0))
    return cells, dict(zip(labels, found[len(labels) :], strict=True))


def _p(pooled: Pooled, draws: int, seed: int, smallest: int) -> dict[str, dict[str, Any]]:
    """How likely each lead or lag of the main figure is by chance, and so among all lists that were compared."""
    names = [name for name in pooled.names if name not in (ENGINE, *NO_BASELINE)]
    own = pooled.figure(ENGINE, MAIN)
    found = compare(np.column_stack([own - pooled.figure(name, MAIN) for name in names]), draws, seed)
    return {
        name: {"p": rounded(one.p), "holm": rounded(one.holm)}
        for name, one in zip(names, found, strict=True)
        if one.difference.n >= smallest
    }


def leads(
    pooled: Pooled, theirs: Pooled, draws: int, seed: int, smallest: int, name: str = ENGINE
) -> dict[str, dict[str, Any]]:
    """A list of the engine minus that of other settings, both measured behind the same cuts: every figure, paired."""
    labels = pooled.labels(name)
    values = [pooled.figure(name, label) - theirs.figure(name, label) for label in labels]
    found = intervals(np.column_stack(values), draws, seed, bounds=[bounds_of(label, True) for label in labels])
    return {label: cell(one, smallest) for label, one in zip(labels, found, strict=True)}


def cells_of(pooled: Pooled, name: str, draws: int, seed: int, smallest: int) -> dict[str, dict[str, Any]]:
    """Every figure of one list."""
    return _of_list(pooled, name, draws, seed, smallest)[0]


def _by_cut(pooled: Pooled, cuts: Sequence[Cut], draws: int, seed: int, smallest: int) -> list[dict[str, Any]]:
    found = []
    for cut, measured in zip(cuts, pooled.measured, strict=True):
        columns = [measured.figures[name][label] for name in pooled.names for label in BY_CUT]
        bounds = [bounds_of(label) for _ in pooled.names for label in BY_CUT]
        drawn = iter(intervals(np.column_stack(columns).astype(np.float64), draws, seed, bounds=bounds))
        cells = {name: {label: cell(next(drawn), smallest) for label in BY_CUT} for name in pooled.names}
        found.append({"cut": iso(cut.at), "models": cells})
    return found


def _venues(pooled: Pooled, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Of each venue the share of the places in the first ten, beside its share of what was open to the same people."""
    parts = [measured.venues for measured in pooled.measured if measured.venues is not None]
    n = len(catalogue.venues.ids)
    if not parts or not n:
        return []
    draws = len(parts[0].shown)
    shown, offered, there = np.zeros((draws, n)), np.zeros((draws, n)), np.zeros(n, dtype=np.int64)
    for part in parts:
        shown[:, part.rows] += part.shown
        offered[:, part.rows] += part.offered
        there[part.rows] = np.maximum(there[part.rows], part.activities)
    exposure = shown / np.maximum(shown.sum(axis=1, keepdims=True), 1)
    offer = offered / np.maximum(offered.sum(axis=1, keepdims=True), 1e-12)
    ratio = np.divide(exposure, offer, out=np.full_like(offer, np.nan), where=offer > 0)
    venues, found = catalogue.venues, []
    for row in np.argsort(-offer[0], kind="stable").tolist():
        if not offer[0, row]:
            break
        low, high = np.nanquantile(ratio[1:, row], [0.025, 0.975])
        domain = int(venues.domain[row])
        found.append(
            {
                "venue": venues.ids.names[row],
                "name": venues.name[row],
                "domain": "" if domain == UNKNOWN else DOMAINS[domain],
                "exposure": rounded(float(exposure[0, row])),
                "offer": rounded(float(offer[0, row])),
                "ratio": rounded(float(ratio[0, row])),
                "low": rounded(float(low)),
                "high": rounded(float(high)),
                "activities": int(there[row]),
            }
        )
    return found


def about(city: Mapping[str, Any], config: Config, digests: Mapping[str, str]) -> dict[str, Any]:
    """The head of all results."""
    return {"schema": SCHEMA, "city": dict(city), "config": config.as_dict(), "digests": dict(digests)}
