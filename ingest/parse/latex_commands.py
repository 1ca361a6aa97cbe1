"""What LaTeX's commands do to the text: headings, citations, footnotes, captions, lists, references."""

from __future__ import annotations

import re

from ingest.parse import latex_words as words
from ingest.parse.latex_environments import begin, end
from ingest.parse.latex_reader import OPTION, Handler, LatexReader
from jitl.types import BlockKind

_MARK = re.compile(r"\s*\$\s*\^[^$]{0,60}\$")  # of an affiliation
_LABELS = {"pacs": "PACS", "reportnumber": "Report"}


def _section(reader: LatexReader, name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    reader.paragraph()
    level = words.SECTIONS[name] - words.SECTIONS[reader.source.divided] + 1
    reader.flow.heading(reader.text_of(span[0], span[1]), max(1, level))
    return span[2]


def _citation(reader: LatexReader, _name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    keys = ", ".join(key.strip() for key in reader.text[span[0] : span[1]].split(","))
    reader.flow.say(f" [{keys}]")
    return span[2]


def _reference(reader: LatexReader, _name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    reader.flow.say(f"[{reader.text[span[0] : span[1]].strip()}]")
    return span[2]


def _inclusion(reader: LatexReader, name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    if name in {"import", "subimport"} and (inner := reader.argument(span[2])) is not None:
        span = inner
    reader.included.append(reader.text[span[0] : span[1]].strip()[:200])
    return span[2]


def _footnote(reader: LatexReader, _name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    reader.footnotes.append(reader.text_of(span[0], span[1]))
    return span[2]


def _front(reader: LatexReader, name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    text = reader.text_of(span[0], span[1])
    if name != "title":
        text = _MARK.sub("", text).replace(" , ", ", ")
    reader.front.setdefault(name, []).append(text)
    return span[2]


def _abstract(reader: LatexReader, name: str, at: int) -> int:
    """The command form of an abstract; without braces it is a heading of old styles."""
    span = reader.argument(at) if reader.text[at : at + 1] == "{" else None
    reader.paragraph()
    reader.flow.heading(name.capitalize(), 1)
    if span is None:
        return at
    reader.flow.say(reader.text_of(span[0], span[1]))
    reader.paragraph()
    reader.flow.outline.leave()
    return span[2]


def _labelled(reader: LatexReader, name: str, at: int) -> int:
    """A line of the title page: keywords, preprint number, subtitle."""
    span = reader.argument(at)
    if span is None:
        return at
    reader.paragraph()
    text = reader.text_of(span[0], span[1])
    reader.flow.say(text if name == "subtitle" else f"{_LABELS.get(name, name.capitalize())}: {text}")
    reader.paragraph()
    return span[2]


def _frame_title(reader: LatexReader, _name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    reader.paragraph()
    reader.flow.heading(reader.text_of(span[0], span[1]), 4)
    return span[2]


def _caption(reader: LatexReader, name: str, at: int) -> int:
    span = reader.argument(reader.skip(at, 1) if name == "captionof" else at)
    if span is None:
        return at
    label = reader.floats[-1] if reader.floats else "Caption"
    reader.flow.block(f"{label}: {reader.text_of(span[0], span[1])}", BlockKind.PARAGRAPH)
    return span[2]


def _quantity(reader: LatexReader, name: str, at: int) -> int:
    parts = []
    for _ in range({"SI": 2, "qty": 2, "SIrange": 3, "qtyrange": 3}.get(name, 1)):
        span = reader.argument(at)
        if span is None:
            break
        parts.append(words.unit(reader.text[span[0] : span[1]]))
        at = span[2]
    reader.flow.say(" ".join(parts) if len(parts) < 3 else f"{parts[0]}–{parts[1]} {parts[2]}")
    return at


def _address(reader: LatexReader, name: str, at: int) -> int:
    span = reader.argument(at)
    if span is None:
        return at
    target = reader.text[span[0] : span[1]].replace("\\", "")
    reader.flow.outline.link(target)
    if name != "href":
        reader.flow.say(target)
    return span[2]


def _item(reader: LatexReader, _name: str, at: int) -> int:
    option = OPTION.match(reader.text, at)
    reader.paragraph()
    reader.flow.item()
    if option is None:
        return at
    label = reader.text_of(option.start(1), option.end(1))
    reader.flow.say(f"{label}{'' if label.endswith((':', '.', '-')) else ':'} " if label else "")
    return option.end()


def _reference_entry(reader: LatexReader, _name: str, at: int) -> int:
    span = reader.argument(at)
    reader.paragraph()
    reader.flow.item(f"[{reader.text[span[0] : span[1]].strip()}]" if span else "")
    return span[2] if span else at


def _ensured(reader: LatexReader, _name: str, at: int) -> int:
    span = reader.argument(at)
    return at if span is None else reader.inline_math(*span)


def _dropped(count: int) -> Handler:
    return lambda reader, _name, at: reader.skip(reader.after_options(at) if reader.text[at : at + 1] == "[" else at, count)


def _text_after(count: int) -> Handler:
    return lambda reader, _name, at: reader.skip(at, count)


def _raised(reader: LatexReader, name: str, at: int) -> int:
    """Exponents and indices in running text."""
    span = reader.argument(at)
    if span is None:
        return at
    text = reader.text_of(span[0], span[1])
    bare = " " in text or not text
    reader.flow.say(text if bare else ("^" if name.endswith("superscript") else "_") + text)
    return span[2]


def _choice(reader: LatexReader, _name: str, at: int) -> int:
    """Of a condition the branch where it holds."""
    span = reader.argument(reader.skip(at, 1))
    if span is None:
        return at
    reader.flow.say(reader.text_of(span[0], span[1]))
    return reader.skip(span[2], 1)


def _thanks(reader: LatexReader, _name: str, at: int) -> int:
    reader.paragraph()
    reader.flow.heading("Acknowledgments", 1)
    return at


def _let(reader: LatexReader, _name: str, at: int) -> int:
    return reader.skip(at, 2)


def _comma(reader: LatexReader, _name: str, at: int) -> int:
    reader.flow.say(", ")
    return at


HANDLERS: dict[str, Handler] = {
    **{name: _dropped(count) for name, count in words.DROPPED.items()},
    **{name: _text_after(count) for name, count in words.TEXT_AFTER.items()},
    **dict.fromkeys(words.SECTIONS, _section),
    **dict.fromkeys(words.CITATIONS, _citation),
    **dict.fromkeys(words.REFERENCES, _reference),
    **dict.fromkeys(words.INCLUSIONS, _inclusion),
    **dict.fromkeys(words.FOOTNOTES, _footnote),
    **dict.fromkeys(words.FRONT, _front),
    **dict.fromkeys(("subtitle", "keywords", "preprint", "reportnumber", "pacs"), _labelled),
    **dict.fromkeys(("abstract", "abstracts"), _abstract),
    **dict.fromkeys(("frametitle", "framesubtitle"), _frame_title),
    **dict.fromkeys(("caption", "captionof", "subcaption"), _caption),
    **dict.fromkeys(("SI", "qty", "num", "si", "unit", "ang", "SIrange", "qtyrange"), _quantity),
    **dict.fromkeys(("href", "url", "nolinkurl", "path"), _address),
    **dict.fromkeys(("textsuperscript", "textsubscript"), _raised),
    **dict.fromkeys(("acknowledgments", "acknowledgements", "acknowledgment"), _thanks),
    "ifthenelse": _choice,
    "let": _let,
    "and": _comma,
    "item": _item,
    "bibitem": _reference_entry,
    "ensuremath": _ensured,
    "begin": begin,
    "end": end,
}
