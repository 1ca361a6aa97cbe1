"""A wire between a client and a server that a test can cut, block and mend."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from tests.servers import free_port


class Wire:
    """Forwards a loopback port of its own to another; whole when it is made."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = free_port()
        self._open = threading.Event()
        self._open.set()
        self._ends: list[socket.socket] = []
        self._guard = threading.Lock()
        self._listener: socket.socket | None = None
        self.mend()

    def cut(self) -> None:
        """As a server that has ended: connections break off and new ones are refused."""
        listener, self._listener = self._listener, None
        if listener is not None:
            _end(listener)
        with self._guard:
            ends, self._ends = self._ends, []
        for end in ends:
            _end(end)

    def block(self) -> None:
        """As a server that hangs: connections stand, and nothing comes through."""
        self._open.clear()

    def mend(self) -> None:
        self._open.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        self.cut()
        self._open.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with self._guard:
                self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)
        _end(source)
        _end(sink)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
