"""How values look as JSON: the one form that REST returns, the command line prints and the store of answers keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback.amend import Deed
from feedback.inbox import Item
from feedback.lessons import Lesson
from feedback.preview import Forecast
from feedback.proposals import Proposal
from feedback.teaching import Clash
from feedback.vanished import Moved
from jitl.principals import is_personal
from jitl.sql.answers import KeptAnswer, Vote
from jitl.sql.catalogue import CollectionInfo
from jitl.sql.documents import DocumentInfo
from jitl.sql.duplicates import Duplicate
from jitl.sql.jobs import Job, JobItem
from jitl.sql.origins import Origin
from jitl.sql.people import KeyInfo, Person
from jitl.types import Answer, Candidate, CorrectionState, RankedHit, Route, SearchResult, Source

Json = dict[str, Any]


def answer(value: Answer, *, explain: bool = False) -> Json:
    """INTERFACE's answer; `candidates` only where they were asked for."""
    shown: Json = {
        "id": value.id,
        "question": value.question,
        "answer": value.text,
        "grounded": value.grounded,
        "route": route(value.route),
        "sources": [source(one) for one in value.sources],
        "correction": None if value.correction is None else fired(value.correction),
        "evidence_corrections": list(value.evidence_corrections),
        "notices": list(value.notices),
    } | _given(read_as=value.read_as, model=value.model)
    if explain:
        shown["candidates"] = [candidate(one) for one in value.candidates]
    return shown


def route(value: Route) -> Json:
    return {"label": value.label, "confidence": round(value.confidence, 6), "by": value.by} | _given(guess=value.guess)


def origin(value: Origin) -> Json:
    """A place that a collection is read from; `synced_at`: when it was last read whole."""
    synced = None if value.synced_at is None else value.synced_at.isoformat()
    return {"id": value.id, "address": value.address, "added_at": value.added_at.isoformat(), "synced_at": synced}


def duplicate(value: Duplicate) -> Json:
    return {"document": value.name, "document_id": value.id, "title": value.title, "date": value.date or None}


def lesson(value: Lesson) -> Json:
    shown: Json = {"id": value.id, "question": value.question, "label": value.label, "everyone": value.everyone}
    return shown | {"by": value.principal_id, "at": value.at.isoformat()}


def source(value: Source) -> Json:
    shown: Json = {"number": value.number, "kind": value.kind, "document": value.document, "chunk": value.chunk}
    shown |= {"title": value.title, "location": value.location, "quote": value.quote}
    return shown | _given(correction=value.correction, superseded_by=value.superseded_by, document_id=value.document_id)


def fired(value: Candidate) -> Json:
    """The correction that became the answer."""
    taught = value.correction
    return {"id": taught.id, "strength": str(value.strength), "author": taught.author, "at": taught.at.isoformat(), "status": taught.status}


def candidate(value: Candidate) -> Json:
    return {"correction": value.correction.id, "same": value.same, "dependent": value.dependent, "strength": str(value.strength)}


def search(value: SearchResult) -> Json:
    return {"hits": [hit(one) for one in value.hits], "notices": list(value.notices)}


def hit(value: RankedHit) -> Json:
    """Kind passage, graph or correction; `document` and `chunk` are null where a correction leads to none."""
    shown: Json = {"document": None, "chunk": None, "kind": value.kind, "score": value.score}
    if value.passage is not None:
        passage = value.passage
        shown |= {"document": passage.document, "chunk": passage.id, "title": passage.title, "location": passage.location.label}
        shown |= {"text": passage.text, "document_id": passage.document_id, "collection": passage.collection_id}
    if value.correction is not None:
        taught = value.correction
        shown |= {"correction": taught.id}
        if value.passage is None:
            shown |= {"title": taught.question, "location": "", "text": taught.answer, "collection": taught.collection_id}
    return shown | _given(superseded_by=value.superseded_by, path=list(value.path) or None, also=list(value.also) or None)


def correction(value: CorrectionState) -> Json:
    shown: Json = {"id": value.id, "seq": value.seq, "status": value.status, "collection": value.collection_id}
    shown |= {"question": value.question, "answer": value.answer, "subject": value.subject, "statement": value.statement}
    shown |= {"paraphrases": list(value.paraphrases), "author": value.author, "at": value.at.isoformat(), "confirmed": value.confirmed}
    limits = {"valid_from": value.valid_from and value.valid_from.isoformat(), "valid_to": value.valid_to and value.valid_to.isoformat()}
    shown |= limits | {"release": value.release, "runs": value.runs, "groups": list(value.groups)}
    return shown | {"version": value.version, "batch": value.batch}


def clash(value: Clash) -> Json:
    """What a correction contradicts; the words of the other one where it is told."""
    shown: Json = {"kind": value.kind, "correction": value.correction, "note": value.note}
    said = {name: getattr(value, name) for name in ("question", "answer", "author", "status")}
    return shown | {name: text for name, text in said.items() if text}


def proposal(value: Proposal) -> Json:
    """A sentence that may be wrong; `document` and `quote` go into `supersedes` as they are."""
    shown: Json = {"document": value.document, "quote": value.quote, "chunk": value.chunk, "title": value.title}
    return shown | {"location": value.location, "why": value.why, "likelihood": value.likelihood}


def moved(value: Moved) -> Json:
    """A mark without its sentence, and what stands there now."""
    shown: Json = {"correction": value.correction_id, "question": value.question, "answer": value.answer, "document": value.document}
    return shown | {"old": value.old, "new": value.new, "chunk": value.chunk, "similarity": value.similarity}


def deed(value: Deed) -> Json:
    """One line of a history."""
    shown: Json = {"seq": value.seq, "kind": value.kind, "at": value.at.isoformat(), "by": value.by}
    said = None if value.said is None else dict(value.said)
    return shown | _given(status=value.status, version=value.version, fields=list(value.fields) or None, said=said)


def forecast(value: Forecast) -> Json:
    """What a teaching would do."""
    changed = [
        {"answer": one.answer_id, "question": one.question, "at": one.at.isoformat(), "strength": one.strength} for one in value.changed
    ]
    return {
        "dry_run": True,
        "status": value.status,
        "conflicts": [clash(one) for one in value.conflicts],
        "supersedes": [proposal(one) for one in value.supersedes],
        "changes": {"count": value.changes, "looked_at": value.looked_at, "answers": changed},
    }


def collection(value: CollectionInfo) -> Json:
    shown: Json = {"id": value.id, "name": value.name, "documents": value.documents, "passages": value.passages}
    return shown | {"encoder": value.encoder, "created_at": value.created_at.isoformat(), "personal": is_personal(value.id)}


def document(value: DocumentInfo) -> Json:
    shown: Json = {"document": value.name, "id": value.id, "collection": value.collection_id, "title": value.title, "kind": value.kind}
    shown |= {"passages": value.passages, "metadata": dict(value.metadata)}
    return shown | {"published_at": value.published_at and value.published_at.isoformat()}


def job(value: Job) -> Json:
    """What is to be read is not shown: paths of this machine are the owner's business."""
    times = {name: moment and moment.isoformat() for name, moment in _times(value).items()}
    shown: Json = {"id": value.id, "kind": value.kind, "state": value.state, "collection": value.collection_id}
    shown |= {"progress": dict(value.progress), "counts": dict(value.counts), "attempts": value.attempts, "error": value.error}
    return shown | times | {"cancelling": value.cancel and value.state == "running"}


def ended(value: Job) -> Json:
    """How a job stands, at the head of what it found."""
    return {"job": value.id, "state": value.state, "progress": dict(value.progress), "error": value.error}


def item(value: JobItem) -> Json:
    shown: Json = {"id": value.id, "uri": value.uri, "status": value.status, "reason": value.reason}
    return shown | {"document_id": value.document_id, "chunks": value.chunks}


def key(value: KeyInfo) -> Json:
    shown: Json = {"id": value.id, "name": value.name, "principal": value.principal, "rights": sorted(value.rights)}
    times = {"created_at": value.created_at, "expires_at": value.expires_at, "revoked_at": value.revoked_at}
    return shown | {name: moment and moment.isoformat() for name, moment in times.items()}


def person(value: Person, names: Mapping[str, str]) -> Json:
    """`names` maps ids of collections to their names; what is not in it is shown by id."""
    held = {names.get(place, place): str(right) for place, right in value.grants.items()}
    return {
        "id": value.id,
        "name": value.name,
        "roles": sorted(value.roles),
        "collections": held,
        "suspended": value.suspended_at is not None,
    }


def kept(value: KeptAnswer) -> Json:
    return {**value.content, "id": value.id, "at": value.at.isoformat()}


def vote(value: Vote) -> Json:
    return {"answer": value.answer_id, "vote": value.vote, "reason": value.reason, "at": value.at.isoformat()}


def inbox_item(value: Item) -> Json:
    shown: Json = {"id": value.id, "question": value.question, "wordings": list(value.wordings), "asked": value.asked}
    shown |= {"disliked": value.disliked, "unanswered": value.unanswered, "answers": list(value.answers), "reasons": list(value.reasons)}
    return shown | {"collections": list(value.collections), "first": value.first.isoformat(), "last": value.last.isoformat()}


def _times(value: Job) -> Json:
    return {"created_at": value.created_at, "started_at": value.started_at, "finished_at": value.finished_at}


def _given(**values: Any) -> Json:
    return {name: value for name, value in values.items() if value is not None}
