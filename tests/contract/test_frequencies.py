"""Document frequencies are exact at every instant, on every database."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitl.sql import frequencies as module
from jitl.sql.catalogue import Catalogue
from jitl.sql.engine import Database
from jitl.sql.frequencies import Frequencies, enliven, pack, unpack


@given(st.dictionaries(st.integers(0, 2**32 - 1), st.integers(1, 2**31)))
def test_packing_keeps_counts(counts: dict[int, int]) -> None:
    assert unpack(pack(counts)) == counts


def go_live(database: Database, change: str) -> None:
    with database.write() as connection:
        enliven(connection, change)


def test_staged_changes_are_unseen_until_they_live(database: Database) -> None:
    frequencies = Frequencies(database)
    change = frequencies.stage("c", {1: 2, 2: 1, 3: 0})
    assert frequencies.lookup([1, 2, 3], ["c"]) == ({}, 0)
    go_live(database, change)
    assert frequencies.lookup([1, 2, 3], ["c"]) == ({1: 2, 2: 1}, 0)
    assert frequencies.lookup([1, 2, 3], ["other"]) == ({}, 0)
    frequencies.fold()
    assert frequencies.lookup([1, 2, 3], ["c"]) == ({1: 2, 2: 1}, 0)
    go_live(database, frequencies.stage("c", {1: -2}))
    assert frequencies.lookup([1, 2], ["c"]) == ({2: 1}, 0)
    frequencies.fold()
    assert frequencies.lookup([1, 2], ["c"]) == ({2: 1}, 0)


def test_collections_add_up(database: Database) -> None:
    frequencies, catalogue = Frequencies(database), Catalogue(database)
    a, b = (catalogue.create_collection(name, "me").id for name in "ab")
    for collection in (a, b):
        go_live(database, frequencies.stage(collection, {1: 1, 2**32 - 1: 3}))
    frequencies.fold()
    assert frequencies.lookup([1, 2**32 - 1], [a, b]) == ({1: 2, 2**32 - 1: 6}, 0)
    assert frequencies.lookup([], [a]) == ({}, 0)
    assert frequencies.lookup([1], []) == ({}, 0)
    assert frequencies.lookup(range(30_000), [a]) == ({1: 1}, 0)


def test_dead_changes_are_forgotten_and_live_ones_folded_at_start(database: Database) -> None:
    frequencies = Frequencies(database)
    frequencies.stage("c", dict.fromkeys(range(2000), 1))
    go_live(database, frequencies.stage("c", {5: 1}))
    frequencies.recover()
    assert frequencies.lookup(range(2000), ["c"]) == ({5: 1}, 0)


def test_readers_see_the_same_numbers_while_folding(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLICE", 7)  # many steps
    frequencies = Frequencies(database)
    truth: dict[int, int] = {}
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            found, _ = frequencies.lookup(range(100), ["c"])
            if found != expected:
                wrong.append(found)

    for round_ in range(4):
        deltas = {term: (1 if round_ % 2 == 0 or term % 3 else -1) for term in range(100)}
        change = frequencies.stage("c", deltas)
        go_live(database, change)
        truth = {term: truth.get(term, 0) + delta for term, delta in deltas.items()}
        expected = {term: n for term, n in truth.items() if n > 0}
        stop.clear()
        readers = [threading.Thread(target=read) for _ in range(2)]
        folders = [threading.Thread(target=frequencies.fold, args=(change,)) for _ in range(2)]
        for thread in (*readers, *folders):
            thread.start()
        for thread in folders:
            thread.join()
        stop.set()
        for thread in readers:
            thread.join()
    assert wrong == []


def test_dying_within_a_fold_loses_and_doubles_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLICE", 10)
    frequencies = Frequencies(database)
    go_live(database, frequencies.stage("c", dict.fromkeys(range(35), 1)))
    steps = iter(range(2))
    step = Frequencies._fold_slice

    def dying(self: Frequencies, change: str) -> bool:
        next(steps)
        return step(self, change)

    monkeypatch.setattr(Frequencies, "_fold_slice", dying)
    with suppress(StopIteration):
        frequencies.fold()
    monkeypatch.undo()
    assert frequencies.lookup(range(35), ["c"])[0] == dict.fromkeys(range(35), 1)
    frequencies.recover()
    assert frequencies.lookup(range(35), ["c"])[0] == dict.fromkeys(range(35), 1)
