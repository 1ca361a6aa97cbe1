"""HTML pages: saved wiki topics, generated documentation, anything a browser saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.parse.decode import SourceText, decode, read_text
from ingest.parse.html_marks import attribute
from ingest.parse.html_tree import TreeReader, tree_of
from ingest.parse.outline import Outline, unwrap
from ingest.parse.wiki_page import wiki_metadata
from jitl.errors import Unreadable
from jitl.ports import SourceFile
from jitl.types import BlockKind, ParsedDocument

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# Where generators put what the page is about, the surest first.
_CONTENT = (
    "div.patternTopic",
    "#twikiContent",
    "div.twikiTopic, div.foswikiTopic, div.foswikiTopicText, .natTopic",
    "#mw-content-text",
    "div[itemprop=articleBody], div.rst-content [role=main], div.body[role=main], div[role=main]",
    "#main-content.wiki-content, #wiki_page_show, .wiki-page",
    "main",
    "div.contents, #doc-content",
    "section.normal.markdown-section",
    "#bodyContent, #content, .markdown-body",
)
_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_:-]{2,40})""")
_XML_ENCODING = re.compile(rb"""(?i)^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([a-z0-9_:-]{2,40})""")
_REFUSED_TITLE = re.compile(
    r"(?i)^\W*(log[ -]?in\b|sign[ -]?in\b|login required|cern single sign-on|authentication required|access denied|not authori[sz]ed"
    r"|unauthori[sz]ed|40[134]\b|forbidden|error 40\d|(page|file|topic|document|object)?\s*not found|just a moment"
    r"|(this |the )?(wiki )?topic does not exist|oops)"
)
_MISSING_TOPIC = re.compile(r"(?i)\b(this (wiki |web )?topic does not exist|the topic you are trying to access does not exist)")
_SHORT = 1500  # characters; a real page that says "access denied" somewhere has more to say
_SITE = re.compile(r"\s(?:<|«|::|[|—–·-])\s")


class HtmlParser:
    """Pages of the web. Content is taken from where the page's generator keeps it, else from the whole body."""

    name = "html"
    version = "1"

    def parse(self, file: SourceFile) -> Iterator[ParsedDocument]:
        """One document. Raises `Unreadable` for a saved login form or error page."""
        source = _archived(file) or read_text(file.path, _declared(file))
        tree = tree_of(source.text)
        body = tree.body
        if body is None:
            return
        root = _content(body)
        _refuse(tree, root)
        outline = Outline()
        outline.notices.extend(source.notices)
        TreeReader(outline).read(root)
        page_title = _title(tree)
        metadata = _metadata(tree) | wiki_metadata(tree, page_title)
        if parent := metadata.get("parent"):
            outline.leave()
            outline.add(f"Parent topic: {parent}")
        if frame := _frame_notice(body, outline):
            outline.notices.append(frame)
        kind = "twiki" if "topic" in metadata else "html"
        yield outline.document(kind, file.name, title=_best_title(page_title, metadata, outline), metadata=metadata)


def _archived(file: SourceFile) -> SourceText | None:
    """The page inside a browser's single-file archive (MHTML), None where the file is none."""
    if file.path.suffix.lower() not in {".mht", ".mhtml"}:
        return None
    from email import message_from_bytes

    for part in message_from_bytes(file.path.read_bytes()).walk():
        payload = part.get_payload(decode=True)
        if part.get_content_type() == "text/html" and isinstance(payload, bytes):
            return decode(payload, part.get_content_charset())
    raise Unreadable("the web archive holds no page.", hint="Save the page again as HTML.")


def _declared(file: SourceFile) -> str | None:
    with file.path.open("rb") as stream:
        head = stream.read(4096)
    match = _CHARSET.search(head) or _XML_ENCODING.search(head)
    return match[1].decode("ascii") if match else None


def _content(body: LexborNode) -> LexborNode:
    whole = len(body.text())
    for selector in _CONTENT:
        found = max(body.css(selector), key=lambda node: len(node.text()), default=None)
        if found is not None and len(found.text()) > whole / 10:
            return found
    articles = body.css("article")
    return articles[0] if len(articles) == 1 and len(articles[0].text()) > whole / 4 else body


def _refuse(tree: LexborHTMLParser, root: LexborNode) -> None:
    text = unwrap(root.text(separator=" "))
    if len(text) > _SHORT:
        return
    heading = tree.css_first("h1, h2")
    names = (_title(tree), unwrap(heading.text()) if heading is not None else "")
    if _MISSING_TOPIC.search(text) or any(
        re.search("not found|40[34]|does not exist", n, re.IGNORECASE) for n in names if _REFUSED_TITLE.match(n)
    ):
        raise Unreadable("the page only says that it does not exist.", hint="Save it again from where it lives now.")
    if tree.css_first("input[type=password]") is not None or any(_REFUSED_TITLE.match(name) for name in names):
        raise Unreadable("the page is a login or error page, not the text it stands for.", hint="Sign in and save it again.")


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("head title") or tree.css_first("title")
    return unwrap(node.text()) if node is not None else ""


def _best_title(page_title: str, metadata: dict[str, Any], outline: Outline) -> str:
    """The page's one top heading where <title> is that and a site's name; else <title>."""
    headings = [block for block in outline.blocks if block.kind is BlockKind.HEADING]
    top = min((block.level for block in headings), default=0)
    tops = [block.text for block in headings if block.level == top]
    if len(tops) == 1 and (not page_title or tops[0].casefold() in page_title.casefold()):
        return tops[0]
    if topic := metadata.get("topic"):
        return str(topic)
    first = _SITE.split(page_title, maxsplit=1)[0].strip()
    return first if len(first) >= 4 else page_title


def _metadata(tree: LexborHTMLParser) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for meta in tree.css("meta"):
        name = (attribute(meta, "name") or attribute(meta, "property")).lower()
        value = attribute(meta, "content").strip()
        if name in {"author", "dc.creator", "article:author", "citation_author"} and value:
            found.setdefault("author", value[:200])
        elif name in {"date", "dc.date", "article:published_time", "citation_date", "last-modified", "article:modified_time"}:
            if match := re.match(r"\d{4}[-/]\d{2}[-/]\d{2}", value):
                found.setdefault("date", match[0].replace("/", "-"))
        elif name in {"keywords", "citation_arxiv_id"} and value:
            found["arxiv" if name == "citation_arxiv_id" else "labels"] = value[:300]
    language = tree.root.attributes.get("lang") if tree.root is not None else None
    if language:
        found["language"] = language
    return found


def _frame_notice(body: LexborNode, outline: Outline) -> str:
    if len(outline.blocks) > 2 or body.css_first("iframe, frame, script") is None:
        return ""
    return "the page draws its text with scripts or frames; save it as a complete page"
