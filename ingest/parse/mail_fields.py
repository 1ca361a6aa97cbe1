"""A message's fields as people wrote them: names, dates, subjects and threads out of twenty years of mail programs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import quopri
import re
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from ingest.parse.decode import decode, scrub

MAX_NAMES = 20
_REMEMBERED = 200_000  # messages whose thread is known; enough for the longest threads of the largest lists

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_ID = re.compile(r"<([^<>\s]{1,500})>")
_AT = re.compile(r"(?<=\S) (?:at|AT|_at_) (?=[\w.-]+\.\w)")
_NAMED_ZONE = re.compile(r"(?<=:\d\d) [A-Z]{2,5} (\d{4})$")
_REPLY = re.compile(r"(?i)^\s*(?:(?:re|aw|sv|antw|ref|回复|答复|回覆)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]|(?:fwd?|wg|转发|轉寄)\s*[:：])\s*")
_TAG = re.compile(r"^\s*\[[^\]\n]{1,60}\]\s*")
_GB_PAIRS = re.compile(rb"(?:[\x20-\x7e]|[\xa1-\xf7][\xa1-\xfe])*")
_STATEFUL = ("iso2022", "hz", "utf_7", "utf-7", "utf_16", "utf_32")


def text_of(data: bytes, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """Text and remarks. 7-bit encodings with escapes would pass for ASCII, so the part's own word comes first for them."""
    name = (charset or "").strip("\"' ").lower()
    if name.replace("-", "").startswith(_STATEFUL) or name.startswith(_STATEFUL):
        try:
            return scrub(data.decode(name).replace("\r\n", "\n")), ()
        except (LookupError, ValueError):  # ValueError: a codec's name with NUL in it, too
            pass
    source = decode(data, name or None)
    return source.text, source.notices


def field(message: Message, name: str) -> str:
    """The first field of that name, decoded and on one line; "" where there is none."""
    for key, value in message.raw_items():
        if key.lower() == name:
            return decoded(str(value), message.get_content_charset())
    return ""


def decoded(raw: str, charset: str | None = None) -> str:
    """RFC 2047 words, and raw bytes of whoever did not know that standard."""
    text = re.sub(r"\r?\n[ \t]*", " ", raw)
    if any("\udc80" <= c <= "\udcff" for c in text):
        text = _decode_bytes(text.encode("utf-8", "surrogateescape"), charset)
    text = _WORD.sub(_decode_word, _BETWEEN_WORDS.sub(r"\1\2", text))
    return scrub(" ".join(text.split()))


def people(value: str) -> list[str]:
    """Names, or addresses where there is no name; in order, each once."""
    found: dict[str, None] = {}
    value = _AT.sub("@", value)
    try:
        pairs = getaddresses([value]) if "@" in value else []
    except (RecursionError, ValueError, IndexError):  # brackets within brackets
        pairs = []
    for name, address in pairs[:MAX_NAMES]:
        plain = " ".join(name.strip("'\" ").split())
        if plain or address:
            found.setdefault(plain or address)
    if not found and value:
        found[value[:200]] = None
    return list(found)


def date_of(message: Message, separator: bytes) -> datetime | None:
    """From the Date field, the time it was received, or the mailbox's From_ line."""
    received = [str(value).rpartition(";")[2] for key, value in message.raw_items() if key.lower() == "received"]
    envelope = re.sub(r"^From .*?(?=(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)", "", separator.decode("ascii", "replace").strip())
    for candidate in (field(message, "date"), *received[:1], envelope):
        if (date := parsed_date(candidate)) is not None:
            return date
    return None


def parsed_date(text: str) -> datetime | None:
    """A mail's date, or what `date` and ctime print; None for anything else. Zones that only have a name count as UTC."""
    text = _NAMED_ZONE.sub(r" \1", text.strip())
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if not 1970 <= date.year <= 2100:
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def ids(value: str) -> list[str]:
    return _ID.findall(value)


def message_id(message: Message, raw: bytes) -> str:
    """The Message-ID without brackets, or a digest of the message's bytes."""
    value = field(message, "message-id")
    found = ids(value)
    if found:
        return found[0]
    return value[:500] if value and " " not in value else "sha256-" + hashlib.sha256(raw).hexdigest()[:32]


def list_of(message: Message) -> str:
    """The list's id or address; "" where the mail went to no list."""
    listed = field(message, "list-id") or field(message, "x-beenthere")
    return (ids(listed) or [listed])[0][:200]


def plain_subject(subject: str) -> str:
    """Without reply marks and list tags: what a conversation shares."""
    while (shorter := _TAG.sub("", _REPLY.sub("", subject))) != subject:
        subject = shorter
    return subject.strip()


def is_reply(subject: str) -> bool:
    return _REPLY.match(_TAG.sub("", subject)) is not None


class Threads:
    """Which conversation a message belongs to: by References, In-Reply-To, or a reply's subject among what came before.

    Remembers a bounded number of messages, the last ones.
    """

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, str] = OrderedDict()
        self._by_subject: OrderedDict[str, str] = OrderedDict()

    def root(self, own: str, references: Iterable[str], subject: str) -> str:
        """Message-ID of the thread's first message, or `subject:...` where a reply names none."""
        known = next((self._by_id[parent] for parent in references if parent in self._by_id), None)
        key = plain_subject(subject).casefold()
        root = known or next(iter(references), None)
        if root is None and is_reply(subject) and key:
            root = self._by_subject.get(key) or f"subject:{key}"
        root = root or own
        self._remember(self._by_id, own, root)
        if key and not (is_reply(subject) and key in self._by_subject):
            self._remember(self._by_subject, key, root)
        return root

    @staticmethod
    def _remember(memory: OrderedDict[str, str], key: str, root: str) -> None:
        memory[key] = root
        memory.move_to_end(key)
        if len(memory) > _REMEMBERED:
            memory.popitem(last=False)


def _decode_word(match: re.Match[str]) -> str:
    charset, encoding, text = match.groups()
    raw = text.encode("utf-8", "surrogateescape")
    try:
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4)) if encoding in "bB" else quopri.decodestring(raw, header=True)
    except (binascii.Error, ValueError):
        return text
    name = charset.partition("*")[0].lower()
    try:
        return data.decode({"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}.get(name, name))
    except (LookupError, ValueError):  # ValueError: a codec's name with NUL in it, too
        return _decode_bytes(data, None)


def _decode_bytes(data: bytes, charset: str | None) -> str:
    """A few bytes tell too little for statistics: UTF-8, the body's charset, whole GBK pairs, Windows-1252."""
    for name in ("utf-8", charset or "utf-8", "gb18030" if _GB_PAIRS.fullmatch(data) else "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):  # ValueError: a codec's name with NUL in it, too
            continue
    return data.decode("cp1252", "replace")
