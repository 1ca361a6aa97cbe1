"""Workers, API processes and the broker are killed again and again while documents are read: in the end nothing tells of it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.client import Client
from api.jobs import LEASE_S
from jitl.errors import Conflict, JitlError
from jitl.sql.engine import Database
from jitl.sql.tables import chunks, collections, documents, frequencies, frequency_changes, jobs, outbox, version_texts, versions
from tests import graph_server, redis_server
from tests.cluster import Cluster, Service, around, send, upload
from tests.data import corpora
from tests.terminal import eventually

KILLS = int(os.environ.get("JITL_TEST_KILLS", "200"))
FILES = int(os.environ.get("JITL_TEST_FILES", "1000"))
FILES_A_JOB = 12
WORKERS = 3

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]


@pytest.fixture
def cluster(tmp_path: Path, postgres_server: str, neo4j_server: graph_server.Address) -> Iterator[Cluster]:
    with around(tmp_path, postgres_server, neo4j_server) as cluster:
        cluster.ready(*[cluster.start(name) for name in ("api", "api", *["worker"] * WORKERS)])
        yield cluster


@pytest.fixture
def key(cluster: Cluster) -> str:
    return cluster.admin()


def working(cluster: Cluster, job: str) -> Service:
    """The living worker that has the job in hand, and did some of it."""
    wanted = jobs.select().with_only_columns(jobs.c.owner, jobs.c.progress).where(jobs.c.id == job)
    with closing(Database(cluster.database)) as db:

        def holder() -> Service | None:
            with db.read() as connection:
                owner, progress = connection.execute(wanted).one()
            if owner is None or not progress.get("done"):
                return None
            return next((one for one in cluster.running if one.process.pid == int(owner.split()[1]) and one.alive), None)

        return eventually(holder)


def test_a_worker_that_is_told_to_end_or_killed_leaves_its_job_to_another(cluster: Cluster, key: str) -> None:
    notes = {f"note{at}": f"Note {at}. The pump of sector {at % 17} was changed in week {at % 52}." for at in range(2000)}
    with Client(cluster.running[0].url, key=key) as one, Client(cluster.running[1].url, key=key) as other:
        one.create_collection("killed")
        job = upload(one, "killed", notes)
        first = working(cluster, job)
        assert first.stop() == 0, first.said
        working(cluster, job).kill()
        start = time.monotonic()
        working(cluster, job)
        assert time.monotonic() - start < LEASE_S, "nobody waits for the lease of one who is gone"
        read: Any = other.wait_job(job)
        assert (read["state"], read["counts"]) == ("done", {"added": len(notes)})
        assert sorted(found["document"] for found in one.documents("killed")) == sorted(notes)


def stands(db: Database, place: str) -> dict[str, Any]:
    """All that SQL holds of a collection, but for ids that name it."""
    d, v, c, t, f = documents.c, versions.c, chunks.c, version_texts.c, frequencies.c
    here = d.collection_id == place
    shown = documents.join(versions, v.id == d.version_id)
    wanted = {
        "documents": sa.select(d.name, v.digest, v.passages, v.state).select_from(shown).where(here),
        "texts": sa.select(d.name, t.ordinal, t.text).select_from(shown.join(version_texts, t.version_id == v.id)).where(here),
        "chunks": sa.select(d.name, c.ordinal, c.text).select_from(shown.join(chunks, c.version_id == v.id)).where(here),
        "frequencies": sa.select(f.term, f.passages).where(f.collection_id == place),
        "counted": sa.select(collections.c.passages, collections.c.documents).where(collections.c.id == place),
        "left over": sa.select(v.id).where(v.collection_id == place, v.state != "published"),
    }
    with db.read() as connection:
        return {what: sorted(tuple(row) for row in connection.execute(statement)) for what, statement in wanted.items()}


def test_random_kills_leave_what_a_clean_run_leaves(cluster: Cluster, key: str) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}, {KILLS} kills")
    rng = random.Random(seed)
    files = [path for path in sorted(corpora().rglob("*")) if path.is_file() and path.stat().st_size < 2_000_000]
    files = rng.sample(files, min(FILES, len(files)))
    loads = [
        [(str(path.relative_to(corpora())), path.read_bytes()) for path in files[at : at + FILES_A_JOB]]
        for at in range(0, len(files), FILES_A_JOB)
    ]
    apis, workers = cluster.running[:2], cluster.running[2:]
    with ExitStack() as stack:
        client = stack.enter_context(Client(apis[0].url, key=key))
        clean = client.create_collection("clean")["id"]
        for job in [send(client, "clean", load) for load in loads]:
            assert client.wait_job(job)["state"] == "done"

        def again(services: list[Service], name: str) -> None:
            at = rng.randrange(len(services))
            rng.choice((services[at].kill, services[at].kill, services[at].stop))()
            services[at] = cluster.start(name)
            if name == "api":
                cluster.ready(services[at])

        troubles: list[Callable[[], object]] = [
            lambda: again(workers, "worker"),
            lambda: again(workers, "worker"),
            lambda: again(apis, "api"),
            lambda: redis_server.flush(cluster.broker),
        ]
        killed = 0
        turn = 0
        while killed < KILLS:
            turn += 1
            name = f"kills{turn}"
            waiting = []
            for load in loads:
                waiting.append(_sent(apis, key, name, load))
                if killed < KILLS and rng.random() < 0.8:
                    rng.choice(troubles)()
                    killed += 1
            while (left := [job for job in waiting if not _over(apis, key, job)]) and killed < KILLS:
                time.sleep(rng.uniform(0, 3))
                rng.choice(troubles)()
                killed += 1
            cluster.ready(*apis, *workers)
            with Client(apis[0].url, key=key) as last:
                for job in left:
                    assert last.wait_job(job)["state"] == "done", last.job(job)
                place = next(one["id"] for one in last.collections() if one["name"] == name)
            _same(cluster, clean, place)


def _sent(apis: list[Service], key: str, name: str, load: list[tuple[str, bytes]]) -> str:
    """By whichever API process lives; who does not know whether it was taken sends it again."""
    until = time.monotonic() + 120
    while True:
        for api in apis:
            try:
                with Client(api.url, key=key) as client:
                    with suppress(Conflict):
                        client.create_collection(name)
                    return send(client, name, load)
            except (JitlError, httpx.HTTPError):
                assert time.monotonic() < until
        time.sleep(0.2)


def _over(apis: list[Service], key: str, job: str) -> bool:
    for api in apis:
        try:
            with Client(api.url, key=key) as client:
                return client.job(job)["state"] not in ("queued", "running")
        except (JitlError, httpx.HTTPError):
            continue
    return False


def _same(cluster: Cluster, clean: str, place: str) -> None:
    with closing(Database(cluster.database)) as db:

        def settled() -> bool:
            with db.read() as connection:
                rows = [sa.select(sa.func.count()).select_from(table) for table in (outbox, frequency_changes)]
                return not any(connection.scalar(row) for row in rows)

        eventually(settled, 180)
        expected, found = stands(db, clean), stands(db, place)
        for what, value in expected.items():
            assert found[what] == value, what
        assert found["left over"] == []
        points = [_points(cluster, one) for one in (clean, place)]
        assert points[0] == points[1] == found["counted"][0][0]


def _points(cluster: Cluster, place: str) -> int:
    body = {"filter": {"must": [{"key": "collection", "match": {"any": [place]}}]}, "exact": True}
    reply = httpx.post(f"{cluster.vectors}/collections/{cluster.index}/points/count", json=body, trust_env=False, timeout=60)
    return int(reply.json()["result"]["count"])
