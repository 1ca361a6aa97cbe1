"""Whether some bytes are what a known system exports: told by marks that no other file carries by chance."""

from __future__ import annotations

import re

_JSON = {".json", ".jsonl", ".ndjson", ".txt", ""}
_XML = {".xml", ".vo", ".rss", ".txt", ""}
_TEXT = {".txt", ".text", ".circ", ".eml", ""}
_PAGE = {".html", ".htm", ""}
_MARKS = (
    ("circular", _JSON, re.compile(rb'\A\s*[\[{](?=.{0,20000}"circularId"\s*:)(?=.{0,20000}"(?:subject|body|submitter)"\s*:)', re.DOTALL)),
    ("circular", _TEXT, re.compile(rb"\A\s*TITLE:[ \t]+GCN (?:CIRCULAR|GRB OBSERVATION REPORT)")),
    ("notice", _JSON, re.compile(rb'\A\s*\{\s*"\$schema"\s*:\s*"https://gcn\.nasa\.gov/(?:docs/)?schema/')),
    ("notice", _TEXT, re.compile(rb"\A\s*TITLE:[ \t]+GCN/[^\n]{1,60}\n(?:[^\n]*\n){0,3}NOTICE_DATE:")),
    ("telegram", _TEXT, re.compile(rb"\A\s*(?:-+\s*)?ATEL #\d+")),
    ("telegram", _PAGE, re.compile(rb"(?is)\A.{0,3000}<title>\s*ATel\s*#?\s*\d+")),
    ("voevent", _XML, re.compile(rb"(?s)\A.{0,2000}?<(?:\w{1,10}:)?VOEvent\s")),
    ("jira", _XML, re.compile(rb'(?s)\A.{0,3000}?<rss\b.{0,20000}?<key id="\d+">[A-Z][A-Z0-9_]+-\d+</key>')),
    ("jira", _JSON, re.compile(rb'(?s)\A\s*\{(?=.{0,20000}"issues"\s*:\s*\[)(?=.{0,60000}"fields"\s*:\s*\{).{0,60000}"key"\s*:\s*"[A-Z]')),
    ("jira", {".csv"}, re.compile(rb"\A(?=[^\n]{0,20000}\bIssue key\b)(?=[^\n]{0,20000}\bSummary\b)")),
    ("mattermost", _JSON, re.compile(rb'\A\s*\{"type"\s*:\s*"(?:version|post)"\s*,\s*"(?:version|info|post)"\s*:')),
    ("mattermost", {".csv"}, re.compile(rb"\A(?=[^\n]{0,2000}\bChannel ?Name\b)(?=[^\n]{0,2000}\b(?:Post ?)?Message\b)")),
    (
        "indico",
        _JSON,
        re.compile(rb'(?s)\A\s*\{(?=.{0,60000}"results"\s*:).{0,60000}"_type"\s*:\s*"(?:Conference|Meeting|Lecture|Contrib)'),
    ),
)


def export_of(suffix: str, body: bytes) -> str | None:
    """The key of the parser for a file with this suffix (lower case) that begins so; None where it is no such export."""
    return next((kind for kind, suffixes, mark in _MARKS if suffix in suffixes and mark.match(body)), None)
