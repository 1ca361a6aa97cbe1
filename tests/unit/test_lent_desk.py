"""A desk that agents keep for hours holds the data folder for moments."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.mcp.lent import LentDesk
from jitl.errors import Unavailable
from tests.terminal import eventually


class Counted:
    """Opens desks that wait in `search` until they are let."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.let = threading.Event()
        self.let.set()

    def __call__(self, stack):
        self.opened += 1
        stack.callback(self._close)
        return self

    def _close(self) -> None:
        self.closed += 1

    def search(self, question, k=10, **scope):
        assert self.let.wait(30)
        return {"hits": [], "notices": [question]}

    def ask_stream(self, question, **scope):
        yield "token", {"text": question}
        assert self.let.wait(30)
        yield "done", {}


def test_it_is_opened_when_needed_and_let_go_when_idle() -> None:
    counted = Counted()
    desk = LentDesk(counted, idle_s=0.05)
    assert (counted.opened, desk.held) == (0, False)
    assert desk.search("a")["notices"] == ["a"]
    eventually(lambda: not desk.held)
    assert (counted.opened, counted.closed) == (1, 1)
    desk.search("b")
    assert counted.opened == 2
    desk.close()
    assert counted.closed == 2


def test_a_call_under_way_keeps_it() -> None:
    counted = Counted()
    desk = LentDesk(counted, idle_s=0.0)
    events = desk.ask_stream("q")
    assert next(events) == ("token", {"text": "q"})
    assert desk.held
    assert desk.search("meanwhile")["notices"] == ["meanwhile"]
    assert (desk.held, counted.opened) == (True, 1)
    assert [name for name, _ in events] == ["done"]
    eventually(lambda: not desk.held)


def test_many_share_one() -> None:
    counted = Counted()
    desk = LentDesk(counted, idle_s=60)
    counted.let.clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(desk.search, str(n)) for n in range(8)]
        counted.let.set()
        assert sorted(one.result()["notices"][0] for one in asked) == [str(n) for n in range(8)]
    assert counted.opened == 1
    desk.close()
    assert counted.closed == 1


def test_calls_do_not_wait_for_one_that_closes() -> None:
    """Closing waits for others who use the folder through this process; that may take long."""
    counted, waiting = Counted(), threading.Event()

    def opened(stack):
        stack.callback(waiting.wait, 30)
        return counted(stack)

    desk = LentDesk(opened, idle_s=0.0)
    desk.search("a")
    eventually(lambda: counted.closed)
    assert desk.search("b")["notices"] == ["b"]
    waiting.set()
    desk.close()
    assert counted.closed == 2


def test_what_cannot_be_opened_is_tried_again() -> None:
    tries = []

    def opened(stack):
        tries.append(1)
        if len(tries) == 1:
            raise Unavailable("Not yet.")
        return Counted()

    desk = LentDesk(opened, idle_s=60)
    with pytest.raises(Unavailable):
        desk.search("a")
    assert desk.search("b")["notices"] == ["b"]
    desk.close()
