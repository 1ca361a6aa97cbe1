"""Vectors of what is taught, within a time limit: a slow or dead encoder delays no acknowledgement beyond it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import numpy as np

from feedback.tongues import Tongues
from jitl.glossary import Glossary
from jitl.ports import Encoder

if TYPE_CHECKING:
    from jitl.types import Matrix

_log = logging.getLogger(__name__)
_WAITING: Final = 8
"""Embeddings under way at most; an encoder that hangs must not gather threads."""
_PATIENCE_S: Final = 30.0
"""An idle worker goes after this."""
_QUESTIONS: Final = 4
"""Up to so many texts go the question's way, which never stands behind a batch."""


class TimedEncoder:
    """Embeds texts; one that the encoder does not cover as the glossary says it, else as zeros. Safe to call from several threads."""

    def __init__(self, encoder: Encoder | None, glossary: Glossary | None = None) -> None:
        """`glossary` None: the shipped one."""
        self._encoder = encoder
        self._tongues = Tongues(encoder, glossary)
        self._places = threading.BoundedSemaphore(_WAITING)
        self._guard = threading.Lock()
        self._idle: list[_Worker] = []

    @classmethod
    def of(cls, encoder: Encoder | TimedEncoder | None) -> TimedEncoder:
        """Itself, where it is one that others share."""
        return encoder if isinstance(encoder, TimedEncoder) else cls(encoder)

    @property
    def id(self) -> str | None:
        return None if self._encoder is None else self._encoder.id

    def embed(self, texts: Sequence[str]) -> Matrix | None:
        """Shape (texts, dimension), however long it takes; None without an encoder."""
        if self._encoder is None:
            return None
        rows = np.zeros((len(texts), self._encoder.dimension), np.float32)
        said = {at: text if self._encoder.covers(text) else self._tongues.gloss(text) for at, text in enumerate(texts)}
        covered = sorted((len(text), at, text) for at, text in said.items() if text is not None)
        places = [at for _, at, _ in covered]
        if 0 < len(covered) <= _QUESTIONS:
            rows[places] = np.stack([self._encoder.embed_question(text) for *_, text in covered])
        elif covered:
            rows[places] = self._encoder.embed([text for *_, text in covered])
        return rows

    def embed_within(self, texts: Sequence[str], seconds: float) -> Matrix | None:
        """The same, or None where it fails or is late; what is late is thrown away."""
        if self._encoder is None or not self._places.acquire(blocking=False):
            return None
        task = _Task(texts)
        with self._guard:
            worker = self._idle.pop() if self._idle else _Worker(self)
        worker.give(task)
        return task.result if task.done.wait(seconds) else None

    def take_back(self, worker: _Worker) -> None:
        """A worker is free again."""
        with self._guard:
            self._idle.append(worker)
        self._places.release()

    def dismiss(self, worker: _Worker) -> bool:
        """Whether the worker may go; not if a task was given to it this very moment."""
        with self._guard:
            if worker not in self._idle:
                return False
            self._idle.remove(worker)
            return True


@dataclass(slots=True)
class _Task:
    texts: Sequence[str]
    result: Matrix | None = None
    done: threading.Event = field(default_factory=threading.Event)


class _Worker:
    """A thread that embeds one task after another; a daemon, because an encoder may never return."""

    def __init__(self, encoder: TimedEncoder) -> None:
        self._encoder = encoder
        self._tasks: SimpleQueue[_Task] = SimpleQueue()
        threading.Thread(target=self._work, name="jitl-teach-embed", daemon=True).start()

    def give(self, task: _Task) -> None:
        self._tasks.put(task)

    def _work(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=_PATIENCE_S)
            except Empty:
                if self._encoder.dismiss(self):
                    return
                continue
            try:
                task.result = self._encoder.embed(task.texts)
            except Exception:  # noqa: BLE001  # isolation point: whatever an encoder does, the correction is kept
                _log.exception("A correction goes in without a vector for now: the encoder failed.")
            self._encoder.take_back(self)
            task.done.set()
