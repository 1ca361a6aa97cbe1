"""Roles and directives that docutils does not know: their text is kept, whatever they would do elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en
from docutils.parsers.rst.states import Inliner

_DIRECTIVE = re.compile(r"^[ \t]*(?:\.\. |\|[^|\n]{1,80}\| )(?:\|[^|\n]{1,80}\| )?([A-Za-z][\w:+.-]{0,60}?)::", re.MULTILINE)
_ROLE = re.compile(r":([A-Za-z][\w:+.-]{0,60}?):`")
_TARGET = re.compile(r"^(.*?)\s*<[^<>]*>$", re.DOTALL)
_CODE = frozenset(["code-block", "sourcecode", "ipython", "prompt", "literalinclude", "doctest", "testcode", "plantuml", "console"])
_SILENT = frozenset(
    re.findall(
        r"\S+",
        """toctree include raw index currentmodule module automodule autoclass autofunction autosummary tabularcolumns meta sectionauthor
        codeauthor default-role role title highlight contents sectnum bibliography graphviz mermaid plot""",
    )
)
_CHANGES = {"versionadded": "New in version", "versionchanged": "Changed in version", "deprecated": "Deprecated since version"}
_MARK = re.compile(r"[*`|_:\\\[]")
_BUDGET = 30_000_000  # characters times marks
_MAX_NAMES = 200


class _AnyOption(dict[str, Callable[[str | None], str]]):
    """An option table that knows every option."""

    def __missing__(self, key: str) -> Callable[[str | None], str]:
        return lambda value: value or ""


class Tolerated(Directive):  # type: ignore[misc]  # docutils is untyped
    """Its argument as a paragraph, its content as the markup it is; code stays code."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _AnyOption({"class": lambda value: value or ""})

    def run(self) -> Sequence[nodes.Node]:
        name = self.name.lower()
        if name in _CODE:
            text = "\n".join(self.content)
            return [nodes.literal_block(text, text)] if text.strip() else []
        if name in _SILENT:
            return []
        out: list[nodes.Node] = []
        title = " ".join([_CHANGES.get(name, ""), *self.arguments, self.options.get("caption", "")]).strip()
        if title:
            children, messages = self.state.inline_text(title, self.lineno)
            out += [nodes.paragraph(title, "", *children), *messages]
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        return [*out, *box.children]


def bounded_inliner() -> Inliner:
    """Docutils' inline markup, whose time grows with a paragraph's length times its marks; past a budget text stays as written."""
    inliner = Inliner()
    parse = inliner.parse  # replaced on the instance: the class does not bear being subclassed
    budget = _BUDGET

    def bounded(text: str, lineno: int, memo: object, parent: nodes.Element) -> tuple[list[nodes.Node], list[nodes.Node]]:
        nonlocal budget
        budget -= len(text) * len(_MARK.findall(text))
        if budget < 0:
            return [nodes.Text(text.replace("\x00", "\\"))], []
        found: tuple[list[nodes.Node], list[nodes.Node]] = parse(text, lineno, memo, parent)
        return found

    inliner.parse = bounded
    return inliner


def tolerate(text: str) -> None:
    """Make the unknown roles and directives of a text known to docutils (for this process)."""
    for name in _names(_DIRECTIVE, text):
        known = name in en.directives and name not in _SILENT and name not in _CODE
        if not known and directives._directives.get(name) is not Tolerated:  # noqa: SLF001 (docutils has no way to ask)
            directives.register_directive(name, Tolerated)
    for name in _names(_ROLE, text):
        if name not in en.roles and name not in roles._roles:  # noqa: SLF001
            roles.register_local_role(name, _kept)


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    return sorted({match[1].lower() for match in pattern.finditer(text)})[:_MAX_NAMES]


def _kept(
    name: str,
    _raw: str,
    text: str,
    *_rest: object,
    **_options: object,
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """The words of a role: its title without its target, a dotted name's last part where `~` asks for it."""
    text = text.replace("\x00", "")
    if match := _TARGET.match(text):
        text = match[1]
    elif text.startswith("~"):
        text = text[1:].rpartition(".")[2]
    text = text.removeprefix("!")
    node = (
        nodes.literal(text, text)
        if name.partition(":")[2] or name in {"file", "command", "program", "envvar"}
        else nodes.inline(text, text)
    )
    return [node], []
