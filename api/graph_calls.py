"""The graph's part of the client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from api import wire


class Caller(Protocol):
    """What of a client is needed here."""

    def call(self, method: str, where: str, /, *, params: Mapping[str, Any] | None = None) -> dict[str, Any]: ...

    def call_text(self, where: str, params: Mapping[str, Any]) -> Iterator[str]: ...


class GraphCalls:
    """Names, what stands beside them and where it is stated; replies have the keys that `/docs` shows."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def entities(self, begins: str = "", *, collections: Sequence[str] | None = None, limit: int = 20) -> dict[str, Any]:
        """Names that begin so, or of which a word does; the most frequent first."""
        return self._get("entities", q=begins, collection=collections, limit=limit)

    def neighbours(self, name: str, *, collections: Sequence[str] | None = None, limit: int = 20) -> dict[str, Any]:
        """Names that share passages with this one."""
        return self._get("neighbours", name=name, collection=collections, limit=limit)

    def statements(self, name: str, *, collections: Sequence[str] | None = None, limit: int = 20) -> dict[str, Any]:
        """What is stated of a name, each with its sentence and document, or the correction."""
        return self._get("statements", name=name, collection=collections, limit=limit)

    def path(self, first: str, second: str, *, collections: Sequence[str] | None = None, steps: int = 4) -> dict[str, Any]:
        """A shortest way between two names."""
        return self._get("path", first=first, second=second, collection=collections, steps=steps)

    def communities(self, *, collections: Sequence[str] | None = None, level: int = 0, limit: int = 20) -> dict[str, Any]:
        """What stands together, with a summary."""
        return self._get("communities", collection=collections, level=level, limit=limit)

    def export(self, *, collections: Sequence[str] | None = None, least: int = 1) -> Iterator[str]:
        """GraphML, in pieces."""
        return self._caller.call_text(wire.path("graph", "export"), wire.given(collection=collections, least=least))

    def _get(self, what: str, **params: Any) -> dict[str, Any]:
        return self._caller.call("GET", wire.path("graph", what), params=wire.given(**params))
