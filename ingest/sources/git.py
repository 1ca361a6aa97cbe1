"""Repositories of documents, cloned by the `git` program: the last state alone, no hooks, no filters, no submodules, bounded."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.scratch import Scratch
from ingest.sources.files import tree
from ingest.sources.port import Memory, Refused
from ingest.sources.reach import pinned
from jitl.errors import BadInput, MissingPart, Unavailable
from jitl.ports import SourceFile

if TYPE_CHECKING:
    from jitl.settings import Settings

CLONE_STEPS = 10
"""A clone may take as many times the limit of one step."""
_LOOK_S = 0.2
_PLAIN = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.symlinks=false", "-c", "credential.helper="),
    *("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false", "-c", "http.followRedirects=false"),
    *("-c", "submodule.recurse=false", "-c", "transfer.fsckObjects=true", "-c", "gc.auto=0"),
)


class GitDocuments:
    """Implements `ingest.sources.port.Source` for a repository: `https://host/docs.git`, or a folder of this machine."""

    def __init__(self, address: str, settings: Settings) -> None:
        """Raises `BadInput` for an address that is neither."""
        self._settings = settings
        self._local = "://" not in address or address.startswith("file://")
        if self._local:
            path = Path(address.removeprefix("file://")).expanduser().resolve()
            self._url, self._name = path.as_uri(), path.name.removesuffix(".git") or "repository"
        else:
            parts = urlsplit(address)
            if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username:
                raise BadInput("A repository is read over https, without a password.", hint="Give git+https://host/docs.git, or a folder.")
            self._url = address
            self._name = parts.path.rstrip("/").rpartition("/")[2].removesuffix(".git") or parts.hostname

    @property
    def root(self) -> str:
        return f"git+{self._url.rstrip('/')}"

    def revision(self) -> str | None:
        """The commit that the repository's default branch is at."""
        said = self._git(["ls-remote", "--exit-code", self._url, "HEAD"], limit_s=self._settings.fetch_timeout_s)
        return said.split()[0] if said.split() else None

    def find(self, scratch: Scratch, memory: Memory) -> Iterator[SourceFile | Refused]:
        folder = scratch.folder() / "work"
        clone = ["clone", "--quiet", "--depth=1", "--no-tags", "--single-branch", "--no-checkout", "--template=", self._url, str(folder)]
        self._git(clone, limit_s=CLONE_STEPS * self._settings.fetch_timeout_s, grows=folder)
        self._measure(folder)
        self._git(["-C", str(folder), "checkout", "--quiet", "HEAD"], limit_s=CLONE_STEPS * self._settings.fetch_timeout_s)
        for item in tree(folder, self.root, self._name, self._settings, scratch, memory):
            yield replace(item, provenance={"repository": self._url}) if isinstance(item, SourceFile) else item

    def _measure(self, folder: Path) -> None:
        """Before anything is unpacked: what the checkout would take."""
        listed = self._git(["-C", str(folder), "ls-tree", "-r", "-l", "-z", "HEAD"], limit_s=self._settings.fetch_timeout_s)
        fields = [entry.partition("	")[0].split() for entry in listed.split("\0") if entry]
        sizes = [int(last) for *_, last in fields if last.isdigit()]
        if sum(sizes) > self._settings.max_archive_bytes or len(sizes) > self._settings.max_archive_members:
            raise BadInput("The repository is larger than JITL_MAX_ARCHIVE_BYTES or JITL_MAX_ARCHIVE_MEMBERS.", hint="Raise them.")

    def _git(self, arguments: Sequence[str], *, limit_s: float, grows: Path | None = None) -> str:
        """What the program says. Raises `Unavailable` with its last line where it fails or takes too long."""
        program = shutil.which("git")
        if program is None:
            raise MissingPart("The git program is not installed.", hint="Install git, or give a folder.")
        with subprocess.Popen(  # noqa: S603  # a fixed program; the address is one argument after our options
            [program, *_PLAIN, *self._reach(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(),
            start_new_session=True,
        ) as process:
            try:
                out, err = self._wait(process, limit_s, grows)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it gave no reason"]
            raise Unavailable(f"The repository cannot be read: {last[0][:300]}", hint="Check the address; private ones are not read.")
        return out.decode("utf-8", "surrogateescape")

    def _wait(self, process: subprocess.Popen[bytes], limit_s: float, grows: Path | None) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + limit_s
        while True:
            try:
                return process.communicate(timeout=_LOOK_S if grows is not None else limit_s)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise Unavailable("The repository took too long.", hint="Raise JITL_FETCH_TIMEOUT_S.") from None
                if grows is not None and _size(grows) > self._settings.max_archive_bytes:
                    raise BadInput("The repository is larger than JITL_MAX_ARCHIVE_BYTES.", hint="Raise it.") from None

    def _reach(self) -> Sequence[str]:
        """A remote host is resolved once, judged, and reached at that address."""
        if self._local:
            return ()
        parts = urlsplit(self._url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = pinned(host, port, private=self._settings.fetch_private)
        return ("-c", f"http.curloptResolve={host}:{port}:{address}")

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's: no configuration, no credentials, no questions."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_ALLOW_PROTOCOL": "file" if self._local else "https:http",
            "GIT_PROTOCOL_FROM_USER": "0",
        }


def _size(folder: Path) -> int:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total
