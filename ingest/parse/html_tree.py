"""An HTML tree to blocks: what a reader of the page would see, in order, without the page's furniture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ingest.parse import html_marks as marks
from ingest.parse.flow import SOFT_BREAK, Flow
from ingest.parse.html_marks import attribute
from ingest.parse.outline import Outline
from jitl.types import BlockKind

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_DEPTH = 120
_LINE_BREAK = re.compile(r"\s*\n\s*")
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")


def tree_of(text: str) -> LexborHTMLParser:
    """The page's tree. Nesting that would take the parser quadratic time is taken out first."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(marks.flattened(text) if marks.too_deep(text) else text)


def read_fragment(text: str, outline: Outline) -> None:
    """Blocks of a piece of HTML (inside Markdown, a topic, a mail) appended to `outline`."""
    body = tree_of(text).body
    if body is not None:
        TreeReader(outline).read(body)


class TreeReader:
    """Appends a tree's blocks to an outline. One tree at a time."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._flow = Flow(outline)
        self._flat = 0  # > 0: inside a heading, a cell or a term, where blocks are only spaces
        self._term_waits = False
        self._handlers: dict[str, Callable[[LexborNode, int], None]] = {
            **dict.fromkeys(marks.HEADINGS, self._heading),
            **dict.fromkeys(("ul", "ol", "dir", "menu"), self._list),
            **dict.fromkeys(("pre", "listing", "xmp"), self._code),
            **dict.fromkeys(("sup", "sub"), self._script),
            **dict.fromkeys(("tt", "code"), self._fixed),
            "span": self._span,
            "li": self._item,
            "dt": self._term,
            "dd": self._definition,
            "table": self._table,
            **dict.fromkeys(("td", "th"), self._cell),
            "blockquote": self._quote,
            "math": self._math,
            "script": self._math_script,
            "br": self._break,
            "a": self._anchor,
            "img": self._image,
        }

    def read(self, node: LexborNode) -> None:
        self._children(node, 0)
        self._flow.apart()

    # --- walking -------------------------------------------------------------------------------------------------

    def _children(self, node: LexborNode, depth: int) -> None:
        if depth > _MAX_DEPTH:
            self._say(node.text(separator=" "))
            return
        for child in node.iter(include_text=True):
            self._visit(child, depth + 1)

    def _visit(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._say(node.text_content or "")
        elif tag in marks.DROPPED or tag.startswith("-") or marks.is_furniture(node):
            return
        elif tag in self._handlers:
            self._handlers[tag](node, depth)
        elif marks.is_code(node) and not self._flat:
            self._code(node, depth)
        elif marks.is_formula(node) and not self._flat:
            self._formula(node.text())
        elif tag in marks.BLOCKS:
            self._flush()
            self._children(node, depth)
            self._flush()
        else:
            self._children(node, depth)

    def _say(self, text: str) -> None:
        if "\n" in text:
            text = _LINE_BREAK.sub(SOFT_BREAK, text)
        self._flow.say(_SPACES.sub(" ", text))

    def _flush(self) -> None:
        if self._flat:
            self._flow.say(" ")
        elif self._term_waits:
            self._term_waits = False
        else:
            self._flow.flush()

    def text_of(self, node: LexborNode, depth: int = 0) -> str:
        """The node's text in one line, formulas and exponents kept readable."""
        outer, self._flow = self._flow, Flow(Outline())
        self._flat += 1
        self._children(node, depth)
        self._flat -= 1
        text = self._flow.taken().replace("\n", " ")
        self._flow = outer
        return text

    # --- elements ------------------------------------------------------------------------------------------------

    def _heading(self, node: LexborNode, depth: int) -> None:
        text = self.text_of(node, depth)
        if self._flat:
            self._flow.say(f" {text} ")
        else:
            self._flow.heading(text.rstrip("¶#").strip(), int((node.tag or "h1")[1]))

    def _code(self, node: LexborNode, depth: int) -> None:
        if self._flat:
            self._children(node, depth)
        elif marks.is_formula(node):
            self._formula(node.text())
        else:
            self._flow.block(marks.verbatim(node), BlockKind.CODE)

    def _quote(self, node: LexborNode, depth: int) -> None:
        self._flush()
        outer, self._flow.kind = self._flow.kind, BlockKind.QUOTE
        self._children(node, depth)
        self._flush()
        self._flow.kind = outer

    def _list(self, node: LexborNode, depth: int) -> None:
        if self._flat:
            self._flow.say(" ")
            self._children(node, depth)
            return
        self._flow.open_list(marks.first_number(node) if node.tag == "ol" else -1)
        self._children(node, depth)
        self._flow.close_list()

    def _item(self, node: LexborNode, depth: int) -> None:
        if self._flat:
            self._flow.say(" ")
        else:
            self._flow.item()
        self._children(node, depth)
        self._flush()

    def _term(self, node: LexborNode, depth: int) -> None:
        self._flush()
        self._flow.say(self.text_of(node, depth).rstrip(":") + ": ")

    def _definition(self, node: LexborNode, depth: int) -> None:
        """Stands on its term's line, even where it is a paragraph of its own."""
        first = next((c for c in node.iter(include_text=True) if c.tag != "-text" or (c.text_content or "").strip()), None)
        self._term_waits = first is not None and first.tag in {"p", "div"}
        self._children(node, depth)
        self._flush()

    def _table(self, node: LexborNode, depth: int) -> None:
        if self._flat or marks.is_layout(node):
            self._flush()
            self._children(node, depth)
            self._flush()
            return
        self._flow.apart()
        self._outline.table(self._rows(node, depth))

    def _cell(self, node: LexborNode, depth: int) -> None:
        """A cell of a table made for layout."""
        self._flush()
        with self._outline.enclosed():
            self._children(node, depth)
            self._flush()

    def _rows(self, table: LexborNode, depth: int) -> Iterator[list[str]]:
        for row in marks.own_rows(table):
            if row.tag == "caption":
                yield [self.text_of(row, depth)]
            else:
                yield [self.text_of(cell, depth) for cell in row.iter() if cell.tag in {"td", "th"}]

    def _math(self, node: LexborNode, _depth: int) -> None:
        source = marks.tex_of(node) or _SPACES.sub(" ", node.text(separator=" ")).strip()
        if attribute(node, "display") == "block" and not self._flat:
            self._formula(source)
        else:
            self._flow.say(f" ${source}$ " if marks.tex_of(node) else source)

    def _math_script(self, node: LexborNode, _depth: int) -> None:
        kind = attribute(node, "type").lower()
        if not kind.startswith("math/tex"):
            return
        if "display" in kind and not self._flat:
            self._formula(node.text())
        else:
            self._flow.say(f"${node.text().strip()}$")

    def _formula(self, source: str) -> None:
        self._flow.block(source.strip(), BlockKind.FORMULA)

    def _fixed(self, node: LexborNode, depth: int) -> None:
        """Docutils writes formulas so."""
        math = "math" in attribute(node, "class").split()
        self._flow.say("$" if math else "")
        self._children(node, depth)
        self._flow.say("$" if math else "")

    def _span(self, node: LexborNode, depth: int) -> None:
        self._children(node, depth)
        if attribute(node, "class") == "label":  # of a footnote or citation: stands on its first line
            self._flow.say(" ")
            self._term_waits = True

    def _script(self, node: LexborNode, depth: int) -> None:
        """Exponents and indices: 10^33 must not become 1033."""
        text = self.text_of(node, depth)
        mark = "^" if node.tag == "sup" else "_"
        bare = " " in text or not text or text.startswith("[") or (mark == "_" and text.isdigit())
        self._flow.say(text if bare else mark + text)

    def _break(self, _node: LexborNode, _depth: int) -> None:
        self._flow.say("\n")

    def _anchor(self, node: LexborNode, depth: int) -> None:
        if attribute(node, "class") in marks.PERMALINKS:
            return
        self._outline.link(attribute(node, "href"))
        self._children(node, depth)

    def _image(self, node: LexborNode, _depth: int) -> None:
        """Only formulas drawn as pictures: their source stands in `alt`."""
        alt = attribute(node, "alt").strip()
        if marks.is_tex(alt, attribute(node, "class")):
            self._flow.say(f" {alt} ")
