"""What LaTeX's environments do to the text: formulas and tables whole, lists and floats as brackets around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.parse import latex_words as words
from ingest.parse.latex_reader import OPTION, LatexReader
from jitl.types import BlockKind

_NAME = re.compile(r"[ \t]{0,9}\{([A-Za-z]{1,40}\*?)\}")
_TABLE_TOKEN = re.compile(r"\\begin[ \t]*\{|\\tabularnewline|\\\\\*?|\\.|[{&]", re.DOTALL)
# Arguments of an environment that are no text.
_ARGUMENTS = {
    **dict.fromkeys(("minipage", "multicols", "subfigure", "subtable", "spacing", "column", "otherlanguage", "thebibliography"), 1),
    **dict.fromkeys(("wrapfigure", "wraptable", "adjustwidth", "CJK", "CJK*", "list", "basedescript"), 2),
    **dict.fromkeys(
        ("tabular", "longtable", "supertabular", "array", "xtabular", "tabu", "longtabu", "tblr", "longtblr", "deluxetable"), 1
    ),
    **dict.fromkeys(("tabular*", "tabularx", "tabulary"), 2),
}
_HEADED = {
    "abstract": "Abstract",
    **dict.fromkeys(("acknowledgments", "acknowledgements", "acknowledgment", "acks"), "Acknowledgments"),
}


def begin(reader: LatexReader, _name: str, at: int) -> int:
    match = _NAME.match(reader.text, at)
    if match is None:
        return at
    name, after = match[1], match.end()
    span = reader.source.ends.get(at - len("\\begin"))
    if span is not None and name in words.MATH_ENVIRONMENTS:
        return _formula(reader, name, after, span)
    if span is not None and name in words.TABLE_ENVIRONMENTS:
        _table(reader, name, after, span[0])
        return span[1]
    if span is not None and name in words.DRAWING_ENVIRONMENTS:
        return span[1]
    return _open(reader, name, after)


def end(reader: LatexReader, _name: str, at: int) -> int:
    match = _NAME.match(reader.text, at)
    if match is None:
        return at
    name = match[1]
    reader.paragraph()
    if name in words.LIST_ENVIRONMENTS or name == "thebibliography":
        reader.flow.close_list()
    elif name in words.QUOTE_ENVIRONMENTS:
        reader.flow.kind = BlockKind.PARAGRAPH
    elif name in words.FLOATS and reader.floats:
        reader.floats.pop()
    elif name == "abstract":
        reader.flow.outline.leave()
    return match.end()


def _open(reader: LatexReader, name: str, at: int) -> int:
    """An environment around text: what follows is read as it comes."""
    reader.paragraph()
    if name == "frame":
        return _frame(reader, at)
    option = OPTION.match(reader.text, at) if name.rstrip("*") in words.STATEMENTS else None
    if option is not None:
        reader.flow.say(reader.text_of(option.start(1), option.end(1)) + ": ")
    at = reader.skip(reader.after_options(at), _ARGUMENTS.get(name, 0))
    if name in words.LIST_ENVIRONMENTS:
        reader.flow.open_list(words.LIST_ENVIRONMENTS[name])
    elif name == "thebibliography":
        reader.flow.heading("References", 1)
        reader.flow.open_list()
    elif name in words.QUOTE_ENVIRONMENTS:
        reader.flow.kind = BlockKind.QUOTE
    elif name in words.FLOATS:
        reader.floats.append(words.FLOATS[name])
    elif name in _HEADED:
        reader.flow.heading(_HEADED[name], 1)
    return at


def _frame(reader: LatexReader, at: int) -> int:
    at = reader.after_options(at)
    span = reader.argument(at) if reader.text[at : at + 1] == "{" else None
    if span is None:
        return at
    reader.flow.heading(reader.text_of(span[0], span[1]), 4)
    return span[2]


def _formula(reader: LatexReader, name: str, at: int, span: tuple[int, int]) -> int:
    if name == "math":
        return reader.inline_math(at, span[0], span[1])
    if name.startswith("alignat") or name == "xalignat":
        at = reader.skip(at, 1)
    reader.flow.block(reader.verbatim_formula(at, span[0]), BlockKind.FORMULA)
    return span[1]


def _table(reader: LatexReader, name: str, at: int, stop: int) -> None:
    at = reader.skip(reader.after_options(at), _ARGUMENTS.get(name, 0))
    reader.flow.apart()
    reader.flow.outline.table([reader.text_of(start, end) for start, end in row] for row in _rows(reader, at, stop))


def _rows(reader: LatexReader, at: int, stop: int) -> Iterator[list[tuple[int, int]]]:
    """Spans of the cells of each row; groups and environments inside are not looked into."""
    row: list[tuple[int, int]] = []
    start = at
    while (token := _TABLE_TOKEN.search(reader.text, at, stop)) is not None:
        at = token.end()
        if token[0] == "{":
            at = reader.source.closing.get(token.start(), token.start()) + 1
        elif token[0].startswith("\\begin"):
            at = reader.source.ends.get(token.start(), (0, token.end()))[1]
        elif token[0] == "&":
            row.append((start, token.start()))
            start = at
        elif token[0].startswith("\\\\") or token[0] == "\\tabularnewline":
            yield [*row, (start, token.start())]
            option = OPTION.match(reader.text, at)
            row, start = [], option.end() if option else at
    yield [*row, (start, stop)]
