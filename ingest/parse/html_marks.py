"""What the elements of real pages mean: furniture, code, formulas, tables made for layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PERMALINKS = _names("headerlink anchor anchorjs-link mw-editsection footnote-backref")
DROPPED = _names("style noscript template nav footer svg canvas iframe object embed button select input head link meta title datalist")
BLOCKS = _names(
    """p div section article main aside header figure figcaption caption address center fieldset form details summary dl hr tr td th
    tbody thead tfoot body html legend hgroup textarea"""
)
_FURNITURE = _names(
    """nav navbar navigation menu sidebar breadcrumb breadcrumbs footer pagination skip-link skiplink cookie-banner sphinxsidebar related
    headerlink footnote-backref system-messages linenos lineno linenodiv gutter mw-editsection mw-jump-link printfooter catlinks navbox
    noprint toc
    twikiToc foswikiToc twikiTopicActions foswikiTopicActions patternTopicActions patternTopBar patternBottomBar patternSideBar
    patternLeftBar patternInfo patternHomePath patternToolBar patternTop patternBottomBarContents twikiHidden foswikiHidden
    twikiTopicAction twikiBroadcastMessage foswikiBroadcastMessage
    katex-html MathJax_Preview MathJax MathJax_Display navpath navrow tabs wy-nav-side wy-breadcrumbs rst-footer-buttons md-sidebar
    md-nav md-footer book-summary sr-only visually-hidden screen-reader-text"""
)
_FURNITURE_ROLES = _names("navigation banner contentinfo search menu menubar toolbar tablist")
_FURNITURE_IDS = _names(
    """nav navbar sidebar footer breadcrumbs mw-navigation mw-head mw-panel catlinks toc patternTopBar patternBottomBar patternSideBar
    patternClearHeaderCenter patternLeftBar side-nav nav-path navigation jp-toolbar table-of-contents"""
)
_CODE_CLASSES = _names("fragment code-block codehilite verbatim")
_TEX = re.compile(r"\\[a-zA-Z]+|[_^]\{|^\$.*\$$", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAKING_TAG = re.compile(r"(?i)<(?:br|/?p|/?div|/?li|/?tr|/?h[1-6]|/?table)\b[^<>]{0,2000}>")
_VOID = _names("area base br col embed hr img input link meta source track wbr p li td tr th dd dt option tbody thead tfoot")
_FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")
_MAX_NESTING = 1_000
_MAX_FORMATTING = 200


def attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def is_furniture(node: LexborNode) -> bool:
    """Navigation, hidden text and the like, by the names that common generators give them."""
    values = node.attributes
    if not values:
        return False
    classes = (values.get("class") or "").split()
    if _FURNITURE.intersection(classes) or values.get("id") in _FURNITURE_IDS or values.get("role") in _FURNITURE_ROLES:
        return True
    return "hidden" in values or "display:none" in (values.get("style") or "").replace(" ", "")


def is_code(node: LexborNode) -> bool:
    return node.tag == "div" and bool(_CODE_CLASSES.intersection(attribute(node, "class").split())) and node.css_first("pre") is None


def is_formula(node: LexborNode) -> bool:
    return node.tag in {"div", "pre"} and "math" in attribute(node, "class").split()


def is_tex(alt: str, classes: str) -> bool:
    return bool(alt) and (
        bool(_TEX.search(alt)) or bool({"math", "tex", "latex", "formulaInl", "formulaDsp"}.intersection(classes.split()))
    )


def tex_of(math: LexborNode) -> str:
    """The LaTeX that a MathML element carries, or ""."""
    for note in math.css("annotation"):
        if "tex" in attribute(note, "encoding").lower():
            return note.text().strip()
    return attribute(math, "alttext").strip()


def first_number(ordered: LexborNode) -> int:
    start = attribute(ordered, "start").strip()
    return int(start) if start.isdecimal() and len(start) < 7 else 1


def verbatim(node: LexborNode) -> str:
    """Code as written; Doxygen's and Rouge's line numbers are left out."""
    lines = node.css("div.line")
    if lines:
        return "\n".join(_without_numbers(line) for line in lines)
    code = node.css_first("td.code pre, td.blob-code, .rouge-code pre")
    return (code or node).text()


def _without_numbers(line: LexborNode) -> str:
    return "".join(part.text() for part in line.iter(include_text=True) if "lineno" not in attribute(part, "class"))


def own_rows(table: LexborNode) -> Iterator[LexborNode]:
    """The rows of this table, not of tables inside it; a caption comes as it stands."""
    for child in table.iter():
        if child.tag in {"tr", "caption"}:
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child.iter() if row.tag == "tr")


def is_layout(table: LexborNode) -> bool:
    """A table that arranges a page: it holds tables, headings or code, or has but one cell."""
    inside = table.css("table, h1, h2, h3, pre")
    if any(node.mem_id != table.mem_id for node in inside) or attribute(table, "role") == "presentation":
        return True
    cells = table.css("td, th")
    return len(cells) <= 1 or sum(len(cell.text()) for cell in cells) > 600 * len(cells)


def too_deep(text: str) -> bool:
    """Whether open elements pile up as no honest page does: the parser's time grows with their square."""
    opened: dict[str, int] = {}
    total = formatting = 0
    for match in _TAG.finditer(text):
        tag = match[2].lower()
        if tag in _VOID:
            continue
        step = -1 if match[1] else 1
        if opened.get(tag, 0) + step < 0:
            continue
        opened[tag] = opened.get(tag, 0) + step
        total += step
        formatting += step if tag in _FORMATTING else 0
        if total > _MAX_NESTING or formatting > _MAX_FORMATTING:
            return True
    return False


def flattened(text: str) -> str:
    """The text of such a page: paragraphs without any other markup, safe to parse."""
    return _ANY_TAG.sub(" ", _BREAKING_TAG.sub("\x01", text)).replace("<", "&lt;").replace("\x01", "<br><br>")
