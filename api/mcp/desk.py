"""What the tools need of the service: `api.client.Client` has it over a wire, `InProcess` without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Unpack, cast

from api.client import Scope

if TYPE_CHECKING:
    from api import replies
    from api.container import Container
    from jitl.principals import Principal


class Desk(Protocol):
    """One caller's view of the service. Every call obeys the caller's rights and raises the errors of `jitl.errors`."""

    def ask_stream(self, question: str, **scope: Unpack[Scope]) -> Iterator[tuple[str, Any]]:
        """("sources", ...), ("token", ...) many times, ("done", the answer)."""
        ...

    def search(self, question: str, k: int = 10, **scope: Unpack[Scope]) -> replies.SearchReply: ...

    def teach(self, said: Mapping[str, Any]) -> replies.ReceiptReply: ...

    def source(self, document: str, *, chunk: str | None = None) -> replies.SourceTextReply: ...

    def correction(self, correction: str) -> replies.CorrectionReply: ...

    def collections(self) -> list[replies.CollectionReply]: ...

    def some_documents(self, collection: str, *, after: str, limit: int) -> Sequence[replies.DocumentReply]:
        """Published documents by name, those after the name `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Whose desk, and how what it shows is linked. `base`: the service's address; "" where it has none that the caller could open."""

    desk: Desk
    base: str = ""
    plain: bool = False  # the answer's text alone, without its sources


class InProcess:
    """The routes themselves, called by the principal that the gate settled on."""

    def __init__(self, here: Container, who: Principal) -> None:
        self._here = here
        self._who = who

    def ask_stream(self, question: str, **scope: Unpack[Scope]) -> Iterator[tuple[str, Any]]:
        from api.asking import Ask
        from api.schemas import AskRequest
        from api.streaming import named

        said = AskRequest.model_validate({"question": question, **scope})
        ask = Ask(said.question, said.collections, said.as_of, said.release, said.run, said.history, said.route)
        for event in self._here.asking.answer(self._who, ask):
            yield named(event, explain=False)

    def search(self, question: str, k: int = 10, **scope: Unpack[Scope]) -> replies.SearchReply:
        from api.routes import ask
        from api.schemas import SearchRequest

        said = SearchRequest.model_validate({"question": question, "k": k, **scope})
        return cast("replies.SearchReply", ask.search(said, self._here, self._who))

    def teach(self, said: Mapping[str, Any]) -> replies.ReceiptReply:
        from fastapi import Response

        from api.routes import corrections
        from api.schemas import TeachRequest

        return cast("replies.ReceiptReply", corrections.teach(TeachRequest.model_validate(said), Response(), self._here, self._who))

    def source(self, document: str, *, chunk: str | None = None) -> replies.SourceTextReply:
        from api.routes import documents

        shown = documents.show_source(document, self._here, self._who, collection=None, chunk=chunk, original=False)
        return cast("replies.SourceTextReply", shown)

    def correction(self, correction: str) -> replies.CorrectionReply:
        from api.routes import corrections

        return cast("replies.CorrectionReply", corrections.show_correction(correction, self._here, self._who))

    def collections(self) -> list[replies.CollectionReply]:
        from api.routes import collections

        return cast("list[replies.CollectionReply]", collections.list_collections(self._here, self._who)["collections"])

    def some_documents(self, collection: str, *, after: str, limit: int) -> Sequence[replies.DocumentReply]:
        from api.routes import documents

        page = documents.list_documents(collection, self._here, self._who, after=after, limit=limit)
        return cast("list[replies.DocumentReply]", page["documents"])
