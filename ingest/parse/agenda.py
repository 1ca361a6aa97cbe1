"""Indico's exports (`/export/event/N.json?detail=contributions`): an event with its timetable is one document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.parse.alert_facts import told
from ingest.parse.decode import read_text
from ingest.parse.html_tree import read_fragment
from ingest.parse.outline import Outline, unwrap
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

MOST_CONTRIBUTIONS = 5000
_HTML = re.compile(r"</?[a-zA-Z]{1,10}[\s>/]")


class IndicoParser:
    name = "indico"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """A document an event. Raises `Unreadable` where there is none."""
        events = events_of(read_text(file.path).text)
        if not events:
            raise Unreadable("the export holds no event", hint="Export it with a key that may see the event.")
        for event in events:
            yield _document(event, file, alone=len(events) == 1)


def events_of(text: str) -> list[Mapping[str, Any]]:
    """The events of an export; empty where the text is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    results = found.get("results") if isinstance(found, dict) else None
    listed = results if isinstance(results, list) else list(results.values()) if isinstance(results, dict) else []
    return [event for event in listed if isinstance(event, dict) and event.get("title")]


def contributions_of(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """In order of their time; those of sessions too."""
    found = [one for one in event.get("contributions") or () if isinstance(one, dict)]
    for session in event.get("sessions") or ():
        if isinstance(session, dict):
            found += [one for one in session.get("contributions") or () if isinstance(one, dict)]
    return sorted(found[:MOST_CONTRIBUTIONS], key=lambda one: (date_of(one.get("startDate")) or "9", str(one.get("id", ""))))


def date_of(value: Any) -> str:
    """ISO 8601 of Indico's `{"date", "time", "tz"}`, without the zone: it is the place's own time."""
    if not isinstance(value, dict) or not value.get("date"):
        return ""
    return f"{value['date']}T{value['time']}" if value.get("time") else str(value["date"])


def people_of(values: Any) -> list[str]:
    """Names as `First Last (Affiliation)`."""
    found = []
    for one in values or ():
        if isinstance(one, dict):
            whole = " ".join(filter(None, (str(one.get("first_name") or ""), str(one.get("last_name") or ""))))
            name = whole.strip() or str(one.get("fullName") or one.get("name") or "")
            place = str(one.get("affiliation") or "")
            found.append(f"{name} ({place})" if name and place else name)
    return [name for name in dict.fromkeys(found) if name]


def attachments_of(holder: Mapping[str, Any]) -> list[str]:
    """Names of the files that hang on an event or a contribution."""
    listed = [one for folder in holder.get("folders") or () if isinstance(folder, dict) for one in folder.get("attachments") or ()]
    legacy = [one for material in holder.get("material") or () if isinstance(material, dict) for one in material.get("resources") or ()]
    named = (one.get("filename") or one.get("fileName") or one.get("name") for one in [*listed, *legacy] if isinstance(one, dict))
    return [str(name) for name in named if name]


def _document(event: Mapping[str, Any], file: SourceFile, *, alone: bool) -> ParsedDocument:
    outline = Outline()
    title = unwrap(str(event["title"]))
    place = ", ".join(filter(None, (str(event.get("room") or ""), str(event.get("location") or ""))))
    chairs = people_of(event.get("chairs"))
    head = {
        "Event": title,
        "Date": " to ".join(dict.fromkeys(filter(None, (date_of(event.get("startDate"))[:10], date_of(event.get("endDate"))[:10])))),
        "Place": place,
        "Chairs": ", ".join(chairs),
        "Category": str(event.get("category") or ""),
    }
    outline.add("\n".join(f"{name}: {value}" for name, value in head.items() if value))
    _text(event.get("description"), outline)
    contributions = contributions_of(event)
    for one in contributions:
        _contribution(one, outline)
    metadata = told(
        {
            "event": title,
            "event_id": str(event.get("id", "")),
            "author": ", ".join(chairs)[:500],
            "date": date_of(event.get("startDate")),
            "url": str(event.get("url") or ""),
            "contributions": len(contributions),
            "attachments": attachments_of(event)[:100],
        }
    )
    document = outline.document("event", file.name, title=title, metadata=metadata)
    member = "" if alone else str(event.get("id", title))
    return ParsedDocument(document.title, document.blocks, "event", member, document.metadata)


def _contribution(one: Mapping[str, Any], outline: Outline) -> None:
    outline.leave()
    outline.heading(str(one.get("title") or "(untitled)"), 2)
    speakers: Sequence[str] = people_of(one.get("speakers")) or people_of(one.get("primaryauthors"))
    slides = attachments_of(one)
    lines = {
        "Speaker": ", ".join(speakers),
        "Time": date_of(one.get("startDate")).replace("T", " ")[:16],
        "Session": str(one.get("session") or ""),
        "Slides": ", ".join(slides),
    }
    outline.add("\n".join(f"{name}: {value}" for name, value in lines.items() if value))
    _text(one.get("description"), outline)


def _text(value: Any, outline: Outline) -> None:
    text = str(value or "")
    if _HTML.search(text):
        with outline.enclosed():
            read_fragment(text, outline)
    else:
        outline.add(text)
