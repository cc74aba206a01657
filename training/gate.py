"""The gate: may a release go live? Every check, what it found, and the sentence that a coordinator reads.

A release is judged by its *configuration*, refitted behind the same cuts as everything it is compared with, so nothing is
judged on what it has learned from. Beside that the release itself is looked at: whether it ranks as its settings do, keeps
interest and background apart, gives true reasons, and knows the agenda of today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data.messages import load
from training.evaluation.plain import cell
from training.evaluation.results import MAIN
from training.evaluation.uncertainty import bounds_of, intervals
from training.proofs import Proof

POPULAR = "popular_30_days"
OF_THE_MODEL = ("worse_than_current", "worse_than_popular", "wider_gap", "slower_to_learn", "background", "reasons")
"""What another model can mend; the rest asks for other data, or for training again."""
OF_THE_DATA = ("stale_agenda", "leak", "tells_who")
"""What no simpler model can mend."""


@dataclass(frozen=True)
class Check:
    """One question and its answer.

    Attributes
    ----------
    passed : bool or None
        None when it could not be looked at: that closes nothing.
    facts : mapping
        What its sentence says: whole numbers and short words.
    """

    code: str
    passed: bool | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {"code": self.code, "passed": self.passed, "facts": dict(self.facts)}


def not_worse(code: str, lead: Mapping[str, Any], own: Mapping[str, Any], theirs: Mapping[str, Any]) -> Check:
    """Whether a lead does not lie clearly below zero.

    Parameters
    ----------
    lead, own, theirs : mappings
        Cells: the difference, and either side of it.
    """
    if lead["value"] is None:
        return Check(code, None)
    return Check(code, not lead["high"] < 0, dict(zip(("own", "theirs"), _percents(own, theirs), strict=True)))


def _percents(*cells: Mapping[str, Any]) -> list[str]:
    """As whole percentages; with a decimal where those do not tell them apart."""
    values = [100 * float(one["value"] or 0) for one in cells]
    whole = [f"{value:.0f}" for value in values]
    return whole if len(set(whole)) > 1 else [f"{value:.1f}" for value in values]


def gap_kept(change: Mapping[str, Any], now: float, before: float) -> Check:
    """Whether the reach gap is not clearly wider than it was.

    Parameters
    ----------
    change : mapping
        Cell: the gap now minus the gap before.
    now, before : float
        Both gaps, as shares.
    """
    if change["value"] is None:
        return Check("wider_gap", None)
    return Check("wider_gap", not change["low"] > 0, {"now": f"{100 * now:.0f}", "before": f"{100 * before:.0f}"})


def fast_enough(learning: Mapping[str, Any]) -> Check:
    """Whether nobody, however few stamps they have, is served worse than by what is popular."""
    groups = [row for row in learning.get("groups", []) if row["difference"]["value"] is not None]
    if not groups:
        return Check("slower_to_learn", None)
    behind = [_span(row) for row in groups if row["difference"]["high"] < 0]
    return Check("slower_to_learn", not behind, {"groups": ", ".join(behind)} if behind else {})


def _span(row: Mapping[str, Any]) -> str:
    low, high = row["from"], row["to"]
    return f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}"


def ranks_as_its_settings(itself: np.ndarray, refitted: np.ndarray, draws: int, seed: int, smallest: int) -> Check:
    """Whether a release finds at least what a refit of its settings finds that has not seen the test.

    The release may have learned from what came after the cut, so it has every advantage; below the refit it only falls when
    its scores are not those of its settings.

    Parameters
    ----------
    itself, refitted : float64, shape (n_learners,)
        The main figure of either, behind the last cut.
    """
    columns = np.column_stack([itself - refitted, itself, refitted]).astype(np.float64)
    bounds = [bounds_of(MAIN, True), bounds_of(MAIN), bounds_of(MAIN)]
    lead, own, theirs = (cell(one, smallest) for one in intervals(columns, draws, seed, bounds=bounds))
    return not_worse("not_its_settings", lead, own, theirs)


def tells_little(attacked: Mapping[str, Any], most: float) -> Check:
    """Whether an attack finds out little enough about who the model was made of; never refuses where all is allowed.

    Parameters
    ----------
    attacked : mapping
        ``attack`` of the results.
    most : float
        The largest area under the curve that may go live; 1 allows all.
    """
    own = attacked["own"]
    if own is None:
        return Check("tells_who", None)
    facts = {"own": f"{100 * own['auc']:.0f}", "most": f"{100 * most:.0f}"}
    return Check("tells_who", own["auc"] <= most, facts)


def proved(code: str, proof: Proof | None) -> Check:
    """A proof as a check."""
    if proof is None:
        return Check(code, None)
    return Check(code, proof.passed, {"failed": proof.failed, "asked": proof.asked})


def judged(
    checks: Sequence[Check], release: str | None, simple_will_do: bool, current_will_do: bool | None
) -> dict[str, Any]:
    """The gate as plain values, with what takes the release's place where it stays closed.

    Parameters
    ----------
    release : str or None
        Name of the release that was looked at; None when only settings were.
    simple_will_do : bool
        The simplest model is not clearly worse than what is in service.
    current_will_do : bool or None
        What is in service is itself not clearly worse than what is popular, nor than the simplest model. None: nothing is.
    """
    refusals = [check.code for check in checks if check.passed is False]
    instead = None
    if refusals:
        instead = _instead(refusals, simple_will_do, current_will_do)
    return {
        "release": release,
        "open": not refusals,
        "checks": [check.plain() for check in checks],
        "refusals": refusals,
        "instead": instead,
    }


def _instead(refusals: Sequence[str], simple_will_do: bool, current_will_do: bool | None) -> str:
    if current_will_do is None:
        return "nothing" if set(refusals) & set(OF_THE_DATA) else "simple"
    if current_will_do or not simple_will_do or not set(refusals) & set(OF_THE_MODEL):
        return "current"
    return "nothing" if set(refusals) & set(OF_THE_DATA) else "simple"


def sentences(gate: Mapping[str, Any], lang: str) -> list[str]:
    """What a coordinator reads: one sentence for each refusal and one for what happens, or one that it may go live.

    Parameters
    ----------
    gate : mapping
        From ``judged``.
    lang : str
        ``nl`` or ``en``.
    """
    words = load(lang)
    if gate["open"]:
        said = [words.text("gate", "open")]
        unseen = sum(check["passed"] is None for check in gate["checks"])
        return said + ([words.text("gate", "not_measured", n=unseen)] if unseen else [])
    refused = [check for check in gate["checks"] if check["passed"] is False]
    said = [words.text("gate", check["code"], **check["facts"]) for check in refused]
    return [*said, words.text("gate", f"instead_{gate['instead']}")]
