"""The Qdrant server that tests talk to: a real one where `JITL_TEST_QDRANT_URL` names it, else a stand-in of ours over real HTTP.

The stand-in answers the REST paths that `jitl.adapters.qdrant` calls, by qdrant-client's local mode behind one lock (it is not
thread-safe). `python -m tests.qdrant_server PORT` runs it by itself.
"""

from __future__ import annotations

import json
import math
import operator
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models
from qdrant_client.http.models import CountRequest, CreateCollection, PointsList, PointsSelector, QueryRequest

Answer = Callable[[QdrantClient, str, bytes], object]


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def _create(client: QdrantClient, name: str, body: bytes) -> object:
    if client.collection_exists(name):
        raise Refused(409, f"Collection `{name}` already exists!")
    wanted = CreateCollection.model_validate_json(body)
    for vectors in wanted.vectors.values():  # local mode's cosine normalises what it holds again at every search, and so moves it
        assert vectors.distance is models.Distance.COSINE
        vectors.distance = models.Distance.DOT  # the same for unit vectors, which ours are
    return client.create_collection(name, wanted.vectors, wanted.sparse_vectors)


def _upsert(client: QdrantClient, name: str, body: bytes) -> object:
    return client.upsert(name, PointsList.model_validate_json(body).points)


def _delete(client: QdrantClient, name: str, body: bytes) -> object:
    chosen = TypeAdapter(PointsSelector).validate_json(body)
    if isinstance(chosen, models.FilterSelector):  # local mode deletes by a filter point by point, over all that there are
        found = client.scroll(name, chosen.filter, limit=10**6, with_payload=False)[0]
        chosen = models.PointIdsList(points=[point.id for point in found])
    return client.delete(name, chosen)


def _count(client: QdrantClient, name: str, body: bytes) -> object:
    return client.count(name, CountRequest.model_validate_json(body).filter)


def _query(client: QdrantClient, name: str, body: bytes) -> object:
    asked = QueryRequest.model_validate_json(body)
    query = asked.query.nearest if isinstance(asked.query, models.NearestQuery) else asked.query
    held = client.get_collection(name).config.params.vectors
    if isinstance(query, list) and len(query) != held[asked.using].size:
        raise Refused(400, f"Wrong input: Vector dimension error: expected dim: {held[asked.using].size}, got {len(query)}")
    dense = isinstance(query, list)
    found = client.query_points(
        name, query, using=asked.using, query_filter=asked.filter, limit=asked.limit, with_payload=False, with_vectors=dense
    )
    if dense:  # a product of matrices rounds by their shape, so by the other points: the server's does not
        for point in found.points:
            point.score = math.fsum(map(operator.mul, query, point.vector[asked.using]))
            point.vector = None
        found.points.sort(key=lambda point: -point.score)
    return found


ROUTES: dict[tuple[str, str], Answer] = {
    ("GET", "/exists"): lambda client, name, _: {"exists": client.collection_exists(name)},
    ("GET", ""): lambda client, name, _: client.get_collection(name),
    ("PUT", ""): _create,
    ("DELETE", ""): lambda client, name, _: client.delete_collection(name),
    ("PUT", "/index"): lambda *_: {"operation_id": 0, "status": "completed"},
    ("PUT", "/points"): _upsert,
    ("POST", "/points/delete"): _delete,
    ("POST", "/points/count"): _count,
    ("POST", "/points/query"): _query,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        try:
            status, said = 200, self._result(path, body)
        except Refused as refused:
            status, said = refused.status, {"status": {"error": str(refused)}, "time": 0.0}
        except ValueError as error:
            status, said = (404 if "not found" in str(error) else 400), {"status": {"error": str(error)}, "time": 0.0}
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815  # what the library looks for

    def _result(self, path: str, body: bytes) -> dict[str, Any]:
        if path == "/":
            return {"title": "a stand-in for qdrant", "version": "1.18.0"}
        found = re.fullmatch(r"/collections/([^/]+)(/.*)?", path)
        route = ROUTES.get((self.command, found[2] or "")) if found else None
        if path in ("/healthz", "/readyz"):
            return {}
        if route is None:
            raise Refused(404, f"the stand-in does not know {self.command} {path}")
        with self.server.guard:
            result = route(self.server.client, found[1], body)
        return {"result": result.model_dump(mode="json") if isinstance(result, BaseModel) else result, "status": "ok", "time": 0.0}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        self.client = QdrantClient(":memory:")
        self.guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)


@contextmanager
def standin() -> Iterator[str]:
    """Its URL."""
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="qdrant stand-in")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.client.close()


@contextmanager
def any_server() -> Iterator[str]:
    """URL of the real server, if there is one to test with, or of a stand-in."""
    real = os.environ.get("JITL_TEST_QDRANT_URL")
    if real:
        yield real
        return
    with standin() as url:
        yield url


if __name__ == "__main__":
    _Server(int(sys.argv[1])).serve_forever()
