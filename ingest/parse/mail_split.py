"""A mailbox cut into messages, one in memory at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MAX_MESSAGE_BYTES = 64 * 2**20  # what comes beyond is attachment
_LINE_BYTES = 2**20

# Archives hold senders with spaces, quotes and any bytes; a time or a year is what a sentence that starts with "From" lacks.
_FROM = re.compile(rb"From \S.{0,400}?(?:\d{1,2}:\d\d|\b(?:19|20)\d\d\b)[^\n]{0,60}\r?\n?\Z", re.DOTALL)
_FIELD = re.compile(rb">?[!-9;-~]{1,80}:")
_FIELD_OF_MAIL = re.compile(
    rb">?(?:from|to|cc|bcc|date|subject|message-id|in-reply-to|references|received|return-path|delivered-to|sender|reply-to|status"
    rb"|mime-version|content-type|content-transfer-encoding|errors-to|organization|newsgroups|path|lines|x-[!-9;-~]{1,80}):",
    re.IGNORECASE,
)


def messages(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(From_ line or b"", the message's bytes) in order. A file without From_ lines is one message."""
    with path.open("rb") as stream:
        first = stream.readline(_LINE_BYTES).removeprefix(b"\xef\xbb\xbf")
        while first and not first.strip():
            first = stream.readline(_LINE_BYTES)
        separator, lines, size = (first, [], 0) if first.startswith(b"From ") else (b"", [first], len(first))
        is_mailbox = bool(separator)
        held = b""  # a possible separator: the next line decides
        while line := stream.readline(_LINE_BYTES):
            if held:
                if _FIELD_OF_MAIL.match(line):
                    yield separator, b"".join(lines)
                    separator, lines, size = held, [], 0
                elif size < MAX_MESSAGE_BYTES:
                    lines.append(held)
                held = b""
            if is_mailbox and line.startswith(b"From ") and _FROM.match(line):
                held = line
            elif size < MAX_MESSAGE_BYTES:
                lines.append(_unescape(line, lines))
                size += len(line)
        yield separator, b"".join([*lines, held])


def fields_end(message: bytes) -> int:
    """How many bytes of the message are its header, by its lines alone."""
    end = 0
    for line in message.splitlines(keepends=True)[:2_000]:
        if not line.strip() or not (_FIELD.match(line) or line[:1] in b" \t"):
            break
        end += len(line)
    return end


def _unescape(line: bytes, before: list[bytes]) -> bytes:
    """Mailboxes write a body's "From " as ">From "; amid quoted lines it is quoted text."""
    if line.startswith(b">From ") and not (before and before[-1].startswith(b">")):
        return line[1:]
    return line
