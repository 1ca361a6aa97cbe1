"""What every index of passages must do. A backend joins by a factory in `BACKENDS`."""

from __future__ import annotations

import math
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from qdrant_client import QdrantClient

from jitl.adapters.edge import EdgeStore
from jitl.adapters.qdrant import QdrantStore
from jitl.errors import Busy, Conflict, Unavailable
from jitl.ports import Point
from tests import qdrant_server, servers

DIMENSION = 8
BACKENDS = ["edge", "qdrant"]


@pytest.fixture(scope="module")
def qdrant():
    with qdrant_server.any_server() as url:
        yield url


@pytest.fixture
def collection(qdrant):
    """A name on the server that is gone afterwards."""
    name = f"test-{uuid.uuid4()}"
    yield name
    with closing(QdrantClient(url=qdrant, check_compatibility=False)) as client:
        client.delete_collection(name)


@pytest.fixture(params=BACKENDS)
def backend(request):
    if request.param == "edge":
        return lambda path: EdgeStore(path / "index", DIMENSION)
    url, name = request.getfixturevalue("qdrant"), request.getfixturevalue("collection")
    return lambda _path: QdrantStore(url, DIMENSION, name=name)


@pytest.fixture
def store(backend, tmp_path):
    store = backend(tmp_path)
    yield store
    store.close()


def unit(rng: random.Random) -> np.ndarray:
    vector = np.array([rng.gauss(0, 1) for _ in range(DIMENSION)], np.float32)
    return vector / np.linalg.norm(vector)


def points(count: int, collection: str, seed: int = 0, *, dense: bool = True) -> list[Point]:
    rng = random.Random(f"{collection}{seed}")
    return [
        Point(
            str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            collection,
            unit(rng) if dense else None,
            {rng.randrange(2**32) if rng.random() < 0.1 else rng.randrange(50): rng.uniform(0.1, 2) for _ in range(12)},
        )
        for _ in range(count)
    ]


def by_hand(found: list[tuple[str, float]], expected: dict[str, float], limit: int) -> None:
    """The best of `expected`, by descending score, as exact as float32 allows."""
    best = sorted(expected.values(), reverse=True)[:limit]
    assert len(found) == len(best)
    assert len({key for key, _ in found}) == len(found)
    assert all(math.isclose(score, expected[key], rel_tol=1e-5, abs_tol=1e-6) for key, score in found)
    assert all(math.isclose(score, other, rel_tol=1e-5, abs_tol=1e-6) for (_, score), other in zip(found, best, strict=True))


def test_dense_search_is_exact_and_filtered(store):
    mine, others = points(300, "a"), points(300, "b")
    store.upsert([*mine, *others])
    vector = unit(random.Random(7))
    by_hand(store.search_dense(vector, ["a"], 20), {p.id: float(p.dense @ vector) for p in mine}, 20)
    by_hand(store.search_dense(vector, ["a", "b"], 20), {p.id: float(p.dense @ vector) for p in [*mine, *others]}, 20)


def test_sparse_search_is_exact_and_leaves_out_strangers(store):
    mine, others = points(300, "a"), points(300, "b")
    store.upsert([*mine, *others])
    question = {3: 1.5, 11: 0.25, 2**32 - 1: 2.0}
    scores = {p.id: sum(weight * p.sparse[term] for term, weight in question.items() if term in p.sparse) for p in mine}
    matching = {key: score for key, score in scores.items() if score}
    by_hand(store.search_sparse(question, ["a"], 1000), matching, 1000)
    by_hand(store.search_sparse(question, ["a"], 5), matching, 5)
    assert store.search_sparse({999_999: 1.0}, ["a", "b"], 10) == []
    assert store.search_sparse({}, ["a"], 10) == []


def test_no_collection_finds_nothing(store):
    store.upsert(points(10, "a"))
    assert store.search_dense(unit(random.Random(1)), [], 5) == []
    assert store.search_sparse({1: 1.0}, [], 5) == []
    assert store.search_dense(unit(random.Random(1)), ["unknown"], 5) == []


def test_a_point_without_a_vector_is_found_by_its_terms_alone(store):
    [bare] = points(1, "a", dense=False)
    store.upsert([bare])
    term = next(iter(bare.sparse))
    assert [key for key, _ in store.search_sparse({term: 1.0}, ["a"], 5)] == [bare.id]
    assert store.search_dense(unit(random.Random(1)), ["a"], 5) == []


def test_upsert_overwrites(store):
    [old] = points(1, "a")
    new = Point(old.id, "b", -old.dense, {5: 1.0})
    store.upsert([old])
    store.upsert([new])
    assert store.count() == 1
    assert store.search_dense(old.dense, ["a"], 5) == []
    [(key, score)] = store.search_dense(old.dense, ["b"], 5)
    assert key == old.id
    assert score == pytest.approx(-1, abs=1e-5)
    store.upsert([Point(old.id, "b", None, {5: 1.0})])
    assert store.search_dense(old.dense, ["b"], 5) == []


def test_among_chooses_from_named_points_with_the_same_scores(store):
    mine, others = points(300, "a"), points(50, "b")
    store.upsert([*mine, *others])
    vector, question = unit(random.Random(5)), {3: 1.5, 11: 0.25}
    some = [p.id for p in [*mine[:40], *others[:5]]]
    dense, sparse = dict(store.search_dense(vector, ["a"], 300)), dict(store.search_sparse(question, ["a"], 300))
    inside = set(some[:40])
    assert dict(store.search_dense(vector, ["a"], 100, among=some)) == {key: dense[key] for key in inside}
    assert dict(store.search_sparse(question, ["a"], 100, among=some)) == {key: sparse[key] for key in inside & sparse.keys()}
    assert store.search_dense(vector, ["a"], 100, among=[]) == []


def test_rights_hold_while_a_new_collection_comes(store):
    """Points of a collection that nobody asked for must not be seen, not even at the moment they arrive."""
    store.upsert(points(200, "a"))
    mine = {p.id for p in points(200, "a")}
    vector = unit(random.Random(6))
    with ThreadPoolExecutor(1) as pool:
        write = pool.submit(store.upsert, points(1000, "b"))
        while not write.done():
            assert {key for key, _ in store.search_dense(vector, ["a"], 300)} == mine
    store.delete_collection("b")
    assert {key for key, _ in store.search_dense(vector, ["a"], 300)} == mine


def test_a_search_without_a_filter_is_done_again_when_strangers_come_meanwhile(tmp_path, monkeypatch):
    store = EdgeStore(tmp_path / "index", DIMENSION)
    store.upsert(points(20, "a"))
    nearest = store._nearest

    def meanwhile(query, using, only, limit):
        if only is None:
            store.upsert(points(20, "b"))
        return nearest(query, using, only, limit)

    monkeypatch.setattr(store, "_nearest", meanwhile)
    found = store.search_dense(unit(random.Random(6)), ["a"], 100)
    assert {key for key, _ in found} == {p.id for p in points(20, "a")}
    store.close()


def test_delete_and_counts(store):
    a, b = points(450, "a"), points(30, "b")
    store.upsert([*a, *b])
    assert (store.count(), store.count("a"), store.count("b"), store.count("c")) == (480, 450, 30, 0)
    store.delete([a[0].id, str(uuid.uuid4())])
    assert store.count("a") == 449
    store.delete_collection("a")
    assert (store.count("a"), store.count("b")) == (0, 30)
    store.delete([])
    store.upsert([])


def test_scores_do_not_move_while_others_come_and_go(store):
    mine = points(500, "a")
    store.upsert(mine)
    vector, question = unit(random.Random(3)), {term: 1.0 + term / 7 for term in range(12)}

    def look():
        return sorted(store.search_dense(vector, ["a"], 500)), sorted(store.search_sparse(question, ["a"], 500))

    before = look()
    others = points(2000, "b")
    store.upsert(others)
    assert look() == before
    store.upsert(points(300, "a", seed=2))
    store.delete([p.id for p in points(300, "a", seed=2)])
    assert look() == before
    store.delete_collection("b")
    store.flush()
    assert look() == before


def test_written_points_are_there_after_reopening(backend, tmp_path):
    first = backend(tmp_path)
    mine = points(250, "a")
    first.upsert(mine)
    vector = unit(random.Random(9))
    before = first.search_dense(vector, ["a"], 250)
    first.flush()
    first.close()
    second = backend(tmp_path)
    assert sorted(second.search_dense(vector, ["a"], 250)) == sorted(before)
    second.close()


def test_threads_write_and_read_at_once(store):
    batches = [points(200, "a", seed=n) for n in range(6)]
    vector = unit(random.Random(4))
    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(store.upsert, batch) for batch in batches]
        reads = [pool.submit(store.search_dense, vector, ["a"], 10) for _ in range(40)]
        for future in [*writes, *reads]:
            future.result()
    assert store.count("a") == 1200


def test_a_second_holder_is_told_so(tmp_path):
    holder = EdgeStore(tmp_path / "index", DIMENSION)
    with pytest.raises(Busy):
        EdgeStore(tmp_path / "index", DIMENSION)
    holder.close()
    EdgeStore(tmp_path / "index", DIMENSION).close()


def test_trouble_of_the_store_is_ours_to_name(tmp_path):
    store = EdgeStore(tmp_path / "index", DIMENSION)
    with pytest.raises(Unavailable):
        store.search_dense(np.ones(3, np.float32), ["a"], 1)
    store.close()
    with pytest.raises(Unavailable):
        store.count()


def test_trouble_of_the_server_is_ours_to_name(qdrant, collection):
    away = QdrantStore(f"http://127.0.0.1:{servers.free_port()}", DIMENSION)  # opening it is no trouble yet
    with closing(away), pytest.raises(Unavailable, match="does not answer"):
        away.count()
    store = QdrantStore(qdrant, DIMENSION, name=collection)
    with pytest.raises(Unavailable, match="dim"):
        store.search_dense(np.ones(3, np.float32), ["a"], 1)
    with closing(QdrantStore(qdrant, DIMENSION + 1, name=collection)) as other, pytest.raises(Conflict, match="another model"):
        other.count()
    store.close()
    with pytest.raises(Unavailable):
        store.count()


def test_many_who_come_first_make_one_collection(qdrant, collection):
    stores = [QdrantStore(qdrant, DIMENSION, name=collection) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(store.upsert, points(20, "a", seed=at)) for at, store in enumerate(stores)]:
            done.result()
    assert [store.count("a") for store in stores] == [120] * 6
    for store in stores:
        store.close()


def test_a_collection_that_was_lost_is_made_anew(qdrant, collection):
    with closing(QdrantStore(qdrant, DIMENSION, name=collection)) as store:
        store.upsert(points(20, "a"))
        with closing(QdrantClient(url=qdrant, check_compatibility=False)) as client:
            client.delete_collection(collection)
        with pytest.raises(Unavailable):
            store.count()
        assert store.count() == 0
        store.upsert(points(20, "a"))
        assert store.count() == 20
