"""A look at the store's health, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, select

from data.columns import ACTIVITY
from data.store import schema
from data.store.store import Store


@dataclass(frozen=True)
class Health:
    """What was found.

    Attributes
    ----------
    version : str
        Of the schema.
    rows : mapping of city to mapping of table to int
        How many rows there are.
    problems : tuple of str
        What is wrong; empty when nothing is.
    remarks : tuple of str
        What is worth knowing.
    """

    version: str
    rows: dict[str, dict[str, int]]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def inspect(store: Store) -> Health:
    """Check a store: its file, its schema, and whether its rows lead somewhere.

    Raises
    ------
    OldStore
        When it is of another version.
    """
    store.check()
    problems: list[str] = []
    with store.snapshot() as connection:
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            problems += [f"the file is damaged: {line}" for line in found if line != "ok"]
            lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            problems += [f"{len(lost)} rows lead nowhere, the first in {lost[0][0]}"] if lost else []
        differs = compare_metadata(MigrationContext.configure(connection), schema.METADATA)
        problems += [f"the schema is not as it should be: {change}" for change in differs]
        rows: dict[str, dict[str, int]] = {}
        for table in schema.METADATA.sorted_tables:
            query = select(table.c.city, func.count()).group_by(table.c.city)
            for city, count in connection.execute(query):
                rows.setdefault(city, {})[table.name] = count
        remarks = [remark for city in rows for remark in _unknown(connection, city)]
    return Health(str(store.version()), rows, tuple(problems), tuple(remarks))


def _unknown(connection: Connection, city: str) -> list[str]:
    stamps, activities = schema.stamps.c, schema.activities.c
    there = select(activities[ACTIVITY]).where(activities.city == city)
    query = select(func.count()).where(stamps.city == city, stamps[ACTIVITY].not_in(there))
    count = connection.execute(query).scalar_one()
    return (
        [f"city {city}: {count:,} stamps at activities that the catalogue does not hold; they do not count"]
        if count
        else []
    )
