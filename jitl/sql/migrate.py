"""Brings a database to the newest schema. Alembic is configured here, in code; its history stands in `migrations/versions`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jitl.errors import Unavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from jitl.sql.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(db: Database) -> None:
    """Run the migrations that are missing, all in one transaction. Harmless to repeat, safe beside another process.

    Raises `Unavailable` for a database that a newer JITL has written.
    """
    if current(db) == head():  # Alembic takes .4 s to import: not on every start
        return
    with db.exclusive("migrate"), db.write() as connection:
        found = _revision(connection)
        if found is not None and found not in revisions():
            raise Unavailable("The database was written by a newer version of JITL.", hint="Install that version, or restore a backup.")
        _run(connection)


def revisions() -> list[str]:
    """What this code knows, oldest first: a migration's file is named after its revision."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def head() -> str:
    """The newest revision that this code knows."""
    return revisions()[-1]


def current(db: Database) -> str | None:
    """The revision that the database is at; None before the first migration."""
    with db.read() as connection:
        return _revision(connection)


def differences(db: Database) -> list[Any]:
    """What the migrated database lacks of the metadata or has beyond it; Alembic's own diff entries, [] where they agree."""
    from alembic.autogenerate import compare_metadata  # slow to import

    from jitl.sql.tables import metadata

    with db.read() as connection:
        return list(compare_metadata(_context(connection), metadata))


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version = sa.table("alembic_version", sa.column("version_num", sa.String))
    return connection.scalar(sa.select(version.c.version_num))


def _run(connection: Connection) -> None:
    from alembic.runtime.environment import EnvironmentContext  # slow to import
    from alembic.script import ScriptDirectory

    config = _config()
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs("heads", revision)  # noqa: SLF001  # what alembic.command.upgrade itself passes

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
        environment.run_migrations()


def _config() -> Config:
    from alembic.config import Config  # slow to import

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _context(connection: Connection) -> MigrationContext:
    from alembic.runtime.migration import MigrationContext  # slow to import

    def ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
        return not (kind == "table" and name == "alembic_version")

    return MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
