"""From what people write to where documents come from: the one list of the kinds of places.

/path, file:///path          a file, folder or archive of this machine
https://host/page            one page
site+https://host/section/   the pages that its links reach below it
git+https://host/docs.git    a repository; git+/path one of this machine
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingest.sources.files import LocalFiles
from ingest.sources.git import GitDocuments
from ingest.sources.web import WebPages, canonical
from jitl.errors import BadInput

if TYPE_CHECKING:
    from ingest.sources.port import Source
    from jitl.settings import Settings

LONGEST = 1900
_HINT = "Give a path, https://host/page, site+https://host/section/ or git+https://host/docs.git."


def source_of(address: str, settings: Settings) -> Source:
    """The place of that address. Raises `BadInput` for one that nobody here reads."""
    if not address.strip() or len(address) > LONGEST or any(ord(sign) < 32 for sign in address):
        raise BadInput(f"A source's address has 1 to {LONGEST} characters and none that control.", hint=_HINT)
    kind, _, rest = address.partition("+") if address.startswith(("git+", "site+")) else ("", "", address)
    if kind == "git":
        return GitDocuments(rest, settings)
    if rest.startswith(("https://", "http://")):
        return WebPages(_checked(rest), settings, section=kind == "site")
    if kind or ("://" in rest and not rest.startswith("file://")):
        raise BadInput(f"Nothing here reads {address!r}.", hint=_HINT)
    return LocalFiles(Path(unquote(urlsplit(rest).path) if rest.startswith("file://") else rest), settings)


def is_local(address: str) -> bool:
    """Whether it names a place of this machine, which its owner alone may have read."""
    rest = address.removeprefix("git+")
    return not rest.startswith(("https://", "http://", "site+"))


def _checked(url: str) -> str:
    try:
        found = canonical(url)
    except (ValueError, UnicodeError) as error:
        raise BadInput(f"{url!r} is no address of a page.", hint=_HINT) from error
    if not urlsplit(found).hostname or urlsplit(url).username:
        raise BadInput(f"{url!r} is no address of a page, or holds a password.", hint=_HINT)
    return found
