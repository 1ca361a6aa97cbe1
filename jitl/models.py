"""Which model answers on which route."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitl.ports import LanguageModel


class OneModel:
    """The same for all routes. Implements `jitl.ports.Models`."""

    def __init__(self, model: LanguageModel | None) -> None:
        self._model = model

    def of(self, _route: str) -> LanguageModel | None:
        return self._model
