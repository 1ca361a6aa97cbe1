"""The service as a worker of a HepAI controller: announced, kept announced, taken off when it ends.

The heartbeat is the announcement itself, so a controller that was restarted knows the worker again after one beat. The controller
sends the key that it was given with every request; what that key may read is what the controller's users are answered from.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from api import hepai
from api.chores import Chore, Chores
from api.parts import DEGRADED, READY, Part
from jitl.errors import JitlError, Unavailable
from jitl.principals import Principal

if TYPE_CHECKING:
    from jitl.settings import Settings
    from jitl.sql.people import People

log = logging.getLogger(__name__)

NAME: Final = "hepai"
TIMEOUT_S: Final = 5.0
REGISTER, STOP = "/worker/register_worker", "/worker/stop_worker"


class Registration:
    """Does nothing unless a controller is configured. Safe to call from several threads."""

    def __init__(self, settings: Settings, people: People) -> None:
        self._settings = settings
        self._people = people
        self.permissions = hepai.permissions(settings.hepai_permissions)
        self._known = False  # the controller's last word was yes
        self._asked_to_stop = False
        self._problem: JitlError | None = None
        self._chores = Chores([Chore(NAME, settings.hepai_heartbeat_s, self.beat)])

    def start(self) -> None:
        if self._settings.hepai_controller is not None:
            self._chores.start()

    def close(self) -> None:
        """Tells the controller that the worker is gone, if it knows it."""
        self._chores.close()
        if self._known:
            try:
                self._post(STOP, {"worker_id": self.id, "permanent": False})
            except Unavailable as error:
                log.warning("The HepAI controller was not told that the service ends: %s", error)
            self._known = False

    @property
    def id(self) -> str:
        return hepai.worker_id(self._settings.public_url or "")

    def beat(self) -> None:
        """Announce the service once. What goes wrong is told by `parts`, and once in the log."""
        if self._asked_to_stop:
            return
        try:
            self._post(REGISTER, self._announced())
        except JitlError as error:
            if self._problem is None or self._problem.message != error.message:
                log.warning("Not registered with the HepAI controller: %s", error)
            self._problem, self._known = error, False
        else:
            if not self._known:
                log.info("registered with the HepAI controller as %s", self.id)
            self._problem, self._known = None, True

    def may_stop(self, who: Principal) -> bool:
        """An admin, or the controller itself: whoever holds the key that it was given."""
        return who.is_admin or (who.key_id is not None and who.key_id == self._key_id())

    def stop(self) -> None:
        """The controller has let the worker go: no more announcements until the service starts again. The service itself goes on."""
        self._asked_to_stop, self._known = True, False

    def parts(self) -> list[Part]:
        """How it stands, where a controller is configured."""
        address = self._settings.hepai_controller
        if address is None:
            return []
        if self._asked_to_stop:
            return [Part(NAME, DEGRADED, f"taken off by {address}", "Restart the service to announce it again.")]
        if self._problem is not None:
            return [Part(NAME, DEGRADED, self._problem.message, self._problem.hint)]
        return [Part(NAME, READY, f"a worker of {address}" if self._known else "about to be announced")]

    def _announced(self) -> dict[str, Any]:
        settings = self._settings
        if settings.public_url is None:
            raise Unavailable("The controller is not told where the service is.", hint="Set JITL_PUBLIC_URL to its address.")
        if settings.hepai_worker_key is None or self._key_id() is None:
            raise Unavailable(
                "There is no valid key for the controller to use.", hint="Set JITL_HEPAI_WORKER_KEY to one made by `jitl keys create`."
            )
        shown = hepai.worker(settings.public_url, self.permissions)
        return shown | {"secret_key": settings.hepai_worker_key.get_secret_value()}

    def _key_id(self) -> str | None:
        """Of the key that the controller was given, as long as it is valid."""
        if self._settings.hepai_worker_key is None:
            return None
        try:
            return self._people.authenticate(self._settings.hepai_worker_key.get_secret_value()).key_id
        except JitlError:
            return None

    def _post(self, path: str, body: dict[str, Any]) -> None:
        """Raises `Unavailable` unless the controller agrees. Its words are not repeated: they may hold ours, with the key in them."""
        import httpx

        controller = (self._settings.hepai_controller or "").rstrip("/")
        owner = self._settings.hepai_owner_key
        headers = {} if owner is None else {"Authorization": f"Bearer {owner.get_secret_value()}"}
        hint = "Look at JITL_HEPAI_CONTROLLER and JITL_HEPAI_OWNER_KEY; it is tried again at the next heartbeat."
        try:
            with httpx.Client(timeout=TIMEOUT_S) as client:
                if not self._known:
                    client.get(controller)  # any answer will do, as for hepai's own workers
                reply = client.post(f"{controller}{path}", json=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"The controller at {controller} does not answer ({type(error).__name__}).", hint=hint) from error
        if reply.status_code != 200:
            raise Unavailable(f"The controller at {controller} answers {reply.status_code}.", hint=hint)
