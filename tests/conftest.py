"""Fixtures that every suite shares."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from jitl.sql import migrate
from jitl.sql.engine import Database
from tests import graph_server, servers

# No test reaches a model, a hub or a proxy by accident.
for name in ("OPENAI_API_KEY", "JITL_MODEL_URL", "JITL_DATA_DIR", "JITL_DATABASE_URL"):
    os.environ.pop(name, None)
os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[graph_server.Address]:
    """One for all workers of this run: it takes 650 MB."""
    folder = tmp_path_factory.getbasetemp()
    with graph_server.shared(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) as address:
        yield address


@pytest.fixture
def neo4j(neo4j_server: graph_server.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[graph_server.Address]:
    """The server, empty and this test's alone for its time: it has one database."""
    folder = tmp_path_factory.getbasetemp()
    with graph_server.locked((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "neo4j.test"):
        graph_server.clear(neo4j_server)
        yield neo4j_server
        with warnings.catch_warnings():  # the driver drops connections that a server took down with it without closing their sockets
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database of its own."""
    database = Database(f"sqlite:///{tmp_path / 'jitl.db'}")
    migrate.upgrade(database)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of its own, on every dialect."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'jitl.db'}"
    else:
        url = servers.new_database(request.getfixturevalue("postgres_server"))
    database = Database(url)
    migrate.upgrade(database)
    yield database
    database.close()
