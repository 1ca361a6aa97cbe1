"""Documents as resources: listed in pages, read by `jitl://documents/{id}`."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.mcp.desk import Place
from api.mcp.texts import SCHEME
from jitl.errors import BadInput, NotFound

TEMPLATE: Final = SCHEME + "{id}"
MIME: Final = "text/plain"
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Shown:
    uri: str
    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Page:
    """`following`: the cursor of the next page; None at the end."""

    resources: Sequence[Shown]
    following: str | None


def listed(place: Place, cursor: str | None) -> Page:
    """Documents that the caller may read, by collection and name. Raises `BadInput` for a cursor that is none of ours."""
    first, after = ("", "") if cursor is None else _opened(cursor)
    found: list[Shown] = []
    for info in sorted(place.desk.collections(), key=lambda one: one["name"]):
        if info["name"] < first:
            continue
        start = after if info["name"] == first else ""
        for one in place.desk.some_documents(info["id"], after=start, limit=PAGE - len(found)):
            about = f"{one['kind']} in {info['name']}"
            found.append(Shown(SCHEME + one["id"], one["document"], one["title"] or one["document"], about))
        if len(found) == PAGE:
            return Page(found, _closed(info["name"], found[-1].name))
    return Page(found, None)


def read(place: Place, uri: str) -> str:
    """The document's whole text. Raises `NotFound`."""
    if not uri.startswith(SCHEME):
        raise NotFound("There is no such resource.", hint=f"Documents are {TEMPLATE}.")
    return place.desk.source(uri.removeprefix(SCHEME))["text"]


def _closed(collection: str, document: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([collection, document]).encode()).decode()


def _opened(cursor: str) -> tuple[str, str]:
    try:
        collection, document = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(collection), str(document)
    except (ValueError, TypeError):
        raise BadInput("This is no cursor of ours.", hint="Give `nextCursor` of the page before.") from None
