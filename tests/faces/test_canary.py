"""Nobody reads what they may not: a caller without rights on a collection walks every route with the ids of what is in it.

For each request there is a twin about things that never existed. The caller must get the same status and the same words for
both, and nothing of what is in the collection. A new route fails the test until it is walked too.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from api.ragflow import taught_id
from graph.community import Community, Member, Sentence
from graph.editions import Editions
from graph.facts import Kind
from jitl.principals import Role
from jitl.sql.staging import chunk_id
from tests.faces.conftest import Live, serve, wait_for_job
from tests.graphs import follow

CANARY = re.compile("canary", re.IGNORECASE)
QUESTION = "What is the canary watchword of the muon system?"
WAITING = "Who keeps the canary key of the laser hut?"


@dataclass(frozen=True)
class Things:
    """What a request may name: of the closed collection, or never made."""

    collection: str
    name: str
    document: str
    document_id: str
    chunk: str
    correction: str
    answer: str
    job: str
    key: str
    principal: str
    waiting: str  # a line of the inbox
    replay: str
    community: str
    entity: str  # a name in its documents
    shelf: str  # where RAGFlow's clients see its corrections


Probe = tuple[str, str, dict]
Walk = Callable[[Things], Iterator[Probe]]


def get(*paths: str) -> Walk:
    """GETs of addresses with the things' fields in braces."""

    def walk(things: Things) -> Iterator[Probe]:
        for path in paths:
            yield "GET", path.format(**vars(things)), {}

    return walk


def send(method: str, path: str, *bodies: dict) -> Walk:
    """The same with a JSON body, whose texts may hold fields in braces too; and once without any."""

    def walk(things: Things) -> Iterator[Probe]:
        for body in bodies or ({},):
            text = re.sub(r"<(\w+)>", lambda field: getattr(things, field[1]), json.dumps(body))
            headers = {"Content-Type": "application/json"}
            yield method, path.format(**vars(things)), {"content": text, "headers": headers} if bodies else {}

    return walk


def teach(things: Things) -> Iterator[Probe]:
    bodies = (
        {"question": QUESTION, "answer": "x", "collection": "<name>"},
        {"question": QUESTION, "answer": "x", "collection": "<collection>", "supersedes": [{"document": "<document>", "quote": "x"}]},
    )
    yield from send("POST", "/v1/corrections", *bodies)(things)
    yield from send("POST", "/v1/corrections?dry_run=true", *bodies, {"question": QUESTION, "answer": "x", "collection": "mine"})(things)
    for wrong in (things.answer, things.chunk):
        path = f"/v1/corrections?dry_run=true&wrong={wrong}"
        yield from send("POST", path, {"question": QUESTION, "answer": "x", "collection": "mine"})(things)


def upload(things: Things) -> Iterator[Probe]:
    for place in (things.collection, things.name):
        yield "POST", f"/v1/collections/{place}/documents", {"files": {"file": ("a.md", b"# A")}}


def upload_dataset(things: Things) -> Iterator[Probe]:
    for place in (things.collection, things.name):
        yield "POST", f"/api/v1/datasets/{place}/documents", {"files": {"file": ("a.md", b"# A")}}


def openai_walks(prefix: str) -> dict[tuple[str, str], Walk]:
    said = {"messages": [{"role": "user", "content": QUESTION}]}
    within = [said, *(said | {"jitl": {"collections": names}} for names in (["<name>"], ["<collection>"], ["mine", "<name>"]))]
    tools = {"tools": [{"type": "function", "function": {"name": "x"}}], "model": "xiwu-general"}
    return {
        ("POST", "/chat/completions"): send(
            "POST", f"{prefix}/chat/completions", *within, *(one | {"stream": True} for one in within), said | tools
        ),
        ("GET", "/models"): get(f"{prefix}/models"),
        ("GET", "/models/{model}"): get(f"{prefix}/models/xiwu-auto", f"{prefix}/models/{{name}}"),
        ("POST", "/embeddings"): send("POST", f"{prefix}/embeddings", {"input": QUESTION}),
    }


def batch(things: Things) -> Iterator[Probe]:
    for place in (things.collection, things.name):
        for how in ("", "&dry_run=true"):
            yield "POST", f"/v1/corrections/batch?collection={place}{how}", {"content": '{"id": "1", "question": "q", "answer": "a"}\n'}


ASKED = [{"question": QUESTION}, {"question": QUESTION, "collections": ["<name>"]}, {"question": QUESTION, "collections": ["<collection>"]}]
OPEN_WITH_MINE = {"question": QUESTION, "collections": ["mine", "<name>"]}

HEPAI_GETS = [
    *(f"/apiv2/worker/{what}" for what in ("list_workers", "models", "get_status", "refresh_all_workers")),
    *("/apiv2/worker_get_status", "/apiv2/agents/list_agents"),
]
HEPAI_WORKERS = [f"/apiv2/worker/{what}" for what in ("get_worker_info", "get_worker_status", "stop_worker")]


def called(path: str) -> Walk:
    """Functions by name, of a gate at that path."""

    def walk(things: Things) -> Iterator[Probe]:
        for function in ("ask", "search", "xiwu-auto/__call__"):
            yield from send("POST", f"{path}/{function}", *({"args": [], "kwargs": one} for one in (*ASKED, OPEN_WITH_MINE)))(things)
        chat = {"messages": [{"role": "user", "content": QUESTION}], "jitl": {"collections": ["<name>"]}}
        yield from send("POST", f"{path}/?model=xiwu-auto&function=chat_completions", {"kwargs": chat}, {"kwargs": {**chat, "jitl": {}}})(
            things
        )
        yield from send("POST", f"{path}/?model={{name}}&function={{document}}", {})(things)

    return walk


WALKS: dict[tuple[str, str], Walk] = {
    ("GET", "/v1/collections/{c}/sources"): get("/v1/collections/{collection}/sources", "/v1/collections/{name}/sources"),
    ("POST", "/v1/collections/{c}/sources"): lambda things: (
        probe
        for place in (things.collection, things.name)
        for probe in send("POST", f"/v1/collections/{place}/sources", {"address": "https://wiki.example.org/"}, {"address": "/etc"})(things)
    ),
    ("GET", "/v1/collections/{c}/duplicates"): get("/v1/collections/{collection}/duplicates", "/v1/collections/{name}/duplicates"),
    ("PUT", "/v1/collections/{c}/intake"): lambda things: (
        probe
        for place in (things.collection, things.name)
        for probe in send("PUT", f"/v1/collections/{place}/intake", {"pseudonyms": True})(things)
    ),
    ("DELETE", "/v1/collections/{c}/sources/{source}"): lambda things: (
        ("DELETE", f"/v1/collections/{place}/sources/{things.job}", {}) for place in (things.collection, things.name)
    ),
    ("POST", "/v1/collections/{c}/sync"): lambda things: (
        probe
        for place in (things.collection, things.name)
        for probe in send("POST", f"/v1/collections/{place}/sync", {}, {"sources": ["<job>"]})(things)
    ),
    ("POST", "/v1/ask"): send("POST", "/v1/ask", *ASKED, OPEN_WITH_MINE, *({**one, "explain": True, "stream": True} for one in ASKED)),
    ("POST", "/v1/compare"): send(
        "POST",
        "/v1/compare",
        *({**one, "routes": ["hep", "general"]} for one in (*ASKED, OPEN_WITH_MINE)),
        *({**one, "routes": ["hep"], "stream": True} for one in ASKED),
    ),
    ("GET", "/v1/usage"): get("/v1/usage", "/v1/usage?since=2020-01-01"),
    ("PUT", "/v1/usage/caps/{scope}/{name}"): lambda things: (
        probe
        for scope, name in (
            ("key", things.key),
            ("person", things.principal),
            ("collection", things.name),
            ("collection", things.collection),
        )
        for probe in send("PUT", f"/v1/usage/caps/{scope}/{name}", {"tokens": 1})(things)
    ),
    ("DELETE", "/v1/usage/caps/{scope}/{name}"): lambda things: (
        ("DELETE", f"/v1/usage/caps/{scope}/{name}", {}) for scope, name in (("key", things.key), ("collection", things.name))
    ),
    ("POST", "/v1/search"): send("POST", "/v1/search", *ASKED, OPEN_WITH_MINE, *({**one, "k": 200} for one in ASKED)),
    ("POST", "/v1/route"): send("POST", "/v1/route", {"question": QUESTION}),
    ("POST", "/v1/route/corrections"): send("POST", "/v1/route/corrections", {"question": QUESTION, "label": "hep"}),
    ("GET", "/v1/route/corrections"): get("/v1/route/corrections"),
    ("DELETE", "/v1/route/corrections/{lesson}"): send("DELETE", "/v1/route/corrections/{correction}"),
    ("POST", "/v1/corrections"): teach,
    ("POST", "/v1/corrections/batch"): batch,
    ("GET", "/v1/corrections"): get(
        "/v1/corrections", "/v1/corrections?collection={name}", "/v1/corrections?collection={collection}&status=approved"
    ),
    ("GET", "/v1/corrections/{correction}"): get("/v1/corrections/{correction}"),
    ("DELETE", "/v1/corrections/{correction}"): send("DELETE", "/v1/corrections/{correction}"),
    ("POST", "/v1/corrections/proposals"): send(
        "POST",
        "/v1/corrections/proposals",
        {"question": QUESTION, "answer": "x", "collection": "<name>"},
        {"question": QUESTION, "answer": "x", "collection": "<collection>", "wrong": "x"},
        {"question": QUESTION, "answer": "x", "collection": "mine", "wrong_answer": "<answer>"},
    ),
    ("POST", "/v1/corrections/fit"): send(
        "POST", "/v1/corrections/fit", {"collections": ["<name>"]}, {"collections": ["<collection>"], "dry_run": True}
    ),
    ("GET", "/v1/corrections/fit"): get("/v1/corrections/fit", "/v1/corrections/fit?collection={name}"),
    ("DELETE", "/v1/corrections/fit"): send("DELETE", "/v1/corrections/fit?collection={name}"),
    ("GET", "/v1/corrections/fit/{job}"): get("/v1/corrections/fit/{job}", "/v1/corrections/fit/{replay}"),
    ("GET", "/v1/corrections/review"): get("/v1/corrections/review", "/v1/corrections/review?collection={name}"),
    ("POST", "/v1/corrections/revert"): send(
        "POST", "/v1/corrections/revert", {"author": "<principal>"}, {"batch": "<correction>"}, {"author": "x", "batch": "x"}
    ),
    ("POST", "/v1/corrections/{correction}/marks"): send(
        "POST", "/v1/corrections/{correction}/marks", {"document": "<document>", "quote": "The password is known."}
    ),
    ("PATCH", "/v1/corrections/{correction}"): send(
        "PATCH", "/v1/corrections/{correction}", {"answer": "x"}, {"answer": "x", "version": 1}
    ),
    ("GET", "/v1/corrections/{correction}/history"): get("/v1/corrections/{correction}/history"),
    ("POST", "/v1/answers/{answer}/confirm"): send("POST", "/v1/answers/{answer}/confirm", {"collection": "<name>"}, {}),
    ("POST", "/v1/corrections/{correction}/review"): send("POST", "/v1/corrections/{correction}/review", {"verdict": "approve"}),
    ("GET", "/v1/answers/{answer}"): get("/v1/answers/{answer}"),
    ("POST", "/v1/feedback"): send("POST", "/v1/feedback", {"answer": "<answer>", "vote": "up"}),
    ("GET", "/v1/inbox"): get("/v1/inbox", "/v1/inbox?collection={name}", "/v1/inbox?collection={collection}&limit=1000"),
    ("POST", "/v1/inbox/{item}/dismiss"): send("POST", "/v1/inbox/{waiting}/dismiss"),
    ("POST", "/v1/replay"): send("POST", "/v1/replay", {"collections": ["<name>"]}, {"collections": ["<collection>"], "accept": True}),
    ("GET", "/v1/replay/{job}"): get("/v1/replay/{job}", "/v1/replay/{replay}"),
    ("POST", "/v1/fission"): send(
        "POST",
        "/v1/fission",
        {"collection": "<name>", "topic": QUESTION},
        {"collection": "<collection>", "document": "<document>"},
        {"collection": "mine", "document": "<document_id>"},
    ),
    ("GET", "/v1/fission/{job}"): get("/v1/fission/{job}", "/v1/fission/{replay}"),
    ("GET", "/v1/graph/entities"): get(
        "/v1/graph/entities",
        "/v1/graph/entities?q=can&limit=200",
        "/v1/graph/entities?q=canary&collection={name}",
        "/v1/graph/entities?collection=mine&collection={collection}",
    ),
    ("GET", "/v1/graph/neighbours"): get(
        "/v1/graph/neighbours?name={entity}",
        "/v1/graph/neighbours?name=muon+system",
        "/v1/graph/neighbours?name={entity}&collection={collection}",
    ),
    ("GET", "/v1/graph/path"): get(
        "/v1/graph/path?first={entity}&second={entity}",
        "/v1/graph/path?first=muon+system&second={entity}",
        "/v1/graph/path?first=muon+system&second=muon+system&collection={name}",
    ),
    ("GET", "/v1/graph/statements"): get(
        "/v1/graph/statements?name={entity}", "/v1/graph/statements?name={entity}&collection=mine&collection={name}"
    ),
    ("GET", "/v1/graph/communities"): get(
        "/v1/graph/communities", "/v1/graph/communities?level=1&limit=200", "/v1/graph/communities?collection={collection}"
    ),
    ("POST", "/v1/graph/communities"): send("POST", "/v1/graph/communities", {"collection": "<name>"}, {"collection": "<collection>"}),
    ("GET", "/v1/graph/communities/{community}"): get("/v1/graph/communities/{community}"),
    ("POST", "/v1/graph/extraction"): lambda things: (
        probe
        for dry_run in ("", "?dry_run=true")
        for probe in send(
            "POST", f"/v1/graph/extraction{dry_run}", {"collection": "<name>", "budget": 10}, {"collection": "<collection>", "budget": 10}
        )(things)
    ),
    ("GET", "/v1/graph/extraction/{job}"): get("/v1/graph/extraction/{job}", "/v1/graph/extraction/{replay}"),
    ("GET", "/v1/graph/export"): get(
        "/v1/graph/export", "/v1/graph/export?collection={name}", "/v1/graph/export?collection={collection}&least=2"
    ),
    ("GET", "/v1/exports/{form}"): get(
        *(f"/v1/exports/{form}" for form in ("sft", "dpo", "retrieval", "qa")),
        *(f"/v1/exports/{form}?collection={{{place}}}" for form in ("sft", "dpo", "retrieval", "qa") for place in ("name", "collection")),
    ),
    ("GET", "/v1/collections"): get("/v1/collections"),
    ("POST", "/v1/collections"): send("POST", "/v1/collections", {"name": "<name>"}),
    ("GET", "/v1/collections/{c}"): get("/v1/collections/{collection}", "/v1/collections/{name}"),
    ("DELETE", "/v1/collections/{c}"): send("DELETE", "/v1/collections/{name}"),
    ("POST", "/v1/collections/{c}/documents"): upload,
    ("GET", "/v1/collections/{c}/documents"): get("/v1/collections/{collection}/documents", "/v1/collections/{name}/documents?limit=1000"),
    ("GET", "/v1/collections/{c}/documents/{d}"): get(
        "/v1/collections/{name}/documents/{document}",
        "/v1/collections/{collection}/documents/{document_id}",
        "/v1/collections/mine/documents/{document_id}",
        "/v1/collections/mine/documents/{document}",
    ),
    ("DELETE", "/v1/collections/{c}/documents/{d}"): send("DELETE", "/v1/collections/{name}/documents/{document}"),
    ("GET", "/v1/documents/{d}/source"): get(
        "/v1/documents/{document}/source",
        "/v1/documents/{document_id}/source?original=true",
        "/v1/documents/{document}/source?collection={name}",
        "/v1/documents/{document_id}/source?collection=mine&chunk={chunk}",
        "/v1/documents/mine.md/source?chunk={chunk}",
    ),
    ("GET", "/v1/jobs"): get("/v1/jobs", "/v1/jobs?state=done&limit=1000"),
    ("GET", "/v1/jobs/{job}"): get("/v1/jobs/{job}"),
    ("GET", "/v1/jobs/{job}/items"): get("/v1/jobs/{job}/items"),
    ("POST", "/v1/jobs/{job}/retry"): send("POST", "/v1/jobs/{job}/retry"),
    ("POST", "/v1/jobs/{job}/cancel"): send("POST", "/v1/jobs/{job}/cancel"),
    ("POST", "/v1/local/ingest"): send("POST", "/v1/local/ingest", {"paths": ["/etc/hostname"], "collection": "<name>"}),
    ("POST", "/v1/local/backup"): send("POST", "/v1/local/backup", {"file": "/no/such/folder/jitl.tar.gz"}),
    ("POST", "/v1/local/reindex"): send("POST", "/v1/local/reindex"),
    ("POST", "/v1/keys"): send("POST", "/v1/keys", {"principal": "<principal>"}, {"principal": "x", "collections": {"<name>": "read"}}),
    ("GET", "/v1/keys"): get("/v1/keys"),
    ("DELETE", "/v1/keys/{key}"): send("DELETE", "/v1/keys/{key}"),
    ("GET", "/v1/principals"): get("/v1/principals"),
    ("PUT", "/v1/principals/{name}"): send("PUT", "/v1/principals/{principal}", {"collections": {"<name>": "read"}}),
    ("GET", "/api/v1/datasets"): get("/api/v1/datasets", "/api/v1/datasets?name={name}", "/api/v1/datasets?id={collection}"),
    ("POST", "/api/v1/datasets"): send("POST", "/api/v1/datasets", {"name": "<name>"}),
    ("DELETE", "/api/v1/datasets"): send("DELETE", "/api/v1/datasets", {"ids": ["<collection>"]}, {"ids": ["mine", "<name>"]}),
    ("GET", "/api/v1/datasets/{ds}/documents"): get(
        *(f"/api/v1/datasets/{place}/documents" for place in ("{collection}", "{name}", "mine")),
        "/api/v1/datasets/{collection}/documents?id={document_id}",
        "/api/v1/datasets/mine/documents?id={document_id}",
        "/api/v1/datasets/mine/documents?keywords=can",
    ),
    ("POST", "/api/v1/datasets/{ds}/documents"): upload_dataset,
    ("DELETE", "/api/v1/datasets/{ds}/documents"): lambda things: (
        probe
        for place in ("{name}", "mine")
        for probe in send("DELETE", f"/api/v1/datasets/{place}/documents", {"ids": ["<document_id>"]}, {"ids": ["<document>"]})(things)
    ),
    ("PUT", "/api/v1/datasets/{ds}/documents/{doc}"): lambda things: (
        probe
        for place in ("{collection}", "mine")
        for probe in send("PUT", f"/api/v1/datasets/{place}/documents/{{document_id}}", {"name": "x"})(things)
    ),
    ("POST", "/api/v1/datasets/{ds}/chunks"): lambda things: (
        probe
        for place in ("{collection}", "mine")
        for probe in send("POST", f"/api/v1/datasets/{place}/chunks", {"document_ids": ["<document_id>"]})(things)
    ),
    ("GET", "/api/v1/datasets/{ds}/documents/{doc}/chunks"): get(
        "/api/v1/datasets/{collection}/documents/{document_id}/chunks",
        "/api/v1/datasets/mine/documents/{document_id}/chunks",
        "/api/v1/datasets/mine/documents/mine.md/chunks?id={chunk}",
        "/api/v1/datasets/{name}/documents/{shelf}/chunks",
        "/api/v1/datasets/mine/documents/{shelf}/chunks",
    ),
    ("POST", "/api/v1/datasets/{ds}/documents/{doc}/chunks"): lambda things: (
        probe
        for place in ("{collection}/documents/{document_id}", "mine/documents/{document_id}", "mine/documents/{shelf}")
        for probe in send(
            "POST", f"/api/v1/datasets/{place}/chunks", {"content": "x", "questions": [QUESTION]}, {"content": "no questions"}
        )(things)
    ),
    ("PUT", "/api/v1/datasets/{ds}/documents/{doc}/chunks/{chunk}"): lambda things: (
        probe
        for place in ("{collection}/documents/{document_id}", "mine/documents/mine.md")
        for chunk in ("{chunk}", "{correction}")
        for probe in send("PUT", f"/api/v1/datasets/{place}/chunks/{chunk}", {"content": "x"})(things)
    ),
    ("DELETE", "/api/v1/datasets/{ds}/documents/{doc}/chunks"): lambda things: (
        probe
        for place in ("{collection}/documents/{document_id}", "mine/documents/mine.md")
        for probe in send("DELETE", f"/api/v1/datasets/{place}/chunks", {"chunk_ids": ["<correction>"]}, {"chunk_ids": ["<chunk>"]})(things)
    ),
    ("POST", "/api/v1/retrieval"): send(
        "POST",
        "/api/v1/retrieval",
        {"question": QUESTION, "similarity_threshold": 0},
        {"question": QUESTION, "dataset_ids": ["<collection>"]},
        {"question": QUESTION, "dataset_ids": ["mine", "<name>"]},
        {"question": QUESTION, "dataset_ids": ["mine"], "document_ids": ["<document_id>"]},
        {"question": QUESTION, "document_ids": ["<document_id>"]},
        {"question": QUESTION, "document_ids": ["<shelf>"]},
    ),
    **{(method, f"{prefix}{path}"): walk for prefix in ("/v1", "/apiv2") for (method, path), walk in openai_walks(prefix).items()},
    **{("GET", path): get(path) for path in HEPAI_GETS},
    **{("POST", path): send("POST", path, {"worker_id": "<collection>"}, {"model_name": "<name>"}) for path in HEPAI_WORKERS},
    **{("POST", path): send("POST", path, {}) for path in ("/apiv2/worker/shutdown", "/apiv2/shutdown_worker")},
    **{("POST", f"{path}/{{at}}"): called(path) for path in ("/apiv2/worker/unified_gate", "/apiv2/worker_unified_gate")},
    **{("POST", path): send("POST", path, {"api_key": "<key>"}) for path in ("/apiv2/key/verify_api_key", "/apiv2/verify_api_key")},
    ("GET", "/healthz"): get("/healthz"),
    ("GET", "/readyz"): get("/readyz"),
    ("GET", "/v1/status"): get("/v1/status"),
}


@pytest.fixture(scope="module")
def closed(tmp_path_factory) -> Iterator[tuple[Live, Things]]:
    """A service with a collection that is none of the caller's business, and everything there can be in it."""
    with serve(tmp_path_factory.mktemp("data")) as live:
        live.collection("canary-cage")
        live.collection("mine")
        admin = live.admin
        live.upload(admin, "mine", {"mine.md": "# Mine\n\nThe muon system has nine layers of resistive plate chambers."})
        page = "# Canary title\n\nThe canary watchword of the muon system is canary-4711.\n\n" + "Canary words follow. " * 200
        job = live.upload(admin, "canary-cage", {"canary/page.md": page, "canary-broken.pdf": b"%PDF-1.7 canary"})
        insider = live.person("canary-insider", Role.EXPERT, **{"canary-cage": "teach"})
        said = {"question": QUESTION, "answer": "It is canary-0815.", "statement": "Canary!", "collection": "canary-cage"}
        correction = insider.post("/v1/corrections", json=said).json()["id"]
        answer = insider.post("/v1/ask", json={"question": QUESTION}).json()
        assert CANARY.search(answer["answer"])
        insider.post("/v1/ask", json={"question": WAITING})
        liked = insider.post("/v1/ask", json={"question": "Which words follow on the page of the muon system?"}).json()["id"]
        insider.post("/v1/feedback", json={"answer": liked, "vote": "up", "reason": "canary"})
        replay = insider.post("/v1/replay", json={}).json()["job"]
        wait_for_job(insider, replay)
        assert CANARY.search(insider.get("/v1/exports/sft").text)
        hits = insider.post("/v1/search", json={"question": QUESTION}).json()["hits"]
        shown = insider.get("/v1/documents/canary/page.md/source").json()
        yield (
            live,
            Things(
                collection=shown["collection"],
                name="canary-cage",
                document="canary/page.md",
                document_id=shown["id"],
                chunk=next(hit["chunk"] for hit in hits if hit["chunk"]),
                correction=correction,
                answer=answer["id"],
                job=job["id"],
                key=insider.get("/v1/keys").json()["keys"][0]["id"],
                principal="canary-insider",
                waiting=next(item["id"] for item in insider.get("/v1/inbox").json()["items"] if item["question"] == WAITING),
                replay=replay,
                community=computed(live, shown["collection"]),
                entity="Canary title",
                shelf=taught_id(shown["collection"]),
            ),
        )


def computed(live: Live, place: str) -> str:
    """A community of the canary's names, as a refresh would write it; its id."""
    container = live.container
    follow(container.db, container.graph, place)
    chunks = [chunk_id(info.version_id, 0) for info in container.catalogue.documents(place)]
    editions, id_ = Editions(container.db), str(uuid.uuid4())
    edition = editions.begin(place, editions.base(place))
    member = Member("canary", "Canary", Kind.NAME, chunks)
    editions.add(edition, Community(id_, place, 0, None, 0, [member], [Sentence(None, [(chunks[0], 0, 40)])]))
    editions.switch(place, edition)
    return id_


def never_made() -> Things:
    ids = [str(uuid.uuid4()) for _ in range(9)]
    made = (ids[0], "no-such-cage", "nowhere/page.md", ids[1], ids[2], ids[3], ids[4], ids[5], ids[6], "no-such-person")
    return Things(*made, waiting=uuid.uuid4().hex, replay=ids[7], community=ids[8], entity="No such title", shelf=taught_id(ids[0]))


def callers(live: Live) -> dict[str, httpx.Client]:
    """Outsiders in every form of credential, from the weakest to the strongest that still has no right there."""
    front = live.key("front", all="read", rights=("acts_for",))
    live.key("outsider", Role.EXPERT, mine="teach")
    return {
        "no rights": live.person("nobody"),
        "reader of another": live.person("reader", mine="read"),
        "expert and owner of another": live.person("steward", Role.EXPERT, mine="admin", rights=("import",)),
        "front end for an outsider": live.client(front, {"X-JITL-User": "outsider"}),
        "front end, other header": live.client(front, {"X-OpenWebUI-User-Email": "outsider"}),
    }


def plain(reply: httpx.Response, things: Things) -> str:
    """The reply without what the caller said himself, and without what differs every time."""
    text = reply.text
    for field, value in sorted(vars(things).items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, f"<{field}>")
    text = text.replace(json.dumps(QUESTION)[1:-1], "<question>")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+Z]+|: ping - .*|\"(?:seq|created|last_heartbeat)\": ?\d+", "<now>", text)


def test_every_route_is_walked(closed: tuple[Live, Things]) -> None:
    live, _ = closed
    schema = live.client().get("/openapi.json").json()
    routes = {(method.upper(), path) for path, methods in schema["paths"].items() for method in methods}
    assert routes == set(WALKS), "walk the new routes too"


@pytest.mark.parametrize("route", WALKS, ids=" ".join)
def test_an_outsider_learns_nothing(closed: tuple[Live, Things], route: tuple[str, str]) -> None:
    live, things = closed
    other = never_made()
    for who, client in callers(live).items():
        for (method, path, more), (_, twin_path, twin_more) in zip(WALKS[route](things), WALKS[route](other), strict=True):
            reply, twin = client.request(method, path, **more), client.request(method, twin_path, **twin_more)
            assert reply.status_code == twin.status_code, (who, path, reply.text)
            assert not CANARY.search(plain(reply, things)), (who, path)
            if "correction" not in path:  # there each reply is a new one of the caller's own
                assert plain(reply, things) == plain(twin, other), (who, path)
            assert reply.status_code < 500


def test_what_is_closed_is_untouched(closed: tuple[Live, Things]) -> None:
    live, things = closed
    for walk in WALKS.values():
        for client in callers(live).values():
            for method, path, more in walk(things):
                client.request(method, path, **more)
    admin = live.admin
    assert admin.get(f"/v1/corrections/{things.correction}").json()["status"] == "approved"
    assert len(admin.get("/v1/corrections", params={"collection": "canary-cage"}).json()["corrections"]) == 1
    assert admin.get(f"/v1/collections/canary-cage/documents/{things.document}").status_code == 200
    assert live.container.answers.votes(things.answer) == []
    assert WAITING in [item["question"] for item in admin.get("/v1/inbox").json()["items"]]
    keys = {one["id"]: one["revoked_at"] for one in admin.get("/v1/keys").json()["keys"]}
    assert keys[things.key] is None


def test_the_insider_sees_it_all(closed: tuple[Live, Things]) -> None:
    """The walk names real things: with the right to read, they are there."""
    live, things = closed
    insider = live.client(live.container.people.create_key("canary-insider", by=things.key).secret)
    named = ("corrections/{correction}", "collections/{c}", "documents/{d}/source")
    drawn = tuple(f"graph/{what}" for what in ("entities", "neighbours", "communities", "communities/{community}", "export"))
    for route in (*named, *drawn):
        for method, path, more in list(WALKS["GET", f"/v1/{route}"](things))[:1]:
            reply = insider.request(method, path, **more)
            assert reply.status_code == 200, path
            assert CANARY.search(reply.text)
