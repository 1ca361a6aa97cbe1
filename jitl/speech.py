"""What the core asks of language models: contracts like those of `jitl/ports.py`, which names them too."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

JOBS: Final = "jobs"
"""The route of work that nobody waits for: fission, extraction, descriptions of communities."""
CONDENSE: Final = "condense"
"""The route of questions that are made to stand by themselves."""

Chunk = Mapping[str, Any]
"""A `chat.completion.chunk` of the OpenAI protocol as a plain mapping."""


@dataclass(frozen=True, slots=True)
class Message:
    role: str  # system, user, assistant
    content: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Whom a call is charged to: in full to the principal and the key, in equal shares to the collections."""

    principal_id: str
    key_id: str | None = None  # None: the owner of the folder, or a job
    collections: Sequence[str] = ()  # ids of those whose passages the model reads


@dataclass(frozen=True, slots=True)
class Reached:
    """Who answered. `instead_of`: the model that should have, where a fallback answered."""

    model: str
    instead_of: str | None = None


class LanguageModel(Protocol):
    def stream(self, messages: Sequence[Message]) -> Generator[str, None, None]:
        """Pieces of the reply in order. Raises `Unavailable` (nothing came, or the reply broke off), `OutOfBudget`. Closing it cancels."""
        ...


class RoutedModel(LanguageModel, Protocol):
    """The model of a route, for one payer and one question."""

    @property
    def room(self) -> int | None:
        """Tokens (as `jitl.text.tokens` counts) that all messages may take together; None: no limit is known."""
        ...

    @property
    def reached(self) -> Reached | None:
        """Who answered last; None until the first piece came."""
        ...


class Models(Protocol):
    """Which model answers on which route."""

    def of(
        self, route: str, payer: Payer | None = None, /, *, max_tokens: int | None = None, within_s: float | None = None
    ) -> RoutedModel | None:
        """The model of `hep`, `hep_code`, `general` or `general_code`; None: none is configured, answers on it are extractive.

        `jobs` and `condense` are routes too. `max_tokens`: of a reply, and `within_s`: of its time, where less than usual will do.
        Raises `OutOfBudget` where the payer has reached a cap. A payer of None is charged nothing: for tests and measurements.
        """
        ...

    def name(self, route: str, /) -> str:
        """Tells one set of models from another: what was asked of these need not be asked again. "" where there is none."""
        ...

    def chat(self, route: str, body: Mapping[str, Any], payer: Payer | None = None, /) -> Generator[Chunk, None, None]:
        """A chat body as clients send it, passed through to the route's endpoint; its chunks as they come, usage in the last if it tells.

        `model` and `stream` of the body are ours to say. Raises `MissingPart` (no model on this route), `OutOfBudget`, `Unavailable`, and
        `BadInput` where the endpoint refuses the body; each before the first chunk, but for a reply that breaks off. Closing it cancels.
        """
        ...


class Transport(Protocol):
    """The wire to one endpoint and one model there. Calls nobody until it is asked to."""

    def chunks(self, body: Mapping[str, Any], *, timeout_s: float | None = None) -> Generator[Chunk, None, None]:
        """One attempt: chunks of the reply to a chat body as they come. Raises `Unanswered` and nothing else. Closing it cancels."""
        ...

    def probe(self) -> None:
        """Whether it is there, at no cost. Raises `Unanswered`."""
        ...

    def close(self) -> None: ...
