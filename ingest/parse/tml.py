"""TWiki's topic markup to HTML, as the wiki itself would render it, so that one reader takes both."""

from __future__ import annotations

import re
from html import escape

from ingest.parse.tml_lists import ListWriter
from ingest.parse.tml_macros import NOP, Macros

_NOP = re.compile(r"<nop\s{0,9}/?>", re.IGNORECASE)
_BANG = re.compile(r"(?<![\w!])!(?=[%A-Z\[])")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|^#\{.*?(?:\}#|\Z)", re.DOTALL | re.MULTILINE)
_TAGS_ONLY = re.compile(r"</?(?:sticky|noautolink|dirtyarea|nobr|literal|includeonly|noinclude)\b[^<>]{0,300}>", re.IGNORECASE)
_OPEN_PROTECTED = re.compile(
    r"(?i)<(verbatim|pre|literal|latex|script|style)\b[^<>]{0,300}>|%(CODE|SYNTAX|BEGINLATEX)(?:\{[^{}\n]{0,300}\})?%"
)
_VERBATIM = re.compile(r"(?i)<(/?)verbatim\b")
_NEARBY = 1_000  # characters
_LATEX = re.compile(r"%\$(.{1,800}?)\$%|%\\\[(.{1,800}?)\\\]%", re.DOTALL)
_UNKNOWN_TAG = re.compile(
    r"<(?!/?(?:a|abbr|address|b|big|blockquote|br|caption|center|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em|font|form|h[1-6]|hr|i|img"
    r"|input|ins|kbd|label|li|math|ol|option|p|pre|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|table|tbody"
    r"|td|textarea|tfoot|th|thead|tr|tt|u|ul|var)\b[^<]{0,2000}>)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^---+(\++|#+)\s*(?:!!)?\s*(.+?)\s*$")
_HEADING_END = re.compile(r"\s*(?:!!|__)\s*$")
_INDENTED = re.compile(r"^(?:\t| {3})+: ")
_RULE = re.compile(r"^---+\s*")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_ANCHOR = re.compile(r"^#[A-Za-z]\w{0,100}\s*")
_LINK = re.compile(r"\[\[([^\[\]\n]{0,800})\](?:\[([^\[\]\n]{0,800}|[^\n]{0,200}?)\])?\]")
_HEADER_CELL = re.compile(r"^\s*\*([^*]+)\*\s*$")
_EMPHASIS = tuple(
    re.compile(rf"(?:^|(?<=[\s(>])){mark}(\S(?:[^\n]{{0,250}}?[^\s])??){mark}(?=$|[\s,.;:!?)<|])") for mark in ("==", "=", "__", r"\*", "_")
)
_LONGEST_LINE = 20_000  # characters: beyond it no person set words in bold
_HOLD = re.compile(r"\x02(\d{1,9})\x02")


def to_html(text: str, macros: Macros) -> str:
    """The topic's body as HTML. Macros expand; what a server would fill in is dropped."""
    return _Rendering(macros).render(text)


class _Rendering:
    def __init__(self, macros: Macros) -> None:
        self._macros = macros
        self._held: list[str] = []

    def render(self, text: str) -> str:
        text = self._protect(text)
        self._macros.learn(text)
        text = _COMMENT.sub("", text)
        text = _BANG.sub(NOP, _NOP.sub(NOP, text))
        text = _LATEX.sub(self._formula, text)
        text = self._macros.expand(text)
        text = _UNKNOWN_TAG.sub("&lt;", _TAGS_ONLY.sub("", text))
        html = "\n".join(self._lines(text))
        return _HOLD.sub(lambda match: self._held[int(match[1])], html).replace(NOP, "")

    def _hold(self, html: str) -> str:
        self._held.append(html)
        return f"\x02{len(self._held) - 1}\x02"

    def _formula(self, match: re.Match[str]) -> str:
        if match[2]:
            return self._hold(f'<div class="math">{escape(match[2])}</div>')
        return self._hold(escape(f"${match[1].strip()}$"))

    def _protect(self, text: str) -> str:
        """Take verbatim text, code and formulas out, once through from the left."""
        parts: list[str] = []
        at = 0
        while (opening := _OPEN_PROTECTED.search(text, at)) is not None:
            name = (opening[1] or opening[2]).lower()
            closing = {"beginlatex": "%endlatex%", "code": "%endcode%", "syntax": "%endsyntax%"}.get(name, f"</{name}>")
            end = _end_of(text, name, closing, opening.end())
            parts += [text[at : opening.start()], self._hold(_protected(name, text[opening.end() : end]))]
            at = min(len(text), end + len(closing))
        return "".join([*parts, text[at:]])

    # --- lines ---------------------------------------------------------------------------------------------------

    def _lines(self, text: str) -> list[str]:
        out: list[str] = []
        lists = ListWriter(out)
        rows: list[list[str]] = []
        for line in text.replace("\\\n", " ").split("\n"):
            if _ROW.match(line) and "|" in line.strip()[1:]:
                rows.append(_cells(line, rows[-1] if rows else []))
                continue
            if rows:
                lists.close()
                out.append(self._table(rows))
                rows = []
            if not lists.take(line, self._inline):
                out.append(self._line(line))
        lists.close()
        return [*out, self._table(rows)] if rows else out

    def _line(self, line: str) -> str:
        if heading := _HEADING.match(line):
            text = self._inline(_HEADING_END.sub("", heading[2]))
            level = min(6, len(heading[1]))
            return f"<h{level}>{text}</h{level}>"
        if not line.strip():
            return "<p></p>"
        line = _INDENTED.sub("<br>", _ANCHOR.sub("", line))
        return self._inline(_RULE.sub("<hr>", line, count=1))

    def _table(self, rows: list[list[str]]) -> str:
        body = "".join("<tr>" + "".join(f"<td>{self._inline(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table>{body}</table>"

    def _inline(self, text: str) -> str:
        if "[[" in text:
            text = _LINK.sub(_anchor, text)
        for pattern in _EMPHASIS if len(text) <= _LONGEST_LINE else ():
            text = pattern.sub(_plain, text)
        return text


def _plain(match: re.Match[str]) -> str:
    return match[1]


def _end_of(text: str, name: str, closing: str, start: int) -> int:
    """Where the element ends: after as many inner ones as close nearby, as the wiki has it."""
    depth = 1
    if name == "verbatim":
        for tag in _VERBATIM.finditer(text, start, start + _NEARBY):
            depth += -1 if tag[1] else 1
            if depth == 0:
                return tag.start()
    for form in (closing, closing.upper()):
        at = text.find(form, start)
        if at >= 0:
            return at
    return len(text)


def _protected(name: str, content: str) -> str:
    if name in {"verbatim", "code", "syntax"}:
        return f"<pre>\n{escape(content)}</pre>"
    if name == "pre":
        return f"<pre>\n{_NOP.sub('', content)}</pre>"
    if name == "latex":
        return escape(f"${content.strip()}$")
    if name == "beginlatex":
        return f'<div class="math">{escape(content)}</div>'
    return content if name == "literal" else ""


def _cells(line: str, above: list[str]) -> list[str]:
    """Cells of a row: `^` repeats the cell above, an empty one between bars belongs to the one before."""
    cells = []
    for number, raw in enumerate(line.strip()[1:-1].split("|")):
        if raw == "" and number:
            continue
        cell = raw.strip()
        if header := _HEADER_CELL.match(cell):
            cell = header[1].strip()
        elif cell == "^" and number < len(above):
            cell = above[number]
        cells.append(cell)
    return cells


def _anchor(match: re.Match[str]) -> str:
    target, label = match[1].strip(), match[2]
    if label is None:
        first, _, rest = target.partition(" ")
        if rest and re.match(r"https?:|mailto:|ftp:", first):
            target, label = first, rest
        else:
            label = (
                target
                if "://" in target
                else re.sub(r"^(?:[A-Za-z][\w/]{0,60}\.)+(?=[A-Z])", "", target.partition("#")[0]) or target.strip("#")
            )
    return f'<a href="{escape(target)}">{label or escape(target)}</a>' if target else label
