"""Bytes to text: every encoding that a collaboration's files come in, and no character that breaks what reads them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from ingest.parse.sniff import wide
from jitl.errors import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CANDIDATES = ["cp1252", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "koi8_r", "gb18030"]
_SAMPLE = 20_000

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
_GB_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH = bytes(range(0x80, 0x100))
# Frequent characters and punctuation of Chinese text: bytes of another alphabet read as GB give rare ones.
_COMMON_CHINESE = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "数据实验物理件文使系统量程算机,。、;:“”()《》?!"
    "，。、；：（）？！【】"
)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text: lines end in a single line feed, no control characters but tab and newline, no lone surrogates."""

    text: str
    encoding: str
    notices: tuple[str, ...] = ()


def read_text(path: Path, declared: str | None = None) -> SourceText:
    """The text of a file. Raises `Unreadable` where the file cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"the file cannot be opened ({error.strerror or error}).", hint="Check that it exists and may be read.") from error
    return decode(data, declared)


def decode(data: bytes, declared: str | None = None) -> SourceText:
    """Text of `data`; `declared` is what the file says of its own encoding, believed only where the bytes allow it."""
    encoding, raw, notices = _decode(data, declared)
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n").replace("\x0b", "\n")
    if "\x00" in text:
        notices = (*notices, "NUL bytes were left out")
    return SourceText(scrub(text), encoding, notices)


def scrub(text: str) -> str:
    """The text without terminal escapes, control characters (tab and newline stay) and lone surrogates."""
    if "\x1b" in text:
        text = _ESCAPE_SEQUENCE.sub("", text)
    return _UNWANTED.sub("", text)


def _decode(data: bytes, declared: str | None) -> tuple[str, str, tuple[str, ...]]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name, data[len(mark) :].decode(name, "replace"), ()
    if name_of_wide := wide(data[:_SAMPLE]):
        return name_of_wide, data.decode(name_of_wide, "replace"), ()
    try:
        return "utf-8", data.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    if (known := _declared(data, declared)) is not None:
        return known
    if _mostly_utf8(data):
        return "utf-8", _repair(data), ("some bytes were no valid UTF-8 and were read as Western European",)
    name = "gb18030" if _is_gb(data) else _guess(data)
    return name, data.decode(name, "replace"), (f"read as {name}",)


def _declared(data: bytes, declared: str | None) -> tuple[str, str, tuple[str, ...]] | None:
    """By the file's own word; its GB2312 is read as GB18030, its Latin-1 as Windows-1252, the supersets people really write."""
    try:
        name = codecs.lookup(declared or "").name
    except (LookupError, ValueError):
        return None
    name = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252"}.get(name, name)
    if name.startswith(("utf", "ascii")):
        return None
    try:
        return name, data.decode(name), ()
    except (UnicodeDecodeError, LookupError):
        return None


def _mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= c <= "\udcff" for c in text)
    good = sum(c > "\x7f" for c in text) - bad
    return bad * 10 <= good


def _repair(data: bytes) -> str:
    stray = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in _HIGH}
    return data.decode("utf-8", "surrogateescape").translate(stray)


def _is_gb(data: bytes) -> bool:
    high = len(data) - len(data.translate(None, _HIGH))
    if 2 * len(_GB_PAIR.findall(data)) < 0.9 * high:
        return False
    letters = [c for c in data.decode("gb18030", "replace") if c > "\x7f"]
    return sum(c in _COMMON_CHINESE for c in letters) >= 0.1 * len(letters)


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    first = next(i for i, byte in enumerate(data) if byte > 0x7F)
    sample = data[max(0, first - _SAMPLE // 4) :][:_SAMPLE]
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best is not None else "cp1252"
