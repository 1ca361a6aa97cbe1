"""The graph of some collections as GraphML (http://graphml.graphdrawing.org), piece by piece.

networkx could write it too, but holds all of it twice in memory first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from graph.occurrences import Occurrences

_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold at all."""
_FIELDS: Final = (
    ("name", "node", "string"),
    ("key", "node", "string"),
    ("kind", "node", "string"),
    ("collection", "node", "string"),
    ("passages", "node", "int"),
    ("community", "node", "string"),
    ("weight", "edge", "int"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One collection, by its name; `communities`: key of a name -> id of its community at the top level."""

    collection: str
    found: Occurrences
    communities: Mapping[str, str]


def graphml(sheets: Iterator[Sheet], least: int = 1) -> Iterator[str]:
    """Names in `least` passages at least as nodes; edges are undirected, their weight is the number of passages that hold both."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for name, where, kind in _FIELDS:
        yield f'<key id="{name}" for="{where}" attr.name="{name}" attr.type="{kind}"/>\n'
    yield '<graph id="jitl" edgedefault="undirected">\n'
    for number, sheet in enumerate(sheets):
        among = [len(places) >= least for places in sheet.found.where]
        yield from _nodes(f"c{number}n", sheet, among)
        for first, second, passages in sheet.found.edges(among):
            yield f'<edge source="c{number}n{first}" target="c{number}n{second}">{_data("weight", passages)}</edge>\n'
    yield "</graph>\n</graphml>\n"


def _nodes(prefix: str, sheet: Sheet, among: list[bool]) -> Iterator[str]:
    for at, (named, places) in enumerate(zip(sheet.found.names, sheet.found.where, strict=True)):
        if among[at]:
            said = {"name": named.name, "key": named.key, "kind": named.kind, "collection": sheet.collection, "passages": len(places)}
            said |= {"community": sheet.communities[named.key]} if named.key in sheet.communities else {}
            yield f'<node id="{prefix}{at}">{"".join(_data(field, value) for field, value in said.items())}</node>\n'


def _data(field: str, value: object) -> str:
    return f'<data key="{field}">{escape(_ILLEGAL.sub("", str(value)))}</data>'
