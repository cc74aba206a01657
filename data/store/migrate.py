"""Take a store from one schema to another, both ways."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """The schema this code is written for."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def known() -> tuple[str, ...]:
    """Every schema this code can read, oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(reversed([str(script.revision) for script in scripts]))


def version(connection: Connection) -> str | None:
    """The schema of a store, None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring a store to a newer schema; nothing happens to one that is there already."""
    command.upgrade(_config(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Bring a store back to an older schema; ``base`` takes everything out."""
    command.downgrade(_config(connection), to)
