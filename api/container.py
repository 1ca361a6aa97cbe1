"""The composition root: the only place that chooses implementations and builds them."""

from __future__ import annotations

from jitl.settings import Settings
from jitl.sql.engine import Database
from jitl.sql.people import People
from jitl.sql.tables import metadata


class Container:
    """Everything the faces use."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self.settings = settings
        self.db = db
        self.people = People(db)

    @classmethod
    def build(cls, settings: Settings) -> Container:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = Database(settings.sql_url)
        metadata.create_all(db.engine)
        return cls(settings, db)

    def close(self) -> None:
        self.db.close()
