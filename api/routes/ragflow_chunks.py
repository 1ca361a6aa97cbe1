"""RAGFlow's chunks: what is searched, what a document consists of, and what an agent teaches.

A chunk with questions is a correction, by the rules of every other: its author's standing, the pace, what contradicts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter

from api import access, arriving, ragflow
from api.asking import Ask
from api.auth import Caller
from api.container import Container
from api.here import Here
from api.ragflow import Json, success
from api.ragflow_requests import ChunkBody, ChunkChange, ChunkIdsBody, RetrievalBody
from api.routes.corrections import Key, pace
from api.routes.ragflow import REFUSALS, Filter, Only, Page, PageSize, paged
from api.schemas import MOST_HITS
from api.trailer import wanted
from feedback import teaching
from feedback.teaching import Receipt
from jitl.errors import BadInput, NotFound
from jitl.principals import Principal
from jitl.sql.catalogue import CollectionInfo
from jitl.sql.documents import DocumentInfo
from jitl.sql.staging import chunk_id
from jitl.types import CorrectionState, RankedHit

__all__ = ["REFUSALS", "router"]

router = APIRouter(prefix="/api/v1", tags=["ragflow"])

MOST_TAUGHT: Final = 10_000
PROPOSED: Final = "Kept as a proposal: shown beside answers, labelled, until an expert of the collection approves it."
BEING_READ: Final = "Kept; it is found once the documents sent before it are read."
UNFILTERED: Final = "`metadata_condition` means nothing here: name `document_ids`."


@router.post("/retrieval")
def retrieve(body: RetrievalBody, here: Here, who: Caller) -> Json:
    """Passages and corrections in the order of a search, those less similar than the threshold left out.

    `similarity` is a weighted mean: `vector_similarity` is a cosine, `term_similarity` the share of the question's terms that the
    passage holds. A correction that answers the question stands first, whatever documents were named.
    """
    scope = _scope(here, who, body)
    k = (
        MOST_HITS if scope.documents else min(MOST_HITS, body.page * body.page_size + 1)
    )  # one more: `total` says that there is another page
    result = here.asking.search(who, Ask(body.question, scope.collections), k)
    hits = [hit for hit in result.hits if scope.holds(hit)]
    chunks = ragflow.retrieved(result.query, hits, body.vector_similarity_weight, footed=wanted(who))
    near = [chunk for chunk in chunks if chunk["similarity"] >= body.similarity_threshold]
    data = {"chunks": paged(near, body.page, body.page_size), "doc_aggs": ragflow.aggregated(near), "total": len(near)}
    return success(data, " ".join([*result.notices, UNFILTERED] if body.metadata_condition else result.notices))


@dataclass(frozen=True, slots=True)
class _Scope:
    """`collections` are ids, None: all. `documents` maps ids to the names that notes beside them begin with; empty: any document."""

    collections: list[str] | None
    documents: Mapping[str, str]

    def holds(self, hit: RankedHit) -> bool:
        if not self.documents or hit.passage is None:
            return True
        name = hit.passage.document
        return hit.passage.document_id in self.documents or any(name.startswith(start) for start in self.documents.values())


def _scope(here: Container, who: Principal, body: RetrievalBody) -> _Scope:
    places = [access.collection(here.catalogue, who, one) for one in body.dataset_ids]
    around = places or (here.catalogue.collections(who) if body.document_ids else [])
    documents: dict[str, str] = {}
    holding: set[str] = set()
    for name in dict.fromkeys(body.document_ids):
        found = [(place.id, known) for place in around if (known := _known(here, place, name)) is not None]
        if not found:
            raise NotFound(f"There is no document {name!r}.")
        holding |= {place for place, _ in found}
        documents |= {key: arriving.prefix(called) for _, (key, called) in found}
    return _Scope([place.id for place in places] or sorted(holding) or None, documents)


def _known(here: Container, place: CollectionInfo, document: str) -> tuple[str, str] | None:
    """Id and name."""
    if document == ragflow.taught_id(place.id):
        return document, ragflow.TAUGHT
    info = here.catalogue.document(place.id, document)
    return None if info is None else (info.id, info.name)


@router.get("/datasets/{ds}/documents/{doc:path}/chunks")
def list_chunks(
    ds: str,
    doc: str,
    here: Here,
    who: Caller,
    page: Page = 1,
    page_size: PageSize = 30,
    only: Only = "",
    keywords: Filter = "",
) -> Json:
    """A document's passages in their order; of the document of corrections, these, newest first."""
    place = access.collection(here.catalogue, who, ds)
    info = _document(here, who, place, doc)
    if info is None:
        found = _matching([ragflow.correction(one) for one in _taught(here, who, place)], only, keywords)
        data = {"chunks": paged(found, page, page_size), "doc": ragflow.taught(place.id, len(found)), "total": len(found)}
        return success(data)
    numbers: Sequence[int] = range(info.passages)
    if not only and not keywords:
        total, numbers = info.passages, numbers[(page - 1) * page_size : page * page_size]
        chunks = _passages(here, info, numbers)
    else:
        found = _matching(_passages(here, info, numbers), only, keywords)
        total, chunks = len(found), paged(found, page, page_size)
    return success({"chunks": chunks, "doc": ragflow.document(info), "total": total})


@router.post("/datasets/{ds}/documents/{doc:path}/chunks")
async def add_chunk(ds: str, doc: str, body: ChunkBody, here: Here, who: Caller, idempotency_key: Key = None) -> Json:
    """Teach: `content` answers the first of `questions`, the others are other ways to ask it. Without questions it becomes a small
    document beside the named one, which needs the right to add documents.
    """
    if any(question.strip() for question in body.questions):
        return await to_thread.run_sync(_teach, here, who, (ds, doc), body, idempotency_key)
    place, beside = await to_thread.run_sync(_shelf, here, who, ds, doc)
    note = arriving.Note(body.content, tuple(dict.fromkeys(body.important_keywords)), beside)
    job = await to_thread.run_sync(arriving.write_down, here, who, place.id, note)
    over = await arriving.awaited(here, job)
    return await to_thread.run_sync(_noted, here, place, note, over)


def _teach(here: Container, who: Principal, address: tuple[str, str], body: ChunkBody, key: str | None) -> Json:
    place = access.collection(here.catalogue, who, address[0])
    info = _document(here, who, place, address[1])
    asked = [question for question in dict.fromkeys(body.questions) if question.strip()]
    keywords = [word for word in dict.fromkeys(body.important_keywords) if word.strip()]
    said = teaching.read({"question": asked[0], "answer": body.content, "paraphrases": asked[1:], "groups": keywords})
    pace(here, who)
    receipt = here.ledger.teach(said, who, place.id, key=key)
    shown = ragflow.correction(here.ledger.show(receipt.id, who), None if info is None else info.id)
    return success({"chunk": shown}, _told(receipt))


def _told(receipt: Receipt) -> str:
    against = [f"{clash.note} ({clash.correction})" for clash in receipt.conflicts]
    return " ".join([PROPOSED, *against] if receipt.status == "proposed" else against)


def _shelf(here: Container, who: Principal, ds: str, doc: str) -> tuple[CollectionInfo, str]:
    place = access.collection(here.catalogue, who, ds)
    info = _document(here, who, place, doc)
    access.importable(here.catalogue, who, place.id)
    return place, ragflow.TAUGHT if info is None else info.name


def _noted(here: Container, place: CollectionInfo, note: arriving.Note, over: bool) -> Json:
    info = here.catalogue.document(place.id, note.name) if over else None
    chunks = [] if info is None else _passages(here, info, range(1))
    if not chunks:
        waiting: Json = {"id": note.name, "content": note.text, "document_id": note.name, "dataset_id": place.id, "questions": []}
        return success({"chunk": {**waiting, "available": False, "important_keywords": list(note.labels)}}, BEING_READ)
    return success({"chunk": {**chunks[0], "important_keywords": list(note.labels)}})


@router.put("/datasets/{ds}/documents/{doc:path}/chunks/{chunk}")
def update_chunk(ds: str, doc: str, chunk: str, body: ChunkChange, here: Here, who: Caller) -> Json:
    """Amend a correction; it has the standing of who amends it."""
    place = access.collection(here.catalogue, who, ds)
    _document(here, who, place, doc)
    state = _correction(here, who, place, chunk)
    changes: dict[str, Any] = {}
    if body.content is not None:
        changes["answer"] = body.content
    if body.important_keywords is not None:
        changes["groups"] = body.important_keywords
    if body.questions is not None:
        if body.questions[:1] not in ([], [state.question]):
            raise BadInput("A correction's question cannot be changed.", hint="Delete the chunk and add it anew.")
        changes["paraphrases"] = body.questions[1:]
    pace(here, who)
    here.amendments.amend(state.id, who, changes)
    return success(ragflow.correction(here.ledger.show(state.id, who)))


@router.delete("/datasets/{ds}/documents/{doc:path}/chunks")
def delete_chunks(ds: str, doc: str, body: ChunkIdsBody, here: Here, who: Caller) -> Json:
    """Take corrections back: all of them are there, or none is."""
    place = access.collection(here.catalogue, who, ds)
    _document(here, who, place, doc)
    if not body.chunk_ids:
        raise BadInput("No chunks are named.", hint="Send `chunk_ids`; nothing is taken for all of them.")
    found = [_correction(here, who, place, one) for one in dict.fromkeys(body.chunk_ids)]
    for state in found:
        here.ledger.retract(state.id, who)
    return success(None)


def _document(here: Container, who: Principal, place: CollectionInfo, name: str) -> DocumentInfo | None:
    """The document; None where it is the one that corrections are shown in."""
    return None if name == ragflow.taught_id(place.id) else access.document(here.catalogue, who, place, name)


def _correction(here: Container, who: Principal, place: CollectionInfo, chunk: str) -> CorrectionState:
    if here.catalogue.passages([chunk], [place.id]):
        raise BadInput(
            "This chunk is a passage: it goes and changes with its document.", hint="Delete the document, or teach a correction."
        )
    state = here.ledger.show(chunk, who)
    if state.collection_id != place.id:
        raise NotFound("No such correction.", hint="`jitl corrections list` lists those there are.")
    return state


def _taught(here: Container, who: Principal, place: CollectionInfo) -> list[CorrectionState]:
    return [one for one in here.ledger.list(who, [place.id], limit=MOST_TAUGHT) if one.status != "retracted"]


def _passages(here: Container, info: DocumentInfo, numbers: Sequence[int]) -> list[Json]:
    ids = [chunk_id(info.version_id, number) for number in numbers]
    found = here.catalogue.passages(ids, [info.collection_id])
    return [ragflow.passage(found[one]) for one in ids if one in found]


def _matching(chunks: Sequence[Json], id_: str, keywords: str) -> list[Json]:
    wanted_words = keywords.lower()
    return [chunk for chunk in chunks if id_ in ("", chunk["id"]) and wanted_words in chunk["content"].lower()]
