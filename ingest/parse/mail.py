"""Mail: mailboxes, single messages and the monthly archives of mailing lists, one document a message."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import hashlib
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from typing import Any

from ingest.parse import mail_fields as fields
from ingest.parse.html_tree import read_fragment
from ingest.parse.mail_body import fold, read_text, unflowed
from ingest.parse.mail_split import fields_end, messages
from ingest.parse.outline import Outline
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import Block, BlockKind, ParsedDocument

NO_SUBJECT = "(no subject)"
MAX_DEPTH = 10  # parts within parts, mails within mails
MAX_ATTACHED_CHARACTERS = 50_000
_READABLE = {"text/plain", "text/x-patch", "text/x-diff", "text/x-python", "text/x-csrc", "text/x-log", "text/markdown", "text/csv"}
_SILENT = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/ms-tnef"}
# What the email package raises on messages that no standard foresaw.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


class MailboxParser:
    """Reads a mailbox message by message; what one message breaks ends with it."""

    name = "mail"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """Documents in the mailbox's order; a message that is there twice, byte by byte, once. Raises `Unreadable` where there is none."""
        threads = fields.Threads()
        members: set[int] = set()
        contents: set[int] = set()
        for separator, raw in messages(file.path):
            digest = hashlib.sha256(raw.strip()).hexdigest()
            if not raw.strip() or hash(digest) in contents:
                continue
            contents.add(hash(digest))
            document = document_of(separator, raw, threads)
            if hash(document.member) in members:  # archives repeat a Message-ID with other text
                document = dataclasses.replace(document, member=f"{document.member}#{digest[:12]}")
            members.add(hash(document.member))
            yield document
        if not contents:
            raise Unreadable("it holds no message", hint="Export the mailbox again.")


def document_of(separator: bytes, raw: bytes, threads: fields.Threads) -> ParsedDocument:
    """One message. A structure that cannot be understood is read as plain text below the fields."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        return _document(message, separator, raw, threads)
    except _BROKEN:
        end = fields_end(raw)
        message = email.message_from_bytes(raw[:end] + b"\n", policy=email.policy.compat32)
        for name in ("content-type", "content-transfer-encoding"):
            del message[name]
        message.set_payload(raw[end:].decode("ascii", "surrogateescape"))
        document = _document(message, separator, raw, threads)
        return dataclasses.replace(document, notices=(*document.notices, "its structure is broken; read as plain text"))


def _document(message: Message, separator: bytes, raw: bytes, threads: fields.Threads) -> ParsedDocument:
    subject = fields.field(message, "subject") or NO_SUBJECT
    own = fields.message_id(message, raw)
    references = fields.ids(fields.field(message, "references"))
    replied = fields.ids(fields.field(message, "in-reply-to"))
    reader = _Reader(own)
    reader.read(message, 0)
    date = fields.date_of(message, separator)
    author = fields.people(fields.field(message, "from") or fields.field(message, "sender"))
    values: dict[str, Any] = {
        "author": ", ".join(author),
        "date": date.isoformat() if date else "",
        "to": fields.people(", ".join(filter(None, (fields.field(message, "to"), fields.field(message, "cc"))))),
        "list": fields.list_of(message),
        "message_id": own,
        "in_reply_to": replied[0] if replied else "",
        "thread": threads.root(own, [*references[:1], *replied, *reversed(references)], subject),
        "attachments": reader.attachments,
    }
    head = opening(subject, values["author"], date, own, reader.attachments)
    metadata = {key: value for key, value in values.items() if value}
    return ParsedDocument(subject, (head, *reader.blocks), "mail", own, metadata, tuple(dict.fromkeys(reader.notices)))


def opening(subject: str, author: str, date: datetime | None, own: str, attachments: list[str]) -> Block:
    """What a search for a conversation, its people or its time finds: the fields as text."""
    lines = [f"Thread: {fields.plain_subject(subject) or subject}"]
    if author:
        lines.append(f"From: {author}")
    if date is not None:
        lines.append(f"Date: {date:%Y-%m-%d}")
    if attachments:
        lines.append(f"Attachments: {', '.join(attachments)}")
    return Block("\n".join(lines), message=own)


class _Reader:
    """Collects the blocks of one message's parts."""

    def __init__(self, own: str) -> None:
        self._own = own
        self.blocks: list[Block] = []
        self.attachments: list[str] = []
        self.notices: list[str] = []

    def read(self, part: Message, depth: int) -> None:
        kind = part.get_content_type()
        if depth > MAX_DEPTH:
            self.notices.append("parts deeper than 10 levels were left out")
        elif kind == "multipart/alternative" and part.is_multipart():
            self._alternative(part, depth)
        elif kind == "message/rfc822" and part.is_multipart():
            self._forwarded(part, depth)
        elif part.is_multipart():
            for child in _children(part):
                self.read(child, depth + 1)
        else:
            self._leaf(part, kind)

    def _alternative(self, part: Message, depth: int) -> None:
        """The plain text, unless it only says that there is none."""
        children = _children(part)
        texts = [child for child in children if child.get_content_type() == "text/plain"]
        rest = [child for child in children if child not in texts]
        for child in texts[:1]:
            before = len(self.blocks)
            self.read(child, depth + 1)
            size = sum(len(block.text) for block in self.blocks[before:])
            if size > 40 or not rest:
                return
        for child in rest[-1:] or children[:1]:
            self.read(child, depth + 1)

    def _forwarded(self, part: Message, depth: int) -> None:
        for mail in _children(part):
            fields_of = (("Subject", "subject"), ("From", "from"), ("Date", "date"))
            lines = [f"{shown}: {value}" for shown, name in fields_of if (value := fields.field(mail, name))]
            self.blocks.append(Block("\n".join(["Forwarded message", *lines]), message=self._own))
            self.read(mail, depth + 1)

    def _leaf(self, part: Message, kind: str) -> None:
        name = fields.decoded(part.get_filename() or "")
        if kind in _SILENT:
            return
        is_text = kind in _READABLE or (kind.startswith("text/") and not name and kind != "text/calendar")
        if name or not is_text:
            self.attachments.append(name or kind)
        if is_text:
            data = part.get_payload(decode=True)
            text, notices = fields.text_of(data if isinstance(data, bytes) else b"", part.get_content_charset())
            self.notices += notices
            self._attached(name, text) if name else self._text(part, kind, text)

    def _attached(self, name: str, text: str) -> None:
        if text.strip():
            cut = text.strip("\n")[:MAX_ATTACHED_CHARACTERS]
            self.blocks.append(Block(f"Attachment {name}:", message=self._own))
            self.blocks.append(Block(cut, BlockKind.CODE, message=self._own))

    def _text(self, part: Message, kind: str, text: str) -> None:
        if kind == "text/html":
            self.blocks += html_blocks(text, self._own)
            return
        if str(part.get_param("format", "")).lower() == "flowed":
            text = unflowed(text, delete_space=str(part.get_param("delsp", "")).lower() == "yes")
        blocks, names = read_text(text, self._own)
        self.blocks += blocks
        self.attachments += names


def html_blocks(text: str, own: str) -> list[Block]:
    """Blocks of a mail written in HTML, quotations folded."""
    outline = Outline()
    read_fragment(text, outline)
    blocks: list[Block] = []
    for block in outline.blocks:
        if block.kind is BlockKind.QUOTE:
            if not (blocks and blocks[-1].kind is BlockKind.QUOTE):  # one quotation is many blocks
                blocks.append(Block(fold(block.text), BlockKind.QUOTE, message=own))
        else:
            blocks.append(dataclasses.replace(block, section=(), message=own))
    return blocks


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []
