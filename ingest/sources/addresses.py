"""From what people write to where documents come from: the one list of the kinds of places.

/path, file:///path          a file, folder or archive of this machine
https://host/page            one page
site+https://host/section/   the pages that its links reach below it
git+https://host/docs.git    a repository; git+/path one of this machine
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingest.sources.files import LocalFiles
from ingest.sources.git import GitDocuments
from ingest.sources.port import Source
from ingest.sources.web import WebPages, canonical
from jitl.errors import BadInput
from jitl.settings import Settings

LONGEST = 1900
_HINT = "Give a path, https://host/page, site+https://host/section/ or git+https://host/docs.git."


def source_of(address: str, settings: Settings) -> Source:
    """The place of that address. Raises `BadInput` for one that nobody here reads."""
    if not address.strip() or len(address) > LONGEST or any(ord(sign) < 32 for sign in address):
        raise BadInput(f"A source's address has 1 to {LONGEST} characters and none that control.", hint=_HINT)
    mark = _mark(address)
    return PLACES[mark](address.removeprefix(mark), settings)


def is_local(address: str) -> bool:
    """Whether it names a place of this machine, which its owner alone may have read."""
    return not address.removeprefix(_mark(address)).startswith(("https://", "http://"))


def _mark(address: str) -> str:
    """The kind that the address begins with; "" for a path or a page."""
    return next((mark for mark in PLACES if mark and address.startswith(mark)), "")


def _plain(address: str, settings: Settings) -> Source:
    if address.startswith(("https://", "http://")):
        return WebPages(_checked(address), settings)
    if "://" in address and not address.startswith("file://"):
        raise BadInput(f"Nothing here reads {address!r}.", hint=_HINT)
    return LocalFiles(Path(unquote(urlsplit(address).path) if address.startswith("file://") else address), settings)


def _section(address: str, settings: Settings) -> Source:
    if not address.startswith(("https://", "http://")):
        raise BadInput(f"{address!r} is no section of a site.", hint=_HINT)
    return WebPages(_checked(address), settings, section=True)


def _checked(url: str) -> str:
    try:
        found = canonical(url)
    except (ValueError, UnicodeError) as error:
        raise BadInput(f"{url!r} is no address of a page.", hint=_HINT) from error
    if not urlsplit(found).hostname or urlsplit(url).username:
        raise BadInput(f"{url!r} is no address of a page, or holds a password.", hint=_HINT)
    return found


PLACES: dict[str, Callable[[str, Settings], Source]] = {"": _plain, "git+": GitDocuments, "site+": _section}
"""What an address begins with -> what reads the rest of it."""
