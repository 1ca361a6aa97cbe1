"""Source code cut where its definitions begin, without a grammar for each language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

_C_FAMILY = ".c .h .cc .cpp .cxx .c++ .hh .hpp .hxx .icc .ixx .tcc .cu .cuh .java .kt .scala .go .rs .js .ts .tsx .jsx .cs .php .proto"
_PYTHON = r"^([ \t]*)(?:async[ \t]+)?(?:def|class|cdef class|cpdef)[ \t]+(\w{1,80})"
_STARTS = {
    ".py .pyx .pyi .opts": _PYTHON,
    ".sh .bash .zsh .ksh .csh .tcsh .fish": r"^()(?:function[ \t]+([\w:-]{1,80})|([\w:-]{1,80})[ \t]*\(\))",
    ".pl .pm": r"^()(?:sub|package)[ \t]+([\w:]{1,80})",
    ".rb": r"^([ \t]*)(?:def|class|module)[ \t]+([\w.:?!]{1,80})",
    ".lua .jl .vim": r"^()(?:local[ \t]+)?(?:function!?|macro|struct|module)[ \t]+([\w.:!]{1,80})",
    ".r": r"^()([\w.]{1,80})[ \t]*(?:<-|=)[ \t]*function\b",
    ".f .for .f77 .f90 .f95 .f03 .f08": (
        r"(?i)^[ \t]*()(?:(?:recursive|pure|elemental|integer|real|double precision|logical|complex)[ \t]+){0,3}"
        r"(?:subroutine|function|program|module|block[ \t]?data)[ \t]+(\w{1,80})"
    ),
    ".sql": r"(?i)^()create[ \t]+(?:or[ \t]+replace[ \t]+)?\w+[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?([\w.\"`]{1,80})",
    ".cmake": r"(?i)^()(?:function|macro|add_library|add_executable|gaudi_add_\w+|project)[ \t]*\([ \t]*(\w{1,80})",
    ".mk": r"^()([\w./%-]{1,80})[ \t]*:(?!=)",
    ".yaml .yml": r"^()([\w./ -]{1,80}):(?:[ \t]|$)",
    ".toml .ini .cfg .conf .properties": r"^()\[\[?([^\]\n]{1,80})\]",
    ".json": r'^(?: {2}| {4}|\t)()"([^"\n]{1,80})"[ \t]*:',
}
_BY_SUFFIX = {suffix: re.compile(pattern) for suffixes, pattern in _STARTS.items() for suffix in suffixes.split(" ")}
_BY_NAME = {"makefile": ".mk", "gnumakefile": ".mk", "cmakelists.txt": ".cmake"}
_BRACED = frozenset(_C_FAMILY.split(" "))
_ATTACHED = re.compile(r"^[ \t]*(?:@|#|//|/\*|\*|--|!|;;|\"\"\"|template\b|\[\[)")
_BRACE_TOKEN = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.){1,6}'|[{};]", re.DOTALL)
_TYPE_NAME = re.compile(
    r"\b(?:class|struct|interface|enum|union|trait|impl|object|message|service)\s+(?:class\s+)?(?:[A-Z_]{3,40}\s+)?([\w:]{1,80})"
)
_FUNCTION_NAME = re.compile(r"([\w:~]{1,120}|operator\s*\S{1,3})\s*\(")
_NAMESPACE = re.compile(r"\b(?:namespace|extern\s+\"C\"|package|module)\b[\w\s:.\"]{0,120}$")
_NOT_FUNCTIONS = frozenset(["if", "for", "while", "switch", "catch", "return", "sizeof", "defined"])
_SMALL = 600  # characters: smaller neighbours stay together


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of code and the names it is defined under, outermost first; () between definitions."""

    path: tuple[str, ...]
    text: str


def units_of(name: str, text: str) -> list[Unit]:
    """The code in order, nothing left out; small neighbours are put together."""
    path = PurePosixPath(name)
    suffix = _BY_NAME.get(path.name.lower(), path.suffix.lower())
    if suffix in _BRACED:
        found = _braced(text)
    elif start := _BY_SUFFIX.get(suffix):
        found = _by_lines(text, start)
    else:
        found = iter([Unit((), text)])
    return list(_joined(unit for unit in found if unit.text.strip()))


def _by_lines(text: str, start: re.Pattern[str]) -> Iterator[Unit]:
    """Definitions begin at lines that match; their indent tells what holds them."""
    held: list[tuple[int, str]] = []
    lines: list[str] = []
    for line in text.split("\n"):
        match = start.match(line)
        if match is None:
            lines.append(line)
            continue
        above = _attached(lines)
        yield Unit(tuple(name for _, name in held), "".join(f"{own}\n" for own in lines[: len(lines) - above]))
        lines = [*lines[len(lines) - above :], line]
        indent = len(match[1].expandtabs(4))
        while held and held[-1][0] >= indent:
            held.pop()
        held.append((indent, next(name for name in match.groups()[1:] if name)))
    yield Unit(tuple(name for _, name in held), "\n".join(lines))


def _attached(lines: Sequence[str]) -> int:
    """How many of the last lines (comments, decorators) belong to the definition that follows."""
    count = 0
    while count < min(len(lines), 40) and _ATTACHED.match(lines[-1 - count]):
        count += 1
    return count


def _braced(text: str) -> Iterator[Unit]:
    """Ends after each outermost closing brace; namespaces are looked through."""
    start = depth = transparent = mark = 0
    name = ""
    for token in _BRACE_TOKEN.finditer(text):
        kind = token[0]
        if kind == "{":
            if depth == transparent and _NAMESPACE.search(text[max(mark, token.start() - 200) : token.start()]):
                transparent += 1
            elif depth == transparent:
                name = _name(text[max(mark, token.start() - 600) : token.start()])
            depth += 1
        elif kind == "}":
            depth = max(0, depth - 1)
            transparent = min(transparent, depth)
        if kind in "};" and depth == transparent:
            mark = token.end()
        if kind == "}" and depth == transparent:
            end = _line_end(text, token.end())
            yield Unit((name,) if name else (), text[start:end])
            start, name = end, ""
    yield Unit((), text[start:])


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end + 1 if 0 <= end - at <= 3 else at


def _name(before: str) -> str:
    if kind := list(_TYPE_NAME.finditer(before)):
        return kind[-1][1]
    names = [match[1] for match in _FUNCTION_NAME.finditer(before) if match[1] not in _NOT_FUNCTIONS]
    return names[0].strip(":") if names else ""


def _joined(units: Iterable[Unit]) -> Iterator[Unit]:
    """Neighbours under `_SMALL` characters together become one under the names that they share."""
    last: Unit | None = None
    for unit in units:
        if last is not None and len(last.text) + len(unit.text) <= _SMALL:
            last = Unit(_shared(last, unit), last.text + unit.text)
            continue
        if last is not None:
            yield last
        last = unit
    if last is not None:
        yield last


def _shared(first: Unit, second: Unit) -> tuple[str, ...]:
    """The names that hold both; closing braces and blank lines have none of their own."""
    for one, other in ((first, second), (second, first)):
        if not any(character.isalnum() for character in one.text):
            return other.path
    return tuple(a for a, b in zip(first.path, second.path, strict=False) if a == b)
