"""LaTeX source made ready for reading: comments out, verbatim text held, groups and environments paired, macros known.

Every pass goes once through the text, whatever is left open in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

HELD = re.compile(r"\x02(\d{1,9})\x02")  # stands for verbatim text

_RAW = re.compile(
    r"\\begin\{(verbatim\*?|Verbatim|BVerbatim|lstlisting|minted|alltt|comment|filecontents\*?|luacode)\}|\\(?:verb|lstinline)\*?(?=[^a-zA-Z\s*{])"
    r"|\\[\\%]|(%)"
)
_RAW_OPTIONS = re.compile(r"[ \t]*(?:\[[^\]\n]{0,300}\])?(?:\{[^{}\n]{0,60}\})?[ \t]*\n?")
_DROPPED_RAW = frozenset({"comment", "filecontents", "filecontents*", "luacode"})
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(begin|end)[ \t]*\{([A-Za-z]{1,40}\*?)\}")
_DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?[ \t]*\{?\\([A-Za-z]{1,60})\}?"
    r"[ \t]*(?:\[(\d)\])?[ \t]*(\[[^\[\]\n]{0,200}\])?\s{0,5}(?=\{)"
    r"|\\(?:def|gdef|edef|xdef)[ \t]*\\([A-Za-z]{1,60})((?:#\d){0,9})[ \t]*(?=\{)"
    r"|\\DeclareMathOperator\*?[ \t]*\{?\\([A-Za-z]{1,60})\}?[ \t]*(?=\{)"
)
_STRUCTURE = re.compile(r"\\(?:begin|end)\s?\{")
_WORD = re.compile(r"\\([A-Za-z]{1,60})(?![A-Za-z])")
_DIVISION = re.compile(r"\\(part|chapter)\*?\s{0,9}[\[{]")
_LONGEST_BODY = 400
_MAX_MACROS = 2_000


@dataclass(frozen=True, slots=True)
class Macro:
    """A definition of the author's: the number of its arguments, the first one's default, its replacement."""

    arguments: int
    default: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Source:
    """Text without comments. `closing` pairs braces; `ends` maps where an environment begins to the span of its end."""

    text: str
    held: list[tuple[str, str]]  # (environment or "verb", content)
    macros: Mapping[str, Macro]
    closing: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    found: dict[str, tuple[int, int]] = field(default_factory=dict)  # a mark -> where it was sought from and found
    divided: str = "section"  # the highest kind of heading: part, chapter or section


def prepare(text: str) -> Source:
    """A whole file. Definitions are taken out; short words that begin or end environments are written out."""
    text, held = _hold(text)
    text, macros = _without_definitions(text)
    shorthands = {name: macro.body for name, macro in macros.items() if not macro.arguments and _STRUCTURE.search(macro.body)}
    if shorthands:
        text = _WORD.sub(lambda match: shorthands.get(match[1], match[0]), text)
    kinds = {match[1] for match in _DIVISION.finditer(text)}
    divided = next((kind for kind in ("part", "chapter") if kind in kinds), "section")
    return Source(text, held, macros, _pairs(text), _environments(text), divided=divided)


def excerpt(text: str, source: Source) -> Source:
    """A replacement text (a macro's body) read with the definitions of its document."""
    return Source(text, source.held, source.macros, _pairs(text), _environments(text))


def find(source: Source, mark: str, at: int) -> int:
    """Like `str.find`, but a mark that is far or absent is not sought again and again."""
    start, place = source.found.get(mark, (0, 0))
    if not start <= at <= place and not (place < 0 and at >= start):
        place = source.text.find(mark, at)
        source.found[mark] = (at, place)
    return place


def _hold(text: str) -> tuple[str, list[tuple[str, str]]]:
    holder = _Holder(text)
    while (match := _RAW.search(text, holder.at)) is not None:
        if match[1]:
            holder.environment(match)
        elif match[2]:
            holder.skip(match.start(), _after_comment(text, match.start()))
        elif match[0] in {"\\\\", "\\%"}:
            holder.keep(match.end())
        else:
            holder.inline(match)
    holder.keep(len(text))
    return "".join(holder.parts), holder.held


class _Holder:
    """Takes verbatim text out of a source, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.parts: list[str] = []
        self.held: list[tuple[str, str]] = []
        self._missing: set[str] = set()

    def keep(self, end: int) -> None:
        self.parts.append(self._text[self.at : end])
        self.at = end

    def skip(self, start: int, end: int) -> None:
        self.keep(start)
        self.at = end

    def environment(self, match: re.Match[str]) -> None:
        name = match[1]
        closing = f"\\end{{{name}}}"
        stop = -1 if name in self._missing else self._text.find(closing, match.end())
        if stop < 0:
            self._missing.add(name)
            self.keep(match.end())
            return
        options = _RAW_OPTIONS.match(self._text, match.end(), stop)
        content = self._text[options.end() if options else match.end() : stop]
        self.skip(match.start(), stop + len(closing))
        if name not in _DROPPED_RAW:
            self._hold(name, content)

    def inline(self, match: re.Match[str]) -> None:
        r"""\verb|x|: up to the same sign again, on the same line."""
        start = match.end() + 1
        stop = self._text.find(self._text[match.end()], start, start + 500)
        if stop < 0 or "\n" in self._text[start:stop]:
            self.skip(match.start(), match.end())
            return
        self.skip(match.start(), stop + 1)
        self._hold("verb", self._text[start:stop])

    def _hold(self, name: str, content: str) -> None:
        self.held.append((name, content))
        self.parts.append(f"\x02{len(self.held) - 1}\x02")


def _after_comment(text: str, start: int) -> int:
    """After the line feed that a comment swallows, and the next line's indent; a line of comment alone leaves no blank line."""
    end = text.find("\n", start)
    if end < 0:
        return len(text)
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip():
        return end + 1
    end += 1
    while end < len(text) and text[end] in " \t":
        end += 1
    return end - 1 if end < len(text) and text[end] == "\n" else end


def _pairs(text: str) -> dict[int, int]:
    closing: dict[int, int] = {}
    open_at: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            open_at.append(match.start())
        elif match[0] == "}" and open_at:
            closing[open_at.pop()] = match.start()
    return closing


def _environments(text: str) -> dict[int, tuple[int, int]]:
    ends: dict[int, tuple[int, int]] = {}
    open_at: dict[str, list[int]] = {}
    for match in _ENVIRONMENT.finditer(text):
        starts = open_at.setdefault(match[2], [])
        if match[1] == "begin":
            starts.append(match.start())
        elif starts:
            ends[starts.pop()] = match.span()
    return ends


def _without_definitions(text: str) -> tuple[str, dict[str, Macro]]:
    """The text without definitions, and those whose replacement is short; the last one of a name counts."""
    closing = _pairs(text)
    found: dict[str, Macro] = {}
    parts: list[str] = []
    at = 0
    for match in _DEFINITION.finditer(text):
        stop = closing.get(match.end())
        if stop is None or match.start() < at:
            continue
        parts.append(text[at : match.start()])
        at = stop + 1
        if stop - match.end() <= _LONGEST_BODY and len(found) < _MAX_MACROS:
            name, macro = _definition(match, text[match.end() + 1 : stop])
            found[name] = macro
    return "".join([*parts, text[at:]]), found


def _definition(match: re.Match[str], body: str) -> tuple[str, Macro]:
    if match[1]:
        return match[1], Macro(int(match[2] or 0), match[3][1:-1] if match[3] else None, body)
    if match[4]:
        return match[4], Macro(len(match[5]) // 2, None, body)
    return match[6], Macro(0, None, f"\\mathrm{{{body}}}")
