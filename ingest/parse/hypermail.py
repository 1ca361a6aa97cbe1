"""One saved page of a mailing list's web archive, as hypermail, pipermail and MHonArc write them: the mail, not the page."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ingest.parse import mail_fields as fields
from ingest.parse.decode import read_text as read_page
from ingest.parse.html import HtmlParser
from ingest.parse.html_tree import tree_of
from ingest.parse.mail import NO_SUBJECT, html_blocks, opening
from ingest.parse.mail_body import read_text
from jitl.ports import SourceFile
from jitl.types import Block, ParsedDocument

# hypermail: <!-- name="Ann" -->; MHonArc: <!--X-Subject: Re: x -->
_HYPERMAIL = re.compile(r'<!--\s*(\w{2,20})="([^\n]{0,2000}?)"\s*-->')
_MHONARC = re.compile(r"<!--X-([\w-]{2,30}): ([^\n]{0,2000}?) ?-->")
_BODIES = (
    re.compile(r'(?is)<!--\s*body="start"\s*-->(.*?)<!--\s*body="end"\s*-->'),
    re.compile(r"(?is)<!--beginarticle-->(.*?)<!--endarticle-->"),
    re.compile(r"(?is)<!--X-Body-of-Message-->(.*?)<!--X-Body-of-Message-End-->"),
)
_CHARSET = re.compile(r"""(?i)charset\s*=\s*["']?([\w.:-]{2,40})""")
_PIPERMAIL_HEAD = re.compile(r"(?is)<h1>(.*?)</h1>\s*<b>(.*?)</b>(?:.*?<i>(.*?)</i>)?")
_PIPERMAIL_ID = re.compile(r"""(?i)href="mailto:[^"]*?In-Reply-To=([^"&]+)""")
_PRE = re.compile(r"(?is)\s*(?:<[^>]{1,200}>\s*){0,8}?<pre")
_TAGS = re.compile(r"<[^>]{1,500}>")


class ArchivePageParser:
    """Pages without a message (an archive's index) are read as any page."""

    name = "archive-page"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """One document. Raises `Unreadable` where the file cannot be opened."""
        with file.path.open("rb") as stream:
            declared = _CHARSET.search(stream.read(4096).decode("ascii", "replace"))
        page = read_page(file.path, declared[1] if declared else None)
        body = next((match[1] for pattern in _BODIES if (match := pattern.search(page.text))), None)
        if body is None:
            yield from HtmlParser().parse(file)
            return
        yield _document(page.text, body, page.notices)


def _document(page: str, body: str, notices: tuple[str, ...]) -> ParsedDocument:
    values = _hypermail(page) or _mhonarc(page) or _pipermail(page)
    subject = values.get("subject", "") or NO_SUBJECT
    date = fields.parsed_date(values.get("date", ""))
    author = values.get("author", "")
    own = values.get("id", "")
    blocks, attachments = _blocks(body, own)
    parent = values.get("parent", "")
    thread = fields.Threads().root(own, [parent] if parent else [], subject)
    found: dict[str, Any] = {
        "author": author,
        "date": date.isoformat() if date else "",
        "message_id": own,
        "in_reply_to": parent,
        "thread": thread,
        "attachments": attachments,
    }
    metadata = {key: value for key, value in found.items() if value}
    head = opening(subject, author, date, own, attachments)
    return ParsedDocument(subject, (head, *blocks), "mail", metadata=metadata, notices=notices)


def _blocks(body: str, own: str) -> tuple[list[Block], list[str]]:
    if not _PRE.match(body):
        return html_blocks(body, own), []
    root = tree_of(body).body
    return read_text(root.text() if root is not None else "", own)


def _hypermail(page: str) -> dict[str, str]:
    found = {key.lower(): _plain(value) for key, value in _HYPERMAIL.findall(page)}
    if "subject" not in found:
        return {}
    date = found.get("sent") or found.get("received", "")
    author = found.get("name") or found.get("email", "")
    return {"subject": found["subject"], "author": author, "date": date, "id": found.get("id", ""), "parent": found.get("inreplyto", "")}


def _mhonarc(page: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in _MHONARC.findall(page):
        found.setdefault(key.lower(), fields.decoded(html.unescape(value)))  # the first reference is the thread's root
    if "message-id" not in found:
        return {}
    author = found.get("from") or codecs.encode(found.get("from-r13", ""), "rot13")
    people = fields.people(author) if author else [""]
    return {
        "subject": found.get("subject", ""),
        "author": people[0],
        "date": found.get("date", ""),
        "id": found["message-id"],
        "parent": found.get("reference", ""),
    }


def _pipermail(page: str) -> dict[str, str]:
    head = _PIPERMAIL_HEAD.search(page)
    subject, author, date = (_plain(part or "") for part in head.groups()) if head else ("", "", "")
    own = _PIPERMAIL_ID.search(page)
    return {"subject": subject, "author": author, "date": date, "id": unquote(html.unescape(own[1])).strip("<> ") if own else ""}


def _plain(value: str) -> str:
    return fields.decoded(html.unescape(_TAGS.sub("", value)))
