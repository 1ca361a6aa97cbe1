"""What a client does with corrections beyond teaching: look ahead, amend, take back together, vouch, look again.

Calls over `api.client.Client`; errors are those of `jitl.errors`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Required, TypedDict, cast

from api import replies, wire
from api.client import Client

MOST: Final = 2_000
"""Lines of a dry run that are weighed against each other."""


class ProposalReply(TypedDict):
    """A sentence that may be wrong."""

    document: str
    quote: str
    chunk: str
    title: str
    location: str
    why: Literal["quoted", "says", "answers"]
    likelihood: float


class ChangedReply(TypedDict):
    answer: str
    question: str
    at: str
    strength: str


class ChangesReply(TypedDict):
    """`answers` lists the most recent of `count`, among `looked_at` recent questions."""

    count: int
    looked_at: int
    answers: list[ChangedReply]


class ForecastReply(TypedDict):
    dry_run: bool
    status: str
    conflicts: list[replies.ClashReply]
    supersedes: list[ProposalReply]
    changes: ChangesReply


class MovedReply(TypedDict):
    """A mark without its sentence."""

    correction: str
    question: str
    answer: str
    document: str
    old: str
    new: str
    chunk: str
    similarity: float


class DeedReply(TypedDict, total=False):
    """One line of a correction's history; `said`: what it said before."""

    seq: Required[int]
    kind: Required[str]
    at: Required[str]
    by: Required[str]
    status: str
    version: int
    fields: list[str]
    said: dict[str, Any]


class ConfirmedReply(TypedDict):
    id: str
    seq: int
    status: str
    answer: str
    conflicts: list[replies.ClashReply]


class Lifecycle:
    """Over one client; as safe to share as it is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def foresee(self, said: Mapping[str, Any], *, collection: str | None = None, wrong: str | None = None) -> ForecastReply:
        """What teaching this would do. `wrong`: id of the answer that was wrong."""
        body = {**said, **wire.given(collection=collection)}
        params = {"dry_run": "true", **wire.given(wrong=wrong)}
        return cast("ForecastReply", self._client.call("POST", wire.path("corrections"), body, params=params))

    def foresee_many(self, lines: Sequence[Mapping[str, Any]], *, collection: str | None = None) -> Iterator[dict[str, Any]]:
        """One forecast or error a line, in order; each line reckons with those before it."""
        for start in range(0, len(lines), MOST):
            content = b"".join(wire.encode(line) + b"\n" for line in lines[start : start + MOST])
            params = {"dry_run": "true", **wire.given(collection=collection)}
            yield from self._client.call_lines(wire.path("corrections", "batch"), content, params)

    def proposals(self, question: str, answer: str, **more: str | None) -> list[ProposalReply]:
        """Sentences that carry the error. `more`: wrong (words), wrong_answer (id), collection."""
        body = {"question": question, "answer": answer, **wire.given(**more)}
        return cast("list[ProposalReply]", self._client.call("POST", wire.path("corrections", "proposals"), body)["supersedes"])

    def vanished(self, *, collections: Sequence[str] | None = None) -> list[MovedReply]:
        params = wire.given(collection=collections)
        return cast("list[MovedReply]", self._client.call("GET", wire.path("corrections", "review"), params=params)["marks"])

    def mark(self, correction: str, quote: str, *, document: str | None = None) -> replies.CorrectionReply:
        body = {"quote": quote, **wire.given(document=document)}
        return cast("replies.CorrectionReply", self._client.call("POST", wire.path("corrections", correction, "marks"), body))

    def amend(self, correction: str, changes: Mapping[str, Any]) -> replies.CorrectionReply:
        return cast("replies.CorrectionReply", self._client.call("PATCH", wire.path("corrections", correction), changes, once=True))

    def history(self, correction: str) -> list[DeedReply]:
        """Oldest first."""
        return cast("list[DeedReply]", self._client.call("GET", wire.path("corrections", correction, "history"))["events"])

    def revert(self, *, author: str | None = None, batch: str | None = None) -> dict[str, int]:
        return self._client.call("POST", wire.path("corrections", "revert"), wire.given(author=author, batch=batch))

    def erase(self, correction: str) -> None:
        self._client.remove(wire.path("corrections", correction), {"erase": "true"})

    def confirm(self, answer: str, *, collection: str | None = None) -> ConfirmedReply:
        """The same answer again gives the same correction."""
        body = wire.given(collection=collection)
        return cast("ConfirmedReply", self._client.call("POST", wire.path("answers", answer, "confirm"), body))


def new_batch() -> str:
    """An id under which what is taught together can be taken back."""
    return str(uuid.uuid4())
