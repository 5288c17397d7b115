"""The database's schema version: read, held against this program's, and brought up to it by the migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, inspect

from jinbao.platform.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0016"
"""The schema version that this program reads and writes: the last one in `migrations/versions`."""
CONNECTION = "connection"
"""Under this name the migrations find the open transaction that they run in."""

_READS = ("SELECT", "PRAGMA", "WITH")
_made: dict[str, list[tuple[str, Any]]] = {}
"""Dialect → the statements, with their values, by which the migrations made a new database in this process."""


def version(connection: Connection) -> str | None:
    """The database's schema version; None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def is_used(connection: Connection) -> bool:
    """Whether some of the platform's tables exist."""
    return not metadata.tables.keys().isdisjoint(inspect(connection).get_table_names())


def is_known(version: str) -> bool:
    """Whether the version is this program's, or one that it can be brought up from."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return any(script.revision == version for script in scripts.walk_revisions())


def make(connection: Connection) -> None:
    """Make a new database's tables inside the caller's transaction, by the migrations.

    A process that makes another one says again what they said: a tenth of the time.
    """
    name = connection.dialect.name
    if name in _made:
        for statement, values in _made[name]:
            connection.exec_driver_sql(statement, values).close()
        return
    said: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if not statement.lstrip().startswith(_READS):
            said.append((statement, values or None))

    event.listen(connection, "before_cursor_execute", note)
    try:
        upgrade(connection)
    finally:
        event.remove(connection, "before_cursor_execute", note)
    _made[name] = said


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Run the missing migrations inside the caller's transaction."""
    from alembic import command

    config = _config()
    config.attributes[CONNECTION] = connection
    command.upgrade(config, to)


def _config() -> Config:
    from alembic.config import Config  # takes a while to load, and most runs need none

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
