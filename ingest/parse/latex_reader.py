"""Walks once over prepared LaTeX and says what it reads: text, formulas, and words that `latex_commands` explains."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ingest.parse import latex_words as words
from ingest.parse.flow import SOFT_BREAK, Flow
from ingest.parse.latex_source import HELD, Macro, Source, excerpt, find
from ingest.parse.outline import Outline, unwrap
from jitl.types import BlockKind

_TOKEN = re.compile(
    r"(?P<word>\\[A-Za-z@]+\*?)|(?P<symbol>\\[^A-Za-z@])|(?P<par>\n[ \t]*\n\s*)|(?P<math>\$\$?)|(?P<held>\x02\d{1,9}\x02)"
    r"|(?P<text>[^\\{}$~\n\x02]+)|(?P<blank>[~\n])|(?P<rest>[\s\S])"
)
OPTION = re.compile(r"[ \t]{0,20}\n?[ \t]{0,20}\[((?:[^\[\]{}]|\{[^{}]{0,500}\}){0,800})\]")
_SPACE = re.compile(r"[ \t]{0,200}\n?[ \t]{0,200}")
_LABEL = re.compile(r"\\label\s{0,9}\{[^{}]{0,200}\}")
_SIMPLE_WORD = re.compile(r"\\([A-Za-z]+)")
_WRAPPER = re.compile(r"\\ensuremath\s?\{((?:[^{}]|\{[^{}]*\})*)\}|\\(?:ensuremath|xspace)(?![A-Za-z])")
_LENGTH = re.compile(r"[ \t]{0,9}=?[ \t]{0,9}-?\d*\.?\d+[ \t]{0,9}(?:true)?(?:cm|mm|in|pt|em|ex|sp|bp)(?![A-Za-z])")
_ARGUMENT_MARK = re.compile(r"#(\d)")
_QUOTES = (("``", "“"), ("''", "”"), ("---", "—"), ("--", "–"))
_MAX_DEPTH = 12
_MAX_EXPANSIONS = 20_000
_MAX_MATH = 20_000  # characters of one formula

Handler = Callable[["LatexReader", str, int], int]
"""Gets the reader, the word's name and the place after it; returns where reading goes on."""

Span = tuple[int, int, int]
"""Start and end of an argument's content, and the place after the argument."""


class LatexReader:
    """Reads one source into an outline. `front` gathers title, author and date as they are met, `included` names of files."""

    def __init__(self, source: Source, outline: Outline, handlers: Mapping[str, Handler], parent: LatexReader | None = None) -> None:
        self.source = source
        self.text = source.text
        self.flow = Flow(outline)
        self.handlers = handlers
        self.floats: list[str] = []
        self.footnotes: list[str] = [] if parent is None else parent.footnotes
        self.front: dict[str, list[str]] = {} if parent is None else parent.front
        self.included: list[str] = [] if parent is None else parent.included
        self.budget: list[int] = [_MAX_EXPANSIONS] if parent is None else parent.budget
        self.depth: int = 0 if parent is None else parent.depth + 1

    def read(self, start: int = 0, end: int | None = None) -> None:
        at, stop = start, len(self.text) if end is None else end
        while at < stop and (token := _TOKEN.match(self.text, at, stop)) is not None:
            at = self._take(token, stop)
        self.paragraph()
        self.flow.apart()

    def paragraph(self) -> None:
        """End the paragraph; its footnotes follow it."""
        self.flow.flush()
        if self.depth or not self.footnotes:
            return
        notes = list(self.footnotes)
        self.footnotes.clear()
        for note in notes:
            self.flow.say(f"Footnote: {note}")
            self.flow.flush()

    # --- arguments -----------------------------------------------------------------------------------------------

    def argument(self, at: int) -> Span | None:
        """The argument at a place, options before it skipped: a group, or a single sign or word."""
        at = self.after_options(at)
        space = _SPACE.match(self.text, at)
        at = space.end() if space else at
        if at >= len(self.text):
            return None
        if self.text[at] == "{":
            end = self.source.closing.get(at)
            return None if end is None else (at + 1, end, end + 1)
        token = _TOKEN.match(self.text, at)
        if token is None or token.lastgroup not in {"word", "symbol", "text"} or token[0].startswith(("\\begin", "\\end")):
            return None
        end = token.end() if token.lastgroup != "text" else at + 1
        return at, end, end

    def after_options(self, at: int) -> int:
        while (option := OPTION.match(self.text, at)) is not None:
            at = option.end()
        return at

    def skip(self, at: int, count: int) -> int:
        """The place after `count` arguments in braces."""
        for _ in range(count):
            span = self.argument(at)
            if span is None:
                return at
            at = span[2]
        return at

    def text_of(self, start: int, end: int) -> str:
        """The span's text in one line."""
        if self.depth >= _MAX_DEPTH:
            return unwrap(_SIMPLE_WORD.sub(" ", self.text[start:end]).replace("{", "").replace("}", ""))
        outline = Outline()
        LatexReader(self.source, outline, self.handlers, self).read(start, end)
        self.flow.outline.links.extend(outline.links)
        return unwrap(" ".join(block.text for block in outline.blocks))

    # --- tokens --------------------------------------------------------------------------------------------------

    def _take(self, token: re.Match[str], stop: int) -> int:
        kind, text, end = token.lastgroup, token[0], token.end()
        match kind:
            case "word":
                return self._word(text[1:], end)
            case "symbol":
                return self._symbol(text[1:], end)
            case "math":
                return self._math(text, end, stop)
            case "held":
                self._held(int(text[1:-1]))
            case "par":
                self.paragraph()
            case "text":
                self.flow.say(_typeset(text))
            case "blank":
                self.flow.say(" " if text == "~" else SOFT_BREAK)
        return end

    def _word(self, name: str, at: int) -> int:
        handler = self.handlers.get(name) or self.handlers.get(name.removesuffix("*"))
        if handler is not None:
            return handler(self, name.removesuffix("*"), at)
        macro = self.source.macros.get(name.removesuffix("*"))
        if macro is not None and self.depth < _MAX_DEPTH and self.budget[0] > 0:
            return self._expanded(macro, at)
        if name in words.SYMBOLS:
            self.flow.say(words.SYMBOLS[name])
            return at
        if len(name) == 1 and name in words.ACCENTS:
            return self._accent(name, at)
        if length := _LENGTH.match(self.text, at):
            return length.end()
        if "@" not in name and not name.startswith("if") and self.text[at : at + 1] not in {"{", "["}:
            self.flow.say(name)
        return self.after_options(at)

    def _expanded(self, macro: Macro, at: int) -> int:
        """A word of the author's own: its replacement, read in turn."""
        self.budget[0] -= 1
        values: list[str] = []
        if macro.default is not None:
            option = OPTION.match(self.text, at)
            values.append(option[1] if option else macro.default)
            at = option.end() if option else at
        while len(values) < macro.arguments:
            span = self.argument(at)
            if span is None:
                break
            values.append(self.text[span[0] : span[1]])
            at = span[2]
        body = _ARGUMENT_MARK.sub(lambda mark: values[int(mark[1]) - 1] if 0 < int(mark[1]) <= len(values) else "", macro.body)
        inner = LatexReader(excerpt(body[:_MAX_MATH], self.source), Outline(), self.handlers, self)
        self.flow.say(inner.text_of(0, len(inner.text)))
        return at

    def _held(self, number: int) -> None:
        name, content = self.source.held[number] if number < len(self.source.held) else ("verb", "")
        if name == "verb":
            self.flow.say(content)
        else:
            self.flow.block(content, BlockKind.CODE)

    def _symbol(self, mark: str, at: int) -> int:
        if mark == "[":
            return self.display(at, "\\]")
        if mark == "(":
            end = find(self.source, "\\)", at)
            return self.inline_math(at, end, end + 2) if 0 <= end - at <= _MAX_MATH else at
        if mark == "\\":
            self.flow.say("\n")
            option = OPTION.match(self.text, at)
            return option.end() if option and option[1].strip()[:1] in set("-0123456789.") else at
        if mark in words.ACCENTS:
            return self._accent(mark, at)
        self.flow.say(words.CONTROL_SYMBOLS.get(mark, ""))
        return at

    def _accent(self, mark: str, at: int) -> int:
        span = self.argument(at)
        if span is None:
            return at
        self.flow.say(words.accented(mark, self.text[span[0] : span[1]]))
        return span[2]

    # --- formulas ------------------------------------------------------------------------------------------------

    def _math(self, mark: str, at: int, stop: int) -> int:
        if mark == "$$":
            return self.display(at, "$$")
        limit = min(stop, at + _MAX_MATH)
        end = self.text.find("$", at, limit)
        while end > 0 and self.text[end - 1] == "\\":
            end = self.text.find("$", end + 1, limit)
        if end < 0 or "\n\n" in self.text[at:end]:
            self.flow.say("$")
            return at
        return self.inline_math(at, end, end + 1)

    def inline_math(self, start: int, end: int, after: int) -> int:
        self.flow.say(f"${unwrap(self.formula(self.text[start:end]))}$")
        return after

    def display(self, at: int, closing: str) -> int:
        end = find(self.source, closing, at)
        if not 0 <= end - at <= _MAX_MATH:
            return at
        self.flow.block(self.verbatim_formula(at, end), BlockKind.FORMULA)
        return end + len(closing)

    def verbatim_formula(self, start: int, end: int) -> str:
        return HELD.sub("", _LABEL.sub("", self.text[start:end])).strip()

    def formula(self, source: str) -> str:
        """A formula's source with the author's own short words written out."""
        for _ in range(3):
            spelled = _SIMPLE_WORD.sub(self._spelled, source)
            if spelled == source or len(spelled) > 4 * len(source) + 200:
                break
            source = spelled
        return HELD.sub("", _LABEL.sub("", source))

    def _spelled(self, match: re.Match[str]) -> str:
        macro = self.source.macros.get(match[1])
        if macro is None or macro.arguments or len(macro.body) > 80:
            return match[0]
        body = _WRAPPER.sub(r"\1", macro.body).replace("$", "").strip()
        return body + " " if _SIMPLE_WORD.fullmatch(body) else body


def _typeset(text: str) -> str:
    for source, sign in _QUOTES:
        if source in text:
            text = text.replace(source, sign)
    return text.replace("`", "‘") if "`" in text else text
