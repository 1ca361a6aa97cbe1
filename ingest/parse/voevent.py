"""GCN notices and other alerts as VOEvent 2.0 (IVOA recommendation): who, what, where, when, why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.parse.alert_facts import Facts, facts_of, instruments, told
from ingest.parse.outline import Outline
from ingest.parse.xml_tree import tree_of
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_PARAMETERS = 200


class VoeventParser:
    name = "voevent"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        root = tree_of(file.path)
        parameters = [(name, _value(p)) for p in root.iter("Param") if (name := p.get("name", ""))][:MOST_PARAMETERS]
        ivorn = root.get("ivorn", "")
        said = " ".join(
            [
                ivorn,
                *(_text(e) for e in root.iter("Description")),
                *(_text(e) for e in root.iter("Concept")),
                *(_text(e) for e in root.iter("Name")),
            ]
        )
        facts = _facts(root, ivorn, said)
        what = root.findtext("Who/Author/title") or ivorn.partition("#")[2] or "VOEvent"
        title = f"{what}: {facts.source}" if facts.source else what
        outline = Outline()
        outline.add("\n".join(part for part in (f"{title} ({root.get('role', '')})", facts.sentence) if part))
        for description in root.iter("Description"):
            outline.paragraph(_text(description))
        outline.add("\n".join(f"{name} = {value}" for name, value in parameters), BlockKind.TABLE)
        values = {
            "alert": "VOEvent",
            "author": root.findtext("Who/Author/contactName") or root.findtext("Who/AuthorIVORN") or "",
            "date": (root.findtext("Who/Date") or "")[:19],
            "ivorn": ivorn,
            "role": root.get("role", ""),
        }
        document = outline.document("alert", file.name, title=title, metadata=told(values) | facts.metadata)
        yield document


def _facts(root: Element, ivorn: str, said: str) -> Facts:
    named = facts_of(said, "")
    time = root.findtext(".//Time/TimeInstant/ISOTime") or ""
    return Facts(
        source=named.source
        or next((_value(p) for p in root.iter("Param") if p.get("name") in {"TrigID", "GraceID", "EventID", "AMON_ID"}), ""),
        type=named.type or _text_of(root, "Why/Inference/Concept"),
        ra=_number(root, ".//Position2D/Value2/C1"),
        dec=_number(root, ".//Position2D/Value2/C2"),
        error=_number(root, ".//Position2D/Error2Radius"),
        time=f"{time.strip()[:19]}Z" if time else "",
        instrument=instruments(re.sub(r"[/#_]", " ", f"{ivorn} {said}")) or instruments(re.sub(r"[/#_]", "-", ivorn)),
    )


def _number(root: Element, path: str) -> float | None:
    try:
        return float(root.findtext(path) or "")
    except ValueError:
        return None


def _value(parameter: Any) -> str:
    return " ".join(filter(None, (parameter.get("value") or (parameter.findtext("Value") or "").strip(), parameter.get("unit") or "")))


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _text_of(root: Element, path: str) -> str:
    found = root.find(path)
    return "" if found is None else _text(found)
