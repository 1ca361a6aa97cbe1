"""The REST API as Python calls: what the command line uses, and anyone's programs may: `Client("https://...", key="jitl_...")`.

Errors are those of `jitl.errors`, as the service raised them. Every call that can be repeated without harm is repeated
when the process that holds the data folder ends in between (see `api/holder.py`); teaching can, under its idempotency key.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self, TypedDict, Unpack, cast

import httpx

from api import replies, wire
from api.graph_calls import GraphCalls
from jitl.errors import Unavailable

TIMEOUT: Final = httpx.Timeout(300.0, connect=10.0)
POLL_S: Final = (0.05, 1.0)  # first and longest pause between two looks at a job
OVER: Final = frozenset({"done", "failed", "cancelled"})


class Scope(TypedDict, total=False):
    """What a question is asked of and as of when; what is left out does not limit."""

    collections: Sequence[str] | None
    as_of: str | None
    release: str | None
    run: int | None
    history: Sequence[str]  # of `ask` alone
    route: str | None  # of `ask` alone


class Client:
    """Talks to one service. Safe to use from several threads. Close it, or use it in a `with`."""

    def __init__(
        self,
        base_url: str = "http://jitl",
        *,
        key: str | None = None,
        person: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`person`: whom a key with the right `acts_for` acts for. `transport`: how to reach the service, if not by the URL."""
        headers = wire.given(**{"Authorization": key and f"Bearer {key}", "X-JITL-User": person})
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT, transport=transport, trust_env=transport is None)
        self.graph = GraphCalls(self)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- questions

    def ask(self, question: str, *, explain: bool = False, **scope: Unpack[Scope]) -> replies.AnswerReply:
        body = {"question": question, "explain": explain, **wire.given(**scope)}
        return cast("replies.AnswerReply", self._json("POST", wire.path("ask"), body))

    def ask_stream(self, question: str, *, explain: bool = False, **scope: Unpack[Scope]) -> Iterator[tuple[str, Any]]:
        """Events as they come: ("sources", {"sources", "notices"}), ("token", {"text"}) many times, ("done", the answer)."""
        body = {"question": question, "explain": explain, "stream": True, **wire.given(**scope)}
        extensions = {"repeatable": True, "streamed": True}
        with wire.reached(), self._http.stream("POST", wire.path("ask"), json=body, extensions=extensions) as response:
            for name, data in wire.events(wire.checked(response).iter_lines()):
                if name == "error":
                    raise wire.error_of(data)
                yield name, data

    def search(self, question: str, k: int = 10, **scope: Unpack[Scope]) -> replies.SearchReply:
        return cast("replies.SearchReply", self._json("POST", wire.path("search"), {"question": question, "k": k, **wire.given(**scope)}))

    def route(self, question: str, history: Sequence[str] | None = None) -> replies.RouteReply:
        return cast("replies.RouteReply", self._json("POST", wire.path("route"), {"question": question, **wire.given(history=history)}))

    def answer(self, answer: str) -> replies.AnswerReply:
        """An answer that was given to the caller, as it was."""
        return cast("replies.AnswerReply", self._json("GET", wire.path("answers", answer)))

    def feedback(self, answer: str, vote: Literal["up", "down"], reason: str = "") -> replies.VoteReply:
        """Thumbs on an answer; a second vote replaces the first."""
        return cast("replies.VoteReply", self._json("POST", wire.path("feedback"), {"answer": answer, "vote": vote, "reason": reason}))

    # --- corrections

    def teach(self, said: Mapping[str, Any], *, collection: str | None = None, key: str | None = None) -> replies.ReceiptReply:
        """`said`: the fields of a correction. `key`, or an `id` in it: the same and the same body again give the same reply."""
        body = {**said, **wire.given(collection=collection)}
        headers = {"Idempotency-Key": key or said.get("id") or str(uuid.uuid4())}
        return cast("replies.ReceiptReply", self._json("POST", wire.path("corrections"), body, headers=headers))

    def teach_many(
        self, lines: Iterator[Mapping[str, Any]], *, collection: str | None = None, batch: str | None = None
    ) -> Iterator[replies.TaughtReply]:
        """One reply a line, in order. Lines travel in windows: what a window acknowledged stays, whatever happens to the next.

        Every line needs an `id`, its idempotency key. `batch`: a UUID under which all of them can be taken back.
        """
        params = wire.given(collection=collection, batch=batch or str(uuid.uuid4()))
        for window in wire.windows(lines):
            headers = {"Content-Type": "application/x-ndjson"}
            response = self._send("POST", wire.path("corrections", "batch"), content=b"".join(window), params=params, headers=headers)
            told = [json.loads(line) for line in response.content.splitlines() if line.strip()]
            if len(told) != len(window):
                raise Unavailable("The service answered fewer lines than were taught.", hint="Teach the same file again: ids are kept.")
            yield from told

    def retract(self, correction: str) -> None:
        self._send("DELETE", wire.path("corrections", correction))

    def correction(self, correction: str) -> replies.CorrectionReply:
        return cast("replies.CorrectionReply", self._json("GET", wire.path("corrections", correction)))

    def corrections(
        self, *, collections: Sequence[str] | None = None, since: datetime | None = None, status: str | None = None
    ) -> Iterator[replies.CorrectionReply]:
        """Newest first."""
        params = wire.given(collection=collections, since=since and since.isoformat(), status=status)
        return self._pages(wire.path("corrections"), "corrections", "before", params)

    def review(self, correction: str, verdict: str) -> replies.CorrectionReply:
        """`verdict`: approve or refuse."""
        return cast(
            "replies.CorrectionReply", self._json("POST", wire.path("corrections", correction, "review"), {"verdict": verdict}, once=True)
        )

    # --- collections and documents

    def collections(self) -> list[replies.CollectionReply]:
        return cast("list[replies.CollectionReply]", self._json("GET", wire.path("collections"))["collections"])

    def collection(self, collection: str) -> replies.CollectionReply:
        return cast("replies.CollectionReply", self._json("GET", wire.path("collections", collection)))

    def create_collection(self, name: str, *, personal: bool = False) -> replies.CollectionReply:
        """`personal`: the caller's own, seen by nobody else; it is called `~caller:name`."""
        body = {"name": name} | ({"personal": True} if personal else {})
        return cast("replies.CollectionReply", self._json("POST", wire.path("collections"), body, once=True))

    def delete_collection(self, collection: str) -> None:
        self._send("DELETE", wire.path("collections", collection))

    def documents(self, collection: str) -> Iterator[replies.DocumentReply]:
        """By name."""
        return self._pages(wire.path("collections", collection, "documents"), "documents", "after", {"limit": 1000})

    def some_documents(self, collection: str, *, after: str = "", limit: int = 100) -> list[replies.DocumentReply]:
        """The first of them whose names come after `after`."""
        page = self._send("GET", wire.path("collections", collection, "documents"), params={"after": after, "limit": limit}).json()
        return cast("list[replies.DocumentReply]", page["documents"])

    def delete_document(self, collection: str, document: str) -> None:
        self._send("DELETE", wire.path("collections", collection, "documents", document))

    def source(self, document: str, *, collection: str | None = None, chunk: str | None = None) -> replies.SourceTextReply:
        """Its text; `chunk` asks where that passage stands in it."""
        params = wire.given(collection=collection, chunk=chunk)
        return cast("replies.SourceTextReply", self._send("GET", wire.path("documents", document, "source"), params=params).json())

    def ingest(self, paths: Sequence[Path], collection: str, *, records: bool = False, force: bool = False) -> str:
        """A job that reads files of the service's own machine; taken on the data folder's socket alone."""
        body = {"paths": [str(path) for path in paths], "collection": collection, "records": records, "force": force}
        return str(self._json("POST", wire.path("local", "ingest"), body)["job"])

    def upload(self, collection: str, paths: Sequence[Path], *, records: bool = False, force: bool = False) -> str:
        """Send files; a job reads them."""
        with ExitStack() as opened:
            files = [("file", (path.name, opened.enter_context(path.open("rb")))) for path in paths]
            data = {"records": str(records).lower(), "force": str(force).lower()}
            where = wire.path("collections", collection, "documents")
            return str(self._send("POST", where, once=True, files=files, data=data).json()["job"])

    # --- jobs

    def jobs(self, *, state: str | None = None, limit: int = 100) -> list[replies.JobReply]:
        """Newest first."""
        return cast(
            "list[replies.JobReply]", self._send("GET", wire.path("jobs"), params=wire.given(state=state, limit=limit)).json()["jobs"]
        )

    def job(self, job: str) -> replies.JobReply:
        return cast("replies.JobReply", self._json("GET", wire.path("jobs", job)))

    def job_items(self, job: str, *, status: str | None = None, after: int = 0) -> Iterator[replies.JobItemReply]:
        """What became of each document, in the order it was settled; those behind the one with the id `after`."""
        return self._pages(wire.path("jobs", job, "items"), "items", "after", wire.given(status=status, limit=10_000, after=after))

    def wait_job(self, job: str, watch: Callable[[replies.JobReply], None] = lambda _: None) -> replies.JobReply:
        """The job once it is over; `watch` is shown how it stands now and then."""
        pause, longest = POLL_S
        while True:
            found = self.job(job)
            watch(found)
            if found["state"] in OVER:
                return found
            time.sleep(pause)
            pause = min(pause * 1.4, longest)

    def cancel_job(self, job: str) -> None:
        self._send("POST", wire.path("jobs", job, "cancel"))

    def retry_job(self, job: str) -> None:
        self._send("POST", wire.path("jobs", job, "retry"), once=True)

    # --- keys and the service itself

    def keys(self) -> list[replies.KeyReply]:
        return cast("list[replies.KeyReply]", self._json("GET", wire.path("keys"))["keys"])

    def create_key(self, principal: str, **said: Any) -> replies.KeyReply:
        """`said`: name, roles, collections (name to right), rights, expires_at."""
        body = {"principal": principal, **wire.given(**said)}
        return cast("replies.KeyReply", self._json("POST", wire.path("keys"), body, once=True))

    def revoke_key(self, key: str) -> None:
        self._send("DELETE", wire.path("keys", key))

    def backup(self, file: Path) -> int:
        """Save SQL and sent files into a new file of the service's own machine; its size. On the data folder's socket alone."""
        return int(self._json("POST", wire.path("local", "backup"), {"file": str(file)}, once=True)["bytes"])

    def reindex(self) -> str:
        """A job that makes vectors and terms anew from SQL. On the data folder's socket alone."""
        return str(self._json("POST", wire.path("local", "reindex"), {})["job"])

    def status(self, *, probe: bool = False) -> replies.StatusReply:
        """`probe`: see now whether the models' endpoints are there; for admins."""
        return cast("replies.StatusReply", self._json("GET", wire.path("status"), params={"probe": "true"} if probe else None))

    # --- how

    def _json(
        self,
        method: str,
        where: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
    ) -> dict[str, Any]:
        """The JSON reply to a request; `once` as for `_send`. What has no method of its own is called with `call`."""
        sent: dict[str, Any] = {"params": params} if params else {}  # empty ones would take the address's own away
        if body is not None:
            sent |= {"content": wire.encode(body), "headers": {"Content-Type": "application/json", **(headers or {})}}
        return cast("dict[str, Any]", self._send(method, where, once=once, **sent).json())

    call = _json

    def call_lines(self, where: str, content: bytes | None, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """JSON lines in, JSON lines out as they come; None: there is nothing to send."""
        method, headers = ("GET", None) if content is None else ("POST", {"Content-Type": "application/x-ndjson"})
        extensions = {"repeatable": True, "streamed": True}
        with (
            wire.reached(),
            self._http.stream(method, where, content=content, params=params, headers=headers, extensions=extensions) as sent,
        ):
            yield from (json.loads(line) for line in wire.checked(sent).iter_lines() if line.strip())

    def call_text(self, where: str, params: Mapping[str, Any]) -> Iterator[str]:
        """A text as it comes, in pieces."""
        with wire.reached(), self._http.stream("GET", where, params=params, extensions={"repeatable": True, "streamed": True}) as sent:
            yield from wire.checked(sent).iter_text()

    def remove(self, where: str, params: Mapping[str, Any]) -> None:
        self._send("DELETE", where, params=params)

    def _send(self, method: str, where: str, *, once: bool = False, **sent: Any) -> httpx.Response:
        """`once`: not to be repeated when it is not known whether the service carried it out."""
        with wire.reached():
            return wire.checked(self._http.request(method, where, extensions={"repeatable": not once}, **sent))

    def _pages(self, where: str, what: str, cursor: str, params: Mapping[str, Any]) -> Iterator[Any]:
        at: Any = None
        while True:
            page = self._send("GET", where, params={**params, **wire.given(**{cursor: at})}).json()
            yield from page[what]
            at = page["next"]
            if at is None:
                return
