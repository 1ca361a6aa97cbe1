"""Jira's exports, one document an issue: the XML of a search (RSS), the JSON of its REST interface, the CSV of its issue navigator."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.parse.alert_facts import told
from ingest.parse.decode import read_text
from ingest.parse.html_tree import read_fragment
from ingest.parse.jira_markup import read_markup, text_of
from ingest.parse.mail_fields import parsed_date
from ingest.parse.outline import Outline
from ingest.parse.xml_tree import tree_of
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import ParsedDocument

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_COMMENTS = 1000
_SHOWN = ("type", "status", "resolution", "priority", "reporter", "assignee", "components", "versions", "labels")


@dataclass(frozen=True, slots=True)
class Comment:
    author: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Issue:
    """`html`: description and comments are HTML; else they are Jira's wiki markup."""

    key: str
    summary: str
    description: str
    html: bool = False
    comments: Sequence[Comment] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)

    def document(self, file: SourceFile) -> ParsedDocument:
        outline = Outline()
        title = f"{self.key} {self.summary}".strip()
        shown = [f"{name}: {value if isinstance(value, str) else ', '.join(value)}" for name in _SHOWN if (value := self.fields.get(name))]
        outline.add("\n".join([title, *shown]))
        self._read(self.description, outline)
        for comment in self.comments[:MOST_COMMENTS]:
            outline.leave()
            outline.heading(f"Comment by {comment.author}, {comment.date[:10]}".strip(" ,"), 2)
            with outline.enclosed():
                self._read(comment.text, outline)
        people = list(dict.fromkeys(filter(None, [self.fields.get("reporter", ""), *(comment.author for comment in self.comments)])))
        metadata = told({"issue": self.key, **self.fields, "author": self.fields.get("reporter", ""), "people": people[:50]})
        document = outline.document("issue", file.name, title=title, metadata=metadata)
        return ParsedDocument(document.title, document.blocks, "issue", self.key, document.metadata, document.notices)

    def _read(self, text: str, outline: Outline) -> None:
        read_fragment(text, outline) if self.html else read_markup(text, outline)


class JiraParser:
    name = "jira"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """Raises `Unreadable` where it holds no issue."""
        found = False
        for issue in _issues(file):
            found = True
            yield issue.document(file)
        if not found:
            raise Unreadable("the export holds no issue", hint="Export the search again; a login page may have been saved instead.")


def _issues(file: SourceFile) -> Iterator[Issue]:
    with file.path.open("rb") as stream:
        head = stream.read(200).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"<"):
        return (_of_xml(item) for item in tree_of(file.path).iter("item"))
    text = read_text(file.path).text
    return _of_json(text) if head.startswith((b"{", b"[")) else _of_csv(text)


def _of_xml(item: Element) -> Issue:
    def one(name: str) -> str:
        return " ".join((item.findtext(name) or "").split())

    def many(name: str) -> list[str]:
        return [text.strip() for found in item.iter(name) if (text := found.text or "").strip()]

    comments = [
        Comment(found.get("author", ""), _date(found.get("created", "")), found.text or "") for found in item.iterfind("comments/comment")
    ]
    fields = {
        "type": one("type"),
        "status": one("status"),
        "resolution": one("resolution"),
        "priority": one("priority"),
        "reporter": one("reporter"),
        "assignee": one("assignee"),
        "project": one("project"),
        "components": many("component"),
        "versions": many("fixVersion") or many("version"),
        "labels": many("label"),
        "date": _date(one("updated") or one("created")),
        "created": _date(one("created")),
        "attachments": [name for found in item.iterfind("attachments/attachment") if (name := found.get("name"))],
        "url": one("link"),
    }
    return Issue(one("key"), one("summary"), item.findtext("description") or "", html=True, comments=comments, fields=fields)


def _of_json(text: str) -> Iterator[Issue]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is not JSON ({error})", hint="Export it again.") from None
    issues = found.get("issues", [found]) if isinstance(found, dict) else found
    for value in issues if isinstance(issues, list) else []:
        if isinstance(value, dict) and isinstance(value.get("fields"), dict):
            yield _of_rest(str(value.get("key", "")), value["fields"])


def _of_rest(key: str, said: Mapping[str, Any]) -> Issue:
    told_by = said.get("comment")
    listed = told_by.get("comments", []) if isinstance(told_by, dict) else []
    comments = [
        Comment(_name(one.get("author")), str(one.get("created", ""))[:19], text_of(one.get("body")))
        for one in listed
        if isinstance(one, dict)
    ]
    fields = {
        "type": _name(said.get("issuetype")),
        "status": _name(said.get("status")),
        "resolution": _name(said.get("resolution")),
        "priority": _name(said.get("priority")),
        "reporter": _name(said.get("reporter")),
        "assignee": _name(said.get("assignee")),
        "project": _name(said.get("project")),
        "components": _names(said.get("components")),
        "versions": _names(said.get("fixVersions")),
        "labels": _names(said.get("labels")),
        "date": str(said.get("updated") or said.get("created") or "")[:19],
        "created": str(said.get("created") or "")[:19],
        "attachments": [str(one["filename"]) for one in said.get("attachment") or () if isinstance(one, dict) and one.get("filename")],
    }
    return Issue(key, str(said.get("summary", "")), text_of(said.get("description")), comments=comments, fields=fields)


def _of_csv(text: str) -> Iterator[Issue]:
    """A column's name stands as often as an issue may have of it: `Comment`, `Labels`, `Component/s`."""
    csv.field_size_limit(2**24)
    try:
        rows = csv.reader(io.StringIO(text))
        header = next(rows, [])
        for row in rows:
            yield _of_row([(name, value.strip()) for name, value in zip(header, row, strict=False) if value.strip()])
    except csv.Error as error:
        raise Unreadable(f"its table is broken ({error})", hint="Export it again.") from None


def _of_row(cells: Sequence[tuple[str, str]]) -> Issue:
    def many(*names: str) -> list[str]:
        return [value for name, value in cells if name in names]

    def one(*names: str) -> str:
        return next(iter(many(*names)), "")

    comments = []
    for value in many("Comment"):
        date, author, said = (*value.split(";", 2), "", "")[:3]  # "12/Jan/29 10:01 AM;adam;The text"
        comments.append(Comment(author, date, said) if said else Comment("", "", value))
    fields = {
        "type": one("Issue Type"),
        "status": one("Status"),
        "resolution": one("Resolution"),
        "priority": one("Priority"),
        "reporter": one("Reporter"),
        "assignee": one("Assignee"),
        "project": one("Project name", "Project key"),
        "components": many("Component/s", "Components"),
        "versions": many("Fix Version/s", "Fix versions"),
        "labels": many("Labels"),
        "date": one("Updated", "Created"),
        "created": one("Created"),
    }
    return Issue(one("Issue key"), one("Summary"), one("Description"), comments=comments, fields=fields)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("displayName") or value.get("name") or value.get("value") or "")
    return str(value or "")


def _names(values: Any) -> list[str]:
    return [name for value in values if (name := _name(value))] if isinstance(values, list) else []


def _date(text: str) -> str:
    moment = parsed_date(text)
    return moment.isoformat() if moment is not None else text
