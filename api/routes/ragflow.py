"""RAGFlow's API for clients that know no other: collections as datasets, with their documents.

Replies are `{"code", "message", "data"}`; so are failures (`api/ragflow_errors.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Query, Request

from api import access, arriving, ragflow, uploads
from api.auth import Caller
from api.container import Container
from api.here import Here
from api.ragflow import Json, success
from api.ragflow_requests import MOST_A_PAGE, DatasetBody, DocumentBody, IdsBody, ParseBody
from api.uploads import Upload
from jitl.errors import BadInput, Unreadable
from jitl.principals import Principal, Right
from jitl.sql.catalogue import CollectionInfo

router = APIRouter(prefix="/api/v1", tags=["ragflow"])

Page = Annotated[int, Query(ge=1, le=10_000)]
PageSize = Annotated[int, Query(ge=1, le=MOST_A_PAGE)]
Filter = Annotated[str, Query(max_length=1000)]
Only = Annotated[str, Query(alias="id", max_length=1000)]

_ENVELOPE: Final = {
    "type": "object",
    "required": ["code", "message", "data"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "data": {}},
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    "default": {"description": "Any failure, in RAGFlow's form.", "content": {"application/json": {"schema": _ENVELOPE}}}
}
_FORM: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
            },
            "example": {"file": ["paper.pdf"]},
        }
    },
}
NOT_KEPT = "The document stays as it is: its name and what is known of it come from the file itself."


def paged(found: list[Any], page: int, size: int) -> list[Any]:
    return found[(page - 1) * size : page * size]


@router.get("/datasets")
def list_datasets(here: Here, who: Caller, page: Page = 1, page_size: PageSize = 30, only: Only = "", name: Filter = "") -> Json:
    """Collections that the key may read, by name."""
    found = [info for info in here.catalogue.collections(who) if only in ("", info.id) and name in ("", info.name)]
    return success([ragflow.dataset(info) for info in paged(found, page, page_size)])


@router.post("/datasets")
def create_dataset(body: DatasetBody, here: Here, who: Caller) -> Json:
    """Make an empty collection; other fields of RAGFlow's have no meaning here."""
    access.may_create(who)
    made = here.catalogue.create_collection(body.name, who.id)
    here.trail.note(who.id, "collection.create", made.id)
    return success(ragflow.dataset(made))


@router.delete("/datasets")
def delete_datasets(body: IdsBody, here: Here, who: Caller) -> Json:
    """Delete the named collections; all of them may be deleted by the caller, or none is."""
    places = [access.collection(here.catalogue, who, one, Right.ADMIN) for one in _named(body.ids, "datasets")]
    for place in places:
        here.catalogue.delete_collection(place.id, who.id)
        here.trail.note(who.id, "collection.delete", place.id)
    here.project()
    return success(None)


@router.get("/datasets/{ds}/documents")
def list_documents(
    ds: str,
    here: Here,
    who: Caller,
    page: Page = 1,
    page_size: PageSize = 30,
    only: Only = "",
    name: Filter = "",
    keywords: Filter = "",
) -> Json:
    """Published documents by name. `keywords`: those whose name holds it."""
    place = access.collection(here.catalogue, who, ds)
    if wanted := only or name:
        one = here.catalogue.document(place.id, wanted)
        found = [] if one is None else [one]
        total = len(found)
    elif keywords:
        found = [info for info in here.catalogue.documents(place.id, limit=place.documents) if keywords.lower() in info.name.lower()]
        total = len(found)
    else:
        found = here.catalogue.documents(place.id, limit=page * page_size)
        total = place.documents
    return success({"docs": [ragflow.document(info) for info in paged(found, page, page_size)], "total": total})


@router.post("/datasets/{ds}/documents", openapi_extra={"requestBody": _FORM})
async def upload_documents(ds: str, request: Request, here: Here, who: Caller) -> Json:
    """Send documents and wait until they are read; one that takes long goes by its name meanwhile (`run`: RUNNING)."""
    place = await to_thread.run_sync(access.importable, here.catalogue, who, ds)
    upload = await uploads.receive(request, here.blobs)
    try:
        job = await to_thread.run_sync(arriving.submit, here, who, place.id, upload.files)
    finally:
        upload.drop()
    over = await arriving.awaited(here, job)
    return success(await to_thread.run_sync(_received, here, place, job, upload, over))


def _received(here: Container, place: CollectionInfo, job: str, upload: Upload, over: bool) -> list[Json]:
    if not over:
        return [ragflow.unread(place.id, file.name, "RUNNING", "") for file in upload.files]
    found, lost = arriving.arrived(here, place.id, job)
    if not found and lost:
        raise Unreadable(f"{arriving.name_of(lost[0])}: {lost[0].reason}", hint="" if len(lost) == 1 else f"So did {len(lost) - 1} more.")
    failed = [ragflow.unread(place.id, arriving.name_of(item), "FAIL", item.reason) for item in lost]
    return [*map(ragflow.document, found), *failed]


@router.delete("/datasets/{ds}/documents")
def delete_documents(ds: str, body: IdsBody, here: Here, who: Caller) -> Json:
    """Hide the named documents at once: all of them are there, or none is hidden."""
    place = access.collection(here.catalogue, who, ds)
    found = [access.document(here.catalogue, who, place, one) for one in _named(body.ids, "documents")]
    access.collection(here.catalogue, who, place.id, Right.ADMIN)
    for info in found:
        here.catalogue.delete_document(info.id, who.id)
        here.trail.note(who.id, "document.delete", info.id)
    here.project()
    return success(None)


@router.post("/datasets/{ds}/chunks")
def parse_documents(ds: str, body: ParseBody, here: Here, who: Caller) -> Json:
    """Nothing is left to do: documents are read when they are sent. Says whether they are there."""
    place = access.collection(here.catalogue, who, ds)
    for one in _named(body.document_ids, "documents"):
        _there(here, who, place, one)
    return success(None)


def _there(here: Container, who: Principal, place: CollectionInfo, name: str) -> None:
    waiting = any(file["name"] == name for job in here.jobs.find(who) if job.collection_id == place.id for file in _sent(job.arguments))
    if not waiting:
        access.document(here.catalogue, who, place, name)


def _sent(arguments: Any) -> list[dict[str, str]]:
    return list(arguments.get("files", ()))


@router.put("/datasets/{ds}/documents/{doc:path}")
def update_document(ds: str, doc: str, body: DocumentBody, here: Here, who: Caller) -> Json:
    """Shows the document; the message says that nothing of it was changed."""
    place = access.collection(here.catalogue, who, ds)
    info = access.document(here.catalogue, who, place, doc)
    return success(ragflow.document(info), "" if body.name == info.name else NOT_KEPT)


def _named(ids: list[str], what: str) -> list[str]:
    if not ids:
        raise BadInput(f"No {what} are named.", hint="Send their ids; nothing is taken for all of them.")
    return list(dict.fromkeys(ids))
