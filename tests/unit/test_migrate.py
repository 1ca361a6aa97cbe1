from __future__ import annotations

import pytest
import sqlalchemy as sa

from jitl.errors import Unavailable
from jitl.sql import migrate
from jitl.sql.engine import Database


def test_metadata_and_migrations_agree(database: Database) -> None:
    assert migrate.differences(database) == []
    assert migrate.current(database) == migrate.head()


def test_upgrading_again_is_harmless(database: Database) -> None:
    migrate.upgrade(database)
    assert migrate.current(database) == migrate.head()


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer version"):
        migrate.upgrade(database)
