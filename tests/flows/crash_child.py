"""One life of a service that is to be killed: say what it finds, then ingest and teach until the named point kills it.

Lines on stdout (JSON): {"found": ...} once, then {"acknowledged": question, "answer": ...} for each correction taught.
Run as `python -m tests.flows.crash_child FOLDER DOCUMENTS GENERATION POINT COUNT [--mutant]`.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

COLLECTION = "crash"
DOCUMENTS = 6
PARTS = 12
LESSONS = 10  # a life; every one of them is asked again in each later life
POINTS = (  # where the process is killed: dotted path, and whether before or after the call
    "jitl.sql.staging:Staging.write:before",
    "jitl.sql.staging:Staging.write:after",
    "jitl.sql.staging:_announce:after",
    "ingest.passages:PassageIndexer.project:before",
    "ingest.passages:PassageIndexer.project:after",
    "jitl.adapters.edge:EdgeStore.upsert:before",
    "jitl.adapters.edge:EdgeStore.upsert:after",
    "jitl.adapters.edge:EdgeStore.delete:before",
    "jitl.adapters.edge:EdgeStore.delete:after",
    "jitl.adapters.edge:EdgeStore.flush:before",
    "jitl.adapters.edge:EdgeStore.flush:after",
    "jitl.sql.publication:Publication.publish:before",
    "jitl.sql.publication:Publication.publish:after",
    "jitl.sql.publication:_settle:after",
    "jitl.sql.removal:Removal.remove_version:before",
    "jitl.sql.removal:Removal.remove_version:after",
    "jitl.sql.outbox:Outbox.done:before",
    "feedback.journal:enter:before",
    "feedback.journal:enter:after",
    "feedback.ledger:Ledger.teach:after",
)


class QuickEncoder:
    """Stands in for the model, which is not what is tried here: a vector from the text's digest."""

    id = "quick"
    dimension = 384

    def __init__(self, *_: object, **__: object) -> None: ...

    def load(self) -> None: ...

    def close(self) -> None: ...

    def covers(self, text: str) -> bool:
        return True

    def embed(self, texts: Sequence[str]) -> Any:
        return np.stack([self.embed_question(text) for text in texts]) if texts else np.zeros((0, 384), np.float32)

    def embed_question(self, text: str) -> Any:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        vector = np.random.default_rng(seed).standard_normal(self.dimension).astype(np.float32)
        return vector / np.linalg.norm(vector)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        ends = itertools.accumulate(len(word) + 1 for word in text.split(" "))
        return [(end - len(word) - 1, end - 1) for word, end in zip(text.split(" "), ends, strict=True)]


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, count: int) -> None:
    """Kill this process at the count-th passing of the point."""
    module_name, path, when = point.split(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    real: Callable[..., Any] = getattr(owner, name)
    passed = itertools.count(1)

    def armed(*args: Any, **kwargs: Any) -> Any:
        last = next(passed) >= count
        if last and when == "before":
            die()
        value = real(*args, **kwargs)
        if last:
            die()
        return value

    setattr(owner, name, armed)


def say(line: dict[str, Any]) -> None:
    os.write(1, (json.dumps(line) + "\n").encode())


def found(container: Any, collection_id: str | None) -> dict[str, Any]:
    """What a reader sees: corrections that answer, and the generation of every passage of every document."""
    from api.asking import Ask
    from jitl.sql.people import OWNER
    from jitl.sql.tables import chunks, correction_texts, corrections, documents, versions

    if collection_id is None:
        return {"corrections": {}, "documents": {}}
    with container.db.read() as connection:
        taught = connection.execute(sa.select(correction_texts.c.question).join(corrections)).scalars().all()
        joined = sa.select(documents.c.name, documents.c.version_id, versions.c.passages, versions.c.state).join(
            versions, versions.c.id == documents.c.version_id
        )
        published = connection.execute(joined.where(documents.c.deleted_at.is_(None))).all()
        texts = {
            row.name: list(connection.scalars(sa.select(chunks.c.text).where(chunks.c.version_id == row.version_id))) for row in published
        }
    answers = {}
    for question in taught:
        result = container.asking.search(OWNER, Ask(question, [collection_id]), 10)
        fired = result.consultation.answer
        answers[question] = fired.correction.answer if fired else None
        for hit in result.hits:
            assert hit.passage is None or hit.passage.text in texts[hit.passage.document], "a hit that is not published"
    return {
        "corrections": answers,
        "documents": {
            row.name: {"expected": row.passages, "state": row.state, "generations": [generation(text) for text in texts[row.name]]}
            for row in published
        },
    }


def generation(text: str) -> str:
    return text.split("generation ", 1)[-1].split(" ", 1)[0].rstrip(".")


def acknowledge_before_commit(container: Any) -> None:
    """The mutant: the expert hears "kept" while the transaction is still open."""
    real = container.db.write

    @contextmanager
    def write(*, urgent: bool = False) -> Any:
        with real(urgent=urgent) as connection:
            yield connection
            if urgent:
                say({"acknowledged": current["question"], "answer": current["answer"]})
                if next(early) >= current["count"]:
                    die()

    early = itertools.count(1)
    container.db.write = write


current: dict[str, Any] = {}


def teach(container: Any, collection_id: str, generation_: int, *, aloud: bool) -> None:
    from feedback.teaching import Teaching
    from jitl.sql.people import OWNER

    for number in range(LESSONS):
        said = {
            "question": f"What is the constant number {number} of generation {generation_}?",
            "answer": f"It is {generation_}-{number}.",
        }
        current.update(said)
        container.ledger.teach(Teaching(**said), OWNER, collection_id)
        if aloud:
            say({"acknowledged": said["question"], "answer": said["answer"]})


def rewrite(papers: Path, label: str) -> None:
    """Every passage of every document says which writing it belongs to."""
    papers.mkdir(exist_ok=True)
    for number in range(DOCUMENTS):
        parts = [
            f"# Note {number}, part {part}\n\nPart {part} of note {number} belongs to generation {label} and says so. " + "word " * 60
            for part in range(PARTS)
        ]
        (papers / f"note{number}.md").write_text("\n\n".join(parts))


def main() -> None:
    folder, papers, generation_, point, count = sys.argv[1:6]
    mutant = "--mutant" in sys.argv
    import api.container
    import api.models
    from ingest.sources import find
    from jitl.settings import Settings
    from jitl.sql.people import OWNER

    setattr(api.models, "OnnxEncoder", QuickEncoder)  # noqa: B010  # the one seam
    settings = Settings(data_dir=Path(folder))
    container = api.container.Container.build(settings)
    collection = container.catalogue.collection(COLLECTION)
    say({"found": found(container, collection and collection.id)})
    collection = collection or container.catalogue.create_collection(COLLECTION, OWNER.id)
    if mutant:
        current["count"] = int(count)
        acknowledge_before_commit(container)
    else:
        arm(point, int(count))
    threading.Thread(target=teach, args=(container, collection.id, int(generation_)), kwargs={"aloud": not mutant}, daemon=True).start()

    class Quiet:
        def advance(self, *_: object) -> None: ...
        def outcome(self, *_: object, **__: object) -> None: ...
        def cancelled(self) -> bool:
            return False

    for round_ in itertools.count():  # until the point is passed
        rewrite(Path(papers), f"{generation_}.{round_}")
        container.pipeline.ingest(find([Path(papers)], settings), collection.id, Quiet(), root=papers)
        container.projector.drain()


if __name__ == "__main__":
    main()
