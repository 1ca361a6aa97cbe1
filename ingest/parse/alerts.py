"""Astronomical alerts as people and brokers send them: GCN circulars and notices (text and JSON), ATels (text and HTML)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ingest.parse.alert_facts import Facts, facts_of, instruments, told
from ingest.parse.decode import read_text
from ingest.parse.mail_fields import parsed_date
from ingest.parse.outline import Outline
from ingest.parse.plain import read_plain
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

MOST_FIELDS = 200
_FIELD = re.compile(r"^([A-Z][A-Z0-9_/() -]{1,30}?):[ \t]*(.*)$")
_SHORT_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{2})\s+(\d{2}):(\d{2}):(\d{2})")
_CIRCULAR = re.compile(r"(?m)^TITLE:[ \t]+GCN ")
_ATEL_NUMBER = re.compile(r"(?i)\bATEL\s*#\s*(\d+)")
_ATEL_FIELD = re.compile(r"(?m)^\s*(Title|Author|Authors|Posted|Subjects|Credential Certification|Queries)\s*:\s*(.+)$")
_ATEL_POSTED = re.compile(r"(\d{1,2} \w{3} \d{4}); (\d{1,2}:\d{2})")
_DEGREES = re.compile(r"([+-]?\d+(?:\.\d+)?)d\b")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*\[(deg|arcmin|arcsec)")
_PER_DEGREE = {"deg": 1, "arcmin": 60, "arcsec": 3600}


class CircularParser:
    """GCN circulars: the archive's text, one or many in a file, or its JSON."""

    name = "circular"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        text = read_text(file.path).text
        if text.lstrip().startswith(("{", "[")):
            values = _json_values(text)
            yield from (_of_json(value, alone=len(values) == 1) for value in values)
            return
        starts = [match.start() for match in _CIRCULAR.finditer(text)]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            yield _of_text(text[start:end].strip(), alone=len(starts) == 1)


class NoticeParser:
    """GCN notices as text (`NAME: value` lines) or in the unified JSON schema."""

    name = "notice"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        text = read_text(file.path).text
        if text.lstrip().startswith(("{", "[")):
            for value in _json_values(text):
                yield _unified(value, text)
            return
        fields, _ = _fields(text)
        when = _notice_time(fields)
        ra, dec = (_first_number(_DEGREES, fields, name) for name in ("RA", "DEC"))
        facts = Facts(
            source=facts_of(text, "").source or fields.get("TRIGGER_NUM", fields.get("EVENT_NUM", "")).split(",")[0],
            type=facts_of(text, "").type,
            ra=ra,
            dec=dec,
            error=_size(fields),
            time=when,
            instrument=instruments(f"{fields.get('NOTICE_TYPE', '')} {text}"),
        )
        title = " ".join(part for part in (fields.get("TITLE", "GCN notice"), fields.get("NOTICE_TYPE", "")) if part)
        yield _document("GCN Notice", title, text, facts, {"date": _iso(parsed_date(fields.get("NOTICE_DATE", "")))})


class TelegramParser:
    """The Astronomer's Telegram: the mailed text, or the page."""

    name = "telegram"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        source = read_text(file.path)
        text = _plain(source.text) if re.search(r"(?i)<html|<div|<h1", source.text[:5000]) else source.text
        number = _ATEL_NUMBER.search(text)
        fields = {match[1]: match[2].strip() for match in reversed(list(_ATEL_FIELD.finditer(text)))}
        title = fields.get("Title") or _heading(source.text) or "Astronomer's Telegram"
        posted = _ATEL_POSTED.search(fields.get("Posted", "") or text)
        when = parsed_date(f"{posted[1]} {posted[2]}:00 +0000") if posted else None
        body = "\n".join(line for line in text.split("\n") if not _ATEL_FIELD.match(line) and not _ATEL_NUMBER.match(line.strip()))
        facts = facts_of(title, body, when)
        subjects = [part.strip() for part in fields.get("Subjects", "").split(",") if part.strip()]
        values = {
            "author": fields.get("Author") or fields.get("Authors", ""),
            "date": _iso(when),
            "labels": subjects,
            "alert_number": number[1] if number else "",
        }
        yield _document(f"ATel #{number[1]}" if number else "ATel", title, body, facts, values)


def _json_values(text: str) -> list[Mapping[str, Any]]:
    """The objects of a JSON file, or of its lines."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"it is not JSON ({error})", hint="Download it again.") from None
    return [value for value in (found if isinstance(found, list) else [found]) if isinstance(value, dict)]


def _of_json(value: Mapping[str, Any], *, alone: bool) -> ParsedDocument:
    number = str(value.get("circularId", ""))
    subject, body = str(value.get("subject", "")), str(value.get("body", ""))
    created = value.get("createdOn")
    sent = datetime.fromtimestamp(created / 1000, UTC) if isinstance(created, int | float) and 0 < created < 4e12 else None
    return _circular(number, subject, body, str(value.get("submitter", "")), sent, alone=alone, event=str(value.get("eventId") or ""))


def _of_text(text: str, *, alone: bool) -> ParsedDocument:
    fields, body = _fields(text)
    sent = _SHORT_DATE.search(fields.get("DATE", ""))
    when = None
    if sent is not None:
        year, month, day, hour, minute, second = (int(part) for part in sent.groups())
        try:
            when = datetime(2000 + year if year < 90 else 1900 + year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            when = None
    return _circular(fields.get("NUMBER", ""), fields.get("SUBJECT", ""), body, fields.get("FROM", ""), when, alone=alone)


def _circular(number: str, subject: str, body: str, sender: str, sent: datetime | None, *, alone: bool, event: str = "") -> ParsedDocument:
    facts = facts_of(f"{event} {subject}" if event else subject, body, sent)
    values = {"author": sender[:300], "date": _iso(sent), "alert_number": number}
    member = "" if alone else f"gcn{number}"
    return _document(f"GCN Circular {number}".strip(), subject, body, facts, values, member)


def _document(alert: str, title: str, body: str, facts: Facts, values: Mapping[str, Any], member: str = "") -> ParsedDocument:
    outline = Outline()
    outline.add("\n".join(part for part in (f"{alert}: {title}", facts.sentence) if part))
    read_plain(body, outline)
    document = outline.document("alert", alert, title=f"{alert}: {title}", metadata=told({"alert": alert, **values}) | facts.metadata)
    return ParsedDocument(document.title, document.blocks, "alert", member, document.metadata)


def _fields(text: str) -> tuple[dict[str, str], str]:
    """The lines `NAME: value` at the top, the first of each name, and what comes after them."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    for at, line in enumerate(lines[:MOST_FIELDS]):
        match = _FIELD.match(line.rstrip())
        if match is not None:
            found.setdefault(match[1].strip(), match[2].strip())
        elif not line.startswith(" ") and (line.strip() or ("NOTICE_DATE" not in found and at > 1)):
            return found, "\n".join(lines[at:])
    return found, ""


def _first_number(pattern: re.Pattern[str], fields: Mapping[str, str], end: str) -> float | None:
    """Of the first field whose name ends so (GRB_RA, SRC_RA, EVENT_RA)."""
    values = (value for name, value in fields.items() if name == end or name.endswith(f"_{end}"))
    match = next((match for value in values if (match := pattern.search(value))), None)
    return None if match is None else float(match[1])


def _size(fields: Mapping[str, str]) -> float | None:
    values = (value for name, value in fields.items() if name.endswith("_ERROR") or name.startswith("ERROR"))
    match = next((match for value in values if (match := _SIZE.search(value))), None)
    return None if match is None else round(float(match[1]) / _PER_DEGREE[match[2]], 8)


def _notice_time(fields: Mapping[str, str]) -> str:
    day = next(
        (found for name, value in fields.items() if name.endswith("_DATE") and (found := re.search(r"(\d\d)/(\d\d)/(\d\d)", value))), None
    )
    clock = next(
        (found for name, value in fields.items() if name.endswith("_TIME") and (found := re.search(r"\{([\d:.]{8,})\}", value))), None
    )
    return f"20{day[1]}-{day[2]}-{day[3]}T{clock[1][:8]}Z" if day and clock else ""


def _unified(value: Mapping[str, Any], text: str) -> ParsedDocument:
    """https://gcn.nasa.gov/docs/notices/schema: `ra`, `dec`, `ra_dec_error` in degrees, names in lists."""

    def first(*names: str) -> str:
        found = next((value[name] for name in names if value.get(name)), "")
        return str(found[0] if isinstance(found, list) else found)

    def number(name: str) -> float | None:
        found = value.get(name)
        found = found[0] if isinstance(found, list) and found else found
        return float(found) if isinstance(found, int | float) else None

    named = facts_of(first("event_name", "id", "ref_ID"), "")
    parts = [first("mission"), first("instrument")]
    facts = Facts(
        source=named.source or first("event_name", "id", "superevent_id"),
        type=named.type,
        ra=number("ra"),
        dec=number("dec"),
        error=number("ra_dec_error"),
        time=first("trigger_time", "observation_start"),
        instrument=tuple(filter(None, ["-".join(filter(None, parts))])),
    )
    title = " ".join(filter(None, [*parts, first("alert_type"), facts.source])) or "GCN notice"
    return _document("GCN Notice", title, text, facts, {"date": first("alert_datetime")}, first("id", "event_name"))


def _heading(html: str) -> str:
    match = re.search(r"(?is)<h1[^>]*>(.*?)</h1>", html)
    return " ".join(re.sub(r"<[^>]+>", " ", match[1]).split()) if match else ""


def _plain(html: str) -> str:
    from ingest.parse.html_tree import read_fragment

    outline = Outline()
    read_fragment(html, outline)
    return "\n\n".join(block.text for block in outline.blocks)


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""
