"""The log of the drawn place, as the evaluation reads it: what was drawn for whom, when, and with which chance."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, func, select

from data.columns import ACTIVITY, AT, LEARNER, Column
from data.store import schema
from data.store.rows import read

COLUMNS = (
    Column(LEARNER, "id", ""),
    Column(AT, "time", ""),
    Column(ACTIVITY, "id", ""),
    Column("kind", "text", ""),
    Column("slot", "text", ""),
    Column("probability", "number", ""),
)


def drawn_places(connection: Connection, city: str) -> pd.DataFrame:
    """Every drawn place that was shown in a city, but for people who do not want to count: muted, or from before a fresh start.

    Parameters
    ----------
    connection : Connection
        Of ``Store.snapshot``, so that stamps and log are of one moment.
    city : str

    Returns
    -------
    DataFrame
        ``learner_id``, ``at``, ``activity_id``, ``kind`` (``shown``), ``slot`` (``drawn``) and ``probability``, by learner and time.
    """
    table, own = schema.feedback.c, schema.passports.c
    theirs = (own.city == table.city) & (own[LEARNER] == table[LEARNER])
    query = (
        select(*(table[column.name] for column in COLUMNS))
        .join_from(schema.feedback, schema.passports, theirs, isouter=True)
        .where(table.city == city, table.kind == schema.SHOWN, table.slot == "drawn")
        .where(own.muted.is_not(True), table[AT] >= func.coalesce(own.counts_from, table[AT]))
        .order_by(table[LEARNER], table[AT], table.request_id, table[ACTIVITY])
    )
    return read(connection, query, COLUMNS)
