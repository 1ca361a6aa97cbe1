"""How collections, documents and passages look to RAGFlow's clients: as datasets, documents and chunks.

Fields that these clients read are RAGFlow's; what has no counterpart there is in `jitl`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from api import render
from api.trailer import plain
from jitl.legs import DENSE, REWRITTEN_DENSE, REWRITTEN_SPARSE, SPARSE
from jitl.prompts import day, say
from jitl.sql.catalogue import CollectionInfo
from jitl.sql.documents import DocumentInfo
from jitl.text import language
from jitl.types import CorrectionState, Passage, Query, RankedHit

Json = dict[str, Any]

METHOD: Final = "naive"  # RAGFlow's name for ordinary chunking
TAUGHT: Final = "corrections"
"""Name of the document that corrections are shown in."""


def success(data: object, message: str = "") -> Json:
    return {"code": 0, "message": message, "data": data}


def taught_id(collection_id: str) -> str:
    """Id of the document that a collection's corrections are shown in. It is in no list of documents."""
    return str(uuid5(NAMESPACE_URL, f"{collection_id}\n{TAUGHT}"))


def dataset(info: CollectionInfo) -> Json:
    shown: Json = {"id": info.id, "name": info.name, "description": "", "avatar": "", "permission": "me", "status": "1"}
    shown |= {"document_count": info.documents, "chunk_count": info.passages, "embedding_model": info.encoder or ""}
    return shown | {"chunk_method": METHOD, "parser_config": {}, **_times(info.created_at, info.created_at)}


def document(info: DocumentInfo) -> Json:
    shown: Json = {"id": info.id, "name": info.name, "dataset_id": info.collection_id, "location": info.name, "type": "doc"}
    shown |= {"chunk_count": info.passages, "chunk_method": METHOD, "parser_config": {}, "source_type": "local", "status": "1"}
    shown |= {"run": "DONE", "progress": 1.0, "progress_msg": "", "meta_fields": dict(info.metadata)}
    return shown | {"jitl": render.document(info), **_times(info.created_at, info.published_at or info.created_at)}


def taught(collection_id: str, count: int) -> Json:
    """The document that is no document: a collection's corrections."""
    shown: Json = {"id": taught_id(collection_id), "name": TAUGHT, "dataset_id": collection_id, "chunk_count": count}
    return shown | {"chunk_method": METHOD, "run": "DONE", "progress": 1.0, "progress_msg": "", "status": "1", "type": "virtual"}


def unread(collection_id: str, name: str, state: str, reason: str) -> Json:
    """A file that was sent and is no document yet, or will be none. `state`: RUNNING, FAIL. It goes by its name."""
    shown: Json = {"id": name, "name": name, "dataset_id": collection_id, "chunk_count": 0, "chunk_method": METHOD}
    return shown | {"run": state, "progress": -1.0 if state == "FAIL" else 0.0, "progress_msg": reason, "status": "1", "type": "doc"}


def passage(value: Passage) -> Json:
    labels = value.metadata.get("labels", [])
    shown: Json = {"id": value.id, "content": value.text, "available": True, "important_keywords": list(labels), "questions": []}
    shown |= {"document_id": value.document_id, "docnm_kwd": value.document, "dataset_id": value.collection_id}
    return shown | {"image_id": "", "positions": [], "jitl": {"title": value.title, "location": value.location.label}}


def correction(value: CorrectionState, document_id: str | None = None) -> Json:
    """A correction as a chunk: the questions it answers, its answer as the content; its labels are the keywords."""
    shown: Json = {"id": value.id, "content": value.answer, "available": value.authoritative}
    shown |= {"questions": [value.question, *value.paraphrases], "important_keywords": list(value.groups)}
    shown |= {"document_id": document_id or taught_id(value.collection_id), "docnm_kwd": TAUGHT, "dataset_id": value.collection_id}
    shown |= {"create_time": _date(value.at), "create_timestamp": value.at.timestamp(), "image_id": "", "positions": []}
    return shown | {"jitl": render.correction(value)}


def retrieved(query: Query, hits: Sequence[RankedHit], weight: float, *, footed: bool) -> list[Json]:
    """Hits as chunks, in their order. `weight` is the vector's share of `similarity`; `footed`: each content ends with where it is from."""
    return [_hit(query, hit, weight, footed=footed) for hit in hits]


def aggregated(chunks: Sequence[Mapping[str, Any]]) -> list[Json]:
    """How many of the chunks each document has, most first."""
    names = {chunk["document_id"]: chunk["document_keyword"] for chunk in chunks}
    counted = Counter(chunk["document_id"] for chunk in chunks)
    return [{"doc_id": key, "doc_name": names[key], "count": count} for key, count in counted.most_common()]


def _hit(query: Query, hit: RankedHit, weight: float, *, footed: bool) -> Json:
    if hit.passage is not None:
        shown = passage(hit.passage)
        vector, term = _likeness(query, hit.legs)
        numbers = {"similarity": weight * vector + (1.0 - weight) * term, "vector_similarity": vector, "term_similarity": term}
        foot = ", ".join(plain(part) for part in (hit.passage.title or hit.passage.document, hit.passage.location.label) if part)
        head = say("superseded", query.language) if hit.superseded_by else ""
    else:
        assert hit.correction is not None, "a hit is a passage or a correction"
        shown = correction(hit.correction)
        numbers = dict.fromkeys(("similarity", "vector_similarity", "term_similarity"), 1.0)  # it answers: nothing is nearer
        tongue, who = language(hit.correction.answer), plain(hit.correction.author)
        said = "confirmed" if hit.correction.confirmed else "corrected"
        head, foot = "", say(said, tongue, author=who, date=day(hit.correction.at)).rstrip(".。")
    if footed:
        shown["content"] = f"{head}{shown['content']}\n[{foot}]"
    shown |= {"document_keyword": shown["docnm_kwd"], "kb_id": shown["dataset_id"], "highlight": shown["content"]}
    return shown | {name: round(number, 6) for name, number in numbers.items()} | {"jitl": render.hit(hit)}


def _likeness(query: Query, legs: Mapping[str, float]) -> tuple[float, float]:
    """Cosine, and the share of the question's terms (by weight) that the passage holds; both from 0 to 1, 0 where not measured."""
    asked = sum(query.terms.values())
    share = legs.get(SPARSE, 0.0) / asked if asked > 0 else 0.0
    vector = max(legs.get(DENSE, 0.0), legs.get(REWRITTEN_DENSE, 0.0))
    return _unit(vector), _unit(max(share, legs.get(REWRITTEN_SPARSE, 0.0)))


def _unit(value: float) -> float:
    return min(1.0, max(0.0, float(value)))


def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _times(made: datetime, changed: datetime) -> Json:
    """As RAGFlow gives them: milliseconds since 1970, and words."""
    shown: Json = {"create_time": round(made.timestamp() * 1000), "create_date": _date(made)}
    return shown | {"update_time": round(changed.timestamp() * 1000), "update_date": _date(changed)}
