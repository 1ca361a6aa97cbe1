"""What kind of document some bytes are: the key of a parser, or None for a kind that nobody here reads."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

from ingest.parse.exports import export_of

HEAD_BYTES = 65_536

_BY_SUFFIX = {
    "bibtex": ".bib",
    "html": ".html .htm .xhtml .shtml .mht .mhtml",
    "latex": ".tex .latex .ltx .bbl",
    "mail": ".mbox .mbx .eml",
    "markdown": ".md .markdown .mdown .mkd .mdx .rmd .qmd",
    "notebook": ".ipynb",
    "rst": ".rst .rest",
    "table": ".csv .tsv",
    "twiki": ".twiki .tml",
    "code": (
        ".py .pyx .pyi .opts .c .h .cc .cpp .cxx .c++ .hh .hpp .hxx .icc .ixx .tcc .cu .cuh .java .kt .scala .go .rs .js .mjs .ts .tsx .jsx"
        " .sh .bash .zsh .csh .tcsh .ksh .fish .ps1 .bat .pl .pm .rb .lua .r .jl .m .swift .f .for .f77 .f90 .f95 .f03 .f08 .sql"
        " .yaml .yml .toml .ini .cfg .conf .properties .json .xml .gdml .xsd .cmake .mk .dockerfile .sub .dag .jdl .dec .css .proto"
        " .nix .tf .vim .el .hs .ml .cs .sty .cls .bst .php .vhd .vhdl .v .sv .g4 .idl"
    ),
}
_SUFFIXES = {suffix: kind for kind, suffixes in _BY_SUFFIX.items() for suffix in suffixes.split()}
_CODE_NAMES = {"cmakelists.txt", "makefile", "gnumakefile", "dockerfile", "jenkinsfile", "vagrantfile", "snakefile", "requirements"}
_DRAWINGS = {".svg", ".ps", ".eps"}
_MAGIC_NONE = (
    *(b"{\\rtf", b"%!PS", b"\x7fELF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"PK\x05\x06"),
    *(b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"SQLite format 3", b"root\x00", b"\xca\xfe\xba\xbe"),
)

_MBOX = re.compile(rb"From [^\n]{1,200}\d{4}[^\n]{0,40}\r?\n(?:>?[A-Za-z-]{1,40}:|[ \t])")
_HEADER = re.compile(rb"(?im)^(from|to|cc|date|subject|message-id|received|return-path|mime-version|reply-to|delivered-to)[ \t]?:")
_ARCHIVE_PAGE = re.compile(
    rb"(?i)<!--beginarticle-->|<!-- ?(?:received|isoreceived|sent|isosent|inreplyto)=|<!-- MHonArc v|<!--X-(?:Subject|Message-Id):"
)
_HTML = re.compile(
    rb"(?i)\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^>]{0,2000}-->\s*)?<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])",
)
_TWIKI_META = re.compile(rb"(?m)^%META:[A-Z]+\{")
_TWIKI_MARKUP = re.compile(
    rb"(?m)^---\+{1,6}(?:!!)?[ \t]*\S|^%(?:TOC|INCLUDE|STARTINCLUDE|STOPINCLUDE|STARTSECTION|SEARCH|TWISTY|TABLE|EDITTABLE)[{%]"
)
_LATEX = re.compile(rb"(?m)^[ \t]*\\(?:documentclass|documentstyle|begin\{document\}|chapter\*?\{|section\*?\{)")
_RST = re.compile(rb"(?m)^\.\. (?:[a-z][\w:-]{0,40}::|_[^\n:]{1,80}:)|:(?:ref|doc|math|py:[a-z]{3,10}):`")
_MARKDOWN = re.compile(rb"(?m)^#{1,6} \S|^```|\[[^\]\n]{1,80}\]\([^)\n]{1,200}\)")
_JOB_OPTIONS = re.compile(rb"(?m)^[A-Za-z_]\w{0,80}(?:\.\w{1,80}){1,4}[ \t]*\+?=[^\n]{0,400};[ \t]*\r?$|^#include[ \t]+[\"<]")
_UNDERLINED = re.compile(rb"(?m)^[^\s#%][^\n]{2,200}\n[=~^\"'*-]{4,200}\r?$")


def kind_of(name: str, head: bytes) -> str | None:
    """The key of the parser for a file called `name` that starts with `head`."""
    path = PurePosixPath(name.replace("\\", "/"))
    suffix = path.suffix.lower()
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04") and suffix in {".pptx", ".ppsx", ".potx", ".pptm"}:
        return "slides"
    if suffix in _DRAWINGS or head.startswith(_MAGIC_NONE) or is_binary(head):
        return None
    return _by_markup(head, suffix) or _by_name(path.name.lower(), suffix) or _by_text(head)


def is_binary(head: bytes) -> bool:
    """Whether the bytes are no text in any encoding: more than stray control characters, and not UTF-16 or UTF-32."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) or wide(head):
        return False
    control = len(head) - len(head.translate(None, bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})))
    return control > max(8, len(head) // 50)


def wide(head: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte is NUL (Latin text)."""
    half = len(head) // 2
    if half < 4:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _by_markup(head: bytes, suffix: str) -> str | None:
    """Marks that are stronger than a name."""
    body = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _TWIKI_META.match(body):
        return "twiki"
    if exported := export_of(suffix if not suffix[1:].isdigit() else "", body):
        return exported
    if suffix in {".html", ".htm", ".shtml", ""} and _ARCHIVE_PAGE.search(head):
        return "archive-page"
    if suffix in {".txt", ".text", ".mail", ".msg", ""} or suffix[1:].isdigit():
        return _mail_like(body)
    return None


def _mail_like(body: bytes) -> str | None:
    if _MBOX.match(body):
        return "mail"
    names = {m.group(1).lower() for m in _HEADER.finditer(body.replace(b"\r\n", b"\n").partition(b"\n\n")[0])}
    return "mail" if b"from" in names and len(names) >= 3 and _HEADER.match(body) else None


def _by_name(name: str, suffix: str) -> str | None:
    if name in _CODE_NAMES:
        return "code"
    return _SUFFIXES.get(suffix)


def _by_text(head: bytes) -> str:
    """For names that say nothing (.txt, no suffix): markup that plain text does not carry by chance."""
    body = head.removeprefix(codecs.BOM_UTF8)
    verdicts = (
        ("code", body.startswith(b"#!") or len(_JOB_OPTIONS.findall(body)) >= 3),
        ("html", _HTML.match(body)),
        ("twiki", _TWIKI_META.search(body) or len(_TWIKI_MARKUP.findall(body)) >= 2),
        ("latex", _LATEX.search(body)),
        ("rst", len(_RST.findall(body)) >= 2),
        ("markdown", len(_MARKDOWN.findall(body)) >= 3 and not _UNDERLINED.search(body)),
    )
    return next((kind for kind, holds in verdicts if holds), "plain")
