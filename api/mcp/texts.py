"""How hits, documents, answers and receipts read, and what they are called: the ids that `search` gives and `fetch` takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.mcp.desk import Place
from api.trailer import plain, source_link
from jitl.types import Source

if TYPE_CHECKING:
    from api import replies

SCHEME: Final = "jitl://documents/"
CORRECTION: Final = "correction:"
UUID_CHARS: Final = 36
PAGE: Final = 40_000
"""Characters of a text that `fetch` returns at once."""
BEFORE: Final = 4_000
"""Characters that a page shows ahead of the passage it was fetched for."""


def result(place: Place, hit: replies.HitReply) -> dict[str, Any]:
    """A hit in the shape of `shapes.Found`. Its id: document#passage, or correction:id where it leads to no document."""
    shown: dict[str, Any] = {name: hit.get(name) for name in ("title", "text", "kind", "location", "document", "superseded_by")}
    document, correction = hit.get("document_id"), hit.get("correction")
    shown["id"] = f"{document}#{hit['chunk']}" if document else f"{CORRECTION}{correction}"
    shown["title"] = shown["title"] or hit["document"] or ""
    return shown | {"url": _url(place, hit["document"], document, hit["chunk"], correction)}


def fetched(place: Place, name: str, offset: int | None) -> dict[str, Any]:
    """What that id names, in the shape of `shapes.Fetched`. Raises `NotFound`."""
    if name.startswith(CORRECTION):
        return _correction(place, name)
    name = name.removeprefix(SCHEME)
    document, _, chunk = name.rpartition("#")
    if len(chunk) != UUID_CHARS:
        document, chunk = name, ""
    shown = place.desk.source(document, chunk=chunk or None)
    passage = shown.get("passage")
    start = offset if offset is not None else max(0, passage["start"] - BEFORE) if passage else 0
    text = shown["text"]
    page = text[start : start + PAGE]
    metadata: dict[str, Any] = {field: shown[field] for field in ("kind", "collection", "document", "published_at")}
    metadata |= {"total_chars": len(text), "offset": start, "next_offset": start + PAGE if start + PAGE < len(text) else None}
    if passage:
        metadata["passage"] = passage
    url = _url(place, shown["document"], shown["id"], chunk or None, None)
    return {"id": name, "title": shown["title"] or shown["document"], "text": page, "url": url, "metadata": metadata}


def answer(place: Place, value: Mapping[str, Any]) -> str:
    """The answer's words, then its sources with where they can be read."""
    if place.plain:
        return str(value["answer"])
    parts = [value["answer"]]
    if sources := "\n".join(_line(place, source) for source in value["sources"]):
        parts.append(f"Sources:\n{sources}")
    if (fired := value["correction"]) is not None:
        parts.append(f"Answered by correction {fired['id']}.")
    parts += [f"Note: {notice}" for notice in value["notices"]]
    return "\n\n".join(parts)


def taught(receipt: replies.ReceiptReply, *, awaits_review: bool) -> str:
    then = (
        "it is proposed: it awaits an expert's review and is shown beside answers, labelled, until then."
        if awaits_review
        else "it holds from the next question on."
    )
    clashes = [f"It conflicts with correction {one['correction']}: {one['note']}" for one in receipt["conflicts"]]
    return "\n".join([f"Correction {receipt['id']} is safe; {then}", *clashes])


def _correction(place: Place, name: str) -> dict[str, Any]:
    found = place.desk.correction(name.removeprefix(CORRECTION))
    text = "\n\n".join(part for part in (f"Question: {found['question']}", f"Answer: {found['answer']}", found["statement"]) if part)
    metadata = {field: found[field] for field in ("status", "collection", "author", "at")}
    url = _url(place, None, None, None, found["id"])
    return {"id": name, "title": found["question"], "text": text, "url": url, "metadata": {"kind": "correction", **metadata}}


def _line(place: Place, source: Mapping[str, Any]) -> str:
    struck = "(declared wrong) " if source.get("superseded_by") else ""
    where = ", ".join(plain(part) for part in (source["title"] or source["document"] or "", source["location"]) if part)
    url = _url(place, source["document"], source.get("document_id"), source["chunk"], source.get("correction"))
    return f"[{source['number']}] {struck}{where} <{url}>"


def _url(place: Place, document: str | None, document_id: str | None, chunk: str | None, correction: str | None) -> str:
    """As answers link their sources; in this face's own scheme where the service has no address."""
    named = Source(0, "", "", "", "", document=document, document_id=document_id, chunk=chunk, correction=correction)
    link = source_link(named, place.base) or ""
    if place.base or link.startswith("http"):
        return link
    return f"{SCHEME}{document_id}" if document_id else f"jitl://corrections/{correction}"
