"""XML that others wrote: no entities of its own, no network, names without their namespaces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from jitl.errors import Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMESPACE = re.compile(r"^\{[^}]*\}")
_ENTITY = re.compile(rb"(?i)<!ENTITY")
# What no XML may hold and exports hold all the same: control characters, plain and as references.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:[0-8]|1[124-9]|2\d|3[01]|x0?[0-8bcefBCEF]|x1[0-9a-fA-F]);")


def tree_of(path: Path) -> Element:
    """The root element. Raises `Unreadable` for what is no XML, and for what defines entities: they may grow without end."""
    data = path.read_bytes()
    if _ENTITY.search(data):
        raise Unreadable("it defines entities, which are not expanded", hint="Export it again without a DOCTYPE.")
    try:
        root = ET.fromstring(data if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else _CONTROL.sub(b"", data))  # noqa: S314  # see above
    except (ET.ParseError, ValueError, LookupError, RecursionError) as error:
        raise Unreadable(f"its XML is broken ({error})", hint="Export it again.") from None
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = _NAMESPACE.sub("", element.tag)
    return root
