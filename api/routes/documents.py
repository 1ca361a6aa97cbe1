"""Documents: sent in, listed, shown with the passage that an answer cites, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from api import access, arriving, render, uploads
from api.auth import Caller
from api.container import Container
from api.here import Here
from jitl.errors import BadInput, NotFound
from jitl.principals import Principal, Right
from jitl.sql.catalogue import CollectionInfo
from jitl.sql.documents import DocumentInfo

router = APIRouter(prefix="/v1", tags=["documents"])

_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "Documents or archives."},
                    "force": {"type": "string", "enum": ["true", "false"], "description": "Read again what has not changed."},
                    "records": {"type": "string", "enum": ["true", "false"], "description": "The files are JSON-lines records."},
                },
            },
            "example": {"file": ["paper.pdf"]},
        }
    },
}


@router.post("/collections/{c}/documents", status_code=202, openapi_extra={"requestBody": _FORM})
async def upload_documents(c: str, request: Request, here: Here, who: Caller) -> dict[str, str]:
    """Send documents or archives; a job reads them. 202 means that the files are safe here, not that they are read yet."""
    place = await to_thread.run_sync(access.importable, here.catalogue, who, c)
    if request.headers.get("content-type", "").startswith("application/json"):
        raise BadInput("Documents are not fetched from a URL here.", hint="Download the file and send it as multipart/form-data.")
    upload = await uploads.receive(request, here.blobs)
    try:
        job = await to_thread.run_sync(_keep, here, who, place, upload)
    finally:
        upload.drop()
    return {"job": job}


def _keep(here: Container, who: Principal, place: CollectionInfo, upload: uploads.Upload) -> str:
    if unknown := set(upload.fields) - {"force", "records"}:
        raise BadInput(f"The form has unknown fields: {', '.join(sorted(unknown))}.", hint="Known: file, force, records.")
    options = {name: upload.fields.get(name) == "true" for name in ("force", "records")}
    return arriving.submit(here, who, place.id, upload.files, **options)


@router.get("/collections/{c}/documents")
def list_documents(
    c: str,
    here: Here,
    who: Caller,
    after: Annotated[str, Query(max_length=1000, description="The last name of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Published documents by name; `next` is the `after` of the next page, null at the end."""
    place = access.collection(here.catalogue, who, c)
    found = here.catalogue.documents(place.id, after=after, limit=limit)
    following = found[-1].name if len(found) == limit else None
    return {"documents": [render.document(info) for info in found], "next": following}


@router.get("/collections/{c}/documents/{d:path}")
def show_document(c: str, d: str, here: Here, who: Caller) -> dict[str, Any]:
    """One document, by name or id."""
    place = access.collection(here.catalogue, who, c)
    return render.document(access.document(here.catalogue, who, place, d))


@router.delete("/collections/{c}/documents/{d:path}", status_code=204)
def delete_document(c: str, d: str, here: Here, who: Caller) -> Response:
    """Hide the document at once; what was stored of it is removed afterwards."""
    place = access.collection(here.catalogue, who, c)
    info = access.document(here.catalogue, who, place, d)
    access.collection(here.catalogue, who, place.id, Right.ADMIN)
    here.catalogue.delete_document(info.id, who.id)
    here.trail.note(who.id, "document.delete", info.id)
    here.project()
    return Response(status_code=204)


@router.get("/documents/{d:path}/source", response_model=None)
def show_source(
    d: str,
    here: Here,
    who: Caller,
    collection: Annotated[str | None, Query(max_length=200, description="Where several collections have a document of that name.")] = None,
    chunk: Annotated[str | None, Query(max_length=36, description="Mark this passage.")] = None,
    original: Annotated[bool, Query(description="The file as it was sent, where it is kept.")] = False,
) -> dict[str, Any] | Response:
    """The document's text; `passage` says which characters of it the chunk is."""
    place = None if collection is None else access.collection(here.catalogue, who, collection)
    info = access.document(here.catalogue, who, place, d)
    if original:
        return _original(here, info)
    shown = render.document(info) | {"text": here.catalogue.source(info.id).text, "passage": None}
    if chunk is not None:
        passage = here.catalogue.passages([chunk], [info.collection_id]).get(chunk)
        if passage is None or passage.document_id != info.id:
            raise NotFound("The document has no such passage now.", hint="It may have changed since; ask again.")
        where = passage.location
        shown["passage"] = {"chunk": chunk, "start": where.start, "end": where.end, "location": where.label}
    return shown


def _original(here: Container, info: DocumentInfo) -> Response:
    path = None if here.syncing.rules.pseudonyms(info.collection_id) else here.original(info)  # people in it have their names
    if path is None:
        raise NotFound("The original of this document is not kept.", hint="Without ?original=true its text is shown.")
    # Never shown in place: what a stranger wrote must not run under this service's address.
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'"}
    return FileResponse(path, media_type="application/octet-stream", filename=info.name.rsplit("/", 1)[-1], headers=headers)
