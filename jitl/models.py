"""Which model answers on which route."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitl.errors import MissingPart

if TYPE_CHECKING:
    from jitl.speech import Chunk, LanguageModel, Message, Payer, Reached


@dataclass(frozen=True, slots=True)
class _Plain:
    model: LanguageModel
    room: int | None = None
    reached: Reached | None = None

    def stream(self, messages: Sequence[Message]) -> Generator[str, None, None]:
        return self.model.stream(messages)


class OneModel:
    """The same for all routes. Implements `jitl.ports.Models`."""

    def __init__(self, model: LanguageModel | None) -> None:
        self._model = model

    def of(self, _route: str, _payer: Payer | None = None, /) -> _Plain | None:
        return None if self._model is None else _Plain(self._model)

    def chat(self, _route: str, _body: Mapping[str, Any], _payer: Payer | None = None, /) -> Generator[Chunk, None, None]:
        raise MissingPart("No model is configured for this route.")
