"""API processes and a worker of `compose.yaml` on one PostgreSQL, Qdrant, Neo4j and Redis tell the demo's story by turns."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import demo
from api.client import Client
from api.demo.__main__ import ASKED, CORRECTION, NEIGHBOUR, OTHER_WORDS, WRONG, essence, fires
from tests import graph_server, redis_server
from tests.cluster import Cluster, around, send, upload

FILES = Path(demo.__file__).parent / "collection"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, postgres_server: str, neo4j_server: graph_server.Address) -> Iterator[Cluster]:
    with around(tmp_path_factory.mktemp("cluster"), postgres_server, neo4j_server) as cluster:
        started = [cluster.start(name) for name in ("api", "api", "worker")]
        cluster.ready(*started)
        yield cluster


@pytest.fixture(scope="module")
def clients(cluster: Cluster) -> Iterator[tuple[Client, Client]]:
    """Of the one and of the other API process."""
    key = cluster.admin()
    one, other = [service.url for service in cluster.running if service.port]
    with Client(one, key=key) as first, Client(other, key=key) as second:
        yield first, second


def test_the_demos_story_told_by_turns(clients: tuple[Client, Client]) -> None:
    one, other = clients
    one.create_collection("demo")
    files = [path for path in sorted(FILES.rglob("*")) if path.is_file()]
    job = send(one, "demo", [(str(path.relative_to(FILES)), path.read_bytes()) for path in files])
    read = other.wait_job(job)
    assert (read["state"], set(read["counts"])) == ("done", {"added"}), list(other.job_items(job))
    before, neighbour = other.ask(ASKED), one.ask(NEIGHBOUR)
    assert WRONG.removesuffix(".") in before["answer"]
    supersedes = [{"document": before["sources"][0]["document"], "quote": WRONG}]
    taught = one.teach({"question": ASKED, "answer": CORRECTION, "supersedes": supersedes}, collection="demo")
    for client, question in ((other, ASKED), (one, OTHER_WORDS), (other, OTHER_WORDS), (one, ASKED)):
        answer = client.ask(question)
        assert fires(answer, taught["id"]), (question, answer["answer"])
    assert essence(other.ask(NEIGHBOUR)) == essence(neighbour)
    assert one.answer(before["id"])["answer"] == before["answer"], "an answer of the other process"
    other.retract(taught["id"])
    assert essence(one.ask(ASKED)) == essence(before)
    assert essence(other.ask(ASKED)) == essence(before)


def test_what_one_process_was_taught_the_next_question_on_the_other_knows(clients: tuple[Client, Client]) -> None:
    one, other = clients
    one.create_collection("turns")
    for turn in range(10):
        teacher, asked = (one, other) if turn % 2 else (other, one)
        question, word = f"Who keeps the logbook of shift {turn} in hall {turn + 20}?", f"Warden {turn}"
        taught = teacher.teach({"question": question, "answer": f"{word} keeps it."}, collection="turns")
        answer = asked.ask(question, collections=["turns"])
        assert fires(answer, taught["id"])
        assert word in answer["answer"]
        teacher.retract(taught["id"])
        assert not fires(asked.ask(question, collections=["turns"]), taught["id"])


def test_commands_beside_it_read_files_of_their_machine(cluster: Cluster, clients: tuple[Client, Client], tmp_path: Path) -> None:
    (tmp_path / "valve.txt").write_text("The valve of the beam pipe is called Ypsilon-9.")
    ran = cluster.command("ingest", str(tmp_path), "-c", "commands", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["counts"] == {"added": 1}
    assert "Ypsilon-9" in clients[0].ask("What is the valve of the beam pipe called?", collections=["commands"])["answer"]


def test_jobs_whose_word_was_lost_are_done_all_the_same(cluster: Cluster, clients: tuple[Client, Client]) -> None:
    one, other = clients
    one.create_collection("flushed")
    done = threading.Event()

    def forget() -> None:
        while not done.is_set():
            redis_server.flush(cluster.broker)
            time.sleep(0.01)

    thread = threading.Thread(target=forget)
    thread.start()
    try:
        job = upload(one, "flushed", {f"note{at}": f"The pump of sector {at} was changed." for at in range(3)})
        time.sleep(0.5)
    finally:
        done.set()
        thread.join()
    read = other.wait_job(job)
    assert (read["state"], read["counts"]) == ("done", {"added": 3})
