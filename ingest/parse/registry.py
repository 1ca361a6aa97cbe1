"""Which parser reads a file: by its first bytes, then by its name, then by what plain text looks like.

Parsers are named by module path and imported when first asked for, so that a process which only looks pays for none.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, cast

from ingest.parse import sniff

if TYPE_CHECKING:
    from jitl.ports import Parser, SourceFile

NO_PARSER = "no parser for this kind; the formats extra reads DOCX, ODT, RTF, EPUB, MSG"
"""The reason for the owner of a file for which `parser_for` returns None."""

_PARSERS = {
    "archive-page": "ingest.parse.hypermail:ArchivePageParser",
    "circular": "ingest.parse.alerts:CircularParser",
    "notice": "ingest.parse.alerts:NoticeParser",
    "telegram": "ingest.parse.alerts:TelegramParser",
    "voevent": "ingest.parse.voevent:VoeventParser",
    "indico": "ingest.parse.agenda:IndicoParser",
    "jira": "ingest.parse.issues:JiraParser",
    "mattermost": "ingest.parse.chat:MattermostParser",
    "bibtex": "ingest.parse.bibtex:BibtexParser",
    "code": "ingest.parse.code:CodeParser",
    "html": "ingest.parse.html:HtmlParser",
    "latex": "ingest.parse.latex:LatexParser",
    "mail": "ingest.parse.mail:MailboxParser",
    "markdown": "ingest.parse.markdown:MarkdownParser",
    "notebook": "ingest.parse.notebook:NotebookParser",
    "pdf": "ingest.parse.pdf:PdfParser",
    "plain": "ingest.parse.plain:PlainParser",
    "rst": "ingest.parse.rst:RstParser",
    "slides": "ingest.parse.slides:SlidesParser",
    "table": "ingest.parse.plain:TableParser",
    "twiki": "ingest.parse.twiki:TwikiParser",
}


def parser_for(file: SourceFile) -> Parser | None:
    """The parser of the file's kind, or None where no parser reads it (report `NO_PARSER` then).

    Reads the first 64 KiB of the file; raises `OSError` where that is not possible.
    """
    with file.path.open("rb") as stream:
        head = stream.read(sniff.HEAD_BYTES)
    kind = sniff.kind_of(file.name or file.path.name, head)
    return None if kind is None else load(kind)


@functools.cache
def load(kind: str) -> Parser:
    """The one instance of a kind's parser."""
    module, _, attribute = _PARSERS[kind].partition(":")
    return cast("Parser", getattr(importlib.import_module(module), attribute)())
