"""One process holds a data folder. Whoever does, server or command, serves the same application on the folder's socket.

A command that finds the folder held talks to its holder; one that finds it free holds it while it runs. When the holder
ends in between, cleanly or killed, the next request finds out, and the command that made it goes on by itself.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from api.folder import FolderLock, holding, prepare
from api.serving import Serving, Traffic
from api.socket import NAME, SocketPath, answers, listen, withdraw
from jitl.errors import Busy, Unavailable

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

WAIT_S: Final = 60.0  # for a holder that neither answers nor ends
PATIENT_S: Final = 2.0  # before people are told that we wait
TRIES: Final = 5
GRACE_S: Final = 15.0

Say = Callable[..., None]
"""Tells a person how things stand: a key of the message table and its values."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a holder serves: `inside` on the folder's socket, where every caller is the owner, `outside` on TCP."""

    inside: ASGIApp
    outside: ASGIApp
    resume: Callable[[], None]  # go on with jobs that an earlier process left
    busy: Callable[[], bool]  # whether jobs wait or run that were asked for in this process's time
    first_key: Callable[[], str | None]  # an admin's, where no key was ever made
    close: Callable[[], None]
    announce: Callable[[], None] = lambda: None  # the service answers on TCP: tell others who should know


Open = Callable[[Path], Service]


def silent(_key: str, **_values: object) -> None:
    """For callers that tell nobody."""


def open_service(folder: Path) -> Service:
    """The real one, on everything the folder keeps."""
    from api.app import create_app  # a command that finds a holder needs none of it
    from api.auth import as_owner
    from api.container import Container
    from jitl.settings import load_settings

    container = Container.build(load_settings(folder))
    app = create_app(container)
    return Service(
        inside=as_owner(app),
        outside=app,
        resume=container.resume,
        busy=container.busy,
        first_key=container.people.create_first_admin,
        close=container.close,
        announce=container.registration.start,
    )


class Holder:
    """The hold of this process on a folder: the lock, the service, the socket, taken in that order and given back in reverse."""

    def __init__(self, folder: Path, lock: FolderLock, service: Service, serving: Serving, traffic: Traffic, mask: int) -> None:
        """Use `take`."""
        self._mask = mask
        self._folder = folder
        self._lock = lock
        self._serving = serving
        self._traffic = traffic
        self.service = service

    @classmethod
    def take(cls, folder: Path, *, door: socket.socket | None = None, opened: Open = open_service) -> Holder | None:
        """None where another process holds the folder. `door`: a TCP socket to serve as well.

        Until `close`, files that this process makes are its owner's alone.
        """
        prepare(folder)
        lock = FolderLock(folder)
        if not lock.take():
            return None
        mask = os.umask(0o077)
        service: Service | None = None
        try:
            service = opened(folder)
            traffic = Traffic(service.inside)
            doors: list[tuple[ASGIApp, socket.socket]] = [(traffic, listen(folder))]
            if door is not None:
                doors.append((service.outside, door))
            serving = Serving(doors, grace_s=GRACE_S)
            serving.start()
        except BaseException:
            withdraw(folder)
            if service is not None:
                service.close()
            lock.release()
            os.umask(mask)
            raise
        return cls(folder, lock, service, serving, traffic, mask)

    def note(self, address: str) -> None:
        """Tell others where this process serves TCP."""
        self._lock.note(address)

    @property
    def socket(self) -> Path:
        return self._folder / NAME

    @property
    def alive(self) -> bool:
        return self._serving.alive

    @property
    def wanted(self) -> bool:
        """Whether others still wait for something here: a request under way, a job."""
        return self._traffic.active > 0 or self.service.busy()

    def close(self) -> None:
        """Requests under way are answered; jobs stop where they are and go on with the next holder that resumes them."""
        withdraw(self._folder)
        self._serving.close()
        self.service.close()
        self._lock.release()
        os.umask(self._mask)


class FolderTransport(httpx.BaseTransport):
    """Sends requests to whoever holds the folder, becoming the holder where nobody does.

    A request whose holder ended is sent again if it says of itself (`extensions["repeatable"]`) that this does no harm.
    Safe to use from several threads.
    """

    def __init__(self, folder: Path, say: Say = silent, *, resume: bool = False, opened: Open = open_service) -> None:
        """`resume`: as a holder, go on with the jobs that an earlier process left."""
        self._folder = folder
        self._say = say
        self._resume = resume
        self._opened = opened
        self._guard = threading.Lock()
        self._line: httpx.HTTPTransport | None = None
        self._path: SocketPath | None = None
        self._closed = False
        self.holder: Holder | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(TRIES):
            line = self._connected()
            try:
                return _whole(request, line.handle_request(request))
            except httpx.ConnectError:
                self._drop(line)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
                self._drop(line)
                if not request.extensions.get("repeatable"):
                    message = "The process that held the data folder ended during the request; whether it was carried out is not known."
                    raise Unavailable(message, hint="Look before you repeat it.") from error
        raise Unavailable(f"No process keeps holding {self._folder}.", hint="Run `jitl doctor`.")

    def close(self) -> None:
        """Others whom this process serves are waited for."""
        with self._guard:
            self._closed = True  # a thread that still wants to ask must not hold the folder anew
            self._hang_up()
            if self.holder is not None:
                try:
                    self._wait_for_others(self.holder)
                finally:
                    self.holder.close()
                    self.holder = None

    def _connected(self) -> httpx.HTTPTransport:
        with self._guard:
            if self._closed:
                raise Unavailable("This client is closed.")
            if self._line is None:
                if self.holder is None:
                    self._reach()
                self._path = SocketPath(self._folder)
                # A bare context: the default one reads every certificate of the machine.
                self._line = httpx.HTTPTransport(uds=self._path.text, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
            return self._line

    def _drop(self, line: httpx.HTTPTransport) -> None:
        """The line is dead; whoever notices first hangs up."""
        with self._guard:
            if self._line is line:
                self._hang_up()
                if self.holder is None:
                    self._say("holder_ended")

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._path is not None:
            self._path.close()
            self._path = None

    def _reach(self) -> None:
        """Return when somebody answers on the socket, be it this process."""
        started, told, pause = time.monotonic(), False, 0.01
        while not answers(self._folder):
            self.holder = Holder.take(self._folder, opened=self._opened)
            if self.holder is not None:
                if self._resume:
                    self.holder.service.resume()
                return
            waited = time.monotonic() - started
            other = holding(self._folder)
            pid = other.pid if other else "?"
            if waited > WAIT_S:
                raise Busy(f"Process {pid} holds {self._folder} and does not answer.", hint="Wait for it or end it, then try again.")
            if waited > PATIENT_S and not told:
                self._say("waiting_for_holder", pid=pid, folder=self._folder)
                told = True
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)

    def _wait_for_others(self, holder: Holder) -> None:
        started, told = time.monotonic(), False
        while holder.alive and holder.wanted:
            if not told and time.monotonic() - started > 0.5:  # our own last request may need a moment to end
                self._say("others_use_folder")
                told = True
            time.sleep(0.02)


def _whole(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """The response with its body read, so that one cut short fails here, where it can be repeated; streams stay streams."""
    if request.extensions.get("streamed"):
        return response
    assert isinstance(response.stream, httpx.SyncByteStream)
    try:
        body = b"".join(response.stream)
    finally:
        response.close()
    return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(body), extensions=response.extensions)
