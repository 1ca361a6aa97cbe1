"""What a refused request is told, before a face gives it its form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": 'Bearer realm="jitl"'},
    503: {"Retry-After": "2"},
    429: {"Retry-After": "60"},
}


@dataclass(frozen=True, slots=True)
class Failure:
    """`slug` names the kind of problem for programs. `fields` are the places of a body that were refused: {"field", "message"}."""

    status: int
    slug: str
    title: str
    detail: str
    hint: str = ""
    fields: Sequence[Mapping[str, str]] = ()
    request_id: str = ""

    @property
    def sentence(self) -> str:
        """All of it that a person needs, for forms that have one place for words."""
        places = "; ".join(f"{field['field'].removeprefix('body.')}: {field['message']}" for field in self.fields)
        return " ".join(part for part in (self.detail, places and f"({places})", self.hint) if part)


Envelope = Callable[[Failure], Response]
"""How a face's clients expect a failure to look."""


def reply(status: int, body: Mapping[str, Any], media_type: str = "application/json", headers: Mapping[str, str] | None = None) -> Response:
    """A response that holds the value as JSON, whatever odd characters are in it."""
    given = {**HEADERS.get(status, {}), **(headers or {})}
    return Response(json.dumps(body, ensure_ascii=False).encode(errors="replace"), status, given, media_type)
