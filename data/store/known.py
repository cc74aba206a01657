"""What the store knows of one learner: the queries, and the value they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, bindparam, literal_column, select

from data import columns
from data.columns import ACTIVITY, AT, LEARNER
from data.store import schema

_RECORD = tuple(column.name for column in columns.PASSPORTS.columns if column.name != LEARNER)
_OWN = ("muted", "counts_from")
_HISTORY = (ACTIVITY, AT, "chosen_by")
_SAID = (ACTIVITY, "kind", AT)
_OF_A_PROFILE = ("wishes", "less", "badges")


def _of_learner(table: Table, names: Sequence[str]) -> Select[Any]:
    mine = (table.c.city == bindparam("city"), table.c[LEARNER] == bindparam("learner"))
    return select(*(table.c[name] for name in names)).where(*mine)


RECORD = _of_learner(schema.passports, (*_RECORD, *_OWN))
HISTORY = _of_learner(schema.stamps, _HISTORY).order_by(schema.stamps.c[AT], schema.stamps.c[ACTIVITY])
SAID = (
    _of_learner(schema.feedback, _SAID)
    .where(schema.feedback.c.kind != literal_column(f"'{schema.SHOWN}'"))
    .order_by(schema.feedback.c[AT], schema.feedback.c[ACTIVITY])
)
QUERIES = (RECORD, HISTORY, SAID)
"""What has to be asked to know a learner, in the order in which ``known_from`` takes the rows."""


@dataclass(frozen=True)
class Known:
    """What the store knows of one learner.

    Attributes
    ----------
    record : mapping of str to value
        The passport row in canonical columns, None where not known; empty for somebody with stamps alone.
    stamps : mapping of column name to tuple
        ``activity_id``, ``at`` and ``chosen_by``, oldest first.
    said : tuple of (activity, kind, at)
        Feedback, oldest first; ``kind`` is ``not_for_me``, ``more_like_this`` or ``enjoyed``.
    muted : bool
        The learner wants no profile to be made.
    counts_from : int or None
        Stamps before this moment no longer count; seconds since 1970 UTC.
    """

    record: Mapping[str, Any]
    stamps: Mapping[str, tuple[Any, ...]]
    said: tuple[tuple[str, str, int], ...] = ()
    muted: bool = False
    counts_from: int | None = None

    def counting(self) -> Known:
        """What may count in a recommendation: all of it, what came after a fresh start, or for a muted passport
        only what it takes to be let in: age, home, languages and what is never to be shown.
        """
        if self.muted:
            record = {name: value for name, value in self.record.items() if name not in _OF_A_PROFILE}
            return Known(record, dict.fromkeys(_HISTORY, ()), muted=True)
        if self.counts_from is None:
            return self
        keep = [place for place, at in enumerate(self.stamps[AT]) if at >= self.counts_from]
        stamps = {name: tuple(values[place] for place in keep) for name, values in self.stamps.items()}
        return Known(self.record, stamps, self.said, counts_from=self.counts_from)


def known_from(record: Sequence[Any], history: Sequence[Any], said: Sequence[Any]) -> Known | None:
    """The rows of ``QUERIES`` as a value; None for somebody the store does not know."""
    if not record and not history and not said:
        return None
    by_column = zip(*history, strict=True) if history else ((), (), ())
    own = dict(zip((*_RECORD, *_OWN), record[0], strict=True)) if record else {}
    muted, counts_from = own.pop("muted", False), own.pop("counts_from", None)
    return Known(
        record=own,
        stamps={
            name: tuple("" if value is None else value for value in values)
            for name, values in zip(_HISTORY, by_column, strict=True)
        },
        said=tuple(tuple(row) for row in said),
        muted=bool(muted),
        counts_from=counts_from,
    )
